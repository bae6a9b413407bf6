//! Items of a journal as they are carried out: given out once they are recorded as begun.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params, params_from_iter};

use super::chain::{Chain, Kind};
use super::rows::{COLUMNS, ROWS, number, unsigned, with_rows};
use super::{Journal, JournalError, database};
use crate::domain::item::PlannedItem;

/// Bytes of rows that are given out at once at most, beside the last item's: fewer items where theirs are large.
const BYTES: usize = 32 * 1024 * 1024;

/// An item as it is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenItem {
    /// Number in the run, from 1.
    pub n: u64,
    /// Batch, from 1.
    pub batch: u32,
    /// The planned item.
    pub item: PlannedItem,
    /// The item's digest, for which an approval of it was given.
    pub digest: String,
    /// Whether it may have been sent before: an earlier process began it and recorded no outcome.
    pub begun: bool,
}

/// A place among the items of a run: batch and number.
pub type Place = (u32, u64);

/// The place behind every item.
pub const EVERY: Place = (u32::MAX, u64::MAX);

/// Items that follow one another and are written to one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Module and partition key.
    pub partition: (String, String),
    /// Place of the last of them.
    pub last: Place,
}

/// Stretches that are given at once at most, and items that are looked at for them.
const STRETCHES: usize = 64;
const LOOKED_AT: usize = 10_000;

