//! Journals that someone, or a bad disk, has changed: found, or without effect on what is said and done.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{EVERY, EndedItem, Header, Journal, JournalError, NewItem, Reader};
use crate::domain::item::{InS3, PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, Version};
use crate::domain::publish::{PublishMode, Stamp};
use crate::domain::row::Row;
use crate::domain::run::{Action, Operation, Outcome, Reason, RunId, RunState};
use crate::domain::value::from_plain_json;
use crate::engine::protocol::{Approval, BatchState, Blast};
use crate::store::Pins;

const AT: &str = "2026-03-20T01:02:03.004Z";
const TABLES: [&str; 6] = ["run", "approval", "item", "item_rows", "batch", "record"];

fn header() -> Header {
    let text = |t: &str| t.to_owned();
    Header {
        run: RunId::generate(),
        name: text("products"),
        operation: Operation::Copy,
        reason: text("T-1"),
        profile: text("staging"),
        environment: text("stg"),
        app: text("shop"),
        account: Some(text("000000000000")),
        region: Some(text("ap-northeast-1")),
        endpoint: None,
        pins: Pins::default(),
        started_at: text(AT),
        plan: None,
        stamp: Stamp { at: text(AT), by: text("u-1"), ip: None, request_id: text("r"), source: text("s") },
        mode: PublishMode::Sync,
        undo_of: None,
    }
}

fn item(n: u64) -> NewItem {
    let key = |tenant: &str| EntityKey::new(format!("PRODUCT#{tenant}"), format!("P-{n:02}"));
    let mut item = PlannedItem::new("product", key("acme"), key("globex"));
    let row = |name: &str| {
        let json = format!(r#"{{"pk":"PRODUCT#globex","sk":"P-{n:02}","name":"{name}","version":1}}"#);
        Some(Arc::new(Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())))
    };
    let batch = match n % 6 {
        4 => None,
        5 => {
            item = item.refused(Action::Conflict, Reason::Exists, "it is there already".to_owned());
            None
        }
        _ => {
            item.action = Action::Create;
            item.message = (n == 1).then(|| "said before".to_owned());
            item.parts = vec![PlannedPart {
                role: Role::Target,
                key: key("globex"),
                version: Version(0),
                before: row("before"),
                after: row("after"),
                wrote: None,
                previous_seen: false,
                previous_stays: false,
                changed: None,
                ttl: (None, None),
                in_s3: InS3::default(),
                origin: None,
            }];
            Some(if n <= 2 { 1 } else { 2 + (n as u32 - 3) / 5 })
        }
    };
    let objects = if n == 2 { vec!["s3://b/k".to_owned()] } else { Vec::new() };
    NewItem { n, batch, digest: item.digest(AT), item, objects }
}

fn ended(n: u64, outcome: Outcome) -> EndedItem {
    let reason = (outcome == Outcome::Failed).then_some(Reason::Refused);
    let message = reason.map(|_| "no".to_owned());
    EndedItem { n, outcome, reason, message, attempts: 1, request_id: Some(format!("q-{n}")), at: AT.to_owned() }
}

/// A run in which everything happened that a journal records.
async fn eventful(dir: &Path) -> PathBuf {
    let journal = Journal::create(dir, &header()).unwrap();
    for page in [1..=10u64, 11..=24] {
        journal.add(page.map(item).collect()).await.unwrap();
    }
    let digest = journal.digest().await.unwrap();
    journal.previewed(&digest, Blast::default(), 2, 4).await.unwrap();
    journal.set_state(RunState::Running, "").await.unwrap();
    let mut approved = Vec::new();
    while let Some(batch) = journal.next_batch(100).await.unwrap() {
        match batch.batch {
            2 if batch.items > 2 => journal.split_batch(2).await.unwrap(),
            3 => journal.skip_batch(3, AT.to_owned()).await.unwrap(),
            4 => journal.set_batch(4, BatchState::Held).await.unwrap(),
            n => {
                let approval = Approval {
                    at: AT.to_owned(),
                    by: "u-1".to_owned(),
                    batch: Some(n),
                    digest: batch.digest.clone(),
                    decision: "approve".to_owned(),
                };
                journal.record_approval(approval).await.unwrap();
                journal.set_batch(n, BatchState::Approved).await.unwrap();
                let begun = journal.begin((0, 0), EVERY, 100, AT.to_owned()).await.unwrap();
                let (last, others) = begun.split_last().unwrap();
                journal.unbegin(vec![last.n]).await.unwrap();
                let begun_again = journal.begin((0, 0), EVERY, 100, AT.to_owned()).await.unwrap();
                assert_eq!(begun_again.last().map(|item| item.n), Some(last.n));
                let outcome = |n: u64| if n.is_multiple_of(5) { Outcome::Failed } else { Outcome::Done };
                let mut all: Vec<EndedItem> = others.iter().map(|item| ended(item.n, outcome(item.n))).collect();
                if approved.is_empty() {
                    all.push(ended(last.n, Outcome::Done));
                } else {
                    // The outcome of the last one is not known.
                    journal.set_batch(n, BatchState::Stopped).await.unwrap();
                }
                journal.end(all, vec![n]).await.unwrap();
                approved.push(n);
            }
        }
    }
    assert!(approved.len() > 1, "{approved:?}");
    journal.record_steering(AT, "u-1", "rate 5").await.unwrap();
    assert!(journal.ask_again(true).await.unwrap().retried > 0);
    journal.approve_rest().await.unwrap();
    journal.approve_all().await.unwrap();
    journal.set_state(RunState::Stopped, AT).await.unwrap();
    let run = journal.run();
    journal.close().await;
    super::mark(dir, run, RunState::Stopped, None).unwrap();
    let file = dir.join("exported.db");
    Reader::open(dir, run).unwrap().export(&file).unwrap();
    file
}

