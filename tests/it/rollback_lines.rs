//! Every line that a rollback prints for programs, as it was printed from the first version on: scripts read them.

use std::fmt::Write;

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Number, Value, from_plain_json};

use crate::support::{Program, Stack};

const PK: &str = "PRODUCT#acme";
const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";
const DATA: &str = "dev-shop-product-data";
const HISTORY: &str = "dev-shop-product-history";
const COMMAND: &str = "dev-shop-product-command";
/// Longer texts are shown by their length.
const TEXT: usize = 100;

/// A line without what differs from run to run.
fn same(value: &mut Json, stack: &Stack, today: &[String]) {
    match value {
        Json::String(text) => {
            *text = text.replace(stack.state.path().to_str().unwrap(), "STATE");
            let is_now = today.iter().any(|day| text.starts_with(day.as_str()));
            let is_request = text.starts_with("tenantry-") && text.len() == 35;
            let is_digest = text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
            if is_request {
                *text = "tenantry-RUN".to_owned();
            } else if is_now || is_digest {
                *text = if is_digest { "DIGEST" } else { "NOW" }.to_owned();
            } else if text.len() > TEXT && !text.contains(' ') {
                *text = format!("{} characters", text.len());
            }
        }
        Json::Array(all) => all.iter_mut().for_each(|value| same(value, stack, today)),
        Json::Object(map) => map.values_mut().for_each(|value| same(value, stack, today)),
        _ => {}
    }
}

/// The lines of one call, its exit code, and what is said beside them.
async fn told(stack: &Stack, more: &str, title: &str, args: &[&str]) -> String {
    let now = jiff::Timestamp::now();
    let day = |hours: i64| (now + jiff::SignedDuration::from_hours(hours)).strftime("%Y-%m-%d").to_string();
    let today = [day(0), day(9)];
    let all: Vec<&str> = ["rollback"].into_iter().chain(args.iter().copied()).collect();
    let printed = Program::with(stack, more).json(&all).await;
    let mut out = format!("## {title}: exit {}\n", printed.code);
    for line in &printed.lines {
        let mut line = line.clone();
        let run = line["run"].as_str().map(str::to_owned);
        same(&mut line, stack, &today);
        if line["request_id"].is_string() && line["event"] == "item" {
            line["request_id"] = "REQUEST".into();
        }
        if line["undo_until"].is_string() {
            line["undo_until"] = "LATER".into();
        }
        let mut text = line.to_string();
        if let Some(run) = run {
            text = text.replace(&run, "RUN");
        }
        writeln!(out, "{text}").unwrap();
    }
    let stderr = printed.stderr.trim();
    if !stderr.is_empty() {
        writeln!(out, "{}", stderr.lines().map(|l| format!("stderr: {l}")).collect::<Vec<_>>().join("\n")).unwrap();
    }
    out
}

fn row(json: &str) -> Row {
    Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
}

async fn changed(stack: &Stack, table: &str, sk: &str, change: impl FnOnce(&mut Row)) {
    let mut row = stack.get(table, PK, sk).await.unwrap();
    change(&mut row);
    stack.put(table, &row).await;
}

/// An entity with two versions, under any key.
async fn two_versions(stack: &Stack, pk: &str, sk: &str, code: &str) {
    for (table, end, version) in [(HISTORY, "@1", 1), (DATA, "", 2), (COMMAND, "@1", 1), (COMMAND, "@2", 2)] {
        let json = format!(
            r#"{{"pk":"{pk}","sk":"{sk}{end}","id":"{pk}#{sk}","code":"{sk}","name":"name {version}","version":{version},"tenantCode":"{code}",
            "type":"{}","attributes":{{"n":{version}}},"createdAt":"2026-03-0{version}T10:00:00+09:00","createdBy":"u"}}"#,
            pk.split('#').next().unwrap()
        );
        stack.put(table, &row(&json)).await;
    }
}

