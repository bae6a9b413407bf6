//! Whether a journal is what was recorded: every record fits the one before it, and what stands beside them is what they tell.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use super::chain::{APPROVAL, ENDED, Kind, NOT_ENDED, PLANNED, Page, RUN, batches, link, members};
use super::read::{Reader, run_seal};
use super::rows::{is_sealed, unsigned};
use super::{JournalError, database};

/// A journal that was found to be what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its records.
    pub records: u64,
    /// The SHA-256 of the last one.
    pub head: String,
}

/// The state that the records come to, once all of them were read.
#[derive(Default)]
struct Told {
    run: String,
    /// The last number of each page, and what it comes to.
    pages: Vec<(i64, String)>,
    batches: BTreeMap<i64, String>,
    members: Vec<(i64, String)>,
    approvals: Vec<String>,
    begun: HashMap<i64, Arc<str>>,
    ended: HashMap<i64, String>,
}

impl Told {
    /// Takes a record; false for one whose words are none.
    fn take(&mut self, kind: Kind, n: Option<i64>, body: String) -> bool {
        match (kind, n) {
            (Kind::Run, None) => self.run = body,
            (Kind::Planned, Some(n)) => self.pages.push((n, body)),
            (Kind::Batches, None) => {
                let Ok((rows, held)) = serde_json::from_str::<(Vec<(i64, String)>, _)>(&body) else { return false };
                (self.batches, self.members) = (rows.into_iter().collect(), held);
            }
            (Kind::Batch, Some(n)) => drop(self.batches.insert(n, body)),
            (Kind::Approval, None) => self.approvals.push(body),
            (Kind::Steering, None) => {}
            (Kind::Begun, None) => {
                let Ok((at, items)) = serde_json::from_str::<(String, Vec<i64>)>(&body) else { return false };
                let at: Arc<str> = at.into();
                for n in items {
                    self.begun.entry(n).or_insert_with(|| Arc::clone(&at));
                }
            }
            (Kind::Unbegun, None) => {
                let Ok((_, items)) = serde_json::from_str::<(String, Vec<i64>)>(&body) else { return false };
                items.iter().for_each(|n| drop(self.begun.remove(n)));
            }
            (Kind::Item, Some(n)) => drop(self.ended.insert(n, body)),
            _ => return false,
        }
        true
    }
}

