//! Plans and keys that say something else than was meant: refused or answered with what probably was.

use serde_json::Value as Json;

use crate::support::plan::fill;
use crate::support::program::Printed;
use crate::support::{Program, Stack};

struct Plan {
    dir: tempfile::TempDir,
}

impl Plan {
    fn new(operation: &str, more: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let text = format!(
            "name = \"p\"\noperation = \"{operation}\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n{more}\n"
        );
        std::fs::write(dir.path().join("plan.toml"), text).unwrap();
        Self { dir }
    }

    fn path(&self) -> String {
        self.dir.path().join("plan.toml").to_str().unwrap().to_owned()
    }
}

fn reasons(printed: &Printed) -> Vec<(String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    printed.events("item").iter().map(|i| (text(&i["action"]), text(&i["reason"]))).collect()
}

#[tokio::test]
async fn paths_written_as_the_diff_shows_them_change_nothing() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 2).await;
    let program = Program::new(&stack);
    for change in [
        "set = { \"attributes.status\" = \"x\" }",
        "rename = { \"attributes.n\" = \"m\" }",
        "remove = [\"attributes.n\"]",
    ] {
        let printed =
            program.json(&["preview", &Plan::new("transform", &format!("[[transform]]\n{change}")).path()]).await;
        let refused = ("invalid".to_owned(), "transform".to_owned());
        assert_eq!(reasons(&printed), [refused.clone(), refused], "{change}: {}", printed.stdout);
        let message = printed.events("item")[0]["message"].as_str().unwrap();
        assert!(message.contains("is probably meant"), "{message}");
    }
    // All attributes under their own name would become an attribute of that name, inside themselves.
    for (change, meant) in [
        ("set = { attributes = { status = \"x\" } }", "status is probably meant"),
        ("set = { attributes = { status = \"x\", n = 1 } }", "status, n are probably meant"),
        ("default = { attributes = {} }", "the path of one of them is probably meant"),
        ("rename = { attributes = \"all\" }", "the path of one of them is probably meant"),
        ("rename = { n = \"attributes\" }", "the path of one of them is probably meant"),
        ("remove = [\"attributes\"]", "the path of one of them is probably meant"),
        ("now = [\"attributes\"]", "the path of one of them is probably meant"),
        ("lowercase = [\"attributes\"]", "the path of one of them is probably meant"),
        ("copy = { from = \"attributes\", to = \"all\" }", "the path of one of them is probably meant"),
        ("copy = { from = \"n\", to = \"attributes\" }", "the path of one of them is probably meant"),
        (
            "join = { paths = [\"n\", \"n\"], into = \"attributes\", with = \"\" }",
            "the path of one of them is probably meant",
        ),
        ("split = { path = \"n\", into = [\"attributes\"], at = \" \" }", "the path of one of them is probably meant"),
        ("convert = { path = \"attributes\", to = \"string\" }", "the path of one of them is probably meant"),
        ("map = { path = \"attributes\", table = { a = 1 } }", "the path of one of them is probably meant"),
    ] {
        let printed =
            program.json(&["preview", &Plan::new("transform", &format!("[[transform]]\n{change}")).path()]).await;
        let refused = ("invalid".to_owned(), "transform".to_owned());
        assert_eq!(reasons(&printed), [refused.clone(), refused], "{change}: {}", printed.stdout);
        let message = printed.events("item")[0]["message"].as_str().unwrap();
        assert!(
            message.ends_with(&format!("attributes: paths of a plan begin below attributes; {meant}")),
            "{message}"
        );
    }
    // An attribute of that name is meant where there is one.
    let mut row = stack.get("dev-shop-product-data", "PRODUCT#acme", "I-0000").await.unwrap();
    let inner = tenantry::domain::value::from_plain_json(r#"{"attributes":{"status":"old"}}"#).unwrap();
    row = row.with_attributes(inner);
    stack.put("dev-shop-product-data", &row).await;
    let own = Plan::new("transform", "keys = [\"I-0000\"]\n[[transform]]\nset = { \"attributes.status\" = \"x\" }");
    assert_eq!(reasons(&program.json(&["preview", &own.path()]).await)[0].0, "update");
    let whole = Plan::new("transform", "keys = [\"I-0000\"]\n[[transform]]\nset = { attributes = { status = \"x\" } }");
    assert_eq!(reasons(&program.json(&["preview", &whole.path()]).await)[0].0, "update");
}

