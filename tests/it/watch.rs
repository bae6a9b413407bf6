//! Following entities and partitions: what is published meanwhile is told once, nothing is written, and a cancellation ends it.

use std::time::Duration;

use tenantry::domain::key::EntityKey;
use tenantry::domain::row::Row;
use tenantry::domain::timeline::VersionStatus;
use tenantry::domain::value::Value;
use tenantry::engine::protocol::{
    Command, DeletedFilter, EntityRef, Envelope, Event, Listing, RequestId, Watched, Watching,
};

use crate::support::plan::fill;
use crate::support::{Driver, Stack};

const DATA: &str = "dev-shop-product-data";
const COMMAND: &str = "dev-shop-product-command";
const HISTORY: &str = "dev-shop-product-history";

/// Events that come in within a time.
async fn within(driver: &mut Driver, request: RequestId, seconds: f64) -> Vec<Event> {
    let mut events = Vec::new();
    let end = tokio::time::Instant::now() + Duration::from_secs_f64(seconds);
    while let Ok(Some(Envelope { request: of, event })) =
        tokio::time::timeout_at(end, driver.handle.events.recv()).await
    {
        if of == request {
            events.push(event);
        }
    }
    events
}

async fn begin(driver: &mut Driver, what: Watched) -> (RequestId, Watching) {
    let request = driver.send(Command::Watch { what: Box::new(what) }).await;
    match driver.event(request).await {
        Event::Watching(state) => (request, state),
        other => panic!("{other:?}"),
    }
}

/// What the framework writes for another version.
async fn publish(stack: &Stack, pk: &str, sk: &str) -> u64 {
    let before = stack.get(DATA, pk, sk).await.unwrap();
    let version = before.version().unwrap().0;
    let with = |row: &Row, sk: &str, version: u64| {
        let mut row = row.clone();
        row.0.insert("sk".into(), Value::s(sk));
        row.0.insert("version".into(), Value::n(version));
        row
    };
    stack.put(HISTORY, &with(&before, &format!("{sk}@{version}"), version)).await;
    let mut command = with(&before, &format!("{sk}@{}", version + 1), version + 1);
    for (name, value) in
        [("status", "finish:FINISHED"), ("createdBy", "u-new"), ("createdAt", "2026-03-20T10:00:00+09:00")]
    {
        command.0.insert(name.into(), Value::s(value));
    }
    stack.put(COMMAND, &command).await;
    stack.put(DATA, &with(&before, sk, version + 1)).await;
    version + 1
}

fn entity(pk: &str, sk: &str) -> EntityRef {
    EntityRef { module: "product".into(), key: EntityKey::new(pk, sk) }
}

fn partition(pk: &str) -> Watched {
    Watched::Partition(Listing {
        module: "product".into(),
        pk: pk.into(),
        sk_prefix: String::new(),
        deleted: DeletedFilter::Keep,
        resolve: false,
        view: None,
    })
}

fn versions(events: &[Event]) -> Vec<(u64, bool, VersionStatus)> {
    let entries = events.iter().filter_map(|e| if let Event::Versions(v) = e { Some(v) } else { None }).flatten();
    let mut all: Vec<_> = entries.map(|e| (e.version.version.0, e.version.current, e.version.status)).collect();
    all.sort_by_key(|(version, ..)| *version);
    all
}

fn changed(events: &[Event]) -> Vec<(String, u64)> {
    let rows =
        events.iter().filter_map(|e| if let Event::Changed { entities, .. } = e { Some(entities) } else { None });
    rows.flatten().map(|e| (e.entity.key.sk.to_string(), e.version.unwrap().0)).collect()
}

#[tokio::test]
async fn a_version_published_meanwhile_is_told_once_and_nothing_is_written() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 2).await;
    let mut driver = Driver::new(&stack);
    let sk = stack.dump().await[DATA][0].text("sk").unwrap().to_owned();
    let known = stack.get(DATA, "PRODUCT#acme", &sk).await.unwrap().version().unwrap();
    let what = Watched::Entity { entity: entity("PRODUCT#acme", &sk), known: Some(known) };
    let (request, state) = begin(&mut driver, what).await;
    assert_eq!(state, Watching::Begun { rows: 1, capped: false });
    assert!(within(&mut driver, request, 2.5).await.is_empty());
    let new = publish(&stack, "PRODUCT#acme", &sk).await;
    let before = stack.dump().await;
    let told = within(&mut driver, request, 6.0).await;
    use VersionStatus::Published;
    assert_eq!(versions(&told), [(new - 1, false, Published), (new, true, Published)], "{told:?}");
    assert!(told.iter().all(|e| matches!(e, Event::Versions(_))));
    // A command that nobody has processed is news as well, and so is what becomes of it.
    let mut command = stack.get(COMMAND, "PRODUCT#acme", &format!("{sk}@{new}")).await.unwrap();
    command.0.insert("sk".into(), Value::s(format!("{sk}@{}", new + 1)));
    command.0.insert("version".into(), Value::n(new + 1));
    command.0.shift_remove("status");
    stack.put(COMMAND, &command).await;
    let told = within(&mut driver, request, 4.0).await;
    assert_eq!(versions(&told).last(), Some(&(new + 1, false, VersionStatus::Pending)), "{told:?}");
    command.0.insert("status".into(), Value::s("sync_data:FAILED"));
    stack.put(COMMAND, &command).await;
    let told = within(&mut driver, request, 4.0).await;
    assert_eq!(versions(&told).last(), Some(&(new + 1, false, VersionStatus::Failed)), "{told:?}");
    let mut after = stack.dump().await;
    after.get_mut(COMMAND).unwrap().retain(|row| row.text("sk") != command.text("sk"));
    assert_eq!(after, before, "nothing but what the test wrote");
    driver.send(Command::Cancel { request }).await;
    assert_eq!(driver.event(request).await, Event::Finished { cancelled: true });
    publish(&stack, "PRODUCT#acme", &sk).await;
    assert!(within(&mut driver, request, 3.0).await.is_empty());
    assert_eq!(driver.handle.counters.borrow().active, 0);
}

