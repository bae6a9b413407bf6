//! Attributes changed in place and on the way: the guide's own schema changes, chains, checks before anything is written.

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Number, Value, from_plain_json, to_plain_json};

use crate::support::plan::{accepts_next_publish, as_before};
use crate::support::program::Printed;
use crate::support::{Program, Stack};

const PRODUCTS: &str = "dev-shop-product-data";
const CUSTOMERS: &str = "dev-shop-customer-data";

/// A plan file with what stands beside it.
struct Plan {
    dir: tempfile::TempDir,
    path: String,
}

impl Plan {
    fn new(operation: &str, kind: &str, tenant: &str, more: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("plan.toml").to_str().unwrap().to_owned();
        let text = format!(
            "name = \"t\"\noperation = \"{operation}\"\n[source]\ntype = \"{kind}\"\ntenant = \"{tenant}\"\n{more}\n"
        );
        std::fs::write(&path, text).unwrap();
        Self { dir, path }
    }

    fn beside(self, name: &str, text: &str) -> Self {
        std::fs::write(self.dir.path().join(name), text).unwrap();
        self
    }
}

/// (sk, action, reason) of the items, sorted.
fn items(printed: &Printed) -> Vec<(String, String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    let mut items: Vec<_> =
        printed.events("item").iter().map(|i| (text(&i["sk"]), text(&i["action"]), text(&i["reason"]))).collect();
    items.sort();
    items
}

