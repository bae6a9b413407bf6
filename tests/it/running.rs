//! Runs while they run: paused, steered, looked at, published through the application's own pipeline.

use std::time::Duration;

use tenantry::domain::plan::Plan as Model;
use tenantry::domain::run::{Outcome, RunState};
use tenantry::domain::value::{Map, Value};
use tenantry::engine::protocol::{Command, Decision, Event, RequestId, Steering, StopCause};

use crate::support::driver::items;
use crate::support::plan::{Plan, accepts_next_publish, fill, rows};
use crate::support::{Driver, Program, Stack};

const DATA: &str = "dev-shop-product-data";

/// Begins a run and approves everything.
async fn begun(driver: &mut Driver, plan: Box<Model>) -> (RequestId, tenantry::domain::run::RunId) {
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    driver.decide(&asked, Decision::ApproveRest { confirm: None }).await;
    (request, asked.run)
}

async fn targets(stack: &Stack) -> usize {
    stack.dump().await[DATA].iter().filter(|r| r.text("pk") == Some("PRODUCT#globex")).count()
}

#[tokio::test]
async fn a_run_is_paused_steered_and_stopped_between_items_and_gone_on_with() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 40).await;
    let mut driver = Driver::new(&stack);
    // So slow that nothing ends by itself; the rate is raised while it runs.
    let plan = Plan::copy("acme", "globex").set("rate", "5").set("concurrency", "2");
    let (request, run) = begun(&mut driver, plan.model()).await;
    driver.until(request, |e| matches!(e, Event::Item(i) if i.outcome == Some(Outcome::Done))).await;
    driver.send(Command::Steer { run, steering: Steering::Pause }).await;
    driver.send(Command::Steer { run, steering: Steering::Rate(0) }).await;
    // What is in flight lands; then nothing moves any more, although nothing limits the rate.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let paused = targets(&stack).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(targets(&stack).await, paused);
    assert!(paused < 40);
    // Looked at from elsewhere it is running, and held.
    let program = Program::new(&stack);
    let shown = program.json(&["runs", "show", &run.to_string()]).await;
    assert_eq!((shown.code, shown.events("run")[0]["state"].as_str()), (0, Some("running")));
    assert_eq!(shown.events("item").iter().filter(|i| i["outcome"] == "done").count(), paused);
    let second = program.json(&["run", "--resume", &run.to_string(), "--arm", "--approve", "all"]).await;
    assert_eq!((second.code, second.events("error")[0]["code"].as_str()), (1, Some("locked")));
    // Stopped: what has no outcome is left for later.
    driver.send(Command::Steer { run, steering: Steering::Stop }).await;
    let rest = driver.rest(request).await;
    assert!(rest.iter().any(|e| matches!(e, Event::Stopped { cause: StopCause::Operator, .. })));
    assert!(rest.iter().any(|e| matches!(e, Event::Run(info) if info.state == RunState::Stopped)));
    assert_eq!(targets(&stack).await, paused);
    let request = driver.send(Command::ResumeRun { run, rows: false, retry: false }).await;
    let asked = driver.approval(request).await;
    driver.approve_rest(&asked).await;
    driver.until(request, |e| matches!(e, Event::Item(_))).await;
    driver.send(Command::Steer { run, steering: Steering::Rate(0) }).await;
    let rest = driver.rest(request).await;
    assert!(rest.iter().any(|e| matches!(e, Event::Run(info) if info.state == RunState::Done)));
    assert_eq!((targets(&stack).await, items(&rest).len()), (40, 40 - paused - 1));
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), 40);
}

