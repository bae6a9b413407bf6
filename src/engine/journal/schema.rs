//! The tables of a journal.

use std::path::Path;

use rusqlite::Connection;

use super::{JournalError, database};

/// Raised with every change that an older program could not read.
pub(super) const FORMAT: i64 = 1;

const TABLES: &str = "
CREATE TABLE run (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, operation TEXT NOT NULL, reason TEXT NOT NULL, profile TEXT NOT NULL,
    environment TEXT NOT NULL, app TEXT NOT NULL, account TEXT, region TEXT, endpoint TEXT, digest TEXT NOT NULL,
    started_at TEXT NOT NULL, ended_at TEXT, state TEXT NOT NULL, undo_of TEXT, undone_by TEXT
) STRICT;
CREATE TABLE item (
    n INTEGER PRIMARY KEY, batch INTEGER NOT NULL, module TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL,
    action TEXT NOT NULL, outcome TEXT, reason TEXT, message TEXT, warnings TEXT NOT NULL,
    version_before INTEGER NOT NULL, version_after INTEGER NOT NULL, before TEXT, after TEXT, objects TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, request_id TEXT, started_at TEXT NOT NULL, ended_at TEXT
) STRICT;
";

/// Makes the tables of a new journal. Every commit reaches the disk before the call returns: a journal that loses its last
/// words in a power cut would not know what it wrote.
pub(super) fn create(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;")
        .and_then(|()| connection.execute_batch(TABLES))
        .and_then(|()| connection.pragma_update(None, "user_version", FORMAT))
        .map_err(database(path))
}

/// Refuses a journal of a newer format.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(database(path))?;
    if (1..=FORMAT).contains(&found) {
        return Ok(());
    }
    Err(JournalError::Format { path: path.to_path_buf(), found, known: FORMAT })
}
