//! Activity of many partitions: as it is read one after the other, whatever pages and throttling do to it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};
use tenantry::engine::failure::ErrorCode;
use tenantry::engine::protocol::{Activity, ActivityWanted, Among, Command, DeletedFilter, Event, Near, Wanted};

use crate::support::program::Printed;
use crate::support::{Driver, Fault, Program, Proxy, Recorder, Stack, Stingy};

const KINDS: [&str; 3] = ["data", "history", "command"];

fn table(kind: &str) -> String {
    format!("dev-shop-product-{kind}")
}

fn row(pk: &str, base: &str, version: u64, minute: u32, by: &str) -> Row {
    let at = format!("2026-03-0{}T{:02}:{:02}:00+09:00", 1 + minute / 1_440, minute / 60 % 24, minute % 60);
    let json = format!(
        r#"{{"pk":"{pk}","sk":"{base}","id":"{pk}#{base}","code":"{base}","name":"n{version}","type":"PRODUCT","tenantCode":"{}",
            "version":{version},"createdAt":"{at}","createdBy":"{by}","updatedAt":"{at}","updatedBy":"{by}","requestId":"r-{minute}",
            "attributes":{{"a":{version},"b":{minute}}}}}"#,
        pk.split('#').nth(1).unwrap_or_default()
    );
    Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
}

fn under(row: &Row, sk: String) -> Row {
    let mut row = row.clone();
    row.0.insert("sk".to_owned(), Value::s(sk));
    row
}

/// Entities with versions that are in any of the three tables or in none, at times that many share, in partitions of which some have
/// commands or history alone.
async fn random(seed: u64, partitions: usize) -> Stack {
    let stack = Stack::new().await;
    let mut rng = Rng::with_seed(seed);
    let mut rows: [Vec<Row>; 3] = Default::default();
    for partition in 0..partitions {
        let pk = [format!("PRODUCT#t{partition}"), format!("LOG#t{partition}#2024-05"), format!("NOTE#t{partition}")]
            [rng.usize(..3)]
        .clone();
        // Which tables the partition is in at all.
        let has = [rng.u8(..4) > 0, rng.bool(), rng.u8(..4) > 0];
        for entity in 0..rng.usize(1..6) {
            let base = ["x", "x@1", "P-1", "ORDER#O-1", "ボルト"][entity].to_owned();
            let current = rng.u64(1..13);
            for version in 1..=current + rng.u64(..2) {
                let by = ["u-sato", "u-abe", "batch"][rng.usize(..3)];
                let mut own = row(&pk, &base, version, rng.u32(..60), by);
                if rng.u8(..8) == 0 {
                    own.0.insert("isDeleted".to_owned(), Value::Bool(rng.bool()));
                }
                if has[2] && rng.u8(..4) > 0 {
                    let mut command = under(&own, format!("{base}@{version}"));
                    let status = ["finish:FINISHED", "publish:FAILED"][usize::from(version > current && rng.bool())];
                    command.0.insert("status".to_owned(), Value::s(status));
                    rows[2].push(command);
                }
                if has[1] && version < current && rng.u8(..4) > 0 {
                    rows[1].push(under(&own, format!("{base}@{version}")));
                }
                if has[0] && version == current {
                    rows[0].push(own);
                }
            }
        }
    }
    for (kind, rows) in KINDS.iter().zip(&rows) {
        stack.load(&table(kind), rows).await;
    }
    stack
}

/// Lines without what tells only how they were read.
fn lines(printed: &Printed) -> Vec<Json> {
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    printed.events("activity").into_iter().cloned().collect()
}

