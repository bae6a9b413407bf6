use super::Block;
use crate::domain::printable::printable;

/// The report as Markdown: what is stored makes no cell, link, markup or heading of its own.
pub(super) fn markdown(title: &str, blocks: &[Block]) -> String {
    let mut out = format!("# {}\n", escaped(title));
    for block in blocks {
        out.push('\n');
        match block {
            Block::Heading(text) => out.push_str(&format!("## {}\n", escaped(text))),
            Block::Text(text) => out.push_str(&format!("{}\n", escaped(text))),
            Block::Code(text) => out.push_str(&fenced(text)),
            Block::Table(names, rows) => {
                let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
                out.push_str(&line(names.iter().map(|name| escaped(name)).collect()));
                out.push_str(&line(names.iter().map(|_| "---".to_owned()).collect()));
                rows.iter().for_each(|row| out.push_str(&line(row.iter().map(|cell| escaped(cell)).collect())));
            }
        }
    }
    out
}

/// Text that Markdown shows as it is, in one line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in printable(text).chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~' | '&' | '$' | '@'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    // Addresses that some readers would make links of.
    out.replace("://", "\\://").replace("www.", "www\\.")
}

/// A block of code whose fence is longer than any that stands in it.
fn fenced(text: &str) -> String {
    let text = printable(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{text}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_makes_no_markup_of_its_own() {
        let evil = "a|b\n# c <script> [x](http://y) `d` **e** www.z \u{1b}[31m \\";
        let rows = vec![vec![evil.to_owned(), "2".to_owned()]];
        let text = markdown(evil, &[Block::Table(vec!["one", "two"], rows), Block::Text(evil.to_owned())]);
        let cells = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
        assert!(text.lines().filter(|line| line.starts_with('|')).all(|line| cells(line) == 3), "{text}");
        assert_eq!(text.lines().count(), 7, "{text}");
        for (at, c) in text.char_indices().filter(|(_, c)| "<[*`".contains(*c)) {
            assert!(text[..at].ends_with('\\'), "{c} at {at}: {text}");
        }
        for markup in ["http://", "www.z", "\u{1b}"] {
            assert!(!text.contains(markup), "{markup}: {text}");
        }
        assert!(fenced("a ```` b").starts_with("`````\n"));
    }
}
