//! Copying and moving a tenant's entities, on rows of the real framework.

use serde_json::Value as Json;
use tenantry::domain::digest::without_stamps;
use tenantry::domain::key::Version;
use tenantry::domain::row::{Row, field};
use tenantry::domain::value::{Value, from_plain_json};

use crate::support::plan::{Plan, accepts_next_publish, as_before};
use crate::support::{Program, Recorder, Stack};

const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";
const DATA: &str = "dev-shop-product-data";
const HISTORY: &str = "dev-shop-product-history";
const COMMAND: &str = "dev-shop-product-command";

/// What became of each sort key: action, reason, outcome.
fn told<'a>(items: &[&'a Json]) -> Vec<(&'a str, &'a str, Option<&'a str>, Option<&'a str>)> {
    let mut told: Vec<_> = items
        .iter()
        .map(|i| {
            (i["sk"].as_str().unwrap(), i["action"].as_str().unwrap(), i["reason"].as_str(), i["outcome"].as_str())
        })
        .collect();
    told.sort_unstable();
    told
}

#[tokio::test]
async fn a_preview_shows_what_would_be_written_and_writes_nothing() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let (before, objects) = (stack.dump().await, stack.object_keys().await);
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex");
    let printed = program.json(&["preview", plan.path()]).await;
    assert_eq!(printed.code, 0, "{}\n{}", printed.stdout, printed.stderr);
    assert_eq!(
        told(&printed.events("item")),
        [
            (BOLT, "create", None, None),
            ("P-0002", "skip", Some("deleted"), None),
            ("P-0003", "create", None, None),
            ("P-0004", "skip", Some("pending"), None),
            ("P-0009", "create", None, None),
        ]
    );
    let of = |sk: &str| printed.events("item").into_iter().find(|i| i["sk"] == sk).unwrap().clone();
    assert_eq!(of("P-0003")["warnings"], serde_json::json!(["wedged"]));
    let bolt = of(BOLT);
    assert_eq!((bolt["pk"].as_str(), bolt["target_pk"].as_str()), (Some("PRODUCT#acme"), Some("PRODUCT#globex")));
    assert_eq!((&bolt["version_before"], &bolt["version_after"]), (&0.into(), &1.into()));
    assert_eq!((&bolt["source_version_before"], &bolt["source_version_after"]), (&12.into(), &12.into()));
    assert_eq!((&bolt["run"], &bolt["before"]), (&Json::Null, &Json::Null));
    assert_eq!(bolt["after"]["id"]["S"], format!("PRODUCT#globex#{BOLT}"));
    assert_eq!(bolt["after"]["tenantCode"]["S"], "globex");
    let end = printed.end();
    assert_eq!((&end["actions"]["create"], &end["actions"]["skip"], &end["rows"]), (&3.into(), &2.into(), &5.into()));
    assert_eq!(
        (&end["blast"]["entities"], &end["blast"]["tenants"], &end["blast"]["requests"]),
        (&3.into(), &1.into(), &3.into())
    );
    // Command and data row of P-0009 have an object each.
    assert_eq!((&end["blast"]["s3_objects"], &end["blast"]["step_functions"]), (&2.into(), &0.into()));
    assert!(
        end["blast"]["write_units"].as_f64().unwrap() >= 12.0 && end["blast"]["read_units"].as_f64().unwrap() > 0.0
    );
    // The same data gives the same digest, and nothing was written.
    let again = program.json(&["preview", plan.path()]).await;
    assert_eq!(again.end()["digest"], end["digest"]);
    assert_eq!((stack.dump().await, stack.object_keys().await), (before, objects));
}

