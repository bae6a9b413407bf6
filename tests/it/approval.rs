//! Nothing is written that nobody approved.

use tenantry::domain::run::{Outcome, Reason, RunState};
use tenantry::domain::value::Value;
use tenantry::engine::protocol::{BatchState, Command, Decision, Event, StopCause};

use crate::support::driver::items;
use crate::support::plan::{Plan, fill};
use crate::support::{Driver, Program, Stack};

const DATA: &str = "dev-shop-product-data";

async fn targets(stack: &Stack) -> usize {
    stack.dump().await[DATA].iter().filter(|r| r.text("pk") == Some("PRODUCT#globex")).count()
}

fn approve() -> Decision {
    Decision::Approve { confirm: None }
}

#[tokio::test]
async fn every_batch_waits_for_its_own_decision() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 22).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("canary", "2").set("batch", "8");
    let run = Command::RunPlan { plan: plan.model(), expect: None, rows: false };
    let request = driver.send(run).await;

    let canary = driver.approval(request).await;
    assert_eq!((canary.batch, canary.canary, canary.items.len(), canary.waiting), (1, true, 2, 4));
    assert_eq!(targets(&stack).await, 0);
    // A digest that was not shown approves nothing.
    let (run, batch) = (canary.run, canary.batch);
    let stale = driver.send(Command::Decide { run, batch, digest: "0".repeat(64), decision: approve() }).await;
    assert!(matches!(driver.until(stale, |e| matches!(e, Event::Failed(_))).await, Event::Failed(f) if !f.fatal));
    assert_eq!(targets(&stack).await, 0);
    driver.decide(&canary, approve()).await;

    // The second batch is split, its first half skipped, its second half held.
    let second = driver.approval(request).await;
    assert_eq!((second.batch, second.canary, second.items.len()), (2, false, 8));
    assert_eq!(targets(&stack).await, 2);
    driver.decide(&second, Decision::Split).await;
    let half = driver.approval(request).await;
    assert_eq!((half.batch, half.items.len(), half.items[0].n), (2, 4, 3));
    driver.decide(&half, Decision::Skip).await;
    let other = driver.approval(request).await;
    assert_eq!((other.batch, other.items.len(), other.items[0].n), (3, 4, 7));
    driver.decide(&other, Decision::Hold).await;
    let third = driver.approval(request).await;
    assert_eq!((third.batch, third.items.len(), third.held), (4, 8, false));
    driver.decide(&third, approve()).await;
    let fourth = driver.approval(request).await;
    assert_eq!((fourth.batch, fourth.items.len()), (5, 4));
    assert_eq!(targets(&stack).await, 10);
    driver.decide(&fourth, approve()).await;

    // What was held is asked for again at the end.
    let held = driver.approval(request).await;
    assert_eq!((held.batch, held.held, held.items.len(), held.waiting), (3, true, 4, 1));
    assert_eq!(targets(&stack).await, 14);
    driver.decide(&held, approve()).await;
    let rest = driver.rest(request).await;
    assert_eq!(items(&rest).iter().filter(|i| i.outcome == Some(Outcome::Done)).count(), 4);
    assert!(rest.iter().any(|e| matches!(e, Event::Run(info) if info.state == RunState::Done)));
    assert_eq!(targets(&stack).await, 18);
    let skipped: Vec<_> = (3..7).map(|n| format!("I-{:04}", n - 1)).collect();
    for sk in &skipped {
        assert_eq!(stack.get(DATA, "PRODUCT#globex", sk).await, None);
    }
}

#[tokio::test]
async fn approving_the_rest_asks_no_more_and_stopping_writes_no_more() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 20).await;
    let plan = Plan::copy("acme", "globex").set("canary", "2").set("batch", "5");
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let canary = driver.approval(request).await;
    driver.decide(&canary, approve()).await;
    let second = driver.approval(request).await;
    driver.decide(&second, Decision::Stop).await;
    let rest = driver.rest(request).await;
    assert!(rest.iter().any(|e| matches!(e, Event::Stopped { cause: StopCause::NotApproved, .. })));
    assert!(rest.iter().any(|e| matches!(e, Event::Run(info) if info.state == RunState::Stopped)));
    assert_eq!(targets(&stack).await, 2);

    // Another process goes on where this one stopped: the decisions so far count.
    drop(driver);
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::ResumeRun { run: canary.run, rows: false, retry: false }).await;
    let again = driver.approval(request).await;
    assert_eq!((again.batch, again.digest.as_str()), (2, second.digest.as_str()));
    driver.decide(&again, Decision::ApproveRest { confirm: None }).await;
    let rest = driver.rest(request).await;
    assert!(!rest.iter().any(|e| matches!(e, Event::ApprovalNeeded(_))));
    assert_eq!(items(&rest).len(), 18);
    let batches = rest.iter().filter(|e| matches!(e, Event::Batch(b) if b.state == BatchState::Done)).count();
    assert_eq!((batches, targets(&stack).await), (4, 20));
}

