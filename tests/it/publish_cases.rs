//! Publishes of the real framework, replayed: the same rows come out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value as Json;
use tenantry::domain::clock::framework_time;
use tenantry::domain::key::EntityKey;
use tenantry::domain::merge::{Patch, framework_merge};
use tenantry::domain::publish::{NAMED_FIELDS, NewState, PublishMode, Stamp, Ttls, build, changes_anything};
use tenantry::domain::row::{Row, TableKind};
use tenantry::domain::value::{Map, Value, from_plain_json};
use tenantry::store::publish::{Patience, PublishOutcome, PublishRequest};

use crate::support::Stack;
use crate::support::golden::{path, row};

const PRODUCT: [&str; 3] = ["dev-shop-product-command", "dev-shop-product-data", "dev-shop-product-history"];

struct Case {
    name: String,
    op: String,
    input: Json,
    before: Json,
    after: Json,
    is_refused: bool,
    is_unchanged: bool,
}

fn cases() -> Vec<Case> {
    let json: Json = serde_json::from_str(&std::fs::read_to_string(path("publish-cases.json")).unwrap()).unwrap();
    let one = |c: &Json| Case {
        name: c["name"].as_str().unwrap().to_owned(),
        op: c["op"].as_str().unwrap().to_owned(),
        input: c["input"].clone(),
        before: c["before"].clone(),
        after: c["after"].clone(),
        is_refused: c["error"].is_string(),
        is_unchanged: c["error"].is_null() && c["returned"].is_null(),
    };
    json["cases"].as_array().unwrap().iter().map(one).collect()
}

fn rows(side: &Json, table: &str) -> Vec<Row> {
    side[table].as_array().map(|rows| rows.iter().map(row).collect()).unwrap_or_default()
}

fn patch(json: &Json) -> Patch {
    match json {
        Json::String(t) if t == "__undefined__" => Patch::Undefined,
        Json::Object(m) => Patch::Map(m.iter().map(|(n, v)| (n.clone(), patch(v))).collect()),
        other => Patch::Value(from_plain_json(&other.to_string()).unwrap()),
    }
}

/// The state that the framework would publish: the input itself, or merged over the row it updates.
fn state(case: &Case, base: Option<&Row>) -> NewState {
    let input = from_plain_json(&case.input.to_string()).unwrap().as_map().unwrap().clone();
    let Some(base) = base else { return split(input) };
    let Patch::Map(members) = patch(&case.input) else { panic!("the input is an object") };
    split(framework_merge(&base.0, &members))
}

fn split(input: Map) -> NewState {
    let own =
        ["pk", "sk", "version", "ttl", "requestId", "createdAt", "createdBy", "createdIp", "updatedAt", "updatedBy"];
    let never = ["updatedIp", "status", "syncMode", "source", "taskToken"];
    let (fields, extra): (Map, Map) = input
        .into_iter()
        .filter(|(n, _)| !own.contains(&n.as_str()) && !never.contains(&n.as_str()))
        .partition(|(n, _)| NAMED_FIELDS.contains(&n.as_str()));
    NewState { fields, extra }
}

/// A row as it is compared: without what is of the change and not of the state, S3 names without their unique part.
fn comparable(row: &Row) -> Map {
    let mut map = row.0.clone();
    for name in ["updatedAt", "updatedBy", "updatedIp"] {
        map.shift_remove(name);
    }
    if let Some(Value::S(uri)) = map.get("attributes").cloned() {
        map.insert("attributes".to_owned(), Value::s(nameless(&uri)));
    }
    map
}

fn nameless(uri: &str) -> String {
    format!("{}/*.json", uri.rsplit_once('/').unwrap().0)
}

#[tokio::test]
async fn all_cases_leave_the_same_rows() {
    let all = cases();
    assert_eq!(all.len(), 17);
    for case in all {
        replay(&case).await;
    }
}

async fn replay(case: &Case) {
    let stack = Stack::with(|p| {
        p.attribute_limit_bytes = 2048;
        p.timezone = "UTC".to_owned();
        p.framework = "1.2".parse().unwrap();
    })
    .await;
    for table in case.before.as_object().unwrap().keys().filter(|t| !t.starts_with("s3://")) {
        stack.put_all(table, &rows(&case.before, table)).await;
    }
    for object in case.before["s3://shop-private"].as_array().into_iter().flatten() {
        stack.put_object(object["key"].as_str().unwrap(), object["body"].as_str().unwrap()).await;
    }
    let before = stack.dump().await;
    let key = EntityKey::new("PRODUCT#acme", "P-1");
    let outcome = publish(case, &stack, &key).await;
    if case.is_refused {
        assert!(matches!(outcome, Some(PublishOutcome::Conflict(..))), "{}: {outcome:?}", case.name);
        assert_eq!(stack.dump().await, before, "{}", case.name);
        return;
    }
    if case.is_unchanged {
        assert_eq!(outcome, None, "{}", case.name);
        return;
    }
    assert_eq!(outcome, Some(PublishOutcome::Done { already: false }), "{}", case.name);
    compare(case, &stack).await;
}