fn expected(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    list.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

async fn attributes(stack: &Stack, table: &str, pk: &str, sk: &str) -> String {
    let row = stack.get(table, pk, sk).await.unwrap();
    to_plain_json(row.get("attributes").unwrap())
}

fn same(a: &str, b: &str) {
    assert_eq!(from_plain_json(a).unwrap(), from_plain_json(b).unwrap());
}

const TO_V2: &str = "[schema]\nmarker = \"version\"\ncurrent = \"v2\"\n[[transform]]\n\
    rename = { productName = \"name\", unitPrice = \"price\", categoryCode = \"category\" }";

#[tokio::test]
async fn the_guides_old_products_get_their_new_names_digit_for_digit() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let plan = Plan::new("transform", "PRODUCT", "initech", TO_V2);
    let printed = program.json(&["preview", &plan.path]).await;
    let found = expected(&[
        ("Q-1", "update", ""),
        ("Q-2", "update", ""),
        ("Q-3", "update", ""),
        ("Q-4", "update", ""),
        ("Q-5", "equal", ""),
    ]);
    assert_eq!((items(&printed), printed.code), (found, 0), "{}", printed.stdout);
    let shown: Vec<String> = printed.events("item").iter().map(|i| i["after"]["attributes"]["M"].to_string()).collect();
    let again = program.json(&["preview", &plan.path]).await;
    assert_eq!(again.end()["digest"], printed.end()["digest"]);
    let run = program.json(&["run", &plan.path, "--arm", "--approve", "all"]).await;
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (0, Some(4)), "{}", run.stdout);
    let third = attributes(&stack, PRODUCTS, "PRODUCT#initech", "Q-3").await;
    same(&third, r#"{"name":"Old 3","price":3.3000000000000003,"category":"C3","version":"v2"}"#);
    assert!(third.contains("3.3000000000000003") && !third.contains("productName"), "{third}");
    // What was shown is what was written.
    for (i, sk) in ["Q-1", "Q-2", "Q-3", "Q-4"].into_iter().enumerate() {
        let row = stack.get(PRODUCTS, "PRODUCT#initech", sk).await.unwrap();
        let json = tenantry::domain::value::value_to_ddb_json(row.get("attributes").unwrap())["M"].to_string();
        let sorted = |text: &str| serde_json::from_str::<serde_json::Map<String, Json>>(text).unwrap();
        assert_eq!(sorted(&json), sorted(&shown[i]), "{sk}");
        assert_eq!(row.version().unwrap().0, 2);
    }
    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#initech"), 5);
    let again = program.json(&["preview", &plan.path]).await;
    assert_eq!(again.end()["actions"]["equal"], 5, "{}", again.stdout);
    let undone = program.json(&["undo", run.end()["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 0, "{}", undone.stdout);
    as_before(&before, &stack.dump().await);
}

const CHAIN: &str = "[schema]\nmissing = 1\ncurrent = 3\n\
    [[chain]]\nfrom = 1\nto = 2\n[[chain.transform]]\n\
    split = { path = \"fullName\", into = [\"firstName\", \"lastName\"], at = \" \" }\n\
    [[chain]]\nfrom = 2\nto = 3\n[[chain.transform]]\nnow = [\"createdAt\"]\ndefault = { status = \"active\" }";

#[tokio::test]
async fn customers_are_brought_along_the_chain_as_the_guide_would() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let plan = Plan::new("transform", "CUSTOMER", "initech", CHAIN);
    let printed = program.json(&["preview", &plan.path]).await;
    let found = expected(&[
        ("c-1", "update", ""),
        ("c-2", "update", ""),
        ("c-3", "equal", ""),
        ("c-4", "invalid", "future_version"),
    ]);
    assert_eq!((items(&printed), printed.code), (found, 3), "{}", printed.stdout);
    // The run's own time stands outside the digest: what was approved before can be run.
    let digest = printed.end()["digest"].as_str().unwrap().to_owned();
    let run = program.json(&["run", &plan.path, "--arm", "--approve", "all", "--expect", &digest]).await;
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (3, Some(2)), "{}", run.stdout);
    let started = run.events("run").last().unwrap()["started_at"].as_str().unwrap().to_owned();
    same(
        &attributes(&stack, CUSTOMERS, "CUSTOMER#initech", "c-1").await,
        &format!(
            r#"{{"fullName":"Ada Lovelace","firstName":"Ada","lastName":"Lovelace","createdAt":"{started}","status":"active","_schemaVersion":3}}"#
        ),
    );
    same(
        &attributes(&stack, CUSTOMERS, "CUSTOMER#initech", "c-2").await,
        &format!(
            r#"{{"firstName":"Alan","lastName":"Turing","createdAt":"{started}","status":"active","_schemaVersion":3}}"#
        ),
    );
    let gap = Plan::new("transform", "CUSTOMER", "initech", &CHAIN.replace("from = 1\nto = 2", "from = 5\nto = 6"));
    let printed = program.json(&["preview", &gap.path]).await;
    assert_eq!(items(&printed)[0], ("c-1".to_owned(), "equal".to_owned(), String::new()), "at 3 by now");
    let fresh = Stack::golden().await;
    let printed = Program::new(&fresh).json(&["preview", &gap.path]).await;
    assert_eq!(items(&printed)[0], ("c-1".to_owned(), "invalid".to_owned(), "chain_gap".to_owned()));
}

#[tokio::test]
async fn a_copy_changes_what_it_carries_and_one_misfit_stops_nothing_else() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let more = "[target]\ntenant = \"hooli\"\n[[transform]]\nrename = { unitPrice = \"price\" }\n\
        [[transform]]\njq = \".price *= 2\"\nwhen = { path = \"price\", present = true }\n\
        [[transform]]\nlowercase = [\"productName\"]\n\
        [[transform]]\nconvert = { path = \"categoryCode\", to = \"number\" }\nwhen = { path = \"categoryCode\", equals = \"C4\" }";
    let plan = Plan::new("copy", "PRODUCT", "initech", more);
    let run = program.json(&["run", &plan.path, "--arm", "--approve", "all"]).await;
    let found = expected(&[
        ("Q-1", "create", ""),
        ("Q-2", "create", ""),
        ("Q-3", "create", ""),
        ("Q-4", "invalid", "transform"),
        ("Q-5", "create", ""),
    ]);
    let ended: Vec<_> = items(&run).into_iter().filter(|i| i.1 != "begun").collect();
    assert_eq!((ended, run.code), (found, 3), "{}", run.stdout);
    let misfit = run.events("item").into_iter().find(|i| i["sk"] == "Q-4").unwrap();
    assert!(misfit["message"].as_str().unwrap().contains("categoryCode is of type S (\"C4\")"), "{misfit}");
    let first = stack.get(PRODUCTS, "PRODUCT#hooli", "Q-1").await.unwrap();
    let map = first.get("attributes").unwrap().as_map().unwrap();
    assert_eq!((map.get("price"), map.get("unitPrice")), (Some(&Value::N(Number::parse("2.2").unwrap())), None));
    assert_eq!((map.get("productName"), map.get("_migrated")), (Some(&Value::s("old 1")), Some(&Value::Bool(true))));
    // A second time the copies are there, and with overwrite they are equal.
    let over =
        Plan::new("copy", "PRODUCT", "initech", &more.replace("\"hooli\"", "\"hooli\"\nexisting = \"overwrite\""));
    let printed = program.json(&["preview", &over.path]).await;
    assert_eq!(printed.end()["actions"]["equal"], 4, "{}", printed.stdout);
}

