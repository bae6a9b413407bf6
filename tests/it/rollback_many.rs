//! Many entities back at once: to a version, to a moment, to before a run or a migration of whatever origin.

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::Value;

use crate::support::guide::Guide;
use crate::support::plan::{accepts_next_publish, as_before};
use crate::support::program::Printed;
use crate::support::{Program, Stack};

const ENTITY: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";

/// A plan file of its own.
struct Plan {
    _dir: tempfile::TempDir,
    path: String,
}

fn plan(tenant: &str, source: &str, rollback: &str) -> Plan {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("rollback.toml").to_str().unwrap().to_owned();
    let text = format!(
        "name = \"back\"\noperation = \"rollback\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"{tenant}\"\n{source}\n[rollback]\n{rollback}\n[run]\ncanary = 2\nbatch = 3\n"
    );
    std::fs::write(&path, text).unwrap();
    Plan { _dir: dir, path }
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

async fn ran(program: &Program, plan: &Plan, code: i32) -> String {
    let printed = program.json(&["run", &plan.path, "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, code, "{}\n{}", printed.stdout, printed.stderr);
    printed.end()["run"].as_str().unwrap_or_default().to_owned()
}

async fn data(stack: &Stack, tenant: &str, sk: &str) -> Row {
    stack.get("dev-shop-product-data", &format!("PRODUCT#{tenant}"), sk).await.unwrap()
}

fn attribute<'a>(row: &'a Row, name: &str) -> Option<&'a Value> {
    row.get("attributes").unwrap().as_map().unwrap().get(name)
}

/// Attributes without what a rollback marks them with.
fn plain(row: &Row) -> Vec<(String, Value)> {
    let own = ["_rolledBackFrom", "_rolledBackAt", "_restoredAt"];
    let map = row.get("attributes").unwrap().as_map().unwrap();
    map.iter().filter(|(n, _)| !own.contains(&n.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect()
}

#[tokio::test]
async fn a_partition_goes_back_to_a_moment_and_forward_again() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let at = plan("acme", "", "to_time = \"2026-03-10T00:00:00+09:00\"");
    let printed = program.json(&["preview", &at.path]).await;
    let found = expected(&[
        (ENTITY, "update", ""),
        // Deleted now, and it was not there then.
        ("P-0002", "equal", ""),
        ("P-0003", "conflict", "wedged"),
        ("P-0004", "skip", "pending"),
        ("P-0009", "delete", ""),
    ]);
    assert_eq!((items(&printed), printed.code), (found, 3), "{}", printed.stdout);
    let shown = printed.events("item")[0];
    assert_eq!((shown["version_before"].as_u64(), shown["version_after"].as_u64()), (Some(12), Some(13)));
    assert_eq!(stack.dump().await, before, "a preview writes nothing");
    let run = ran(&program, &at, 3).await;
    // As version 5 was, the current one on that day.
    let then = stack.get("dev-shop-product-history", "PRODUCT#acme", &format!("{ENTITY}@5")).await.unwrap();
    let now = data(&stack, "acme", ENTITY).await;
    let mut was = plain(&then);
    let mut is = plain(&now);
    was.sort_by(|a, b| a.0.cmp(&b.0));
    is.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(is, was);
    assert_eq!((now.text("name"), attribute(&now, "_rolledBackFrom")), (then.text("name"), Some(&Value::n(12))));
    assert!(data(&stack, "acme", "P-0009").await.is_deleted());
    // A second time there is nothing to do, although the rows carry the marks of the first.
    let again = program.json(&["preview", &plan("acme", "", "to_version = 5").path]).await;
    assert_eq!(items(&again)[0], (ENTITY.to_owned(), "equal".to_owned(), String::new()), "{}", again.stdout);
    let verified = program.json(&["verify", &run]).await;
    assert_eq!((verified.code, verified.events("finding").len()), (0, 0), "{}", verified.stdout);
    let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 0, "{}", undone.stdout);
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn back_to_a_version_leaves_alone_what_never_got_there() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let to = plan("acme", "deleted = \"skip\"", "to_version = 2");
    let printed = program.json(&["preview", &to.path]).await;
    let found = expected(&[
        (ENTITY, "update", ""),
        ("P-0002", "skip", "deleted"),
        ("P-0003", "conflict", "wedged"),
        ("P-0004", "skip", "pending"),
        ("P-0009", "equal", ""),
    ]);
    assert_eq!(items(&printed), found, "{}", printed.stdout);
    let keys = plan("initech", "keys = [\"Q-1\", \"Q-9\"]", "to_version = 2");
    let printed = program.json(&["preview", &keys.path]).await;
    let found = expected(&[("Q-1", "skip", "missing_version"), ("Q-9", "invalid", "missing_source")]);
    assert_eq!(items(&printed), found, "{}", printed.stdout);
    // The soft-deleted one is restored where the plan says nothing else.
    let restored = plan("acme", "keys = [\"P-0002\"]", "to_version = 2");
    ran(&program, &restored, 0).await;
    let row = data(&stack, "acme", "P-0002").await;
    assert_eq!((row.is_deleted(), row.version().unwrap().0), (false, 4));
    // Where history and command have forgotten the version, nothing is guessed.
    for kind in ["history", "command"] {
        stack.delete(&format!("dev-shop-product-{kind}"), "PRODUCT#acme", &format!("{ENTITY}@2")).await;
    }
    let gone = plan("acme", &format!("keys = [\"{ENTITY}\"]"), "to_version = 2");
    let printed = program.json(&["preview", &gone.path]).await;
    assert_eq!(items(&printed), expected(&[(ENTITY, "invalid", "missing_version")]));
    let then = plan("acme", &format!("keys = [\"{ENTITY}\"]"), "to_time = \"2026-03-04T00:00:00+09:00\"");
    let printed = program.json(&["preview", &then.path]).await;
    assert_eq!(items(&printed), expected(&[(ENTITY, "invalid", "missing_version")]), "{}", printed.stdout);
}

#[tokio::test]
async fn a_run_of_ours_is_taken_back_from_the_rows() {
    let stack = Stack::new().await;
    let guide = Guide { stack: &stack, at: "2026-03-01T09:00:00+09:00" };
    for (sk, price) in [("a", 1), ("b", 2), ("c", 3)] {
        guide.product("acme", sk, price).await;
    }
    // One of the targets exists, and one is changed after the run.
    guide.product("globex", "b", 20).await;
    let before = stack.dump().await;
    let program = Program::new(&stack);
    let copy = crate::support::plan::Plan::copy("acme", "globex").set("existing", "\"overwrite\"");
    let printed = program.json(&["run", copy.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    let later = Guide { stack: &stack, at: "2026-12-01T09:00:00+09:00" };
    later.update("PRODUCT#globex", "c", false, r#"{"price":33}"#).await;
    let back = plan("globex", "", &format!("before_run = \"{run}\""));
    let printed = program.json(&["preview", &back.path]).await;
    let found = expected(&[("a", "delete", ""), ("b", "update", ""), ("c", "conflict", "target_changed")]);
    assert_eq!(items(&printed), found, "{}", printed.stdout);
    ran(&program, &back, 3).await;
    assert!(data(&stack, "globex", "a").await.is_deleted());
    assert_eq!(plain(&data(&stack, "globex", "b").await), [("price".to_owned(), Value::n(20))]);
    assert_eq!(attribute(&data(&stack, "globex", "c").await, "price"), Some(&Value::n(33)));
    // Nobody else's entities became items.
    let none = program.json(&["preview", &plan("acme", "", &format!("before_run = \"{run}\"")).path]).await;
    assert_eq!((items(&none).len(), none.code), (0, 0));
    let forced = plan("globex", "", &format!("before_run = \"{run}\"\nconflicts = \"force\""));
    ran(&program, &forced, 0).await;
    assert!(data(&stack, "globex", "c").await.is_deleted());
    let after = stack.dump().await;
    assert_eq!(accepts_next_publish(&after, "product", "PRODUCT#globex"), 3);
    as_before(&before, &after);
}

/// Products of `acme` moved by sample code within a few minutes: which plans find them, and what they leave.
#[tokio::test]
async fn every_sample_of_the_guide_is_found_by_the_marks_it_has() {
    let stack = Stack::new().await;
    let first = Guide { stack: &stack, at: "2026-03-01T09:00:00+09:00" };
    for (n, sk) in ["copied", "imported", "over", "moved", "normal", "untouched"].into_iter().enumerate() {
        first.product("ACME", sk, n as u64).await;
    }
    first.product("acme", "over", 70).await;
    first.product("acme", "own", 7).await;
    let before = stack.dump().await;
    let sample = Guide { stack: &stack, at: "2026-03-10T09:30:00+09:00" };
    sample.copy_entity("ACME", "acme", "copied", "2026-03-10T00:30:00.101Z").await;
    sample.import_new("ACME", "acme", "imported", "CSV_IMPORT#acme#product#01JOB").await;
    sample.import_over("ACME", "acme", "over", "2026-03-10T00:30:00.303Z").await;
    sample.move_softly("ACME", "acme", "moved", "2026-03-10T00:30:00.404Z").await;
    sample.normalise("ACME", "acme", "normal", "2026-03-10T00:30:00.505Z").await;
    // A customer's own change in the same minutes.
    sample.update("PRODUCT#acme", "own", false, r#"{"price":8}"#).await;
    let program = Program::new(&stack);
    for (tenant, goal, sk, action) in [
        ("acme", "before_migrated_at = \"2026-03-10T00:30:00.101Z\"", "copied", "delete"),
        ("acme", "before_run = \"CSV_IMPORT#acme#product#01JOB\"", "imported", "delete"),
        ("acme", "before_migrated_at = \"2026-03-10T09:30:00.303+09:00\"", "over", "update"),
        ("ACME", "before_migrated_at = \"2026-03-10T00:30:00.404Z\"", "moved", "restore"),
        ("acme", "before_migrated_at = \"2026-03-10T00:30:00.505Z\"", "normal", "delete"),
    ] {
        let printed = program.json(&["preview", &plan(tenant, "", goal).path]).await;
        assert_eq!(items(&printed), expected(&[(sk, action, "")]), "{goal}: {}", printed.stdout);
    }
    // The whole of it, without the customer's own change.
    let window = "window = [\"2026-03-10T00:00:00Z\", \"2026-03-10T01:00:00Z\"]\nmarked = true";
    let targets = plan("acme", "", window);
    let printed = program.json(&["preview", &targets.path]).await;
    let found = expected(&[
        ("copied", "delete", ""),
        ("imported", "delete", ""),
        ("moved", "delete", ""),
        ("normal", "delete", ""),
        ("over", "update", ""),
    ]);
    assert_eq!(items(&printed), found, "{}", printed.stdout);
    let all = program.json(&["preview", &plan("acme", "", &window.replace("marked = true", "")).path]).await;
    assert_eq!(items(&all).len(), 6, "the customer's change too");
    let run = ran(&program, &targets, 0).await;
    let sources = plan("ACME", "", window);
    ran(&program, &sources, 0).await;
    let restored = data(&stack, "ACME", "moved").await;
    assert!(!restored.is_deleted() && attribute(&restored, "_restoredAt").is_some());
    assert_eq!((attribute(&restored, "_migratedTo"), attribute(&restored, "_deletedAt")), (None, None));
    let over = data(&stack, "acme", "over").await;
    assert_eq!(plain(&over), [("price".to_owned(), Value::n(70))]);
    assert_eq!(attribute(&data(&stack, "acme", "own").await, "price"), Some(&Value::n(8)));
    // Everything but that change is as it was.
    let mut after = stack.dump().await;
    let own = data(&stack, "acme", "own").await;
    for (table, rows) in &mut after {
        rows.retain(|row| !(row.text("sk").unwrap().starts_with("own") && before[table].iter().all(|r| r != row)));
    }
    after
        .get_mut("dev-shop-product-data")
        .unwrap()
        .extend(before["dev-shop-product-data"].iter().filter(|r| r.text("sk") == Some("own")).cloned());
    assert_eq!(own.version().unwrap().0, 2);
    as_before(&before, &after);
    // And a rollback can be taken back like any run.
    let undone = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(undone.code, 0, "{}", undone.stdout);
    let copied = data(&stack, "acme", "copied").await;
    assert_eq!((copied.is_deleted(), attribute(&copied, "price")), (false, Some(&Value::n(0))));
}

/// Marks are found where they are: in S3 as in the row, in the command where history has forgotten the version.
#[tokio::test]
async fn marks_in_s3_are_read_and_a_command_stands_in_for_history() {
    let stack = Stack::with(|p| p.attribute_limit_bytes = 100).await;
    let first = Guide { stack: &stack, at: "2026-03-01T09:00:00+09:00" };
    first.product("acme", "x", 1).await;
    let sample = Guide { stack: &stack, at: "2026-03-10T09:30:00+09:00" };
    let marks = r#"{"price":2,"_migratedAt":"2026-03-10T00:30:00.000Z"}"#;
    sample.update("PRODUCT#acme", "x", false, marks).await;
    for (kind, sk) in [("data", "x"), ("command", "x@2")] {
        let table = format!("dev-shop-product-{kind}");
        let mut row = stack.get(&table, "PRODUCT#acme", sk).await.unwrap();
        let key = format!("ddb/{table}/PRODUCT#acme/{sk}/01J.json");
        stack.put_object(&key, marks).await;
        row.0.insert("attributes".to_owned(), Value::s(format!("s3://shop-private/{key}")));
        stack.put(&table, &row).await;
    }
    // Someone went on with it, and the mark of version 2 is in its command's object alone.
    let later = Guide { stack: &stack, at: "2026-03-11T09:30:00+09:00" };
    let mut input = first.data("PRODUCT#acme", "x").await.unwrap().0;
    input.retain(|name, _| ["id", "code", "name", "tenantCode", "type"].contains(&name.as_str()));
    input.insert("attributes".to_owned(), Value::M([("price".to_owned(), Value::n(3))].into_iter().collect()));
    later.publish("PRODUCT#acme", "x", input).await;
    stack.delete("dev-shop-product-history", "PRODUCT#acme", "x@2").await;
    stack.delete("dev-shop-product-history", "PRODUCT#acme", "x@1").await;
    let program = Program::new(&stack);
    let goal = "before_migrated_at = \"2026-03-10T00:30:00.000Z\"\nconflicts = \"force\"";
    let printed = program.json(&["preview", &plan("acme", "", goal).path]).await;
    assert_eq!(items(&printed), expected(&[("x", "update", "")]), "{}", printed.stdout);
    let item = printed.events("item")[0];
    assert_eq!(item["after"]["attributes"]["M"]["price"]["N"], "1", "{item}");
    let warnings: Vec<&str> = item["warnings"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
    assert!(warnings.iter().any(|w| w.contains("no longer in history")), "{warnings:?}");
    assert!(warnings.iter().any(|w| w.contains("version 3 would be taken back too")), "{warnings:?}");
}

#[tokio::test]
async fn a_later_change_is_a_conflict_and_a_lost_command_is_told() {
    let stack = Stack::new().await;
    let first = Guide { stack: &stack, at: "2026-03-01T09:00:00+09:00" };
    first.product("acme", "x", 1).await;
    let sample = Guide { stack: &stack, at: "2026-03-10T09:30:00+09:00" };
    sample.update("PRODUCT#acme", "x", false, r#"{"price":2,"_migratedAt":"2026-03-10T00:30:00.000Z"}"#).await;
    // Carries the mark on, and is nobody's migration.
    let later = Guide { stack: &stack, at: "2026-03-11T09:30:00+09:00" };
    later.update("PRODUCT#acme", "x", false, r#"{"price":3}"#).await;
    let program = Program::new(&stack);
    let goal = "before_migrated_at = \"2026-03-10T00:30:00.000Z\"";
    let printed = program.json(&["preview", &plan("acme", "", goal).path]).await;
    assert_eq!(items(&printed), expected(&[("x", "conflict", "target_changed")]), "{}", printed.stdout);
    let message = printed.events("item")[0]["message"].as_str().unwrap();
    assert!(message.contains("version 3") && message.contains("u-guide"), "{message}");
    let table =
        program.text(&["preview", &plan("acme", "", "before_migrated_at = \"2020-01-01T00:00:00.000Z\"").path]).await;
    assert!(
        (table.1.clone() + &table.2).contains("versions that say when they were migrated: 1,"),
        "{}\n{}",
        table.1,
        table.2
    );
    // Without its command row nobody knows when a version was published.
    stack.delete("dev-shop-product-command", "PRODUCT#acme", "x@2").await;
    let window = "window = [\"2026-03-10T00:00:00Z\", \"2026-03-10T01:00:00Z\"]";
    let told = program.text(&["preview", &plan("acme", "", window).path]).await;
    assert!(
        (told.1.clone() + &told.2).contains("versions that have no command row any more: 1;"),
        "{}\n{}",
        told.1,
        told.2
    );
}

#[tokio::test]
async fn moments_are_said_by_the_profiles_clock_and_what_they_mean_is_reported() {
    let stack = Stack::golden().await;
    let program = Program::with(&stack, "timezone = \"Asia/Tokyo\"");
    let exact = program.json(&["preview", &plan("acme", "", "to_time = \"2026-03-10T00:00:00+09:00\"").path]).await;
    let said = program.json(&["preview", &plan("acme", "", "to_time = \"2026-03-10 00:00\"").path]).await;
    assert_eq!(items(&said), items(&exact), "{}", said.stdout);
    assert_eq!(said.end()["digest"], exact.end()["digest"]);
    assert!(
        said.stderr.contains("is taken for 2026-03-09T15:00:00.000Z (2026-03-10 00:00:00 in Asia/Tokyo)"),
        "{}",
        said.stderr
    );
    let backwards = program.json(&["preview", &plan("acme", "", "window = [\"2h\", \"3h\"]").path]).await;
    assert_eq!((backwards.code, backwards.events("error")[0]["code"].as_str()), (1, Some("plan")));
}

#[tokio::test]
async fn a_window_is_narrowed_to_what_one_user_published() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let window = "window = [\"2026-03-20 08:00\", \"2026-03-27T14:03:06+09:00\"]";
    let all = program.json(&["preview", &plan("acme", "", window).path]).await;
    assert!(items(&all).len() > 2, "{}", all.stdout);
    let by = program.json(&["preview", &plan("acme", "", &format!("{window}\nby = [\"nobody\"]")).path]).await;
    assert_eq!(items(&by), [], "{}", by.stdout);
    let request = format!("{window}\nrequest = [\"req-sibt59cl\"]\nby = [\"u-sato\", \"u-9\"]");
    let one = program.json(&["preview", &plan("acme", "", &request).path]).await;
    assert_eq!(items(&one), expected(&[("P-0009", "update", "")]), "{}", one.stdout);
}