#[tokio::test]
async fn an_item_that_changed_since_it_was_shown_is_a_conflict_and_never_written() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 6).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("canary", "6");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    let mut source = stack.get(DATA, "PRODUCT#acme", "I-0001").await.unwrap();
    source.0.insert("version".to_owned(), Value::n(2));
    stack.put(DATA, &source).await;
    let mut target = source.clone();
    target.0.insert("pk".to_owned(), Value::s("PRODUCT#globex"));
    target.0.insert("sk".to_owned(), Value::s("I-0002"));
    target.0.insert("id".to_owned(), Value::s("PRODUCT#globex#I-0002"));
    stack.put(DATA, &target).await;
    driver.decide(&asked, approve()).await;
    let rest = driver.rest(request).await;
    let mut ended: Vec<_> =
        items(&rest).iter().map(|i| (i.entity.key.sk.as_str().to_owned(), i.outcome.unwrap(), i.reason)).collect();
    ended.sort_by(|a, b| a.0.cmp(&b.0));
    let done = |n: usize| (format!("I-000{n}"), Outcome::Done, None);
    let expected = vec![
        done(0),
        ("I-0001".to_owned(), Outcome::Conflict, Some(Reason::SourceChanged)),
        ("I-0002".to_owned(), Outcome::Conflict, Some(Reason::TargetChanged)),
        done(3),
        done(4),
        done(5),
    ];
    assert_eq!(ended, expected);
    assert_eq!(stack.get(DATA, "PRODUCT#globex", "I-0001").await, None);
    assert_eq!(stack.get(DATA, "PRODUCT#globex", "I-0002").await, Some(target));
}

#[tokio::test]
async fn without_a_terminal_or_an_armed_profile_nothing_is_written() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 8).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex").set("canary", "3");
    // Not armed: it is shown, and that is all.
    let printed = program.json(&["run", plan.path(), "--approve", "all"]).await;
    assert_eq!((printed.code, printed.end()["stopped"].as_str()), (4, Some("not_approved")));
    assert_eq!((printed.events("item").len(), printed.end()["actions"]["create"].as_u64()), (8, Some(8)));
    assert!(printed.end()["run"].is_null() && program.json(&["runs"]).await.events("run").is_empty());
    let digest = printed.end()["digest"].as_str().unwrap().to_owned();
    // Nobody to ask.
    let printed = program.json(&["run", plan.path(), "--arm"]).await;
    assert_eq!((printed.code, printed.end()["stopped"].as_str()), (4, Some("not_approved")));
    let waiting = printed.end()["run"].as_str().unwrap().to_owned();
    assert_eq!(printed.events("run").last().unwrap()["state"], "waiting");
    assert_eq!(printed.events("batch")[0]["state"], "waiting");
    // Another digest than the one that was approved elsewhere.
    let other = "f".repeat(64);
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all", "--expect", &other]).await;
    assert_eq!((printed.code, printed.end()["stopped"].as_str()), (4, Some("not_approved")));
    assert!(printed.end()["run"].is_null() && printed.stderr.contains("nothing was written"), "{}", printed.stderr);
    assert_eq!(printed.end()["digest"].as_str(), Some(digest.as_str()));
    assert_eq!(stack.dump().await, before);
    // What waits can be approved later; the digest is the one that was shown.
    let printed = program.json(&["run", "--resume", &waiting, "--arm", "--approve", "canary"]).await;
    assert_eq!((printed.code, printed.end()["outcomes"]["done"].as_u64()), (0, Some(8)), "{}", printed.stdout);
    assert_eq!(printed.end()["digest"].as_str(), Some(digest.as_str()));
    assert_eq!(targets(&stack).await, 8);
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all", "--expect", &digest]).await;
    assert_eq!(printed.code, 4, "the targets exist now: it is another plan");
}

