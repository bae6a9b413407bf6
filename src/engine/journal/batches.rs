//! Batches of a journal: what is decided about as one.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::chain::{Chain, ENDED};
use super::rows::{number, unsigned};
use super::{Journal, JournalError, database};
use crate::domain::digest::plan_digest;
use crate::domain::run::{Outcome, Reason};
use crate::engine::protocol::{BatchInfo, BatchState};

fn state_word(state: BatchState) -> &'static str {
    match state {
        BatchState::Waiting => "waiting",
        BatchState::Approved => "approved",
        BatchState::Skipped => "skipped",
        BatchState::Held => "held",
        BatchState::Done => "done",
        BatchState::Stopped => "stopped",
    }
}

fn state_of(word: &str) -> BatchState {
    [BatchState::Approved, BatchState::Skipped, BatchState::Held, BatchState::Done, BatchState::Stopped]
        .into_iter()
        .find(|state| state_word(*state) == word)
        .unwrap_or(BatchState::Waiting)
}

/// Spreads the items of each batch over the partitions, so that no partition takes all the writes of its time and the first batch has
/// something of everything.
pub(super) fn spread(connection: &Connection, path: &Path, canary: usize, size: usize) -> Result<(), JournalError> {
    let fail = database(path);
    let partitions =
        "SELECT count(*) FROM (SELECT DISTINCT module, target_pk FROM item WHERE batch IS NOT NULL LIMIT 2)";
    let several: i64 = connection.query_row(partitions, [], |row| row.get(0)).map_err(&fail)?;
    if several < 2 {
        return Ok(());
    }
    let sql = "
        UPDATE item SET batch = CASE WHEN turn.r <= ?1 THEN 1 ELSE 2 + (turn.r - ?1 - 1) / ?2 END
        FROM (SELECT n, row_number() OVER (ORDER BY k, n) AS r FROM (
            SELECT n, row_number() OVER (PARTITION BY module, target_pk ORDER BY n) AS k FROM item WHERE batch IS NOT NULL)) AS turn
        WHERE item.n = turn.n";
    connection.execute(sql, params![number(canary as u64), number(size as u64)]).map(drop).map_err(&fail)
}

/// Makes the batches that the items name.
pub(super) fn make(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let fail = database(path);
    let mut statement = connection
        .prepare("SELECT batch, digest FROM item INDEXED BY item_open WHERE outcome IS NULL AND batch IS NOT NULL ORDER BY batch, n")
        .map_err(&fail)?;
    let mut found = statement.query([]).map_err(&fail)?;
    let mut batch: Option<(u32, Vec<String>)> = None;
    while let Some(row) = found.next().map_err(&fail)? {
        let (n, digest): (u32, String) = (row.get(0).map_err(&fail)?, row.get(1).map_err(&fail)?);
        match &mut batch {
            Some((current, digests)) if *current == n => digests.push(digest),
            other => {
                if let Some((n, digests)) = other.replace((n, vec![digest])) {
                    put(connection, path, n, &digests)?;
                }
            }
        }
    }
    batch.map_or(Ok(()), |(n, digests)| put(connection, path, n, &digests))
}

/// Gives each batch that waits, or is held, the digest of those of its items that have no outcome.
pub(super) fn digest_anew(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let fail = database(path);
    let mut statement = connection.prepare("SELECT n FROM batch WHERE state IN ('waiting', 'held')").map_err(&fail)?;
    let open: Vec<u32> = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(&fail)?;
    for n in open {
        let sql = "SELECT digest FROM item WHERE batch = ?1 AND outcome IS NULL ORDER BY n";
        let mut statement = connection.prepare_cached(sql).map_err(&fail)?;
        let digests: Vec<String> =
            statement.query_map([n], |row| row.get(0)).and_then(Iterator::collect).map_err(&fail)?;
        let digest = plan_digest(digests.iter().map(String::as_str));
        connection.execute("UPDATE batch SET digest = ?2 WHERE n = ?1", params![n, digest]).map_err(&fail)?;
    }
    Ok(())
}

fn put(connection: &Connection, path: &Path, n: u32, digests: &[String]) -> Result<(), JournalError> {
    let digest = plan_digest(digests.iter().map(String::as_str));
    connection
        .execute(
            "INSERT OR REPLACE INTO batch (n, canary, items, digest, state) VALUES (?1, ?2, ?3, ?4, 'waiting')",
            params![n, n == 1, number(digests.len() as u64), digest],
        )
        .map(drop)
        .map_err(database(path))
}

fn outcomes(connection: &Connection, path: &Path, batch: u32) -> Result<Vec<(Outcome, u64)>, JournalError> {
    let fail = database(path);
    let mut statement = connection
        .prepare_cached("SELECT outcome, count(*) FROM item WHERE batch = ?1 AND outcome IS NOT NULL GROUP BY outcome")
        .map_err(&fail)?;
    let rows =
        statement.query_map([batch], |row| Ok((super::rows::word(row, 0)?, unsigned(row.get(1)?)))).map_err(&fail)?;
    rows.collect::<Result<_, _>>().map_err(&fail)
}