impl Journal {
    /// The next stretches of approved batches' items without an outcome, behind a place; none where there is no further item.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn stretches(&self, after: Place) -> Result<Vec<Stretch>, JournalError> {
        let sql = "SELECT batch, n, module, target_pk FROM item INDEXED BY item_open
                   WHERE outcome IS NULL AND (batch, n) > (?1, ?2) AND batch IN (SELECT n FROM batch WHERE state = 'approved')
                   ORDER BY batch, n LIMIT ?3";
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let fail = database(&path);
                let mut statement = connection.prepare_cached(sql).map_err(&fail)?;
                let values = params![after.0, number(after.1), number(LOOKED_AT as u64)];
                let mut rows = statement.query(values).map_err(&fail)?;
                let mut stretches: Vec<Stretch> = Vec::new();
                while let Some(row) = rows.next().map_err(&fail)? {
                    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Stretch> {
                        let last = (row.get(0)?, unsigned(row.get(1)?));
                        Ok(Stretch { partition: (row.get(2)?, row.get(3)?), last })
                    };
                    let next = read(row).map_err(&fail)?;
                    let is_full = stretches.len() == STRETCHES;
                    match stretches.last_mut() {
                        Some(stretch) if stretch.partition == next.partition => stretch.last = next.last,
                        _ if is_full => break,
                        _ => stretches.push(next),
                    }
                }
                Ok(stretches)
            })
            .await
    }

    /// Items that are not written, with their rows: those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn unwritten(&self, after: u64, limit: usize) -> Result<Vec<OpenItem>, JournalError> {
        let sql = format!(
            "SELECT {COLUMNS}, {ROWS} FROM item JOIN item_rows USING (n) WHERE batch IS NULL AND item.n > ?1 ORDER BY item.n LIMIT ?2 + ?3"
        );
        self.open_items(sql, [number(after), number(limit as u64), 0]).await
    }

    /// Whether anything of the run was begun.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn has_begun(&self) -> Result<bool, JournalError> {
        let path = Arc::clone(&self.path);
        let sql = "SELECT EXISTS (SELECT 1 FROM item WHERE begun_at IS NOT NULL)";
        self.database
            .call(move |connection| connection.query_row(sql, [], |row| row.get(0)).map_err(database(&path)))
            .await
    }

    /// Items of a batch that have no outcome yet, with their rows: those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn batch_items(&self, batch: u32, after: u64, limit: usize) -> Result<Vec<OpenItem>, JournalError> {
        let sql = format!(
            "SELECT {COLUMNS}, {ROWS} FROM item JOIN item_rows USING (n) WHERE batch = ?1 AND outcome IS NULL AND item.n > ?2 ORDER BY item.n LIMIT ?3"
        );
        self.open_items(sql, [i64::from(batch), number(after), number(limit as u64)]).await
    }

    /// The next items of approved batches that have no outcome and stand behind `after`, up to `until`, with their rows; recorded as begun before they are given out.
    ///
    /// # Errors
    /// [`JournalError`]: nothing may be written then.
    pub async fn begin(
        &self,
        after: Place,
        until: Place,
        limit: usize,
        at: String,
    ) -> Result<Vec<OpenItem>, JournalError> {
        let sql = format!(
            "SELECT {COLUMNS}, {ROWS} FROM item INDEXED BY item_open JOIN item_rows USING (n)
             WHERE outcome IS NULL AND (batch, item.n) > (?1, ?2) AND (batch, item.n) <= (?4, ?5)
             AND batch IN (SELECT n FROM batch WHERE state = 'approved')
             ORDER BY batch, item.n LIMIT ?3"
        );
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let values =
                    [i64::from(after.0), number(after.1), number(limit as u64), i64::from(until.0), number(until.1)];
                let items = read_open(connection, &path, &sql, &values)?;
                let Some(last) = items.last() else { return Ok(items) };
                // The same items as were read, in one stroke.
                let mark = "UPDATE item INDEXED BY item_open SET begun_at = coalesce(begun_at, ?5)
                            WHERE outcome IS NULL AND (batch, n) > (?1, ?2) AND (batch, n) <= (?3, ?4)
                            AND batch IN (SELECT n FROM batch WHERE state = 'approved')";
                let range = params![values[0], values[1], last.batch, number(last.n), at];
                let marked =
                    connection.prepare_cached(mark).and_then(|mut s| s.execute(range)).map_err(database(&path))?;
                debug_assert_eq!(marked, items.len());
                let fresh: Vec<u64> = items.iter().filter(|item| !item.begun).map(|item| item.n).collect();
                Chain::of(connection, &path)?.begun(Kind::Begun, &at, &fresh)?;
                Ok(items)
            })
            .await
    }

    /// Takes back that items were begun: they were never sent.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn unbegin(&self, items: Vec<u64>) -> Result<(), JournalError> {
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let fail = database(&path);
                let mut mark =
                    connection.prepare_cached("UPDATE item SET begun_at = NULL WHERE n = ?1").map_err(&fail)?;
                items.iter().try_for_each(|n| mark.execute([number(*n)]).map(drop).map_err(&fail))?;
                Chain::of(connection, &path)?.begun(Kind::Unbegun, "", &items)
            })
            .await
    }

    async fn open_items(&self, sql: String, values: [i64; 3]) -> Result<Vec<OpenItem>, JournalError> {
        let path = Arc::clone(&self.path);
        self.database.call(move |connection| read_open(connection, &path, &sql, &values)).await
    }
}

fn read_open(connection: &Connection, path: &Path, sql: &str, values: &[i64]) -> Result<Vec<OpenItem>, JournalError> {
    let fail = database(path);
    let mut statement = connection.prepare_cached(sql).map_err(&fail)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(OpenItem {
            n: unsigned(row.get(0)?),
            batch: row.get::<_, Option<u32>>(1)?.unwrap_or_default(),
            begun: row.get::<_, Option<String>>(15)?.is_some(),
            item: with_rows(row, 20)?,
            digest: row.get(22)?,
        })
    };
    // The rows of an item are about as large as their text.
    let mut bytes = 0;
    let mut items = Vec::new();
    let mut rows = statement.query(params_from_iter(values)).map_err(&fail)?;
    while let Some(row) = rows.next().map_err(&fail)? {
        bytes += row.get_ref(20).ok().and_then(|text| text.as_bytes().ok().map(<[u8]>::len)).unwrap_or_default();
        items.push(read(row).map_err(&fail)?);
        if bytes > BYTES {
            break;
        }
    }
    Ok(items)
}
