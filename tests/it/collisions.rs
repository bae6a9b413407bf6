//! Keys that several rows want, as an interface is shown them: which rows, who changed them last, where they differ.

use std::path::Path;

use tenantry::config::plan::parse;
use tenantry::domain::run::RunId;
use tenantry::domain::value::Value;
use tenantry::engine::protocol::{Collision, CollisionFilter, CollisionKey, Command, Event, ItemFilter};

use crate::support::{Driver, Program, Stack};

const PLAN: &str = "name = \"codes\"\noperation = \"normalize\"\nmodule = \"order\"\n";

async fn previewed(driver: &mut Driver, more: &str) -> RunId {
    let plan = Box::new(parse(Path::new("p"), &format!("{PLAN}{more}")).unwrap());
    let request = driver.send(Command::PreviewPlan { plan, keep: true }).await;
    let events = driver.rest(request).await;
    events.into_iter().find_map(|e| if let Event::Planned(summary) = e { Some(summary.run) } else { None }).unwrap()
}

async fn page(
    driver: &mut Driver,
    run: RunId,
    filter: &CollisionFilter,
    from: u64,
    limit: usize,
) -> (u64, Vec<CollisionKey>) {
    let request = driver.send(Command::Collisions { run, filter: filter.clone(), from, near: None, limit }).await;
    match driver.until(request, |e| matches!(e, Event::Collisions { .. } | Event::Failed(_))).await {
        Event::Collisions { total, keys, .. } => (total, keys),
        other => panic!("{other:?}"),
    }
}

async fn show(driver: &mut Driver, run: RunId, key: &CollisionKey) -> Box<Collision> {
    let request = driver.send(Command::ShowCollision { run, items: key.items.clone() }).await;
    match driver.until(request, |e| matches!(e, Event::Collision(_) | Event::Failed(_))).await {
        Event::Collision(collision) => collision,
        other => panic!("{other:?}"),
    }
}

fn names(keys: &[CollisionKey]) -> Vec<(&str, &str, bool)> {
    keys.iter().map(|k| (k.target.key.pk.as_str(), k.target.key.sk.as_str(), k.open)).collect()
}

#[tokio::test]
async fn every_row_that_wants_a_key_is_shown_with_who_changed_it_last() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    let run = previewed(&mut driver, "").await;
    let all = CollisionFilter::default();
    let (total, keys) = page(&mut driver, run, &all, 0, 100).await;
    let sks = [
        "ORDER#O-1",
        "ORDER#O-2",
        "ORDER_ITEM#O-1#001",
        "ORDER_ITEM#O-1#002",
        "ORDER_ITEM#O-2#001",
        "ORDER_ITEM#O-2#002",
    ];
    assert_eq!(total, 6);
    assert_eq!(names(&keys), sks.map(|sk| ("ORDER#my_tenant", sk, true)));
    assert_eq!(keys.iter().map(|k| k.items.len()).collect::<Vec<_>>(), [2, 1, 2, 2, 1, 1]);
    let order = show(&mut driver, run, &keys[0]).await;
    let rows: Vec<(&str, u64)> = order.rows.iter().map(|r| (r.pk.as_str(), r.version.0)).collect();
    assert_eq!(rows, [("ORDER#my_tenant", 1), ("ORDER#MY_TENANT", 2), ("ORDER#My_Tenant", 1)]);
    // The command rows' words, not the data rows' stale ones.
    for row in &order.rows {
        let sk = format!("ORDER#O-1@{}", row.version);
        let command = stack.get("dev-shop-order-command", row.pk.as_str(), &sk).await.unwrap();
        let changed = row.changed.as_ref().unwrap();
        assert_eq!(changed.by.as_deref(), command.text("createdBy"), "{}", row.pk);
        assert_eq!(changed.at.as_deref(), command.text("createdAt"), "{}", row.pk);
        assert!(changed.certain && row.row.is_some());
    }
    let status = order.differences.iter().find(|d| d.path.to_string() == "attributes.status").unwrap();
    assert_eq!(status.values, ["open", "shipped", "open"].map(|s| Some(Value::s(s))));
    assert!(order.decidable && order.differences.iter().all(|d| d.path.to_string() != "id"));
    assert!(order.message.unwrap().contains("decide which to keep"));
}

