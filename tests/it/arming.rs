//! Nothing is written that is not armed, whatever else was approved.

use tenantry::domain::key::EntityKey;
use tenantry::engine::failure::ErrorCode;
use tenantry::engine::protocol::{Command, Decision, EntityRef, Event};

use crate::support::driver::rollback;
use crate::support::{Driver, Program, Stack};

const PK: &str = "PRODUCT#acme";
const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";

fn bolt() -> EntityRef {
    EntityRef { module: "product".to_owned(), key: EntityKey::new(PK, BOLT) }
}

#[tokio::test]
async fn without_arm_a_rollback_is_shown_and_not_written() {
    // Not a protected profile: that one would want more than --arm, and be stopped by that.
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let before = stack.dump().await;
    let printed = program.json(&["rollback", PK, BOLT, "--to", "4"]).await;
    assert_eq!((printed.code, printed.end()["stopped"].as_str()), (4, Some("not_approved")), "{}", printed.stdout);
    let item = printed.events("item")[0];
    assert!(item["run"].is_null() && item["outcome"].is_null() && item["after"].is_object(), "{item}");
    assert_eq!(program.json(&["runs"]).await.end()["rows"], 0);
    assert_eq!(stack.dump().await, before);
    // Who only wanted to look is not told off.
    let printed = program.json(&["rollback", PK, BOLT, "--to", "4", "--dry-run", "--arm"]).await;
    assert_eq!((printed.code, printed.end()["stopped"].is_null()), (0, true));
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn an_engine_that_was_never_armed_does_not_even_ask() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    let request = driver.send(rollback(&bolt(), 4)).await;
    let event = driver.until(request, |e| matches!(e, Event::Failed(_) | Event::ApprovalNeeded(_))).await;
    assert!(matches!(event, Event::Failed(f) if f.code == ErrorCode::Usage && f.message.contains("read-only")));
}

#[tokio::test]
async fn what_was_disarmed_while_the_batch_waited_is_not_written() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    let (request, asked) = driver.asked(bolt(), 4).await;
    let before = stack.dump().await;
    let disarm = driver.send(Command::Arm { armed: false }).await;
    driver.until(disarm, |e| *e == Event::Armed(false)).await;
    let decision = Decision::Approve { confirm: None };
    driver.send(Command::Decide { run: asked.run, batch: 1, digest: asked.digest.clone(), decision }).await;
    let events = driver.rest(request).await;
    assert!(events.iter().any(|e| matches!(e, Event::Stopped { .. })), "{events:?}");
    assert!(!events.iter().any(|e| matches!(e, Event::Item(_))), "{events:?}");
    assert_eq!(stack.dump().await, before);
}
