//! Both sides of a plan compared: each planted difference is found, among thousands that are right.

mod resumed;

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Number, Value};

use crate::support::many::sk;
use crate::support::plan::{Plan, fill};
use crate::support::program::Printed;
use crate::support::{Program, Stack};

const DATA: &str = "dev-shop-product-data";

/// (kind, severity, sk, path) of the findings.
fn findings(printed: &Printed) -> BTreeSet<(String, String, String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    let told = |f: &&Json| (text(&f["kind"]), text(&f["severity"]), text(&f["sk"]), text(&f["path"]));
    printed.events("finding").iter().map(told).collect()
}

fn expected(list: &[(&str, &str, &str)]) -> BTreeSet<(String, String, String, String)> {
    list.iter()
        .map(|(kind, sk, path)| ((*kind).to_owned(), "error".to_owned(), (*sk).to_owned(), (*path).to_owned()))
        .collect()
}

async fn change(stack: &Stack, sk: &str, change: impl FnOnce(&mut Row)) {
    let mut row = stack.get(DATA, "PRODUCT#globex", sk).await.unwrap();
    change(&mut row);
    stack.put(DATA, &row).await;
}

fn attribute(row: &mut Row, name: &str, value: Value) {
    let Some(Value::M(map)) = row.0.get_mut("attributes") else { panic!("no attributes") };
    map.insert(name.to_owned(), value);
}

async fn ran(program: &Program, plan: &Plan) {
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
}

#[tokio::test]
async fn each_planted_difference_is_found_among_thousands_that_are_right() {
    let stack = Stack::with(|p| p.attribute_limit_bytes = 2_000).await;
    stack.products("acme", 3_000, 2_000).await;
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex");
    let nothing = program.json(&["verify", plan.path()]).await;
    assert_eq!((nothing.code, nothing.events("finding").len()), (3, 3_000), "nothing is there yet");
    ran(&program, &plan).await;
    let right = program.json(&["verify", plan.path()]).await;
    assert_eq!((right.code, right.events("finding").len(), right.end()["rows"].as_u64()), (0, 0, Some(3_000)));
    // A field, a type, a field too many, one that is missing, one that is soft-deleted, one too many, one of an attribute kept in S3.
    change(&stack, &sk(11), |row| drop(row.0.insert("name".to_owned(), Value::s("other")))).await;
    change(&stack, &sk(1_501), |row| attribute(row, "price", Value::s("1501"))).await;
    change(&stack, &sk(41), |row| attribute(row, "added", Value::n(1))).await;
    stack.delete(DATA, "PRODUCT#globex", &sk(2_222)).await;
    change(&stack, &sk(17), |row| drop(row.0.insert("isDeleted".to_owned(), Value::Bool(true)))).await;
    let mut extra = stack.get(DATA, "PRODUCT#globex", &sk(5)).await.unwrap();
    extra.0.insert("sk".to_owned(), Value::s("P-00005x"));
    stack.put(DATA, &extra).await;
    let long = stack.get(DATA, "PRODUCT#globex", &sk(30)).await.unwrap();
    let key = long.attributes_ref().unwrap().strip_prefix("s3://shop-private/").unwrap().to_owned();
    let body = stack.object(&key).await.unwrap().replace("\"price\":30", "\"price\":31");
    stack.put_object(&key, &body).await;
    let printed = program.json(&["verify", plan.path()]).await;
    let found = expected(&[
        ("different", &sk(11), "name"),
        ("different", &sk(1_501), "attributes.price"),
        ("different", &sk(41), "attributes.added"),
        ("missing", &sk(2_222), ""),
        ("missing", &sk(17), ""),
        ("extra", "P-00005x", ""),
        ("different", &sk(30), "attributes.price"),
    ]);
    assert_eq!((findings(&printed), printed.code), (found, 3), "{}", printed.stdout);
}

#[tokio::test]
async fn a_move_leaves_no_live_source_and_its_targets_are_compared_all_the_same() {
    let stack = Stack::new().await;
    stack.products("acme", 40, 0).await;
    let program = Program::new(&stack);
    let plan = Plan::new("move", "acme", "globex");
    ran(&program, &plan).await;
    let right = program.json(&["verify", plan.path()]).await;
    assert_eq!((right.code, findings(&right)), (0, BTreeSet::new()), "{}", right.stdout);
    // A source that was never deleted; a target changed; a row that is to expire and no setting says so.
    let mut source = stack.get(DATA, "PRODUCT#acme", &sk(3)).await.unwrap();
    source.0.insert("isDeleted".to_owned(), Value::Bool(false));
    stack.put(DATA, &source).await;
    change(&stack, &sk(7), |row| attribute(row, "price", Value::N(Number::parse("7.0000000001").unwrap()))).await;
    change(&stack, &sk(9), |row| drop(row.0.insert("ttl".to_owned(), Value::n(1_900_000_000)))).await;
    let printed = program.json(&["verify", plan.path()]).await;
    let mut found = expected(&[("leftover", &sk(3), ""), ("different", &sk(7), "attributes.price")]);
    found.insert(("ttl".to_owned(), "warning".to_owned(), sk(9), "ttl".to_owned()));
    assert_eq!((findings(&printed), printed.code), (found, 3), "{}", printed.stdout);
}

