//! The journal as a chain: whatever is decided and whatever becomes of an item stands in a record of its own, and each record carries
//! the SHA-256 of the one before it.
//!
//! A record is written in the transaction of what it tells of. The first stands on the seal of the run, so that the last one, the head,
//! speaks for the whole journal.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::rows::{number, sealed};
use super::{JournalError, database};
use crate::domain::digest::hex;

/// Columns of the run's row that may change, in one text.
pub(super) const RUN: &str = "json_array(state, ended_at, undone_by, previewed, digest, blast, approve_rest, retried)";
/// Columns of a batch's row, in one text.
pub(super) const BATCH: &str = "json_array(canary, items, digest, state)";
/// The end of an item, in one text: its outcome, with reason, message, attempts, request id and time.
pub(super) const ENDED: &str = "json_array(outcome, reason, message, attempts, request_id, ended_at)";
/// The same of an item that nothing became of so far.
pub(super) const NOT_ENDED: &str = "[null,null,null,0,null,null]";
/// The planned change of an item, without its rows; where it is to be written, reason and message come with its end.
pub(super) const PLANNED: &str = "json_array(n, batch IS NULL, module, pk, sk, target_pk, target_sk, action, \
     iif(batch IS NULL, reason, NULL), iif(batch IS NULL, message, NULL), warnings, version_before, version_after, \
     source_version_before, source_version_after, digest, line)";
/// An approval, in one text: time, approver, batch, digest and decision.
pub(super) const APPROVAL: &str = "json_array(at, by, batch, digest, decision)";

/// The subject of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The row of the run.
    Run,
    /// Items of the preview, up to a number.
    Planned,
    /// All batches.
    Batches,
    /// One batch.
    Batch,
    /// An approval.
    Approval,
    /// An operator's instruction to a run, other than an approval.
    Steering,
    /// Items that are begun.
    Begun,
    /// Items that were not begun after all.
    Unbegun,
    /// The outcome of an item.
    Item,
}

impl Kind {
    pub(super) const ALL: [Self; 9] = [
        Self::Run,
        Self::Planned,
        Self::Batches,
        Self::Batch,
        Self::Approval,
        Self::Steering,
        Self::Begun,
        Self::Unbegun,
        Self::Item,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Planned => "planned",
            Self::Batches => "batches",
            Self::Batch => "batch",
            Self::Approval => "approval",
            Self::Steering => "steering",
            Self::Begun => "begun",
            Self::Unbegun => "unbegun",
            Self::Item => "item",
        }
    }
}

/// SHA-256 of a record, which holds that of the one before.
pub(super) fn link(before: &str, kind: &str, n: Option<i64>, body: &str) -> String {
    let n = n.map(|n| n.to_string()).unwrap_or_default();
    sealed([before, kind, &n, body])
}

/// The last record's SHA-256; `None` where there is none yet.
pub(super) fn head(connection: &Connection, path: &Path) -> Result<Option<String>, JournalError> {
    connection
        .prepare_cached("SELECT sha256 FROM record ORDER BY place DESC LIMIT 1")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)).optional())
        .map_err(database(path))
}

/// The end of the chain, within a transaction: records are added to it.
pub(super) struct Chain<'a> {
    connection: &'a Connection,
    path: &'a Path,
    head: String,
}

impl<'a> Chain<'a> {
    pub(super) fn of(connection: &'a Connection, path: &'a Path) -> Result<Self, JournalError> {
        let head = match head(connection, path)? {
            Some(head) => head,
            None => connection.query_row("SELECT seal FROM run", [], |row| row.get(0)).map_err(database(path))?,
        };
        Ok(Self { connection, path, head })
    }

