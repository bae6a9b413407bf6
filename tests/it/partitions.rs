//! Listing partitions: complete, and at the price of a small page for each.

use std::collections::BTreeSet;

use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};
use tenantry::sandbox::{Options, Sandbox, TableOptions, to_item};

use crate::support::Recorder;
use crate::support::program::{Printed, binary, json_lines};

const PARTITIONS: usize = 1_000;

fn row(pk: &str, sk: &str, code: Option<&str>) -> Row {
    let json = format!(r#"{{"pk":"{pk}","sk":"{sk}","id":"{pk}#{sk}","version":1,"attributes":{{"a":1}}}}"#);
    let mut row = Row(from_plain_json(&json).unwrap().as_map().unwrap().clone());
    if let Some(code) = code {
        row.0.insert("tenantCode".to_owned(), Value::s(code));
    }
    row.0.insert("filler".to_owned(), Value::s("x".repeat(500)));
    row
}

/// The same row under other keys: many of them are made faster so.
fn alike(row: &Row, pk: &str, sk: &str) -> Row {
    let mut row = row.clone();
    for (name, value) in [("pk", pk.to_owned()), ("sk", sk.to_owned()), ("id", format!("{pk}#{sk}"))] {
        row.0.insert(name.to_owned(), Value::s(value));
    }
    row
}

async fn sandbox(rows: Vec<Row>) -> Sandbox {
    let started = tokio::task::spawn_blocking(move || {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let tables = sandbox.tables();
        for kind in ["data", "history", "command"] {
            tables.create(&format!("dev-shop-product-{kind}"), TableOptions::default()).unwrap();
        }
        tables.load("dev-shop-product-data", rows.into_iter().map(to_item).collect()).unwrap();
        sandbox
    });
    started.await.unwrap()
}

async fn program(sandbox: &Sandbox, dynamodb: &str, args: &[&str]) -> Printed {
    let dir = tempfile::TempDir::new().unwrap();
    let config = dir.path().join("c.toml");
    let text = format!(
        "[profiles.t]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\nendpoints = {{ dynamodb = \"{dynamodb}\", s3 = \"{}\" }}\n",
        sandbox.endpoints().s3
    );
    std::fs::write(&config, text).unwrap();
    let mut command = binary();
    command.arg("--config").arg(&config).arg("--state").arg(dir.path()).args(args).arg("--json");
    json_lines(command).await
}

fn keys(printed: &Printed) -> BTreeSet<(String, String)> {
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let found = printed.events("tenant").iter().map(|t| (text(&t["pk"]), text(&t["tenant"]))).collect::<BTreeSet<_>>();
    assert_eq!(found.len(), printed.events("tenant").len(), "each once");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_partitions_cost_about_a_thousand_requests_and_half_units() {
    a_thousand_partitions(20).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "loading 200,000 rows takes minutes without optimisation"]
async fn however_many_rows_they_have() {
    a_thousand_partitions(200).await;
}

/// Lists so many rows each, and previews a copy of one of the partitions.
async fn a_thousand_partitions(rows_each: usize) {
    let tenant = |i: usize| format!("PRODUCT#t{i}");
    let mut one = row("", "", None);
    // Long enough that not even a short partition goes into half a unit.
    one.0.insert("filler".to_owned(), Value::s("x".repeat(10_000 / rows_each)));
    let rows = (0..PARTITIONS * rows_each).map(|i| alike(&one, &tenant(i / rows_each), &format!("P-{i}"))).collect();
    let sandbox = sandbox(rows).await;
    let recorder = Recorder::before(&sandbox.endpoints().dynamodb).await;
    let printed = program(&sandbox, &recorder.endpoint, &["tenants", "--keys"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let wanted = (0..PARTITIONS).map(|i| (tenant(i), format!("t{i}"))).collect();
    assert_eq!(keys(&printed), wanted);
    let first = printed.events("tenant")[0];
    for uncounted in ["entities", "deleted", "oldest", "newest"] {
        assert!(first[uncounted].is_null(), "{first}");
    }
    let scans = recorder.operations().await.iter().filter(|o| *o == "Scan").count();
    let units = printed.end()["blast"]["read_units"].as_f64().unwrap();
    assert!(scans <= 1_100 && units <= 550.0, "{scans} requests, {units} units");
    // A plan of one tenant lists them at the same price, and reads whole rows of that tenant alone.
    let (dir, plan) = copy_plan("PRODUCT", "t77");
    let recorder = Recorder::before(&sandbox.endpoints().dynamodb).await;
    let previewed = program(&sandbox, &recorder.endpoint, &["preview", &plan]).await;
    drop(dir);
    assert_eq!(previewed.events("item").len(), rows_each, "{}", previewed.stderr);
    let scans = recorder.bodies("Scan").await;
    assert!(scans.len() <= 1_100 && scans.iter().all(|body| body.contains("\"Limit\":")), "{} scans", scans.len());
    let others = |body: &&String| body.contains("\"PRODUCT#t") && !body.contains("\"PRODUCT#t77\"");
    let read =
        [recorder.bodies("Query").await, recorder.bodies("BatchGetItem").await, recorder.bodies("GetItem").await];
    assert_eq!(read.iter().flatten().filter(others).count(), 0, "{read:?}");
    // Counting reads everything.
    let counted = program(&sandbox, &sandbox.endpoints().dynamodb, &["tenants"]).await;
    assert_eq!(keys(&counted), keys(&printed));
    assert!(counted.end()["blast"]["read_units"].as_f64().unwrap() > 2.0 * units);
}

/// A plan file that copies a tenant's entities of a type to another, and the directory that it is in.
fn copy_plan(kind: &str, tenant: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::TempDir::new().unwrap();
    let plan = dir.path().join("plan.toml");
    let text = format!(
        "name = \"n\"\noperation = \"copy\"\nmodule = \"product\"\n[source]\ntype = \"{kind}\"\ntenant = \"{tenant}\"\n[target]\ntenant = \"new\"\n"
    );
    std::fs::write(&plan, text).unwrap();
    let path = plan.to_str().unwrap().to_owned();
    (dir, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_at_the_very_end_and_partitions_of_one_row_are_listed_too() {
    let last = "\u{10FFFF}".repeat(256);
    let mut rows: Vec<Row> = (0..300).map(|i| row(&format!("LOG#acme#{i}"), "L-1", Some("acme"))).collect();
    rows.extend(["PRODUCT#a", "PRODUCT#b", "SINGLETON"].map(|pk| row(pk, &last, None)));
    rows.extend(["PRODUCT#a", "PRODUCT#c"].map(|pk| row(pk, "0", None)));
    rows.extend((0..50).map(|i| row("PRODUCT#d", &format!("P-{i}"), None)));
    rows.push(row("\u{10FFFF}#x", &last, None));
    let sandbox = sandbox(rows).await;
    let at = sandbox.endpoints().dynamodb.clone();
    let listed = program(&sandbox, &at, &["tenants", "--keys", "--module", "product"]).await;
    let counted = program(&sandbox, &at, &["tenants"]).await;
    assert_eq!(keys(&listed), keys(&counted));
    assert_eq!(keys(&listed).len(), 306);
    // Partitions of a row each are read many at a time.
    let requests = program(&sandbox, &at, &["tenants", "--keys", "--module", "no"]).await;
    assert_eq!((requests.code, requests.events("error")[0]["code"].as_str()), (1, Some("no_table")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_every_partition_of_a_tenant_reads_one_row_of_each_foreign_one() {
    let mut rows: Vec<Row> =
        (0..400).map(|i| row(&format!("LOG#t{}", i / 20), &format!("L-{i}"), Some("other"))).collect();
    rows.push(row("LOG#acme", "L-1", Some("acme")));
    rows.push(row("LOG#acme#2024-05", "L-1", Some("acme")));
    rows.push(row("LOG#2024-06#acme", "L-1", Some("acme")));
    // Its first row does not say which segment is the tenant, a later one does.
    rows.push(row("LOG#2024-07#acme", "L-1", None));
    rows.push(row("LOG#2024-07#acme", "L-2", Some("acme")));
    // A tenant's name in another place of the key.
    rows.push(row("LOG#globex#acme", "L-1", Some("globex")));
    let sandbox = sandbox(rows).await;
    let recorder = Recorder::before(&sandbox.endpoints().dynamodb).await;
    let (_dir, plan) = copy_plan("LOG", "acme");
    let printed = program(&sandbox, &recorder.endpoint, &["preview", &plan]).await;
    let sources: BTreeSet<&str> = printed.events("item").iter().map(|i| i["pk"].as_str().unwrap()).collect();
    let wanted = ["LOG#2024-06#acme", "LOG#2024-07#acme", "LOG#acme", "LOG#acme#2024-05"];
    assert_eq!(sources.into_iter().collect::<Vec<_>>(), wanted, "{}", printed.stdout);
    assert_eq!(printed.events("item").len(), 5);
    let scans = recorder.bodies("Scan").await;
    assert!(scans.len() < 50 && scans.iter().all(|body| body.contains("\"Limit\":")), "{} scans", scans.len());
    let foreign = |body: &&String| body.contains("LOG#t") || body.contains("globex");
    assert_eq!(recorder.bodies("Query").await.iter().filter(foreign).count(), 0);
}
