//! Plans of entities that are named one by one, across partitions and tenants.

use std::collections::BTreeSet;

use tenantry::domain::row::Row;
use tenantry::domain::value::from_plain_json;

use crate::support::plan::as_before;
use crate::support::program::Printed;
use crate::support::{Program, Recorder, Stack};

const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";

struct File(tempfile::TempDir);

impl File {
    fn new(text: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        std::fs::write(dir.path().join("plan.toml"), text).unwrap();
        Self(dir)
    }

    fn path(&self) -> String {
        self.0.path().join("plan.toml").to_str().unwrap().to_owned()
    }
}

fn copy(entities: &str, more: &str, to: &str) -> File {
    let text = format!(
        "name = \"found\"\noperation = \"copy\"\n[source]\nentities = [{entities}]\n{more}\n[target]\ntenant = \"{to}\"\n"
    );
    File::new(&text)
}

/// (pk, sk, action) of items.
fn items(printed: &Printed) -> BTreeSet<(String, String, String)> {
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    printed.events("item").iter().map(|i| (text(&i["pk"]), text(&i["sk"]), text(&i["action"]))).collect()
}

fn wanted(list: &[(&str, &str, &str)]) -> BTreeSet<(String, String, String)> {
    list.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

#[tokio::test]
async fn entities_of_several_partitions_are_previewed_run_and_taken_back_together() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let recorder = Recorder::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &recorder.endpoint, stack.profile.endpoints.s3.as_deref().unwrap(), "");
    let entities = format!(
        r#"{{ pk = "PRODUCT#acme", sk = "{BOLT}" }}, {{ pk = "ORDER#globex", sk = "ORDER#O-2" }}, {{ pk = "PRODUCT#acme", sk = "P-0002" }},
           {{ module = "customer", pk = "CUSTOMER#initech", sk = "c-2" }}, {{ pk = "PRODUCT#acme", sk = "none" }}"#
    );
    let plan = copy(&entities, "", "newco");
    let printed = program.json(&["preview", &plan.path()]).await;
    let list = wanted(&[
        ("PRODUCT#acme", BOLT, "create"),
        ("PRODUCT#acme", "P-0002", "skip"),
        ("ORDER#globex", "ORDER#O-2", "create"),
        ("CUSTOMER#initech", "c-2", "create"),
    ]);
    let (absent, there): (BTreeSet<_>, BTreeSet<_>) = items(&printed).into_iter().partition(|(_, sk, _)| sk == "none");
    assert_eq!((there, absent.len()), (list, 1), "{}", printed.stdout);
    // Nothing but the partitions of these is read, and no table is scanned.
    assert!(recorder.operations().await.iter().all(|o| o != "Scan"));
    let others = |body: &&String| ["#MY_TENANT", "#initech\"},\":sk"].iter().any(|w| body.contains(w));
    assert_eq!(recorder.bodies("Query").await.iter().filter(others).count(), 0);
    // The order in which they are named is nobody's business.
    let digest = printed.end()["digest"].as_str().unwrap().to_owned();
    let mut turned: Vec<String> =
        entities.split(", {").map(|e| format!("{{{}", e.trim().trim_start_matches('{'))).collect();
    turned.reverse();
    let again = program.json(&["preview", &copy(&turned.join(", "), "", "newco").path()]).await;
    assert_eq!(again.end()["digest"].as_str(), Some(digest.as_str()), "{}", again.stderr);
    let run = program.json(&["run", &plan.path(), "--arm", "--approve", "all", "--expect", &digest]).await;
    let done = run.end()["outcomes"]["done"].as_u64();
    assert_eq!(done, Some(3), "{}\n{}", run.stdout, run.stderr);
    for (table, pk, sk) in [
        ("dev-shop-product-data", "PRODUCT#newco", BOLT),
        ("dev-shop-order-data", "ORDER#newco", "ORDER#O-2"),
        ("dev-shop-customer-data", "CUSTOMER#newco", "c-2"),
    ] {
        assert!(stack.get(table, pk, sk).await.is_some(), "{pk} {sk}");
    }
    let id = run.end()["run"].as_str().unwrap();
    let undone = program.json(&["undo", id, "--arm", "--approve", "all"]).await;
    assert_eq!(undone.end()["outcomes"]["done"].as_u64(), Some(3), "{}", undone.stdout);
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn entities_of_several_tenants_go_back_by_one_plan() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let text = format!(
        "name = \"back\"\noperation = \"rollback\"\n[source]\nentities = [{{ pk = \"PRODUCT#acme\", sk = \"{BOLT}\" }}, {{ pk = \"PRODUCT#initech\", sk = \"Q-1\" }}]\n\
         [rollback]\nto_time = \"2026-03-15T00:00:00+09:00\"\n"
    );
    let printed = program.json(&["preview", &File::new(&text).path()]).await;
    let keys: BTreeSet<(String, String)> = items(&printed).into_iter().map(|(pk, sk, _)| (pk, sk)).collect();
    let both = [("PRODUCT#acme", BOLT), ("PRODUCT#initech", "Q-1")];
    assert_eq!(keys, both.map(|(a, b)| (a.to_owned(), b.to_owned())).into(), "{}\n{}", printed.stdout, printed.stderr);
}

