//! Patterns as ssh reads them: `*` and `?`, a list with commas, and `!` before what is left out.

/// Whether a text is on a list, and not left out by it.
pub(super) fn is_listed(text: &str, list: &str) -> bool {
    let mut is_found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(text.as_bytes(), pattern.as_bytes()) => return false,
            Some(_) => {}
            None => is_found |= matches(text.as_bytes(), pattern.as_bytes()),
        }
    }
    is_found
}

pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let (mut t, mut p) = (0, 0);
    // Where the last star stands, and the text that it takes so far.
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == text[t] => (t, p) = (t + 1, p + 1),
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (t, p) = (taken + 1, at + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_ssh_reads_them() {
        for (text, list, listed) in [
            ("alice@x.com", "alice@x.com", true),
            ("alice@x.com", "bob,alice@x.com", true),
            ("alice@x.com", "*@x.com", true),
            ("alice@x.com", "a*e@?.com", true),
            ("alice@x.com", "!alice@x.com,*@x.com", false),
            ("alice@x.com", "*@x.com,!alice@*", false),
            ("alice@x.com", "!bob", false),
            ("alice@x.com", "Alice@x.com", false),
            ("alice@x.com", "alice", false),
            ("tenantry", "git,tenantry", true),
            ("tenantry", "git", false),
            ("aXbXc", "a*b*c", true),
            ("ab", "a*b*c", false),
            ("", "*", true),
        ] {
            assert_eq!(is_listed(text, list), listed, "{text} {list}");
        }
    }
}
