//! Rows that expire: retention settings as the framework reads them, and entities that are gone by their ttl.

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Number, Value, from_plain_json};

use crate::support::many::product;
use crate::support::plan::Plan;
use crate::support::program::Printed;
use crate::support::stack::BUCKET;
use crate::support::{Program, Stack};

const DATA: &str = "dev-shop-product-data";
const COMMAND: &str = "dev-shop-product-command";
const MASTER: &str = "dev-shop-master-data";
const DAY: i64 = 86_400;

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn setting(tenant: &str, table: &str, days: &str) -> Row {
    let json = format!(
        r#"{{"pk":"MASTER#{tenant}","sk":"TTL#{table}","id":"MASTER#{tenant}#TTL#{table}","version":1,"tenantCode":"{tenant}",
            "type":"MASTER","attributes":{{"days":{days}}}}}"#
    );
    Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
}

async fn ttl_of(stack: &Stack, table: &str, pk: &str, sk: &str) -> Option<i64> {
    stack.get(table, pk, sk).await.unwrap().get("ttl").and_then(Value::as_number).and_then(Number::as_i64)
}

fn reasons(printed: &Printed) -> Vec<(String, String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    printed.events("item").iter().map(|i| (text(&i["sk"]), text(&i["action"]), text(&i["reason"]))).collect()
}

#[tokio::test]
async fn retention_counts_as_the_framework_counts_it() {
    for (days, kept) in
        [("45", 45 * DAY), ("\"45\"", 45 * DAY), ("\" 12 \"", 12 * DAY), ("1.5", DAY * 3 / 2), ("true", DAY)]
    {
        let stack = Stack::new().await;
        stack.put(DATA, &product("acme", 1, "")).await;
        let mut row = setting("globex", DATA, days);
        // A soft-deleted setting counts, and so does one whose attributes are in S3.
        row.0.insert("isDeleted".to_owned(), Value::Bool(true));
        if days == "45" {
            stack.put_object("ddb/x/1.json", r#"{"days":45}"#).await;
            row = row.with_attributes(Value::s(format!("s3://{BUCKET}/ddb/x/1.json")));
        }
        stack.put(MASTER, &row).await;
        let printed =
            Program::new(&stack).json(&["run", Plan::copy("acme", "globex").path(), "--arm", "--approve", "all"]).await;
        assert_eq!(printed.code, 0, "{}", printed.stdout);
        let ttl = ttl_of(&stack, DATA, "PRODUCT#globex", "P-00001").await.unwrap();
        assert!((ttl - now() - kept).abs() < 60, "{days}: {}", ttl - now());
    }
}

#[tokio::test]
async fn a_retention_that_the_framework_cannot_store_makes_its_items_invalid() {
    for days in ["1000000000000000", "\"1e15\"", "\"Infinity\""] {
        let stack = Stack::new().await;
        stack.put(DATA, &product("acme", 1, "")).await;
        stack.put(MASTER, &setting("globex", DATA, days)).await;
        stack.put(MASTER, &setting("acme", DATA, days)).await;
        let before = stack.dump().await;
        let program = Program::new(&stack);
        let plan = Plan::copy("acme", "globex");
        let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
        let refused = ("P-00001".to_owned(), "invalid".to_owned(), "unsupported".to_owned());
        assert_eq!((printed.code, reasons(&printed)), (3, vec![refused]), "{days}: {}", printed.stdout);
        let message = printed.events("item")[0]["message"].as_str().unwrap();
        assert!(message.contains("retention setting"), "{message}");
        assert_eq!(stack.dump().await, before);
        let doctor = program.json(&["doctor", "--module", "product"]).await;
        assert!(doctor.stdout.contains("cannot store such a time"), "{}", doctor.stdout);
    }
    // The longest that it can store is stored as it is; and what a new entity does not have cannot be in its way.
    let stack = Stack::new().await;
    stack.put(DATA, &product("acme", 1, "")).await;
    stack.put(MASTER, &setting("globex", DATA, "100000000000")).await;
    stack.put(MASTER, &setting("globex", "dev-shop-product-history", "1000000000000000")).await;
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex").set("existing", "\"overwrite\"");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let ttl = ttl_of(&stack, DATA, "PRODUCT#globex", "P-00001").await.unwrap();
    assert!((ttl - now() - 100_000_000_000 * DAY).abs() < 60, "{ttl}");
    let mut row = product("acme", 1, "");
    row.0.insert("name".to_owned(), Value::s("another"));
    stack.put(DATA, &row).await;
    let over = program.json(&["preview", plan.path()]).await;
    assert_eq!(reasons(&over)[0].2, "unsupported", "{}", over.stdout);
}

