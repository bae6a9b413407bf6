//! Whole runs while the services throttle, fail, lose answers and take their time: slower, and nothing else.

use std::time::Duration;

use tenantry::domain::row::TableKind;

use crate::support::many::all_done_once;
use crate::support::plan::Plan;
use crate::support::program::Printed;
use crate::support::proxy::Odds;
use crate::support::{Fault, Program, Proxy, Stack};

const ITEMS: usize = 200;
/// Attributes longer than this go to S3: those of every tenth product.
const LIMIT: usize = 2_000;

async fn stack() -> Stack {
    Stack::with(|p| p.attribute_limit_bytes = LIMIT).await
}

/// Copies the products of a tenant of its own through proxies before DynamoDB and S3, which `prepare` sets.
async fn copied(stack: &Stack, name: &str, prepare: impl FnOnce(&Proxy, &Proxy)) -> Printed {
    let (from, to) = (format!("{name}-a"), format!("{name}-b"));
    stack.products(&from, ITEMS, LIMIT).await;
    let at = &stack.profile.endpoints;
    let dynamodb = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let s3 = Proxy::before(at.s3.as_deref().unwrap()).await;
    prepare(&dynamodb, &s3);
    let program = Program::at(stack, &dynamodb.endpoint, &s3.endpoint, "");
    let plan = Plan::copy(&from, &to).set("concurrency", "16");
    program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await
}

/// What a copy left, without what differs from run to run.
async fn left(stack: &Stack, name: &str, printed: &Printed) -> Vec<String> {
    let run = printed.end()["run"].as_str().unwrap();
    stack.left(&format!("{name}-a"), &format!("{name}-b"), &[run]).await
}

/// Every item is done, once, and everything stands as after a run that met with nothing.
async fn assert_undisturbed(stack: &Stack, whole: &[String], name: &str, printed: &Printed) {
    let failed = printed.events("item").into_iter().find(|i| i["outcome"] != "done");
    assert_eq!(printed.code, 0, "{name}: {failed:?}\n{}", printed.stderr);
    all_done_once(printed, ITEMS);
    assert_eq!(printed.events("run").last().unwrap()["state"], "done", "{name}");
    assert!(left(stack, name, printed).await == whole, "{name}: not as without faults");
}

/// Whether any item took more than one attempt.
fn repeated(printed: &Printed) -> bool {
    printed.events("item").iter().any(|i| i["attempts"].as_u64() > Some(1))
}

async fn whole(stack: &Stack) -> Vec<String> {
    let printed = copied(stack, "whole", |_, _| {}).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let left = left(stack, "whole", &printed).await;
    // Data and command rows on both sides, and an object for each row of every tenth target.
    assert_eq!(left.len(), 4 * ITEMS + 2 * ITEMS / 10);
    left
}

#[tokio::test]
async fn each_kind_of_fault_alone_only_slows_a_run_down() {
    const FAULTS: [(&str, Odds); 13] = [
        ("lost", &[(Fault::LoseAnswer, 25)]),
        ("throttled", &[(Fault::Throttle, 25)]),
        ("error", &[(Fault::ServerError, 25)]),
        ("unavailable", &[(Fault::Unavailable, 25)]),
        ("cut", &[(Fault::Cut, 25)]),
        ("conflict", &[(Fault::Conflict, 25)]),
        ("slow", &[(Fault::Slow, 10)]),
        // Answers that the service did not give, whether it was asked or not.
        ("empty", &[(Fault::Empty(200), 12), (Fault::Empty(204), 12)]),
        ("emptied", &[(Fault::Emptied(200), 25)]),
        ("bare", &[(Fault::Bare, 25)]),
        ("garbled", &[(Fault::Garbled, 25)]),
        ("page", &[(Fault::Page(200), 12), (Fault::Page(502), 12)]),
        // The service has written it, and then it is said that it cannot be written.
        ("malformed", &[(Fault::Malformed, 25)]),
    ];
    let stack = stack().await;
    let whole = whole(&stack).await;
    for (name, odds) in FAULTS {
        let printed = copied(&stack, name, |dynamodb, _| dynamodb.by_chance(1, odds, &[])).await;
        assert_undisturbed(&stack, &whole, name, &printed).await;
        let is_written_at_once = matches!(name, "lost" | "slow" | "emptied" | "garbled" | "malformed");
        assert!(repeated(&printed) || is_written_at_once, "{name}: no item met with it");
    }
}

