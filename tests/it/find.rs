//! Finding entities by a text: where it stands, what it costs, and what was not looked at.

use tenantry::domain::key::PartitionKey;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Value, from_plain_json};
use tenantry::engine::protocol::{Among, Command, DeletedFilter, Event, Near, Searched, Wanted};

use crate::support::program::Printed;
use crate::support::stack::external;
use crate::support::{Driver, Fault, Program, Proxy, Recorder, Stack};

const DATA: &str = "dev-shop-product-data";

fn row(pk: &str, sk: &str, name: &str, attributes: &str) -> Row {
    let tenant = pk.split('#').nth(1).unwrap_or_default();
    let json = format!(
        r#"{{"pk":"{pk}","sk":"{sk}","id":"{pk}#{sk}","code":"{sk}","name":"{name}","type":"PRODUCT","tenantCode":"{tenant}","version":1,
            "createdAt":"2026-03-02T10:15:00+09:00","attributes":{attributes}}}"#
    );
    Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
}

/// Two tenants' products and logs with a longer key; one is deleted, one has its attributes in S3.
async fn shop() -> Stack {
    let stack = Stack::new().await;
    let mut gone = row("PRODUCT#acme", "P-3", "蝶ボルト", r#"{"maker":"sato@example.com"}"#);
    gone.0.insert("isDeleted".to_owned(), Value::Bool(true));
    let mut large = row("PRODUCT#globex", "P-5", "large", "{}");
    large.0.insert("attributes".to_owned(), Value::s("s3://shop-private/ddb/x.json"));
    let rows = [
        row("PRODUCT#acme", "P-1", "六角ボルト M6", r#"{"email":"Sato@Example.com","price":1200}"#),
        row("PRODUCT#acme", "P-2", "ナット", r#"{"note":"ﾎﾞﾙﾄ用"}"#),
        gone,
        row("PRODUCT#globex", "P-4", "ﾎﾞﾙﾄ M8", "{}"),
        large,
        row("LOG#acme#2024-05", "L-1", "ボルト入庫", "{}"),
    ];
    stack.put_all(DATA, &rows).await;
    stack
}

/// (sk, places) of what was found, sorted.
fn found(printed: &Printed) -> Vec<(String, Vec<String>)> {
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let places = |e: &serde_json::Value| e["matched"].as_array().unwrap().iter().map(|m| text(&m["path"])).collect();
    let mut found: Vec<_> = printed.events("entity").iter().map(|e| (text(&e["sk"]), places(e))).collect();
    found.sort();
    found
}

fn named(sks: &[&str]) -> Vec<(String, Vec<String>)> {
    sks.iter().map(|sk| ((*sk).to_owned(), vec!["name".to_owned()])).collect()
}

#[tokio::test]
async fn a_text_is_found_whatever_its_width_and_case_and_only_where_it_is_asked_for() {
    let stack = shop().await;
    let program = Program::new(&stack);
    let whole = program.json(&["find", "ボルト"]).await;
    assert_eq!(found(&whole), named(&["L-1", "P-1", "P-3", "P-4"]), "{}", whole.stdout);
    assert_eq!((whole.code, whole.end()["rows"].as_u64(), whole.end()["stopped"].is_null()), (0, Some(4), true));
    let deleted: Vec<_> = whole.events("entity").into_iter().filter(|e| e["deleted"] == true).collect();
    assert_eq!((deleted.len(), deleted[0]["sk"].as_str()), (1, Some("P-3")));
    let value = |p: &Printed| p.events("entity")[0]["matched"][0]["value"].as_str().unwrap().to_owned();
    let exact = program.json(&["find", "ボルト m8", "--exact"]).await;
    assert_eq!((found(&exact), value(&exact)), (named(&["P-4"]), "ﾎﾞﾙﾄ M8".to_owned()));
    let alive = program.json(&["find", "ﾎﾞﾙﾄ", "--deleted", "skip", "--tenant", "acme"]).await;
    assert_eq!(found(&alive), named(&["L-1", "P-1"]), "{}", alive.stdout);
    let typed = program.json(&["find", "ボルト", "--type", "LOG", "--tenant", "acme"]).await;
    assert_eq!(found(&typed), named(&["L-1"]), "longer keys are the tenant's too: {}", typed.stdout);
    let only = program.json(&["find", "ボルト", "--deleted", "only", "--type", "PRODUCT"]).await;
    assert_eq!(found(&only), named(&["P-3"]));
    let mail = program.json(&["find", "sato@example.com", "--in", "attributes.email"]).await;
    assert_eq!(found(&mail), [("P-1".to_owned(), vec!["attributes.email".to_owned()])]);
    let inside = program.json(&["find", "sato@", "--in", "attributes", "--in", "name"]).await;
    let places = |sk: &str, place: &str| (sk.to_owned(), vec![place.to_owned()]);
    assert_eq!(found(&inside), [places("P-1", "attributes.email"), places("P-3", "attributes.maker")]);
    assert!(inside.stderr.contains("rows whose attributes stand in S3, where they were not looked into: 1"));
    let number = program.json(&["find", "1200.0", "--exact", "--in", "attributes"]).await;
    assert_eq!(found(&number), [places("P-1", "attributes.price")]);
    let missed = program.json(&["find", "sato", "--in", "email"]).await;
    assert!(found(&missed).is_empty() && missed.stderr.contains("write attributes.email"), "{}", missed.stderr);
    assert!(missed.stderr.contains("no row that was looked at has email: for"), "{}", missed.stderr);
    let has = program.json(&["find", "sato", "--in", "tenantCode", "--in", "attributes.mail"]).await;
    assert!(has.stderr.contains("tenantCode is a field of the row itself"), "{}", has.stderr);
    assert!(has.stderr.contains("no row that was looked at has attributes.mail\n"), "{}", has.stderr);
    for (option, command) in [("--limit", "find"), ("--max-units", "find"), ("--limit", "activity")] {
        let nothing = program.json(&[command, "PRODUCT#acme", option, "0"]).await;
        assert_eq!(nothing.code, 2, "{command} {option}: {}", nothing.stdout);
    }
    let (_, _, whole) = program.text(&["find", "ボルト"]).await;
    assert!(whole.contains(" read units, commands included") && whole.contains(" read units were used"), "{whole}");
    let (_, _, narrow) = program.text(&["find", "ボルト", "--tenant", "acme"]).await;
    assert!(narrow.contains("what is in scope is a part of that"), "{narrow}");
    let bad = program.json(&["find", "x", "--in", "attributes[x"]).await;
    assert_eq!(bad.code, 2, "{}", bad.stdout);
    let empty = program.json(&["find", ""]).await;
    assert_eq!(empty.code, 2, "{}", empty.stdout);
}

#[tokio::test]
async fn an_id_is_read_and_nothing_else_is() {
    let stack = shop().await;
    let recorder = Recorder::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &recorder.endpoint, stack.profile.endpoints.s3.as_deref().unwrap(), "");
    let printed = program.json(&["find", "PRODUCT#acme#P-1", "--in", "name"]).await;
    assert_eq!(found(&printed), [("P-1".to_owned(), vec!["id".to_owned()])], "{}", printed.stdout);
    let asked = recorder.operations().await;
    assert_eq!(asked.iter().filter(|o| *o == "GetItem").count(), 1, "{asked:?}");
    assert!(asked.iter().all(|o| ["GetItem", "ListTables", "BatchGetItem"].contains(&o.as_str())), "{asked:?}");
    let printed = program.json(&["find", "LOG#acme#2024-05#L-1"]).await;
    assert_eq!(found(&printed), [("L-1".to_owned(), vec!["id".to_owned()])], "{}", printed.stdout);
    // Out of its scope it is not there, and a part of an id is a text like any other.
    let other = program.json(&["find", "PRODUCT#acme#P-1", "--tenant", "globex"]).await;
    assert!(found(&other).is_empty());
    let part = program.json(&["find", "acme#P-", "--limit", "2"]).await;
    assert_eq!((part.events("entity").len(), part.code), (2, 0));
    assert!(part.stderr.contains("stopped at --limit"), "{}", part.stderr);
}

#[tokio::test]
async fn it_stops_when_the_units_are_used_up_and_says_so() {
    let stack = Stack::new().await;
    let filler = "x".repeat(2_000);
    let attributes = format!(r#"{{"filler":"{filler}"}}"#);
    let rows: Vec<Row> =
        (0..400).map(|i| row(&format!("PRODUCT#t{}", i % 4), &format!("P-{i:03}"), "bolt", &attributes)).collect();
    stack.load(DATA, &rows).await;
    let program = Program::new(&stack);
    for scope in [&["--module", "product"][..], &["--type", "PRODUCT"], &["--tenant", "t1", "--type", "PRODUCT"]] {
        let args = [&["find", "bolt", "--max-units", "10"], scope].concat();
        let printed = program.json(&args).await;
        let (end, units) = (printed.end(), printed.end()["blast"]["read_units"].as_f64().unwrap());
        let count = printed.events("entity").len();
        assert_eq!((printed.code, end["stopped"].as_str()), (4, Some("operator")), "{}", printed.stderr);
        // With the command rows of what was found, by which its flags are told.
        // The second implementation has units of its own.
        let is_within = (7.0..=13.0).contains(&units) || external().is_some();
        assert!(is_within && (3..20).contains(&count), "{units} units, {count} found");
        assert!(printed.stderr.contains("stopped at --max-units"), "{}", printed.stderr);
    }
    let whole = program.json(&["find", "bolt", "--module", "product", "--max-units", "1000"]).await;
    assert_eq!((whole.code, whole.events("entity").len()), (0, 400), "{}", whole.stderr);
}

fn wanted(text: &str) -> Box<Wanted> {
    Box::new(Wanted {
        text: text.to_owned(),
        places: Vec::new(),
        exact: false,
        among: Among { module: Some("product".to_owned()), ..Among::default() },
        deleted: DeletedFilter::Keep,
        limit: None,
        max_units: None,
        near: Near::default(),
    })
}

fn sks(events: &[Event]) -> Vec<String> {
    let of = |e: &Event| match e {
        Event::Found(found) => found.iter().map(|f| f.entity.entity.key.sk.to_string()).collect(),
        _ => Vec::new(),
    };
    events.iter().flat_map(of).collect()
}

fn last(events: &[Event]) -> Searched {
    events.iter().rev().find_map(|e| if let Event::Searched(s) = e { Some(s.clone()) } else { None }).unwrap()
}

#[tokio::test]
async fn what_is_open_is_looked_at_first_and_nothing_twice() {
    let stack = shop().await;
    let mut driver = Driver::new(&stack);
    let partition = Some(("product".to_owned(), PartitionKey::new("LOG#acme#2024-05")));
    let near = Near { partition, tenant: Some("globex".to_owned()) };
    let request = driver.send(Command::Find { wanted: Box::new(Wanted { near, ..*wanted("ボルト") }) }).await;
    let events = driver.rest(request).await;
    let found = sks(&events);
    assert_eq!(found[..2], ["L-1", "P-4"]);
    let mut all = found.clone();
    all.sort();
    assert_eq!(all, ["L-1", "P-1", "P-3", "P-4"]);
    assert_eq!((last(&events).found, last(&events).rows), (4, 6));
    driver.leave().await;
}

#[tokio::test]
async fn what_was_found_before_it_was_cancelled_stays_and_throttling_only_slows_it() {
    let stack = shop().await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(proxy.endpoint.clone());
    let mut driver = Driver::at(profile, stack.state.path());
    let request = driver.send(Command::Find { wanted: wanted("no such text") }).await;
    driver.rest(request).await;
    proxy.by_chance(7, &[], &[(Fault::Throttle, 60)]);
    let request = driver.send(Command::Find { wanted: wanted("ボルト") }).await;
    let events = driver.rest(request).await;
    assert_eq!(sks(&events).len(), 4, "{events:?}");
    proxy.by_chance(7, &[], &[(Fault::Slow, 100)]);
    let request = driver.send(Command::Find { wanted: wanted("ボルト") }).await;
    driver.until(request, |e| matches!(e, Event::Searched(s) if s.rows > 0) || matches!(e, Event::Found(_))).await;
    driver.send(Command::Cancel { request }).await;
    let events = driver.rest(request).await;
    assert!(matches!(events.last(), Some(Event::Finished { cancelled: true })) || last(&events).found == 4);
    driver.leave().await;
}

#[tokio::test]
async fn a_module_without_a_table_hides_nothing_of_the_others() {
    let stack = shop().await;
    stack.ddb.delete_table().table_name("dev-shop-order-data").send().await.unwrap();
    stack.ddb.delete_table().table_name("dev-shop-product-command").send().await.unwrap();
    let program = Program::with(&stack, "tables = { order = \"order\" }");
    let printed = program.json(&["find", "ボルト"]).await;
    assert_eq!(found(&printed).len(), 4, "{}\n{}", printed.stdout, printed.stderr);
    assert!(printed.events("error").iter().all(|e| e["fatal"] == false && e["code"] == "no_table"));
    assert_eq!(printed.code, 1);
    let none = program.json(&["find", "x", "--module", "nothing"]).await;
    assert_eq!((none.code, none.events("error")[0]["code"].as_str()), (1, Some("no_table")));
}

#[tokio::test]
async fn in_the_rows_of_the_framework_names_mail_addresses_and_ids_are_found() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let sks = |printed: &Printed| found(printed).into_iter().map(|(sk, _)| sk).collect::<Vec<_>>();
    // As it is stored, and as somebody with a half-width keyboard types it.
    for text in ["ボルト", "ﾎﾞﾙﾄ m6"] {
        let printed = program.json(&["find", text]).await;
        assert_eq!(sks(&printed), ["01HX7MBJK3V9WQBZ7XNDK5ZT2M"], "{}", printed.stdout);
    }
    stack.put(DATA, &row("PRODUCT#globex", "P-77", "ﾎﾞﾙﾄ M8", "{}")).await;
    assert_eq!(sks(&program.json(&["find", "ボルト"]).await), ["01HX7MBJK3V9WQBZ7XNDK5ZT2M", "P-77"]);
    let mail = program.json(&["find", "USER@example.com", "--in", "attributes.email", "--exact"]).await;
    assert!(sks(&mail).iter().all(|sk| sk.starts_with("user")) && sks(&mail).len() >= 2, "{}", mail.stdout);
    let id = program.json(&["find", "PRODUCT#acme#01HX7MBJK3V9WQBZ7XNDK5ZT2M"]).await;
    assert_eq!(sks(&id), ["01HX7MBJK3V9WQBZ7XNDK5ZT2M"]);
    assert!(id.end()["blast"]["read_units"].as_f64().unwrap() <= 3.0 || external().is_some(), "{}", id.stdout);
    // Published, never processed: no data row has it.
    let anchor = program.json(&["find", "anchor"]).await;
    let entity = anchor.events("entity")[0];
    assert_eq!((sks(&anchor), entity["version"].as_u64()), (vec!["P-0004".to_owned()], Some(0)), "{}", anchor.stdout);
}
