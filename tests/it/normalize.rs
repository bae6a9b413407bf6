//! Tenant codes in lower case: every spelling found, collisions decided, everything else told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value};

use crate::support::plan::{accepts_next_publish, as_before};
use crate::support::program::Printed;
use crate::support::{Program, Stack};

const DATA: &str = "dev-shop-order-data";

/// A plan file of its own.
struct Plan {
    _dir: tempfile::TempDir,
    path: String,
}

fn plan(module: &str, more: &str) -> Plan {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("normalize.toml").to_str().unwrap().to_owned();
    let text = format!("name = \"codes\"\noperation = \"normalize\"\nmodule = \"{module}\"\n{more}\n");
    std::fs::write(&path, text).unwrap();
    Plan { _dir: dir, path }
}

/// (pk, sk, action, reason) of the items, sorted.
fn items(printed: &Printed) -> Vec<(String, String, String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    let mut items: Vec<_> = printed
        .events("item")
        .iter()
        .map(|i| (text(&i["pk"]), text(&i["sk"]), text(&i["action"]), text(&i["reason"])))
        .collect();
    items.sort();
    items
}

fn count(printed: &Printed, action: &str) -> u64 {
    printed.end()["actions"][action].as_u64().unwrap()
}

async fn ran(program: &Program, plan: &Plan) -> Printed {
    let printed = program.json(&["run", &plan.path, "--arm", "--approve", "all"]).await;
    assert!([0, 3].contains(&printed.code), "{}\n{}", printed.stdout, printed.stderr);
    printed
}

