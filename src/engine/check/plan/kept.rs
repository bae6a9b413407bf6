//! The file that keeps an interrupted comparison: one JSON value a line, findings between the places that it got to.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::lines::{Begun, FORMAT, Line, Place, Told};
use crate::domain::digest::hex;
use crate::domain::plan::Plan;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{JournalError, private_dir, regular};
use crate::engine::protocol::Finding;
use crate::lock::Held;

/// Bytes that are held before they are written.
const HELD: usize = 64 * 1024;
/// Findings read at a time.
const PAGE: usize = 100;

/// Errors of the checkpoint file.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeptError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be read by this version", path.display())]
    Unreadable { path: PathBuf },
    #[error(transparent)]
    Dir(#[from] JournalError),
}

impl From<KeptError> for Failure {
    fn from(error: KeptError) -> Self {
        Self::new(ErrorCode::Io, error.to_string()).hint("check space and permissions of the state directory")
    }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> KeptError + '_ {
    |source| KeptError::Io { path: path.to_path_buf(), source }
}

/// Name of the file of a plan: SHA-256 over all that the plan says.
pub(super) fn name_of(plan: &Plan) -> Result<String, serde_json::Error> {
    let hash = Sha256::digest(serde_json::to_string(plan)?);
    Ok(hex(&hash))
}

fn dir(state_dir: &Path) -> PathBuf {
    state_dir.join("verifications")
}

fn open(path: &Path) -> Result<File, KeptError> {
    // Opening a pipe would wait for someone at its other end.
    regular(path)?;
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(io(path))
}

/// Result of the look for a plan's checkpoint.
pub(super) enum Found {
    Nothing,
    /// A comparison is under way.
    Busy,
    Kept(Box<Kept>),
}

/// A comparison that was interrupted.
pub(super) struct Kept {
    pub(super) begun: Begun,
    pub(super) place: Place,
    path: PathBuf,
    file: Held,
    /// Bytes up to the place; what stands behind is found once more.
    end: u64,
}

/// Looks for an interrupted comparison.
pub(super) fn look(state_dir: &Path, name: &str) -> Result<Found, KeptError> {
    let path = dir(state_dir).join(format!("{name}.jsonl"));
    if !path.exists() {
        return Ok(Found::Nothing);
    }
    let Some(file) = Held::take(open(&path)?).map_err(io(&path))? else { return Ok(Found::Busy) };
    let unreadable = || KeptError::Unreadable { path: path.clone() };
    let mut reader = BufReader::new(&*file);
    let mut line = Vec::new();
    let (mut read, mut begun, mut place) = (0u64, None, None);
    loop {
        line.clear();
        let n = reader.read_until(b'\n', &mut line).map_err(io(&path))?;
        // A line without an end was cut short with the process that wrote it.
        if n == 0 || line.last() != Some(&b'\n') {
            break;
        }
        read += n as u64;
        if begun.is_none() {
            match serde_json::from_slice(&line) {
                Ok(Line::Begun(first)) if first.format == FORMAT => begun = Some(first),
                _ => return Err(unreadable()),
            }
        } else if line.starts_with(br#"{"place""#) {
            match serde_json::from_slice(&line) {
                Ok(Line::Place(at)) => place = Some((at, read)),
                _ => return Err(unreadable()),
            }
        }
    }
    drop(reader);
    match (begun, place) {
        (Some(begun), Some((place, end))) => Ok(Found::Kept(Box::new(Kept { begun, place, path, file, end }))),
        _ => Ok(Found::Nothing),
    }
}

impl Kept {
    /// Findings up to the place, page by page.
    pub(super) fn findings(&self) -> Result<Findings, KeptError> {
        let file = File::open(&self.path).map_err(io(&self.path))?;
        Ok(Findings { reader: BufReader::new(file), path: self.path.clone(), read: 0, end: self.end })
    }

    /// Goes on behind the place.
    pub(super) fn go_on(self) -> Result<Record, KeptError> {
        let Self { path, mut file, end, .. } = self;
        file.set_len(end).map_err(io(&path))?;
        file.seek(SeekFrom::Start(end)).map_err(io(&path))?;
        Ok(Record { path, file, begun_at: None, held: Vec::new() })
    }
}

/// Findings as they are read.
pub(super) struct Findings {
    reader: BufReader<File>,
    path: PathBuf,
    read: u64,
    end: u64,
}

impl Findings {
    /// The next ones; none at the end.
    pub(super) fn page(&mut self) -> Result<Vec<Finding>, KeptError> {
        let mut page = Vec::new();
        let mut line = Vec::new();
        while page.len() < PAGE && self.read < self.end {
            line.clear();
            let n = self.reader.read_until(b'\n', &mut line).map_err(io(&self.path))?;
            self.read += n as u64;
            let unreadable = || KeptError::Unreadable { path: self.path.clone() };
            match serde_json::from_slice(&line) {
                Ok(Line::Finding(told)) => page.push(told.finding().ok_or_else(unreadable)?),
                Ok(_) => {}
                Err(_) => return Err(unreadable()),
            }
        }
        Ok(page)
    }
}

/// The file while a comparison is under way.
pub(super) struct Record {
    path: PathBuf,
    file: Held,
    /// Where it stands before its first place: until then an older one keeps its own.
    begun_at: Option<PathBuf>,
    held: Vec<u8>,
}

impl Drop for Record {
    fn drop(&mut self) {
        if let Some(path) = &self.begun_at {
            // There is no place in it to go on from. Whatever stands in the way is written over the next time.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Record {
    /// Begins one; `None` where another process has begun the same.
    pub(super) fn begin(state_dir: &Path, name: &str, begun: &Begun) -> Result<Option<Self>, KeptError> {
        private_dir(state_dir)?;
        let dir = dir(state_dir);
        private_dir(&dir)?;
        let new = dir.join(format!("{name}.new"));
        let Some(file) = Held::take(open(&new)?).map_err(io(&new))? else { return Ok(None) };
        file.set_len(0).map_err(io(&new))?;
        let path = dir.join(format!("{name}.jsonl"));
        let mut record = Self { path, file, begun_at: Some(new), held: Vec::new() };
        record.hold(&serde_json::json!({ "begun": begun }));
        Ok(Some(record))
    }

    fn hold(&mut self, line: &impl Serialize) {
        // Maps of texts and numbers: writing them into memory does not fail.
        if serde_json::to_writer(&mut self.held, line).is_ok() {
            self.held.push(b'\n');
        }
    }

    pub(super) fn finding(&mut self, finding: &Finding) {
        self.hold(&Line::Finding(Told::new(finding)));
    }

    /// Whether so much is held that it should be written.
    pub(super) fn is_full(&self) -> bool {
        self.held.len() >= HELD
    }

    /// Writes what is held, and behind it the place that it is complete up to.
    pub(super) fn write(&mut self, place: Option<&Place>) -> Result<(), KeptError> {
        if let Some(place) = place {
            self.hold(&Line::Place(place.clone()));
        }
        self.file.write_all(&self.held).map_err(io(&self.path))?;
        self.held.clear();
        if place.is_some()
            && let Some(new) = &self.begun_at
        {
            std::fs::rename(new, &self.path).map_err(io(new))?;
            self.begun_at = None;
        }
        Ok(())
    }

    /// Takes the file away, an older one too: what is complete leaves nothing to go on with.
    pub(super) fn complete(self) -> Result<(), KeptError> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(&self.path)(error)),
            _ => Ok(()),
        }
    }
}
