//! Rows that could not be taken, in a file of their own: each with exactly its bytes, its line and why. Mended, it can be fed again.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::open::Opened;
use super::out::io;
use super::scan::Survey;
use crate::domain::csv::cells::Cells;
use crate::domain::csv::encoding::{Encoding, EncodingChoice};
use crate::domain::csv::split::{Record, Splitter, spans};
use crate::domain::csv::{REJECTED, separator_line};
use crate::domain::digest::hex;
use crate::domain::printable::printable;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{Journal, RefusedRow};
use crate::engine::task::{Stop, blocking};

/// Items and records that are looked at together.
const PAGE: usize = 1_000;
/// Bytes of a file that show its header.
const HEAD: u64 = 64 << 10;
/// Delimiters that an earlier file may have had.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// A file of rejects that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) count: u64,
    pub(super) sha256: String,
}

/// Refuses a place where something else than an earlier file of rejects stands, or the file that is read.
pub(in crate::engine) async fn may_replace(to: &str, from: Option<&str>, delimiter: char) -> Result<(), Stop> {
    let (path, from) = (PathBuf::from(to), from.map(PathBuf::from));
    blocking(move || {
        use std::os::unix::fs::MetadataExt;
        let identity = |path: &Path| std::fs::metadata(path).map(|m| (m.dev(), m.ino())).ok();
        if from.is_some_and(|from| identity(&from).is_some_and(|own| identity(&path) == Some(own))) {
            let failure = Failure::new(ErrorCode::Usage, format!("{} is the file that is read", path.display()));
            return Err(failure.hint("copy the mended rows to another file first").into());
        }
        replaceable(&path, delimiter)
    })
    .await?
}

fn replaceable(path: &Path, delimiter: char) -> Result<(), Stop> {
    let metadata = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(path, &error).into()),
        Ok(metadata) => metadata,
    };
    let mut head = Vec::new();
    if metadata.is_file() {
        let file = File::open(path).map_err(|e| io(path, &e))?;
        file.take(HEAD).read_to_end(&mut head).map_err(|e| io(path, &e))?;
        if DELIMITERS.iter().chain([&delimiter]).any(|delimiter| is_of_rejects(&head, *delimiter)) {
            return Ok(());
        }
    }
    let message = format!("{} is there already, and no file of rejects: it is not replaced", path.display());
    let mut failure = Failure::new(ErrorCode::Io, message);
    failure.key = Some("import.rejects".to_owned());
    Err(failure.hint("name another file for the rejects").into())
}

/// Whether a file begins with a header that ends as those of rejects do.
fn is_of_rejects(head: &[u8], delimiter: char) -> bool {
    let (found, length) = Encoding::of_head(head, EncodingChoice::Auto);
    let encoding = found.unwrap_or_default();
    let (mut splitter, mut records) = (Splitter::new(encoding, delimiter), Vec::new());
    // The rest of a long file does not matter.
    let _ = splitter.push(head.get(length..).unwrap_or_default(), &mut records);
    let _ = splitter.finish(&mut records);
    let texts = records.iter().filter_map(|r| encoding.decode(&r.raw).or_else(|| Encoding::Cp932.decode(&r.raw)));
    let header = texts.take(2).find(|text| separator_line(text).is_none()).unwrap_or_default();
    let cells = Cells::parse(&header, delimiter);
    let names: Vec<&str> = cells.iter().map(str::trim).collect();
    names.len() > REJECTED.len() && names.ends_with(&REJECTED)
}

/// Writes refused rows: all of them, or those of the run alone. Whole or not at all.
pub(super) async fn write(journal: &Journal, from: &Opened, to: &Path, of_run: bool) -> Result<Written, Stop> {
    let dir = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
    let made = blocking(move || tempfile::Builder::new().prefix(".tenantry-").tempfile_in(dir)).await?;
    let file = made.map_err(|e| io(to, &e))?;
    let mut out = Rejects { to: BufWriter::new(file), hash: Sha256::new(), path: to, survey: &from.survey };
    let extra = out.header()?;
    let mut rows = Rows { journal, of_run, after: 0, page: VecDeque::new(), is_over: false };
    let mut reading = from.read(PAGE).await?;
    let (mut next, mut count) = (rows.next().await?, 0);
    while let Some(records) = if next.is_some() { reading.next().await? } else { None } {
        for read in records {
            let Some(row) = next.as_ref().filter(|row| row.line == read.record.line) else { continue };
            out.row(&read.record, &extra, &row.message)?;
            count += 1;
            next = rows.next().await?;
        }
    }
    if let Some(row) = next {
        // Never silently: the row would be nowhere.
        let message = format!("{}: line {} is refused, and no record begins there", from.name, row.line);
        return Err(Failure::new(ErrorCode::Internal, message).into());
    }
    let (file, hash) = (out.to.into_inner().map_err(|e| io(to, e.error()))?, out.hash);
    let (path, delimiter) = (to.to_path_buf(), from.survey.delimiter);
    blocking(move || persist(file, &path, delimiter)).await??;
    let sha256 = hex(&hash.finalize());
    Ok(Written { count, sha256 })
}