#[tokio::test]
async fn a_copy_to_a_fresh_tenant_writes_what_the_framework_would() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let (before, objects) = (stack.dump().await, stack.object_keys().await);
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}\n{}", printed.stdout, printed.stderr);
    assert_eq!(
        told(&printed.events("item")),
        [
            (BOLT, "create", None, Some("done")),
            ("P-0002", "skip", Some("deleted"), Some("skipped")),
            ("P-0003", "create", None, Some("done")),
            ("P-0004", "skip", Some("pending"), Some("skipped")),
            ("P-0009", "create", None, Some("done")),
        ]
    );
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    assert_eq!(printed.events("run").last().unwrap()["state"], "done");
    assert_eq!(printed.events("batch").last().unwrap()["state"], "done");

    let source = stack.get(DATA, "PRODUCT#acme", BOLT).await.unwrap();
    let data = stack.get(DATA, "PRODUCT#globex", BOLT).await.unwrap();
    assert_eq!(data.version(), Ok(Version(1)));
    for name in [field::CODE, field::NAME, field::TYPE, field::SEQ, field::IS_DELETED] {
        assert_eq!(data.get(name), source.get(name), "{name}");
    }
    assert_eq!(
        (data.text("tenantCode"), data.text("cpk"), data.text("csk")),
        (Some("globex"), Some("PRODUCT#globex"), Some(BOLT))
    );
    assert_eq!(data.text("requestId"), Some(format!("tenantry-{run}").as_str()));
    let attributes = data.get("attributes").unwrap().as_map().unwrap();
    let mark = |name: &str| attributes.get(name).and_then(Value::as_str).map(str::to_owned);
    assert_eq!(attributes["_migrated"], Value::Bool(true));
    assert_eq!(mark("_sourceKey"), Some(format!("PRODUCT#acme#{BOLT}")));
    assert_eq!(mark("_migratedFrom"), Some(format!("PRODUCT#acme#{BOLT}")));
    assert_eq!((mark("_migrationId"), mark("_migratedBy")), (Some(run.clone()), Some("operator-1".to_owned())));
    assert_eq!(attributes["_sourceVersion"], Value::n(12));
    assert!(mark("_migratedAt").unwrap().ends_with('Z'));
    assert_eq!(without_stamps(&data).get("attributes"), without_stamps(&source).get("attributes"));

    // The framework's own next publish finds the command row of the version, complete, and no history yet.
    let command = stack.get(COMMAND, "PRODUCT#globex", &format!("{BOLT}@1")).await.unwrap();
    assert_eq!(
        (command.text("status"), command.text("syncMode"), command.text("source")),
        (Some("finish:FINISHED"), Some("SYNC"), Some("tenantry copy"))
    );
    assert_eq!((command.get("attributes"), command.text("id")), (data.get("attributes"), data.text("id")));
    assert_eq!(stack.get(HISTORY, "PRODUCT#globex", &format!("{BOLT}@1")).await, None);

    // P-0009 has objects of its own, at the target's keys.
    let p9 = stack.get(DATA, "PRODUCT#globex", "P-0009").await.unwrap();
    let key = p9.attributes_ref().unwrap().strip_prefix("s3://shop-private/").unwrap().to_owned();
    assert!(key.starts_with("ddb/dev-shop-product-data/PRODUCT#globex/P-0009/") && !objects.contains(&key), "{key}");
    let body = from_plain_json(&stack.object(&key).await.unwrap()).unwrap();
    assert_eq!(body.as_map().unwrap()["_sourceVersion"], Value::n(2));
    assert_eq!(stack.object_keys().await.len(), objects.len() + 2);

    assert_eq!(accepts_next_publish(&stack.dump().await, "product", "PRODUCT#globex"), 3);

    // Outside the target nothing changed.
    let after = stack.dump().await;
    for (table, rows) in &before {
        let rest: Vec<Row> = after[table].iter().filter(|r| r.text("pk") != Some("PRODUCT#globex")).cloned().collect();
        assert_eq!(*rows, rest, "{table}");
    }

    // Once more: everything exists; with overwrite only what differs is written.
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let exists: Vec<_> =
        told(&printed.events("item")).into_iter().filter(|t| t.2 == Some("exists")).map(|t| t.0).collect();
    assert_eq!(exists, [BOLT, "P-0003", "P-0009"]);
    let mut changed = stack.get(DATA, "PRODUCT#globex", "P-0003").await.unwrap();
    changed.0.insert("name".to_owned(), Value::s("edited"));
    stack.put(DATA, &changed).await;
    let overwrite = Plan::copy("acme", "globex").set("existing", "\"overwrite\"");
    let printed = program.json(&["run", overwrite.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let written: Vec<_> = told(&printed.events("item")).into_iter().filter(|t| t.3 == Some("done")).collect();
    assert_eq!(written, [("P-0003", "update", None, Some("done"))]);
    assert_eq!(stack.get(DATA, "PRODUCT#globex", "P-0003").await.unwrap().version(), Ok(Version(2)));
    let equal: Vec<_> =
        told(&printed.events("item")).into_iter().filter(|t| t.3 == Some("equal")).map(|t| t.0).collect();
    assert_eq!(equal, [BOLT, "P-0009"]);
}

#[tokio::test]
async fn a_move_writes_both_entities_in_one_transaction() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let plan = Plan::new("move", "acme", "initech");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "canary", "--rows"]).await;
    // P-0003 is wedged: moving it would leave it behind half done.
    assert_eq!(printed.code, 3, "{}\n{}", printed.stdout, printed.stderr);
    assert_eq!(
        told(&printed.events("item")),
        [
            (BOLT, "create", None, Some("done")),
            ("P-0002", "skip", Some("deleted"), Some("skipped")),
            ("P-0003", "conflict", Some("wedged"), Some("conflict")),
            ("P-0004", "skip", Some("pending"), Some("skipped")),
            ("P-0009", "create", None, Some("done")),
        ]
    );
    let bolt = printed.events("item").into_iter().find(|i| i["sk"] == BOLT).unwrap().clone();
    assert_eq!((&bolt["source_version_before"], &bolt["source_version_after"]), (&12.into(), &13.into()));
    assert_eq!(bolt["after"]["tenantCode"]["S"], "initech");
    let source = stack.get(DATA, "PRODUCT#acme", BOLT).await.unwrap();
    assert!(source.is_deleted());
    let marks = source.get("attributes").unwrap().as_map().unwrap();
    assert_eq!(marks["_migratedTo"], Value::s(format!("PRODUCT#initech#{BOLT}")));
    assert!(marks.contains_key("_deletedAt"));
    assert!(!stack.get(HISTORY, "PRODUCT#acme", &format!("{BOLT}@12")).await.unwrap().is_deleted());
    assert_eq!(
        stack.get(COMMAND, "PRODUCT#acme", &format!("{BOLT}@13")).await.unwrap().text("source"),
        Some("tenantry move")
    );
    assert!(!stack.get(DATA, "PRODUCT#initech", BOLT).await.unwrap().is_deleted());

    // And back: every business field is as before.
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    let printed = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}\n{}", printed.stdout, printed.stderr);
    as_before(&before, &stack.dump().await);
    let source = stack.get(DATA, "PRODUCT#acme", BOLT).await.unwrap();
    assert_eq!(source.version(), Ok(Version(14)));
    let marks = source.get("attributes").unwrap().as_map().unwrap();
    assert!(
        marks.contains_key("_restoredAt") && !marks.contains_key("_migratedTo") && !marks.contains_key("_deletedAt")
    );
}

