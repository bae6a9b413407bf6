//! Queries that a report makes of a journal.

use std::collections::HashMap;

use rusqlite::Row as SqlRow;

use super::chain::Kind;
use super::read::{Reader, of_run, result};
use super::rows::{COLUMNS, maybe_word, number, unsigned, word};
use super::{JournalError, database};
use crate::domain::key::PartitionKey;
use crate::domain::run::Outcome;
use crate::domain::users::MODULE;
use crate::engine::protocol::{Approved, ItemResult, Partitioned, Problem, Steered, TimedBatch};

/// The outcome of an item: an item that a preview does not write has one as soon as a run is made of the preview.
const BECOMES: &str =
    "coalesce(outcome, CASE WHEN batch IS NULL THEN CASE action WHEN 'skip' THEN 'skipped' ELSE action END END)";

/// Places of the approvals that cover a batch: those of it, of everything from an earlier one on, and of everything.
fn covered(approvals: &[Approved], batch: u32) -> Vec<usize> {
    let covers = |approved: &Approved| match approved.approval.batch {
        None => true,
        Some(from) => from == batch || (from < batch && approved.approval.is_of_the_rest()),
    };
    approvals.iter().enumerate().filter(|(_, approved)| covers(approved)).map(|(at, _)| at).collect()
}

impl Reader {
    /// Approvals, each with what became of the items that were begun under it. Items that were not begun count for the last approval
    /// that covers them.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn approved(&self) -> Result<Vec<Approved>, JournalError> {
        let fail = database(&self.path);
        let credit = |approval| Approved { approval, items: 0, outcomes: Vec::new() };
        let mut found: Vec<Approved> = self.approvals()?.into_iter().map(credit).collect();
        let mut covering: HashMap<u32, Vec<usize>> = HashMap::new();
        let sql = "SELECT batch, begun_at, outcome FROM item WHERE batch IS NOT NULL AND reason IS NOT 'not_approved'";
        let mut statement = self.connection.prepare(sql).map_err(&fail)?;
        let read = |row: &SqlRow<'_>| Ok((row.get(0)?, row.get(1)?, maybe_word(row, 2)?));
        for row in statement.query_map([], read).map_err(&fail)? {
            let (batch, begun_at, outcome): (u32, Option<String>, Option<Outcome>) = row.map_err(&fail)?;
            let covering = covering.entry(batch).or_insert_with(|| covered(&found, batch));
            let is_before = |at: &&usize| {
                begun_at.as_ref().is_none_or(|begun| found.get(**at).is_some_and(|a| a.approval.at <= *begun))
            };
            // By a clock that was set back an item was begun before all of them.
            let under = covering.iter().rev().find(is_before).or(covering.first()).copied();
            let Some(approved) = under.and_then(|at| found.get_mut(at)) else { continue };
            approved.items += 1;
            match (outcome, approved.outcomes.iter_mut().find(|(known, _)| Some(*known) == outcome)) {
                (_, Some((_, count))) => *count += 1,
                (Some(outcome), None) => approved.outcomes.push((outcome, 1)),
                (None, None) => {}
            }
        }
        found.iter_mut().for_each(|approved| approved.outcomes.sort_by_key(|(outcome, _)| outcome.as_str()));
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