/// Marks those of the batches as done that have no open item left, and gives them back.
pub(super) fn finish(connection: &Connection, path: &Path, batches: &[u32]) -> Result<Vec<u32>, JournalError> {
    let fail = database(path);
    let sql = "UPDATE batch SET state = 'done' WHERE n = ?1 AND state = 'approved'
               AND NOT EXISTS (SELECT 1 FROM item WHERE batch = ?1 AND outcome IS NULL)";
    let mut statement = connection.prepare_cached(sql).map_err(&fail)?;
    let mut done = Vec::new();
    for batch in batches {
        if statement.execute([batch]).map_err(&fail)? > 0 {
            done.push(*batch);
        }
    }
    let mut chain = Chain::of(connection, path)?;
    done.iter().try_for_each(|batch| chain.batch(*batch))?;
    Ok(done)
}

/// Changes what became of items, by a statement that returns number and text of each, and records it; gives back how many they are.
pub(super) fn ended(
    connection: &Connection,
    path: &Path,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<usize, JournalError> {
    let fail = database(path);
    let mut statement = connection.prepare_cached(sql).map_err(&fail)?;
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?))).map_err(&fail)?;
    let mut rows: Vec<(i64, String)> = rows.collect::<Result<_, _>>().map_err(&fail)?;
    rows.sort_unstable();
    let mut chain = Chain::of(connection, path)?;
    rows.iter().try_for_each(|(n, body)| chain.ended(*n, body))?;
    Ok(rows.len())
}

