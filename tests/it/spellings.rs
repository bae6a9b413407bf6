//! Several spellings of one tenant whose rows want one key, soft-deleted ones among them: one item writes it, and all of it comes back.

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::Value;

use crate::support::many::product;
use crate::support::plan::as_before;
use crate::support::program::Printed;
use crate::support::{Program, Stack};

const DATA: &str = "dev-shop-product-data";

/// A live product of `M_x` under the key of a soft-deleted one of `M_X`, and one more of each that nobody else wants.
async fn stack() -> Stack {
    let stack = Stack::new().await;
    for (tenant, i, deleted) in [("M_X", 1, true), ("M_x", 1, false), ("M_X", 2, true), ("M_x", 3, false)] {
        let mut row = product(tenant, i, tenant);
        if deleted {
            row.0.insert("isDeleted".to_owned(), Value::Bool(true));
        }
        stack.put(DATA, &row).await;
        let sk = row.text("sk").unwrap().to_owned();
        row.0.insert("sk".to_owned(), Value::s(format!("{sk}@1")));
        row.0.insert("status".to_owned(), Value::s("finish:FINISHED"));
        row.0.insert("syncMode".to_owned(), Value::s("SYNC"));
        stack.put("dev-shop-product-command", &row).await;
    }
    stack
}

struct Plan {
    _dir: tempfile::TempDir,
    path: String,
}

fn plan(more: &str) -> Plan {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("normalize.toml").to_str().unwrap().to_owned();
    let text = format!(
        "name = \"codes\"\noperation = \"normalize\"\nmodule = \"product\"\n[source]\ndeleted = \"keep\"\n{more}\n[run]\nbatch = 1\ncanary = 1\n"
    );
    std::fs::write(&path, text).unwrap();
    Plan { _dir: dir, path }
}

fn items(printed: &Printed) -> Vec<(String, String, String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    let each = |i: &&Json| (text(&i["pk"]), text(&i["sk"]), text(&i["action"]), text(&i["reason"]));
    let mut items: Vec<_> = printed.events("item").iter().map(each).collect();
    items.sort();
    items
}

fn item(pk: &str, sk: &str, action: &str, reason: &str) -> (String, String, String, String) {
    (format!("PRODUCT#{pk}"), sk.to_owned(), action.to_owned(), reason.to_owned())
}

fn is_live(row: &Row) -> bool {
    !row.is_deleted()
}

#[tokio::test]
async fn a_soft_deleted_row_that_is_kept_collides_like_a_live_one() {
    let stack = stack().await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let printed = program.json(&["preview", &plan("").path]).await;
    let wanted = [
        item("M_X", "P-00001", "conflict", "collision"),
        item("M_X", "P-00002", "create", ""),
        item("M_x", "P-00001", "conflict", "collision"),
        item("M_x", "P-00003", "create", ""),
    ];
    assert_eq!(items(&printed), wanted, "{}", printed.stdout);
    // Decided either way one item writes the key, the other only gives it up; and everything comes back.
    for (keep, stays_live, actions) in [("M_x", true, ["equal", "create"]), ("M_X", false, ["update", "delete"])] {
        let decide =
            format!("[[normalize.decide]]\npk = \"PRODUCT#m_x\"\nsk = \"P-00001\"\nkeep = \"PRODUCT#{keep}\"\n");
        let printed = program.json(&["run", &plan(&decide).path, "--arm", "--approve", "all"]).await;
        assert_eq!(printed.code, 0, "{}\n{}", printed.stdout, printed.stderr);
        let told = items(&printed);
        let of = |pk: &str| told.iter().find(|i| i.0.ends_with(pk) && i.1 == "P-00001").unwrap().2.clone();
        assert_eq!([of("M_X"), of("M_x")], actions.map(str::to_owned));
        let row = stack.get(DATA, "PRODUCT#m_x", "P-00001").await.unwrap();
        assert_eq!(is_live(&row), stays_live);
        let note = row.get("attributes").unwrap().as_map().unwrap().get("note").and_then(Value::as_str).unwrap();
        assert_eq!(note, keep, "the row that was decided for");
        assert!(!is_live(&stack.get(DATA, "PRODUCT#M_x", "P-00001").await.unwrap()));
        let run = printed.end()["run"].as_str().unwrap().to_owned();
        let verified = program.json(&["verify", &run]).await;
        assert_eq!(verified.code, 0, "{}", verified.stdout);
        let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
        assert_eq!(undone.code, 0, "{}", undone.stdout);
        // An item is about the entity that it writes: its versions are that entity's.
        for item in undone.events("item") {
            let after = item["version_after"].as_u64().unwrap();
            assert!(after > 0 || item["outcome"] == "equal", "{item}");
        }
    }
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn merged_rows_are_deleted_or_live_as_the_one_that_wins() {
    for (order, is_live_then) in [(["M_X", "M_x"], true), (["M_x", "M_X"], false)] {
        let stack = stack().await;
        let program = Program::new(&stack);
        let decide = format!(
            "[[normalize.decide]]\npk = \"PRODUCT#m_x\"\nsk = \"P-00001\"\nmerge = [\"PRODUCT#{}\", \"PRODUCT#{}\"]\n",
            order[0], order[1]
        );
        let printed = program.json(&["run", &plan(&decide).path, "--arm", "--approve", "all"]).await;
        assert_eq!(printed.code, 0, "{}", printed.stdout);
        assert_eq!(is_live(&stack.get(DATA, "PRODUCT#m_x", "P-00001").await.unwrap()), is_live_then, "{order:?}");
    }
}
