//! Finding names by some of their letters.

/// How well a pattern fits a text; `None` when its letters do not occur in this order. Case does not matter.
///
/// Letters at the beginning of words and runs of letters count more, and so do short texts.
pub(crate) fn score(pattern: &str, text: &str) -> Option<i64> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let mut total = 0;
    for word in pattern.split_whitespace() {
        total += word_score(&word.to_lowercase(), &text)?;
    }
    Some(total - i64::try_from(text.len()).unwrap_or(i64::MAX) / 8)
}

fn word_score(word: &str, text: &[char]) -> Option<i64> {
    let word: Vec<char> = word.chars().collect();
    // The best of all places to begin: a later beginning of a word may fit better than the first occurrence of a letter.
    (0..text.len()).filter(|i| text.get(*i) == word.first()).filter_map(|from| run(&word, text, from)).max()
}

fn run(word: &[char], text: &[char], from: usize) -> Option<i64> {
    let (mut score, mut at, mut last) = (0, from, None);
    for letter in word {
        let found = (at..text.len()).find(|i| text[*i] == *letter)?;
        let begins = found == 0 || !text[found - 1].is_alphanumeric();
        score += 1 + if begins { 8 } else { 0 } + if last.is_some_and(|l| l + 1 == found) { 6 } else { 0 };
        last = Some(found);
        at = found + 1;
    }
    Some(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'t>(pattern: &str, texts: &[&'t str]) -> Option<&'t str> {
        texts.iter().filter_map(|t| score(pattern, t).map(|s| (s, *t))).max().map(|(_, t)| t)
    }

    #[test]
    fn letters_must_occur_in_order() {
        assert_eq!(score("xyz", "rollback"), None);
        assert_eq!(score("kcab", "rollback"), None);
        assert!(score("", "rollback").is_some());
    }

    #[test]
    fn beginnings_of_words_and_runs_win() {
        let names = ["preview rollback", "roll back", "reload", "focus plan"];
        assert_eq!(best("roll", &names), Some("roll back"));
        assert_eq!(best("pr", &names), Some("preview rollback"));
        assert_eq!(best("fp", &names), Some("focus plan"));
        assert_eq!(best("PLAN", &names), Some("focus plan"));
        assert_eq!(best("rollback prev", &names), Some("preview rollback"));
    }
}
