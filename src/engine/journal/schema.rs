//! The tables of a journal.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::limits::Limit;

use super::{JournalError, database};

/// Bytes of the longest text: the rows of one item, with attributes that stand in S3.
const MAX_LENGTH: i32 = 256 * 1024 * 1024;

/// Raised with every change that an older program could not read.
pub(super) const FORMAT: i64 = 7;
/// The oldest that this one reads: before 7 a run knew nothing of other parts of its plan.
const OLDEST: i64 = 7;

// Long values stand in a table of their own: counting and listing items never reads them.
const TABLES: &str = "
CREATE TABLE run (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, operation TEXT NOT NULL, reason TEXT NOT NULL, profile TEXT NOT NULL,
    environment TEXT NOT NULL, app TEXT NOT NULL, account TEXT, region TEXT, endpoint TEXT, digest TEXT NOT NULL,
    started_at TEXT NOT NULL, ended_at TEXT, state TEXT NOT NULL, undo_of TEXT, undone_by TEXT,
    plan TEXT, stamp TEXT NOT NULL, mode TEXT NOT NULL, previewed INTEGER NOT NULL, blast TEXT, approve_rest INTEGER NOT NULL,
    pins TEXT NOT NULL, retried INTEGER NOT NULL DEFAULT 0, seal TEXT NOT NULL
) STRICT;
CREATE TABLE approval (at TEXT NOT NULL, by TEXT NOT NULL, batch INTEGER, digest TEXT NOT NULL, decision TEXT NOT NULL) STRICT;
CREATE TABLE item (
    n INTEGER PRIMARY KEY, batch INTEGER, module TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL,
    target_pk TEXT NOT NULL, target_sk TEXT NOT NULL, action TEXT NOT NULL, reason TEXT, message TEXT, warnings TEXT NOT NULL,
    version_before INTEGER NOT NULL, version_after INTEGER NOT NULL,
    source_version_before INTEGER NOT NULL, source_version_after INTEGER NOT NULL,
    digest TEXT NOT NULL, begun_at TEXT, outcome TEXT, ended_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, request_id TEXT,
    line INTEGER
) STRICT;
CREATE INDEX item_open ON item (batch, n) WHERE outcome IS NULL;
CREATE INDEX item_batch ON item (batch, n, outcome);
CREATE TABLE elsewhere (
    module TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL, target_pk TEXT NOT NULL, target_sk TEXT NOT NULL, digest TEXT NOT NULL
) STRICT;
CREATE TABLE item_rows (n INTEGER PRIMARY KEY, parts TEXT NOT NULL, objects TEXT, seal TEXT NOT NULL) STRICT;
CREATE TABLE batch (
    n INTEGER PRIMARY KEY, canary INTEGER NOT NULL, items INTEGER NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE TABLE record (place INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, n INTEGER, body TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT;
";

/// Makes the tables of a new journal.
pub(super) fn create(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000;")
        .and_then(|()| connection.execute_batch(TABLES))
        .and_then(|()| connection.pragma_update(None, "user_version", FORMAT))
        .map_err(database(path))
}

/// From here on every commit reaches the disk before the call returns: a journal that loses its last words in a power cut would
/// not know what it wrote. A preview writes nothing anywhere else and needs no such care.
pub(super) fn make_durable(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    connection.execute_batch("PRAGMA synchronous = FULL;").map_err(database(path))
}

/// Refuses a journal of another format, and a database that is none: views, triggers and computed columns could make reading it endless
/// or show what is not recorded.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let fail = database(path);
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_LENGTH).map_err(&fail)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF;").map_err(&fail)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(&fail)?;
    if !(OLDEST..=FORMAT).contains(&found) {
        return Err(JournalError::Format { path: path.to_path_buf(), found, known: FORMAT });
    }
    let expected = Connection::open_in_memory()
        .and_then(|empty| {
            empty.execute_batch(TABLES)?;
            objects(&empty)
        })
        .map_err(&fail)?;
    let present = objects(connection).map_err(&fail)?;
    match present.iter().find(|object| !expected.contains(object)).or(expected.iter().find(|e| !present.contains(e))) {
        None => Ok(()),
        Some((name, _)) => Err(JournalError::Foreign { path: path.to_path_buf(), name: name.clone() }),
    }
}

/// Names and definitions of everything that a database holds.
fn objects(connection: &Connection) -> rusqlite::Result<Vec<(String, Option<String>)>> {
    // One more than a journal has is enough to see that it is none.
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_master ORDER BY name LIMIT 64")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}
