//! Approvals of a run, with the approver and the time of each, and those that a resume asks for again.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::chain::{APPROVAL, Chain, ENDED, Kind};
use super::rows::unsigned;
use super::{EndedItem, Journal, JournalError, Reader, batches, database};
use crate::engine::protocol::Approval;

/// Counts of the items that are left in a run that is resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Left {
    /// Items without an outcome.
    pub items: u64,
    /// Of these, such as failed before and are taken up again.
    pub retried: u64,
}

impl Journal {
    /// Records a decision.
    ///
    /// # Errors
    /// [`JournalError`]: nothing may be written on it then.
    pub async fn record_approval(&self, approval: Approval) -> Result<(), JournalError> {
        let path = Arc::clone(&self.path);
        self.database.call(move |connection| put(connection, &path, &approval)).await
    }

    /// Approves a batch but for some of its items, and with `rest` everything after it: the decision, in `words` beside it what it
    /// leaves out, and the ends of those items, all at once. The batch has the digest of the approval from then on.
    ///
    /// # Errors
    /// [`JournalError`]: nothing may be written on it then.
    pub async fn approve_part(
        &self,
        approval: Approval,
        out: Vec<EndedItem>,
        words: String,
        rest: bool,
    ) -> Result<(), JournalError> {
        let path = Arc::clone(&self.path);
        let batch = approval.batch.unwrap_or_default();
        let said = serde_json::to_string(&[&approval.at, &approval.by, &words]).unwrap_or_default();
        self.database
            .call(move |connection| {
                let fail = database(&path);
                put(connection, &path, &approval)?;
                Chain::of(connection, &path)?.add(Kind::Steering, None, &said)?;
                super::write::end_all(connection, &path, &out)?;
                let sql = "UPDATE batch SET state = 'approved', digest = ?2 WHERE n = ?1";
                connection.execute(sql, params![batch, approval.digest]).map_err(&fail)?;
                if rest {
                    connection.execute("UPDATE run SET approve_rest = 1", []).map_err(&fail)?;
                }
                let mut chain = Chain::of(connection, &path)?;
                chain.batch(batch)?;
                if rest { chain.run() } else { Ok(()) }
            })
            .await
    }

    /// Records what an operator says of the run beside approvals.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn record_steering(&self, at: &str, by: &str, words: &str) -> Result<(), JournalError> {
        let body = serde_json::to_string(&[at, by, words]).unwrap_or_default();
        let path = Arc::clone(&self.path);
        self.database.call(move |connection| Chain::of(connection, &path)?.add(Kind::Steering, None, &body)).await
    }

    /// Every decision in its order.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn approvals(&self) -> Result<Vec<Approval>, JournalError> {
        let path = Arc::clone(&self.path);
        self.database.call(move |connection| approvals(connection, &path)).await
    }

    /// Takes every approval back that is not carried out yet, so that a resume asks like a first run; with `retry` failed items are
    /// open again. The digest of a batch is from then on that of what is left of it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn ask_again(&self, retry: bool) -> Result<Left, JournalError> {
        let path = Arc::clone(&self.path);
        self.database.call(move |connection| reopen(connection, &path, retry)).await
    }

    /// Whether the digests of all items still come to the one that the run was previewed with.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn is_as_previewed(&self) -> Result<bool, JournalError> {
        let digest = self.digest().await?;
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let recorded = connection.query_row("SELECT digest FROM run", [], |row| row.get::<_, String>(0));
                Ok(recorded.map_err(database(&path))? == digest)
            })
            .await
    }
}

impl Reader {
    /// Every decision in its order.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn approvals(&self) -> Result<Vec<Approval>, JournalError> {
        approvals(&self.connection, &self.path)
    }
}

fn put(connection: &Connection, path: &Path, approval: &Approval) -> Result<(), JournalError> {
    let Approval { at, by, batch, digest, decision } = approval;
    let sql = format!(
        "INSERT INTO approval (at, by, batch, digest, decision) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING {APPROVAL}"
    );
    let values = params![at, by, batch, digest, decision];
    let body: String = connection.query_row(&sql, values, |row| row.get(0)).map_err(database(path))?;
    Chain::of(connection, path)?.add(Kind::Approval, None, &body)
}

fn approvals(connection: &Connection, path: &Path) -> Result<Vec<Approval>, JournalError> {
    let fail = database(path);
    let sql = "SELECT at, by, batch, digest, decision FROM approval ORDER BY rowid";
    let mut statement = connection.prepare(sql).map_err(&fail)?;
    let read = |row: &rusqlite::Row<'_>| {
        let (at, by, batch, digest) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Approval { at, by, batch, digest, decision: row.get(4)? })
    };
    let found = statement.query_map([], read).map_err(&fail)?;
    found.collect::<Result<_, _>>().map_err(&fail)
}

fn reopen(connection: &Connection, path: &Path, retry: bool) -> Result<Left, JournalError> {
    let fail = database(path);
    let retried = if retry {
        let sql = format!(
            "UPDATE item SET outcome = NULL, reason = NULL, message = NULL, ended_at = NULL
             WHERE (outcome = 'failed' OR reason = 'refused') AND batch IS NOT NULL RETURNING n, {ENDED}"
        );
        let retried = batches::ended(connection, path, &sql, [])?;
        let sql = "UPDATE batch SET state = 'waiting' WHERE state IN ('done', 'stopped')
                   AND EXISTS (SELECT 1 FROM item WHERE item.batch = batch.n AND outcome IS NULL)";
        connection.execute(sql, []).map_err(&fail)?;
        connection.execute("UPDATE run SET retried = retried + ?1", params![retried as i64]).map_err(&fail)?;
        retried as u64
    } else {
        0
    };
    connection
        .execute_batch("UPDATE run SET approve_rest = 0; UPDATE batch SET state = 'waiting' WHERE state = 'approved';")
        .map_err(&fail)?;
    batches::digest_anew(connection, path)?;
    let mut chain = Chain::of(connection, path)?;
    chain.run()?;
    chain.batches()?;
    let items = connection
        .query_row("SELECT count(*) FROM item WHERE batch IS NOT NULL AND outcome IS NULL", [], |row| row.get(0))
        .map(unsigned)
        .map_err(&fail)?;
    Ok(Left { items, retried })
}
