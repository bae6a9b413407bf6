//! Figures that a dialog shows, against what the run then did.

use tenantry::domain::plan::Plan as Model;
use tenantry::domain::run::Outcome;
use tenantry::engine::protocol::{ApprovalRequest, Command, Decision, Event};

use crate::support::plan::{Plan, fill};
use crate::support::{Driver, Stack};

/// Runs a plan batch by batch; gives back the units that its dialogs named, and those that were counted.
async fn units(driver: &mut Driver, plan: Box<Model>) -> (u64, f64) {
    let written = |driver: &Driver| driver.handle.counters.borrow().write_units;
    let before = written(driver);
    let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
    let mut named = 0;
    loop {
        let told = |e: &Event| matches!(e, Event::ApprovalNeeded(_) | Event::Finished { .. });
        match driver.until(request, told).await {
            Event::ApprovalNeeded(batch) => {
                named += batch.items.iter().map(|item| item.write_units).sum::<u64>();
                driver.decide(&batch, Decision::Approve { confirm: None }).await;
            }
            _ => break,
        }
    }
    let cost = driver.handle.counters.borrow().run.unwrap();
    assert_eq!(
        (cost.request, cost.write_units),
        (request, written(driver) - before),
        "what runs before it wrote is not its own"
    );
    (named, cost.write_units)
}

/// Read units that a preview took, with so many scans at the same time.
async fn previewed(driver: &mut Driver, plan: Box<Model>, scans: usize) -> f64 {
    for _ in 0..scans {
        driver.send(Command::ScanTenants { module: Some("product".to_owned()) }).await;
    }
    let request = driver.send(Command::PreviewPlan { plan, keep: false }).await;
    match driver.until(request, |e| matches!(e, Event::Planned(_))).await {
        Event::Planned(summary) => summary.blast.read_units,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_preview_counts_its_own_reads_and_no_others() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 60).await;
    let mut driver = Driver::new(&stack);
    let plan = || Plan::copy("acme", "globex").model();
    let alone = previewed(&mut driver, plan(), 0).await;
    assert!(alone > 0.0);
    for _ in 0..3 {
        assert_eq!(previewed(&mut driver, plan(), 8).await, alone);
    }
    assert!(driver.handle.counters.borrow().read_units > 4.0 * alone, "the scans are in the whole");
    driver.leave().await;
}

#[tokio::test]
async fn what_a_batch_costs_is_never_more_than_its_dialog_says() {
    let stack = Stack::golden().await;
    fill(&stack, "acme", 9).await;
    fill(&stack, "globex", 4).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plans = [
        // The command row that is there already gets its last status, beside what is put.
        Box::new(Model::repair(None)),
        // Some are put over another row, some are new.
        Plan::copy("acme", "globex").set("existing", "\"overwrite\"").model(),
        Plan::new("move", "acme", "initech").model(),
    ];
    for plan in plans {
        let name = plan.name.clone();
        let (named, wrote) = units(&mut driver, plan).await;
        assert!(wrote > 0.0 && named as f64 >= wrote, "{name}: {named} named, {wrote} written");
        assert!((named as f64) < wrote * 1.6, "{name}: {named} named, {wrote} written");
    }
    driver.leave().await;
}

#[tokio::test]
async fn approving_the_rest_writes_as_many_items_as_it_says_and_leaves_what_is_held() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 12).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("canary", "2").set("batch", "3");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let canary = driver.approval(request).await;
    assert_eq!((canary.rest, canary.held_back), (12, (0, 0)));
    driver.decide(&canary, Decision::Hold).await;
    let second = driver.approval(request).await;
    let figures = |batch: &ApprovalRequest| (batch.items.len(), batch.rest, batch.held_back);
    assert_eq!(figures(&second), (3, 10, (1, 2)), "what is held is not among the rest");
    driver.approve_rest(&second).await;
    let mut done = 0;
    let held = loop {
        match driver.event(request).await {
            Event::Item(item) if item.outcome == Some(Outcome::Done) => done += 1,
            Event::ApprovalNeeded(batch) => break batch,
            Event::Finished { .. } => panic!("what is held is asked for again"),
            _ => {}
        }
    };
    assert_eq!((done, held.held, figures(&held)), (10, true, (2, 2, (0, 0))));
    driver.decide(&held, Decision::Stop).await;
    driver.rest(request).await;
    driver.leave().await;
}

#[tokio::test]
async fn a_run_that_was_declined_has_begun_nothing_and_is_not_unfinished() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 3).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("canary", "1").set("batch", "1");
    for (approves, is_unfinished) in [(false, false), (true, true)] {
        let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
        let mut asked = driver.approval(request).await;
        if approves {
            driver.decide(&asked, Decision::Approve { confirm: None }).await;
            asked = driver.approval(request).await;
        }
        driver.decide(&asked, Decision::Stop).await;
        driver.rest(request).await;
        let listing = driver.send(Command::Runs).await;
        let listed = driver.rest(listing).await;
        let is_it = |e: &&Event| matches!(e, Event::Run(info) if info.run == asked.run);
        let Some(Event::Run(info)) = listed.iter().find(is_it) else { panic!("{listed:?}") };
        assert_eq!((info.begun, info.is_unfinished()), (approves, is_unfinished));
        assert!(info.left > 0);
    }
    driver.leave().await;
}

#[tokio::test]
async fn a_resumed_run_shows_who_approved_what_before() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 4).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("canary", "1").set("batch", "2");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let canary = driver.approval(request).await;
    assert!(canary.earlier.is_empty());
    driver.decide(&canary, Decision::Approve { confirm: None }).await;
    let second = driver.approval(request).await;
    driver.decide(&second, Decision::Stop).await;
    driver.rest(request).await;
    let again = driver.send(Command::ResumeRun { run: canary.run, rows: false, retry: false }).await;
    let asked = driver.approval(again).await;
    let earlier: Vec<_> = asked.earlier.iter().map(|a| (a.batch, a.decision.as_str(), a.digest.as_str())).collect();
    assert_eq!(earlier, [(Some(1), "approve", canary.digest.as_str())]);
    assert!(!asked.earlier[0].by.is_empty() && asked.rest == 3);
    driver.decide(&asked, Decision::Stop).await;
    driver.rest(again).await;
    driver.leave().await;
}
