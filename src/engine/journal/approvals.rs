//! Who approved what, and when; and what is asked for again when a run is resumed.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::rows::unsigned;
use super::{Journal, JournalError, batches, database};
use crate::engine::protocol::Approval;

/// What is left of a run that is resumed.
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
        let Approval { at, by, batch, digest, decision } = approval;
        let sql = "INSERT INTO approval (at, by, batch, digest, decision) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.execute(sql, (at, by, batch, digest, decision)).await
    }

    /// Every decision in its order.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn approvals(&self) -> Result<Vec<Approval>, JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let fail = database(&path);
                let sql = "SELECT at, by, batch, digest, decision FROM approval ORDER BY rowid";
                let mut statement = connection.prepare(sql).map_err(&fail)?;
                let read = |row: &rusqlite::Row<'_>| {
                    Ok(Approval {
                        at: row.get(0)?,
                        by: row.get(1)?,
                        batch: row.get(2)?,
                        digest: row.get(3)?,
                        decision: row.get(4)?,
                    })
                };
                let found = statement.query_map([], read).map_err(&fail)?;
                found.collect::<Result<_, _>>().map_err(&fail)
            })
            .await
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

fn reopen(connection: &Connection, path: &Path, retry: bool) -> Result<Left, JournalError> {
    let fail = database(path);
    let retried = if retry {
        let sql = "UPDATE item SET outcome = NULL, reason = NULL, message = NULL, ended_at = NULL
                   WHERE (outcome = 'failed' OR reason = 'refused') AND batch IS NOT NULL";
        let retried = connection.execute(sql, []).map_err(&fail)?;
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
    let items = connection
        .query_row("SELECT count(*) FROM item WHERE batch IS NOT NULL AND outcome IS NULL", [], |row| row.get(0))
        .map(unsigned)
        .map_err(&fail)?;
    Ok(Left { items, retried })
}
