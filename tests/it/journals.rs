//! Journals that were changed: what they say is written only where the tables, or what was approved, bear it out.

use rusqlite::Connection;
use serde_json::Value as Json;
use tenantry::domain::value::Value;

use crate::support::plan::{Plan, as_before, fill};
use crate::support::program::Printed;
use crate::support::{Program, Stack};

const DATA: &str = "dev-shop-product-data";

async fn copied(stack: &Stack, program: &Program) -> String {
    fill(stack, "acme", 4).await;
    let printed = program.json(&["run", Plan::copy("acme", "globex").path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    printed.end()["run"].as_str().unwrap().to_owned()
}

/// SHA-256 over texts and their lengths.
fn sum(texts: impl IntoIterator<Item = String>) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 over what an item writes, as somebody who knows the program would compute it.
fn sealed(journal: &Connection) {
    let sql = "SELECT n, module, pk, sk, target_pk, target_sk, action, parts FROM item JOIN item_rows USING (n)";
    let mut statement = journal.prepare(sql).unwrap();
    let rows: Vec<(i64, Vec<String>)> = statement
        .query_map([], |row| Ok((row.get(0)?, (1..8).map(|i| row.get(i)).collect::<Result<_, _>>()?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (n, texts) in rows {
        let seal = sum(std::iter::once(n.to_string()).chain(texts));
        journal.execute("UPDATE item_rows SET seal = ?2 WHERE n = ?1", rusqlite::params![n, seal]).unwrap();
    }
}

/// The whole chain anew, over the items as they stand now: of all that was recorded, only its head tells.
fn chained(journal: &Connection) {
    use sha2::{Digest, Sha256};
    let sql = "SELECT place, kind, n, body FROM record ORDER BY place";
    let records: Vec<(i64, String, Option<i64>, String)> = {
        let mut statement = journal.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let page = "SELECT json_array(n, batch IS NULL, module, pk, sk, target_pk, target_sk, action, iif(batch IS NULL, reason, NULL),
            iif(batch IS NULL, message, NULL), warnings, version_before, version_after, source_version_before,
            source_version_after, digest, line), seal, coalesce(objects, '-')
        FROM item JOIN item_rows USING (n) WHERE n > ?1 AND n <= ?2 ORDER BY n";
    let mut statement = journal.prepare(page).unwrap();
    let (mut after, mut head) =
        (0, journal.query_row("SELECT seal FROM run", [], |row| row.get::<_, String>(0)).unwrap());
    for (place, kind, n, mut body) in records {
        if let ("planned", Some(until)) = (&*kind, n) {
            let rows = statement.query_map([after, until], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?])).unwrap();
            let mut hash = Sha256::new();
            rows.for_each(|row: rusqlite::Result<[String; 3]>| hash.update(sum(row.unwrap()).as_bytes()));
            body = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
            after = until;
        }
        head = sum([head, kind, n.map(|n| n.to_string()).unwrap_or_default(), body.clone()]);
        let sql = "UPDATE record SET body = ?2, sha256 = ?3 WHERE place = ?1";
        journal.execute(sql, rusqlite::params![place, body, head]).unwrap();
    }
}

fn reasons(printed: &Printed) -> Vec<(String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    printed.events("item").iter().map(|i| (text(&i["action"]), text(&i["reason"]))).collect()
}

#[tokio::test]
async fn a_brought_journal_writes_nothing_that_the_tables_do_not_prove() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "victim", 2).await;
    let overwrite = Plan::copy("victim", "acme").set("existing", "\"overwrite\"");
    let run = copied(&stack, &program).await;
    for i in 0..2 {
        let mut row = stack.get(DATA, "PRODUCT#victim", &format!("I-{i:04}")).await.unwrap();
        row.0.insert("name".to_owned(), Value::s("theirs"));
        row.0.insert("version".to_owned(), Value::n(3));
        stack.put(DATA, &row).await;
    }
    let second = program.json(&["run", overwrite.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(second.code, 0, "{}", second.stdout);
    let second = second.end()["run"].as_str().unwrap().to_owned();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("brought.db");
    let file = file.to_str().unwrap();
    // An altered row, an entity that the run never touched, an entity that it is said to have created.
    assert_eq!(program.json(&["runs", "export", &second, file]).await.code, 0);
    let journal = Connection::open(file).unwrap();
    let forge = "UPDATE item_rows SET parts = replace(parts, '{\"S\":\"item\"}', '{\"S\":\"FORGED\"}') WHERE n = 1";
    journal.execute(forge, []).unwrap();
    for table in ["item", "item_rows"] {
        let (from, to) = ("PRODUCT#acme", "PRODUCT#victim");
        let columns: &[&str] = if table == "item" { &["target_pk"] } else { &["parts"] };
        for column in columns {
            let sql = format!("UPDATE {table} SET {column} = replace({column}, '{from}', '{to}') WHERE n = 2");
            journal.execute(&sql, []).unwrap();
        }
    }
    // One that does not check is refused as a whole; with a chain made anew, nothing is believed whose seal does not fit.
    drop(journal);
    let before = stack.dump().await;
    let undo = ["undo", &second, "--journal", file, "--arm", "--approve", "all"];
    let refused = program.json(&undo).await;
    assert_eq!((refused.code, refused.events("item").len()), (1, 0), "{}", refused.stdout);
    assert_eq!(refused.events("error")[0]["code"], "conflict", "{}", refused.stdout);
    let checked = program.json(&["runs", "check", file]).await;
    let message = checked.events("error")[0]["message"].as_str().unwrap();
    assert!(checked.code == 1 && message.contains("item 1 is not as it was recorded"), "{}", checked.stdout);
    assert_eq!(stack.dump().await, before);
    sealed(&Connection::open(file).unwrap());
    chained(&Connection::open(file).unwrap());
    let pinned = program.json(&["runs", "check", &second]).await;
    let forged = program.json(&["runs", "check", file]).await;
    assert_eq!((pinned.code, forged.code), (0, 0), "{}", forged.stdout);
    assert_ne!(pinned.events("run")[0]["chain"], forged.events("run")[0]["chain"]);
    let refused = program.json(&["undo", &second, "--journal", file, "--arm", "--approve", "all"]).await;
    assert_eq!(refused.code, 3, "{}", refused.stdout);
    let unproven = ("conflict".to_owned(), "unproven".to_owned());
    assert_eq!(reasons(&refused).iter().filter(|r| **r == unproven).count(), 2, "{}", refused.stdout);
    let victim = stack.get(DATA, "PRODUCT#victim", "I-0001").await.unwrap();
    assert_eq!((victim.text("name"), victim.is_deleted()), (Some("theirs"), false));
    assert!(!format!("{:?}", stack.dump().await).contains("FORGED"));
    // Forced without a name it is still refused; the item named, the journal is trusted.
    let forced = ["undo", &second, "--journal", file, "--arm", "--approve", "all", "--conflicts", "force"];
    assert_eq!(reasons(&program.json(&forced).await).iter().filter(|r| **r == unproven).count(), 2);
    let named: Vec<&str> = forced.iter().copied().chain(["--item", "1"]).collect();
    let printed = program.json(&named).await;
    assert_eq!((printed.code, printed.events("item").len()), (0, 1), "{}", printed.stdout);
    assert!(printed.events("item")[0]["warnings"].to_string().contains("taken from the journal"));
    drop(before);
    // The first run comes back whole, by its own journal.
    let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 0, "{}", undone.stdout);
}

#[tokio::test]
async fn a_waiting_run_whose_journal_was_changed_writes_nothing() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 6).await;
    for forgery in ["row", "sealed row", "digest too"] {
        let printed = program.json(&["run", Plan::copy("acme", "globex").path(), "--arm"]).await;
        let run = printed.end()["run"].as_str().unwrap().to_owned();
        assert_eq!(printed.code, 4);
        let path = stack.state.path().join("runs").join(&run).join("journal.db");
        let journal = Connection::open(&path).unwrap();
        let forge = "UPDATE item_rows SET parts = replace(parts, '{\"S\":\"item\"}', '{\"S\":\"FORGED\"}') WHERE n = 4";
        journal.execute(forge, []).unwrap();
        if forgery != "row" {
            sealed(&journal);
        }
        if forgery == "digest too" {
            journal.execute("UPDATE item SET digest = 'f' WHERE n = 4", []).unwrap();
        }
        drop(journal);
        let before = stack.dump().await;
        let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
        assert_eq!((resumed.code, resumed.events("error").len()), (1, 1), "{forgery}: {}", resumed.stdout);
        assert_eq!(stack.dump().await, before, "{forgery}");
        assert!(resumed.events("error")[0]["message"].as_str().unwrap().contains("was changed since its preview"));
    }
}