impl Reader {
    /// The SHA-256 of the last record; empty where there is none.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn head(&self) -> Result<String, JournalError> {
        Ok(super::chain::head(&self.connection, &self.path)?.unwrap_or_default())
    }

    /// Checks the whole journal, rows of items included. Others may go on writing it meanwhile: it is looked at as of one moment.
    ///
    /// # Errors
    /// [`JournalError::Broken`] names the first thing that does not fit; [`JournalError`] when it cannot be read.
    pub fn check(&self) -> Result<Checked, JournalError> {
        let fail = database(&self.path);
        let was_outside = self.connection.is_autocommit();
        if was_outside {
            self.connection.execute_batch("BEGIN").map_err(&fail)?;
        }
        let checked = self.checked();
        if was_outside {
            let _ = self.connection.execute_batch("COMMIT");
        }
        match checked {
            // Content that SQLite cannot make sense of was not written by SQLite.
            Err(JournalError::Database { source, .. }) if !is_of_the_disk(&source) => {
                Err(self.broken(format!("the database itself: {source}")))
            }
            other => other,
        }
    }

    fn checked(&self) -> Result<Checked, JournalError> {
        let fail = database(&self.path);
        // Lists, indices and rows of the file itself: what is asked of an index must be what stands in its table.
        let sound: String =
            self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(&fail)?;
        if sound != "ok" {
            return Err(self.broken(format!("the database itself: {sound}")));
        }
        let (seal, runs) = (run_seal(&self.connection, &self.path)?, self.count("run")?);
        let recorded: String =
            self.connection.query_row("SELECT seal FROM run", [], |row| row.get(0)).map_err(&fail)?;
        if runs != 1 || seal != recorded {
            return Err(self.broken("the run"));
        }
        let (told, checked) = self.records(seal)?;
        let now: String =
            self.connection.query_row(&format!("SELECT {RUN} FROM run"), [], |row| row.get(0)).map_err(&fail)?;
        if now != told.run {
            return Err(self.broken("where the run stands"));
        }
        self.approvals_are(&told.approvals)?;
        self.batches_are(&told)?;
        self.items_are(&told)?;
        Ok(checked)
    }

    fn records(&self, seal: String) -> Result<(Told, Checked), JournalError> {
        let fail = database(&self.path);
        let (mut told, mut checked) = (Told::default(), Checked { records: 0, head: seal });
        let sql = "SELECT place, kind, n, body, sha256 FROM record ORDER BY place";
        let mut statement = self.connection.prepare(sql).map_err(&fail)?;
        let mut rows = statement.query([]).map_err(&fail)?;
        while let Some(row) = rows.next().map_err(&fail)? {
            let get = |i: usize| row.get::<_, String>(i).map_err(&fail);
            let (place, n): (i64, Option<i64>) = (row.get(0).map_err(&fail)?, row.get(2).map_err(&fail)?);
            let (word, body, sha256) = (get(1)?, get(3)?, get(4)?);
            checked.records += 1;
            let fits = unsigned(place) == checked.records && link(&checked.head, &word, n, &body) == sha256;
            let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word).filter(|_| fits);
            if !kind.is_some_and(|kind| told.take(kind, n, body)) {
                return Err(self.broken(format!("record {} ({word})", checked.records)));
            }
            checked.head = sha256;
        }
        // The database counts them for itself: the last ones may repeat what stands there anyway, and are not missed otherwise.
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'record'";
        let added: i64 = self.connection.query_row(sql, [], |row| row.get(0)).map_err(&fail)?;
        if unsigned(added) != checked.records {
            return Err(self.broken(format!("record {}", checked.records + 1)));
        }
        Ok((told, checked))
    }

    fn approvals_are(&self, told: &[String]) -> Result<(), JournalError> {
        let fail = database(&self.path);
        let sql = format!("SELECT {APPROVAL} FROM approval ORDER BY rowid");
        let mut statement = self.connection.prepare(&sql).map_err(&fail)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).map_err(&fail)?;
        let now: Vec<String> = rows.collect::<Result<_, _>>().map_err(&fail)?;
        match now.iter().zip(told).position(|(now, told)| now != told) {
            Some(place) => Err(self.broken(format!("approval {}", place + 1))),
            None if now.len() != told.len() => Err(self.broken(format!("approval {}", now.len().min(told.len()) + 1))),
            None => Ok(()),
        }
    }

    fn batches_are(&self, told: &Told) -> Result<(), JournalError> {
        let now: BTreeMap<i64, String> = batches(&self.connection, &self.path)?.into_iter().collect();
        let all = now.keys().chain(told.batches.keys());
        if let Some(n) = all.filter(|n| now.get(n) != told.batches.get(n)).min() {
            return Err(self.broken(format!("batch {n}")));
        }
        // Before there are batches, what is to be written stands in the first ones by its order alone.
        if told.batches.is_empty() || members(&self.connection, &self.path)? == told.members {
            return Ok(());
        }
        Err(self.broken("the items of a batch"))
    }

    fn items_are(&self, told: &Told) -> Result<(), JournalError> {
        let fail = database(&self.path);
        let sql = format!(
            "SELECT item.n, {PLANNED}, {ENDED}, begun_at, batch IS NULL, outcome, action, seal, objects, parts,
                 module, pk, sk, target_pk, target_sk
             FROM item LEFT JOIN item_rows USING (n) ORDER BY item.n"
        );
        let is_previewed: bool =
            self.connection.query_row("SELECT previewed FROM run", [], |row| row.get(0)).map_err(&fail)?;
        let mut statement = self.connection.prepare(&sql).map_err(&fail)?;
        let mut rows = statement.query([]).map_err(&fail)?;
        let (mut pages, mut page, mut seen) = (told.pages.iter(), Page::default(), 0);
        let mut until = pages.next();
        while let Some(row) = rows.next().map_err(&fail)? {
            let n: i64 = row.get(0).map_err(&fail)?;
            seen += 1;
            if !is_as_told(row, n, told, is_previewed).map_err(&fail)? {
                return Err(self.broken(format!("item {n}")));
            }
            let (planned, seal): (String, String) = (row.get(1).map_err(&fail)?, row.get(7).map_err(&fail)?);
            page.add(&planned, &seal, row.get::<_, Option<String>>(8).map_err(&fail)?.as_deref());
            if until.is_some_and(|(last, _)| n >= *last) {
                if until.is_none_or(|(last, sum)| n != *last || *sum != std::mem::take(&mut page).end()) {
                    return Err(self.broken(format!("the items up to {n}")));
                }
                until = pages.next();
            } else if until.is_none() {
                return Err(self.broken(format!("item {n}")));
            }
        }
        let stray = told.ended.len().max(told.begun.len()) > seen || self.count("item_rows")? != seen as u64;
        match until {
            Some((last, _)) => Err(self.broken(format!("the items up to {last}"))),
            None if stray => Err(self.broken("the rows of an item")),
            None => Ok(()),
        }
    }

    fn count(&self, table: &str) -> Result<u64, JournalError> {
        let sql = format!("SELECT count(*) FROM {table}");
        self.connection.query_row(&sql, [], |row| row.get(0)).map(unsigned).map_err(database(&self.path))
    }

    fn broken(&self, what: impl Into<String>) -> JournalError {
        JournalError::Broken { path: self.path.clone(), what: what.into() }
    }
}

/// Whether the disk, and not what stands on it, is the trouble.
fn is_of_the_disk(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, OutOfMemory, SystemIoFailure};
    matches!(
        error.sqlite_error_code(),
        Some(CannotOpen | DatabaseBusy | DatabaseLocked | OutOfMemory | SystemIoFailure)
    )
}

/// Whether what became of an item, and its rows, are those that were recorded.
fn is_as_told(row: &rusqlite::Row<'_>, n: i64, told: &Told, is_previewed: bool) -> rusqlite::Result<bool> {
    let (ended, begun): (String, Option<String>) = (row.get(2)?, row.get(3)?);
    let (is_unwritten, outcome, action): (bool, Option<String>, String) = (row.get(4)?, row.get(5)?, row.get(6)?);
    let is_ended = match told.ended.get(&n) {
        Some(recorded) => *recorded == ended && !is_unwritten,
        // It has the outcome that its action says, and nothing else ever becomes of it; its words belong to its page.
        None if is_unwritten => {
            let by_action = match action.as_str() {
                "equal" => "equal",
                "skip" => "skipped",
                other => other,
            };
            let rest = ended.ends_with(",0,null,null]");
            rest && outcome.as_deref() == is_previewed.then_some(by_action)
        }
        None => ended == NOT_ENDED,
    };
    let is_begun = begun.as_deref() == told.begun.get(&n).map(|at| &**at);
    let text = |i: usize| row.get::<_, String>(i);
    let keys = [&text(11)?, &text(12)?, &text(13)?, &text(14)?];
    Ok(is_ended && is_begun && is_sealed(n, &text(10)?, keys.map(|k| k.as_str()), &action, &text(9)?, &text(7)?))
}