#[tokio::test]
async fn where_the_tenant_stands_is_found_and_what_cannot_move_is_refused() {
    let stack = Stack::new().await;
    let row = |pk: &str, tenant: &str| {
        let json = format!(
            r#"{{"pk":"{pk}","sk":"L-1","id":"{pk}#L-1","code":"L-1","name":"n","type":"LOG","tenantCode":"{tenant}","version":1,
                "createdAt":"2026-03-02T10:15:00+09:00","attributes":{{"a":1}}}}"#
        );
        Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
    };
    let rows = [
        row("LOG#2024-05#acme", "acme"),
        row("LOG#acme#2024-06", "acme"),
        row("SINGLE", "acme"),
        row("LOG#globex", "globex"),
    ];
    stack.put_all("dev-shop-product-data", &rows).await;
    let program = Program::new(&stack);
    let named = |pks: &[&str]| {
        let one = |pk: &&str| format!("{{ module = \"product\", pk = \"{pk}\", sk = \"L-1\" }}");
        pks.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let printed =
        program.json(&["preview", &copy(&named(&["LOG#2024-05#acme", "LOG#acme#2024-06"]), "", "new").path()]).await;
    let targets: BTreeSet<&str> = printed.events("item").iter().map(|i| i["target_pk"].as_str().unwrap()).collect();
    assert_eq!(targets, ["LOG#2024-05#new", "LOG#new#2024-06"].into(), "{}", printed.stdout);
    for (pks, more, to, complaint) in [
        (vec!["SINGLE"], "", "new", "SINGLE has no tenant in its key"),
        (vec!["LOG#globex"], "", "globex", "LOG#globex is of the target tenant already"),
        (vec!["LOG#globex"], "tenant = \"acme\"", "new", "LOG#globex is not of source.tenant acme"),
        (vec!["LOG#globex", "LOG#acme"], "", "new", "would both become LOG#new"),
    ] {
        let printed = program.json(&["preview", &copy(&named(&pks), more, to).path()]).await;
        let error = printed.events("error")[0]["message"].as_str().unwrap().to_owned();
        assert!(printed.code == 1 && error.contains(complaint), "{complaint}: {}", printed.stdout);
    }
    // The key tells no module, and the only one that has the partition is taken.
    let alone = copy("{ pk = \"LOG#globex\", sk = \"L-1\" }", "", "new");
    let printed = program.json(&["preview", &alone.path()]).await;
    assert_eq!(items(&printed), wanted(&[("LOG#globex", "L-1", "create")]), "{}", printed.stdout);
    let nowhere = program.json(&["preview", &copy("{ pk = \"NO#x\", sk = \"1\" }", "", "new").path()]).await;
    assert!(nowhere.stdout.contains("no module has the partition NO#x"), "{}", nowhere.stdout);
    let module =
        program.json(&["preview", &copy("{ module = \"prod\", pk = \"NO#x\", sk = \"1\" }", "", "new").path()]).await;
    assert!(module.stdout.contains("the module prod of NO#x is none of"), "{}", module.stdout);
}

#[tokio::test]
async fn an_export_of_named_entities_holds_them_alone() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let entities = format!(r#"{{ pk = "PRODUCT#acme", sk = "{BOLT}" }}, {{ pk = "PRODUCT#initech", sk = "Q-2" }}"#);
    let text = |target: &str| {
        format!(
            "name = \"two\"\noperation = \"export\"\n[source]\nentities = [{entities}]\n{target}[export]\nto = \"two.csv\"\n"
        )
    };
    let plan = File::new(&text("[target]\ntenant = \"new\"\n"));
    let printed = program.json(&["run", &plan.path()]).await;
    assert_eq!((printed.code, printed.end()["rows"].as_u64()), (0, Some(2)), "{}\n{}", printed.stdout, printed.stderr);
    let written = std::fs::read_to_string(plan.0.path().join("two.csv")).unwrap();
    assert!(written.contains(BOLT) && written.contains("Q-2") && written.lines().count() == 3, "{written}");
    let untold = program.json(&["run", &File::new(&text("")).path()]).await;
    assert!(untold.code == 1 && untold.stdout.contains("target.tenant is missing"), "{}", untold.stdout);
}