    pub(super) fn add(&mut self, kind: Kind, n: Option<i64>, body: &str) -> Result<(), JournalError> {
        let sha256 = link(&self.head, kind.as_str(), n, body);
        self.connection
            .prepare_cached("INSERT INTO record (kind, n, body, sha256) VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut statement| statement.execute(params![kind.as_str(), n, body, sha256]))
            .map_err(database(self.path))?;
        self.head = sha256;
        Ok(())
    }

    /// Records the row of the run as it stands now.
    pub(super) fn run(&mut self) -> Result<(), JournalError> {
        let sql = format!("SELECT {RUN} FROM run");
        let body: String = self.connection.query_row(&sql, [], |row| row.get(0)).map_err(database(self.path))?;
        self.add(Kind::Run, None, &body)
    }

    /// Records a batch as it stands now.
    pub(super) fn batch(&mut self, n: u32) -> Result<(), JournalError> {
        let sql = format!("SELECT {BATCH} FROM batch WHERE n = ?1");
        let body: String = self
            .connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_row([n], |row| row.get(0)))
            .map_err(database(self.path))?;
        self.add(Kind::Batch, Some(i64::from(n)), &body)
    }

    /// Records every batch, with the items that it holds.
    pub(super) fn batches(&mut self) -> Result<(), JournalError> {
        let (rows, held) = (batches(self.connection, self.path)?, members(self.connection, self.path)?);
        self.add(Kind::Batches, None, &serde_json::to_string(&(rows, held)).unwrap_or_default())
    }

    /// Records that items are begun, or that they are not after all.
    pub(super) fn begun(&mut self, kind: Kind, at: &str, items: &[u64]) -> Result<(), JournalError> {
        if items.is_empty() {
            return Ok(());
        }
        self.add(kind, None, &serde_json::to_string(&(at, items)).unwrap_or_default())
    }

    /// Records what became of an item, by the number and the text that [`ENDED`] gives.
    pub(super) fn ended(&mut self, n: i64, body: &str) -> Result<(), JournalError> {
        self.add(Kind::Item, Some(n), body)
    }
}

/// Every batch as it stands now, by its number.
pub(super) fn batches(connection: &Connection, path: &Path) -> Result<Vec<(i64, String)>, JournalError> {
    let fail = database(path);
    let sql = format!("SELECT n, {BATCH} FROM batch ORDER BY n");
    let mut statement = connection.prepare_cached(&sql).map_err(&fail)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(&fail)?;
    rows.collect::<Result<_, _>>().map_err(&fail)
}

/// SHA-256 of the numbers of the items that each batch holds.
pub(super) fn members(connection: &Connection, path: &Path) -> Result<Vec<(i64, String)>, JournalError> {
    let fail = database(path);
    let sql = "SELECT batch, n FROM item INDEXED BY item_batch WHERE batch IS NOT NULL ORDER BY batch, n";
    let mut statement = connection.prepare_cached(sql).map_err(&fail)?;
    let mut rows = statement.query([]).map_err(&fail)?;
    let mut found: Vec<(i64, Sha256)> = Vec::new();
    while let Some(row) = rows.next().map_err(&fail)? {
        let (batch, n): (i64, i64) = (row.get(0).map_err(&fail)?, row.get(1).map_err(&fail)?);
        if found.last().is_none_or(|(last, _)| *last != batch) {
            found.push((batch, Sha256::new()));
        }
        if let Some((_, hash)) = found.last_mut() {
            hash.update(n.to_be_bytes());
        }
    }
    Ok(found.into_iter().map(|(batch, hash)| (batch, hex(&hash.finalize()))).collect())
}

/// SHA-256 over items of a preview, one after another.
#[derive(Default)]
pub(super) struct Page(Sha256);

impl Page {
    pub(super) fn add(&mut self, planned: &str, seal: &str, objects: Option<&str>) {
        self.0.update(sealed([planned, seal, objects.unwrap_or("-")]).as_bytes());
    }

    pub(super) fn end(self) -> String {
        hex(&self.0.finalize())
    }
}

/// The last number of a page, as a record keeps it.
pub(super) fn up_to(n: u64) -> Option<i64> {
    Some(number(n))
}
