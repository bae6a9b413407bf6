/// A Markdown table.
#[derive(Debug)]
pub(crate) struct Table(String);

impl Table {
    /// An empty one with these headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let line = "|---".repeat(headings.len());
        Self(format!("| {} |\n{line}|\n", headings.join(" | ")))
    }

    /// One more row; the cells are Markdown.
    pub(crate) fn row(&mut self, cells: &[&str]) {
        let cells: Vec<String> = cells.iter().map(|cell| in_a_cell(cell)).collect();
        self.0.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    /// Its text.
    pub(crate) fn text(self) -> String {
        self.0
    }
}

/// A bar would end the cell, in code as well; angle brackets would be taken for HTML.
fn in_a_cell(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for c in text.chars() {
        match c {
            '`' => is_code = !is_code,
            '|' => out.push('\\'),
            '<' if !is_code => {
                out.push_str("&lt;");
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out.replace('\n', " ")
}

/// A text as code. A backtick in it needs two around it.
pub(crate) fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_brackets_stay_within_their_cell() {
        let mut table = Table::new(&["a", "b"]);
        table.row(&["`x|y`", "a < b | c"]);
        assert_eq!(table.text(), "| a | b |\n|---|---|\n| `x\\|y` | a &lt; b \\| c |\n");
    }
}