#[tokio::test]
async fn of_what_is_written() {
    let mut out = String::new();
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let (arm, dry) = ("--arm", "--dry-run");
    let mut tell = async |title: &str, args: &[&str]| out += &told(&stack, "", title, args).await;
    tell("dry run", &[PK, BOLT, "--to", "4", dry]).await;
    tell("done", &[PK, BOLT, "--to", "4", "--expect", "12", arm]).await;
    tell("current", &[PK, BOLT, "--to", "13", arm]).await;
    tell("over a rollback", &[PK, BOLT, "--to", "12", arm]).await;
    tell("over a rollback, again", &[PK, BOLT, "--to", "12", "--dry-run"]).await;
    tell("restored", &[PK, "P-0002", "--to", "2", arm]).await;
    tell("deleted again", &[PK, "P-0002", "--to", "3", arm]).await;
    tell("attributes in S3", &[PK, "P-0009", "--to", "1", arm]).await;
    stack.delete(HISTORY, PK, &format!("{BOLT}@5")).await;
    tell("from a command row", &[PK, BOLT, "--to", "5", dry]).await;
    tell("from a command row, done", &[PK, BOLT, "--to", "5", arm]).await;
    changed(&stack, HISTORY, &format!("{BOLT}@3"), |row| {
        let mut map = row.get("attributes").unwrap().as_map().unwrap().clone();
        map.insert("big".to_owned(), Value::N(Number::parse("12345678901234567890123").unwrap()));
        row.0.insert("attributes".to_owned(), Value::M(map));
    })
    .await;
    tell("what JavaScript cannot read", &[PK, BOLT, "--to", "3", dry]).await;
    for (pk, code) in
        [("LOG#2024-05#acme", "acme"), ("LOG#acme#2024-05", "acme"), ("SINGLE", "x"), ("#", ""), ("LOG#ACME", "acme")]
    {
        two_versions(&stack, pk, "a", code).await;
        tell(&format!("of {pk}"), &[pk, "a", "--to", "1", "--module", "product", arm]).await;
    }
    let mut tell = async |title: &str, args: &[&str]| out += &told(&stack, "protected = true", title, args).await;
    for (pk, word) in [("LOG#2024-05#acme", "acme"), ("SINGLE", "dev")] {
        tell(&format!("of {pk}, protected"), &[pk, "a", "--to", "2", "--module", "product", arm]).await;
        tell(&format!("of {pk}, confirmed"), &[pk, "a", "--to", "2", "--module", "product", arm, "--confirm", word])
            .await;
    }
    insta::assert_snapshot!("written", out);
}