#[tokio::test]
async fn what_is_decided_is_still_listed_behind_what_is_not_and_every_page_fits_the_other() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    let decide = "[[normalize.decide]]\npk = \"ORDER#my_tenant\"\nsk = \"ORDER#O-1\"\nkeep = \"ORDER#MY_TENANT\"\n\
                  [[normalize.decide]]\npk = \"ORDER#my_tenant\"\nsk = \"ORDER#O-2\"\nkeep = \"ORDER#my_tenant\"\n";
    let run = previewed(&mut driver, decide).await;
    let all = CollisionFilter::default();
    let (total, keys) = page(&mut driver, run, &all, 0, 100).await;
    assert_eq!((total, keys.len()), (6, 6));
    assert_eq!(names(&keys[4..]), [("ORDER#my_tenant", "ORDER#O-1", false), ("ORDER#my_tenant", "ORDER#O-2", false)]);
    // A target that another item writes is shown at the version that was seen.
    let decided = show(&mut driver, run, &keys[4]).await;
    assert_eq!(decided.rows.iter().map(|r| r.version.0).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(show(&mut driver, run, &keys[5]).await.rows.len(), 2);
    for from in 0..6 {
        let (total, some) = page(&mut driver, run, &all, from, 2).await;
        let at = usize::try_from(from).unwrap();
        assert_eq!((total, some.as_slice()), (6, &keys[at..(at + 2).min(6)]), "{from}");
    }
    let open = CollisionFilter { open: true, text: String::new() };
    assert_eq!(page(&mut driver, run, &open, 0, 100).await, (4, keys[..4].to_vec()));
    // The page with the key of an item comes in place of the one that was asked for, where it is listed.
    for (filter, n, expected) in
        [(&all, keys[4].items[1], 4), (&all, keys[3].items[0], 2), (&open, keys[4].items[0], 0)]
    {
        let command = Command::Collisions { run, filter: filter.clone(), from: 0, near: Some(n), limit: 2 };
        let request = driver.send(command).await;
        let is_page = |e: &Event| matches!(e, Event::Collisions { .. } | Event::Failed(_));
        let Event::Collisions { from, keys: some, .. } = driver.until(request, is_page).await else { panic!("{n}") };
        let at = usize::try_from(expected).unwrap();
        assert_eq!((from, some.as_slice()), (expected, &keys[at..at + 2]), "{n}");
    }
    // A text is found in the key and in those of the rows; its own signs are no pattern.
    for (text, found) in [("o-1#", 2), ("My_Tenant", 6), ("O_1", 0), ("%", 0)] {
        let filter = CollisionFilter { open: false, text: text.to_owned() };
        assert_eq!(page(&mut driver, run, &filter, 0, 100).await.0, found, "{text}");
    }
    // What is decided for all of them is listed too, and what moves alone is not.
    let run = previewed(&mut driver, "[normalize]\ncollision = \"newest\"\n").await;
    let (total, keys) = page(&mut driver, run, &all, 0, 100).await;
    assert!(total == 6 && keys.iter().all(|k| !k.open));
    let run = previewed(&mut driver, "[source]\nkeys = [\"ORDER#O-3\"]\n").await;
    assert_eq!(page(&mut driver, run, &all, 0, 100).await.0, 0);
}

#[tokio::test]
async fn where_a_row_cannot_be_read_nothing_can_be_decided() {
    let stack = Stack::golden().await;
    let mut row = stack.get("dev-shop-order-data", "ORDER#MY_TENANT", "ORDER#O-1").await.unwrap();
    row.0.insert("attributes".to_owned(), Value::s("s3://shop-private/ddb/gone.json"));
    stack.put("dev-shop-order-data", &row).await;
    let mut driver = Driver::new(&stack);
    let run = previewed(&mut driver, "[source]\nkeys = [\"ORDER#O-1\"]\n").await;
    let (total, keys) = page(&mut driver, run, &CollisionFilter::default(), 0, 100).await;
    assert_eq!(total, 1);
    let order = show(&mut driver, run, &keys[0]).await;
    assert!(!order.decidable && order.differences.is_empty(), "{order:?}");
    assert!(order.rows.iter().any(|r| r.pk.as_str() == "ORDER#MY_TENANT" && r.row.is_none()), "{order:?}");
    assert!(order.message.as_ref().unwrap().contains("s3://shop-private/ddb/gone.json"), "{:?}", order.message);
}

#[tokio::test]
async fn a_row_that_loses_is_told_by_its_own_key_and_name() {
    let stack = Stack::golden().await;
    let names = [("ORDER#my_tenant", "the survivor"), ("ORDER#MY_TENANT", "loses"), ("ORDER#My_Tenant", "loses too")];
    for (pk, name) in names {
        let mut row = stack.get("dev-shop-order-data", pk, "ORDER#O-1").await.unwrap();
        row.0.insert("name".to_owned(), Value::s(name));
        stack.put("dev-shop-order-data", &row).await;
    }
    let mut driver = Driver::new(&stack);
    let only = "[source]\nkeys = [\"ORDER#O-1\"]\n[normalize]\ncollision = \"target\"\n";
    let run = previewed(&mut driver, only).await;
    let filter = ItemFilter::default();
    let request = driver.send(Command::Items { run, filter, from: 0, near: None, limit: 100, fresh: true }).await;
    let Event::Items { items, .. } = driver.until(request, |e| matches!(e, Event::Items { .. })).await else {
        panic!()
    };
    let losers: Vec<_> = items.iter().filter(|item| item.only_source).collect();
    let mut told: Vec<_> = losers.iter().map(|i| (i.source.pk.as_str(), i.name.as_deref().unwrap())).collect();
    told.sort_unstable();
    assert_eq!(told, [names[1], names[2]]);
    // The record of the run as well.
    let program = Program::new(&stack);
    let dir = tempfile::TempDir::new().unwrap();
    let plan = dir.path().join("p.toml").to_str().unwrap().to_owned();
    std::fs::write(&plan, format!("{PLAN}{only}")).unwrap();
    let ran = program.json(&["run", &plan, "--arm", "--approve", "all"]).await;
    let (_, report, _) = program.text(&["runs", "report", ran.end()["run"].as_str().unwrap()]).await;
    let report = report.replace('\\', "");
    let of = |pk: &str| format!("order {pk} ORDER#O-1, gives way to ORDER#my_tenant ORDER#O-1 | isDeleted");
    assert!(report.contains(&of("ORDER#MY_TENANT")) && report.contains(&of("ORDER#My_Tenant")), "{report}");
    assert!(!report.contains("order ORDER#my_tenant ORDER#O-1 | isDeleted"), "{report}");
    driver.leave().await;
}
