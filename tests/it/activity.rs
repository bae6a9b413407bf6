//! Who did what: exactly the versions there are, with what each changed.

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};

use crate::support::program::Printed;
use crate::support::{Program, Recorder, Stack};

const ENTITY: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";
const COMMAND: &str = "dev-shop-product-command";
const HISTORY: &str = "dev-shop-product-history";
const DATA: &str = "dev-shop-product-data";

/// (sk@version, kind, by_source), in their order.
fn told(printed: &Printed) -> Vec<(String, String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    let line = |a: &&Json| (format!("{}@{}", text(&a["sk"]), a["version"]), text(&a["kind"]), text(&a["by_source"]));
    printed.events("activity").iter().map(line).collect()
}

fn wanted(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    list.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

fn paths(line: &Json) -> Vec<&str> {
    let mut paths: Vec<&str> = line["paths"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
    paths.sort_unstable();
    paths
}

/// What `diff` says that a version changed.
async fn diffed(program: &Program, version: u64) -> Vec<String> {
    let (from, to) = ((version - 1).to_string(), version.to_string());
    let printed = program.json(&["diff", "PRODUCT#acme", ENTITY, &from, &to]).await;
    let mut paths: Vec<String> =
        printed.events("change").iter().map(|c| c["path"].as_str().unwrap().to_owned()).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

#[tokio::test]
async fn what_one_user_did_to_an_entity_is_exactly_her_versions_newest_first() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let printed = program.json(&["activity", "PRODUCT#acme", ENTITY, "--by", "u-tanaka"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let at = |v: u64, kind| (format!("{ENTITY}@{v}"), kind, "command");
    let hers: Vec<_> = [11, 9, 7, 5, 3].map(|v| at(v, "updated")).into_iter().chain([at(1, "created")]).collect();
    let hers: Vec<(&str, &str, &str)> = hers.iter().map(|(a, b, c)| (a.as_str(), *b, *c)).collect();
    assert_eq!(told(&printed), wanted(&hers), "{}", printed.stdout);
    for line in printed.events("activity") {
        let version = line["version"].as_u64().unwrap();
        let expected = if version == 1 { Vec::new() } else { diffed(&program, version).await };
        assert_eq!(paths(line), expected, "version {version}");
        assert_eq!((line["by"].as_str(), line["status"].as_str()), (Some("u-tanaka"), Some("published")));
        assert!(line["at"].as_str().unwrap().ends_with(".000Z"));
    }
    // A pasted id is the entity's.
    let id = program.json(&["activity", &format!("PRODUCT#acme#{ENTITY}"), "--by", "u-tanaka"]).await;
    assert_eq!((told(&id), id.code), (wanted(&hers), 0), "{}", id.stdout);
    assert!(id.stderr.contains("is taken for the id of PRODUCT#acme / "), "{}", id.stderr);
    let versioned = program.json(&["activity", "PRODUCT#acme", &format!("{ENTITY}@3")]).await;
    assert!(versioned.stderr.contains("is the sort key if @3 is its version"), "{}", versioned.stderr);
    let (code, text, _) = program.text(&["activity", "PRODUCT#acme", ENTITY, "--limit", "1"]).await;
    assert_eq!(code, 0);
    let (heading, line) = text.split_once('\n').unwrap();
    assert!(heading.starts_with("AT (Asia/Tokyo)      BY      KIND     PARTITION KEY  SORT KEY"), "{text}");
    let row = "2026-03-19 12:33:02  u-sato  updated  PRODUCT#acme   01HX7MBJK3V9WQBZ7XNDK5ZT2M  12 ";
    assert!(line.starts_with(row) && line.lines().count() == 1, "{text}");
}

#[tokio::test]
async fn failed_waiting_and_deleted_ones_are_told_apart_and_filters_narrow() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let of = async |more: &[&str]| program.json(&[&["activity", "PRODUCT#acme"], more].concat()).await;
    let late = of(&["--since", "2026-03-20T00:00:00+09:00"]).await;
    let all = told(&late);
    let kind = |sk: &str| all.iter().find(|(key, ..)| key == sk).map(|(_, kind, _)| kind.as_str());
    assert_eq!(kind("P-0002@3"), Some("deleted"), "{}", late.stdout);
    assert_eq!((kind("P-0003@2"), kind("P-0003@1")), (Some("failed"), Some("created")));
    assert_eq!((kind("P-0004@1"), kind("P-0009@2")), (Some("pending"), Some("updated")));
    assert_eq!(kind(&format!("{ENTITY}@12")), None);
    let times: Vec<&str> = late.events("activity").iter().map(|a| a["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    // By the clock of the profile's zone, Asia/Tokyo; both ends are in.
    let window = of(&["--since", "2026-03-22 13:33:03", "--until", "2026-03-22 13:33:03"]).await;
    assert_eq!(told(&window).len(), 2, "{}", window.stdout);
    assert!(
        window.stderr.contains("--since: \"2026-03-22 13:33:03\" is taken for 2026-03-22T04:33:03.000Z"),
        "{}",
        window.stderr
    );
    let request = of(&["--request", "req-sibt59cl"]).await;
    assert_eq!(told(&request), wanted(&[("P-0009@2", "updated", "command")]));
    let place = of(&["--path", "attributes.price"]).await;
    let has = |line: &&Json| line["version"] == 1 || paths(line).iter().any(|p| p.starts_with("attributes.price"));
    assert!(!place.events("activity").is_empty() && place.events("activity").iter().all(has), "{}", place.stdout);
    assert_eq!(told(&of(&["--source", "nobody"]).await), []);
    assert_eq!(told(&of(&["--limit", "2"]).await).len(), 2);
    let bad = of(&["--since", "tomorrow"]).await;
    assert_eq!((bad.code, bad.events("error")[0]["code"].as_str()), (2, Some("usage")));
    let backwards = of(&["--since", "1h", "--until", "2h"]).await;
    assert_eq!(backwards.code, 2);
    let (_, text, _) = program.text(&["activity", "PRODUCT#nowhere"]).await;
    assert_eq!(text, "no activity\n");
}

#[tokio::test]
async fn a_tenants_activity_is_that_of_all_its_partitions_and_no_others() {
    let stack = Stack::golden().await;
    let recorder = Recorder::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &recorder.endpoint, stack.profile.endpoints.s3.as_deref().unwrap(), "");
    let printed = program.json(&["activity", "--tenant", "initech"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let lines = printed.events("activity");
    assert!(
        lines.len() >= 5 && lines.iter().all(|a| a["pk"].as_str().unwrap().ends_with("#initech")),
        "{}",
        printed.stdout
    );
    let queries = recorder.bodies("Query").await;
    assert!(!queries.is_empty() && queries.iter().all(|q| q.contains("initech")), "{queries:?}");
    let whole = program.json(&["activity"]).await;
    let of = |pk: &str| whole.events("activity").iter().filter(|a| a["pk"] == pk).count();
    assert_eq!(of("PRODUCT#acme"), 20, "{}", whole.stdout);
    let left = std::fs::read_dir(stack.state.path()).unwrap().flatten();
    assert!(left.into_iter().all(|e| !e.file_name().to_string_lossy().contains("activity")), "nothing is left behind");
}

fn version(sk: &str, version: u64, more: &str) -> Row {
    let json = format!(
        r#"{{"pk":"PRODUCT#old","sk":"{sk}","id":"PRODUCT#old#x","name":"n{version}","type":"PRODUCT","tenantCode":"old","version":{version},
            "updatedAt":"2026-01-0{version}T00:00:00+09:00","updatedBy":"u-{version}","requestId":"r-{version}","attributes":{{"a":{version}}}{more}}}"#
    );
    Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
}

#[tokio::test]
async fn a_command_that_was_refused_has_failed_wherever_it_is_told() {
    let stack = Stack::new().await;
    let by = r#","createdAt":"2026-01-01T00:00:00+09:00","createdBy":"u-c","status":"check_version:FINISHED""#;
    let far = |sk: &str, at| version(&format!("{sk}@{at}"), at, by);
    // Nothing leads up to the one; the other waits behind a version that waits.
    stack.put_all(DATA, &[version("x", 2, ""), version("y", 2, "")]).await;
    stack.put_all(COMMAND, &[far("x", 2), far("x", 5), far("x", 6), far("y", 2), far("y", 3), far("y", 4)]).await;
    let program = Program::new(&stack);
    for pk in [&["activity", "PRODUCT#old"][..], &["activity", "PRODUCT#old", "x"], &["activity", "PRODUCT#old", "y"]] {
        let printed = program.json(pk).await;
        for (key, kind, _) in told(&printed) {
            let expected = match key.as_str() {
                "x@5" | "x@6" => "failed",
                "y@3" | "y@4" => "pending",
                _ => "updated",
            };
            assert_eq!(kind, expected, "{key}: {}", printed.stdout);
        }
    }
    for (sk, expected) in [("x", "failed"), ("y", "pending")] {
        let printed = program.json(&["history", "PRODUCT#old", sk]).await;
        let above = printed.events("version").into_iter().filter(|v| v["version"].as_u64() > Some(2));
        let states: Vec<_> = above.filter(|v| v["status"] != "gap").map(|v| v["status"].as_str().unwrap()).collect();
        assert_eq!(states, [expected; 2], "{}", printed.stdout);
    }
}

#[tokio::test]
async fn versions_without_a_command_are_told_as_uncertain_from_history_and_the_data_row() {
    let stack = Stack::new().await;
    let by = r#","createdAt":"2026-01-03T09:00:00+09:00","createdBy":"u-sure","status":"finish:FINISHED""#;
    stack.put(COMMAND, &version("x@3", 3, by)).await;
    let mut restored = version("x@2", 2, "");
    restored.0.insert("isDeleted".to_owned(), Value::Bool(true));
    stack.put_all(HISTORY, &[version("x@1", 1, ""), restored, version("x@3", 3, "")]).await;
    stack.put(DATA, &version("x", 4, "")).await;
    // Another entity, whose keys begin alike.
    stack.put(DATA, &version("x@y", 1, "")).await;
    let program = Program::new(&stack);
    let printed = program.json(&["activity", "PRODUCT#old", "x"]).await;
    let expected = [
        ("x@4", "updated", "row"),
        ("x@3", "restored", "command"),
        ("x@2", "deleted", "row"),
        ("x@1", "created", "row"),
    ];
    assert_eq!(told(&printed), wanted(&expected), "{}", printed.stdout);
    let lines = printed.events("activity");
    assert_eq!((lines[1]["by"].as_str(), lines[0]["by"].as_str()), (Some("u-sure"), Some("u-4")));
    assert_eq!(paths(lines[0]), ["attributes.a", "name"]);
    assert_eq!(paths(lines[1]), ["attributes.a", "isDeleted", "name"]);
    let (_, text, _) = program.text(&["activity", "PRODUCT#old", "x", "--limit", "1"]).await;
    assert!(text.contains("u-4?"), "{text}");
    let partition = program.json(&["activity", "PRODUCT#old"]).await;
    assert_eq!(told(&partition).len(), 5, "{}", partition.stdout);
    // Without a command table the others still tell.
    stack.ddb.delete_table().table_name(COMMAND).send().await.unwrap();
    let printed = program.json(&["activity", "PRODUCT#old", "x"]).await;
    assert_eq!((told(&printed).len(), printed.code), (4, 1), "{}", printed.stdout);
    assert!(told(&printed).iter().all(|(_, _, by)| by == "row"));
    assert!(printed.events("error").iter().all(|e| e["code"] == "no_table" && e["fatal"] == false));
}

#[tokio::test]
async fn what_expired_was_applied_and_attributes_in_s3_are_compared_by_their_content() {
    let stack = Stack::new().await;
    let by = r#","createdAt":"2026-01-01T09:00:00+09:00","createdBy":"u-1""#;
    // Applied once, as history says; the data row has expired.
    stack.put(COMMAND, &version("x@1", 1, by)).await;
    stack.put(HISTORY, &version("x@1", 1, "")).await;
    let mut large = [version("y@1", 1, by), version("y@2", 2, by)];
    for (i, row) in large.iter_mut().enumerate() {
        let key = format!("ddb/y{i}.json");
        stack.put_object(&key, &format!(r#"{{"a":1,"b":{i}}}"#)).await;
        row.0.insert("attributes".to_owned(), Value::s(format!("s3://shop-private/{key}")));
    }
    stack.put_all(COMMAND, &large).await;
    stack.put(DATA, &version("y", 2, "")).await;
    let program = Program::new(&stack);
    let printed = program.json(&["activity", "PRODUCT#old", "x"]).await;
    assert_eq!(told(&printed), wanted(&[("x@1", "created", "command")]), "{}", printed.stdout);
    let printed = program.json(&["activity", "PRODUCT#old", "y"]).await;
    assert_eq!(paths(printed.events("activity")[0]), ["attributes.b", "name"], "{}", printed.stdout);
}
