//! Queries that a report makes of a journal.

use rusqlite::{OptionalExtension as _, Row as SqlRow};

use super::chain::Kind;
use super::read::{Reader, result};
use super::rows::{COLUMNS, maybe_word, number, unsigned, word};
use super::{JournalError, database};
use crate::engine::protocol::{Approved, ItemResult, Problem, Steered, TimedBatch};

/// The outcome of an item: an item that a preview does not write has one as soon as a run is made of the preview.
const BECOMES: &str =
    "coalesce(outcome, CASE WHEN batch IS NULL THEN CASE action WHEN 'skip' THEN 'skipped' ELSE action END END)";

impl Reader {
    /// Approvals, each with what became of what it was given for: of a batch, or of that and all after it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn approved(&self) -> Result<Vec<Approved>, JournalError> {
        let fail = database(&self.path);
        let sql = "SELECT outcome, count(*) FROM item WHERE batch >= ?1 AND batch <= ?2
                   AND reason IS NOT 'not_approved' GROUP BY outcome";
        let mut statement = self.connection.prepare(sql).map_err(&fail)?;
        let mut found = Vec::new();
        for approval in self.approvals()? {
            let is_rest = approval.decision != "approve";
            let from = approval.batch.map_or(0, i64::from);
            let until = if is_rest { i64::MAX } else { from };
            let read = |row: &SqlRow<'_>| Ok((maybe_word(row, 0)?, unsigned(row.get(1)?)));
            let rows = statement.query_map([from, until], read).map_err(&fail)?;
            let counts: Vec<(Option<_>, u64)> = rows.collect::<Result<_, _>>().map_err(&fail)?;
            let items = counts.iter().map(|(_, count)| count).sum();
            let outcomes = counts.into_iter().filter_map(|(outcome, count)| Some((outcome?, count))).collect();
            found.push(Approved { approval, items, outcomes });
        }
        Ok(found)
    }

    /// Instructions to the run other than approvals, in their order.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn steered(&self) -> Result<Vec<Steered>, JournalError> {
        let fail = database(&self.path);
        let sql = "SELECT json_extract(body, '$[0]'), json_extract(body, '$[1]'), json_extract(body, '$[2]')
                   FROM record WHERE kind = ?1 ORDER BY place";
        let mut statement = self.connection.prepare(sql).map_err(&fail)?;
        let read = |row: &SqlRow<'_>| Ok(Steered { at: row.get(0)?, by: row.get(1)?, words: row.get(2)? });
        let rows = statement.query_map([Kind::Steering.as_str()], read).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
    }

    /// The first `most` batches in the order in which they began, with the time that their items took.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn timeline(&self, most: usize) -> Result<Vec<TimedBatch>, JournalError> {
        let fail = database(&self.path);
        let sql = format!(
            "SELECT batch, count(*), min(begun_at), max(ended_at) FROM item
             WHERE batch IS NOT NULL AND begun_at IS NOT NULL AND ended_at IS NOT NULL
             GROUP BY batch ORDER BY min(begun_at), batch LIMIT {most}"
        );
        let mut statement = self.connection.prepare(&sql).map_err(&fail)?;
        let read = |row: &SqlRow<'_>| {
            let (batch, items) = (row.get(0)?, unsigned(row.get(1)?));
            Ok(TimedBatch { batch, items, from: row.get(2)?, to: row.get(3)? })
        };
        let rows = statement.query_map([], read).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
    }

    /// Items that are neither done nor were as wanted already, by outcome and reason, the first `samples` of each.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn problems(&self, samples: usize) -> Result<Vec<Problem>, JournalError> {
        let fail = database(&self.path);
        let sql = format!(
            "SELECT {BECOMES} AS becomes, reason, count(*) FROM item WHERE becomes NOT IN ('done', 'equal')
             GROUP BY becomes, reason ORDER BY count(*) DESC, becomes, reason"
        );
        let mut statement = self.connection.prepare(&sql).map_err(&fail)?;
        let read = |row: &SqlRow<'_>| {
            let (outcome, reason) = (word(row, 0)?, maybe_word(row, 1)?);
            Ok(Problem { outcome, reason, count: unsigned(row.get(2)?), samples: Vec::new() })
        };
        let rows = statement.query_map([], read).map_err(&fail)?;
        let mut found: Vec<Problem> = rows.collect::<Result<_, _>>().map_err(&fail)?;
        for problem in &mut found {
            let reason = problem.reason.map_or_else(|| "NULL".to_owned(), |reason| format!("'{}'", reason.as_str()));
            let condition = format!("{BECOMES} = '{}' AND reason IS {reason}", problem.outcome.as_str());
            problem.samples = self.first(&condition, samples)?;
        }
        Ok(found)
    }

    /// The first items that a run has still to write.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn first_left(&self, samples: usize) -> Result<Vec<ItemResult>, JournalError> {
        self.first("batch IS NOT NULL AND outcome IS NULL", samples)
    }

    /// The numbers of the first items that are done, such as changed an entity before others.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn first_done(&self, samples: usize) -> Result<Vec<u64>, JournalError> {
        // Updates come first: rows that were there before show most.
        let mut done = self.first("outcome = 'done' AND action = 'update'", samples)?;
        done.extend(self.first("outcome = 'done' AND action <> 'update'", samples - done.len())?);
        Ok(done.into_iter().map(|item| item.n).collect())
    }

    /// The numbers of the first items that a preview would write, such as change an entity before others.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn first_planned(&self, samples: usize) -> Result<Vec<u64>, JournalError> {
        let mut planned = self.first("batch IS NOT NULL AND action = 'update'", samples)?;
        planned.extend(self.first("batch IS NOT NULL AND action <> 'update'", samples - planned.len())?);
        Ok(planned.into_iter().map(|item| item.n).collect())
    }

    fn first(&self, condition: &str, samples: usize) -> Result<Vec<ItemResult>, JournalError> {
        let fail = database(&self.path);
        let run = self.connection.query_row("SELECT id FROM run", [], |row| word(row, 0)).optional().map_err(&fail)?;
        let Some(run) = run else { return Ok(Vec::new()) };
        let sql = format!("SELECT {COLUMNS} FROM item WHERE {condition} ORDER BY n LIMIT ?1");
        let mut statement = self.connection.prepare(&sql).map_err(&fail)?;
        let rows = statement.query_map([number(samples as u64)], |row| result(row, run)).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
    }
}
