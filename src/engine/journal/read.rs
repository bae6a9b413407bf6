use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row as SqlRow};

use super::facts::RecordedSignature;
use super::rows::{COLUMNS, ROWS, maybe_word, number, planned, sealed, unsigned, with_rows, word};
use super::{JournalError, database, io, is_held, journal_path, runs_dir, schema};
use crate::config::open_regular;
use crate::domain::item::PlannedItem;
use crate::domain::key::Version;
use crate::domain::normalize::SEQUENCES;
use crate::domain::plan::Plan;
use crate::domain::publish::{PublishMode, Stamp};
use crate::domain::run::{Operation, Outcome, RunId, RunState};
use crate::engine::protocol::{EntityRef, ItemResult, RunInfo};
use crate::store::Pins;

/// A journal that is only looked at, also while another process writes it. Calls block on the disk.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    is_held: bool,
}

/// The record of how a run began, for resuming it or taking it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The plan; `None` for a command that has no plan file.
    pub plan: Option<Plan>,
    /// The publisher, the time, the request id and the source of its writes.
    pub stamp: Stamp,
    /// How it publishes.
    pub mode: PublishMode,
    /// Where it led to.
    pub pins: Pins,
    /// Whether its preview is complete: only then there is something to go on with.
    pub previewed: bool,
    /// Whether everything that waits was approved.
    pub approve_rest: bool,
}

/// An item that a run wrote, or may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenItem {
    /// Its number in the run, from 1.
    pub n: u64,
    /// Its batch, from 1.
    pub batch: Option<u32>,
    /// The planned item, with its rows.
    pub item: PlannedItem,
    /// Its outcome; `None` where the item was begun and the outcome is not known.
    pub outcome: Option<Outcome>,
}

/// Every recorded run, newest first; a journal that cannot be read is an error of its own and hides no other.
///
/// # Errors
/// [`JournalError::Io`] when the directory itself cannot be read.
pub fn list(state_dir: &Path) -> Result<Vec<Result<RunInfo, JournalError>>, JournalError> {
    let dir = runs_dir(state_dir);
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(&dir)(error)),
    };
    let mut runs: Vec<RunId> = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    // One that was killed before it was recorded wrote nothing.
    runs.retain(|run| journal_path(state_dir, *run).exists());
    runs.sort_unstable_by(|a, b| b.cmp(a));
    Ok(runs.into_iter().map(|run| Reader::open(state_dir, run)?.info()).collect())
}

impl Reader {
    /// Opens the journal of a run.
    ///
    /// # Errors
    /// [`JournalError::NoRun`] when there is none, [`JournalError`] when it cannot be read.
    pub fn open(state_dir: &Path, run: RunId) -> Result<Self, JournalError> {
        let path = journal_path(state_dir, run);
        if !path.exists() {
            return Err(JournalError::NoRun { run, dir: runs_dir(state_dir) });
        }
        super::guard::regular_database(&path)?;
        super::guard::regular(&super::lock_path(state_dir, run))?;
        Self::open_at(path, is_held(state_dir, run))
    }

    /// Opens an exported journal.
    ///
    /// # Errors
    /// [`JournalError`] when it cannot be read or is none.
    pub fn open_file(path: &Path) -> Result<Self, JournalError> {
        open_regular(path).map_err(io(path))?;
        Self::open_at(path.to_path_buf(), false)
    }

    /// Opens a copy of a journal whose run may be at work elsewhere: its state is as the copy says.
    ///
    /// # Errors
    /// [`JournalError`] when it cannot be read or is none.
    pub fn open_copy(path: &Path) -> Result<Self, JournalError> {
        open_regular(path).map_err(io(path))?;
        Self::open_at(path.to_path_buf(), true)
    }

