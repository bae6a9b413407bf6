//! A resume asks like a first run, counts failures from then on, and goes only where the run was begun.

use tenantry::engine::protocol::{Command, Steering};

use crate::support::plan::{Plan, accepts_next_publish, fill};
use crate::support::proxy::{Fault, Proxy};
use crate::support::{Driver, Program, Stack};

const DATA: &str = "dev-shop-product-data";

async fn targets(stack: &Stack) -> usize {
    stack.dump().await[DATA].iter().filter(|r| r.text("pk") == Some("PRODUCT#globex")).count()
}

/// A run whose rest was approved, and that ended early.
async fn approved_and_stopped(stack: &Stack) -> String {
    let mut driver = Driver::new(stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("rate", "5").set("canary", "2");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let canary = driver.approval(request).await;
    driver.approve_rest(&canary).await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    driver.send(Command::Steer { run: canary.run, steering: Steering::Stop }).await;
    driver.rest(request).await;
    driver.leave().await;
    let written = targets(stack).await;
    assert!((1..30).contains(&written), "{written}");
    canary.run.to_string()
}

#[tokio::test]
async fn what_was_approved_earlier_is_asked_for_again() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 30).await;
    let run = approved_and_stopped(&stack).await;
    let written = targets(&stack).await;
    let program = Program::new(&stack);
    let asked = program.json(&["run", "--resume", &run, "--arm"]).await;
    assert_eq!((asked.code, asked.end()["stopped"].as_str()), (4, Some("not_approved")), "{}", asked.stdout);
    assert_eq!(targets(&stack).await, written);
    let info = asked.events("run").last().copied().unwrap();
    assert_eq!((info["left"].as_u64(), info["operator"].as_str()), (Some(30 - written as u64), Some("operator-1")));
    // Protected by now, it wants the tenant's name as well.
    let protected = Program::with(&stack, "protected = true");
    let all = ["run", "--resume", &run, "--arm", "--approve", "all"];
    let unconfirmed = protected.json(&all).await;
    assert_eq!((unconfirmed.code, targets(&stack).await), (4, written), "{}", unconfirmed.stdout);
    let confirmed: Vec<&str> = all.iter().copied().chain(["--confirm", "globex"]).collect();
    let printed = protected.json(&confirmed).await;
    // Only what is left is shown and written.
    let shown: u64 =
        printed.events("batch").iter().filter(|b| b["state"] == "waiting").map(|b| b["items"].as_u64().unwrap()).sum();
    assert_eq!((printed.code, shown), (0, 30 - written as u64), "{}", printed.stdout);
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), 30);
}

#[tokio::test]
async fn failures_before_a_resume_stop_nothing_after_it_and_are_retried_when_asked() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 60).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    proxy.after(0, Some(Fault::Denied));
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    let plan = Plan::copy("acme", "globex").set("concurrency", "4").set("stop_after_failures", "\"20%\"");
    let stopped = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(stopped.end()["stopped"], "failures", "{}", stopped.stdout);
    let failed = stopped.events("run").last().unwrap()["failed"].as_u64().unwrap();
    assert!((20..60).contains(&failed), "{failed}");
    let run = stopped.end()["run"].as_str().unwrap().to_owned();
    proxy.after(0, None);
    let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    // Everything else is written in one go, and what failed is still said.
    assert_eq!((resumed.code, targets(&stack).await as u64), (3, 60 - failed), "{}", resumed.stdout);
    let verified = program.json(&["verify", &run]).await;
    assert_eq!(verified.code, 3, "{}", verified.stdout);
    assert!(verified.events("finding").iter().any(|f| f["message"].as_str().unwrap().contains("--retry")));
    let ended = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    assert_eq!((ended.code, ended.events("item").len()), (3, 0), "nothing is left but what failed: {}", ended.stdout);
    let retried = program.json(&["run", "--resume", &run, "--retry", "--arm", "--approve", "all"]).await;
    assert_eq!((retried.code, retried.events("item").len() as u64), (0, failed), "{}", retried.stdout);
    let info = retried.events("run").last().copied().unwrap();
    assert_eq!((info["retried"].as_u64(), info["failed"].as_u64()), (Some(failed), Some(0)));
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), 60);
    assert_eq!(program.json(&["verify", &run]).await.code, 0);
}

#[tokio::test]
async fn a_run_is_resumed_and_undone_only_where_it_was_begun() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 30).await;
    let run = approved_and_stopped(&stack).await;
    let written = targets(&stack).await;
    let endpoints = &stack.profile.endpoints;
    let elsewhere = Proxy::before(endpoints.dynamodb.as_deref().unwrap()).await;
    let (dynamodb, s3) = (endpoints.dynamodb.clone().unwrap(), endpoints.s3.clone().unwrap());
    let cases = [
        ("endpoint", Program::at(&stack, &elsewhere.endpoint, &s3, "")),
        ("S3 endpoint", Program::at(&stack, &dynamodb, &elsewhere.endpoint, "")),
        ("bucket", Program::new(&stack).replacing("bucket = \"shop-private\"", "bucket = \"other\"")),
        ("tables", Program::with(&stack, "tables = { order = \"goods\" }")),
        (
            "attribute_limit_bytes",
            Program::new(&stack).replacing("attribute_limit_bytes = 102400", "attribute_limit_bytes = 2048"),
        ),
    ];
    for (what, program) in &cases {
        for args in [["run", "--resume", &run], ["undo", &run, "--approve"]] {
            let mut args: Vec<&str> = args.to_vec();
            args.extend(if args[0] == "run" { vec!["--approve", "all", "--arm"] } else { vec!["all", "--arm"] });
            let printed = program.json(&args).await;
            let error = printed.events("error")[0];
            assert_eq!((printed.code, error["code"].as_str()), (1, Some("config")), "{what}: {}", printed.stdout);
            assert!(error["message"].as_str().unwrap().contains(&format!("belongs to {what} ")), "{error}");
        }
    }
    // The environment leads elsewhere, too.
    let program = Program::new(&stack).replacing(&format!("s3 = \"{s3}\", "), "");
    let mut command = program.command(&["run", "--resume", &run, "--arm", "--approve", "all", "--json"]);
    command.env("AWS_ENDPOINT_URL_S3", &elsewhere.endpoint);
    let printed = crate::support::program::json_lines(command).await;
    assert!(printed.events("error")[0]["message"].as_str().unwrap().contains("S3 endpoint"), "{}", printed.stdout);
    assert_eq!(targets(&stack).await, written);
}
