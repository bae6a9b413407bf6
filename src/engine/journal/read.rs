use std::path::Path;
use std::str::FromStr;

use rusqlite::{Connection, OpenFlags, Row as SqlRow};

use super::{JournalError, database, io, is_held, journal_path, runs_dir, schema};
use crate::domain::key::{EntityKey, Version};
use crate::domain::run::{Outcome, RunId, RunState};
use crate::engine::protocol::{EntityRef, ItemResult, RunInfo};

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
    runs.sort_unstable_by(|a, b| b.cmp(a));
    Ok(runs.into_iter().map(|run| info(state_dir, run)).collect())
}

fn info(state_dir: &Path, run: RunId) -> Result<RunInfo, JournalError> {
    let connection = open(state_dir, run)?;
    read_info(&connection, state_dir, run)
}

/// A run and its items, in order. Also of a run that another process is at.
///
/// # Errors
/// [`JournalError::NoRun`] when there is none, [`JournalError`] when the journal cannot be read.
pub fn show(state_dir: &Path, run: RunId) -> Result<(RunInfo, Vec<ItemResult>), JournalError> {
    let connection = open(state_dir, run)?;
    let info = read_info(&connection, state_dir, run)?;
    let path = journal_path(state_dir, run);
    let fail = database(&path);
    let sql = "SELECT n, batch, module, pk, sk, action, outcome, reason, message, warnings, version_before, version_after, attempts, request_id
               FROM item ORDER BY n";
    let mut statement = connection.prepare(sql).map_err(&fail)?;
    let mut rows = statement.query([]).map_err(&fail)?;
    let mut items = Vec::new();
    while let Some(row) = rows.next().map_err(&fail)? {
        items.push(item(row, run, &path)?);
    }
    Ok((info, items))
}

fn open(state_dir: &Path, run: RunId) -> Result<Connection, JournalError> {
    let path = journal_path(state_dir, run);
    if !path.exists() {
        return Err(JournalError::NoRun { run, dir: runs_dir(state_dir) });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).map_err(database(&path))?;
    schema::check(&connection, &path)?;
    Ok(connection)
}

fn read_info(connection: &Connection, state_dir: &Path, run: RunId) -> Result<RunInfo, JournalError> {
    let path = journal_path(state_dir, run);
    let fail = database(&path);
    let mut outcomes = Vec::new();
    {
        let mut statement = connection
            .prepare("SELECT outcome, count(*) FROM item WHERE outcome IS NOT NULL GROUP BY outcome")
            .map_err(&fail)?;
        let mut rows = statement.query([]).map_err(&fail)?;
        while let Some(row) = rows.next().map_err(&fail)? {
            let word: String = row.get(0).map_err(&fail)?;
            let count: i64 = row.get(1).map_err(&fail)?;
            outcomes.push((parse::<Outcome>(&word, &path)?, u64::try_from(count).unwrap_or(0)));
        }
    }
    let sql = "SELECT name, operation, reason, profile, environment, app, account, region, digest, started_at, ended_at, state, undo_of, undone_by
               FROM run";
    let mut statement = connection.prepare(sql).map_err(&fail)?;
    let mut rows = statement.query([]).map_err(&fail)?;
    let Some(row) = rows.next().map_err(&fail)? else {
        return Err(JournalError::NoRun { run, dir: runs_dir(state_dir) });
    };
    let text = |i: usize| row.get::<_, String>(i).map_err(&fail);
    let maybe = |i: usize| row.get::<_, Option<String>>(i).map_err(&fail);
    let run_id = |i: usize| maybe(i)?.map(|t| parse::<RunId>(&t, &path)).transpose();
    let mut state = parse::<RunState>(&text(11)?, &path)?;
    // Nobody holds it any more: the process went away in the middle.
    if matches!(state, RunState::Running | RunState::Waiting) && !is_held(state_dir, run) {
        state = RunState::Stopped;
    }
    Ok(RunInfo {
        run,
        name: text(0)?,
        operation: parse(&text(1)?, &path)?,
        reason: text(2)?,
        profile: text(3)?,
        environment: text(4)?,
        app: text(5)?,
        account: maybe(6)?,
        region: maybe(7)?,
        digest: text(8)?,
        started_at: text(9)?,
        ended_at: maybe(10)?,
        state,
        outcomes,
        undo_of: run_id(12)?,
        undone_by: run_id(13)?,
        journal: path.display().to_string(),
    })
}

fn item(row: &SqlRow<'_>, run: RunId, path: &Path) -> Result<ItemResult, JournalError> {
    let fail = database(path);
    let text = |i: usize| row.get::<_, String>(i).map_err(&fail);
    let maybe = |i: usize| row.get::<_, Option<String>>(i).map_err(&fail);
    let number = |i: usize| row.get::<_, i64>(i).map(|n| u64::try_from(n).unwrap_or(0)).map_err(&fail);
    Ok(ItemResult {
        run,
        n: number(0)?,
        batch: u32::try_from(number(1)?).unwrap_or(u32::MAX),
        entity: EntityRef { module: text(2)?, key: EntityKey::new(text(3)?, text(4)?) },
        action: parse(&text(5)?, path)?,
        outcome: maybe(6)?.map(|t| parse(&t, path)).transpose()?,
        reason: maybe(7)?.map(|t| parse(&t, path)).transpose()?,
        message: maybe(8)?,
        warnings: serde_json::from_str(&text(9)?).unwrap_or_default(),
        version_before: Version(number(10)?),
        version_after: Version(number(11)?),
        attempts: u32::try_from(number(12)?).unwrap_or(u32::MAX),
        request_id: maybe(13)?,
    })
}

fn parse<T: FromStr>(word: &str, path: &Path) -> Result<T, JournalError> {
    word.parse().map_err(|_| JournalError::Word { path: path.to_path_buf(), word: word.to_owned() })
}
