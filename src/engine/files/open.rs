//! A CSV file at hand: a regular file as it is, and a private copy of what comes through a pipe or from S3.

use std::fs::{File, Metadata};
use std::io::{IsTerminal, Read as _};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::out::io;
use super::scan::{Scan, Scanned, Survey};
use crate::domain::csv::Place;
use crate::domain::csv::encoding::Format;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::private_file;
use crate::engine::protocol::{Event, Level};
use crate::engine::task::{Stop, Task, blocking};

/// Name of the copy, beside the journal.
pub(super) const COPY: &str = "source";
/// Bytes that are read at once.
pub(super) const BUFFER: usize = 64 << 10;
/// Pieces of a pipe that are read ahead.
const AHEAD: usize = 4;
/// How long a pipe may say nothing until that is told.
const SILENCE: Duration = Duration::from_secs(5);
/// Names standard input.
const STDIN: &str = "-";

/// How a file is to be read.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Opening {
    pub(in crate::engine) format: Format,
    /// Each row must name its tenant.
    pub(in crate::engine) wants_tenant: bool,
    /// Its records will be wanted again after the run.
    pub(in crate::engine) keep: bool,
}

/// A file at hand.
#[derive(Debug)]
pub(in crate::engine) struct Opened {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) survey: Survey,
    pub(super) identity: Identity,
}

/// Tells whether a file is the one that was looked at, unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(u64, u64, u64, i64, i64);

impl Identity {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self(metadata.dev(), metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec())
    }
}

impl Opened {
    /// Makes a file readable, and looks through it once: what cannot be split into records is refused here. Copies go into `dir`.
    pub(in crate::engine) async fn open(
        task: &Task,
        place: &Place,
        opening: Opening,
        dir: &Path,
    ) -> Result<Self, Stop> {
        let name = place.to_string();
        let copy = dir.join(COPY);
        let path = match place {
            Place::S3 { bucket, key } => {
                let mut to = tokio::fs::File::from_std(private_file(&copy)?);
                task.store().download(bucket, key, &mut to).await?;
                copy
            }
            Place::File(path) => match kind(path).await? {
                Kind::Pipe(path) => {
                    pumped(task, &name, path, opening, &copy).await?;
                    copy
                }
                Kind::Regular if opening.keep => {
                    let (from, to) = (PathBuf::from(path), copy.clone());
                    blocking(move || copied(&from, &to)).await??;
                    copy
                }
                Kind::Regular => PathBuf::from(path),
            },
        };
        Self::look(path, name, opening).await
    }

    /// Looks through a file of this machine.
    pub(super) async fn look(path: PathBuf, name: String, opening: Opening) -> Result<Self, Stop> {
        let named = name.clone();
        let looked = blocking(move || {
            let mut format = opening.format;
            loop {
                let mut file = File::open(&path).map_err(|e| Stop::from(io(&path, &e)))?;
                let identity = Identity::of(&file.metadata().map_err(|e| Stop::from(io(&path, &e)))?);
                let mut scan = Scan::new(&named, format, opening.wants_tenant);
                let mut buffer = vec![0; BUFFER];
                loop {
                    let length = file.read(&mut buffer).map_err(|e| Stop::from(io(&path, &e)))?;
                    let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
                    scan.push(bytes).map_err(Stop::Failed)?;
                }
                match scan.finish().map_err(Stop::Failed)? {
                    Scanned::Whole(survey) => return Ok::<_, Stop>((path, *survey, identity)),
                    Scanned::Again(other) => format = other,
                }
            }
        });
        let (path, survey, identity) = looked.await??;
        Ok(Self { path, name, survey, identity })
    }

    /// Name of the file in messages.
    pub(in crate::engine) fn name(&self) -> &str {
        &self.name
    }

    /// Result of the first look at the file.
    pub(in crate::engine) fn survey(&self) -> &Survey {
        &self.survey
    }
}

enum Kind {
    Regular,
    /// `None` for standard input.
    Pipe(Option<PathBuf>),
}

