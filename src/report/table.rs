use unicode_width::UnicodeWidthStr;

use crate::domain::printable::printable;

/// Columns aligned by their width on a terminal, two blanks apart. A long one is printed page by page, under one heading.
#[derive(Debug, Clone, Default)]
pub struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
    widths: Vec<usize>,
    /// Widths that stay as they are: rows come a few at a time, and what is longer moves its own row alone.
    is_fixed: bool,
    is_begun: bool,
}

impl Table {
    /// A table with a heading.
    #[must_use]
    pub fn new(heading: &[&str]) -> Self {
        Self { heading: heading.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    /// A table whose columns stand where the heading is, whatever comes later, with so much room for each.
    #[must_use]
    pub fn fixed(columns: &[(&str, usize)]) -> Self {
        let heading = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let widths = columns.iter().map(|(name, width)| name.width().max(*width)).collect();
        Self { heading, widths, is_fixed: true, ..Self::default() }
    }

    /// Adds a row; its texts are made safe here, so that what is measured is what is shown.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(|c| printable(c.as_ref()).into_owned()).collect());
    }

    /// The lines of the rows added since the last call, under the heading at the first of them; none without rows.
    pub fn page(&mut self) -> Vec<String> {
        let mut rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Vec::new();
        }
        if !self.is_begun {
            self.is_begun = true;
            rows.insert(0, self.heading.iter().map(|name| capitals(name)).collect());
        }
        for row in rows.iter().filter(|_| !self.is_fixed) {
            self.widths.resize(self.widths.len().max(row.len()), 0);
            self.widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.width().max(*width));
        }
        rows.iter().map(|row| self.aligned(row)).collect()
    }

    fn aligned(&self, row: &[String]) -> String {
        let (mut line, mut at, mut next) = (String::new(), 0, 0);
        for (i, (cell, width)) in row.iter().zip(&self.widths).enumerate() {
            line.push_str(cell);
            (at, next) = (at + cell.width(), next + width + 2);
            if i + 1 < row.len() {
                // Behind a long one the next column that has room stands in its place again.
                let blanks = next.saturating_sub(at).max(2);
                line.push_str(&" ".repeat(blanks));
                at += blanks;
            }
        }
        line.trim_end().to_owned()
    }

    /// The same as CSV, the heading also where there are no rows.
    ///
    /// # Errors
    /// The writer's own error.
    pub fn csv(&mut self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if !std::mem::replace(&mut self.is_begun, true) {
            writer.write_record(&self.heading)?;
        }
        for row in std::mem::take(&mut self.rows) {
            writer.write_record(&row)?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

/// A heading in capitals; what stands in brackets is a name and stays.
fn capitals(name: &str) -> String {
    match name.split_once(" (") {
        Some((name, rest)) => format!("{} ({rest}", name.to_uppercase()),
        None => name.to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        let mut table = Table::new(&["name", "at (Asia/Tokyo)"]);
        table.row(["ボルト", "1"]);
        table.row(["Nut\n", "22"]);
        assert_eq!(table.page(), ["NAME    AT (Asia/Tokyo)", "ボルト  1", "Nut␊    22"]);
        assert!(Table::new(&["a"]).page().is_empty());
    }

    #[test]
    fn a_long_table_has_one_heading_and_its_columns_never_become_narrower() {
        let mut table = Table::new(&["name", "n"]);
        table.row(["a long one", "1"]);
        assert_eq!(table.page(), ["NAME        N", "a long one  1"]);
        assert!(table.page().is_empty());
        table.row(["b", "2"]);
        assert_eq!(table.page(), ["b           2"]);
    }

    #[test]
    fn in_a_fixed_table_short_values_stand_under_their_heading_after_long_ones() {
        let mut table = Table::fixed(&[("sort key", 9), ("name", 6), ("n", 1)]);
        table.row(["P-1", "Nut", "1"]);
        assert_eq!(table.page(), ["SORT KEY   NAME    N", "P-1        Nut     1"]);
        table.row(["P-000000001", "Nut", "2"]);
        table.row(["P-2", "ボルト M8", "3"]);
        table.row(["P-3", "Nut", "4"]);
        let rows = ["P-000000001  Nut   2", "P-2        ボルト M8  3", "P-3        Nut     4"];
        assert_eq!(table.page(), rows);
    }

    #[test]
    fn as_csv_cells_are_quoted_and_the_heading_is_there_without_rows() {
        let mut table = Table::new(&["name", "n"]);
        table.row(["a, \"b\"", "1"]);
        assert_eq!(table.csv().unwrap(), b"name,n\n\"a, \"\"b\"\"\",1\n");
        assert_eq!(table.csv().unwrap(), b"");
        assert_eq!(Table::new(&["name"]).csv().unwrap(), b"name\n");
    }
}
