use unicode_width::UnicodeWidthStr;

use crate::domain::printable::printable;

/// Columns aligned by their width on a terminal, two blanks apart.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with a heading.
    #[must_use]
    pub fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|h| h.to_uppercase()).collect()] }
    }

    /// Adds a row; its texts are made safe here, so that what is measured is what is shown.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(|c| printable(c.as_ref()).into_owned()).collect());
    }

    /// Whether there is nothing under the heading.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }

    /// The lines; none for a table without rows.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|i| self.rows.iter().filter_map(|r| r.get(i)).map(|c| c.width()).max().unwrap_or(0))
            .collect();
        let shown = if self.is_empty() { &[] } else { self.rows.as_slice() };
        shown.iter().map(move |row| {
            let mut line = String::new();
            for (i, cell) in row.iter().enumerate() {
                line.push_str(cell);
                if i + 1 < row.len() {
                    line.push_str(&" ".repeat(widths[i].saturating_sub(cell.width()) + 2));
                }
            }
            line.trim_end().to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        let mut table = Table::new(&["name", "n"]);
        table.row(["ボルト", "1"]);
        table.row(["Nut\n", "22"]);
        assert_eq!(table.lines().collect::<Vec<_>>(), ["NAME    N", "ボルト  1", "Nut␊    22"]);
        assert_eq!(Table::new(&["a"]).lines().count(), 0);
    }
}
