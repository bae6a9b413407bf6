//! Taking back what others went on with, and what is held while that lasts.

use tenantry::domain::row::Row;
use tenantry::domain::run::RunState;
use tenantry::domain::value::Value;
use tenantry::engine::protocol::{Command, Decision, Event};

use crate::support::plan::{Plan, as_before, fill, rows};
use crate::support::{Driver, Program, Stack};

const DATA: &str = "dev-shop-product-data";
const COMMAND: &str = "dev-shop-product-command";

/// Forgets what became of items: as after a kill between the write and its record.
fn forget(stack: &Stack, run: &str, sks: &[&str]) {
    let journal = rusqlite::Connection::open(stack.state.path().join("runs").join(run).join("journal.db")).unwrap();
    for sk in sks {
        let sql = "UPDATE item SET outcome = NULL, ended_at = NULL WHERE target_sk = ?1 AND begun_at IS NOT NULL";
        assert_eq!(journal.execute(sql, [sk]).unwrap(), 1, "{sk}");
    }
}

fn theirs(mut row: Row, sk: &str, version: u64) -> Row {
    row.0.insert("pk".to_owned(), Value::s("PRODUCT#globex"));
    row.0.insert("sk".to_owned(), Value::s(sk));
    row.0.insert("version".to_owned(), Value::n(version));
    row.0.insert("requestId".to_owned(), Value::s("theirs"));
    row
}

#[tokio::test]
async fn by_force_an_undo_takes_back_later_changes_but_never_what_the_run_did_not_write() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 3).await;
    let program = Program::new(&stack);
    let printed = program.json(&["run", Plan::copy("acme", "globex").path(), "--arm", "--approve", "all"]).await;
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    forget(&stack, &run, &["I-0001", "I-0002"]);
    // What became of the second is not known, and both of its versions are someone else's.
    for (table, sk, version) in [(COMMAND, "I-0001@1", 1), (COMMAND, "I-0001@2", 2), (DATA, "I-0001", 2)] {
        let (data, command) = rows("globex", 1);
        stack.put(table, &theirs(if table == DATA { data } else { command }, sk, version)).await;
    }
    // The third is the run's after all, as its command row says, and someone went on with it.
    let mut data = stack.get(DATA, "PRODUCT#globex", "I-0002").await.unwrap();
    data.0.insert("name".to_owned(), Value::s("edited"));
    for (table, sk) in [(COMMAND, "I-0002@2"), (DATA, "I-0002")] {
        stack.put(table, &theirs(data.clone(), sk, 2)).await;
    }
    let before = stack.get(DATA, "PRODUCT#globex", "I-0001").await;
    let printed = program.json(&["undo", &run, "--arm", "--approve", "all", "--conflicts", "force"]).await;
    let item = |sk: &str| printed.events("item").into_iter().find(|i| i["target_sk"] == sk).unwrap().clone();
    assert_eq!((printed.code, item("I-0001")["outcome"].as_str()), (0, Some("equal")), "{}", printed.stdout);
    assert_eq!(stack.get(DATA, "PRODUCT#globex", "I-0001").await, before);
    for sk in ["I-0000", "I-0002"] {
        assert_eq!((item(sk)["action"].as_str(), item(sk)["outcome"].as_str()), (Some("delete"), Some("done")), "{sk}");
        assert!(stack.get(DATA, "PRODUCT#globex", sk).await.unwrap().is_deleted(), "{sk}");
    }
}

#[tokio::test]
async fn a_plan_without_stamps_restores_sources_without_a_mark() {
    for (stamp, is_marked) in [("guide", true), ("none", false)] {
        let stack = Stack::new().await;
        fill(&stack, "acme", 1).await;
        let before = stack.dump().await;
        let program = Program::new(&stack);
        let plan = Plan::new("move", "acme", "globex");
        let moved = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
        let run = moved.end()["run"].as_str().unwrap().to_owned();
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("undo.toml");
        let text =
            format!("name = \"back\"\noperation = \"undo\"\n[undo]\nrun = \"{run}\"\n[run]\nstamp = \"{stamp}\"\n");
        std::fs::write(&path, text).unwrap();
        let printed = program.json(&["run", path.to_str().unwrap(), "--arm", "--approve", "all"]).await;
        assert_eq!(printed.code, 0, "{}", printed.stdout);
        let source = stack.get(DATA, "PRODUCT#acme", "I-0000").await.unwrap();
        let attributes = source.get("attributes").unwrap().as_map().unwrap();
        assert_eq!((source.is_deleted(), attributes.contains_key("_restoredAt")), (false, is_marked), "{stamp}");
        assert!(!attributes.contains_key("_migratedTo") && !attributes.contains_key("_deletedAt"), "{stamp}");
        as_before(&before, &stack.dump().await);
    }
}

#[tokio::test]
async fn while_a_run_is_taken_back_nobody_goes_on_with_it() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 4).await;
    let mut driver = Driver::new(&stack);
    let plan = Plan::copy("acme", "globex").set("canary", "2").set("batch", "2");
    let (request, canary, second) = driver.past_canary(plan.model()).await;
    driver.decide(&second, Decision::Stop).await;
    driver.rest(request).await;
    let run = canary.run.to_string();

    let text = format!("name = \"back\"\noperation = \"undo\"\n[undo]\nrun = \"{run}\"\n");
    let undo = Box::new(tenantry::config::plan::parse("undo.toml".as_ref(), &text).unwrap());
    let request = driver.send(Command::RunPlan { plan: undo, expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    let program = Program::new(&stack);
    let resumed = ["run", "--resume", &run, "--arm", "--approve", "all"];
    let printed = program.json(&resumed).await;
    assert_eq!((printed.code, printed.events("error")[0]["code"].as_str()), (1, Some("locked")), "{}", printed.stdout);
    driver.decide(&asked, Decision::ApproveRest { confirm: None }).await;
    let rest = driver.rest(request).await;
    assert!(rest.iter().any(|e| matches!(e, Event::Run(info) if info.state == RunState::Done)));
    // Afterwards it is there to be looked at again, and taken back: there is nothing left to go on with.
    let printed = program.json(&["runs", "show", &run]).await;
    assert_eq!((printed.code, printed.events("run")[0]["state"].as_str()), (0, Some("undone")), "{}", printed.stdout);
    let live =
        stack.dump().await[DATA].iter().filter(|r| r.text("pk") == Some("PRODUCT#globex") && !r.is_deleted()).count();
    assert_eq!(live, 0);
}

#[tokio::test]
async fn two_partitions_that_would_become_one_are_refused() {
    let stack = Stack::new().await;
    for pk in ["PRODUCT#acme#globex", "PRODUCT#globex#acme"] {
        let (mut data, _) = rows("acme", 1);
        data.0.insert("pk".to_owned(), Value::s(pk));
        data.0.insert("id".to_owned(), Value::s(format!("{pk}#I-0001")));
        stack.put(DATA, &data).await;
    }
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let printed = program.json(&["run", Plan::copy("acme", "globex").path(), "--arm", "--approve", "all"]).await;
    let error = printed.events("error")[0];
    assert_eq!((printed.code, error["code"].as_str()), (1, Some("conflict")), "{}", printed.stdout);
    assert!(error["message"].as_str().unwrap().contains("would both become PRODUCT#globex#globex"), "{error}");
    assert_eq!(stack.dump().await, before);
    assert_eq!(program.json(&["runs"]).await.end()["rows"], 0);
}