/// Everything that a journal is asked for.
fn said(reader: &Reader) -> Result<String, JournalError> {
    let mut info = reader.info()?;
    info.journal.clear();
    let recorded = reader.recorded()?;
    let (items, written, approvals) = (reader.items(0, 100)?, reader.written(0, 100)?, reader.approvals()?);
    let of_batch: Vec<_> = (1..9).map(|n| reader.done(Some(n), 0, 100)).collect::<Result<_, _>>()?;
    let intended: Vec<_> = (1..30).map(|n| reader.intended(n)).collect::<Result<_, _>>()?;
    Ok(format!("{info:?}{recorded:?}{items:?}{written:?}{of_batch:?}{approvals:?}{intended:?}"))
}

/// The content of a file that passes the check; `None` where the check finds a change.
fn believed(file: &Path) -> Option<String> {
    let reader = Reader::open_file(file).ok()?;
    reader.check().ok()?;
    Some(said(&reader).unwrap())
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// Changes a row or two by what the database itself offers; tells in words, and nothing where nothing was changed.
fn edit(file: &Path, dice: &mut Dice) -> Option<String> {
    let database = Connection::open(file).unwrap();
    let table = TABLES[dice.roll(TABLES.len())];
    let rows: Vec<i64> = {
        let mut statement = database.prepare(&format!("SELECT rowid FROM {table}")).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let columns: Vec<String> = {
        let mut statement = database.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let (one, other) = (rows[dice.roll(rows.len())], rows[dice.roll(rows.len())]);
    let column = &columns[dice.roll(columns.len())];
    let sql = match dice.roll(5) {
        0 => format!("DELETE FROM {table} WHERE rowid = {one}"),
        1 => {
            let list = columns.join(", ");
            let copied = match table {
                "item" | "item_rows" | "batch" => list.replacen("n", "(SELECT max(rowid) + 1 FROM T)", 1),
                "record" => list.replacen("place", "(SELECT max(rowid) + 1 FROM T)", 1),
                "run" => list.replacen("id", "id || 'x'", 1),
                _ => list.clone(),
            };
            let copied = copied.replace("FROM T", &format!("FROM {table}"));
            format!("INSERT INTO {table} ({list}) SELECT {copied} FROM {table} WHERE rowid = {one}")
        }
        2 if one != other => format!(
            "UPDATE {table} SET rowid = -1 WHERE rowid = {one}; UPDATE {table} SET rowid = {one} WHERE rowid = {other};
             UPDATE {table} SET rowid = {other} WHERE rowid = -1"
        ),
        3 => format!("UPDATE {table} SET {column} = {column} + 1 WHERE rowid = {one} AND typeof({column}) = 'integer'"),
        _ => format!(
            "UPDATE {table} SET {column} = CASE typeof({column}) WHEN 'null' THEN 1 WHEN 'text' THEN substr({column}, 2) || 'x' ELSE -{column} END
             WHERE rowid = {one}"
        ),
    };
    let content = |database: &Connection| -> Vec<Vec<rusqlite::types::Value>> {
        let mut statement = database.prepare(&format!("SELECT rowid, * FROM {table} ORDER BY rowid")).unwrap();
        let width = columns.len() + 1;
        let rows = statement.query_map([], |row| (0..width).map(|i| row.get(i)).collect()).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let before = content(&database);
    // A key that is there already refuses some.
    let _ = database.execute_batch(&sql);
    (content(&database) != before).then_some(sql)
}

async fn trials(count: u64) {
    let dir = TempDir::new().unwrap();
    let whole = std::fs::read(eventful(dir.path()).await).unwrap();
    let file = dir.path().join("changed.db");
    std::fs::write(&file, &whole).unwrap();
    let reader = Reader::open_file(&file).unwrap();
    reader.check().unwrap();
    let original = believed(&file).unwrap();
    drop(reader);
    let (mut found, mut edits) = (0, 0);
    for seed in 1..=count {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.roll(2);
        let mut bytes = whole.clone();
        let by_bytes = seed % 2 == 0;
        if by_bytes {
            for _ in 0..=dice.roll(3) {
                let (place, bit) = (dice.roll(bytes.len()), dice.roll(8));
                bytes[place] ^= 1 << bit;
            }
        }
        std::fs::write(&file, &bytes).unwrap();
        let edited = if by_bytes { None } else { edit(&file, &mut dice) };
        let believed = believed(&file);
        found += u64::from(believed.is_none());
        if let Some(sql) = edited {
            edits += 1;
            assert_eq!(believed, None, "seed {seed}: {sql}");
        } else if let Some(said) = believed {
            assert_eq!(said, original, "seed {seed}");
        }
    }
    println!("{count} trials, {found} found, {edits} of them edits of rows");
    assert!(edits * 3 > count, "{edits}");
    assert!(found > edits, "no flipped byte was found");
}

#[tokio::test]
async fn what_was_changed_is_found_or_without_effect() {
    trials(400).await;
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn what_was_changed_is_found_or_without_effect_in_ten_thousand_trials() {
    trials(10_000).await;
}

#[tokio::test]
async fn the_first_record_that_does_not_fit_is_named() {
    let dir = TempDir::new().unwrap();
    let file = eventful(dir.path()).await;
    let database = Connection::open(&file).unwrap();
    database.execute("UPDATE record SET body = body || ' ' WHERE place IN (3, 7)", []).unwrap();
    drop(database);
    let error = Reader::open_file(&file).unwrap().check().unwrap_err();
    assert!(error.to_string().contains("record 3 (item) is not as it was recorded"), "{error}");
}
