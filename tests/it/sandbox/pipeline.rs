//! The stand-in for the application's pipeline, fed with command rows as the framework's publishAsync writes them.

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use tenantry::sandbox::{BUCKET, Options, PipelineMode, Sandbox, TableOptions};

use super::clients::{self, Row, get, n, row, s};

const PK: &str = "PRODUCT#acme";
const COMMAND: &str = "dev-shop-product-command";
const DATA: &str = "dev-shop-product-data";
const HISTORY: &str = "dev-shop-product-history";

fn start(data: Option<PathBuf>, pipeline: Option<u64>) -> Sandbox {
    let pipeline = pipeline.map(Duration::from_millis);
    let sandbox = Sandbox::start(Options { data, pipeline, ..Options::default() }).unwrap();
    if sandbox.is_empty().unwrap() {
        for (table, stream) in [(COMMAND, true), (DATA, false), (HISTORY, false), ("dev-shop-master-data", false)] {
            sandbox.tables().create(table, TableOptions { stream, ttl: true }).unwrap();
        }
    }
    sandbox
}

/// A command row as publishAsync writes it.
fn command(sk: &str, version: u64, attributes: Row) -> Row {
    row([
        ("pk", s(PK)),
        ("sk", s(&format!("{sk}@{version}"))),
        ("id", s(&format!("{PK}#{sk}"))),
        ("code", s(sk)),
        ("name", s("ボルト M6")),
        ("version", n(&version.to_string())),
        ("tenantCode", s("acme")),
        ("type", s("PRODUCT")),
        ("attributes", AttributeValue::M(attributes)),
        ("ttl", AttributeValue::Null(true)),
        ("source", s("shop api")),
        ("requestId", s(&format!("req-{version}"))),
        ("createdAt", s(&format!("2026-03-0{version}T10:00:00+09:00"))),
        ("createdBy", s("u-sato")),
        ("updatedAt", s(&format!("2026-03-0{version}T10:00:00+09:00"))),
        ("updatedBy", s("u-sato")),
        ("metadata", s("of the input only")),
    ])
}

fn price(price: &str) -> Row {
    row([("price", n(price))])
}

