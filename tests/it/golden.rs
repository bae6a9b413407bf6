//! Rows that the real framework wrote, read through the program.

use serde_json::Value as Json;

use crate::support::{Program, Stack};

const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";

fn text<'a>(line: &'a Json, key: &str) -> &'a str {
    line[key].as_str().unwrap_or_default()
}

#[tokio::test]
async fn twelve_versions_stand_in_numeric_order_with_who_and_when() {
    let stack = Stack::golden().await;
    let printed = Program::new(&stack).json(&["history", "PRODUCT#acme", BOLT, "--rows"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let versions = printed.events("version");
    let numbers: Vec<u64> = versions.iter().map(|v| v["version"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
    for v in &versions[..11] {
        assert_eq!(v["found"], serde_json::json!(["history", "command"]));
        assert_eq!(v["current"], false);
    }
    assert_eq!(versions[11]["found"], serde_json::json!(["data", "command"]));
    assert_eq!(versions[11]["current"], true);
    for (i, v) in versions.iter().enumerate() {
        assert_eq!(text(v, "by"), ["u-tanaka", "u-sato"][i % 2], "{v}");
        assert_eq!(text(v, "by_source"), "command");
        assert_eq!(text(v, "status"), "published");
        assert_eq!(v["row"]["version"]["N"], (i + 1).to_string());
    }
    assert_eq!(text(versions[0], "at"), "2026-03-02T01:15:00.000Z");
    assert_eq!(text(versions[11], "at"), "2026-03-19T03:33:02.000Z");
}

#[tokio::test]
async fn each_version_differs_where_it_was_changed() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let paths = async |from: &str, to: &str| -> Vec<String> {
        let printed = program.json(&["diff", "PRODUCT#acme", BOLT, from, to]).await;
        assert_eq!(printed.code, 0);
        printed.events("change").iter().map(|c| format!("{} {}", text(c, "kind"), text(c, "path"))).collect()
    };
    assert_eq!(paths("5", "6").await, ["changed attributes.price", "changed name"]);
    assert_eq!(paths("7", "8").await, ["changed attributes.dims.l", "changed attributes.price"]);
    assert_eq!(paths("9", "10").await, ["changed attributes.price", "removed attributes.tags[1]"]);
    assert_eq!(paths("11", "12").await, ["changed attributes.price"]);
    assert_eq!(paths("12", "12").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_row_of_another_entity_is_no_version() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let printed = program.json(&["history", "CUSTOMER#acme", "user"]).await;
    let found: Vec<(u64, Json)> =
        printed.events("version").iter().map(|v| (v["version"].as_u64().unwrap(), v["found"].clone())).collect();
    assert_eq!(found, [(1, serde_json::json!(["history", "command"])), (2, serde_json::json!(["data", "command"]))]);
    let before = stack.dump().await;
    for (sk, to, reason) in [("user", "1", "key_invalid"), ("user@example.com", "1", "at_sign")] {
        let printed = program.json(&["rollback", "CUSTOMER#acme", sk, "--to", to, "--arm"]).await;
        assert_eq!(printed.code, 3, "{}", printed.stdout);
        let item = printed.events("item")[0];
        assert_eq!((text(item, "action"), text(item, "outcome"), text(item, "reason")), ("invalid", "invalid", reason));
    }
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn flags_tell_what_is_wrong_with_an_entity() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let printed = program.json(&["entities", "PRODUCT#acme"]).await;
    let entities: Vec<(String, u64, bool, Json)> = printed
        .events("entity")
        .iter()
        .map(|e| (text(e, "sk").to_owned(), e["version"].as_u64().unwrap(), e["deleted"] == true, e["flags"].clone()))
        .collect();
    let flags = |list: &[&str]| serde_json::json!(list);
    assert_eq!(
        entities,
        [
            (BOLT.to_owned(), 12, false, flags(&[])),
            ("P-0002".to_owned(), 3, true, flags(&[])),
            ("P-0003".to_owned(), 1, false, flags(&["failed", "wedged"])),
            ("P-0009".to_owned(), 2, false, flags(&["s3"])),
            ("P-0004".to_owned(), 0, false, flags(&["pending"])),
        ]
    );
    let printed = program.json(&["entities", "CUSTOMER#acme"]).await;
    assert_eq!(printed.events("entity").len(), 2);
    for e in printed.events("entity") {
        assert_eq!(e["flags"], flags(&["blocked"]), "{e}");
    }
    let printed = program.json(&["entities", "PRODUCT#acme", "--deleted", "only"]).await;
    assert_eq!(printed.events("entity").iter().map(|e| text(e, "sk")).collect::<Vec<_>>(), ["P-0002"]);
    let printed = program.json(&["entities", "PRODUCT#acme", "--limit", "2", "--deleted", "skip"]).await;
    assert_eq!(printed.events("entity").iter().map(|e| text(e, "sk")).collect::<Vec<_>>(), [BOLT, "P-0003"]);
}

#[tokio::test]
async fn a_failed_publish_leaves_its_trace() {
    let stack = Stack::golden().await;
    let printed = Program::new(&stack).json(&["history", "PRODUCT#acme", "P-0003"]).await;
    let versions = printed.events("version");
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0]["found"], serde_json::json!(["data", "history", "command"]));
    assert_eq!((text(versions[1], "status"), text(versions[1], "state")), ("failed", "sync_data:FAILED"));
}

#[tokio::test]
async fn attributes_come_from_s3_on_every_version() {
    let stack = Stack::golden().await;
    let printed = Program::new(&stack).json(&["history", "PRODUCT#acme", "P-0009", "--rows"]).await;
    let versions = printed.events("version");
    assert_eq!(versions.len(), 2);
    for v in versions {
        assert!(text(v, "attributes_ref").starts_with("s3://shop-private/ddb/"), "{v}");
        assert!(v["row"]["attributes"]["M"]["blob"]["S"].as_str().unwrap().len() > 4096);
    }
}

#[tokio::test]
async fn tenants_are_counted_by_partition() {
    let stack = Stack::golden().await;
    let printed = Program::new(&stack).json(&["tenants", "--module", "order"]).await;
    let rows: Vec<(String, String, u64)> = printed
        .events("tenant")
        .iter()
        .map(|t| (text(t, "pk").to_owned(), text(t, "tenant").to_owned(), t["entities"].as_u64().unwrap()))
        .collect();
    let expected = crate::support::golden::tables().remove("dev-shop-order-data").unwrap();
    assert_eq!(rows.iter().map(|r| r.2).sum::<u64>(), expected.len() as u64);
    let tenants: Vec<&str> = rows.iter().map(|r| r.1.as_str()).collect();
    assert_eq!(tenants, ["MY_TENANT", "My_Tenant", "globex", "my_tenant"]);
}