#[tokio::test]
async fn a_path_that_no_entity_has_is_a_finding() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 2).await;
    let program = Program::new(&stack);
    let change = "[[transform]]\nrename = { productNmae = \"name\" }\n[[transform]]\nlowercase = [\"n2\"]\n\
                  [[transform]]\ncopy = { from = \"n\", to = \"n2\" }";
    let printed = program.json(&["preview", &Plan::new("transform", change).path()]).await;
    let paths: Vec<&str> = printed
        .events("finding")
        .iter()
        .filter(|f| f["kind"] == "unused_path")
        .map(|f| f["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["productNmae"], "{}", printed.stdout);
}

#[tokio::test]
async fn target_tenants_that_the_application_could_not_read_are_refused() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 1).await;
    let program = Program::new(&stack);
    let target = |code: &str, more: &str| Plan::new("copy", &format!("[target]\ntenant = \"{code}\"\n{more}"));
    for (code, more) in [("GLOBEX", ""), (" globex", ""), ("globex ", "spelling = \"as-is\""), ("g\\tlobex", "")] {
        let printed = program.json(&["preview", &target(code, more).path()]).await;
        let error = printed.events("error")[0];
        assert_eq!(
            (printed.code, error["code"].as_str(), error["key"].as_str()),
            (1, Some("plan"), Some("target.tenant"))
        );
    }
    let as_is = program.json(&["preview", &target("GLOBEX", "spelling = \"as-is\"").path()]).await;
    assert_eq!((as_is.code, reasons(&as_is)[0].0.as_str()), (0, "create"), "{}", as_is.stdout);
    for odd in ["a/b", ".."] {
        let (code, stdout, stderr) = program.text(&["preview", &target(odd, "").path()]).await;
        assert!(code == 0 && format!("{stdout}{stderr}").contains("the target tenant"), "{odd}: {stdout}{stderr}");
    }
    // Before 1.1 the framework took codes as they stand.
    let old = Program::with(&stack, "framework = \"1.0\"\npublish = \"async\"");
    assert_eq!(old.json(&["preview", &target("GLOBEX", "").path()]).await.code, 0);
}

#[tokio::test]
async fn keys_with_a_version_and_ids_are_answered_with_what_was_meant() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 1).await;
    let program = Program::new(&stack);
    let hint = |printed: &Printed| printed.events("error")[0]["hint"].as_str().unwrap().to_owned();
    let history = program.json(&["history", "PRODUCT#acme", "I-0000@1"]).await;
    assert!(history.code == 1 && hint(&history).contains("I-0000 is the sort key"), "{}", history.stdout);
    let diff = program.json(&["diff", "PRODUCT#acme", "I-0000@1", "1", "2"]).await;
    assert!(hint(&diff).contains("I-0000 is the sort key"), "{}", diff.stdout);
    let (_, _, stderr) = program.text(&["entities", "PRODUCT#acme#I-0000"]).await;
    assert!(stderr.contains("PRODUCT#acme is the partition key and I-0000 the sort key"), "{stderr}");
    let nowhere = program.json(&["entities", "THING#acme#I-0000"]).await;
    assert!(nowhere.code == 2 && hint(&nowhere).contains("THING#acme is the partition key"), "{}", nowhere.stdout);
}

#[tokio::test]
async fn tables_of_an_application_with_a_longer_name_are_left_out() {
    let stack = Stack::new().await;
    for kind in ["data", "history", "command"] {
        stack.create_table(&format!("dev-shop-admin-user-{kind}")).await;
    }
    let program = Program::new(&stack);
    let modules = |printed: &Printed| {
        let text = |v: &Json| v.as_str().unwrap().to_owned();
        printed.events("tenant").iter().map(|t| text(&t["module"])).collect::<std::collections::BTreeSet<_>>()
    };
    let row = tenantry::domain::value::from_plain_json(
        r#"{"pk":"USER#acme","sk":"u-1","id":"USER#acme#u-1","version":1,"tenantCode":"acme","type":"USER","attributes":{}}"#,
    );
    let row = tenantry::domain::row::Row(row.unwrap().as_map().unwrap().clone());
    stack.put("dev-shop-admin-user-data", &row).await;
    assert!(modules(&program.json(&["tenants"]).await).contains("admin-user"), "nothing shows another application");
    stack.create_table("dev-shop-admin-tasks").await;
    let listed = program.json(&["tenants"]).await;
    assert!(!modules(&listed).contains("admin-user"), "{}", listed.stdout);
    assert!(listed.stderr.contains("shop-admin") && listed.stderr.contains("tables = {"), "{}", listed.stderr);
    let all = Plan::new("transform", "[[transform]]\nset = { touched = true }");
    let text = std::fs::read_to_string(all.path()).unwrap();
    let every = text.replace("module = \"product\"", "module = \"*\"").replace("type = \"PRODUCT\"", "type = \"*\"");
    std::fs::write(all.path(), every).unwrap();
    assert!(!program.json(&["preview", &all.path()]).await.stdout.contains("admin-user"));
    let named = Program::with(&stack, "tables = { admin-user = \"admin-user\" }");
    assert!(modules(&named.json(&["tenants"]).await).contains("admin-user"));
}
