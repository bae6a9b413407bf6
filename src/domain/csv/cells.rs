//! A record's text into cells, and traces that spreadsheets leave in them.

/// Characters (UTF-16) of the longest cell that Excel keeps.
const EXCEL: usize = 32_767;

/// The cells of a record: one text, and where each cell ends in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    text: String,
    ends: Vec<usize>,
}

impl Cells {
    /// Takes a record's text apart. Quotes that are well-formed are taken off; text behind a closing one stays.
    #[must_use]
    pub fn parse(text: &str, delimiter: char) -> Self {
        let mut cells = Self { text: String::with_capacity(text.len()), ends: Vec::new() };
        let mut rest = text;
        loop {
            if let Some(quoted) = rest.strip_prefix('"') {
                rest = cells.quoted(quoted);
            }
            let (cell, behind) = match rest.split_once(delimiter) {
                Some((cell, behind)) => (cell, Some(behind)),
                None => (rest, None),
            };
            cells.text.push_str(cell);
            cells.ends.push(cells.text.len());
            match behind {
                Some(behind) => rest = behind,
                None => return cells,
            }
        }
    }

    /// Takes the text up to the closing quote; gives back what stands behind it.
    fn quoted<'a>(&mut self, mut rest: &'a str) -> &'a str {
        while let Some((part, behind)) = rest.split_once('"') {
            self.text.push_str(part);
            match behind.strip_prefix('"') {
                Some(more) => {
                    self.text.push('"');
                    rest = more;
                }
                None => return behind,
            }
        }
        self.text.push_str(rest);
        ""
    }

    /// The cells, from the left.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| self.text.get(begin..*end).unwrap_or_default())
    }
}

/// True for a cell as long as the longest that Excel keeps, which may have been cut.
#[must_use]
pub fn may_be_cut(cell: &str) -> bool {
    cell.len() >= EXCEL && cell.encode_utf16().count() == EXCEL
}

/// How a key looks like something that a spreadsheet made of another one.
#[must_use]
pub fn spreadsheet_key(key: &str) -> Option<&'static str> {
    let is_formula = key.strip_prefix("=\"").is_some_and(|rest| rest.ends_with('"'));
    if is_formula {
        return Some("a formula as spreadsheets write it to keep zeros");
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_exponent = key.split_once("E+").is_some_and(|(mantissa, exponent)| {
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        whole.len() == 1 && digits(whole) && digits(part) && digits(exponent)
    });
    is_exponent.then_some("a number as spreadsheets shorten it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<String> {
        Cells::parse(text, ',').iter().map(str::to_owned).collect()
    }

    #[test]
    fn cells_are_unquoted() {
        assert_eq!(parsed("a,\"b,\"\"c\"\"\r\n\",,5\" pipe"), ["a", "b,\"c\"\r\n", "", "5\" pipe"]);
        assert_eq!((parsed(""), parsed(",")), (vec![String::new()], vec![String::new(); 2]));
        assert_eq!(parsed("\"\""), [""]);
        assert_eq!(Cells::parse("a;\"b;c\"", ';').iter().collect::<Vec<_>>(), ["a", "b;c"]);
    }

    #[test]
    fn traces_of_spreadsheets_are_known() {
        let cut = "あ".repeat(EXCEL);
        assert!(may_be_cut(&cut) && !may_be_cut(&cut[3..]) && may_be_cut(&"x".repeat(EXCEL)));
        for key in ["=\"001\"", "1.00E+05", "1E+05"] {
            assert!(spreadsheet_key(key).is_some(), "{key}");
        }
        for key in ["001", "E+05", "10.0E+05", "P-1E+5", "=x", "1.0e5"] {
            assert_eq!(spreadsheet_key(key), None, "{key}");
        }
    }
}