#[tokio::test]
async fn of_what_is_not_written() {
    let mut out = String::new();
    let stack = Stack::golden().await;
    let arm = "--arm";
    for (table, sk) in [(HISTORY, "@3"), (COMMAND, "@3")] {
        stack.delete(table, PK, &format!("{BOLT}{sk}")).await;
    }
    changed(&stack, HISTORY, "P-0009@1", |row| {
        row.0.insert("attributes".to_owned(), Value::s("s3://shop-private/ddb/gone.json"));
    })
    .await;
    two_versions(&stack, PK, "past", "acme").await;
    changed(&stack, DATA, "past", |row| drop(row.0.insert("ttl".to_owned(), Value::n(1_600_000_000)))).await;
    two_versions(&stack, PK, "same", "acme").await;
    let then = stack.get(DATA, PK, "same").await.unwrap();
    changed(&stack, HISTORY, "same@1", |row| {
        for name in ["name", "attributes"] {
            row.0.insert(name.to_owned(), then.get(name).unwrap().clone());
        }
    })
    .await;
    two_versions(&stack, PK, "lost", "acme").await;
    changed(&stack, DATA, "lost", |row| {
        row.0.insert("attributes".to_owned(), Value::s("s3://shop-private/ddb/gone.json"));
    })
    .await;
    two_versions(&stack, PK, "odd", "acme").await;
    changed(&stack, HISTORY, "odd@1", |row| drop(row.0.insert("attributes".to_owned(), Value::n(5)))).await;
    two_versions(&stack, PK, "bare", "acme").await;
    stack.delete(COMMAND, PK, "bare@2").await;
    two_versions(&stack, PK, "a@b", "acme").await;
    let before = stack.dump().await;
    let protected = "protected = true";
    let mut tell = async |more: &str, title: &str, args: &[&str]| out += &told(&stack, more, title, args).await;
    tell("", "not armed", &[PK, BOLT, "--to", "4"]).await;
    tell("", "current, not armed", &[PK, BOLT, "--to", "12"]).await;
    tell("", "current", &[PK, BOLT, "--to", "12", arm]).await;
    tell("", "as it was", &[PK, "same", "--to", "1", arm]).await;
    tell("", "another version is expected", &[PK, BOLT, "--to", "4", "--expect", "11", arm]).await;
    tell("", "another version is expected, looked at", &[PK, BOLT, "--to", "4", "--expect", "11", "--dry-run"]).await;
    tell("", "later", &[PK, BOLT, "--to", "13", arm]).await;
    tell("", "version 0", &[PK, BOLT, "--to", "0", arm]).await;
    tell("", "gone", &[PK, BOLT, "--to", "3", arm]).await;
    tell("", "past its ttl", &[PK, "past", "--to", "1", arm]).await;
    tell("", "wedged", &[PK, "P-0003", "--to", "1", arm]).await;
    tell("", "never processed", &[PK, "P-0004", "--to", "1", arm]).await;
    tell("", "nothing there", &[PK, "nothing", "--to", "1", arm]).await;
    tell("", "a key with its version", &[PK, &format!("{BOLT}@4"), "--to", "1", arm]).await;
    tell("", "a key that the framework mangles", &[PK, "a@b", "--to", "1", arm]).await;
    tell("", "attributes gone from S3", &[PK, "lost", "--to", "1", arm]).await;
    tell("", "attributes of then gone from S3", &[PK, "P-0009", "--to", "1", arm]).await;
    tell("", "attributes of then are none", &[PK, "odd", "--to", "1", arm]).await;
    tell("publish = \"async\"", "async", &[PK, BOLT, "--to", "4", "--dry-run"]).await;
    tell("publish = \"async\"", "async without a command row", &[PK, "bare", "--to", "1", arm]).await;
    tell(protected, "protected", &[PK, BOLT, "--to", "4", arm]).await;
    tell(protected, "protected, another name", &[PK, BOLT, "--to", "4", arm, "--confirm", "globex"]).await;
    tell(protected, "protected, expected", &[PK, BOLT, "--to", "4", arm, "--confirm", "acme", "--expect", "11"]).await;
    tell("framework = \"1.1.3\"", "an old framework", &[PK, BOLT, "--to", "4", arm]).await;
    tell("", "no such module", &[PK, BOLT, "--to", "4", arm, "--module", "nothing"]).await;
    tell("", "no such partition", &["NOTHING#acme", "x", "--to", "4", arm]).await;
    insta::assert_snapshot!("refused", out);
    assert_eq!(stack.dump().await, before);
    assert_eq!(Program::new(&stack).json(&["runs"]).await.end()["rows"], 0);
}

#[tokio::test]
async fn of_what_people_read() {
    let stack = Stack::golden().await;
    let mut out = String::new();
    let program = Program::new(&stack);
    for (sk, args) in [
        (BOLT, vec!["--to", "4"]),
        (BOLT, vec!["--to", "12", "--dry-run"]),
        (BOLT, vec!["--to", "4", "--expect", "11", "--arm"]),
        (BOLT, vec!["--to", "4", "--arm"]),
        ("P-0003", vec!["--to", "1", "--arm"]),
    ] {
        let all: Vec<&str> = ["rollback", PK, sk].into_iter().chain(args).collect();
        let (code, stdout, stderr) = program.text(&all).await;
        // What differs from run to run.
        let lines = stdout.lines().map(|line| match line.split_once("_rolledBackAt") {
            Some((head, _)) => format!("{head}_rolledBackAt …"),
            None if line.starts_with("run ") => "run …".to_owned(),
            None => line.to_owned(),
        });
        let stdout: Vec<String> = lines.collect();
        writeln!(out, "## {}: exit {code}\n{}\n{}", all.join(" "), stdout.join("\n"), stderr.trim()).unwrap();
    }
    insta::assert_snapshot!("text", out);
}