async fn publish(case: &Case, stack: &Stack, key: &EntityKey) -> Option<PublishOutcome> {
    let snapshot = stack.store.snapshot("product", key).await.unwrap();
    let mode = if case.op.ends_with("Async") { PublishMode::Async } else { PublishMode::Sync };
    let current = snapshot.resolved.as_deref().cloned();
    let base = match (case.op.contains("Partial"), mode) {
        (false, _) => None,
        (true, PublishMode::Sync) => current.clone(),
        (true, PublishMode::Async) => snapshot.command.clone(),
    };
    let new = state(case, base.as_ref());
    let stated = case.input["version"].as_i64().unwrap();
    if let Some(row) = &current {
        let is_current = stated == -1 || u64::try_from(stated).ok() == Some(snapshot.version.0);
        if is_current && !changes_anything(row, &new) {
            return None;
        }
    }
    // A publish pins the version that its author saw, which may be stale.
    let pinned = match stated {
        -1 => current,
        0 => None,
        n => current.map(|row| {
            let mut map = row.0;
            map.insert("version".to_owned(), Value::n(u64::try_from(n).unwrap()));
            Row(map)
        }),
    };
    // The case's own time makes times and expiry comparable to the second.
    let written = rows(&case.after, PRODUCT[0]);
    let at = written.iter().max_by_key(|r| r.version().unwrap()).unwrap().text("createdAt").unwrap().to_owned();
    let at: Timestamp = at.parse().unwrap();
    let stamp = Stamp {
        at: framework_time(at, &jiff::tz::TimeZone::UTC),
        by: "operator-1".to_owned(),
        ip: Some("203.0.113.7".to_owned()),
        request_id: "req-fixed".to_owned(),
        source: "tool test".to_owned(),
    };
    let ttls: Ttls = stack.store.ttl_settings("product", &"PRODUCT#acme".into()).await.unwrap().at(at);
    let rows = build(key, pinned.as_ref(), &new, mode, &stamp, ttls).unwrap();
    let mut n = 0;
    let mut name = || {
        n += 1;
        format!("object-{n}")
    };
    let part = stack.store.prepare("product", rows, snapshot.command.is_some(), &mut name).unwrap();
    // Two publishes with one requestId would recognise each other's rows: a run's is unique.
    let request_id = if case.is_refused { "req-other" } else { "req-fixed" }.to_owned();
    let request = PublishRequest { mode, request_id, parts: vec![part], checks: Vec::new(), counters: Vec::new() };
    Some(stack.store.arm().publish(&request, Patience::ALONE).await.outcome)
}

async fn compare(case: &Case, stack: &Stack) {
    let dump = stack.dump().await;
    for table in PRODUCT {
        let by_sk = |rows: &[Row]| -> BTreeMap<String, Map> {
            rows.iter().map(|r| (r.text("sk").unwrap().to_owned(), comparable(r))).collect()
        };
        let mut expected = by_sk(&rows(&case.after, table));
        let ours = by_sk(&dump[table]);
        if case.op == "publishPartialUpdateAsync" && table == PRODUCT[0] {
            // The framework carries the previous status over, and so says "finished" of what nothing has processed.
            expected.get_mut("P-1@2").and_then(|row| row.shift_remove("status")).unwrap();
        }
        assert_eq!(ours, expected, "{}: {table}", case.name);
        for row in &dump[table] {
            let is_new = row.text("sk").unwrap().starts_with("P-1") && !rows(&case.before, table).contains(row);
            let is_update =
                is_new && table != PRODUCT[2] && row.version().unwrap().0 > 1 && row.key_version() != previous(&dump);
            if is_update {
                assert_eq!(row.text("updatedBy"), Some("operator-1"), "{}: {table}", case.name);
            }
        }
    }
    let bodies = |list: &Json| -> BTreeSet<(String, String)> {
        let one = |o: &Json| (nameless(o["key"].as_str().unwrap()), o["body"].as_str().unwrap().to_owned());
        list.as_array().into_iter().flatten().map(one).collect()
    };
    let mut ours = BTreeSet::new();
    for key in stack.object_keys().await {
        ours.insert((nameless(&key), stack.object(&key).await.unwrap()));
    }
    assert_eq!(ours, bodies(&case.after["s3://shop-private"]), "{}", case.name);
}

/// The version whose command row is no longer the newest.
fn previous(dump: &BTreeMap<String, Vec<Row>>) -> Option<tenantry::domain::key::Version> {
    let mut versions: Vec<_> = dump[PRODUCT[0]].iter().filter_map(Row::key_version).collect();
    versions.sort_unstable();
    versions.iter().rev().nth(1).copied()
}

#[test]
fn the_tables_of_a_module_are_those_of_the_cases() {
    let kinds = [TableKind::Command, TableKind::Data, TableKind::History].map(TableKind::as_str);
    assert_eq!(PRODUCT.map(|t| t.rsplit('-').next().unwrap()), kinds);
}
