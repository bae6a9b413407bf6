//! Single items taken out of a batch before it is approved: skipped for good, and part of what is approved.

use tenantry::domain::digest::part_digest;
use tenantry::domain::run::{Outcome, Reason, RunState};
use tenantry::engine::protocol::{ApprovalRequest, Command, Decision, Event, StopCause};

use crate::support::driver::items;
use crate::support::plan::{Plan, accepts_next_publish, fill};
use crate::support::{Driver, Program, Stack};

const DATA: &str = "dev-shop-product-data";

async fn targets(stack: &Stack) -> Vec<String> {
    let rows = stack.dump().await;
    let own = rows[DATA].iter().filter(|r| r.text("pk") == Some("PRODUCT#globex"));
    own.map(|r| r.text("sk").unwrap().to_owned()).collect()
}

fn without(out: &[u64]) -> Decision {
    Decision::ApprovePart { without: out.to_vec(), rest: false, confirm: None }
}

/// The decision with the digest that it has to go with.
fn decide(asked: &ApprovalRequest, out: &[u64], decision: Decision) -> Command {
    let digest = part_digest(asked.items.iter().map(|item| (&item.digest, out.contains(&item.n))));
    Command::Decide { run: asked.run, batch: asked.batch, digest, decision }
}

#[tokio::test]
async fn what_is_taken_out_is_skipped_for_good_and_everything_else_is_written() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 12).await;
    let plan = Plan::copy("acme", "globex").set("canary", "4").set("batch", "4");
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let canary = driver.approval(request).await;
    // What is taken out belongs to the digest: that of the whole batch approves no part of it.
    let (run, batch, digest) = (canary.run, canary.batch, canary.digest.clone());
    let all: Vec<u64> = canary.items.iter().map(|item| item.n).collect();
    for refused in [
        Command::Decide { run, batch, digest: digest.clone(), decision: without(&[2]) },
        decide(&canary, &[2], without(&[3])),
        decide(&canary, &all, without(&all)),
        decide(&canary, &[99], without(&[99])),
    ] {
        let refused = driver.send(refused).await;
        assert!(matches!(driver.until(refused, |e| matches!(e, Event::Failed(_))).await, Event::Failed(f) if !f.fatal));
    }
    assert_eq!(targets(&stack).await, [""; 0]);
    driver.send(decide(&canary, &[2], without(&[2]))).await;
    let second = driver.approval(request).await;
    assert_eq!(
        (second.batch, second.canary_is_clean),
        (2, Some(true)),
        "what nobody wanted says nothing of the canary"
    );
    // Everything after it as well, but for two of this one; and the run ends in the middle.
    let rest = Decision::ApprovePart { without: vec![5, 8], rest: true, confirm: None };
    driver.send(decide(&second, &[5, 8], rest)).await;
    let events = driver.rest(request).await;
    let out: Vec<u64> = items(&events).iter().filter(|i| i.outcome == Some(Outcome::Skipped)).map(|i| i.n).collect();
    assert_eq!(out, [5, 8]);
    assert!(items(&events).iter().filter(|i| i.n == 5).all(|i| i.reason == Some(Reason::NotApproved)));
    assert!(events.iter().any(|e| matches!(e, Event::Run(info) if info.state == RunState::Done)));
    let expected: Vec<String> = [0, 2, 3, 5, 6, 8, 9, 10, 11].iter().map(|n| format!("I-{n:04}")).collect();
    assert_eq!(targets(&stack).await, expected);
    driver.leave().await;

    let program = Program::new(&stack);
    let run = canary.run.to_string();
    assert_eq!(program.json(&["runs", "check", &run]).await.code, 0);
    let (code, report, _) = program.text(&["runs", "report", &run]).await;
    for word in [
        "approve but for 1 item",
        "approve the rest but for 2 items",
        "take 1 item out of batch 1",
        "item 2, PRODUCT\\#globex",
        "take 2 items out of batch 2",
        "not\\_approved",
    ] {
        assert!(report.contains(word), "{code} {word}: {report}");
    }
    let approved = part_digest(canary.items.iter().map(|item| (&item.digest, item.n == 2)));
    assert!(report.contains(&approved) && !report.contains(&digest), "{report}");
    assert_eq!(program.json(&["verify", &run]).await.code, 0);
    // An undo takes back what was written, and nothing of what was left out.
    let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!((undone.code, undone.events("item").len()), (0, 9), "{}", undone.stdout);
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), 9);
}

#[tokio::test]
async fn a_resume_asks_for_nothing_that_was_taken_out() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 8).await;
    let plan = Plan::copy("acme", "globex").set("canary", "3").set("batch", "5");
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let canary = driver.approval(request).await;
    driver.send(decide(&canary, &[1, 3], without(&[1, 3]))).await;
    let second = driver.approval(request).await;
    driver.decide(&second, Decision::Stop).await;
    let events = driver.rest(request).await;
    assert!(events.iter().any(|e| matches!(e, Event::Stopped { cause: StopCause::NotApproved, .. })));
    driver.leave().await;
    let program = Program::new(&stack);
    let run = canary.run.to_string();
    let resumed = program.json(&["run", "--resume", &run, "--retry", "--arm", "--approve", "all"]).await;
    assert_eq!((resumed.code, resumed.events("item").len()), (0, 5), "{}", resumed.stdout);
    let (_, shown, _) = program.text(&["runs", "report", &run]).await;
    assert!(shown.contains("approve but for 2 items"), "{shown}");
    assert_eq!(targets(&stack).await.len(), 6);
    assert_eq!(program.json(&["runs", "check", &run]).await.code, 0);
}

#[tokio::test]
async fn what_is_left_of_a_batch_is_split_and_nothing_else() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 6).await;
    let plan = Plan::copy("acme", "globex").set("canary", "6").set("rate", "4").set("concurrency", "1");
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    driver.send(decide(&asked, &[1], without(&[1]))).await;
    driver.until(request, |e| matches!(e, Event::Item(item) if item.outcome == Some(Outcome::Done))).await;
    driver.send(Command::Steer { run: asked.run, steering: tenantry::engine::protocol::Steering::Stop }).await;
    driver.rest(request).await;
    driver.leave().await;
    let written = targets(&stack).await.len();
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::ResumeRun { run: asked.run, rows: false, retry: false }).await;
    let left = driver.approval(request).await;
    assert_eq!(left.items.len(), 5 - written);
    driver.decide(&left, Decision::Split).await;
    let mut halves = Vec::new();
    for _ in 0..2 {
        let half = driver.approval(request).await;
        halves.extend(half.items.iter().map(|item| item.n));
        driver.decide(&half, Decision::Approve { confirm: None }).await;
    }
    let all: Vec<u64> = left.items.iter().map(|item| item.n).collect();
    assert_eq!(halves, all);
    assert!(driver.rest(request).await.iter().any(|e| matches!(e, Event::Run(i) if i.state == RunState::Done)));
    assert_eq!(targets(&stack).await.len(), 5);
}