#[tokio::test]
async fn a_preview_sends_no_write_at_all() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let tables = Recorder::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let objects = Recorder::before(stack.profile.endpoints.s3.as_deref().unwrap()).await;
    let key = |service: &str, endpoint: &str| format!("{service} = \"{endpoint}\"");
    let at = &stack.profile.endpoints;
    let program = Program::new(&stack)
        .replacing(&key("dynamodb", at.dynamodb.as_deref().unwrap()), &key("dynamodb", &tables.endpoint))
        .replacing(&key("s3", at.s3.as_deref().unwrap()), &key("s3", &objects.endpoint));
    let plan = Plan::new("move", "acme", "globex");
    for args in
        [vec!["preview", plan.path()], vec!["run", plan.path(), "--approve", "all"], vec!["run", plan.path(), "--arm"]]
    {
        let printed = program.json(&args).await;
        assert!(printed.events("item").len() >= 3, "{}", printed.stdout);
    }
    let asked = tables.operations().await;
    assert!(
        asked.len() > 10
            && asked.iter().all(|o| ["Query", "Scan", "BatchGetItem", "GetItem", "ListTables"].contains(&o.as_str())),
        "{asked:?}"
    );
    let asked = objects.operations().await;
    assert!(!asked.is_empty() && asked.iter().all(|o| o == "GET"), "{asked:?}");
    // The proxy would have seen them.
    program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert!(
        tables.operations().await.contains(&"TransactWriteItems".to_owned())
            && objects.operations().await.contains(&"PUT".to_owned())
    );
}