async fn kind(path: &str) -> Result<Kind, Stop> {
    if path == STDIN {
        if std::io::stdin().is_terminal() {
            let failure = Failure::new(ErrorCode::Usage, "nothing is piped in: standard input is a terminal");
            return Err(failure.hint("name a file, or pipe one in: `… | tenantry import - PLAN.toml`").into());
        }
        return Ok(Kind::Pipe(None));
    }
    let path = PathBuf::from(path);
    let found = blocking({
        let path = path.clone();
        move || std::fs::metadata(path)
    });
    let metadata = found.await?.map_err(|error| {
        let failure = io(&path, &error);
        match error.kind() {
            std::io::ErrorKind::NotFound => Failure { code: ErrorCode::NotFound, ..failure },
            _ => failure,
        }
    })?;
    let what = metadata.file_type();
    if what.is_file() {
        return Ok(Kind::Regular);
    }
    if what.is_fifo() {
        return Ok(Kind::Pipe(Some(path)));
    }
    let what = if what.is_dir() {
        "a directory"
    } else if what.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    let failure = Failure::new(ErrorCode::Io, format!("{} is {what}, not a CSV file", path.display()));
    Err(failure.hint("name a regular file or a pipe").into())
}

fn copied(from: &Path, to: &Path) -> Result<(), Stop> {
    let mut source = File::open(from).map_err(|e| io(from, &e))?;
    let mut target = private_file(to)?;
    std::io::copy(&mut source, &mut target).map(drop).map_err(|e| io(to, &e).into())
}

/// Copies what comes through a pipe, and looks at it on the way: what can be no CSV file ends it, however much would follow.
async fn pumped(task: &Task, name: &str, path: Option<PathBuf>, opening: Opening, copy: &Path) -> Result<(), Stop> {
    let mut to = tokio::fs::File::from_std(private_file(copy)?);
    let mut scan = Scan::new(name, opening.format, opening.wants_tenant);
    let from = path.clone().unwrap_or_else(|| PathBuf::from(STDIN));
    let mut pieces = pump(path).map_err(|e| io(&from, &e))?;
    let mut is_told = false;
    loop {
        let piece = tokio::select! {
            piece = pieces.recv() => piece,
            () = tokio::time::sleep(SILENCE), if !is_told => {
                is_told = true;
                let message = format!("waiting for {name}: nothing comes through the pipe");
                task.emit(Event::Log(Level::Warning, message)).await?;
                continue;
            }
            () = task.cancel.cancelled() => return Err(Stop::Cancelled),
        };
        let Some(piece) = piece else { break };
        let piece = piece.map_err(|e| io(&from, &e))?;
        scan.push(&piece).map_err(Stop::Failed)?;
        to.write_all(&piece).await.map_err(|e| io(copy, &e))?;
    }
    to.flush().await.map_err(|e| io(copy, &e))?;
    Ok(())
}

/// Reads a pipe on a thread that nobody waits for: opening one, and reading it, may never return.
fn pump(path: Option<PathBuf>) -> std::io::Result<mpsc::Receiver<std::io::Result<Vec<u8>>>> {
    let (sender, pieces) = mpsc::channel(AHEAD);
    std::thread::Builder::new().name("csv-pipe".to_owned()).spawn(move || {
        let mut from: Box<dyn std::io::Read> = match path.map(File::open) {
            None => Box::new(std::io::stdin().lock()),
            Some(Ok(file)) => Box::new(file),
            Some(Err(error)) => {
                let _ = sender.blocking_send(Err(error));
                return;
            }
        };
        loop {
            let mut piece = vec![0; BUFFER];
            let read = match from.read(&mut piece) {
                Ok(0) => return,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                read => read,
            };
            let sent = read.map(|length| {
                piece.truncate(length);
                piece
            });
            let is_error = sent.is_err();
            if sender.blocking_send(sent).is_err() || is_error {
                return;
            }
        }
    })?;
    Ok(pieces)
}
