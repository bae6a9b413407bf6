use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::{JournalError, database, io, journal_path, lock_path, private_dir, private_file, run_dir, schema};
use crate::domain::row::Row;
use crate::domain::run::{Operation, Outcome, Reason, RunId, RunState};
use crate::domain::value::item_to_ddb_json;
use crate::engine::protocol::EntityRef;

/// What is known of a run when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its id.
    pub run: RunId,
    /// Its name.
    pub name: String,
    /// What it does.
    pub operation: Operation,
    /// Ticket or why.
    pub reason: String,
    /// Profile.
    pub profile: String,
    /// Environment.
    pub environment: String,
    /// App.
    pub app: String,
    /// Account.
    pub account: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// DynamoDB endpoint, where it is not AWS's own.
    pub endpoint: Option<String>,
    /// Plan digest.
    pub digest: String,
    /// RFC 3339, UTC, milliseconds.
    pub started_at: String,
}

/// What is known of an item before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun<'a> {
    /// Number in the run, from 1.
    pub n: u64,
    /// Batch, from 1.
    pub batch: u32,
    /// Entity.
    pub entity: &'a EntityRef,
    /// The contract's word for what is intended.
    pub action: crate::domain::run::Action,
    /// What was known before.
    pub warnings: &'a [String],
    /// Version before.
    pub version_before: u64,
    /// Version after.
    pub version_after: u64,
    /// The data row before, as stored.
    pub before: Option<&'a Row>,
    /// The data row after, as stored.
    pub after: Option<&'a Row>,
    /// References of the S3 objects that are put first.
    pub objects: &'a [String],
    /// RFC 3339, UTC, milliseconds.
    pub at: &'a str,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended<'a> {
    /// Number in the run.
    pub n: u64,
    /// The contract's word.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<Reason>,
    /// In words.
    pub message: Option<&'a str>,
    /// Writes sent.
    pub attempts: u32,
    /// The service's request id.
    pub request_id: Option<&'a str>,
    /// RFC 3339, UTC, milliseconds.
    pub at: &'a str,
}

/// The journal of a run that this process holds. Calls block on the disk.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    path: PathBuf,
    // Held for as long as the journal is open; the system releases it when the process dies.
    _lock: File,
}

impl Journal {
    /// Begins the journal of a new run and takes its lock.
    ///
    /// # Errors
    /// [`JournalError`] when the directory or the database cannot be made, or the run is held elsewhere.
    pub fn create(state_dir: &Path, header: &Header) -> Result<Self, JournalError> {
        private_dir(&run_dir(state_dir, header.run))?;
        let lock_at = lock_path(state_dir, header.run);
        let lock = private_file(&lock_at)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(JournalError::Locked { run: header.run }),
            Err(std::fs::TryLockError::Error(error)) => return Err(io(&lock_at)(error)),
        }
        let path = journal_path(state_dir, header.run);
        // SQLite gives the files beside the database the database's own permissions.
        drop(private_file(&path)?);
        let connection = Connection::open(&path).map_err(database(&path))?;
        schema::create(&connection, &path)?;
        let journal = Self { connection, path, _lock: lock };
        journal.put_header(header)?;
        Ok(journal)
    }

    fn put_header(&self, h: &Header) -> Result<(), JournalError> {
        self.run(
            "INSERT INTO run (id, name, operation, reason, profile, environment, app, account, region, endpoint, digest, started_at, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                h.run.to_string(),
                h.name,
                h.operation.as_str(),
                h.reason,
                h.profile,
                h.environment,
                h.app,
                h.account,
                h.region,
                h.endpoint,
                h.digest,
                h.started_at,
                RunState::Running.as_str()
            ],
        )
    }

    /// Records that an item is about to be written.
    ///
    /// # Errors
    /// [`JournalError::Database`]: nothing may be written then.
    pub fn begin(&self, item: &Begun<'_>) -> Result<(), JournalError> {
        let json = |row: Option<&Row>| row.map(|r| item_to_ddb_json(&r.0).to_string());
        self.run(
            "INSERT INTO item (n, batch, module, pk, sk, action, warnings, version_before, version_after, before, after, objects, started_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                number(item.n),
                item.batch,
                item.entity.module,
                item.entity.key.pk.as_str(),
                item.entity.key.sk.as_str(),
                item.action.as_str(),
                list(item.warnings),
                number(item.version_before),
                number(item.version_after),
                json(item.before),
                json(item.after),
                list(item.objects),
                item.at
            ],
        )
    }

    /// Records what became of an item.
    ///
    /// # Errors
    /// [`JournalError::Database`]: the run must stop, because it could not record what it writes.
    pub fn end(&self, item: &Ended<'_>) -> Result<(), JournalError> {
        self.run(
            "UPDATE item SET outcome = ?2, reason = ?3, message = ?4, attempts = ?5, request_id = ?6, ended_at = ?7,
                 version_after = CASE WHEN ?2 = 'done' THEN version_after ELSE version_before END WHERE n = ?1",
            params![
                number(item.n),
                item.outcome.as_str(),
                item.reason.map(Reason::as_str),
                item.message,
                item.attempts,
                item.request_id,
                item.at
            ],
        )
    }

    /// Records how the run ended.
    ///
    /// # Errors
    /// [`JournalError::Database`].
    pub fn finish(&self, state: RunState, at: &str) -> Result<(), JournalError> {
        self.run("UPDATE run SET state = ?1, ended_at = ?2", params![state.as_str(), at])
    }

    fn run(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), JournalError> {
        self.connection.execute(sql, values).map(drop).map_err(database(&self.path))
    }
}

/// SQLite has signed integers only; versions and item numbers never come near the limit.
fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn list(texts: &[String]) -> String {
    serde_json::to_string(texts).unwrap_or_else(|_| "[]".to_owned())
}
