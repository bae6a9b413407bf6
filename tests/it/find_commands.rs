//! Finding what only commands know, and reading nothing twice.

use tenantry::domain::key::PartitionKey;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};
use tenantry::engine::protocol::{Among, Command, DeletedFilter, Event, Near, Searched, Wanted};

use crate::support::program::Printed;
use crate::support::stack::external;
use crate::support::{Driver, Program, Recorder, Stack};

const DATA: &str = "dev-shop-product-data";
const COMMAND: &str = "dev-shop-product-command";

fn row(pk: &str, sk: &str, version: u64, name: &str) -> Row {
    let base = sk.split('@').next().unwrap_or_default();
    let json = format!(
        r#"{{"pk":"{pk}","sk":"{sk}","id":"{pk}#{base}","code":"{base}","name":"{name}","type":"PRODUCT","tenantCode":"{}",
            "version":{version},"createdAt":"2026-03-02T10:15:00+09:00","createdBy":"u-1","attributes":{{"a":1}}}}"#,
        pk.split('#').nth(1).unwrap_or_default()
    );
    Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
}

/// (sk, version, flags) of what was found, sorted.
fn found(printed: &Printed) -> Vec<(String, u64, String)> {
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let flags = |e: &serde_json::Value| e["flags"].as_array().unwrap().iter().map(&text).collect::<Vec<_>>().join(",");
    let one = |e: &&serde_json::Value| (text(&e["sk"]), e["version"].as_u64().unwrap(), flags(e));
    let mut found: Vec<_> = printed.events("entity").iter().map(one).collect();
    found.sort();
    found
}

fn told(list: &[(&str, u64, &str)]) -> Vec<(String, u64, String)> {
    list.iter().map(|(sk, version, flags)| ((*sk).to_owned(), *version, (*flags).to_owned())).collect()
}

#[tokio::test]
async fn entities_that_only_commands_know_are_found_once_as_their_newest_command_has_them() {
    let stack = Stack::new().await;
    stack.put(DATA, &row("PRODUCT#acme", "P-1", 2, "bolt")).await;
    let mut deleted = row("PRODUCT#acme", "P-4@1", 1, "bolt");
    deleted.0.insert("isDeleted".to_owned(), Value::Bool(true));
    let commands = [
        // Its versions hold the text, and so does its data row.
        row("PRODUCT#acme", "P-1@1", 1, "bolt"),
        row("PRODUCT#acme", "P-1@2", 2, "bolt"),
        // Never processed; the first version says it otherwise.
        row("PRODUCT#acme", "P-2@1", 1, "bolt"),
        row("PRODUCT#acme", "P-3@1", 1, "bolt"),
        row("PRODUCT#acme", "P-3@2", 2, "nut"),
        deleted,
        // In a partition that has no data row at all.
        row("PRODUCT#new", "P-9@1", 1, "eye bolt"),
        // Keys that begin alike.
        row("PRODUCT#new", "P-9@b@1", 1, "nut"),
    ];
    stack.put_all(COMMAND, &commands).await;
    let program = Program::new(&stack);
    let whole = program.json(&["find", "BOLT"]).await;
    let all = [("P-1", 2, ""), ("P-2", 0, "pending"), ("P-4", 0, "pending"), ("P-9", 0, "pending")];
    assert_eq!((found(&whole), whole.code), (told(&all), 0), "{}", whole.stdout);
    let alive = program.json(&["find", "bolt", "--deleted", "skip", "--tenant", "acme"]).await;
    assert_eq!(found(&alive), told(&[("P-1", 2, ""), ("P-2", 0, "pending")]), "{}", alive.stdout);
    let typed = program.json(&["find", "bolt", "--type", "PRODUCT", "--tenant", "new"]).await;
    assert_eq!(found(&typed), told(&[("P-9", 0, "pending")]), "{}", typed.stdout);
    let matched = &typed.events("entity")[0]["matched"][0];
    assert_eq!((matched["path"].as_str(), matched["value"].as_str()), (Some("name"), Some("eye bolt")));
    let exact = program.json(&["find", "P-2", "--in", "sk", "--exact"]).await;
    assert_eq!(found(&exact), told(&[("P-2", 0, "pending")]), "a sort key without its version: {}", exact.stdout);
    assert!(typed.stderr.contains("looked at 0 data rows and 2 commands"), "{}", typed.stderr);
    let limited = program.json(&["find", "bolt", "--limit", "2"]).await;
    assert_eq!((found(&limited).len(), limited.code), (2, 0), "{}", limited.stdout);
    for (id, sks) in [("PRODUCT#new#P-9", vec![("P-9", 0, "pending")]), ("PRODUCT#acme#P-1", vec![("P-1", 2, "")])] {
        let printed = program.json(&["find", id]).await;
        assert_eq!(found(&printed), told(&sks), "{}", printed.stdout);
    }
    let elsewhere = program.json(&["find", "PRODUCT#new#P-9", "--tenant", "acme"]).await;
    assert_eq!(found(&elsewhere), []);
}