fn live(dump: &BTreeMap<String, Vec<Row>>, table: &str, pk: &str) -> BTreeSet<String> {
    let rows = dump[table].iter().filter(|r| r.text("pk") == Some(pk) && !r.is_deleted());
    rows.map(|r| r.text("sk").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_golden_orders_collide_nine_times_and_six_are_created() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let plan = plan("order", "[source]\ntype = \"ORDER\"");
    let printed = program.json(&["preview", &plan.path]).await;
    assert_eq!(printed.code, 3, "{}\n{}", printed.stdout, printed.stderr);
    assert_eq!((count(&printed, "conflict"), count(&printed, "create")), (9, 6));
    let collide = ["ORDER#O-1", "ORDER_ITEM#O-1#001", "ORDER_ITEM#O-1#002"];
    let also = ["ORDER#O-2", "ORDER_ITEM#O-2#001", "ORDER_ITEM#O-2#002"];
    let free = [
        "ORDER#O-3",
        "ORDER#O-4",
        "ORDER_ITEM#O-3#001",
        "ORDER_ITEM#O-3#002",
        "ORDER_ITEM#O-4#001",
        "ORDER_ITEM#O-4#002",
    ];
    let mut expected: Vec<_> = Vec::new();
    let item = |pk: &str, sk: &str, action: &str, reason: &str| {
        (format!("ORDER#{pk}"), sk.to_owned(), action.to_owned(), reason.to_owned())
    };
    for sk in collide {
        expected.push(item("My_Tenant", sk, "conflict", "collision"));
    }
    for sk in collide.iter().chain(&also) {
        expected.push(item("MY_TENANT", sk, "conflict", "collision"));
    }
    expected.extend(free.map(|sk| item("MY_TENANT", sk, "create", "")));
    expected.sort();
    assert_eq!(items(&printed), expected);
    // The references inside attributes are named, in rows that move and in rows that do not.
    let found: BTreeSet<(String, String)> = printed
        .events("finding")
        .iter()
        .filter(|f| f["path"] == "attributes.customer" && f["kind"] == "reference")
        .map(|f| (f["pk"].as_str().unwrap().to_owned(), f["sk"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found.contains(&("ORDER#My_Tenant".to_owned(), "ORDER#O-1".to_owned())));
    // Nothing was written; and the digest is that of the data.
    assert_eq!(stack.dump().await, before);
    let again = program.json(&["preview", &plan.path]).await;
    assert_eq!(again.end()["digest"], printed.end()["digest"]);
    // All modules: the two of the common tenant as well.
    let all = self::plan("*", "");
    let printed = program.json(&["preview", &all.path]).await;
    assert_eq!((count(&printed, "conflict"), count(&printed, "create"), printed.events("item").len()), (9, 8, 17));
    assert!(items(&printed).contains(&(
        "MASTER_DATA#COMMON".to_owned(),
        "COLOR#1".to_owned(),
        "create".to_owned(),
        String::new()
    )));
    // Of the codes named alone.
    let named = self::plan("*", "[source]\ntenants = [\"COMMON\"]");
    assert_eq!(items(&program.json(&["preview", &named.path]).await).len(), 2);
}

#[tokio::test]
async fn what_is_normalised_can_be_published_again_and_undone() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let printed = ran(&program, &plan("*", "")).await;
    assert_eq!((printed.code, printed.end()["outcomes"]["done"].as_u64()), (3, Some(8)), "{}", printed.stdout);
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    let after = stack.dump().await;
    let moved = stack.get(DATA, "ORDER#my_tenant", "ORDER#O-3").await.unwrap();
    let attributes = moved.get("attributes").unwrap().as_map().unwrap();
    assert_eq!((moved.text("tenantCode"), moved.text("id")), (Some("my_tenant"), Some("ORDER#my_tenant#ORDER#O-3")));
    assert_eq!(attributes.get("_migrationReason"), Some(&Value::s("tenant_code_normalization")));
    assert_eq!(attributes.get("_migratedFrom"), Some(&Value::s("ORDER#MY_TENANT#ORDER#O-3")));
    assert_eq!(attributes.get("customer"), Some(&Value::s("CUSTOMER#MY_TENANT#c-3")), "only reported");
    let old = stack.get(DATA, "ORDER#MY_TENANT", "ORDER#O-3").await.unwrap();
    assert!(old.is_deleted());
    let common = stack.get("dev-shop-master-data", "MASTER_DATA#common", "COLOR#1").await.unwrap();
    assert_eq!((common.text("type"), common.text("tenantCode")), (Some("MASTER_DATA"), Some("common")));
    accepts_next_publish(&after, "order", "ORDER#my_tenant");
    accepts_next_publish(&after, "master", "MASTER_DATA#common");
    assert_eq!(after[DATA].iter().filter(|r| r.text("pk") == Some("ORDER#globex")).count(), 10 - 1);
    // A second time only the collisions are left.
    let again = program.json(&["preview", &plan("*", "").path]).await;
    assert_eq!((count(&again, "conflict"), count(&again, "create")), (9, 0));
    let verified = program.json(&["verify", &run]).await;
    assert_eq!((verified.code, verified.events("finding").len()), (0, 0), "{}", verified.stdout);
    let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 0, "{}", undone.stdout);
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn each_collision_is_decided_each_way() {
    // (plan, order that stays and from which row, the fields of it that tell)
    let decide = |what: &str| {
        let mut text = String::from("[source]\nkeys = [\"ORDER#O-1\"]\n");
        text.push_str(&format!("[[normalize.decide]]\npk = \"ORDER#my_tenant\"\nsk = \"ORDER#O-1\"\n{what}\n"));
        text
    };
    let collision = |word: &str| format!("[source]\nkeys = [\"ORDER#O-1\"]\n[normalize]\ncollision = \"{word}\"\n");
    // MY_TENANT (shipped, with a note) was changed last, as its command row says; its data row still has the first version's time.
    let cases = [
        (collision("target"), "open", None, "CUSTOMER#my_tenant#c-1", 1),
        (collision("newest"), "shipped", Some("legacy"), "CUSTOMER#MY_TENANT#c-1", 2),
        (collision("merge"), "shipped", Some("legacy"), "CUSTOMER#MY_TENANT#c-1", 2),
        (
            decide("merge = [\"ORDER#MY_TENANT\", \"ORDER#My_Tenant\", \"ORDER#my_tenant\"]"),
            "open",
            Some("legacy"),
            "CUSTOMER#my_tenant#c-1",
            2,
        ),
        (decide("keep = \"ORDER#MY_TENANT\""), "shipped", Some("legacy"), "CUSTOMER#MY_TENANT#c-1", 2),
        (decide("keep = \"ORDER#My_Tenant\""), "open", None, "CUSTOMER#My_Tenant#c-1", 2),
        (decide("keep = \"ORDER#my_tenant\""), "open", None, "CUSTOMER#my_tenant#c-1", 1),
        (
            decide("merge = [\"ORDER#my_tenant\", \"ORDER#My_Tenant\", \"ORDER#MY_TENANT\"]"),
            "shipped",
            Some("legacy"),
            "CUSTOMER#MY_TENANT#c-1",
            2,
        ),
    ];
    for (text, status, note, customer, version) in cases {
        let stack = Stack::golden().await;
        let before = stack.dump().await;
        let program = Program::new(&stack);
        // Batches of one: whoever retires its row alone waits for the one that writes the target.
        let text = format!("{text}\n[run]\nbatch = 1\ncanary = 1\n");
        let printed = ran(&program, &plan("order", &text)).await;
        assert_eq!((printed.code, printed.events("item").len()), (0, 2), "{text}\n{}", printed.stdout);
        let row = stack.get(DATA, "ORDER#my_tenant", "ORDER#O-1").await.unwrap();
        let attributes = row.get("attributes").unwrap().as_map().unwrap();
        let field = |name: &str| attributes.get(name).and_then(Value::as_str);
        assert_eq!(
            (field("status"), field("_note"), field("customer")),
            (Some(status), note, Some(customer)),
            "{text}"
        );
        assert_eq!(row.version().unwrap().0, version, "{text}");
        for pk in ["ORDER#MY_TENANT", "ORDER#My_Tenant"] {
            assert!(stack.get(DATA, pk, "ORDER#O-1").await.unwrap().is_deleted(), "{text}");
        }
        let after = stack.dump().await;
        accepts_next_publish(&after, "order", "ORDER#my_tenant");
        let run = printed.end()["run"].as_str().unwrap().to_owned();
        let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
        assert_eq!(undone.code, 0, "{text}\n{}", undone.stdout);
        as_before(&before, &stack.dump().await);
    }
}

#[tokio::test]
async fn a_decision_that_does_not_fit_decides_nothing() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    // Leaves out a row that is live.
    let text = "[source]\nkeys = [\"ORDER#O-1\"]\n[[normalize.decide]]\npk = \"ORDER#my_tenant\"\nsk = \"ORDER#O-1\"\n\
                merge = [\"ORDER#MY_TENANT\", \"ORDER#My_Tenant\"]\n";
    let printed = program.json(&["preview", &plan("order", text).path]).await;
    let message = printed.events("item")[0]["message"].as_str().unwrap().to_owned();
    assert_eq!((count(&printed, "conflict"), printed.code), (2, 3));
    assert!(message.contains("leaves one of them out"), "{message}");
    // About a key that nobody fights for.
    let text = "[source]\nkeys = [\"ORDER#O-3\"]\n[[normalize.decide]]\npk = \"ORDER#my_tenant\"\nsk = \"ORDER#O-3\"\nkeep = \"ORDER#MY_TENANT\"\n";
    let printed = program.json(&["preview", &plan("order", text).path]).await;
    assert_eq!((count(&printed, "create"), printed.code), (1, 0));
    let (_, stdout, _) = program.text(&["preview", &plan("order", text).path]).await;
    assert!(stdout.contains("decides nothing"), "{stdout}");
    // Spelled as another key.
    let text = "[[normalize.decide]]\npk = \"ORDER#my_tenant\"\nsk = \"x\"\nkeep = \"ORDER#globex\"\n";
    let printed = program.json(&["preview", &plan("order", text).path]).await;
    let error = printed.events("error")[0];
    assert_eq!((printed.code, error["code"].as_str(), error["line"].as_u64()), (1, Some("plan"), Some(4)));
}

#[tokio::test]
async fn keys_inside_attributes_are_respelled_on_request_in_every_row() {
    let stack = Stack::golden().await;
    // A row of another tenant that refers to one of the old spelling.
    let mut other = stack.get(DATA, "ORDER#globex", "ORDER#O-2").await.unwrap();
    if let Some(Value::M(map)) = other.0.get_mut("attributes") {
        map.insert("copied".to_owned(), Value::L(vec![Value::s("ORDER#MY_TENANT#ORDER#O-3"), Value::s("MY_TENANT")]));
    }
    stack.put(DATA, &other).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let plan = plan("order", "[normalize]\nreferences = \"rewrite\"\n");
    let printed = ran(&program, &plan).await;
    assert_eq!(printed.end()["outcomes"]["done"].as_u64(), Some(7), "{}", printed.stdout);
    let moved = stack.get(DATA, "ORDER#my_tenant", "ORDER#O-3").await.unwrap();
    let customer = moved.get("attributes").unwrap().as_map().unwrap().get("customer").cloned();
    assert_eq!(customer, Some(Value::s("CUSTOMER#my_tenant#c-3")));
    let other = stack.get(DATA, "ORDER#globex", "ORDER#O-2").await.unwrap();
    let copied = other.get("attributes").unwrap().as_map().unwrap().get("copied").cloned();
    let expected = Value::L(vec![Value::s("ORDER#my_tenant#ORDER#O-3"), Value::s("MY_TENANT")]);
    assert_eq!((copied, other.version().unwrap().0), (Some(expected), 2));
    // The bare code is told and stays.
    let told: Vec<_> = printed.events("finding").iter().map(|f| f["path"].clone()).collect();
    assert!(
        told.contains(&"attributes.copied[1]".into()) && !told.contains(&"attributes.copied[0]".into()),
        "{told:?}"
    );
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    assert_eq!(program.json(&["undo", &run, "--arm", "--approve", "all"]).await.code, 0);
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn longer_keys_keep_their_other_segments_and_a_type_that_is_the_code_changes_too() {
    let stack = Stack::new().await;
    let row = |pk: &str, kind: &str, code: &str| {
        let text = |name: &str, value: &str| (name.to_owned(), Value::s(value));
        Row(Map::from([
            text("pk", pk),
            text("sk", "x"),
            text("id", &format!("{pk}#x")),
            text("type", kind),
            text("tenantCode", code),
            text("name", "n"),
            ("version".to_owned(), Value::n(1)),
        ]))
    };
    let rows = [
        row("LOG#ACME#2024-Q1", "LOG", "ACME"),
        row("LOG#2024-Q1#ACME", "LOG", "ACME"),
        row("TENANT#ACME", "ACME", "ACME"),
        row("LOG#acme", "LOG", "acme"),
    ];
    for row in &rows {
        stack.put("dev-shop-product-data", row).await;
    }
    let program = Program::new(&stack);
    let printed = ran(&program, &plan("product", "")).await;
    let mut targets: Vec<_> =
        printed.events("item").iter().map(|i| i["target_pk"].as_str().unwrap().to_owned()).collect();
    targets.sort();
    assert_eq!(
        (printed.code, targets.as_slice()),
        (0, ["LOG#2024-Q1#acme", "LOG#acme#2024-Q1", "TENANT#acme"].map(str::to_owned).as_slice())
    );
    let tenant = stack.get("dev-shop-product-data", "TENANT#acme", "x").await.unwrap();
    assert_eq!((tenant.text("type"), tenant.text("tenantCode")), (Some("acme"), Some("acme")));
    let dump = stack.dump().await;
    assert_eq!(live(&dump, "dev-shop-product-data", "LOG#acme"), BTreeSet::from(["x".to_owned()]));
    assert!(live(&dump, "dev-shop-product-data", "LOG#ACME#2024-Q1").is_empty());
}

#[tokio::test]
async fn counters_get_the_larger_number_and_an_undo_leaves_them() {
    let stack = Stack::golden().await;
    stack.create_table("dev-shop-sequences").await;
    let counter = |pk: &str, sk: &str, seq: u64| {
        let text = |name: &str, value: &str| (name.to_owned(), Value::s(value));
        Row(Map::from([text("pk", pk), text("sk", sk), ("seq".to_owned(), Value::n(seq))]))
    };
    for row in [
        counter("SEQ#MY_TENANT", "ORDER", 7),
        counter("SEQ#MY_TENANT", "NEW", 5),
        counter("SEQ#my_tenant", "ORDER", 3),
        counter("SEQ#globex", "ORDER", 1),
        // No row of any module tells of this tenant.
        counter("SEQ#GONE", "ORDER", 4),
    ] {
        stack.put("dev-shop-sequences", &row).await;
    }
    let program = Program::new(&stack);
    let printed = ran(&program, &plan("order", "[source]\nkeys = [\"ORDER#O-3\"]\n")).await;
    assert_eq!((printed.code, printed.end()["outcomes"]["done"].as_u64()), (0, Some(3)), "{}", printed.stdout);
    assert_eq!(printed.events("finding").iter().filter(|f| f["kind"] == "sequence").count(), 2);
    let every = plan("*", "");
    let all = program.json(&["preview", &every.path]).await;
    let gone = all.events("item").into_iter().filter(|i| i["pk"] == "SEQ#GONE").collect::<Vec<_>>();
    assert_eq!((gone.len(), gone[0]["target_pk"].as_str()), (1, Some("SEQ#gone")), "{}", all.stdout);
    let seq = async |pk: &str, sk: &str| stack.get("dev-shop-sequences", pk, sk).await.unwrap().get("seq").cloned();
    for _ in 0..2 {
        assert_eq!(seq("SEQ#my_tenant", "ORDER").await, Some(Value::n(7)));
        assert_eq!(seq("SEQ#my_tenant", "NEW").await, Some(Value::n(5)));
        assert_eq!(seq("SEQ#MY_TENANT", "ORDER").await, Some(Value::n(7)), "the old one stays");
        let run = printed.end()["run"].as_str().unwrap().to_owned();
        let verified = program.json(&["verify", &run]).await;
        assert_eq!((verified.code, verified.events("error").len()), (0, 0), "{}", verified.stdout);
        // Taken back: the order, and no counter. The second time there is nothing left to take back.
        let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
        let left = undone.events("item").iter().filter(|i| i["outcome"] == "skipped").count();
        assert!(left == 2 || undone.code == 1, "{}", undone.stdout);
        let shown = program.json(&["runs", "show", &run]).await;
        assert_eq!(shown.events("run")[0]["state"], "undone");
    }
}