#[tokio::test]
async fn what_was_published_before_the_watch_began_and_after_the_last_reading_is_told_too() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 1).await;
    let mut driver = Driver::new(&stack);
    let sk = stack.dump().await[DATA][0].text("sk").unwrap().to_owned();
    let known = stack.get(DATA, "PRODUCT#acme", &sk).await.unwrap().version().unwrap();
    // More at once than a look reaches, and more than are told at a time.
    for _ in 0..45 {
        publish(&stack, "PRODUCT#acme", &sk).await;
    }
    let what = Watched::Entity { entity: entity("PRODUCT#acme", &sk), known: Some(known) };
    let (request, _) = begin(&mut driver, what).await;
    let told = versions(&within(&mut driver, request, 1.5).await);
    let numbers: Vec<u64> = told.iter().map(|(version, ..)| *version).collect();
    assert_eq!(numbers, (known.0..=known.0 + 45).collect::<Vec<_>>());
    assert_eq!(told.iter().filter(|(_, current, _)| *current).count(), 1);
    // Without a version that is known, only what comes is told.
    let what = Watched::Entity { entity: entity("PRODUCT#acme", &sk), known: None };
    let (request, _) = begin(&mut driver, what).await;
    assert!(within(&mut driver, request, 1.5).await.is_empty());
}

#[tokio::test]
async fn rows_of_a_partition_that_change_come_or_go_are_told_once() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 150).await;
    fill(&stack, "globex", 2).await;
    let mut driver = Driver::new(&stack);
    let pk = "PRODUCT#acme";
    let rows: Vec<Row> = stack.dump().await[DATA].iter().filter(|r| r.text("pk") == Some(pk)).cloned().collect();
    let sk = |i: usize| rows[i].text("sk").unwrap().to_owned();
    let (request, state) = begin(&mut driver, partition(pk)).await;
    assert_eq!(state, Watching::Begun { rows: rows.len() as u64, capped: false });
    let new = publish(&stack, pk, &sk(140)).await;
    publish(&stack, "PRODUCT#globex", stack.dump().await[DATA].last().unwrap().text("sk").unwrap()).await;
    let mut other = rows[0].clone();
    other.0.insert("sk".into(), Value::s("ZZZ"));
    stack.put(DATA, &other).await;
    let told = within(&mut driver, request, 6.0).await;
    assert_eq!(changed(&told), [(sk(140), new), ("ZZZ".to_owned(), rows[0].version().unwrap().0)], "{told:?}");
    // Who wrote it is told with it.
    let who = told.iter().find_map(|e| match e {
        Event::Changed { entities, .. } => entities[0].updated_by.clone(),
        _ => None,
    });
    assert_eq!(who.as_deref(), Some("u-new"));
    stack.delete(DATA, pk, "ZZZ").await;
    let told = within(&mut driver, request, 6.0).await;
    let gone: Vec<String> = told
        .iter()
        .filter_map(|e| if let Event::Changed { gone, .. } = e { Some(gone) } else { None })
        .flatten()
        .map(ToString::to_string)
        .collect();
    assert_eq!((gone, changed(&told)), (vec!["ZZZ".to_owned()], vec![]));
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_told_once_and_goes_on_afterwards() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 1).await;
    let mut driver = Driver::new(&stack);
    let sk = stack.dump().await[DATA][0].text("sk").unwrap().to_owned();
    let mut row = stack.get(DATA, "PRODUCT#acme", &sk).await.unwrap();
    let what = Watched::Entity { entity: entity("PRODUCT#acme", &sk), known: None };
    let (request, _) = begin(&mut driver, what).await;
    // A version that is no number: the entity cannot be followed while it stands there.
    let whole = row.clone();
    row.0.insert("version".into(), Value::s("x"));
    stack.put(DATA, &row).await;
    let told = within(&mut driver, request, 11.0).await;
    assert!(matches!(told.as_slice(), [Event::Watching(Watching::Paused(_))]), "{told:?}");
    stack.put(DATA, &whole).await;
    let told = within(&mut driver, request, 17.0).await;
    assert_eq!(told, [Event::Watching(Watching::Resumed)]);
}