fn near(text: &str, tenant: &str, pk: &str) -> Command {
    Command::Find {
        wanted: Box::new(Wanted {
            text: text.to_owned(),
            places: Vec::new(),
            exact: false,
            among: Among { module: Some("product".to_owned()), ..Among::default() },
            deleted: DeletedFilter::Keep,
            limit: None,
            max_units: None,
            near: Near {
                partition: Some(("product".to_owned(), PartitionKey::new(pk))),
                tenant: Some(tenant.to_owned()),
            },
        }),
    }
}

fn end(events: &[Event]) -> (Searched, Vec<String>) {
    let last = events.iter().rev().find_map(|e| if let Event::Searched(s) = e { Some(s.clone()) } else { None });
    let of = |e: &Event| match e {
        Event::Found(found) => found.iter().map(|f| f.entity.entity.key.to_string()).collect(),
        _ => Vec::new(),
    };
    (last.unwrap(), events.iter().flat_map(of).collect())
}

#[tokio::test]
async fn the_partitions_of_the_tenant_that_is_open_are_read_once() {
    let stack = Stack::new().await;
    let filler = "x".repeat(4_000);
    let mut rows = Vec::new();
    for (pk, count) in [("PRODUCT#acme", 60), ("LOG#acme", 60), ("PRODUCT#globex", 60), ("LOG#globex#2024", 60)] {
        rows.extend((0..count).map(|i| {
            let mut row = row(pk, &format!("P-{i}"), 1, if i == 7 { "bolt" } else { "nut" });
            row.0.insert("filler".to_owned(), Value::s(filler.as_str()));
            row
        }));
    }
    stack.load(DATA, &rows).await;
    let recorder = Recorder::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(recorder.endpoint.clone());
    let mut driver = Driver::at(profile, stack.state.path());
    let request = driver.send(near("bolt", "acme", "PRODUCT#acme")).await;
    let (searched, found) = end(&driver.rest(request).await);
    assert_eq!(found[0], "PRODUCT#acme / P-7");
    assert_eq!((found.len(), searched.rows), (4, 240), "{found:?}");
    driver.leave().await;
    let queries = recorder.bodies("Query").await;
    let of = |pk: &str| {
        let whole = |body: &&String| body.contains(&format!("\"{pk}\"")) && body.contains("product-data");
        queries.iter().filter(whole).filter(|body| !body.contains("ProjectionExpression")).count()
    };
    for pk in ["PRODUCT#acme", "LOG#acme", "PRODUCT#globex", "LOG#globex#2024"] {
        assert_eq!(of(pk), 1, "{pk}: {queries:?}");
    }
    // Data is scanned a row at a time, to list partitions; the units are those of the rows, a listing and what was found.
    let scans = recorder.bodies("Scan").await;
    let whole = |body: &&String| body.contains("product-data") && !body.contains("\"Limit\"");
    assert_eq!(scans.iter().filter(whole).count(), 0, "{scans:?}");
    let (most, rows) = (searched.most.unwrap(), 240.0 * 4_200.0 / 8_192.0);
    assert!(external().is_some() || (rows * 0.9..rows * 1.3).contains(&most), "{most} of {rows}");
    assert!(external().is_some() || searched.units < rows * 1.15 + 12.0, "{} of {rows}", searched.units);
}

#[tokio::test]
async fn short_partitions_are_scanned_and_nothing_is_told_twice() {
    let stack = Stack::new().await;
    let mut rows: Vec<Row> = (0..40).map(|i| row(&format!("PRODUCT#t{i}"), "P-1", 1, "bolt")).collect();
    rows.push(row("PRODUCT#acme", "P-1", 1, "bolt"));
    rows.push(row("LOG#acme#5", "L-1", 1, "bolt"));
    rows.extend((0..60).map(|i| {
        let mut row = row("PRODUCT#acme", &format!("N-{i}"), 1, "nut");
        row.0.insert("filler".to_owned(), Value::s("x".repeat(4_000)));
        row
    }));
    stack.load(DATA, &rows).await;
    let mut driver = Driver::new(&stack);
    let request = driver.send(near("bolt", "acme", "PRODUCT#acme")).await;
    let (searched, mut found) = end(&driver.rest(request).await);
    assert_eq!(found[..2], ["PRODUCT#acme / P-1", "LOG#acme#5 / L-1"]);
    found.sort();
    found.dedup();
    assert_eq!((found.len(), searched.found), (42, 42));
    // What was read first is read again with the rest, and counts twice.
    let (most, near) = (searched.most.unwrap(), 60.0 * 4_200.0 / 8_192.0);
    assert!(external().is_some() || most > near * 2.0, "{most} of {near}");
    // Of each entity that is found its commands are looked at as well.
    let looked = searched.units - searched.found as f64;
    assert!(external().is_some() || (0.8..1.25).contains(&(looked / most)), "{looked} of {most}");
    driver.leave().await;
}