#[tokio::test]
async fn what_no_json_holds_comes_in_only_where_the_plan_says_so() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let of = |transform: &str| {
        Plan::new("transform", "PRODUCT", "initech", &format!("keys = [\"Q-1\"]\n[[transform]]\n{transform}"))
    };
    let computed = program.json(&["preview", &of("jq = \".n = 9007199254740993\"").path]).await;
    assert_eq!(items(&computed), expected(&[("Q-1", "invalid", "transform")]), "{}", computed.stdout);
    let meant = program.json(&["preview", &of("set = { n = { \"$N\" = \"9007199254740993\" } }").path]).await;
    assert_eq!(items(&meant), expected(&[("Q-1", "update", "")]), "{}", meant.stdout);
    assert_eq!(meant.events("item")[0]["after"]["attributes"]["M"]["n"]["N"], "9007199254740993");
}

#[tokio::test]
async fn what_does_not_hold_is_never_written() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let customer = |sk: &str, deleted: bool| {
        let json = format!(
            r#"{{"pk":"CUSTOMER#hooli","sk":"{sk}","id":"CUSTOMER#hooli#{sk}","code":"code-{sk}","tenantCode":"hooli","version":1,"isDeleted":{deleted},"attributes":{{}}}}"#
        );
        Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
    };
    stack.put(CUSTOMERS, &customer("c-1", false)).await;
    stack.put(CUSTOMERS, &customer("c-2", true)).await;
    let common = Row(customer("c-3", false)
        .0
        .into_iter()
        .map(|(n, v)| match v {
            Value::S(text) => (n, Value::S(text.replace("hooli", "common"))),
            other => (n, other),
        })
        .collect());
    stack.put(CUSTOMERS, &common).await;
    // Each product refers to a customer of its number.
    let refer = |by: &str, value: &str, allow: bool| {
        Plan::new(
            "copy",
            "PRODUCT",
            "initech",
            &format!(
                "[target]\ntenant = \"hooli\"\n[[transform]]\njq = '''.customer = \"{value}\" + ((.productName // .name)[4:])'''\n\
             [validate]\nreferences = [{{ field = \"customer\", type = \"CUSTOMER\", by = \"{by}\", allow_common = {allow} }}]"
            ),
        )
    };
    for (by, value) in [("sk", "c-"), ("code", "code-c-"), ("id", "CUSTOMER#hooli#c-")] {
        let printed = program.json(&["preview", &refer(by, value, false).path]).await;
        let found = expected(&[
            ("Q-1", "create", ""),
            ("Q-2", "invalid", "reference"),
            ("Q-3", "invalid", "reference"),
            ("Q-4", "invalid", "reference"),
            ("Q-5", "invalid", "reference"),
        ]);
        assert_eq!((items(&printed), printed.code), (found, 3), "{by}: {}", printed.stdout);
    }
    let printed = program.json(&["preview", &refer("code", "code-c-", true).path]).await;
    assert_eq!(printed.end()["actions"]["create"], 2, "one of the common tenant will do: {}", printed.stdout);
    let (_, out, _) = program.text(&["preview", &refer("sk", "c-", false).path]).await;
    assert!(out.contains("reference customer to CUSTOMER: 4 invalid, such as PRODUCT#hooli / Q-2"), "{out}");
    // A schema, for one type and for all; the plan may be stopped by it.
    let schema = r#"{"required":["productName"],"properties":{"unitPrice":{"maximum":3}}}"#;
    let checked = |line: &str| {
        let more = format!("[target]\ntenant = \"hooli\"\n[validate]\n{line}");
        Plan::new("copy", "PRODUCT", "initech", &more).beside("s.json", schema)
    };
    let skip = checked("schema = { PRODUCT = \"s.json\" }");
    let run = program.json(&["run", &skip.path, "--arm", "--approve", "all"]).await;
    let invalid: Vec<_> = items(&run).into_iter().filter(|i| i.1 == "invalid").collect();
    let found = expected(&[("Q-3", "invalid", "schema"), ("Q-4", "invalid", "schema"), ("Q-5", "invalid", "schema")]);
    assert_eq!((invalid, run.code), (found, 3), "{}", run.stdout);
    for (sk, is_there) in [("Q-1", true), ("Q-2", true), ("Q-3", false), ("Q-5", false)] {
        assert_eq!(stack.get(PRODUCTS, "PRODUCT#hooli", sk).await.is_some(), is_there, "{sk}");
    }
    let other = program.json(&["preview", &checked("schema = { ORDER = \"s.json\" }").path]).await;
    assert_eq!(other.end()["actions"]["invalid"], 0, "{}", other.stdout);
    let before = stack.dump().await;
    let stop = checked("schema = \"s.json\"\non_invalid = \"stop\"");
    let refused = program.json(&["run", &stop.path, "--arm", "--approve", "all"]).await;
    assert_eq!((refused.code, refused.events("error")[0]["key"].as_str()), (1, Some("validate.on_invalid")));
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_view_shows_what_defaults_would_make_of_rows_and_writes_nothing() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("view.toml").to_str().unwrap().to_owned();
    std::fs::write(&file, "[[transform]]\ndefault = { category = \"uncategorized\", tags = [] }\n").unwrap();
    let printed = program.json(&["entities", "PRODUCT#initech", "--view", &file]).await;
    assert_eq!((printed.code, printed.events("entity").len()), (0, 5), "{}", printed.stdout);
    let of = |sk: &str| {
        printed.events("entity").into_iter().find(|e| e["sk"] == sk).unwrap()["row"]["attributes"]["M"].clone()
    };
    assert_eq!(
        (&of("Q-1")["category"]["S"], &of("Q-1")["tags"]["L"]),
        (&Json::from("uncategorized"), &Json::Array(Vec::new()))
    );
    assert_eq!(of("Q-5")["category"]["S"], "C5");
    assert_eq!(of("Q-3")["unitPrice"]["N"], "3.3000000000000003");
    // For people: what would change of each.
    let shown = program.text(&["entities", "PRODUCT#initech", "--view", &file]).await.1;
    let line = |sk: &str| shown.lines().find(|line| line.starts_with(sk)).unwrap().to_owned();
    assert!(shown.lines().next().unwrap().ends_with("FLAGS  CHANGES"), "{shown}");
    assert!(line("Q-1 ").contains("+ attributes.category  \"uncategorized\"; + attributes.tags  []"), "{shown}");
    let rows = program.text(&["entities", "PRODUCT#initech", "--rows"]).await.1;
    let line = |sk: &str| rows.lines().find(|line| line.starts_with(sk)).unwrap().to_owned();
    assert!(rows.lines().next().unwrap().ends_with("ATTRIBUTES") && !rows.contains("CHANGES"), "{rows}");
    assert!(line("Q-3 ").contains("\"unitPrice\":3.3000000000000003"), "{rows}");
    let history = program.text(&["history", "PRODUCT#initech", "Q-3", "--rows"]).await.1;
    assert!(history.contains("\"unitPrice\":3.3000000000000003"), "{history}");
    // A plan is a view too; what it refuses is shown as it is, with the reason.
    let plan = Plan::new("transform", "CUSTOMER", "initech", CHAIN);
    let printed = program.json(&["entities", "CUSTOMER#initech", "--view", &plan.path]).await;
    let of = |sk: &str| printed.events("entity").into_iter().find(|e| e["sk"] == sk).unwrap().clone();
    assert_eq!(of("c-1")["row"]["attributes"]["M"]["firstName"]["S"], "Ada");
    assert!(of("c-4")["problem"].as_str().unwrap().contains("future_version"), "{}", of("c-4"));
    std::fs::write(&file, "[[transform]]\ndefault = { a = 1 }\nrenam = { a = \"b\" }\n").unwrap();
    let broken = program.json(&["entities", "PRODUCT#initech", "--view", &file]).await;
    assert_eq!((broken.code, broken.events("error")[0]["line"].as_u64()), (1, Some(3)), "{}", broken.stdout);
    assert_eq!(stack.dump().await, before);
}