    /// Partitions of the items that a run writes, those with most items first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn partitions(&self, most: usize) -> Result<Vec<Partitioned>, JournalError> {
        let fail = database(&self.path);
        // A user is in no partition, and has no versions.
        let sql = "SELECT module, pk, target_pk, count(*) FROM item
             WHERE batch IS NOT NULL AND NOT (module = ?1 AND version_before = 0 AND version_after = 0)
             GROUP BY module, pk, target_pk ORDER BY count(*) DESC, module, pk, target_pk LIMIT ?2";
        let mut statement = self.connection.prepare(sql).map_err(&fail)?;
        let read = |row: &SqlRow<'_>| {
            let key = |at| row.get::<_, String>(at).map(PartitionKey::new);
            Ok(Partitioned { module: row.get(0)?, from: key(1)?, to: key(2)?, items: unsigned(row.get(3)?) })
        };
        let rows = statement.query_map((MODULE, number(most as u64)), read).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
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
        let Some(run) = of_run(&self.connection).map_err(&fail)? else { return Ok(Vec::new()) };
        let sql = format!("SELECT {COLUMNS} FROM item WHERE {condition} ORDER BY n LIMIT ?1");
        let mut statement = self.connection.prepare(&sql).map_err(&fail)?;
        let rows = statement.query_map([number(samples as u64)], |row| result(row, run)).map_err(&fail)?;
        rows.collect::<Result<_, _>>().map_err(&fail)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, params};

    use super::*;
    use crate::engine::protocol::Approval;

    /// Batch, time of the beginning, outcome and reason of an item.
    type Recorded<'a> = (u32, Option<&'a str>, Option<&'a str>, Option<&'a str>);

    /// Approvals of a journal with these decisions (time, batch, words) and items (batch, begun at, outcome, reason): items and outcomes.
    fn credited(decisions: &[(&str, u32, &str)], items: &[Recorded<'_>]) -> Vec<(u64, Vec<(Outcome, u64)>)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let connection = Connection::open(&path).unwrap();
        super::super::schema::create(&connection, &path).unwrap();
        for (at, batch, decision) in decisions {
            let sql = "INSERT INTO approval (at, by, batch, digest, decision) VALUES (?1, 'u', ?2, '', ?3)";
            connection.execute(sql, params![at, batch, decision]).unwrap();
        }
        for (n, (batch, begun, outcome, reason)) in (1_i64..).zip(items) {
            let sql = "INSERT INTO item (n, batch, module, pk, sk, target_pk, target_sk, action, warnings, version_before, version_after,
                           source_version_before, source_version_after, digest, begun_at, outcome, reason)
                       VALUES (?1, ?2, 'm', 'p', ?1, 'p', ?1, 'create', '[]', 0, 1, 1, 1, '', ?3, ?4, ?5)";
            connection.execute(sql, params![n, batch, begun, outcome, reason]).unwrap();
        }
        drop(connection);
        let found = Reader::open_file(&path).unwrap().approved().unwrap();
        found.into_iter().map(|approved| (approved.items, approved.outcomes)).collect()
    }

    #[test]
    fn an_approval_in_part_is_of_its_batch_alone() {
        let in_part = Approval::in_part("approve", 1);
        let decisions = [("01", 1, in_part.as_str()), ("03", 2, "approve the rest")];
        let (done, out) = (Some("done"), Some("not_approved"));
        let items = [
            (1, Some("02"), done, None),
            (1, None, Some("skipped"), out),
            (2, Some("04"), done, None),
            (3, Some("05"), Some("failed"), None),
        ];
        assert_eq!(
            credited(&decisions, &items),
            [(1, vec![(Outcome::Done, 1)]), (2, vec![(Outcome::Done, 1), (Outcome::Failed, 1)])]
        );
        let rest = Approval::in_part("approve the rest", 1);
        assert_eq!(credited(&[("01", 1, rest.as_str())], &items)[0].0, 3);
    }

    #[test]
    fn each_item_counts_for_the_approval_that_it_was_begun_under() {
        let decisions = [("01", 1, "approve the rest"), ("04", 2, "approve the rest"), ("07", 2, "approve the rest")];
        let done = Some("done");
        let items = [
            (1, Some("02"), done, None),
            (2, Some("03"), done, None),
            (2, Some("05"), done, None),
            (3, Some("07"), done, None),
            // Not begun, and begun by a clock that was set back.
            (3, None, None, None),
            (1, Some("00"), done, None),
        ];
        let counts: Vec<u64> = credited(&decisions, &items).into_iter().map(|(items, _)| items).collect();
        assert_eq!(counts, [3, 1, 2]);
    }
}
