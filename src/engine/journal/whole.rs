//! Everything that a preview found, written or not.

use super::rows::unsigned;
use super::{JournalError, Reader, WrittenItem, database};

/// How much a preview is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scale {
    /// Items.
    pub items: u64,
    /// Entities that they are about, where each is of one item only.
    pub entities: u64,
    /// Bytes of their rows of every version, about.
    pub bytes: u64,
}

impl Reader {
    /// All items with their rows: those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn whole(&self, after: u64, limit: usize) -> Result<Vec<WrittenItem>, JournalError> {
        self.rows_where("1", after, limit)
    }

    /// How much all items are about. Rows of earlier versions are taken to be as long as the present one.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn scale(&self) -> Result<Scale, JournalError> {
        // A row stands in the text before and after, a version in history or data and in commands.
        let sql = "SELECT count(*), total(1 + (pk <> target_pk OR sk <> target_sk)),
                       total(length(parts) / 2 * (2 * max(version_before, source_version_before, 1)))
                   FROM item JOIN item_rows USING (n)";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Scale {
                items: unsigned(row.get(0)?),
                entities: row.get::<_, f64>(1)? as u64,
                bytes: row.get::<_, f64>(2)? as u64,
            })
        };
        self.connection.query_row(sql, [], read).map_err(database(&self.path))
    }
}
