//! Items of a preview and of a run, page by page: problems first, from any place, narrowed.

use tenantry::domain::run::{Action, Outcome, RunId};
use tenantry::engine::protocol::{Command, Event, ItemFilter, ItemResult, PlanSummary, Preview};

use crate::support::plan::{Plan, fill};
use crate::support::{Driver, Stack};

async fn previewed(driver: &mut Driver, plan: &Plan) -> Box<PlanSummary> {
    let request = driver.send(Command::PreviewPlan { plan: plan.model(), keep: true }).await;
    let events = driver.rest(request).await;
    assert!(!events.iter().any(|e| matches!(e, Event::Preview(_))), "kept ones are not told item by item");
    let found = events.into_iter().find_map(|e| if let Event::Planned(summary) = e { Some(summary) } else { None });
    found.unwrap()
}

async fn page(driver: &mut Driver, run: RunId, filter: &ItemFilter, from: u64, limit: usize) -> (u64, Vec<ItemResult>) {
    let command = Command::Items { run, filter: filter.clone(), from, near: None, limit, fresh: false };
    let request = driver.send(command).await;
    match driver.until(request, |e| matches!(e, Event::Items { .. } | Event::Failed(_))).await {
        Event::Items { total, from: at, items, .. } => {
            assert_eq!(at, from);
            (total, items)
        }
        other => panic!("{other:?}"),
    }
}

async fn show(driver: &mut Driver, run: RunId, n: u64) -> Box<Preview> {
    let request = driver.send(Command::ShowItem { run, n }).await;
    match driver.until(request, |e| matches!(e, Event::Preview(_))).await {
        Event::Preview(preview) => preview,
        other => panic!("{other:?}"),
    }
}

fn previews(stack: &Stack) -> usize {
    let names = std::fs::read_dir(stack.state.path()).unwrap().map(|e| e.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with("preview-")).count()
}

#[tokio::test]
async fn problems_come_first_and_every_place_is_read_alike() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 24).await;
    fill(&stack, "globex", 3).await;
    let mut driver = Driver::new(&stack);
    let plan = Plan::copy("acme", "globex");
    let summary = previewed(&mut driver, &plan).await;
    let run = summary.run;
    let all = ItemFilter::default();
    let (total, items) = page(&mut driver, run, &all, 0, 100).await;
    assert_eq!((total, items.len()), (24, 24));
    // Targets that exist are skipped, which is worth a look; creations follow in their order.
    let skipped = items.iter().take_while(|i| i.action == Action::Skip).count();
    assert_eq!(skipped as u64, summary.actions.iter().find(|(a, _)| *a == Action::Skip).unwrap().1);
    assert!(skipped > 0 && items[skipped..].iter().all(|i| i.action == Action::Create && i.outcome.is_none()));
    assert!(items[skipped..].is_sorted_by_key(|i| i.n));
    for from in [0, 7, 20, 24, 1_000] {
        let (total, some) = page(&mut driver, run, &all, from, 5).await;
        let expected: Vec<&ItemResult> = items.iter().skip(usize::try_from(from).unwrap()).take(5).collect();
        assert_eq!((total, some.iter().collect::<Vec<_>>()), (24, expected));
    }
    let only = ItemFilter { actions: vec![Action::Skip], ..ItemFilter::default() };
    assert_eq!(page(&mut driver, run, &only, 0, 100).await.0, skipped as u64);
    let sk = items[skipped + 2].entity.key.sk.to_string();
    let named = ItemFilter { text: sk.to_lowercase(), ..ItemFilter::default() };
    let (total, found) = page(&mut driver, run, &named, 0, 100).await;
    assert_eq!((total, found[0].entity.key.sk.as_str()), (1, sk.as_str()));
    let wild = ItemFilter { text: "%".to_owned(), ..ItemFilter::default() };
    assert_eq!(page(&mut driver, run, &wild, 0, 100).await.0, 0, "a percent sign is no wildcard");
    for item in &items {
        let rows = show(&mut driver, run, item.n).await;
        let row = rows.after.as_ref().or(rows.before.as_ref()).unwrap();
        assert_eq!((item.name.as_deref(), item.name.is_some()), (row.text("name"), true));
    }
    // The page with an item, wherever it stands.
    let last = items.last().unwrap();
    for (near, place) in [(Some(last.n), 20), (Some(999), 5), (None, 5)] {
        let command = Command::Items { run, filter: all.clone(), from: 5, near, limit: 5, fresh: true };
        let request = driver.send(command).await;
        match driver.until(request, |e| matches!(e, Event::Items { .. })).await {
            Event::Items { from, items: some, .. } => {
                assert_eq!((from, some.iter().any(|i| i.n == last.n)), (place, near == Some(last.n)));
            }
            other => panic!("{other:?}"),
        }
    }
    // The item as it would be written.
    let preview = show(&mut driver, run, items[skipped].n).await;
    assert_eq!((preview.action, &preview.entity), (Action::Create, &items[skipped].entity));
    assert!(preview.after.is_some() && preview.write_units > 0);
    driver.leave().await;
}

#[tokio::test]
async fn one_preview_is_kept_and_none_stays_behind() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 3).await;
    let mut driver = Driver::new(&stack);
    let first = previewed(&mut driver, &Plan::copy("acme", "globex")).await.run;
    let second = previewed(&mut driver, &Plan::copy("acme", "initech")).await.run;
    assert_eq!(previews(&stack), 1);
    assert_eq!(page(&mut driver, second, &ItemFilter::default(), 0, 9).await.0, 3);
    let filter = ItemFilter::default();
    let request = driver.send(Command::Items { run: first, filter, from: 0, near: None, limit: 9, fresh: false }).await;
    assert!(matches!(driver.event(request).await, Event::Failed(_)), "it has gone");
    driver.leave().await;
    assert_eq!(previews(&stack), 0);
}

#[tokio::test]
async fn a_runs_items_are_listed_with_their_outcomes() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 6).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("canary", "2");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let canary = driver.approval(request).await;
    let run = canary.run;
    let done = ItemFilter { outcomes: vec![Outcome::Done], ..ItemFilter::default() };
    assert_eq!(page(&mut driver, run, &done, 0, 9).await.0, 0);
    driver.approve_rest(&canary).await;
    driver.rest(request).await;
    // As it was arranged, until it is asked to look anew.
    assert_eq!(page(&mut driver, run, &done, 0, 9).await.0, 0);
    let request = driver.send(Command::Items { run, filter: done, from: 0, near: None, limit: 9, fresh: true }).await;
    let Event::Items { total, items, .. } = driver.event(request).await else { panic!() };
    assert_eq!((total, items.len()), (6, 6));
    assert!(items.iter().all(|i| i.outcome == Some(Outcome::Done)));
    let shown = show(&mut driver, run, items[0].n).await;
    assert_eq!(shown.entity, items[0].entity);
    driver.leave().await;
}