#[tokio::test]
async fn a_copy_to_a_tenant_with_entities_of_its_own_leaves_them_alone() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let before = stack.dump().await;
    let own: Vec<Row> = before[DATA].iter().filter(|r| r.text("pk") == Some("PRODUCT#initech")).cloned().collect();
    assert!(!own.is_empty());
    let plan = Plan::copy("acme", "initech");
    let printed = Program::new(&stack).json(&["run", plan.path(), "--arm", "--approve", "canary"]).await;
    assert_eq!((printed.code, printed.end()["outcomes"]["done"].as_u64()), (0, Some(3)), "{}", printed.stdout);
    let after = stack.dump().await;
    let now: Vec<Row> = after[DATA].iter().filter(|r| r.text("pk") == Some("PRODUCT#initech")).cloned().collect();
    assert_eq!(now.len(), own.len() + 3);
    assert!(own.iter().all(|row| now.contains(row)));
}

#[tokio::test]
async fn a_plan_takes_the_sort_keys_it_names_and_says_which_are_not_there() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let plan = Plan::copy("acme", "globex")
        .set("keys", "[\"P-0009\", \"P-0004\", \"P-9999\", \"P-0002\"]")
        .set("deleted", "\"keep\"");
    let printed = Program::new(&stack).json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 3, "{}", printed.stdout);
    assert_eq!(
        told(&printed.events("item")),
        [
            ("P-0002", "create", None, Some("done")),
            ("P-0004", "skip", Some("pending"), Some("skipped")),
            ("P-0009", "create", None, Some("done")),
            ("P-9999", "invalid", Some("missing_source"), Some("invalid")),
        ]
    );
    assert!(stack.get(DATA, "PRODUCT#globex", "P-0002").await.unwrap().is_deleted(), "copied as deleted");
}

#[tokio::test]
async fn longer_partition_keys_are_found_and_only_their_tenant_changes() {
    let stack = Stack::golden().await;
    let source = stack.get(DATA, "PRODUCT#acme", BOLT).await.unwrap();
    for pk in ["LOG#acme", "LOG#acme#2024-05", "LOG#acme#2024-06", "LOG#globex#2024-05"] {
        let mut row = source.clone();
        let tenant = pk.split('#').nth(1).unwrap();
        for (name, value) in
            [("pk", pk), ("sk", "L-1"), ("id", &format!("{pk}#L-1")), ("tenantCode", tenant), ("type", "LOG")]
        {
            row.0.insert(name.to_owned(), Value::s(value));
        }
        stack.put(DATA, &row).await;
    }
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("plan.toml");
    let text = "name = \"logs\"\noperation = \"copy\"\nmodule = \"product\"\n[source]\ntype = \"LOG\"\ntenant = \"acme\"\n[target]\ntenant = \"new\"\n";
    std::fs::write(&path, text).unwrap();
    let program = Program::new(&stack);
    let printed = program.json(&["run", path.to_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, printed.end()["outcomes"]["done"].as_u64()), (0, Some(3)), "{}", printed.stdout);
    std::fs::write(&path, text.replace("[target]", "partitions = \"exact\"\n[target]")).unwrap();
    let printed = program.json(&["preview", path.to_str().unwrap()]).await;
    assert_eq!(printed.events("item").len(), 1, "{}", printed.stdout);
    for pk in ["LOG#new", "LOG#new#2024-05", "LOG#new#2024-06"] {
        let row = stack.get(DATA, pk, "L-1").await.unwrap();
        assert_eq!((row.text("tenantCode"), row.text("id")), (Some("new"), Some(format!("{pk}#L-1").as_str())));
    }
}