    fn open_at(path: PathBuf, is_held: bool) -> Result<Self, JournalError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(database(&path))?;
        connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(database(&path))?;
        schema::check(&connection, &path)?;
        super::items::give_holds(&connection).map_err(database(&path))?;
        Ok(Self { connection, path, is_held })
    }

    /// The run as recorded now.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn info(&self) -> Result<RunInfo, JournalError> {
        let fail = database(&self.path);
        let mut statement = self
            .connection
            .prepare("SELECT outcome, count(*) FROM item WHERE outcome IS NOT NULL GROUP BY outcome")
            .map_err(&fail)?;
        let outcomes = statement.query_map([], |row| Ok((word(row, 0)?, unsigned(row.get(1)?)))).map_err(&fail)?;
        let outcomes = outcomes.collect::<Result<_, _>>().map_err(&fail)?;
        let approvals = self.approvals()?;
        let sql = "SELECT id, name, operation, reason, profile, environment, app, account, region, digest, started_at, ended_at,
                       state, undo_of, undone_by, previewed, retried, json_extract(stamp, '$.by'),
                       (SELECT count(*) FROM item WHERE batch IS NOT NULL AND outcome IS NULL), plan,
                       (SELECT sha256 FROM record ORDER BY place DESC LIMIT 1), blast,
                       EXISTS (SELECT 1 FROM item WHERE begun_at IS NOT NULL) FROM run";
        let read = |row: &SqlRow<'_>| {
            let mut state: RunState = word(row, 12)?;
            // Nobody holds it any more: the process went away in the middle. What waits for a decision goes on waiting.
            let is_ready: bool = row.get(15)?;
            if !self.is_held && (state == RunState::Running || (state == RunState::Waiting && !is_ready)) {
                state = RunState::Stopped;
            }
            let plan: Option<String> = row.get(19)?;
            // One that cannot be read is told of where the run is taken up.
            let plan = plan.and_then(|text| serde_json::from_str::<Plan>(&text).ok());
            let (source, target) = plan.as_ref().map(Plan::ends).unwrap_or_default();
            let part = plan.as_ref().and_then(|plan| plan.work.part());
            let facts = super::facts::read(row.get::<_, Option<String>>(21)?.as_deref());
            Ok(RunInfo {
                undo_until: facts.undo_until.first(),
                signatures: facts.signatures.iter().map(RecordedSignature::shown).collect(),
                source,
                target,
                part,
                run: word(row, 0)?,
                name: row.get(1)?,
                operation: word(row, 2)?,
                reason: row.get(3)?,
                profile: row.get(4)?,
                environment: row.get(5)?,
                app: row.get(6)?,
                account: row.get(7)?,
                region: row.get(8)?,
                digest: row.get(9)?,
                started_at: row.get(10)?,
                ended_at: row.get(11)?,
                state,
                outcomes,
                undo_of: maybe_word(row, 13)?,
                undone_by: maybe_word(row, 14)?,
                journal: self.path.display().to_string(),
                retried: unsigned(row.get(16)?),
                operator: row.get::<_, Option<String>>(17)?.unwrap_or_default(),
                label: plan.map(|plan| plan.run.label).unwrap_or_default(),
                left: unsigned(row.get(18)?),
                begun: row.get(22)?,
                chain: row.get::<_, Option<String>>(20)?.unwrap_or_default(),
                approvals,
            })
        };
        self.connection.query_row(sql, [], read).map_err(&fail)
    }

    /// The record of how the run began.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn recorded(&self) -> Result<Recorded, JournalError> {
        let fail = database(&self.path);
        let unreadable = |e: serde_json::Error| JournalError::Word { path: self.path.clone(), word: e.to_string() };
        let sql = "SELECT plan, stamp, mode, pins, previewed, approve_rest, seal FROM run";
        type Columns = (Option<String>, String, String, String, bool, bool, String);
        let read = |row: &SqlRow<'_>| -> rusqlite::Result<Columns> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
        };
        let (plan, stamp, mode, pins, previewed, approve_rest, seal) =
            self.connection.query_row(sql, [], read).map_err(&fail)?;
        // The publisher, the time and the mode are part of what was approved.
        if run_seal(&self.connection, &self.path)? != seal {
            return Err(JournalError::Foreign { path: self.path.clone(), name: "run".to_owned() });
        }
        Ok(Recorded {
            plan: plan.map(|text| serde_json::from_str(&text)).transpose().map_err(unreadable)?,
            stamp: serde_json::from_str(&stamp).map_err(unreadable)?,
            mode: if mode == "sync" { PublishMode::Sync } else { PublishMode::Async },
            pins: serde_json::from_str(&pins).map_err(unreadable)?,
            previewed,
            approve_rest,
        })
    }

    /// Items in their order: those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn items(&self, after: u64, limit: usize) -> Result<Vec<ItemResult>, JournalError> {
        let fail = database(&self.path);
        let run = of_run(&self.connection).map_err(&fail)?.ok_or_else(|| fail(rusqlite::Error::QueryReturnedNoRows))?;
        let sql = format!("SELECT {COLUMNS} FROM item WHERE n > ?1 ORDER BY n LIMIT ?2");
        let mut statement = self.connection.prepare_cached(&sql).map_err(&fail)?;
        let rows = statement.query_map([number(after), number(limit as u64)], |row| result(row, run)).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
    }

    /// How many items neither were written nor were already as wanted. Counters do not count: nobody takes them back.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn left_alone(&self) -> Result<u64, JournalError> {
        let sql =
            "SELECT count(*) FROM item WHERE (outcome IS NULL OR outcome NOT IN ('done', 'equal')) AND module <> ?1";
        let count = self.connection.query_row(sql, [SEQUENCES], |row| row.get(0)).map_err(database(&self.path))?;
        Ok(unsigned(count))
    }

    /// Writes everything into a database file of its own, readable by its owner alone.
    ///
    /// # Errors
    /// [`JournalError::Io`] when the file is there already or cannot be made, [`JournalError::Database`].
    pub fn export(&self, file: &Path) -> Result<(), JournalError> {
        // Made first, so that it is never readable by others and never replaces anything.
        super::new_private_file(file)?;
        let text = file.to_string_lossy();
        self.connection.execute("VACUUM INTO ?1", [text.as_ref()]).map(drop).map_err(database(file))
    }

    /// Items that were written, or that may have been, with their rows: those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn written(&self, after: u64, limit: usize) -> Result<Vec<WrittenItem>, JournalError> {
        // An item that failed in the application's pipeline has its command row all the same.
        self.rows_where("begun_at IS NOT NULL AND (outcome IS NULL OR outcome IN ('done', 'failed'))", after, limit)
    }

    /// Items that are done, of one batch or of all, with their rows: those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn done(&self, batch: Option<u32>, after: u64, limit: usize) -> Result<Vec<WrittenItem>, JournalError> {
        let of = batch.map(|n| format!(" AND batch = {n}")).unwrap_or_default();
        self.rows_where(&format!("outcome = 'done'{of}"), after, limit)
    }

    pub(super) fn rows_where(
        &self,
        condition: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<WrittenItem>, JournalError> {
        let fail = database(&self.path);
        let sql = format!(
            "SELECT {COLUMNS}, {ROWS} FROM item JOIN item_rows USING (n)
             WHERE item.n > ?1 AND {condition} ORDER BY item.n LIMIT ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(&fail)?;
        let read = |row: &SqlRow<'_>| {
            Ok(WrittenItem {
                n: unsigned(row.get(0)?),
                batch: row.get(1)?,
                item: with_rows(row, 20)?,
                outcome: maybe_word(row, 16)?,
            })
        };
        let rows = statement.query_map([number(after), number(limit as u64)], read).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
    }
}