#[tokio::test]
async fn a_canary_that_is_not_clean_stops_the_run() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 8).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    // One by one: the second implementation takes a refused transaction back by restoring whole tables.
    let plan = Plan::copy("acme", "globex").set("canary", "3").set("concurrency", "1");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    let run = asked.run.to_string();
    driver.decide(&asked, Decision::Stop).await;
    driver.rest(request).await;
    drop(driver);
    // One source of the canary batch changes before it is written.
    let mut source = stack.get(DATA, "PRODUCT#acme", "I-0001").await.unwrap();
    source.0.insert("version".to_owned(), Value::n(5));
    stack.put(DATA, &source).await;
    let program = Program::new(&stack);
    let printed = program.json(&["run", "--resume", &run, "--arm", "--approve", "canary"]).await;
    assert_eq!((printed.code, printed.end()["stopped"].as_str()), (4, Some("canary")), "{}", printed.stdout);
    let outcomes = &printed.end()["outcomes"];
    assert_eq!((outcomes["done"].as_u64(), outcomes["conflict"].as_u64()), (Some(2), Some(1)));
    assert_eq!((targets(&stack).await, printed.events("run").last().unwrap()["state"].as_str()), (2, Some("stopped")));
    // Asked once more the same way, the canary is still what it was.
    let printed = program.json(&["run", "--resume", &run, "--arm", "--approve", "canary"]).await;
    assert_eq!((printed.code, printed.end()["stopped"].as_str(), targets(&stack).await), (4, Some("canary"), 2));
    let printed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    // Everything else is written; the conflict of the canary is still one.
    assert_eq!((printed.code, targets(&stack).await), (3, 7), "{}", printed.stdout);
}

#[tokio::test]
async fn a_protected_profile_wants_the_targets_name() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 3).await;
    let program = Program::with(&stack, "protected = true");
    let plan = Plan::copy("acme", "globex");
    for confirm in [&[][..], &["--confirm", "acme"]] {
        let args = [&["run", plan.path(), "--arm", "--approve", "all"], confirm].concat();
        let printed = program.json(&args).await;
        assert_eq!((printed.code, targets(&stack).await), (4, 0), "{}", printed.stdout);
    }
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all", "--confirm", "globex"]).await;
    assert_eq!((printed.code, targets(&stack).await), (0, 3), "{}", printed.stdout);
}

#[tokio::test]
async fn existing_targets_stop_a_plan_that_says_so() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 3).await;
    fill(&stack, "globex", 1).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex").set("existing", "\"stop\"");
    let printed = program.json(&["preview", plan.path()]).await;
    assert_eq!((printed.code, printed.end()["actions"]["conflict"].as_u64()), (3, Some(1)));
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, printed.events("error")[0]["key"].as_str()), (1, Some("target.existing")));
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn what_was_held_and_is_split_is_asked_for_although_the_rest_was_approved() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 12).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("canary", "4").set("batch", "4");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    for decision in [Decision::Hold, Decision::ApproveRest { confirm: None }] {
        let asked = driver.approval(request).await;
        driver.decide(&asked, decision).await;
    }
    let held = driver.approval(request).await;
    assert_eq!((held.batch, held.held, held.items.len(), targets(&stack).await), (1, true, 4, 8));
    driver.decide(&held, Decision::Split).await;
    let first = driver.approval(request).await;
    assert_eq!((first.held, first.items.len(), targets(&stack).await), (true, 2, 8), "nobody approved any of it");
    driver.decide(&first, approve()).await;
    let second = driver.approval(request).await;
    assert_eq!((second.held, second.items.len(), targets(&stack).await), (true, 2, 10));
    driver.decide(&second, Decision::Skip).await;
    driver.rest(request).await;
    assert_eq!(targets(&stack).await, 10);
}

#[tokio::test]
async fn what_is_held_is_asked_for_although_the_rest_was_approved() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 12).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("canary", "3").set("batch", "3");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    for decision in [Decision::Hold, Decision::Hold, Decision::ApproveRest { confirm: None }] {
        let asked = driver.approval(request).await;
        driver.decide(&asked, decision).await;
    }
    let first = driver.approval(request).await;
    assert_eq!((first.batch, first.held, targets(&stack).await), (1, true, 6));
    driver.decide(&first, Decision::Hold).await;
    let second = driver.approval(request).await;
    assert_eq!((second.batch, second.held), (2, true));
    driver.decide(&second, approve()).await;
    let rest = driver.rest(request).await;
    let told = |outcome| items(&rest).iter().filter(|i| i.outcome == Some(outcome)).count();
    assert_eq!((told(Outcome::Done), told(Outcome::Held), targets(&stack).await), (3, 3, 9));
    assert!(rest.iter().any(|e| matches!(e, Event::Run(info) if info.state == RunState::Stopped)));
}
