//! A CSV file that is read, record by record, on a thread of its own.

use std::fs::File;
use std::io::{Read as _, Seek, SeekFrom};

use tokio::sync::mpsc;

use super::open::{BUFFER, Identity, Opened};
use super::out::io;
use crate::domain::csv::cells::Cells;
use crate::domain::csv::encoding::Encoding;
use crate::domain::csv::split::{Record, Splitter, spans};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::task::{Stop, blocking};

/// Groups of records that are read ahead.
const AHEAD: usize = 2;
/// Bytes of a group of records, however few they are.
const GROUP: usize = 4 << 20;

/// A record, and its cells or why it has none.
#[derive(Debug)]
pub(in crate::engine) struct Read {
    pub(in crate::engine) record: Record,
    pub(in crate::engine) cells: Result<Cells, String>,
}

/// A file being read.
pub(in crate::engine) struct Reading {
    groups: mpsc::Receiver<Result<Vec<Read>, Stop>>,
}

impl Opened {
    /// Begins to read its rows, `size` at a time.
    pub(in crate::engine) async fn read(&self, size: usize) -> Result<Reading, Stop> {
        let (path, mark) = (self.path.clone(), self.survey.mark.len() as u64);
        let opened = blocking(move || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(mark))?;
            Ok::<_, std::io::Error>(file)
        });
        let file = opened.await?.map_err(|e| io(&self.path, &e))?;
        let (sender, groups) = mpsc::channel(AHEAD);
        let source = Source {
            file,
            splitter: Splitter::new(self.survey.encoding, self.survey.delimiter),
            encoding: self.survey.encoding,
            delimiter: self.survey.delimiter,
            skip: self.survey.before_rows(),
            name: self.name.clone(),
            path: self.path.clone(),
            identity: self.identity,
        };
        tokio::task::spawn_blocking(move || {
            if let Err(stop) = source.send(size, &sender) {
                let _ = sender.blocking_send(Err(stop));
            }
        });
        Ok(Reading { groups })
    }
}

impl Reading {
    /// The next records; `None` at the end.
    pub(in crate::engine) async fn next(&mut self) -> Result<Option<Vec<Read>>, Stop> {
        self.groups.recv().await.transpose()
    }
}

/// The file that the thread reads, and how it reads it.
struct Source {
    file: File,
    splitter: Splitter,
    encoding: Encoding,
    delimiter: char,
    skip: usize,
    name: String,
    path: std::path::PathBuf,
    identity: Identity,
}

impl Source {
    /// Sends every record; ends early where nobody wants them any more.
    fn send(mut self, size: usize, to: &mpsc::Sender<Result<Vec<Read>, Stop>>) -> Result<(), Stop> {
        let mut buffer = vec![0; BUFFER];
        let mut records = Vec::new();
        let (mut group, mut bytes, mut is_over) = (Vec::new(), 0, false);
        while !is_over {
            let length = self.file.read(&mut buffer).map_err(|e| io(&self.path, &e))?;
            let split = match buffer.get(..length).filter(|piece| !piece.is_empty()) {
                Some(piece) => self.splitter.push(piece, &mut records),
                None => {
                    is_over = true;
                    self.is_unchanged()?;
                    self.splitter.finish(&mut records)
                }
            };
            for record in records.drain(..) {
                if self.skip > 0 {
                    self.skip -= 1;
                    continue;
                }
                bytes += record.raw.len();
                group.push(self.read(record));
                if group.len() >= size || bytes >= GROUP {
                    bytes = 0;
                    if to.blocking_send(Ok(std::mem::take(&mut group))).is_err() {
                        return Ok(());
                    }
                }
            }
            // It was whole when it was looked at first.
            split.map_err(|bad| self.changed(&bad.to_string()))?;
        }
        if !group.is_empty() {
            let _ = to.blocking_send(Ok(group));
        }
        Ok(())
    }

    fn read(&self, record: Record) -> Read {
        let cells = match (record.behind, self.encoding.decode(&record.raw)) {
            (Some(behind), _) => Err(behind.to_string()),
            (None, Some(text)) => Ok(Cells::parse(&text, self.delimiter)),
            (None, None) => {
                let cells = spans(&record.raw, self.encoding, self.delimiter);
                let is_bad = |cell: &std::ops::Range<usize>| {
                    record.raw.get(cell.clone()).is_none_or(|bytes| self.encoding.decode(bytes).is_none())
                };
                let field = cells.iter().position(is_bad).map_or(cells.len(), |at| at + 1);
                Err(format!("field {field} is not {}", self.encoding.name()))
            }
        };
        Read { record, cells }
    }

    fn is_unchanged(&self) -> Result<(), Stop> {
        let metadata = self.file.metadata().map_err(|e| io(&self.path, &e))?;
        if Identity::of(&metadata) == self.identity { Ok(()) } else { Err(self.changed("it is another now").into()) }
    }

    fn changed(&self, how: &str) -> Failure {
        let mut failure = Failure::new(ErrorCode::Io, format!("{} changed while it was read: {how}", self.name));
        failure.file = Some(self.name.clone());
        failure.hint("try again when nobody writes it")
    }
}