fn persist(file: NamedTempFile, path: &Path, delimiter: char) -> Result<(), Stop> {
    // The same rule holds for a file that came to stand there meanwhile: only an earlier file of rejects is replaced.
    replaceable(path, delimiter)?;
    file.persist(path).map(drop).map_err(|e| io(path, &e.error).into())
}

/// The refused rows of a journal, in the order of the file.
struct Rows<'a> {
    journal: &'a Journal,
    of_run: bool,
    after: u64,
    page: VecDeque<RefusedRow>,
    is_over: bool,
}

impl Rows<'_> {
    async fn next(&mut self) -> Result<Option<RefusedRow>, Stop> {
        if self.page.is_empty() && !self.is_over {
            let page = self.journal.refused(self.after, PAGE, self.of_run).await?;
            self.is_over = page.len() < PAGE;
            self.page.extend(page);
        }
        let row = self.page.pop_front();
        self.after = row.as_ref().map_or(self.after, |row| row.line);
        Ok(row)
    }
}

struct Rejects<'a> {
    to: BufWriter<NamedTempFile>,
    hash: Sha256,
    path: &'a Path,
    survey: &'a Survey,
}

impl Rejects<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.hash.update(bytes);
        self.to.write_all(bytes).map_err(|e| io(self.path, &e).into())
    }

    /// The header with two more columns; gives back where it had them already, and how many there are.
    fn header(&mut self) -> Result<(Vec<usize>, usize), Stop> {
        let survey = self.survey;
        self.put(&survey.mark)?;
        if let Some(separator) = &survey.separator {
            self.put(&separator.raw)?;
            self.put(&survey.encoding.encode(separator.end.text()))?;
        }
        let names = Cells::parse(&survey.header_text, survey.delimiter);
        let extra: Vec<usize> =
            names.iter().enumerate().filter(|(_, name)| REJECTED.contains(&name.trim())).map(|(at, _)| at).collect();
        let extra = (extra, names.iter().count());
        self.line(&survey.header, &extra, &REJECTED)?;
        Ok(extra)
    }

    fn row(&mut self, record: &Record, extra: &(Vec<usize>, usize), why: &str) -> Result<(), Stop> {
        self.line(record, extra, &[&record.line.to_string(), &printable(why)])
    }

    /// A record without the columns that an earlier file of rejects added, and these cells behind it.
    fn line(&mut self, record: &Record, extra: &(Vec<usize>, usize), more: &[&str]) -> Result<(), Stop> {
        let survey = self.survey;
        let mut bytes = own(record, survey, extra);
        // Half a character at the end of the file would shift everything behind it.
        if matches!(survey.encoding, Encoding::Utf16Le | Encoding::Utf16Be) && bytes.len() % 2 == 1 {
            bytes.push(0);
        }
        let mut text = String::new();
        for cell in more {
            text.push(survey.delimiter);
            if cell.contains([survey.delimiter, '"', '\r', '\n']) {
                text.push_str(&format!("\"{}\"", cell.replace('"', "\"\"")));
            } else {
                text.push_str(cell);
            }
        }
        let end = if record.end.text().is_empty() { survey.line_end() } else { record.end };
        text.push_str(end.text());
        bytes.extend(survey.encoding.encode(&text));
        self.put(&bytes)
    }
}

/// The record's bytes; a row with as many cells as the header has may lose those that are written anew.
fn own(record: &Record, survey: &Survey, (extra, count): &(Vec<usize>, usize)) -> Vec<u8> {
    if extra.is_empty() || record.behind.is_some() {
        return record.raw.clone();
    }
    let cells = spans(&record.raw, survey.encoding, survey.delimiter);
    if cells.len() != *count {
        return record.raw.clone();
    }
    let kept = cells.into_iter().enumerate().filter(|(at, _)| !extra.contains(at));
    let parts: Vec<&[u8]> = kept.filter_map(|(_, cell)| record.raw.get(cell)).collect();
    parts.join(survey.encoding.encode(&survey.delimiter.to_string()).as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_rejects_are_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            replaceable(&path, ',').is_ok()
        };
        assert!(at("a.csv", b"sourcePk,sourceSk,line,reason\nP,1,2,\"why, then\"\n"));
        assert!(at("b.csv", b"sep=;\r\nsourcePk;sourceSk;line;reason\r\n"));
        assert!(at("c.csv", &Encoding::Utf16Le.encode("\u{feff}sourcePk,line,reason\n")));
        for (name, text) in [
            ("d.csv", &b""[..]),
            ("e.toml", b"name = \"p\"\noperation = \"import\"\n"),
            ("f.csv", b"sourcePk,sourceSk,code\nline,reason\n"),
            ("g.csv", b"line,reason"),
            ("h.csv", b"sourcePk,line,reason,more\n"),
        ] {
            assert!(!at(name, text), "{name}");
        }
        assert!(replaceable(&dir.path().join("none"), ',').is_ok());
        assert!(replaceable(dir.path(), ',').is_err(), "a directory");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path().join("a.csv"), &link).unwrap();
        assert!(replaceable(&link, ',').is_err(), "a symbolic link");
    }
}