#[tokio::test]
async fn a_journal_with_views_is_none() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    let run = copied(&stack, &program).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("views.db");
    let file = file.to_str().unwrap();
    assert_eq!(program.json(&["runs", "export", &run, file]).await.code, 0);
    let journal = Connection::open(file).unwrap();
    let endless = "ALTER TABLE item RENAME TO kept;
        CREATE VIEW item AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)
            SELECT r.n AS n, batch, module, pk, sk, target_pk, target_sk, action, reason, message, warnings, version_before,
            version_after, source_version_before, source_version_after, digest, begun_at, outcome, ended_at, attempts, request_id, line
            FROM r, kept;";
    journal.execute_batch(endless).unwrap();
    drop(journal);
    let printed = program.json(&["undo", &run, "--journal", file, "--arm", "--approve", "all"]).await;
    let error = printed.events("error")[0];
    assert_eq!((printed.code, error["code"].as_str()), (1, Some("io")), "{}", printed.stdout);
    assert!(error["message"].as_str().unwrap().contains("no journal of this program"), "{error}");
}

#[tokio::test]
async fn one_item_that_cannot_be_read_stops_no_other() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 4).await;
    let before = stack.dump().await;
    let run = {
        let printed = program.json(&["run", Plan::copy("acme", "globex").path(), "--arm", "--approve", "all"]).await;
        printed.end()["run"].as_str().unwrap().to_owned()
    };
    let path = stack.state.path().join("runs").join(&run).join("journal.db");
    let journal = Connection::open(&path).unwrap();
    journal.execute("UPDATE item_rows SET parts = '[{' WHERE n = 2", []).unwrap();
    drop(journal);
    let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    let unreadable = ("conflict".to_owned(), "malformed_json".to_owned());
    assert_eq!(undone.code, 3, "{}", undone.stdout);
    assert_eq!(reasons(&undone).iter().filter(|r| **r == unreadable).count(), 1, "{}", undone.stdout);
    assert_eq!(undone.end()["outcomes"]["done"], 3);
    // Found in the rows instead.
    let rest = program.json(&["undo", &run, "--pk", "PRODUCT#globex", "--arm", "--approve", "all"]).await;
    assert_eq!(rest.code, 0, "{}", rest.stdout);
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn attributes_of_any_depth_that_s3_holds_are_moved_and_come_back() {
    let stack = Stack::with(|profile| profile.attribute_limit_bytes = 64).await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 1).await;
    for (i, levels) in [62usize, 80, 98].into_iter().enumerate() {
        let mut row = stack.get(DATA, "PRODUCT#acme", "I-0000").await.unwrap();
        let sk = format!("D-{i}");
        let key = format!("ddb/{DATA}/PRODUCT#acme/{sk}/01HX7MBJK3V9WQBZ7XNDK5ZT2M.json");
        let body =
            format!("{{\"deep\":{}\"x\"{},\"pad\":\"{}\"}}", "[".repeat(levels), "]".repeat(levels), "p".repeat(80));
        stack.put_object(&key, &body).await;
        row = row.with_attributes(Value::s(format!("s3://shop-private/{key}")));
        row.0.insert("sk".to_owned(), Value::s(sk.as_str()));
        row.0.insert("id".to_owned(), Value::s(format!("PRODUCT#acme#{sk}")));
        stack.put(DATA, &row).await;
    }
    let before = stack.dump().await;
    let printed = program.json(&["run", Plan::new("move", "acme", "globex").path(), "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, printed.end()["outcomes"]["done"].as_u64()), (0, Some(4)), "{}", printed.stdout);
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    assert_eq!(program.json(&["verify", &run]).await.code, 0);
    let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!((undone.code, undone.end()["outcomes"]["done"].as_u64()), (0, Some(4)), "{}", undone.stdout);
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn who_publishes_is_part_of_what_was_approved() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 2).await;
    let printed = program.json(&["run", Plan::copy("acme", "globex").path(), "--arm"]).await;
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    let journal = Connection::open(stack.state.path().join("runs").join(&run).join("journal.db")).unwrap();
    journal.execute("UPDATE run SET stamp = replace(stamp, 'operator-1', 'somebody')", []).unwrap();
    drop(journal);
    let before = stack.dump().await;
    let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    assert_eq!((resumed.code, resumed.events("error").len()), (1, 1), "{}", resumed.stdout);
    assert_eq!(stack.dump().await, before);
}
