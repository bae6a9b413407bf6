//! The units that an item costs, as `docs/scale.md` quotes them: counted by the embedded store.

use std::path::Path;

use tenantry::config::plan::parse;
use tenantry::domain::plan::{Conflicts, Plan, Undo, UndoFrom};
use tenantry::domain::run::{Outcome, RunId};
use tenantry::domain::value::Value;
use tenantry::engine::protocol::{Command, Decision, Event};

use crate::support::plan::rows;
use crate::support::{Driver, Stack};

const ITEMS: usize = 40;

/// Entities whose largest row stays just within so many KB.
async fn fill(stack: &Stack, tenant: &str, kilobytes: usize) {
    let pad = "p".repeat(kilobytes * 1_024 - 700);
    for n in 0..ITEMS {
        let (data, command) = rows(tenant, n);
        for (table, mut row) in [("data", data), ("command", command)] {
            row.0.insert("name".to_owned(), Value::s(&*pad));
            row.0.insert("ttl".to_owned(), Value::Null);
            stack.put(&format!("dev-shop-product-{table}"), &row).await;
        }
    }
}

fn plan(text: &str) -> Box<Plan> {
    let text = format!("name = \"units\"\nmodule = \"product\"\n{text}\n[run]\nbatch = 100\ncanary = 100\n");
    Box::new(parse(Path::new("units.toml"), &text).unwrap())
}

fn undo(run: RunId) -> Box<Plan> {
    Box::new(Plan::undo(Undo { run, conflicts: Conflicts::default(), from: UndoFrom::Journal, items: Vec::new() }))
}

/// Units and requests of one item, those of its preview included.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost {
    read: f64,
    write: f64,
    requests: f64,
}

async fn cost(driver: &mut Driver, plan: Box<Plan>) -> (RunId, Cost) {
    let counted = |driver: &Driver| {
        let counters = driver.handle.counters.borrow();
        [counters.read_units, counters.write_units, counters.requests as f64]
    };
    let before = counted(driver);
    let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
    let (mut run, mut done) = (None, 0);
    loop {
        match driver.event(request).await {
            Event::ApprovalNeeded(batch) => {
                run = Some(batch.run);
                driver.decide(&batch, Decision::ApproveRest { confirm: None }).await;
            }
            Event::Item(item) if item.outcome == Some(Outcome::Done) => done += 1,
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } => break,
            _ => {}
        }
    }
    assert_eq!(done, ITEMS);
    let after = counted(driver);
    let each = |i: usize| ((after[i] - before[i]) / ITEMS as f64 * 10.0).round() / 10.0;
    (run.unwrap(), Cost { read: each(0), write: each(1), requests: each(2) })
}

/// The rows of the table for entities of a size.
async fn measured(kilobytes: usize) -> Vec<(&'static str, Cost)> {
    let stack = Stack::new().await;
    for tenant in ["copied", "moved", "changed"] {
        fill(&stack, tenant, kilobytes).await;
    }
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let between = |operation: &str, from: &str| {
        format!(
            "operation = \"{operation}\"\n[source]\ntenant = \"{from}\"\ntype = \"PRODUCT\"\n[target]\ntenant = \"{from}-2\""
        )
    };
    let source = "[source]\ntenant = \"changed\"\ntype = \"PRODUCT\"";
    let transform = format!("operation = \"transform\"\n{source}\n[[transform]]\ndefault = {{ unit = \"pc\" }}");
    let rollback = format!("operation = \"rollback\"\n{source}\n[rollback]\nto_version = 1");
    let mut all = Vec::new();
    let (copy, copied) = cost(&mut driver, plan(&between("copy", "copied"))).await;
    all.push(("copied", copied));
    all.push(("copy undone", cost(&mut driver, undo(copy)).await.1));
    let (moving, moved) = cost(&mut driver, plan(&between("move", "moved"))).await;
    all.push(("moved", moved));
    all.push(("move undone", cost(&mut driver, undo(moving)).await.1));
    all.push(("transformed", cost(&mut driver, plan(&transform)).await.1));
    let (rolling, rolled) = cost(&mut driver, plan(&rollback)).await;
    all.push(("rolled back", rolled));
    all.push(("rollback undone", cost(&mut driver, undo(rolling)).await.1));
    driver.leave().await;
    all
}

#[tokio::test]
async fn an_item_costs_what_the_documentation_says() {
    let (small, large) = (measured(1).await, measured(10).await);
    let shown = |n: f64| if n.fract() == 0.0 { format!("{n:.0}") } else { format!("{n:.1}") };
    let lines: Vec<String> = small
        .iter()
        .zip(&large)
        .map(|((what, small), (_, large))| {
            let cells = [small.write, small.read, large.write, large.read, small.requests].map(shown);
            format!("| {what} | {} |", cells.join(" | "))
        })
        .collect();
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scale.md")).unwrap();
    let missing: Vec<&String> = lines.iter().filter(|line| !page.contains(*line)).collect();
    assert!(missing.is_empty(), "docs/scale.md says otherwise; the table is\n{}", lines.join("\n"));
}
