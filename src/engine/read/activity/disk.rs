//! Temporary databases of activity, for the owner alone.

use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::domain::key::Version;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{JournalError, io, private_dir};

/// A database in a directory of its own; both go away with the value.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) database: Connection,
    _dir: TempDir,
}

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// Its directory cannot be made.
    #[error(transparent)]
    Directory(#[from] JournalError),
    /// SQLite says so.
    #[error("the temporary database of the activity cannot be used: {0}")]
    Database(String),
}

impl From<Unusable> for Failure {
    fn from(error: Unusable) -> Self {
        match error {
            Unusable::Directory(error) => error.into(),
            Unusable::Database(_) => Self::new(ErrorCode::Io, error.to_string()),
        }
    }
}

pub(super) fn broken(error: impl std::fmt::Display) -> Unusable {
    Unusable::Database(error.to_string())
}

/// SQLite's integers have a sign.
pub(super) fn number(version: Version) -> i64 {
    i64::try_from(version.0).unwrap_or(i64::MAX)
}

impl Disk {
    /// A new one in the state directory, with these tables.
    pub(super) fn create(state_dir: &Path, schema: &str) -> Result<Self, Unusable> {
        private_dir(state_dir)?;
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        // As a preview: what a killed process leaves behind is removed with those.
        let dir = tempfile::Builder::new().prefix("preview-activity-").permissions(private).tempdir_in(state_dir);
        let dir = dir.map_err(io(state_dir))?;
        let database = Connection::open(dir.path().join("activity.db")).map_err(broken)?;
        database
            .execute_batch(&format!("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {schema}"))
            .map_err(broken)?;
        Ok(Self { database, _dir: dir })
    }
}
