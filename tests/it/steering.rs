//! What an operator says while a run is under way counts at once, in its order, and for the whole run.

use std::time::Duration;

use tenantry::domain::run::{Outcome, RunId, RunState};
use tenantry::domain::value::Value;
use tenantry::engine::protocol::{Command, Decision, Event, RequestId, Steering, StopCause};

use crate::support::driver::items;
use crate::support::plan::{Plan, fill, rows};
use crate::support::{Driver, Stack};

const DATA: &str = "dev-shop-product-data";

async fn targets(stack: &Stack) -> usize {
    stack.dump().await[DATA].iter().filter(|r| r.text("pk") == Some("PRODUCT#globex")).count()
}

/// A run of so few items a second that nothing ends by itself, with one item done.
async fn slow(stack: &Stack, driver: &mut Driver) -> (RequestId, RunId) {
    fill(stack, "acme", 30).await;
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("rate", "1").set("concurrency", "1");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    driver.approve_rest(&asked).await;
    driver.until(request, |e| matches!(e, Event::Item(i) if i.outcome == Some(Outcome::Done))).await;
    (request, asked.run)
}

fn is_stopped(events: &[Event], because: StopCause) -> bool {
    events.iter().any(|e| matches!(e, Event::Stopped { cause, .. } if *cause == because))
        && events.iter().any(|e| matches!(e, Event::Run(info) if info.state == RunState::Stopped))
}

#[tokio::test]
async fn disarming_ends_a_run_that_is_under_way() {
    let stack = Stack::new().await;
    let mut driver = Driver::new(&stack);
    let (request, _) = slow(&stack, &mut driver).await;
    driver.send(Command::Arm { armed: false }).await;
    let rest = driver.rest(request).await;
    assert!(is_stopped(&rest, StopCause::Operator), "{rest:?}");
    let written = targets(&stack).await;
    assert!(written < 30);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(targets(&stack).await, written);
}

#[tokio::test]
async fn a_stop_ends_a_run_whose_batch_waits() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 6).await;
    let mut driver = Driver::new(&stack);
    let plan = Plan::copy("acme", "globex").set("canary", "2").set("batch", "2");
    let (request, canary, second) = driver.past_canary(plan.model()).await;
    driver.send(Command::Steer { run: canary.run, steering: Steering::Stop }).await;
    let rest = driver.rest(request).await;
    assert!(is_stopped(&rest, StopCause::NotApproved), "{rest:?}");
    assert_eq!(targets(&stack).await, 2);
    // The batch waits no more: what is decided now comes too late.
    let late = driver.decide(&second, Decision::Approve { confirm: None }).await;
    assert!(driver.rest(late).await.iter().any(|e| matches!(e, Event::Failed(_))));
    assert_eq!(targets(&stack).await, 2);
}

#[tokio::test]
async fn changes_take_effect_in_the_order_in_which_they_were_made() {
    let stack = Stack::new().await;
    let mut driver = Driver::new(&stack);
    let (request, run) = slow(&stack, &mut driver).await;
    for _ in 0..200 {
        for steering in [Steering::Pause, Steering::Rate(1), Steering::Rate(0), Steering::Continue] {
            driver.send(Command::Steer { run, steering }).await;
        }
    }
    let rest = tokio::time::timeout(Duration::from_secs(15), driver.rest(request)).await.unwrap();
    assert!(rest.iter().any(|e| matches!(e, Event::Run(info) if info.state == RunState::Done)));
    assert_eq!(targets(&stack).await, 30);
}

/// An approval right behind a stop comes too late, however close it follows.
#[tokio::test]
async fn a_decision_never_overtakes_a_change_that_came_before_it() {
    for _ in 0..8 {
        let stack = Stack::new().await;
        fill(&stack, "acme", 6).await;
        let mut driver = Driver::new(&stack);
        let plan = Plan::copy("acme", "globex").set("canary", "2").set("batch", "4");
        let (request, canary, second) = driver.past_canary(plan.model()).await;
        driver.send(Command::Steer { run: canary.run, steering: Steering::Stop }).await;
        driver.decide(&second, Decision::Approve { confirm: None }).await;
        driver.rest(request).await;
        assert_eq!(targets(&stack).await, 2);
    }
}

#[tokio::test]
async fn failures_are_counted_over_all_batches_of_a_run() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 6).await;
    for n in 0..6 {
        let (mut data, command) = rows("globex", n);
        data.0.insert("name".to_owned(), Value::s("theirs"));
        stack.put(DATA, &data).await;
        stack.put("dev-shop-product-command", &command).await;
    }
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("existing", "\"overwrite\"").set("stop_after_failures", "3");
    let plan = plan.set("canary", "1").set("batch", "1").set("concurrency", "1");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let mut asked = driver.approval(request).await;
    // Without the history table no overwrite can be written: each is a failure, one a batch.
    stack.ddb.delete_table().table_name("dev-shop-product-history").send().await.unwrap();
    let mut batches = 0;
    let rest = loop {
        batches += 1;
        driver.decide(&asked, Decision::Approve { confirm: None }).await;
        let mut seen = Vec::new();
        let next = loop {
            match driver.event(request).await {
                Event::ApprovalNeeded(next) => break Some(next),
                event => {
                    let is_last = matches!(event, Event::Finished { .. });
                    seen.push(event);
                    if is_last {
                        break None;
                    }
                }
            }
        };
        match next {
            Some(next) => asked = next,
            None => break seen,
        }
    };
    assert_eq!(batches, 3);
    assert!(is_stopped(&rest, StopCause::Failures), "{rest:?}");
    assert_eq!(items(&rest).len(), 1);
}
