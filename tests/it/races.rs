//! Others at the same rows, and at the same run.

use std::collections::BTreeMap;

use tenantry::domain::row::{Row, TableKind};
use tenantry::domain::run::{Outcome, Reason, RunId};
use tenantry::domain::value::Value;
use tenantry::engine::protocol::{ApprovalRequest, Command, Event, RequestId};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::driver::Driver;
use crate::support::many::{outcomes, product, sk};
use crate::support::plan::Plan;
use crate::support::{Program, Stack};

const DATA: &str = "dev-shop-product-data";
const COMMAND: &str = "dev-shop-product-command";
/// Attributes longer than this go to S3: those of every tenth product.
const LIMIT: usize = 2_000;

async fn stack() -> Stack {
    Stack::with(|p| p.attribute_limit_bytes = LIMIT).await
}

/// Asks for a run of a plan, and waits until its first batch does.
async fn asked(driver: &mut Driver, plan: &Plan) -> (RequestId, Box<ApprovalRequest>) {
    let path = std::path::Path::new(plan.path());
    let plan = tenantry::config::plan::parse(path, &std::fs::read_to_string(path).unwrap()).unwrap();
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::RunPlan { plan: Box::new(plan), expect: None, rows: false }).await;
    (request, driver.approval(request).await)
}

/// What became of each sort key, to the end of the request.
async fn ended(driver: &mut Driver, request: RequestId) -> BTreeMap<String, (Outcome, Option<Reason>)> {
    let mut ended = BTreeMap::new();
    loop {
        match driver.event(request).await {
            Event::Finished { .. } => return ended,
            Event::Failed(failure) => panic!("{failure:?}"),
            Event::Item(item) => {
                let sk = item.entity.key.sk.to_string();
                assert_eq!(ended.insert(sk, (item.outcome.unwrap(), item.reason)), None);
            }
            _ => {}
        }
    }
}

/// Someone else's publish of a product: its next version.
async fn publish(stack: &Stack, row: &Row, version: u64) {
    let mut data = row.0.clone();
    data.insert("version".to_owned(), Value::n(version));
    data.insert("name".to_owned(), Value::s("theirs"));
    data.insert("requestId".to_owned(), Value::s("theirs"));
    stack.put(DATA, &Row(data.clone())).await;
    command(stack, data, version, Some("finish:FINISHED")).await;
}

/// Someone else's command row; without a status it waits for the application's pipeline.
async fn command(stack: &Stack, mut row: tenantry::domain::value::Map, version: u64, status: Option<&str>) {
    let sk = format!("{}@{version}", row["sk"].as_str().unwrap());
    row.insert("sk".to_owned(), Value::s(sk));
    row.insert("requestId".to_owned(), Value::s("theirs"));
    if let Some(status) = status {
        row.insert("status".to_owned(), Value::s(status));
        row.insert("syncMode".to_owned(), Value::s("SYNC"));
    }
    stack.put(COMMAND, &Row(row)).await;
}

/// The rows of a tenant that tell which run wrote them, by key.
async fn by_request(stack: &Stack, kind: TableKind, tenant: &str) -> BTreeMap<String, String> {
    let text = |row: &Row, name: &str| row.text(name).unwrap().to_owned();
    stack.rows(kind, tenant).await.iter().map(|row| (text(row, "sk"), text(row, "requestId"))).collect()
}

#[tokio::test]
async fn what_others_changed_since_the_preview_is_left_alone() {
    const ITEMS: usize = 300;
    let stack = stack().await;
    stack.products("race-a", ITEMS, LIMIT).await;
    // The first thirty exist, with something else in them.
    stack.products("race-b", 30, 1).await;
    let plan = Plan::copy("race-a", "race-b").set("existing", "\"overwrite\"").set("canary", "300");
    for i in 0..30 {
        let mut row = product("race-b", i, "old");
        row.0.insert("name".to_owned(), Value::s("old"));
        stack.put(DATA, &row).await;
    }
    let mut driver = Driver::new(&stack);
    let (request, asked) = asked(&mut driver, &plan).await;
    assert_eq!(asked.items.len(), ITEMS);
    // Two sources change; a target changes, one appears, and at one a command waits.
    let (changed, gone, target, new, waits) = (150, 50, 5, 210, 250);
    publish(&stack, &product("race-a", changed, "theirs"), 2).await;
    stack.delete(DATA, "PRODUCT#race-a", &sk(gone)).await;
    publish(&stack, &product("race-b", target, "theirs"), 2).await;
    publish(&stack, &product("race-b", new, "theirs"), 1).await;
    command(&stack, product("race-b", waits, "theirs").0, 1, None).await;
    let objects = stack.objects_below("ddb/dev-shop-product-data/PRODUCT#race-b").await;
    driver.approve_rest(&asked).await;
    let ended = ended(&mut driver, request).await;
    assert_eq!(ended.len(), ITEMS);
    let conflicts: BTreeMap<&str, Reason> = ended
        .iter()
        .filter(|(_, (outcome, _))| *outcome == Outcome::Conflict)
        .map(|(sk, (_, reason))| (sk.as_str(), reason.unwrap()))
        .collect();
    let wanted = [
        (changed, Reason::SourceChanged),
        (gone, Reason::SourceChanged),
        (target, Reason::TargetChanged),
        (new, Reason::TargetChanged),
        (waits, Reason::Pending),
    ]
    .map(|(i, reason)| (sk(i), reason));
    assert_eq!(conflicts, wanted.iter().map(|(sk, reason)| (sk.as_str(), *reason)).collect());
    assert_eq!(ended.values().filter(|(outcome, _)| *outcome == Outcome::Done).count(), ITEMS - wanted.len());
    // Of the run there is nothing at those, and everything at the others.
    let ours = asked.run.request_id();
    let data = by_request(&stack, TableKind::Data, "race-b").await;
    let commands = by_request(&stack, TableKind::Command, "race-b").await;
    for i in 0..ITEMS {
        let is_conflict = conflicts.contains_key(sk(i).as_str());
        let version = if i < 30 { 2 } else { 1 };
        assert_eq!(data.get(&sk(i)) == Some(&ours), !is_conflict, "{i}");
        assert_eq!(commands.get(&format!("{}@{version}", sk(i))) == Some(&ours), !is_conflict, "{i}");
    }
    let after = stack.objects_below("ddb/dev-shop-product-data/PRODUCT#race-b").await;
    let of = |i: usize| after.keys().filter(|key| key.contains(&sk(i))).count();
    assert_eq!(objects.len(), 0);
    assert_eq!(([gone, changed, new, waits].map(of), of(100)), ([0; 4], 1));
}

