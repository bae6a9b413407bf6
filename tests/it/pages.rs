//! What does not fit one page: read whole, in order, nothing twice.

use std::collections::BTreeSet;

use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};
use tenantry::engine::protocol::{Command, Cursor, DeletedFilter, Event, Listing};
use tenantry::sandbox::{Options, Sandbox, TableOptions, to_item};

use crate::support::program::{Printed, binary, json_lines};
use crate::support::{Driver, Recorder, Stack};

const VERSIONS: u64 = 10_050;
const ENTITIES: usize = 3_000;

fn row(sk: &str, base: &str, version: u64, filler: usize) -> Row {
    let json = format!(
        r#"{{"pk":"PRODUCT#acme","sk":"{sk}","id":"PRODUCT#acme#{base}","name":"n{version}","type":"PRODUCT","tenantCode":"acme",
            "version":{version},"createdAt":"2026-03-02T10:15:00+09:00","createdBy":"u{version}","attributes":{{"a":{version}}}}}"#
    );
    let mut row = Row(from_plain_json(&json).unwrap().as_map().unwrap().clone());
    row.0.insert("filler".to_owned(), Value::s("x".repeat(filler)));
    row
}

/// History and command rows of different sizes, so that their pages end at different keys, and holes in both.
fn load(sandbox: &Sandbox) {
    let tables = sandbox.tables();
    for kind in ["data", "history", "command"] {
        tables.create(&format!("dev-shop-product-{kind}"), TableOptions::default()).unwrap();
    }
    let put = |kind: &str, rows: Vec<Row>| {
        tables.load(&format!("dev-shop-product-{kind}"), rows.into_iter().map(to_item).collect()).unwrap();
    };
    let at = |v: u64, filler| row(&format!("long@{v}"), "long", v, filler);
    put("history", (1..VERSIONS).filter(|v| v % 1_000 != 7 && v % 1_000 != 8).map(|v| at(v, 700)).collect());
    put("command", (1..=VERSIONS).filter(|v| v % 1_000 != 8 && v % 1_000 != 9).map(|v| at(v, 150)).collect());
    put("data", vec![row("long", "long", VERSIONS, 10)]);
    put("data", (0..ENTITIES).map(|i| row(&format!("p-{i:05}"), &format!("p-{i:05}"), 1, 900)).collect());
    // Never processed: command rows only, more of them than one reading of keys holds.
    put("command", (0..ENTITIES).map(|i| row(&format!("q-{i:05}@1"), &format!("q-{i:05}"), 1, 10)).collect());
}

async fn program(sandbox: &Sandbox, args: &[&str]) -> Printed {
    let at = sandbox.endpoints();
    at_endpoints(&at.dynamodb, &at.s3, args).await
}

async fn at_endpoints(dynamodb: &str, s3: &str, args: &[&str]) -> Printed {
    let dir = tempfile::TempDir::new().unwrap();
    let config = dir.path().join("c.toml");
    let text = format!(
        "[profiles.t]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\nendpoints = {{ dynamodb = \"{dynamodb}\", s3 = \"{s3}\" }}\n"
    );
    std::fs::write(&config, text).unwrap();
    let mut command = binary();
    command.arg("--config").arg(&config).arg("--state").arg(dir.path()).args(args).arg("--json");
    json_lines(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_versions_and_thousands_of_entities_come_whole() {
    let sandbox = tokio::task::spawn_blocking(|| {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        load(&sandbox);
        sandbox
    });
    let sandbox = sandbox.await.unwrap();
    let printed = program(&sandbox, &["history", "PRODUCT#acme", "long"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let versions = printed.events("version");
    assert_eq!(versions.len() as u64, VERSIONS);
    for (v, line) in (1..=VERSIONS).zip(versions) {
        assert_eq!(line["version"], v);
        let found = match (v, v % 1_000) {
            (VERSIONS, _) => serde_json::json!(["data", "command"]),
            (_, 7) => serde_json::json!(["command"]),
            (_, 8) => serde_json::json!([]),
            (_, 9) => serde_json::json!(["history"]),
            _ => serde_json::json!(["history", "command"]),
        };
        assert_eq!(line["found"], found, "version {v}");
    }
    let printed = program(&sandbox, &["entities", "PRODUCT#acme"]).await;
    let seen: BTreeSet<&str> = printed.events("entity").iter().map(|e| e["sk"].as_str().unwrap()).collect();
    assert_eq!((seen.len(), printed.events("entity").len()), (2 * ENTITIES + 1, 2 * ENTITIES + 1));
    let pending = printed.events("entity").iter().filter(|e| e["version"] == 0).count();
    assert_eq!(pending, ENTITIES);
    let printed = program(&sandbox, &["entities", "PRODUCT#acme", "--deleted", "only", "--limit", "1"]).await;
    assert_eq!(printed.events("entity").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_bounded_in_rows_and_small_rows_come_whole() {
    const ROWS: usize = 6_000;
    let sandbox = tokio::task::spawn_blocking(|| {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let tables = sandbox.tables();
        for kind in ["data", "history", "command"] {
            tables.create(&format!("dev-shop-product-{kind}"), TableOptions::default()).unwrap();
        }
        let rows = (0..ROWS).map(|i| to_item(row(&format!("p-{i:05}"), &format!("p-{i:05}"), 1, 0)));
        tables.load("dev-shop-product-data", rows.collect()).unwrap();
        sandbox
    });
    let sandbox = sandbox.await.unwrap();
    let at = sandbox.endpoints();
    let recorder = Recorder::before(&at.dynamodb).await;
    let listed = at_endpoints(&recorder.endpoint, &at.s3, &["entities", "PRODUCT#acme"]).await;
    assert_eq!(listed.events("entity").len(), ROWS, "{}", listed.stderr);
    let among = ["find", "n1", "--module", "product", "--in", "name"];
    let found = at_endpoints(&recorder.endpoint, &at.s3, &among).await;
    assert_eq!(found.events("entity").len(), ROWS, "{}", found.stderr);
    let mut pages = 0;
    for operation in ["Query", "Scan"] {
        for body in recorder.bodies(operation).await {
            let asked: serde_json::Value = serde_json::from_str(body.trim()).unwrap();
            assert!(asked["Limit"].as_u64().is_some_and(|rows| rows <= 2_500), "{operation} {asked}");
            pages += 1;
        }
    }
    assert!(pages >= 2 * ROWS / 2_500, "{pages}");
}

async fn page(driver: &mut Driver, after: Option<Cursor>, limit: usize) -> (usize, Option<Cursor>) {
    let listing = Listing {
        module: "product".to_owned(),
        pk: "PRODUCT#initech".into(),
        sk_prefix: String::new(),
        deleted: DeletedFilter::Keep,
        resolve: false,
        view: None,
    };
    let request = driver.send(Command::Page { listing, after, limit }).await;
    match driver.until(request, |e| matches!(e, Event::Page { .. } | Event::Failed(_))).await {
        Event::Page { entities, next } => (entities.len(), next),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_page_says_more_only_where_another_row_follows() {
    // Five rows, of which none is known to commands alone.
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    for (limit, first, rest) in [(4, 4, 1), (5, 5, 0), (6, 5, 0)] {
        let (found, next) = page(&mut driver, None, limit).await;
        let next = next.unwrap();
        assert_eq!((found, next.has_more(), next.is_behind_data()), (first, rest > 0, rest == 0), "{limit}");
        let (found, next) = page(&mut driver, Some(next), limit).await;
        assert_eq!((found, next.is_some_and(|next| next.has_more())), (rest, false), "{limit}");
    }
    driver.leave().await;
}
