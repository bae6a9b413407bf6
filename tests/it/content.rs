//! What is written rests on the content that was shown, not only on its version.

use tenantry::domain::key::EntityKey;
use tenantry::domain::row::Row;
use tenantry::domain::run::{Outcome, Reason};
use tenantry::domain::value::{Map, Value};
use tenantry::engine::protocol::{Command, Decision, EntityRef, Event};

use crate::support::driver::items;
use crate::support::many::product;
use crate::support::plan::{Plan, fill};
use crate::support::{Driver, Stack};

const DATA: &str = "dev-shop-product-data";

/// Changes an attribute of a row behind everybody's back: no new version, no new request id.
async fn edit(stack: &Stack, pk: &str, sk: &str) -> Row {
    let mut row = stack.get(DATA, pk, sk).await.unwrap();
    let mut attributes = row.get("attributes").unwrap().as_map().unwrap().clone();
    attributes.insert("price".to_owned(), Value::n(424_242));
    row = row.with_attributes(Value::M(attributes));
    stack.put(DATA, &row).await;
    row
}

async fn conflicts(
    driver: &mut Driver,
    plan: Box<tenantry::domain::plan::Plan>,
    stack: &Stack,
    edited: &[(&str, &str)],
) {
    driver.send(Command::Arm { armed: true }).await;
    let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    let mut after = Vec::new();
    for (pk, sk) in edited {
        after.push(edit(stack, pk, sk).await);
    }
    driver.approve_rest(&asked).await;
    let events = driver.rest(request).await;
    let told: Vec<_> = items(&events)
        .iter()
        .filter(|i| i.outcome == Some(Outcome::Conflict))
        .map(|i| (i.reason, i.message.clone()))
        .collect();
    assert_eq!(told.len(), edited.len(), "{told:?}");
    for (reason, message) in told {
        assert!(matches!(reason, Some(Reason::SourceChanged | Reason::TargetChanged)), "{reason:?}");
        assert!(message.unwrap().contains("under the same version"));
    }
    for ((pk, sk), row) in edited.iter().zip(after) {
        assert_eq!(stack.get(DATA, pk, sk).await.unwrap(), row, "the edit is still there");
    }
}

#[tokio::test]
async fn an_edit_under_the_same_version_is_a_conflict_and_stays() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 6).await;
    let mut driver = Driver::new(&stack);
    // A source of a copy, a source of a move, a target. One after another: the second implementation takes a refused transaction back by
    // putting all tables back as they were, whatever others wrote meanwhile.
    conflicts(
        &mut driver,
        Plan::copy("acme", "globex").set("concurrency", "1").model(),
        &stack,
        &[("PRODUCT#acme", "I-0003")],
    )
    .await;
    conflicts(
        &mut driver,
        Plan::new("move", "acme", "initech").set("concurrency", "1").model(),
        &stack,
        &[("PRODUCT#acme", "I-0002")],
    )
    .await;
    fill(&stack, "umbrella", 6).await;
    for i in 0..6 {
        let mut row = stack.get(DATA, "PRODUCT#umbrella", &format!("I-{i:04}")).await.unwrap();
        row.0.insert("name".to_owned(), Value::s("another"));
        stack.put(DATA, &row).await;
    }
    let onto = Plan::copy("umbrella", "globex").set("existing", "\"overwrite\"").set("concurrency", "1");
    conflicts(&mut driver, onto.model(), &stack, &[("PRODUCT#globex", "I-0001"), ("PRODUCT#umbrella", "I-0004")]).await;
    let dir = tempfile::tempdir().unwrap();
    let text = "name = \"t\"\noperation = \"transform\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"umbrella\"\n\
                [run]\nconcurrency = 1\n[[transform]]\nset = { touched = true }\n";
    let transform = tenantry::config::plan::parse(&dir.path().join("plan.toml"), text).unwrap();
    conflicts(&mut driver, Box::new(transform), &stack, &[("PRODUCT#umbrella", "I-0002")]).await;
}

#[tokio::test]
async fn attributes_too_large_for_a_condition_are_read_again() {
    let stack = Stack::with(|profile| profile.attribute_limit_bytes = 300_000).await;
    let large = product("acme", 1, &"x".repeat(200_000));
    stack.put(DATA, &large).await;
    let mut driver = Driver::new(&stack);
    let sk = large.text("sk").unwrap();
    conflicts(&mut driver, Plan::copy("acme", "globex").model(), &stack, &[("PRODUCT#acme", sk)]).await;
    // Unchanged it goes through.
    driver.send(Command::Arm { armed: true }).await;
    let plan = Plan::copy("acme", "globex").model();
    let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
    let asked = driver.approval(request).await;
    driver.approve_rest(&asked).await;
    assert_eq!(items(&driver.rest(request).await)[0].outcome, Some(Outcome::Done));
}

#[tokio::test]
async fn a_rollback_overwrites_no_edit_that_it_did_not_show() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    let (pk, sk) = ("PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M");
    let entity = EntityRef { module: "product".to_owned(), key: EntityKey::new(pk, sk) };
    let (request, asked) = driver.asked(entity, 4).await;
    let row = edit(&stack, pk, sk).await;
    driver.decide(&asked, Decision::Approve { confirm: None }).await;
    let events = driver.rest(request).await;
    assert_eq!(items(&events).last().unwrap().outcome, Some(Outcome::Conflict));
    assert!(events.iter().any(|e| matches!(e, Event::Run(_))));
    assert_eq!(stack.get(DATA, pk, sk).await.unwrap(), row);
    let _: Map = row.0;
}

#[tokio::test]
async fn fields_that_the_framework_does_not_know_and_the_ttl_are_content_too() {
    for (field, value) in [("legacy", Value::s("EDIT")), ("ttl", Value::n(4_000_000_000))] {
        let stack = Stack::new().await;
        let mut row = product("acme", 1, "");
        row.0.insert("legacy".to_owned(), Value::s("old"));
        stack.put(DATA, &row).await;
        let mut driver = Driver::new(&stack);
        driver.send(Command::Arm { armed: true }).await;
        let plan = Plan::new("move", "acme", "globex").model();
        let request = driver.send(Command::RunPlan { plan, expect: None, rows: false }).await;
        let asked = driver.approval(request).await;
        row.0.insert(field.to_owned(), value);
        stack.put(DATA, &row).await;
        driver.approve_rest(&asked).await;
        assert_eq!(items(&driver.rest(request).await)[0].outcome, Some(Outcome::Conflict), "{field}");
        assert_eq!(stack.get(DATA, "PRODUCT#acme", "P-00001").await.unwrap(), row);
    }
}