async fn put(client: &Client, table: &str, item: Row) {
    client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

/// Waits until the command's status is this one.
async fn wait_for_status(client: &Client, sk: &str, status: &str) -> Row {
    for _ in 0..1000 {
        let row = get(client, COMMAND, PK, sk).await.unwrap();
        if row.get("status") == Some(&s(status)) {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let row = get(client, COMMAND, PK, sk).await.unwrap();
    assert_eq!(row.get("status"), Some(&s(status)), "{sk}");
    row
}

#[tokio::test]
async fn a_command_becomes_a_data_row() {
    let sandbox = start(None, Some(20));
    let client = clients::dynamodb(&sandbox);
    put(&client, COMMAND, command("P-1", 1, price("10"))).await;
    wait_for_status(&client, "P-1@1", "finish:FINISHED").await;
    let mut expected = command("P-1", 1, price("10"));
    for gone in ["source", "metadata"] {
        expected.remove(gone);
    }
    expected.extend(row([("sk", s("P-1")), ("cpk", s(PK)), ("csk", s("P-1@1"))]));
    assert_eq!(get(&client, DATA, PK, "P-1").await, Some(expected));
    assert_eq!(get(&client, HISTORY, PK, "P-1@1").await, None);
}

#[tokio::test]
async fn an_update_copies_history_and_keeps_what_the_framework_keeps() {
    let sandbox = start(None, Some(20));
    let client = clients::dynamodb(&sandbox);
    for (table, days) in [("command", "30"), ("history", "90")] {
        let setting = [
            ("pk", s("MASTER#acme")),
            ("sk", s(&format!("TTL#dev-shop-product-{table}"))),
            ("attributes", AttributeValue::M(row([("days", n(days))]))),
        ];
        put(&client, "dev-shop-master-data", row(setting)).await;
    }
    let mut first = command("P-1", 1, price("10"));
    first.insert("seq".into(), n("7"));
    put(&client, COMMAND, first).await;
    wait_for_status(&client, "P-1@1", "finish:FINISHED").await;
    let mut before = get(&client, DATA, PK, "P-1").await.unwrap();
    before.insert("shelf".into(), s("B-12"));
    put(&client, DATA, before.clone()).await;

    put(&client, COMMAND, command("P-1", 2, price("11"))).await;
    wait_for_status(&client, "P-1@2", "finish:FINISHED").await;
    let data = get(&client, DATA, PK, "P-1").await.unwrap();
    assert_eq!(data["version"], n("2"));
    assert_eq!(data["attributes"], AttributeValue::M(price("11")));
    assert_eq!(data.get("seq"), None, "a named field that the command lacks is removed");
    assert_eq!(data["shelf"], s("B-12"), "an unknown field survives");
    assert_eq!(data["createdAt"], s("2026-03-01T10:00:00+09:00"));
    assert_eq!(data["updatedAt"], s("2026-03-02T10:00:00+09:00"));
    assert_eq!(data["csk"], s("P-1@2"));

    let mut history = get(&client, HISTORY, PK, "P-1@1").await.unwrap();
    let days = days_from_now(&history.insert("ttl".into(), before["ttl"].clone()).unwrap());
    assert!((89.9..90.1).contains(&days), "{days}");
    before.insert("sk".into(), s("P-1@1"));
    assert_eq!(history, before);
    let previous = get(&client, COMMAND, PK, "P-1@1").await.unwrap();
    let days = days_from_now(&previous["ttl"]);
    assert!((29.9..30.1).contains(&days), "{days}");
}

fn days_from_now(ttl: &AttributeValue) -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    (ttl.as_n().unwrap().parse::<f64>().unwrap() - now) / 86_400.0
}

#[tokio::test]
async fn a_version_that_does_not_follow_is_refused_and_syncs_are_left_alone() {
    let sandbox = start(None, Some(5));
    let client = clients::dynamodb(&sandbox);
    let mut sync = command("P-2", 1, price("1"));
    sync.insert("syncMode".into(), s("SYNC"));
    put(&client, COMMAND, sync.clone()).await;
    put(&client, COMMAND, command("P-1", 3, price("1"))).await;
    wait_for_status(&client, "P-1@3", "check_version:FINISHED").await;
    // A later command went all the way, so the sandbox had its chance to touch the earlier ones.
    put(&client, COMMAND, command("P-3", 1, price("1"))).await;
    wait_for_status(&client, "P-3@1", "finish:FINISHED").await;
    wait_for_status(&client, "P-1@3", "check_version:FINISHED").await;
    assert_eq!(get(&client, DATA, PK, "P-1").await, None);
    assert_eq!(get(&client, COMMAND, PK, "P-2@1").await, Some(sync));
    assert_eq!(get(&client, DATA, PK, "P-2").await, None);
}

#[tokio::test]
async fn it_fails_or_stalls_when_told() {
    let sandbox = start(None, Some(5));
    let client = clients::dynamodb(&sandbox);
    let asks = |what: &str| row([("_pipeline", s(what))]);
    put(&client, COMMAND, command("asks-fail", 1, asks("fail"))).await;
    put(&client, COMMAND, command("asks-stall", 1, asks("stall"))).await;
    wait_for_status(&client, "asks-fail@1", "sync_data:FAILED").await;

    assert!(sandbox.set_pipeline_mode(PipelineMode::Fail));
    put(&client, COMMAND, command("all-fail", 1, price("1"))).await;
    wait_for_status(&client, "all-fail@1", "sync_data:FAILED").await;

    assert!(sandbox.set_pipeline_mode(PipelineMode::Stall));
    assert_eq!(sandbox.pipeline_mode(), Some(PipelineMode::Stall));
    put(&client, COMMAND, command("all-stall", 1, price("1"))).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(sandbox.set_pipeline_mode(PipelineMode::Apply));
    put(&client, COMMAND, command("applied", 1, price("1"))).await;
    wait_for_status(&client, "applied@1", "finish:FINISHED").await;

    for (sk, version) in [("asks-fail", 1), ("asks-stall", 1), ("all-fail", 1), ("all-stall", 1)] {
        assert_eq!(get(&client, DATA, PK, sk).await, None, "{sk}@{version}");
    }
    assert_eq!(get(&client, COMMAND, PK, "asks-stall@1").await, Some(command("asks-stall", 1, asks("stall"))));
    assert_eq!(get(&client, COMMAND, PK, "all-stall@1").await, Some(command("all-stall", 1, price("1"))));
}

#[tokio::test]
async fn every_row_gets_an_object_of_its_own() {
    let sandbox = start(None, Some(5));
    let client = clients::dynamodb(&sandbox);
    for version in [1, 2] {
        let key = format!("ddb/{COMMAND}/{PK}/P-1@{version}/{version}.json");
        let body = format!("{{\"version\":{version}}}");
        sandbox.objects().put(&key, body.as_bytes()).unwrap();
        let mut command = command("P-1", version, price("1"));
        command.insert("attributes".into(), s(&format!("s3://{BUCKET}/{key}")));
        put(&client, COMMAND, command).await;
        wait_for_status(&client, &format!("P-1@{version}"), "finish:FINISHED").await;
    }
    for (table, sk, body) in [(DATA, "P-1", "{\"version\":2}"), (HISTORY, "P-1@1", "{\"version\":1}")] {
        let row = get(&client, table, PK, sk).await.unwrap();
        let uri = row["attributes"].as_s().unwrap();
        let key = uri.strip_prefix(&format!("s3://{BUCKET}/")).unwrap();
        assert!(key.starts_with(&format!("ddb/{table}/{PK}/{sk}/")), "{key}");
        assert_eq!(sandbox.objects().get(key).unwrap().unwrap(), body.as_bytes());
    }
}

#[tokio::test]
async fn without_it_commands_wait_and_a_restart_with_it_applies_them_once() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = start(Some(dir.path().to_owned()), None);
    assert!(!sandbox.set_pipeline_mode(PipelineMode::Fail));
    let client = clients::dynamodb(&sandbox);
    // The status is what a partial update carries over from the version before.
    let mut waiting = command("P-1", 1, price("1"));
    waiting.insert("status".into(), s("finish:FINISHED"));
    put(&client, COMMAND, waiting.clone()).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(get(&client, COMMAND, PK, "P-1@1").await, Some(waiting));
    sandbox.stop().unwrap();

    for last in ["last-1", "last-2"] {
        let sandbox = start(Some(dir.path().to_owned()), Some(5));
        let client = clients::dynamodb(&sandbox);
        put(&client, COMMAND, command(last, 1, price("1"))).await;
        wait_for_status(&client, &format!("{last}@1"), "finish:FINISHED").await;
        let data = get(&client, DATA, PK, "P-1").await.unwrap();
        assert_eq!(data["version"], n("1"));
        assert_eq!(get(&client, HISTORY, PK, "P-1@1").await, None);
    }
}
