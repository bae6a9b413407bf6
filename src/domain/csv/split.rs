//! Bytes into records: RFC 4180's quotes, every line end, and where each record stands in an editor.
//!
//! A record keeps exactly its bytes, so that a rejected one can be handed back as it was.

use super::encoding::Encoding;

/// Bytes that a record may take: longer than any entity that can be stored.
pub const LONGEST: usize = 32 << 20;
/// Bytes from which on a record has all of that room.
const LARGE: usize = 1 << 20;

/// The end of a record: its line break, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// The end of the file.
    None,
    /// LF.
    Lf,
    /// CR alone.
    Cr,
    /// CR and LF.
    CrLf,
}

impl LineEnd {
    /// Its characters.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Lf => "\n",
            Self::Cr => "\r",
            Self::CrLf => "\r\n",
        }
    }
}

/// Text behind the closing quote of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("text stands behind the closing quote of cell {cell} in line {line}{}", opened_in(*.opened, *.line))]
pub struct Behind {
    /// The cell, from 1.
    pub cell: usize,
    /// The line of the text.
    pub line: u64,
    /// The line in which the quote opened.
    pub opened: u64,
}

fn opened_in(opened: u64, line: u64) -> String {
    if opened == line {
        return ": a quote inside a quoted cell is written twice".to_owned();
    }
    format!(": its quote opened in line {opened}, and what lies between belongs to the cell")
}

/// A record as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The line that it begins in, as an editor counts.
    pub line: u64,
    /// Its bytes without the line end.
    pub raw: Vec<u8>,
    /// The line end.
    pub end: LineEnd,
    /// Text that should not be there.
    pub behind: Option<Behind>,
}

/// Why a file cannot be split into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// The file ends inside quotes.
    #[error(
        "the quote that opens cell {cell} in line {opened} is never closed: everything behind it would be one cell"
    )]
    OpenQuote {
        /// The cell, from 1.
        cell: usize,
        /// The line of the quote.
        opened: u64,
    },
    /// A record that no row can be.
    #[error("the record that begins in line {line} is longer than {LONGEST} bytes, longer than any row could be{}", missing(*.opened))]
    TooLong {
        /// The line that it begins in.
        line: u64,
        /// The line of the quote that is open there.
        opened: Option<u64>,
    },
}

impl BadFile {
    /// The line to look at.
    #[must_use]
    pub fn line(self) -> u64 {
        match self {
            Self::OpenQuote { opened, .. } => opened,
            Self::TooLong { line, opened } => opened.unwrap_or(line),
        }
    }
}

fn missing(opened: Option<u64>) -> String {
    opened.map(|line| format!(": a quote opens in line {line} and is not closed")).unwrap_or_default()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first character of a cell.
    Begin,
    Plain,
    Quoted,
    /// Behind a quote that closes the cell, unless another follows.
    Closed,
    /// Behind a CR that ends the record, perhaps with an LF.
    Ending,
}

/// Takes bytes piece by piece, and gives out records.
#[derive(Debug)]
pub struct Splitter {
    encoding: Encoding,
    delimiter: u8,
    special: [bool; 256],
    state: State,
    raw: Vec<u8>,
    /// The line that the record began in, and the one that is read.
    began: u64,
    line: u64,
    cell: usize,
    opened: u64,
    after_cr: bool,
    /// The first byte of a unit whose second one is in the next piece.
    half: Option<u8>,
    /// The next byte is the second one of a CP932 character.
    has_lead: bool,
    behind: Option<Behind>,
    blank: u64,
    marks: Option<Vec<usize>>,
}