#[tokio::test]
async fn all_kinds_of_faults_together_only_slow_a_run_down() {
    const WRITES: Odds = &[
        (Fault::LoseAnswer, 8),
        (Fault::Throttle, 8),
        (Fault::ServerError, 5),
        (Fault::Unavailable, 5),
        (Fault::Cut, 5),
        (Fault::Conflict, 5),
        (Fault::Slow, 4),
    ];
    const READS: Odds = &[(Fault::Throttle, 3), (Fault::ServerError, 3), (Fault::Cut, 3), (Fault::LoseAnswer, 3)];
    let stack = stack().await;
    let whole = whole(&stack).await;
    for (seed, name) in [(11, "seed11"), (12, "seed12"), (13, "seed13")] {
        let printed = copied(&stack, name, |dynamodb, _| dynamodb.by_chance(seed, WRITES, READS)).await;
        assert_undisturbed(&stack, &whole, name, &printed).await;
    }
}

#[tokio::test]
async fn a_bucket_that_fails_now_and_then_only_slows_a_run_down() {
    // Often enough that the client gives up on some after its own repeats.
    const PUTS: Odds = &[
        (Fault::Unavailable, 20),
        (Fault::Cut, 15),
        (Fault::LoseAnswer, 10),
        (Fault::Empty(200), 10),
        (Fault::Emptied(200), 10),
    ];
    let stack = stack().await;
    let whole = whole(&stack).await;
    let printed = copied(&stack, "bucket", |_, s3| s3.by_chance(5, PUTS, &[])).await;
    assert_undisturbed(&stack, &whole, "bucket", &printed).await;
    assert!(repeated(&printed));
}

#[tokio::test]
async fn throttling_of_everything_for_a_while_fails_nothing() {
    let stack = stack().await;
    let whole = whole(&stack).await;
    let spell = |dynamodb: &Proxy, _: &Proxy| dynamodb.spell(Fault::Throttle, Duration::from_secs(2));
    let printed = copied(&stack, "spell", spell).await;
    assert_undisturbed(&stack, &whole, "spell", &printed).await;
}

#[tokio::test]
async fn credentials_that_expire_stop_a_run_that_can_be_gone_on_with() {
    let stack = stack().await;
    let whole = whole(&stack).await;
    stack.products("expired-a", ITEMS, LIMIT).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    proxy.after(60, Some(Fault::Expired));
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    let plan = Plan::copy("expired-a", "expired-b").set("concurrency", "16");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let error = printed.events("error")[0];
    assert_eq!((printed.code, error["code"].as_str()), (1, Some("credentials")), "{}", printed.stdout);
    // Nobody chose to stop it, and the item that met with it is named.
    assert_eq!(printed.end()["stopped"], "service");
    assert!(error["pk"] == "PRODUCT#expired-b" && error["sk"].is_string(), "{error}");
    assert!(error["message"].as_str().unwrap().starts_with("the AWS credentials have expired"), "{error}");
    let run = *printed.events("run").last().unwrap();
    assert_eq!(run["state"], "stopped");
    assert!(printed.events("item").iter().all(|i| i["outcome"] == "done"));
    let written = stack.rows(TableKind::Data, "expired-b").await.len();
    assert_eq!((written, printed.events("item").len()), (60, 60));
    let run = run["run"].as_str().unwrap().to_owned();
    proxy.after(0, None);
    let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(resumed.code, 0, "{}", resumed.stdout);
    assert_eq!(resumed.events("item").len(), ITEMS - 60);
    assert_eq!(left(&stack, "expired", &resumed).await, whole);
}

/// The answers are lost, the rows cannot be seen, and then the credentials expire: nobody knows whether the first item is there, and it is.
#[tokio::test]
async fn a_run_that_stops_in_doubt_leaves_whole_what_it_wrote() {
    let stack = stack().await;
    let whole = whole(&stack).await;
    stack.products("doubt-a", ITEMS, LIMIT).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    proxy.next(&[Fault::LoseAnswer, Fault::LoseAnswer]);
    proxy.after(2, Some(Fault::Expired));
    proxy.blind(Some(Fault::Expired));
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    let plan = Plan::copy("doubt-a", "doubt-b").set("concurrency", "1");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let error = printed.events("error")[0];
    assert_eq!((printed.code, error["code"].as_str()), (1, Some("credentials")), "{}", printed.stdout);
    assert_eq!(
        (printed.events("item").len(), printed.events("run").last().unwrap()["state"].as_str()),
        (0, Some("stopped"))
    );
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    let refused = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    assert_eq!((refused.code, refused.events("item").len()), (1, 0), "{}", refused.stdout);
    // Its attributes are in S3, and still there.
    let there = left(&stack, "doubt", &printed).await;
    assert_eq!(there.iter().filter(|line| line.contains("tenantry-RUN0")).count(), 2);
    proxy.after(0, None);
    proxy.blind(None);
    let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(resumed.code, 0, "{}", resumed.stdout);
    all_done_once(&resumed, ITEMS);
    assert!(left(&stack, "doubt", &resumed).await == whole);
}
