//! Bytes that are carried while somebody changes them, answers get lost, and the program is killed.

use std::time::Duration;

use tenantry::domain::run::{Outcome, Reason};
use tenantry::engine::protocol::Command;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::bytes::{bytes_of, deep, plain};
use super::{COMMAND, DATA, in_s3, peak, ran};
use crate::support::driver::items;
use crate::support::many::sk;
use crate::support::plan::as_before;
use crate::support::proxy::{Fault, Odds, Proxy};
use crate::support::stack::BUCKET;
use crate::support::{Driver, Program, Stack};

fn body(i: usize) -> String {
    if i.is_multiple_of(2) { format!(r#"{{"i":{i},"s":"\ud83d"}}"#) } else { deep(110 + i) }
}

async fn fill(stack: &Stack, count: usize) {
    for i in 0..count {
        in_s3(stack, i, body(i).as_bytes()).await;
    }
}

/// All targets are there with their bytes, and nothing else is in S3 than what rows refer to.
async fn assert_copied(stack: &Stack, count: usize) {
    let mut referred = 0;
    for i in 0..count {
        for (table, sk) in [(DATA, sk(i)), (COMMAND, format!("{}@1", sk(i)))] {
            let row = stack.get(table, "PRODUCT#globex", &sk).await.unwrap();
            assert_eq!(bytes_of(stack, &row).await, body(i), "{table} {sk}");
            referred += 1;
        }
    }
    let stored = stack.object_keys().await;
    assert_eq!(stored.iter().filter(|key| key.contains("PRODUCT#globex")).count(), referred);
}

#[tokio::test]
async fn bytes_that_changed_since_they_were_shown_are_not_carried() {
    let stack = Stack::new().await;
    fill(&stack, 2).await;
    let key = |i: usize| format!("ddb/{DATA}/PRODUCT#acme/{}/01HX7MBJK3V9WQBZ7XNDK5ZT2M.json", sk(i));
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let plan = plain("copy", "globex").model();
    let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    // One of the same length, and one that is gone.
    stack.put_object(&key(0), &body(0).replace("ud83d", "ud83e")).await;
    stack.s3.delete_object().bucket(BUCKET).key(key(1)).send().await.unwrap();
    let before = stack.dump().await;
    driver.approve_rest(&asked).await;
    let events = driver.rest(request).await;
    let told: Vec<_> = items(&events).iter().map(|i| (i.outcome, i.reason)).collect();
    let refused = (Some(Outcome::Conflict), Some(Reason::SourceChanged));
    assert_eq!(told, [refused, refused]);
    assert_eq!(stack.dump().await, before);
    assert!(!stack.object_keys().await.iter().any(|key| key.contains("PRODUCT#globex")), "nothing is left over");
}

// One item after another here and below: the second implementation takes a refused transaction back by putting all tables back as they
// were, whatever others wrote meanwhile.
#[tokio::test]
async fn a_killed_run_is_resumed_with_the_same_bytes() {
    const COUNT: usize = 24;
    for operation in ["copy", "move"] {
        let stack = Stack::new().await;
        fill(&stack, COUNT).await;
        let before = stack.dump().await;
        let program = Program::new(&stack);
        let plan = plain(operation, "globex").set("rate", "20").set("concurrency", "1");
        let mut command = program.command(&["run", plan.path(), "--arm", "--approve", "all", "--json"]);
        let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut told, mut run) = (0, String::new());
        while told < 5 {
            let line: serde_json::Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
            told += u64::from(line["event"] == "item");
            if let Some(id) = line["run"].as_str() {
                run = id.to_owned();
            }
        }
        child.start_kill().unwrap();
        child.wait().await.unwrap();
        let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
        assert_eq!(resumed.code, 0, "{}\n{}", resumed.stdout, resumed.stderr);
        assert!(resumed.events("item").len() < COUNT, "nothing was written before the kill");
        assert_copied(&stack, COUNT).await;
        let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
        assert_eq!(undone.code, 0, "{}", undone.stdout);
        as_before(&before, &stack.dump().await);
        for i in 0..COUNT {
            let row = stack.get(DATA, "PRODUCT#acme", &sk(i)).await.unwrap();
            assert_eq!((row.is_deleted(), bytes_of(&stack, &row).await), (false, body(i)), "{operation}");
        }
    }
}

#[tokio::test]
async fn lost_answers_of_both_services_only_slow_it_down() {
    const FAULTS: Odds =
        &[(Fault::LoseAnswer, 15), (Fault::Unavailable, 10), (Fault::Cut, 10), (Fault::Emptied(200), 5)];
    const COUNT: usize = 40;
    let stack = Stack::new().await;
    fill(&stack, COUNT).await;
    let at = &stack.profile.endpoints;
    let dynamodb = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let s3 = Proxy::before(at.s3.as_deref().unwrap()).await;
    dynamodb.by_chance(5, FAULTS, &[]);
    s3.by_chance(6, FAULTS, &[]);
    let program = Program::at(&stack, &dynamodb.endpoint, &s3.endpoint, "");
    let printed = ran(&program, plain("copy", "globex").set("concurrency", "1").path(), 0).await;
    assert!(printed.events("item").iter().all(|item| item["outcome"] == "done"), "{}", printed.stdout);
    assert_copied(&stack, COUNT).await;
}

#[tokio::test]
async fn carried_bytes_take_a_bounded_amount_of_memory() {
    let stack = Stack::new().await;
    let large = format!(r#"{{"s":"\ud83d","pad":"{}"}}"#, "p".repeat(24_000_000));
    for i in 0..12 {
        in_s3(&stack, i, large.as_bytes()).await;
    }
    let plan = plain("copy", "globex");
    let (most, code) = tokio::time::timeout(
        Duration::from_secs(600),
        peak(&Program::new(&stack), &["run", plan.path(), "--arm", "--approve", "all"]),
    )
    .await
    .unwrap();
    println!("{most} MB");
    assert_eq!(code, 0);
    // Without the bound about 730 MB.
    assert!(most < 560, "{most} MB");
}