impl Splitter {
    /// For a file without its byte order mark.
    #[must_use]
    pub fn new(encoding: Encoding, delimiter: char) -> Self {
        let delimiter = u8::try_from(delimiter).unwrap_or(b',');
        let special = std::array::from_fn(|b| [b'"', b'\r', b'\n', delimiter].iter().any(|s| usize::from(*s) == b));
        Self {
            encoding,
            delimiter,
            special,
            state: State::Begin,
            raw: Vec::new(),
            began: 1,
            line: 1,
            cell: 1,
            opened: 0,
            after_cr: false,
            half: None,
            has_lead: false,
            behind: None,
            blank: 0,
            marks: None,
        }
    }

    /// Rows without any content that were passed over.
    #[must_use]
    pub fn blank(&self) -> u64 {
        self.blank
    }

    /// Takes the next bytes; whole records go to `out`.
    ///
    /// # Errors
    /// [`BadFile::TooLong`].
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Record>) -> Result<(), BadFile> {
        match self.encoding {
            Encoding::Utf8 => self.push_bytes(bytes, out),
            Encoding::Cp932 => self.push_cp932(bytes, out),
            Encoding::Utf16Le | Encoding::Utf16Be => self.push_units(bytes, out),
        }
    }

    fn push_bytes(&mut self, mut bytes: &[u8], out: &mut Vec<Record>) -> Result<(), BadFile> {
        while let Some(first) = bytes.first() {
            let length = if self.is_special(*first) {
                self.special(*first, bytes.get(..1).unwrap_or_default(), out)?;
                1
            } else {
                let length = bytes.iter().position(|b| self.is_special(*b)).unwrap_or(bytes.len());
                self.plain(bytes.get(..length).unwrap_or_default(), out)?;
                length
            };
            bytes = bytes.get(length..).unwrap_or_default();
        }
        Ok(())
    }

    /// The second byte of a character may look like a delimiter.
    fn push_cp932(&mut self, bytes: &[u8], out: &mut Vec<Record>) -> Result<(), BadFile> {
        for byte in bytes {
            let one = std::slice::from_ref(byte);
            if std::mem::take(&mut self.has_lead) {
                self.plain(one, out)?;
            } else if self.is_special(*byte) {
                self.special(*byte, one, out)?;
            } else {
                self.has_lead = matches!(byte, 0x81..=0x9f | 0xe0..=0xfc);
                self.plain(one, out)?;
            }
        }
        Ok(())
    }

    fn push_units(&mut self, bytes: &[u8], out: &mut Vec<Record>) -> Result<(), BadFile> {
        for byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(*byte);
                continue;
            };
            let pair = [first, *byte];
            let unit =
                if self.encoding == Encoding::Utf16Le { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
            match u8::try_from(unit) {
                Ok(unit) if self.is_special(unit) => self.special(unit, &pair, out)?,
                _ => self.plain(&pair, out)?,
            }
        }
        Ok(())
    }

    /// The last record, where the file ends without a line end.
    ///
    /// # Errors
    /// [`BadFile::OpenQuote`].
    pub fn finish(&mut self, out: &mut Vec<Record>) -> Result<(), BadFile> {
        if let Some(half) = self.half.take() {
            self.plain(&[half], out)?;
        }
        match self.state {
            State::Quoted => Err(BadFile::OpenQuote { cell: self.cell, opened: self.opened }),
            State::Ending => {
                self.emit(LineEnd::Cr, out);
                Ok(())
            }
            _ => {
                if !self.raw.is_empty() {
                    self.emit(LineEnd::None, out);
                }
                Ok(())
            }
        }
    }

    fn is_special(&self, byte: u8) -> bool {
        self.special.get(usize::from(byte)).copied().unwrap_or_default()
    }

    fn plain(&mut self, bytes: &[u8], out: &mut Vec<Record>) -> Result<(), BadFile> {
        self.after_cr = false;
        match self.state {
            State::Ending => {
                self.emit(LineEnd::Cr, out);
                self.state = State::Plain;
            }
            State::Begin => self.state = State::Plain,
            State::Closed => {
                let behind = Behind { cell: self.cell, line: self.line, opened: self.opened };
                self.behind.get_or_insert(behind);
                self.state = State::Plain;
            }
            State::Plain | State::Quoted => {}
        }
        self.keep(bytes)
    }

    fn special(&mut self, unit: u8, bytes: &[u8], out: &mut Vec<Record>) -> Result<(), BadFile> {
        if self.state == State::Ending {
            if unit == b'\n' {
                self.emit(LineEnd::CrLf, out);
                return Ok(());
            }
            self.emit(LineEnd::Cr, out);
        }
        let after_cr = std::mem::replace(&mut self.after_cr, unit == b'\r');
        match (self.state, unit) {
            (State::Quoted, b'"') => self.state = State::Closed,
            (State::Quoted, b'\n') => self.line += u64::from(!after_cr),
            (State::Quoted, b'\r') => self.line += 1,
            (State::Quoted, _) => {}
            (State::Closed, b'"') => self.state = State::Quoted,
            (State::Begin, b'"') => {
                self.state = State::Quoted;
                self.opened = self.line;
            }
            (_, b'"') => self.state = State::Plain,
            (_, b'\n') => {
                self.line += 1;
                self.emit(LineEnd::Lf, out);
                return Ok(());
            }
            (_, b'\r') => {
                self.line += 1;
                self.state = State::Ending;
                return Ok(());
            }
            _ => {
                if let Some(marks) = &mut self.marks {
                    marks.push(self.raw.len());
                }
                self.cell += 1;
                self.state = State::Begin;
            }
        }
        self.keep(bytes)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), BadFile> {
        if self.raw.len() + bytes.len() > LONGEST {
            let opened = (self.state == State::Quoted).then_some(self.opened);
            return Err(BadFile::TooLong { line: self.began, opened });
        }
        // A record that is too long for a row takes all of its room once: pages that hold nothing cost none.
        if self.raw.len() > LARGE && self.raw.capacity() < LONGEST {
            self.raw.reserve_exact(LONGEST - self.raw.len());
        }
        self.raw.extend_from_slice(bytes);
        Ok(())
    }

    fn emit(&mut self, end: LineEnd, out: &mut Vec<Record>) {
        let line = std::mem::replace(&mut self.began, self.line);
        let behind = self.behind.take();
        (self.state, self.cell, self.after_cr, self.has_lead) = (State::Begin, 1, false, false);
        if self.is_blank() {
            self.raw.clear();
            self.blank += 1;
            return;
        }
        // The next one will be about as long.
        let next = Vec::with_capacity(self.raw.len().min(4 << 10));
        out.push(Record { line, raw: std::mem::replace(&mut self.raw, next), end, behind });
    }

    /// A row without any content, as spreadsheets leave them below and between the others.
    fn is_blank(&self) -> bool {
        let is_nothing = |unit: u8| matches!(unit, b' ' | b'\t' | b'"') || unit == self.delimiter;
        match self.encoding {
            Encoding::Utf16Le => self.raw.chunks(2).all(|u| matches!(u, [unit, 0] if is_nothing(*unit))),
            Encoding::Utf16Be => self.raw.chunks(2).all(|u| matches!(u, [0, unit] if is_nothing(*unit))),
            Encoding::Utf8 | Encoding::Cp932 => self.raw.iter().all(|unit| is_nothing(*unit)),
        }
    }
}

/// Where the cells of a record stand in its bytes, the delimiters left out.
#[must_use]
pub fn spans(raw: &[u8], encoding: Encoding, delimiter: char) -> Vec<std::ops::Range<usize>> {
    let mut splitter = Splitter { marks: Some(Vec::new()), ..Splitter::new(encoding, delimiter) };
    // One record holds no end of another, and was short enough before.
    let _ = splitter.push(raw, &mut Vec::new());
    let width = encoding.width();
    let mut begin = 0;
    let mut out = Vec::new();
    for mark in splitter.marks.unwrap_or_default() {
        out.push(begin..mark);
        begin = mark + width;
    }
    out.push(begin..raw.len());
    out
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