#[tokio::test]
async fn a_plan_that_changes_what_it_carries_is_compared_with_what_it_makes() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("plan.toml").to_str().unwrap().to_owned();
    let text = "name = \"t\"\noperation = \"copy\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"initech\"\n[target]\ntenant = \"hooli\"\n\
        [[transform]]\nrename = { unitPrice = \"price\" }\nnow = [\"seenAt\"]\n";
    std::fs::write(&path, text).unwrap();
    let run = program.json(&["run", &path, "--arm", "--approve", "all"]).await;
    assert_eq!(run.code, 0, "{}", run.stdout);
    let right = program.json(&["verify", &path]).await;
    assert_eq!((right.code, findings(&right)), (0, BTreeSet::new()), "{}", right.stdout);
    std::fs::write(&path, text.replace("\"price\"", "\"cost\"")).unwrap();
    let other = program.json(&["verify", &path]).await;
    assert_eq!(other.code, 3);
    assert!(findings(&other).iter().any(|f| f.2 == "Q-1" && f.3 == "attributes.cost"), "{}", other.stdout);
    std::fs::write(
        &path,
        text.replace("operation = \"copy\"", "operation = \"normalize\"")
            .replace("tenant = \"initech\"\n[target]\ntenant = \"hooli\"\n", "")
            .replace("[[transform]]\nrename = { unitPrice = \"price\" }\nnow = [\"seenAt\"]\n", ""),
    )
    .unwrap();
    let usage = program.json(&["verify", &path]).await;
    assert_eq!((usage.code, usage.events("error")[0]["code"].as_str()), (2, Some("usage")), "{}", usage.stdout);
}

#[tokio::test]
async fn a_comparison_needs_no_framework_that_may_be_published_to() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 1).await;
    let program = Program::with(&stack, "framework = \"1.1.3\"");
    let plan = Plan::copy("acme", "globex");
    assert_eq!(program.json(&["preview", plan.path()]).await.code, 1);
    let printed = program.json(&["verify", plan.path()]).await;
    assert_eq!((printed.code, findings(&printed)), (3, expected(&[("missing", "I-0000", "")])), "{}", printed.stdout);
}

#[tokio::test]
async fn a_plan_for_another_profile_is_neither_compared_nor_exported() {
    let stack = Stack::new().await;
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("plan.toml");
    let export = "operation = \"export\"\nprofile = \"prod\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n[export]\nto = \"out.csv\"";
    let copy = "operation = \"copy\"\nprofile = \"prod\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n[target]\ntenant = \"globex\"";
    for (command, text) in [("run", export), ("verify", copy)] {
        std::fs::write(&path, format!("name = \"n\"\n{text}\n")).unwrap();
        let printed = Program::new(&stack).json(&[command, path.to_str().unwrap()]).await;
        assert_eq!(
            (printed.code, printed.events("error")[0]["key"].as_str()),
            (1, Some("profile")),
            "{}",
            printed.stdout
        );
    }
    assert!(!dir.path().join("out.csv").exists());
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn each_planted_difference_is_found_among_a_hundred_thousand() {
    const MANY: usize = 100_000;
    let stack = Stack::new().await;
    for tenant in ["acme", "globex"] {
        let rows: Vec<Row> = (0..MANY).map(|i| crate::support::many::product(tenant, i, "")).collect();
        stack.load(DATA, &rows).await;
    }
    change(&stack, &sk(7), |row| attribute(row, "price", Value::n(8))).await;
    change(&stack, &sk(50_000), |row| attribute(row, "price", Value::s("50000"))).await;
    stack.delete(DATA, "PRODUCT#globex", &sk(99_999)).await;
    stack.put(DATA, &crate::support::many::product("globex", 100_001, "")).await;
    let printed = Program::new(&stack).json(&["verify", Plan::copy("acme", "globex").path()]).await;
    let planted = [
        ("different", &*sk(7), "attributes.price"),
        ("different", &sk(50_000), "attributes.price"),
        ("missing", &sk(99_999), ""),
        ("extra", &sk(100_001), ""),
    ];
    assert_eq!((findings(&printed), printed.code), (expected(&planted), 3), "{}", printed.stdout);
}