#[tokio::test]
async fn two_runs_at_the_same_targets_write_each_of_them_once() {
    const ITEMS: usize = 200;
    let stack = stack().await;
    stack.products("both-a", ITEMS, LIMIT).await;
    let plan = Plan::copy("both-a", "both-b");
    let (mut one, mut other) = (Driver::new(&stack), Driver::new(&stack));
    let (first, first_asked) = asked(&mut one, &plan).await;
    let (second, second_asked) = asked(&mut other, &plan).await;
    one.approve_rest(&first_asked).await;
    other.approve_rest(&second_asked).await;
    let (first, second) = tokio::join!(ended(&mut one, first), ended(&mut other, second));
    let data = by_request(&stack, TableKind::Data, "both-b").await;
    let commands = by_request(&stack, TableKind::Command, "both-b").await;
    assert_eq!((data.len(), commands.len()), (ITEMS, ITEMS));
    for i in 0..ITEMS {
        let (a, b) = (first[&sk(i)], second[&sk(i)]);
        let (winner, loser) = if a.0 == Outcome::Done { (first_asked.run, b) } else { (second_asked.run, a) };
        assert_eq!(loser, (Outcome::Conflict, Some(Reason::TargetChanged)), "{i}");
        assert_eq!(data[&sk(i)], RunId::request_id(winner), "{i}");
        assert_eq!(commands[&format!("{}@1", sk(i))], RunId::request_id(winner), "{i}");
    }
    // Whoever came second took its objects away again.
    assert_eq!(stack.objects_below("ddb/").await.len(), 2 * ITEMS / 10);
}

#[tokio::test]
async fn a_run_whose_interface_went_away_waits_and_asks_again() {
    let stack = stack().await;
    stack.products("gone-a", 20, 1).await;
    let before = stack.dump().await;
    let plan = Plan::copy("gone-a", "gone-b");
    let mut driver = Driver::new(&stack);
    let (_, asked) = asked(&mut driver, &plan).await;
    driver.leave().await;
    assert_eq!(stack.dump().await, before);
    let program = Program::new(&stack);
    let run = asked.run.to_string();
    assert_eq!(program.json(&["runs", "show", &run]).await.events("run")[0]["state"], "waiting");
    let (_, shown, _) = program.text(&["runs", "show", &run]).await;
    assert_eq!((shown.matches(" left ").count(), shown.contains("begun")), (20, false), "{shown}");
    let resume = ["run", "--resume", &run, "--arm", "--approve"];
    // There is nobody to ask, and so nothing is approved.
    let printed = program.json(&[&resume[..], &["ask"]].concat()).await;
    assert_eq!(
        (printed.code, printed.events("batch")[0]["state"].as_str()),
        (4, Some("waiting")),
        "{}",
        printed.stdout
    );
    assert_eq!(printed.events("run").last().unwrap()["state"], "waiting");
    assert_eq!(stack.dump().await, before);
    let printed = program.json(&[&resume[..], &["all"]].concat()).await;
    assert_eq!((printed.code, printed.events("run").last().unwrap()["state"].as_str()), (0, Some("done")));
    assert_eq!(outcomes(&printed.events("item")).len(), 20);
    assert_eq!(stack.rows(TableKind::Data, "gone-b").await.len(), 20);
}

#[tokio::test]
async fn a_run_that_is_alive_is_nobody_elses() {
    let stack = stack().await;
    stack.products("alive-a", 40, 1).await;
    let plan = Plan::copy("alive-a", "alive-b").set("rate", "20");
    let program = Program::new(&stack);
    let mut command = program.command(&["run", plan.path(), "--arm", "--approve", "all", "--json"]);
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next =
        async || serde_json::from_str::<serde_json::Value>(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let run = loop {
        let line = next().await;
        if line["event"] == "item" {
            break line["run"].as_str().unwrap().to_owned();
        }
    };
    let printed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, printed.events("error")[0]["code"].as_str()), (1, Some("locked")), "{}", printed.stdout);
    let printed = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, printed.events("error")[0]["code"].as_str()), (1, Some("locked")), "{}", printed.stdout);
    let end = loop {
        let line = next().await;
        if line["event"] == "end" {
            break line;
        }
    };
    assert_eq!((&end["exit"], &end["outcomes"]["done"]), (&0.into(), &40.into()));
    child.wait().await.unwrap();
    assert_eq!(stack.rows(TableKind::Command, "alive-b").await.len(), 40);
}