/// The newest first; at one moment by key, and the highest version first.
fn in_order(mut lines: Vec<Json>) -> Vec<Json> {
    let text = |line: &Json, name: &str| line[name].as_str().unwrap().to_owned();
    lines.sort_by_key(|l| (Reverse(text(l, "at")), text(l, "pk"), text(l, "sk"), Reverse(l["version"].as_u64())));
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn many_partitions_at_once_are_listed_as_one_after_the_other() {
    const PARTITIONS: usize = 30;
    let narrowed = [&[][..], &["--by", "u-sato"], &["--since", "2026-03-01 00:20", "--path", "attributes.a"]];
    for (seed, more) in (0..).zip(narrowed) {
        let stack = random(seed, PARTITIONS).await;
        let program = Program::new(&stack);
        let pks: BTreeSet<String> = stack
            .dump()
            .await
            .values()
            .flatten()
            .map(|row| row.text("pk").unwrap().to_owned())
            .filter(|pk| !pk.starts_with("MASTER"))
            .collect();
        assert!(pks.len() > PARTITIONS / 2, "{pks:?}");
        let mut one_by_one = Vec::new();
        for pk in &pks {
            let printed = program.json(&[&["activity", pk, "--module", "product"], more].concat()).await;
            one_by_one.extend(lines(&printed));
        }
        let expected = in_order(one_by_one);
        assert!(more.len() > 2 || expected.len() > 50, "{}", expected.len());
        let whole = lines(&program.json(&[&["activity", "--module", "product"], more].concat()).await);
        assert_eq!(whole, expected, "seed {seed} {more:?}");
        let limited = [&["activity", "--module", "product", "--limit", "7"], more].concat();
        assert_eq!(lines(&program.json(&limited).await), expected[..7.min(expected.len())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn short_and_empty_pages_and_throttling_change_nothing() {
    let stack = random(7, 12).await;
    let expected = lines(&Program::new(&stack).json(&["activity", "--module", "product"]).await);
    let (dynamodb, s3) =
        (stack.profile.endpoints.dynamodb.clone().unwrap(), stack.profile.endpoints.s3.clone().unwrap());
    let stingy = Stingy::before(&dynamodb).await;
    let short = Program::at(&stack, &stingy.endpoint, &s3, "");
    assert_eq!(lines(&short.json(&["activity", "--module", "product"]).await), expected);
    for args in [&["activity", "--tenant", "t3"][..], &["find", "n1"], &["tenants", "--keys"], &["tenants"]] {
        let [plain, short] = [Program::new(&stack).json(args).await, short.json(args).await];
        let of = |printed: &Printed| -> BTreeSet<String> {
            let own = ["activity", "entity", "tenant"].iter().flat_map(|event| printed.events(event));
            own.map(ToString::to_string).collect()
        };
        assert_eq!((of(&short), short.code), (of(&plain), 0), "{args:?}: {}", short.stderr);
    }
    let proxy = Proxy::before(&dynamodb).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(proxy.endpoint.clone());
    let mut driver = Driver::at(profile, stack.state.path());
    let request = driver.send(Command::Connect).await;
    driver.rest(request).await;
    proxy.by_chance(3, &[], &[(Fault::Throttle, 40)]);
    let request = driver.send(Command::Activity { wanted: Box::new(ActivityWanted::default()) }).await;
    let events = driver.rest(request).await;
    assert!(events.iter().all(|event| !matches!(event, Event::Failed(_))), "{events:?}");
    let key = |one: &Activity| (one.entity.key.pk.to_string(), one.entity.key.sk.to_string(), one.version.0);
    let text = |line: &Json, name: &str| line[name].as_str().unwrap().to_owned();
    let of = |line: &Json| (text(line, "pk"), text(line, "sk"), line["version"].as_u64().unwrap());
    let [found, expected] = [told(&events).iter().map(key).collect::<Vec<_>>(), expected.iter().map(of).collect()];
    assert_eq!(found, expected);
    driver.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listing_and_counting_wait_for_a_table_that_throttles() {
    let stack = Stack::new().await;
    let rows: Vec<Row> =
        (0..20).map(|i| row(&format!("PRODUCT#t{}", i / 2), &format!("x{i}"), 1, i, "u-sato")).collect();
    stack.load(&table("data"), &rows).await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(proxy.endpoint.clone());
    let mut driver = Driver::at(profile, stack.state.path());
    let request = driver.send(Command::Connect).await;
    driver.rest(request).await;
    proxy.by_chance(5, &[], &[(Fault::Throttle, 65)]);
    let module = Some("product".to_owned());
    for command in [Command::ListPartitions { module: module.clone() }, Command::ScanTenants { module }] {
        let request = driver.send(command).await;
        let mut found = BTreeSet::new();
        for event in driver.rest(request).await {
            match event {
                Event::Partitions(some) => found.extend(some.into_iter().map(|one| one.pk)),
                Event::Tenants(some) => found.extend(some.into_iter().map(|one| one.pk)),
                Event::Failed(failure) => panic!("{failure}"),
                _ => {}
            }
        }
        assert_eq!(found.len(), 10);
    }
    driver.leave().await;
}

#[tokio::test]
async fn partitions_that_history_alone_remembers_are_in_the_list() {
    let stack = Stack::new().await;
    stack.put(&table("history"), &under(&row("PRODUCT#gone", "x", 1, 5, "u-sato"), "x@1".to_owned())).await;
    let program = Program::new(&stack);
    for args in [&["activity"][..], &["activity", "--tenant", "gone"], &["activity", "PRODUCT#gone"]] {
        let printed = program.json(args).await;
        let by: Vec<_> = lines(&printed).iter().map(|l| (l["by"].clone(), l["by_source"].clone())).collect();
        assert_eq!(by, [("u-sato".into(), "row".into())], "{args:?}: {}", printed.stderr);
    }
    // Without that table the others still tell.
    stack.ddb.delete_table().table_name(table("history")).send().await.unwrap();
    stack.put(&table("data"), &row("PRODUCT#acme", "x", 1, 5, "u-abe")).await;
    let printed = program.json(&["activity", "--module", "product"]).await;
    assert_eq!((printed.events("activity").len(), printed.code), (1, 1), "{}", printed.stdout);
    assert!(printed.events("error").iter().all(|e| e["code"] == "no_table" && e["fatal"] == false));
}

fn told(events: &[Event]) -> Vec<Activity> {
    let of = |event: &'_ Event| -> Vec<Activity> {
        if let Event::Activity(rows) = event { rows.clone() } else { Vec::new() }
    };
    events.iter().flat_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_before_it_was_cancelled_is_listed_the_newest_first() {
    let stack = Stack::new().await;
    let rows: Vec<Row> = (0..40).map(|i| row(&format!("PRODUCT#t{i}"), "x", 1, i, "u-sato")).collect();
    stack.load(&table("data"), &rows).await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    proxy.by_chance(7, &[], &[(Fault::Slow, 100)]);
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(proxy.endpoint.clone());
    let mut driver = Driver::at(profile, stack.state.path());
    let request = driver.send(Command::Activity { wanted: Box::new(ActivityWanted::default()) }).await;
    driver.until(request, |e| matches!(e, Event::Progress { done, .. } if *done > 10)).await;
    driver.send(Command::Cancel { request }).await;
    let events = driver.rest(request).await;
    assert!(matches!(events.last(), Some(Event::Finished { cancelled: true })), "{events:?}");
    let times: Vec<_> = told(&events).into_iter().map(|one| one.at).collect();
    assert!((1..40).contains(&times.len()) && times.is_sorted_by(|a, b| a >= b), "{times:?}");
    driver.leave().await;
    let left = std::fs::read_dir(stack.state.path()).unwrap().flatten();
    assert!(left.into_iter().all(|e| !e.file_name().to_string_lossy().contains("activity")), "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_partitions_are_read_at_the_same_time() {
    let stack = Stack::new().await;
    let rows: Vec<Row> = (0..24).map(|i| row(&format!("PRODUCT#t{i}"), "x", 1, i, "u-sato")).collect();
    stack.load(&table("data"), &rows).await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    proxy.by_chance(7, &[], &[(Fault::Slow, 100)]);
    let recorder = Recorder::before(&proxy.endpoint).await;
    let program = Program::at(&stack, &recorder.endpoint, stack.profile.endpoints.s3.as_deref().unwrap(), "");
    let printed = program.json(&["activity", "--module", "product"]).await;
    assert_eq!(lines(&printed).len(), 24);
    let queries = recorder.bodies("Query").await.len();
    assert!(queries >= 72, "{queries}");
    // Each answer takes 0.4 s, and a connection carries one question at a time: one after the other they would need a single one.
    let connections = recorder.connections().await;
    assert!(connections >= 6, "{connections}");
}

#[tokio::test]
async fn a_table_of_another_shape_hides_nothing_of_the_others() {
    use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
    let stack = Stack::new().await;
    stack.put(&table("data"), &row("PRODUCT#acme", "x", 1, 5, "u-abe")).await;
    let key = KeySchemaElement::builder().attribute_name("name").key_type(KeyType::Hash).build().unwrap();
    let own = AttributeDefinition::builder().attribute_name("name").attribute_type(ScalarAttributeType::S);
    let odd = "dev-shop-odd-data";
    let create = stack.ddb.create_table().table_name(odd).key_schema(key).attribute_definitions(own.build().unwrap());
    create.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
    let json = r#"{"name":"n1","code":"n1"}"#;
    stack.put(odd, &Row(from_plain_json(json).unwrap().as_map().unwrap().clone())).await;
    let program = Program::new(&stack);
    for (args, event) in [
        (&["find", "n1"][..], "entity"),
        (&["find", "PRODUCT#acme#x"], "entity"),
        (&["activity"], "activity"),
        (&["tenants", "--keys"], "tenant"),
        (&["tenants"], "tenant"),
    ] {
        let printed = program.json(args).await;
        let pks: Vec<_> = printed.events(event).iter().map(|e| e["pk"].clone()).collect();
        assert_eq!(pks, ["PRODUCT#acme"], "{args:?}: {}", printed.stdout);
        // An id tells its module, and nothing else is read.
        let errors = printed.events("error");
        assert_eq!(
            (printed.code, errors.is_empty()),
            if args[1..] == ["PRODUCT#acme#x"] { (0, true) } else { (1, false) }
        );
        assert!(errors.iter().all(|e| e["fatal"] == false), "{errors:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_vanish_are_reported_and_nothing_waits_for_them() {
    let stack = random(2, 30).await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(proxy.endpoint.clone());
    let mut driver = Driver::at(profile, stack.state.path());
    let request = driver.send(Command::Connect).await;
    driver.rest(request).await;
    for share in
        [&[(Fault::Code("ResourceNotFoundException"), 20)][..], &[(Fault::Code("ResourceNotFoundException"), 100)]]
    {
        proxy.by_chance(9, &[], share);
        let activity = Command::Activity { wanted: Box::new(ActivityWanted::default()) };
        for command in [activity, find("n1"), Command::ListPartitions { module: None }] {
            let request = driver.send(command).await;
            let events = driver.rest(request).await;
            assert!(matches!(events.last(), Some(Event::Finished { cancelled: false })), "{:?}", events.last());
            let failures =
                events.iter().filter_map(|e| if let Event::Failed(failure) = e { Some(failure) } else { None });
            let failures: Vec<_> = failures.collect();
            assert!(!failures.is_empty() && failures.iter().all(|f| f.code == ErrorCode::NoTable), "{failures:?}");
        }
    }
    driver.leave().await;
}

fn find(text: &str) -> Command {
    let (places, near, deleted) = (Vec::new(), Near::default(), DeletedFilter::Keep);
    let (text, among) = (text.to_owned(), Among::default());
    let wanted = Wanted { text, places, exact: false, among, deleted, limit: None, max_units: None, near };
    Command::Find { wanted: Box::new(wanted) }
}