/// SHA-256 over what a run was begun with, whatever is recorded as such.
pub(super) fn run_seal(connection: &Connection, path: &Path) -> Result<String, JournalError> {
    let sql = "SELECT json_array(id, name, operation, reason, profile, environment, app, account, region, endpoint, started_at,
                   undo_of, plan, stamp, mode, pins) FROM run";
    let text: String = connection.query_row(sql, [], |row| row.get(0)).map_err(database(path))?;
    Ok(sealed([&text]))
}

/// The run that a journal is of, and whether it takes another back.
pub(super) fn of_run(connection: &Connection) -> rusqlite::Result<Option<(RunId, bool)>> {
    let read = |row: &SqlRow<'_>| Ok((word(row, 0)?, word::<Operation>(row, 1)? == Operation::Undo));
    connection.query_row("SELECT id, operation FROM run", [], read).optional()
}

/// An item of such a run.
pub(super) fn result(row: &SqlRow<'_>, (run, taken_back): (RunId, bool)) -> rusqlite::Result<ItemResult> {
    let item = planned(row)?;
    let outcome: Option<Outcome> = maybe_word(row, 16)?;
    let version = |column: usize| row.get(column).map(|n| Version(unsigned(n)));
    let ended = |before: usize, after: usize| -> rusqlite::Result<(Version, Version)> {
        let before = version(before)?;
        Ok((before, if outcome.is_none_or(|o| o == Outcome::Done) { version(after)? } else { before }))
    };
    let (version_before, version_after) = ended(11, 12)?;
    let writes = |before: usize, after: usize| Ok::<_, rusqlite::Error>(version(before)? != version(after)?);
    let only_source = item.source != item.target && writes(13, 14)? && !writes(11, 12)?;
    Ok(ItemResult {
        name: None,
        run,
        n: unsigned(row.get(0)?),
        batch: row.get(1)?,
        entity: EntityRef { module: item.module, key: item.target },
        source: item.source,
        source_versions: ended(13, 14)?,
        only_source,
        taken_back,
        action: item.action,
        outcome,
        reason: item.reason,
        message: item.message,
        line: item.line,
        warnings: item.warnings,
        version_before,
        version_after,
        before: None,
        after: None,
        attempts: row.get(17)?,
        request_id: row.get(18)?,
    })
}