#[tokio::test]
async fn the_last_segment_of_the_key_names_the_settings_and_the_doctor_names_odd_ones() {
    let stack = Stack::new().await;
    let mut row = product("acme", 1, "");
    for (name, value) in [("pk", "LOG#acme#2024-05"), ("id", "LOG#acme#2024-05#P-00001"), ("type", "LOG")] {
        row.0.insert(name.to_owned(), Value::s(value));
    }
    stack.put(DATA, &row).await;
    stack.put(MASTER, &setting("2024-05", DATA, "\"7\"")).await;
    stack.put(MASTER, &setting("acme", DATA, "99")).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.toml");
    let plan = "name = \"logs\"\noperation = \"copy\"\nmodule = \"product\"\n[source]\ntype = \"LOG\"\ntenant = \"acme\"\n\
                [target]\ntenant = \"globex\"\n";
    std::fs::write(&path, plan).unwrap();
    let program = Program::new(&stack);
    let printed = program.json(&["run", path.to_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let ttl = ttl_of(&stack, DATA, "LOG#globex#2024-05", "P-00001").await.unwrap();
    assert!((ttl - now() - 7 * DAY).abs() < 60, "{}", ttl - now());
    let doctor = program.json(&["doctor", "--module", "product"]).await;
    let odd: Vec<&Json> = doctor.events("finding").into_iter().filter(|f| f["kind"] == "ttl").collect();
    assert_eq!((odd.len(), odd[0]["pk"].as_str()), (1, Some("MASTER#2024-05")), "{}", doctor.stdout);
    assert!(odd[0]["message"].as_str().unwrap().contains("no whole number"), "{}", odd[0]);
}

/// Versions 1 to 3 of an entity, of which the ttl took the data row and the newest command.
async fn expired(stack: &Stack, i: usize, status: &str, has_history: bool) {
    let row = product("acme", i, "");
    let sk = row.text("sk").unwrap().to_owned();
    let at = |version: u64, more: &[(&str, &str)]| {
        let mut map = row.0.clone();
        map.insert("sk".to_owned(), Value::s(format!("{sk}@{version}")));
        map.insert("version".to_owned(), Value::n(version));
        map.extend(more.iter().map(|(n, v)| ((*n).to_owned(), Value::s(*v))));
        Row(map)
    };
    for version in 1..=2 {
        stack.put(COMMAND, &at(version, &[("status", status), ("syncMode", "SYNC")])).await;
        if has_history {
            stack.put("dev-shop-product-history", &at(version, &[])).await;
        }
    }
}

#[tokio::test]
async fn what_expired_is_neither_wedged_nor_repaired_nor_written_to() {
    let stack = Stack::new().await;
    expired(&stack, 1, "finish:FINISHED", false).await;
    expired(&stack, 2, "publish_sync:FAILED", true).await;
    // Never applied: that one is wedged.
    let mut stuck = product("acme", 3, "");
    stuck.0.extend(Map::from([
        ("sk".to_owned(), Value::s("P-00003@1")),
        ("status".to_owned(), Value::s("publish_sync:FAILED")),
        ("syncMode".to_owned(), Value::s("SYNC")),
    ]));
    stack.put(COMMAND, &stuck).await;
    let program = Program::new(&stack);
    let before = stack.dump().await;
    let listed = program.json(&["entities", "PRODUCT#acme"]).await;
    let flags: Vec<String> = listed.events("entity").iter().map(|e| e["flags"].to_string()).collect();
    assert_eq!(flags, ["[\"expired\"]", "[\"expired\"]", "[\"failed\",\"wedged\"]"], "{}", listed.stdout);
    let doctor = program.json(&["doctor", "--module", "product"]).await;
    let found: Vec<(&str, &str)> = doctor
        .events("finding")
        .iter()
        .filter(|f| !f["sk"].is_null() && f["pk"] == "PRODUCT#acme")
        .map(|f| (f["kind"].as_str().unwrap(), f["severity"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [("expired", "note"), ("expired", "note"), ("wedged", "error")], "{}", doctor.stdout);
    let copied = program.json(&["preview", Plan::copy("acme", "globex").path()]).await;
    let expected = |sk: &str, reason: &str| (sk.to_owned(), "skip".to_owned(), reason.to_owned());
    let wanted = [expected("P-00001", "expired"), expected("P-00002", "expired"), expected("P-00003", "pending")];
    assert_eq!(reasons(&copied), wanted, "{}", copied.stdout);
    let repaired = program.json(&["doctor", "--module", "product", "--repair", "--arm", "--approve", "all"]).await;
    assert_eq!(repaired.events("item").len(), 1, "{}", repaired.stdout);
    let after = stack.dump().await;
    assert_eq!(after[DATA].len(), before[DATA].len() + 1, "only the wedged one came to be");
    assert_eq!(after[DATA][0].text("sk"), Some("P-00003"));
    // Nobody can publish where older commands stand.
    stack.put(DATA, &product("globex", 1, "")).await;
    let onto = program.json(&["preview", Plan::copy("globex", "acme").path()]).await;
    assert_eq!(reasons(&onto), [("P-00001".to_owned(), "conflict".to_owned(), "expired".to_owned())]);
}

#[tokio::test]
async fn a_source_whose_ttl_has_passed_is_skipped() {
    let stack = Stack::new().await;
    let mut gone = product("acme", 1, "");
    gone.0.insert("ttl".to_owned(), Value::N(Number::from(now() - 10)));
    stack.put(DATA, &gone).await;
    stack.put(DATA, &product("acme", 2, "")).await;
    let program = Program::new(&stack);
    for operation in ["copy", "move"] {
        let printed = program.json(&["preview", Plan::new(operation, "acme", "globex").path()]).await;
        let skipped = ("P-00001".to_owned(), "skip".to_owned(), "expired".to_owned());
        assert_eq!(reasons(&printed)[0], skipped, "{}", printed.stdout);
        assert_eq!(printed.events("item")[1]["action"], "create");
    }
}

#[tokio::test]
async fn a_failed_command_above_a_row_past_its_ttl_is_not_repaired() {
    let stack = Stack::new().await;
    let mut row = product("acme", 1, "");
    row.0.insert("ttl".to_owned(), Value::N(Number::from(now() - 10)));
    stack.put(DATA, &row).await;
    row.0.insert("sk".to_owned(), Value::s("P-00001@2"));
    row.0.insert("version".to_owned(), Value::n(2));
    row.0.insert("status".to_owned(), Value::s("publish_sync:FAILED"));
    row.0.insert("syncMode".to_owned(), Value::s("SYNC"));
    stack.put(COMMAND, &row).await;
    let program = Program::new(&stack);
    let before = stack.dump().await;
    let listed = program.json(&["entities", "PRODUCT#acme"]).await;
    assert_eq!(listed.events("entity")[0]["flags"].to_string(), "[\"expired\"]");
    let repaired = program.json(&["doctor", "--module", "product", "--repair", "--arm", "--approve", "all"]).await;
    assert_eq!(repaired.events("item").len(), 0, "{}", repaired.stdout);
    assert!(repaired.events("finding").iter().any(|f| f["kind"] == "expired"), "{}", repaired.stdout);
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_run_says_until_when_it_can_be_undone_and_keeps_to_it() {
    const HISTORY: &str = "dev-shop-product-history";
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    stack.put(DATA, &product("acme", 1, "")).await;
    let plan = Plan::copy("acme", "globex").set("existing", "\"overwrite\"");
    let run = async || {
        let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
        assert_eq!(printed.code, 0, "{}", printed.stdout);
        printed
    };
    let until = |line: &Json| line["undo_until"].as_str().map(|at| at.parse::<jiff::Timestamp>().unwrap().as_second());
    // What is new is there for ever, and nothing is to be proven.
    let first = run().await;
    assert_eq!(until(first.events("run").last().unwrap()), None);
    let change = async |name: &str, history: &str, command: &str| {
        let mut row = stack.get(DATA, "PRODUCT#acme", "P-00001").await.unwrap();
        row.0.insert("name".to_owned(), Value::s(name));
        stack.put(DATA, &row).await;
        stack.put(MASTER, &setting("globex", HISTORY, history)).await;
        stack.put(MASTER, &setting("globex", COMMAND, command)).await;
    };
    change("second", "7", "12").await;
    let second = run().await;
    let at = until(second.events("run").last().unwrap()).unwrap();
    assert!((at - now() - 12 * DAY).abs() < 60, "{}", at - now());
    assert!(
        second.stderr.contains("can be undone for ") && second.stderr.contains(" days only, until "),
        "{}",
        second.stderr
    );
    // As the rows themselves say.
    let command = ttl_of(&stack, COMMAND, "PRODUCT#globex", "P-00001@1").await.unwrap();
    let history = ttl_of(&stack, HISTORY, "PRODUCT#globex", "P-00001@1").await.unwrap();
    assert_eq!(at, command.max(history));
    // Another retention counts for later runs, and never for this one.
    change("third", "90", "90").await;
    let third = run().await;
    let later = until(third.events("run").last().unwrap()).unwrap();
    assert!((later - now() - 90 * DAY).abs() < 60, "{}", later - now());
    assert!(third.stderr.contains("can be undone until ") && !third.stderr.contains("only"), "{}", third.stderr);
    let runs = program.json(&["runs"]).await;
    let all: Vec<Option<i64>> = runs.events("run").into_iter().map(until).collect();
    assert_eq!(all, [Some(later), Some(at), None]);
    assert_eq!(ttl_of(&stack, COMMAND, "PRODUCT#globex", "P-00001@1").await.unwrap(), command);
    let (_, text, _) = program.text(&["runs"]).await;
    assert!(text.contains("UNDO UNTIL") && text.contains("no end"), "{text}");
    // An undo as soon as those rows are gone finds what was said.
    let id = third.end()["run"].as_str().unwrap();
    for table in [HISTORY, COMMAND] {
        stack.delete(table, "PRODUCT#globex", "P-00001@2").await;
    }
    let undone = program.json(&["undo", id, "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 3, "{}", undone.stdout);
}
