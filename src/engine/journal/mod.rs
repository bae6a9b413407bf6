//! Journals: intentions and outcomes of runs, one directory a run, an embedded database in each, written before anything is shown.

mod actor;
mod approvals;
mod batches;
mod chain;
mod checked;
mod collisions;
#[cfg(test)]
pub(crate) mod dying;
mod elsewhere;
mod facts;
mod guard;
mod items;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod kills;
mod open;
mod prune;
mod read;
mod refused;
mod report;
mod rows;
mod schema;
mod tally;
#[cfg(test)]
mod tamper;
mod whole;
mod write;

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::domain::run::RunId;
use crate::engine::failure::{ErrorCode, Failure};
use crate::lock::Held;

pub use approvals::Left;
pub use checked::Checked;
pub use elsewhere::Elsewhere;
pub use facts::{Facts, RecordedSignature};
pub use guard::{check_state_dir, regular};
pub use open::{EVERY, OpenItem, Place, Stretch};
pub use prune::{prunable, remove, sweep};
pub use read::{Reader, Recorded, WrittenItem, list};
pub use refused::RefusedRow;
pub use tally::Tally;
pub use whole::Scale;
pub(crate) use write::hold;
pub use write::{EndedItem, Header, Journal, NewItem, mark};

/// Errors of a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The directory or a file in it.
    #[error("{}: {source}", path.display())]
    Io {
        /// The directory or the file.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// The database.
    #[error("{}: {source}", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// SQLite's own error.
        source: rusqlite::Error,
    },
    /// Records that did not reach the disk.
    #[error("{}: not recorded: {message}", path.display())]
    Commit {
        /// The database file.
        path: PathBuf,
        /// The cause in words: SQLite's own message, or that the journal has ended.
        message: String,
    },
    /// A journal of another version of the program.
    #[error("{} has format {found}; this version reads format {known}", path.display())]
    Format {
        /// The database file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The one known.
        known: i64,
    },
    /// A database that is no journal, or was changed into something else.
    #[error("{} is no journal of this program: {name:?} is not what a journal has", path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
        /// The first thing in it that does not belong there, or that it lacks.
        name: String,
    },
    /// A journal that is not what was recorded.
    #[error("{} does not check: {what} is not as it was recorded", path.display())]
    Broken {
        /// The database file.
        path: PathBuf,
        /// The first thing that does not fit.
        what: String,
    },
    /// Something in the state directory that cannot be trusted.
    #[error("{} {what}", path.display())]
    Unsafe {
        /// Where.
        path: PathBuf,
        /// The problem in words, as in `is no directory`.
        what: &'static str,
    },
    /// Another process has the run.
    #[error("run {run} is in the hands of another process")]
    Locked {
        /// The run.
        run: RunId,
    },
    /// No such run.
    #[error("there is no run {run} in {}", dir.display())]
    NoRun {
        /// The run.
        run: RunId,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// A recorded word that this version does not know.
    #[error("{} holds a word that this version does not know: {word:?}", path.display())]
    Word {
        /// The database file.
        path: PathBuf,
        /// The word.
        word: String,
    },
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let message = error.to_string();
        let (code, hint) = match &error {
            JournalError::Io { .. } => (ErrorCode::Io, "check space and permissions of the state directory"),
            JournalError::Database { .. } | JournalError::Commit { .. } => (
                ErrorCode::Io,
                "check space and permissions of the state directory; what was written meanwhile is in the tables, and `run --resume` finds it there",
            ),
            JournalError::Unsafe { .. } => {
                (ErrorCode::Io, "the state directory must be yours alone (chmod 700) and hold files of tenantry only")
            }
            JournalError::Format { .. } | JournalError::Word { .. } => {
                (ErrorCode::Io, "use the version of tenantry that wrote the run")
            }
            JournalError::Broken { .. } => (
                ErrorCode::Conflict,
                "it was changed or damaged since: take the one that `runs export` wrote, or find what the run wrote in the rows (undo --pk or --module)",
            ),
            JournalError::Foreign { .. } => (ErrorCode::Io, "take one that `runs export` wrote"),
            JournalError::Locked { .. } => (ErrorCode::Locked, "wait until it has ended, or end it there"),
            JournalError::NoRun { .. } => (ErrorCode::NotFound, "`tenantry runs` lists what there is"),
        };
        Self::new(code, message).hint(hint)
    }
}

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> JournalError + '_ {
    |source| JournalError::Io { path: path.to_path_buf(), source }
}

pub(super) fn database(path: &Path) -> impl Fn(rusqlite::Error) -> JournalError + '_ {
    |source| JournalError::Database { path: path.to_path_buf(), source }
}

/// The directory that holds the runs.
#[must_use]
pub fn runs_dir(state_dir: &Path) -> PathBuf {
    state_dir.join("runs")
}

/// The directory of a run.
pub(in crate::engine) fn run_dir(state_dir: &Path, run: RunId) -> PathBuf {
    runs_dir(state_dir).join(run.to_string())
}

/// The database of a run.
#[must_use]
pub fn journal_path(state_dir: &Path, run: RunId) -> PathBuf {
    run_dir(state_dir, run).join("journal.db")
}

fn lock_path(state_dir: &Path, run: RunId) -> PathBuf {
    run_dir(state_dir, run).join("lock")
}

/// Makes a directory for the owner alone.
///
/// # Errors
/// [`JournalError::Io`] when it cannot be made.
pub fn private_dir(path: &Path) -> Result<(), JournalError> {
    guard::owners_alone(path)?;
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io(path))
}

/// Makes a file for the owner alone; there must be none.
pub(crate) fn new_private_file(path: &Path) -> Result<File, JournalError> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io(path))
}

/// Opens a file for the owner alone, made where there is none. What is no regular file is refused.
pub(super) fn private_file(path: &Path) -> Result<File, JournalError> {
    guard::regular(path)?;
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(io(path))
}

/// Whether some process, this one included, holds the run.
fn is_held(state_dir: &Path, run: RunId) -> bool {
    let path = lock_path(state_dir, run);
    // Opening a pipe would wait for someone at its other end.
    guard::regular(&path).is_ok() && File::open(path).is_ok_and(|file| Held::by_anyone(&file))
}
