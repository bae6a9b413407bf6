//! Listing partitions: complete, and at the price of a small page for each.

use std::collections::BTreeSet;

use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};
use tenantry::sandbox::{Options, Sandbox, TableOptions, to_item};

use crate::support::Recorder;
use crate::support::program::{Printed, binary, json_lines};

const PARTITIONS: usize = 1_000;
const ROWS_EACH: usize = 20;

fn row(pk: &str, sk: &str, code: Option<&str>) -> Row {
    let json = format!(r#"{{"pk":"{pk}","sk":"{sk}","id":"{pk}#{sk}","version":1,"attributes":{{"a":1}}}}"#);
    let mut row = Row(from_plain_json(&json).unwrap().as_map().unwrap().clone());
    if let Some(code) = code {
        row.0.insert("tenantCode".to_owned(), Value::s(code));
    }
    row.0.insert("filler".to_owned(), Value::s("x".repeat(500)));
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
    let tenant = |i: usize| format!("PRODUCT#t{i}");
    let rows = (0..PARTITIONS * ROWS_EACH).map(|i| row(&tenant(i / ROWS_EACH), &format!("P-{i}"), None)).collect();
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
    // Counting reads everything.
    let counted = program(&sandbox, &sandbox.endpoints().dynamodb, &["tenants"]).await;
    assert_eq!(keys(&counted), keys(&printed));
    assert!(counted.end()["blast"]["read_units"].as_f64().unwrap() > 2.0 * units);
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
    let dir = tempfile::TempDir::new().unwrap();
    let plan = dir.path().join("plan.toml");
    let text = "name = \"logs\"\noperation = \"copy\"\nmodule = \"product\"\n[source]\ntype = \"LOG\"\ntenant = \"acme\"\n[target]\ntenant = \"new\"\n";
    std::fs::write(&plan, text).unwrap();
    let printed = program(&sandbox, &recorder.endpoint, &["preview", plan.to_str().unwrap()]).await;
    let sources: BTreeSet<&str> = printed.events("item").iter().map(|i| i["pk"].as_str().unwrap()).collect();
    let wanted = ["LOG#2024-06#acme", "LOG#2024-07#acme", "LOG#acme", "LOG#acme#2024-05"];
    assert_eq!(sources.into_iter().collect::<Vec<_>>(), wanted, "{}", printed.stdout);
    assert_eq!(printed.events("item").len(), 5);
    let scans = recorder.bodies("Scan").await;
    assert!(scans.len() < 50 && scans.iter().all(|body| body.contains("\"Limit\":")), "{} scans", scans.len());
    let foreign = |body: &&String| body.contains("LOG#t") || body.contains("globex");
    assert_eq!(recorder.bodies("Query").await.iter().filter(foreign).count(), 0);
}