impl Journal {
    /// The next batch to decide about: those that wait in their order, then those that were held and stand after `after_held`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn next_batch(&self, after_held: u32) -> Result<Option<BatchInfo>, JournalError> {
        self.batch_where(&format!(
            "state IN ('approved', 'waiting') OR (state = 'held' AND n > {after_held}) ORDER BY state = 'held', state = 'waiting', n LIMIT 1"
        ))
        .await
    }

    /// A batch.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn batch(&self, n: u32) -> Result<Option<BatchInfo>, JournalError> {
        let condition = format!("n = {n}");
        self.batch_where(&condition).await
    }

    async fn batch_where(&self, condition: &str) -> Result<Option<BatchInfo>, JournalError> {
        let sql = format!("SELECT n, canary, items, digest, state FROM batch WHERE {condition}");
        let (path, run) = (Arc::clone(&self.path), self.run());
        self.database
            .call(move |connection| {
                let read = |row: &rusqlite::Row<'_>| {
                    Ok(BatchInfo {
                        run,
                        batch: row.get(0)?,
                        canary: row.get(1)?,
                        items: unsigned(row.get(2)?),
                        digest: row.get(3)?,
                        state: state_of(&row.get::<_, String>(4)?),
                        outcomes: Vec::new(),
                    })
                };
                let found = connection.query_row(&sql, [], read).optional().map_err(database(&path))?;
                found
                    .map(|mut batch| {
                        batch.outcomes = outcomes(connection, &path, batch.batch)?;
                        Ok(batch)
                    })
                    .transpose()
            })
            .await
    }

    /// How many items failed, and how many were attempted, in the whole run so far.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn failures(&self) -> Result<(u64, u64), JournalError> {
        let path = Arc::clone(&self.path);
        let sql = "SELECT count(*) FILTER (WHERE outcome = 'failed' OR reason = 'refused'), count(*) FROM item WHERE begun_at IS NOT NULL AND outcome IS NOT NULL";
        self.database
            .call(move |connection| {
                let read = |row: &rusqlite::Row<'_>| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)));
                connection.query_row(sql, [], read).map_err(database(&path))
            })
            .await
    }

    /// Whether every item of the first batch is done or equal, those left out that were taken out of it; `None` while some have no
    /// outcome.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn canary_is_clean(&self) -> Result<Option<bool>, JournalError> {
        let path = Arc::clone(&self.path);
        let sql = "SELECT count(*) FILTER (WHERE outcome IS NULL), count(*) FILTER (WHERE outcome IN ('done', 'equal')),
                       count(*) FILTER (WHERE outcome NOT IN ('done', 'equal') AND NOT (outcome = 'skipped' AND reason = 'not_approved'))
                   FROM item WHERE batch = 1";
        self.database
            .call(move |connection| {
                let read =
                    |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
                let (open, clean, unclean) = connection.query_row(sql, [], read).map_err(database(&path))?;
                // Of one that was skipped whole nothing was tried.
                Ok((open == 0).then_some(unclean == 0 && clean > 0))
            })
            .await
    }

    /// How many batches wait for a decision, those that are held included.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn waiting_batches(&self) -> Result<u64, JournalError> {
        let path = Arc::clone(&self.path);
        let sql = "SELECT count(*) FROM batch WHERE state IN ('waiting', 'held')";
        self.database
            .call(move |connection| {
                connection.query_row(sql, [], |row| row.get(0)).map(unsigned).map_err(database(&path))
            })
            .await
    }

    /// Open items of the batches in a state, a batch left out, and how many batches those are.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn open_in(&self, state: BatchState, but: u32) -> Result<(u64, u64), JournalError> {
        let path = Arc::clone(&self.path);
        let sql = "SELECT count(DISTINCT batch.n), count(*) FROM batch JOIN item INDEXED BY item_open
                   ON item.batch = batch.n AND item.outcome IS NULL WHERE batch.state = ?1 AND batch.n <> ?2";
        self.database
            .call(move |connection| {
                let read = |row: &rusqlite::Row<'_>| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)));
                connection.query_row(sql, params![state_word(state), but], read).map_err(database(&path))
            })
            .await
    }

    /// Numbers of the batches that are held.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn held_batches(&self) -> Result<Vec<u32>, JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let fail = database(&path);
                let mut statement =
                    connection.prepare("SELECT n FROM batch WHERE state = 'held' ORDER BY n").map_err(&fail)?;
                let held = statement.query_map([], |row| row.get(0)).map_err(&fail)?;
                held.collect::<Result<_, _>>().map_err(&fail)
            })
            .await
    }

    /// Records where a batch stands.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn set_batch(&self, n: u32, state: BatchState) -> Result<(), JournalError> {
        let sql = "UPDATE batch SET state = ?2 WHERE n = ?1";
        self.recorded(sql, (n, state_word(state)), move |chain| chain.batch(n)).await
    }

    /// Approves every batch that waits; those that are held are asked for again.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn approve_all(&self) -> Result<(), JournalError> {
        let sql = "UPDATE batch SET state = 'approved' WHERE state = 'waiting'";
        self.recorded(sql, (), |chain| chain.batches()).await
    }

    /// Records that a batch is not approved, and gives its items that outcome: both at once, so that nobody is ever asked about a batch
    /// that is decided.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn skip_batch(&self, n: u32, at: String) -> Result<(), JournalError> {
        let path = Arc::clone(&self.path);
        let (outcome, reason) = (Outcome::Skipped.as_str(), Reason::NotApproved.as_str());
        let items = format!(
            "UPDATE item SET outcome = ?2, reason = ?3, ended_at = ?4 WHERE batch = ?1 AND outcome IS NULL RETURNING n, {ENDED}"
        );
        self.database
            .call(move |connection| {
                let fail = database(&path);
                ended(connection, &path, &items, params![n, outcome, reason, at])?;
                let batch = "UPDATE batch SET state = ?2 WHERE n = ?1";
                connection.execute(batch, params![n, state_word(BatchState::Skipped)]).map_err(&fail)?;
                Chain::of(connection, &path)?.batch(n)
            })
            .await
    }

    /// Splits a batch: its first half keeps the number, the second becomes the next one, and those after it move up.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn split_batch(&self, n: u32) -> Result<(), JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let fail = database(&path);
                let run = |sql: &str| connection.execute(sql, [n]).map(drop).map_err(&fail);
                let state: String = connection
                    .query_row("SELECT state FROM batch WHERE n = ?1", [n], |row| row.get(0))
                    .map_err(&fail)?;
                // Numbers move up in two steps, because each must stay unique at every moment.
                run("UPDATE batch SET n = -n - 1 WHERE n > ?1")?;
                connection.execute("UPDATE batch SET n = -n WHERE n < 0", []).map_err(&fail)?;
                run("UPDATE item SET batch = batch + 1 WHERE batch > ?1")?;
                // Items that have an outcome already, before a resume, stay in the first half: there is nothing to decide about them.
                run("UPDATE item SET batch = batch + 1 WHERE batch = ?1 AND outcome IS NULL AND n > (
                         SELECT n FROM item WHERE batch = ?1 AND outcome IS NULL ORDER BY n LIMIT 1
                         OFFSET (SELECT (count(*) + 1) / 2 - 1 FROM item WHERE batch = ?1 AND outcome IS NULL))")?;
                for half in [n, n + 1] {
                    let mut statement = connection
                        .prepare("SELECT digest FROM item WHERE batch = ?1 AND outcome IS NULL ORDER BY n")
                        .map_err(&fail)?;
                    let digests = statement.query_map([half], |row| row.get(0)).map_err(&fail)?;
                    let digests: Vec<String> = digests.collect::<Result<_, _>>().map_err(&fail)?;
                    put(connection, &path, half, &digests)?;
                    // Halves of a held batch stay held: they are asked for although the rest was approved.
                    let sql = "UPDATE batch SET items = (SELECT count(*) FROM item WHERE batch = ?1), state = ?2 WHERE n = ?1";
                    connection.execute(sql, params![half, state]).map_err(&fail)?;
                }
                Chain::of(connection, &path)?.batches()
            })
            .await
    }
}
