//! Rows of a file that were not taken, by the preview or by the run.

use std::path::Path;
use std::sync::Arc;

use rusqlite::params;

use super::rows::{number, unsigned};
use super::{Journal, JournalError, database};

/// A row of a file that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// The line that it begins in.
    pub line: u64,
    /// Why, in words.
    pub message: String,
}

impl Journal {
    /// The directory of the run: files of its own stand beside the database.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Rows that were refused, in the order of the file: those after the line `after`, at most `limit`; with `of_run` only what the run
    /// itself refused.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn refused(&self, after: u64, limit: usize, of_run: bool) -> Result<Vec<RefusedRow>, JournalError> {
        const BAD: &str = "('conflict', 'invalid', 'failed')";
        let of = if of_run { " AND batch IS NOT NULL" } else { "" };
        // Items are numbered in the order of the file.
        let sql = format!(
            "SELECT line, coalesce(message, reason, 'refused') FROM item
             WHERE line > ?1 AND (action IN {BAD} OR coalesce(outcome, '') IN {BAD}){of} ORDER BY n LIMIT ?2"
        );
        let path = Arc::clone(&self.path);
        self.database
            .call(move |connection| {
                let fail = database(&path);
                let mut statement = connection.prepare_cached(&sql).map_err(&fail)?;
                let read =
                    |row: &rusqlite::Row<'_>| Ok(RefusedRow { line: unsigned(row.get(0)?), message: row.get(1)? });
                let rows = statement.query_map(params![number(after), number(limit as u64)], read).map_err(&fail)?;
                rows.collect::<Result<_, _>>().map_err(&fail)
            })
            .await
    }
}