#[tokio::test]
async fn an_interrupt_ends_a_run_between_two_items() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let stack = Stack::new().await;
    fill(&stack, "acme", 30).await;
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex").set("rate", "8");
    let mut child = program.command(&["run", plan.path(), "--arm", "--approve", "all", "--json"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut end = serde_json::Value::Null;
    while let Some(line) = lines.next_line().await.unwrap() {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        if line["event"] == "item" {
            let pid = child.id().unwrap().to_string();
            std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
        }
        end = line;
    }
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
    assert_eq!((end["event"].as_str(), end["stopped"].as_str()), (Some("end"), Some("interrupted")));
    let run = end["run"].as_str().unwrap();
    let written = targets(&stack).await;
    assert!(written < 30);
    // What was under way was recorded: nothing is looked for twice.
    let shown = program.json(&["runs", "show", run]).await;
    assert_eq!(shown.events("run")[0]["state"], "stopped");
    assert_eq!(shown.events("item").iter().filter(|i| i["outcome"] == "done").count(), written);
    let printed = program.json(&["run", "--resume", run, "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, targets(&stack).await), (0, 30), "{}", printed.stdout);
}

#[tokio::test]
async fn too_many_failures_end_a_run_and_conflicts_do_not() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 12).await;
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").set("stop_after_failures", "2").set("concurrency", "1").set("canary", "12");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    // Three conflicts come first, and count for nothing.
    for n in 0..3 {
        let (mut data, _) = rows("acme", n);
        data.0.insert("version".to_owned(), Value::n(9));
        stack.put(DATA, &data).await;
    }
    driver.decide(&asked, Decision::Approve { confirm: None }).await;
    let rest = driver.rest(request).await;
    let count = |outcome| items(&rest).iter().filter(|i| i.outcome == Some(outcome)).count();
    assert_eq!((count(Outcome::Conflict), count(Outcome::Done)), (3, 9));
    // Without the history table no overwrite can be written: each is a failure, and the second ends the run.
    stack.ddb.delete_table().table_name("dev-shop-product-history").send().await.unwrap();
    for n in 3..12 {
        let (mut data, _) = rows("acme", n);
        data.0.insert("name".to_owned(), Value::s("changed"));
        stack.put(DATA, &data).await;
    }
    let plan = plan.set("existing", "\"overwrite\"");
    let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    driver.decide(&asked, Decision::Approve { confirm: None }).await;
    let rest = driver.rest(request).await;
    assert_eq!(items(&rest).iter().filter(|i| i.outcome == Some(Outcome::Failed)).count(), 2);
    assert!(rest.iter().any(|e| matches!(e, Event::Stopped { cause: StopCause::Failures, .. })));
}

#[tokio::test]
async fn ttl_comes_from_the_targets_own_setting() {
    let stack = Stack::golden().await;
    let setting = |days: u64| Value::M(Map::from([("days".to_owned(), Value::n(days))]));
    for (kind, days) in [("data", 10), ("command", 20), ("history", 30)] {
        let text = |name: &str, value: &str| (name.to_owned(), Value::s(value));
        let row = tenantry::domain::row::Row(Map::from([
            text("pk", "MASTER#globex"),
            text("sk", &format!("TTL#dev-shop-product-{kind}")),
            ("version".to_owned(), Value::n(1)),
            ("attributes".to_owned(), setting(days)),
        ]));
        stack.put("dev-shop-master-data", &row).await;
    }
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let began: jiff::Timestamp = printed.events("run")[0]["started_at"].as_str().unwrap().parse().unwrap();
    let after = |days: i64| Some(Value::N((began.as_second() + days * 86_400).into()));
    let sk = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";
    let data = stack.get(DATA, "PRODUCT#globex", sk).await.unwrap();
    let command = stack.get("dev-shop-product-command", "PRODUCT#globex", &format!("{sk}@1")).await.unwrap();
    assert_eq!((data.get("ttl").cloned(), command.get("ttl").cloned()), (after(10), after(10)));
    // The next version: the command before it expires by its own rule, and so does the history row.
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    let printed = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    let began: jiff::Timestamp = printed.events("run")[0]["started_at"].as_str().unwrap().parse().unwrap();
    let after = |days: i64| Some(Value::N((began.as_second() + days * 86_400).into()));
    let command = stack.get("dev-shop-product-command", "PRODUCT#globex", &format!("{sk}@1")).await.unwrap();
    let history = stack.get("dev-shop-product-history", "PRODUCT#globex", &format!("{sk}@1")).await.unwrap();
    assert_eq!((command.get("ttl").cloned(), history.get("ttl").cloned()), (after(20), after(30)));
}

#[cfg(feature = "sandbox")]
mod pipeline {
    use tenantry::domain::run::Reason;
    use tenantry::engine::protocol::Phase;
    use tenantry::sandbox::{Options, PipelineMode, Sandbox, TableOptions, to_item};
    use tenantry::session::sandbox_profile;

    use super::*;

    async fn sandbox(entities: usize) -> Sandbox {
        let pipeline = Some(Duration::from_millis(10));
        let sandbox = Sandbox::start(Options { pipeline, ..Options::default() }).unwrap();
        for module in ["product", "master"] {
            for kind in ["data", "history", "command"] {
                let options = TableOptions { stream: kind == "command", ttl: false };
                sandbox.tables().create(&format!("dev-shop-{module}-{kind}"), options).unwrap();
            }
        }
        for n in 0..entities {
            let (data, mut command) = rows("acme", n);
            // Published synchronously, so that the stand-in leaves it alone.
            command.0.insert("syncMode".to_owned(), Value::s("SYNC"));
            sandbox.tables().put(DATA, to_item(data)).unwrap();
            sandbox.tables().put("dev-shop-product-command", to_item(command)).unwrap();
        }
        sandbox
    }

    #[tokio::test]
    async fn an_async_run_follows_each_entity_until_the_pipeline_applied_it() {
        let sandbox = sandbox(12).await;
        let state = tempfile::TempDir::new().unwrap();
        let mut driver = Driver::at(sandbox_profile(&sandbox), state.path());
        let plan = Plan::new("move", "acme", "globex").set("publish", "\"async\"").set("pending", "4");
        let (request, run) = begun(&mut driver, plan.model()).await;
        let rest = driver.rest(request).await;
        assert!(items(&rest).iter().all(|i| i.outcome == Some(Outcome::Done)), "{:?}", items(&rest));
        assert_eq!(items(&rest).len(), 12);
        let store = tenantry::store::connect(&sandbox_profile(&sandbox)).await.store;
        for n in 0..12 {
            let of =
                |tenant: &str| tenantry::domain::key::EntityKey::new(format!("PRODUCT#{tenant}"), format!("I-{n:04}"));
            let target = store.data_row("product", &of("globex")).await.unwrap().unwrap();
            let source = store.data_row("product", &of("acme")).await.unwrap().unwrap();
            assert_eq!((target.is_deleted(), source.is_deleted()), (false, true));
            assert_eq!(target.text("csk"), Some(format!("I-{n:04}@1").as_str()));
        }
        // Reading back leaves the pipeline's own times aside.
        let request = driver.send(Command::VerifyRun { run }).await;
        let rest = driver.rest(request).await;
        assert!(!rest.iter().any(|e| matches!(e, Event::Finding(_))), "{rest:?}");
        assert!(rest.iter().any(|e| matches!(e, Event::Progress { phase: Phase::Verify, done: 24, .. })));
    }

    #[tokio::test]
    async fn a_pipeline_that_fails_or_stalls_fails_the_item_and_says_which() {
        for (mode, reason) in [(PipelineMode::Fail, Reason::PipelineFailed), (PipelineMode::Stall, Reason::Timeout)] {
            let sandbox = sandbox(2).await;
            sandbox.set_pipeline_mode(mode);
            let state = tempfile::TempDir::new().unwrap();
            let mut driver = Driver::at(sandbox_profile(&sandbox), state.path());
            let plan = Plan::copy("acme", "globex").set("publish", "\"async\"").set("timeout", "\"1s\"");
            let (request, _) = begun(&mut driver, plan.model()).await;
            let rest = driver.rest(request).await;
            let ended: Vec<_> = items(&rest).iter().map(|i| (i.outcome, i.reason)).collect();
            assert_eq!(ended, [(Some(Outcome::Failed), Some(reason)); 2]);
        }
    }

    #[tokio::test]
    async fn reads_that_fail_while_an_entity_is_followed_end_nothing() {
        use crate::support::{Fault, Proxy};
        let sandbox = sandbox(2).await;
        sandbox.set_pipeline_mode(PipelineMode::Stall);
        let mut profile = sandbox_profile(&sandbox);
        let proxy = Proxy::before(profile.endpoints.dynamodb.as_deref().unwrap()).await;
        profile.endpoints.dynamodb = Some(proxy.endpoint.clone());
        let state = tempfile::TempDir::new().unwrap();
        let mut driver = Driver::at(profile, state.path());
        let plan = Plan::copy("acme", "globex").set("publish", "\"async\"").set("timeout", "\"3s\"");
        let (request, _) = begun(&mut driver, plan.model()).await;
        // Both commands are written, and nobody applies them.
        while proxy.transactions().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        proxy.blind(Some(Fault::Unavailable));
        tokio::time::sleep(Duration::from_secs(6)).await;
        proxy.blind(None);
        let rest = driver.rest(request).await;
        let ended: Vec<_> = items(&rest).iter().map(|i| (i.outcome, i.reason, i.attempts)).collect();
        // Unknown for the pipeline's sake, after one attempt each: the reads alone were repeated.
        assert_eq!(ended, [(Some(Outcome::Failed), Some(Reason::Timeout), 1); 2]);
    }
}
