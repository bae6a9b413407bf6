//! A CSV file that is read, record by record, on a thread of its own.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, StringRecord};
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use super::super::failure::{ErrorCode, Failure};
use super::super::runs::blocking;
use super::super::task::{Stop, Task};
use super::lines::{Lines, Noting};
use super::out::io;
use crate::domain::csv::{Columns, Place};

/// Groups of records that are read ahead.
const AHEAD: usize = 2;
/// Bytes that are read from the file at once.
const BUFFER: usize = 64 << 10;

/// A file at hand: one of this machine, or a copy of an object that goes away with it.
#[derive(Debug)]
pub(in super::super) struct Opened {
    path: PathBuf,
    name: String,
    _copy: Option<NamedTempFile>,
}

/// A record, or why it is none.
#[derive(Debug)]
pub(in super::super) struct Read {
    /// Where it begins, the header being line 1.
    pub(in super::super) line: u64,
    pub(in super::super) record: Result<StringRecord, (ByteRecord, String)>,
}

/// A file being read.
pub(in super::super) struct Reading {
    /// The header as it is.
    pub(in super::super) header: StringRecord,
    groups: mpsc::Receiver<Result<Vec<Read>, csv::Error>>,
    name: String,
}

impl Opened {
    /// Makes a file readable; an object is copied first, so that it can be read twice and does not change meanwhile.
    pub(in super::super) async fn open(task: &Task, place: &Place) -> Result<Self, Stop> {
        match place {
            Place::File(path) => Ok(Self { path: Path::new(path).to_path_buf(), name: place.to_string(), _copy: None }),
            Place::S3 { bucket, key } => {
                let state_dir = task.shared.state_dir.clone();
                let copy = blocking(move || {
                    super::super::journal::private_dir(&state_dir)?;
                    tempfile::Builder::new()
                        .prefix("import-")
                        .tempfile_in(&state_dir)
                        .map_err(|e| super::super::journal::io(&state_dir)(e))
                })
                .await??;
                let mut to = tokio::fs::File::from_std(copy.reopen().map_err(|e| io(copy.path(), &e))?);
                task.store().download(bucket, key, &mut to).await?;
                Ok(Self { path: copy.path().to_path_buf(), name: place.to_string(), _copy: Some(copy) })
            }
        }
    }

    /// Begins to read, `size` records at a time.
    pub(in super::super) async fn read(&self, size: usize) -> Result<Reading, Stop> {
        let (path, name) = (self.path.clone(), self.name.clone());
        let opened = blocking(move || {
            let file = File::open(&path).map_err(|error| {
                let failure = io(&path, &error);
                match error.kind() {
                    std::io::ErrorKind::NotFound => Stop::from(Failure { code: ErrorCode::NotFound, ..failure }),
                    _ => failure.into(),
                }
            })?;
            let (noting, lines) = Noting::new(BufReader::with_capacity(BUFFER, file));
            let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(true).from_reader(noting);
            let header = reader.headers().cloned().map_err(|e| Stop::from(unreadable(&name, &e)))?;
            Ok::<_, Stop>((reader, lines, header))
        });
        let (mut reader, lines, header) = opened.await??;
        let (sender, groups) = mpsc::channel(AHEAD);
        tokio::task::spawn_blocking(move || {
            loop {
                let mut group = Vec::with_capacity(size);
                while group.len() < size {
                    let mut record = ByteRecord::new();
                    match reader.read_byte_record(&mut record) {
                        Ok(true) => group.push(read(record, &lines)),
                        Ok(false) => break,
                        Err(error) => {
                            let _ = sender.blocking_send(Err(error));
                            return;
                        }
                    }
                }
                let is_last = group.len() < size;
                if (!group.is_empty() && sender.blocking_send(Ok(group)).is_err()) || is_last {
                    return;
                }
            }
        });
        Ok(Reading { header, groups, name: self.name.clone() })
    }

    /// What it is called in messages.
    pub(in super::super) fn name(&self) -> &str {
        &self.name
    }
}

impl Reading {
    /// Where the columns stand.
    pub(in super::super) fn columns(&self, wants_tenant: bool) -> Result<Columns, Stop> {
        Columns::of(self.header.iter(), wants_tenant).map_err(|bad| {
            let mut failure = Failure::new(ErrorCode::Plan, format!("{}: {bad}", self.name));
            failure.file = Some(self.name.clone());
            failure.line = Some(1);
            let hint = "the columns are sourcePk, sourceSk, code, name, attributes, targetTenantCode; target.tenant \
                        stands in for the last one";
            failure.hint(hint).into()
        })
    }

    /// The next records; `None` at the end.
    pub(in super::super) async fn next(&mut self) -> Result<Option<Vec<Read>>, Stop> {
        match self.groups.recv().await {
            Some(Ok(group)) => Ok(Some(group)),
            Some(Err(error)) => Err(unreadable(&self.name, &error).into()),
            None => Ok(None),
        }
    }
}

fn read(record: ByteRecord, lines: &Lines) -> Read {
    let line = record.position().map_or(0, |at| lines.at(at.byte()));
    let record = StringRecord::from_byte_record(record).map_err(|error| {
        let field = error.utf8_error().field() + 1;
        (error.into_byte_record(), format!("field {field} is not UTF-8"))
    });
    Read { line, record }
}

fn unreadable(name: &str, error: &csv::Error) -> Failure {
    let mut failure = Failure::new(ErrorCode::Io, format!("{name}: {error}"));
    failure.file = Some(name.to_owned());
    failure.line = error.position().and_then(|at| usize::try_from(at.line()).ok());
    failure
}
