//! The first look at a file: its encoding, its header, and whether it can be split into records at all.

use crate::domain::csv::encoding::{Encoding, EncodingChoice, Evidence, Format};
use crate::domain::csv::split::{BadFile, LineEnd, Record, Splitter};
use crate::domain::csv::{BadHeader, Columns, separator_line};
use crate::engine::failure::{ErrorCode, Failure};

/// Bytes that are looked at before anything is split.
const HEAD: usize = 256;

/// Result of the first look at a file.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Survey {
    pub(super) encoding: Encoding,
    /// Its byte order mark.
    pub(super) mark: Vec<u8>,
    /// The line `sep=`, where there is one.
    pub(super) separator: Option<Record>,
    pub(super) header: Record,
    pub(super) header_text: String,
    pub(super) columns: Columns,
    pub(super) delimiter: char,
    rows: u64,
    blank: u64,
}

impl Survey {
    /// Notes to be read before an approval.
    pub(in crate::engine) fn notes(&self, name: &str) -> Vec<String> {
        let blank = match self.blank {
            0 => String::new(),
            1 => "; 1 blank row is passed over".to_owned(),
            n => format!("; {n} blank rows are passed over"),
        };
        let mut notes = vec![format!("{name}: {} rows, read as {}{blank}", self.rows, self.encoding.name())];
        notes.extend(self.columns.notes().iter().cloned());
        notes
    }

    /// Where the columns stand.
    pub(in crate::engine) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Records before the first row.
    pub(super) fn before_rows(&self) -> usize {
        1 + usize::from(self.separator.is_some())
    }

    /// The line end of what is written beside it.
    pub(super) fn line_end(&self) -> LineEnd {
        match self.header.end {
            LineEnd::None => LineEnd::CrLf,
            end => end,
        }
    }
}

/// Looks at a file, piece by piece.
pub(super) struct Scan {
    name: String,
    format: Format,
    wants_tenant: bool,
    head: Vec<u8>,
    /// Once the head is complete.
    splitting: Option<Splitting>,
    separator: Option<Record>,
    header: Option<(Record, String, Columns)>,
    evidence: Evidence,
    rows: u64,
}

struct Splitting {
    splitter: Splitter,
    encoding: Encoding,
    is_certain: bool,
    mark: Vec<u8>,
    records: Vec<Record>,
}

/// Result of a scan.
pub(super) enum Scanned {
    Whole(Box<Survey>),
    /// The file is in another encoding than it was split in: once more.
    Again(Format),
}

impl Scan {
    pub(super) fn new(name: &str, format: Format, wants_tenant: bool) -> Self {
        Self {
            name: name.to_owned(),
            format,
            wants_tenant,
            head: Vec::new(),
            splitting: None,
            separator: None,
            header: None,
            evidence: Evidence::default(),
            rows: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Box<Failure>> {
        if self.splitting.is_some() {
            return self.split(bytes);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() < HEAD { Ok(()) } else { self.begin() }
    }

    fn begin(&mut self) -> Result<(), Box<Failure>> {
        let head = std::mem::take(&mut self.head);
        let (found, length) = Encoding::of_head(&head, self.format.encoding);
        let encoding = found.unwrap_or_default();
        self.splitting = Some(Splitting {
            splitter: Splitter::new(encoding, self.format.delimiter),
            encoding,
            is_certain: found.is_some(),
            mark: head.get(..length).unwrap_or_default().to_vec(),
            records: Vec::new(),
        });
        self.split(head.get(length..).unwrap_or_default())
    }

    fn split(&mut self, bytes: &[u8]) -> Result<(), Box<Failure>> {
        let Some(splitting) = &mut self.splitting else { return Ok(()) };
        let pushed = splitting.splitter.push(bytes, &mut splitting.records);
        self.take()?;
        pushed.map_err(|bad| self.bad(bad))
    }

    /// Takes the records that are whole.
    fn take(&mut self) -> Result<(), Box<Failure>> {
        let Some(splitting) = &mut self.splitting else { return Ok(()) };
        let (encoding, is_certain) = (splitting.encoding, splitting.is_certain);
        for record in std::mem::take(&mut splitting.records) {
            if !is_certain {
                self.evidence.add(&record.raw);
            }
            if self.header.is_some() {
                self.rows += 1;
                continue;
            }
            let text = encoding.decode(&record.raw).or_else(|| Encoding::Cp932.decode(&record.raw));
            let text = text.map(std::borrow::Cow::into_owned).unwrap_or_default();
            let found = separator_line(&text).filter(|_| self.separator.is_none());
            match found {
                Some(found) if found == self.format.delimiter => self.separator = Some(record),
                Some(found) => {
                    let bad = BadHeader::Delimiter { found, read: self.format.delimiter };
                    return Err(self.header_failure(&bad, record.line));
                }
                None => {
                    let columns = Columns::of(&text, self.format.delimiter, self.wants_tenant)
                        .map_err(|bad| self.header_failure(&bad, record.line))?;
                    self.header = Some((record, text, columns));
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Scanned, Box<Failure>> {
        if self.splitting.is_none() {
            self.begin()?;
        }
        let Some(splitting) = &mut self.splitting else { return Err(self.empty()) };
        splitting.splitter.finish(&mut splitting.records).map_err(|bad| self.bad(bad))?;
        self.take()?;
        let Some(splitting) = self.splitting.take() else { return Err(self.empty()) };
        let Some((header, header_text, columns)) = self.header.take() else { return Err(self.empty()) };
        let encoding = if splitting.is_certain { splitting.encoding } else { self.evidence.encoding() };
        // The second byte of a character may look like a letter or a bar, and never like a comma.
        if encoding != splitting.encoding && !matches!(self.format.delimiter, '\t' | ' '..='?') {
            return Ok(Scanned::Again(Format { encoding: EncodingChoice::Cp932, ..self.format }));
        }
        Ok(Scanned::Whole(Box::new(Survey {
            encoding,
            mark: splitting.mark,
            separator: self.separator,
            header,
            header_text,
            columns,
            delimiter: self.format.delimiter,
            rows: self.rows,
            blank: splitting.splitter.blank(),
        })))
    }

    fn empty(&self) -> Box<Failure> {
        let mut failure = Failure::new(ErrorCode::Plan, format!("{} is empty: it has not even a header", self.name));
        failure.file = Some(self.name.clone());
        Box::new(failure)
    }

    fn bad(&self, bad: BadFile) -> Box<Failure> {
        let mut failure = Failure::new(ErrorCode::Io, format!("{}: {bad}", self.name));
        failure.file = Some(self.name.clone());
        failure.line = usize::try_from(bad.line()).ok();
        Box::new(failure.hint("close the quote there; inside a quoted cell a quote is written twice"))
    }

    fn header_failure(&self, bad: &BadHeader, line: u64) -> Box<Failure> {
        let mut failure = Failure::new(ErrorCode::Plan, format!("{}: {bad}", self.name));
        failure.file = Some(self.name.clone());
        failure.line = usize::try_from(line).ok();
        let hint = match bad {
            BadHeader::Delimiter { found, .. } => {
                failure.key = Some("import.delimiter".to_owned());
                let sign = if *found == '\t' { "\\t".to_owned() } else { found.to_string() };
                format!("write delimiter = \"{sign}\" under [import]")
            }
            _ => "the columns are sourcePk, sourceSk, code, name, attributes, targetTenantCode; target.tenant stands in for the last one"
                .to_owned(),
        };
        Box::new(failure.hint(hint))
    }
}
