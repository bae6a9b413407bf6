//! Stepping an entity back, on rows of the real framework.

use std::time::Duration;

use tenantry::domain::key::{EntityKey, Version};
use tenantry::domain::plan::{Conflicts, Plan, Undo, UndoFrom, Work};
use tenantry::domain::row::{Row, TableKind};
use tenantry::domain::run::{Outcome, Reason};
use tenantry::domain::value::{Map, Value, from_plain_json};
use tenantry::engine::protocol::{Command, Decision, EntityRef, Event};

use crate::support::driver::{items, rollback};
use crate::support::{Driver, Program, Recorder, Stack};

const PK: &str = "PRODUCT#acme";
const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";
const DATA: &str = "dev-shop-product-data";
const HISTORY: &str = "dev-shop-product-history";
const COMMAND: &str = "dev-shop-product-command";

fn bolt() -> EntityRef {
    EntityRef { module: "product".to_owned(), key: EntityKey::new(PK, BOLT) }
}

fn attributes(row: &Row) -> Map {
    let mut map = row.get("attributes").unwrap().as_map().unwrap().clone();
    map.shift_remove("_rolledBackFrom");
    map.shift_remove("_rolledBackAt");
    map
}

fn stamps(row: &Row) -> (Option<u64>, bool) {
    let map = row.get("attributes").unwrap().as_map().unwrap();
    (map.get("_rolledBackFrom").map(|v| v.as_number().unwrap().as_u64().unwrap()), map.contains_key("_rolledBackAt"))
}

fn only<'a>(row: &'a Row, names: &[&str]) -> Vec<Option<&'a Value>> {
    names.iter().map(|n| row.get(n)).collect()
}

/// The same fields that the framework's publishSync leaves, from the rows before.
#[tokio::test]
async fn rolling_back_writes_what_the_framework_would() {
    for to in [4u64, 11] {
        let stack = Stack::golden().await;
        let program = Program::new(&stack);
        let old = stack.get(DATA, PK, BOLT).await.unwrap();
        let then = stack.get(HISTORY, PK, &format!("{BOLT}@{to}")).await.unwrap();
        let before = stack.dump().await;
        let printed = program.json(&["rollback", PK, BOLT, "--to", &to.to_string(), "--expect", "12", "--arm"]).await;
        assert_eq!(printed.code, 0, "{}\n{}", printed.stdout, printed.stderr);
        let run = printed.end()["run"].as_str().unwrap().to_owned();
        let data = stack.get(DATA, PK, BOLT).await.unwrap();
        assert_eq!(data.version(), Ok(Version(13)));
        assert_eq!(
            only(&data, &["name", "code", "type", "seq", "isDeleted"]),
            only(&then, &["name", "code", "type", "seq", "isDeleted"])
        );
        assert_eq!(attributes(&data), attributes(&then));
        assert_eq!(stamps(&data), (Some(12), true));
        assert_eq!(
            only(&data, &["id", "tenantCode", "createdAt", "createdBy"]),
            only(&old, &["id", "tenantCode", "createdAt", "createdBy"])
        );
        assert_eq!((data.text("csk"), data.text("cpk"), data.get("ttl")), (Some(BOLT), Some(PK), Some(&Value::Null)));
        assert_eq!((data.text("updatedBy"), data.text("updatedIp")), (Some("operator-1"), Some("198.51.100.1")));
        assert_eq!(only(&data, &["status", "syncMode", "source"]), [None, None, None]);
        assert_eq!(data.text("requestId"), Some(format!("tenantry-{run}").as_str()));

        let mut history = stack.get(HISTORY, PK, &format!("{BOLT}@12")).await.unwrap();
        let ttl = history.0.insert("ttl".to_owned(), Value::Null).unwrap();
        assert!(ttl.as_number().is_some(), "the tenant keeps history for 90 days");
        history.0.insert("sk".to_owned(), Value::s(BOLT));
        assert_eq!(history, old);

        let command = stack.get(COMMAND, PK, &format!("{BOLT}@13")).await.unwrap();
        assert_eq!(
            (command.text("status"), command.text("syncMode"), command.text("source")),
            (Some("finish:FINISHED"), Some("SYNC"), Some("tenantry rollback"))
        );
        assert_eq!((command.get("attributes"), command.get("name")), (data.get("attributes"), data.get("name")));
        assert_eq!((command.text("createdBy"), command.get("cpk")), (Some("operator-1"), None));
        let previous = stack.get(COMMAND, PK, &format!("{BOLT}@12")).await.unwrap();
        assert!(previous.get("ttl").unwrap().as_number().is_some(), "commands are kept for 30 days");

        // Nothing else changed.
        let after = stack.dump().await;
        let mine = |sk: &str| sk == BOLT || sk == format!("{BOLT}@12") || sk == format!("{BOLT}@13");
        for (table, rows) in &before {
            let rest = |rows: &[Row]| rows.iter().filter(|r| !mine(r.text("sk").unwrap())).cloned().collect::<Vec<_>>();
            assert_eq!(rest(rows), rest(&after[table]), "{table}");
        }
    }
}

#[tokio::test]
async fn stamps_can_be_left_out() {
    let stack = Stack::golden().await;
    let program = Program::with(&stack, "rollback_stamp = false");
    let printed = program.json(&["rollback", PK, BOLT, "--to", "11", "--arm"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert_eq!(stamps(&stack.get(DATA, PK, BOLT).await.unwrap()), (None, false));
    // Now the entity is as version 11 was: there is nothing to do.
    let printed = program.json(&["rollback", PK, BOLT, "--to", "11", "--arm"]).await;
    assert_eq!((printed.code, printed.events("item")[0]["outcome"].as_str()), (0, Some("equal")));
    assert_eq!(stack.get(DATA, PK, BOLT).await.unwrap().version(), Ok(Version(13)));
}

#[tokio::test]
async fn a_deleted_entity_comes_back() {
    let stack = Stack::golden().await;
    let printed = Program::new(&stack).json(&["rollback", PK, "P-0002", "--to", "2", "--arm"]).await;
    assert_eq!((printed.code, printed.events("item")[0]["action"].as_str()), (0, Some("restore")));
    let data = stack.get(DATA, PK, "P-0002").await.unwrap();
    assert_eq!((data.version(), data.get("isDeleted"), data.get("seq")), (Ok(Version(4)), None, Some(&Value::n(2))));
    let history = stack.get(HISTORY, PK, "P-0002@3").await.unwrap();
    assert!(history.is_deleted());
}

#[tokio::test]
async fn s3_stored_attributes_get_objects_of_their_own() {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let before = stack.object_keys().await;
    let then = stack.get(HISTORY, PK, "P-0009@1").await.unwrap();
    let printed = Program::new(&stack).json(&["rollback", PK, "P-0009", "--to", "1", "--arm"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let data = stack.get(DATA, PK, "P-0009").await.unwrap();
    let key = |row: &Row| row.attributes_ref().unwrap().strip_prefix("s3://shop-private/").unwrap().to_owned();
    let new = key(&data);
    assert!(new.starts_with("ddb/dev-shop-product-data/PRODUCT#acme/P-0009/") && !before.contains(&new), "{new}");
    let body = |json: Option<String>| from_plain_json(&json.unwrap()).unwrap();
    let stored = Row(Map::from([("attributes".to_owned(), body(stack.object(&new).await))]));
    let old = Row(Map::from([("attributes".to_owned(), body(stack.object(&key(&then)).await))]));
    assert_eq!(attributes(&stored), attributes(&old));
    assert_eq!(stamps(&stored), (Some(2), true));
    // Command, history and data row each have one.
    assert_eq!(stack.object_keys().await.len(), before.len() + 3);
    let item = printed.events("item")[0];
    assert!(item["after"]["attributes"]["M"]["blob"]["S"].as_str().unwrap().len() > 4096);
}

#[tokio::test]
async fn a_version_without_history_row_comes_from_its_command() {
    let stack = Stack::golden().await;
    stack.delete(HISTORY, PK, &format!("{BOLT}@5")).await;
    stack.delete(HISTORY, PK, &format!("{BOLT}@3")).await;
    stack.delete(COMMAND, PK, &format!("{BOLT}@3")).await;
    let program = Program::new(&stack);
    let printed = program.json(&["history", PK, BOLT]).await;
    let versions = printed.events("version");
    assert_eq!(versions[4]["found"], serde_json::json!(["command"]));
    assert_eq!((versions[2]["status"].as_str(), versions[2]["found"].as_array().unwrap().len()), (Some("gap"), 0));
    let printed = program.json(&["rollback", PK, BOLT, "--to", "3", "--arm"]).await;
    assert_eq!((printed.code, printed.events("item")[0]["reason"].as_str()), (3, Some("missing_version")));
    let printed = program.json(&["rollback", PK, BOLT, "--to", "5", "--dry-run"]).await;
    let item = printed.events("item")[0];
    assert!(item["warnings"][0].as_str().unwrap().contains("command row"), "{item}");
    assert_eq!(item["after"]["attributes"]["M"]["price"]["N"], "14");
    let printed = program.json(&["rollback", PK, BOLT, "--to", "5", "--arm"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert_eq!(stack.get(DATA, PK, BOLT).await.unwrap().text("name"), Some("ボルト M6"));
}

#[tokio::test]
async fn nothing_is_written_unless_armed_and_confirmed() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let program = Program::with(&stack, "protected = true");
    for (args, code) in [
        (vec!["--to", "4", "--dry-run"], 0),
        (vec!["--to", "4"], 4),
        (vec!["--to", "4", "--arm"], 4),
        (vec!["--to", "4", "--arm", "--confirm", "globex"], 4),
        (vec!["--to", "4", "--arm", "--confirm", "acme", "--expect", "11"], 3),
        (vec!["--to", "13", "--arm", "--confirm", "acme"], 3),
        (vec!["--to", "0", "--arm", "--confirm", "acme"], 3),
    ] {
        let args: Vec<&str> = ["rollback", PK, BOLT].into_iter().chain(args).collect();
        let printed = program.json(&args).await;
        assert_eq!(printed.code, code, "{args:?}\n{}", printed.stdout);
        assert_eq!(stack.dump().await, before, "{args:?}");
    }
    let printed = program.json(&["rollback", PK, BOLT, "--to", "4", "--arm", "--confirm", "acme"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
}

#[tokio::test]
async fn the_digest_is_the_same_for_the_same_data() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let digest = async |to: &str| {
        let printed = program.json(&["rollback", PK, BOLT, "--to", to, "--dry-run"]).await;
        printed.end()["digest"].as_str().unwrap().to_owned()
    };
    let first = digest("4").await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(digest("4").await, first);
    assert_ne!(digest("5").await, first);
}

#[tokio::test]
async fn a_framework_below_1_1_4_is_not_published_to() {
    let stack = Stack::golden().await;
    let before = stack.dump().await;
    let program = Program::with(&stack, "framework = \"1.1.3\"");
    let printed = program.json(&["rollback", PK, BOLT, "--to", "4", "--arm"]).await;
    let error = printed.events("error")[0];
    assert_eq!((printed.code, error["code"].as_str()), (1, Some("config")));
    assert!(error["message"].as_str().unwrap().contains("1.1.3"), "{error}");
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn runs_are_recorded_and_shown() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    assert_eq!(program.json(&["runs"]).await.end()["rows"], 0);
    let run =
        program.json(&["rollback", PK, BOLT, "--to", "4", "--arm"]).await.end()["run"].as_str().unwrap().to_owned();
    let printed = program.json(&["runs"]).await;
    let listed = printed.events("run")[0];
    assert_eq!((listed["run"].as_str(), listed["state"].as_str()), (Some(run.as_str()), Some("done")));
    assert_eq!(listed["outcomes"]["done"], 1);
    let printed = program.json(&["runs", "show", &run]).await;
    let item = printed.events("item")[0];
    assert_eq!((item["version_before"].as_u64(), item["version_after"].as_u64()), (Some(12), Some(13)));
    assert_eq!(item["outcome"], "done");
    use std::os::unix::fs::PermissionsExt;
    let journal = std::path::PathBuf::from(listed["journal"].as_str().unwrap());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&journal), mode(journal.parent().unwrap())), (0o600, 0o700));
    let printed = program.json(&["runs", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]).await;
    assert_eq!((printed.code, printed.events("error")[0]["code"].as_str()), (1, Some("not_found")));
}

#[tokio::test]
async fn a_change_while_the_batch_waits_is_a_conflict() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    let (request, asked) = driver.asked(bolt(), 4).await;
    let mut theirs = stack.get(DATA, PK, BOLT).await.unwrap();
    theirs.0.insert("version".to_owned(), Value::n(13));
    stack.put(DATA, &theirs).await;
    let before = stack.dump().await;
    let decision = Decision::Approve { confirm: None };
    driver.send(Command::Decide { run: asked.run, batch: 1, digest: asked.digest.clone(), decision }).await;
    let event = driver.until(request, |e| matches!(e, Event::Item(_))).await;
    let Event::Item(item) = event else { panic!("{event:?}") };
    assert_eq!((item.outcome, item.reason), (Some(Outcome::Conflict), Some(Reason::TargetChanged)));
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_stale_digest_is_refused_and_the_batch_goes_on_waiting() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    let (request, asked) = driver.asked(bolt(), 4).await;
    let before = stack.dump().await;
    let approve = |digest: &str| Command::Decide {
        run: asked.run,
        batch: 1,
        digest: digest.to_owned(),
        decision: Decision::Approve { confirm: None },
    };
    let decide = driver.send(approve(&"0".repeat(64))).await;
    let event = driver.until(decide, |e| matches!(e, Event::Failed(_))).await;
    assert!(matches!(event, Event::Failed(f) if f.message.contains("not what would be written")));
    assert_eq!(stack.dump().await, before);
    driver.send(approve(&asked.digest)).await;
    let event = driver.until(request, |e| matches!(e, Event::Item(_))).await;
    assert!(matches!(event, Event::Item(item) if item.outcome == Some(Outcome::Done)));
}

#[tokio::test]
async fn an_interface_that_goes_away_approves_nothing() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    driver.asked(bolt(), 4).await;
    let before = stack.dump().await;
    driver.leave().await;
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_read_only_engine_refuses_to_write() {
    let stack = Stack::golden().await;
    let mut driver = Driver::new(&stack);
    let request = driver.send(rollback(&bolt(), 4)).await;
    let event = driver.until(request, |e| matches!(e, Event::Failed(_))).await;
    assert!(matches!(event, Event::Failed(f) if f.message.contains("read-only")));
}

/// Whatever else stands in its partition, and wherever its tenant stands in the key: no query and no scan.
#[tokio::test]
async fn only_the_entity_itself_is_read() {
    let stack = Stack::golden().await;
    let recorder = Recorder::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    let mut profile = stack.profile.clone();
    profile.endpoints.dynamodb = Some(recorder.endpoint.clone());
    let mut driver = Driver::at(profile, stack.state.path());
    let plan = Plan::rollback_of("product", &bolt().key, Version(4), Some(Version(12)));
    let request = driver.send(Command::PreviewPlan { plan: Box::new(plan), keep: false }).await;
    let events = driver.rest(request).await;
    let preview = events.iter().find_map(|e| if let Event::Preview(item) = e { Some(item) } else { None }).unwrap();
    assert_eq!((preview.version_from, preview.found), (Version(4), Some(TableKind::History)));
    driver.leave().await;
    // The tenant's three times to live; then the data row with the first command, the commands at and above its version, and the version.
    assert_eq!(
        recorder.operations().await,
        ["GetItem", "GetItem", "GetItem", "BatchGetItem", "BatchGetItem", "BatchGetItem"]
    );
}

/// What was declined can be taken up later, and is then asked for with the tenant that its own row names.
#[tokio::test]
async fn a_declined_rollback_waits_like_any_run() {
    let stack = Stack::golden_with(|p| p.protected = true).await;
    for (table, sk, version) in [(DATA, "a", 2), (HISTORY, "a@1", 1), (COMMAND, "a@1", 1), (COMMAND, "a@2", 2)] {
        let json = format!(
            r#"{{"pk":"LOG#2024-05#acme","sk":"{sk}","id":"LOG#2024-05#acme#a","version":{version},"name":"n{version}","tenantCode":"acme"}}"#
        );
        stack.put(table, &Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())).await;
    }
    let mut driver = Driver::new(&stack);
    let entity = EntityRef { module: "product".to_owned(), key: EntityKey::new("LOG#2024-05#acme", "a") };
    let (request, asked) = driver.asked(entity, 1).await;
    assert_eq!(asked.confirm.as_deref(), Some("acme"));
    driver.decide(&asked, Decision::Stop).await;
    driver.rest(request).await;
    let request = driver.send(Command::ResumeRun { run: asked.run, rows: false, retry: false }).await;
    let again = driver.approval(request).await;
    assert_eq!((again.confirm.as_deref(), &again.digest), (Some("acme"), &asked.digest));
    driver.decide(&again, Decision::Approve { confirm: again.confirm.clone() }).await;
    let events = driver.rest(request).await;
    assert_eq!(items(&events)[0].outcome, Some(Outcome::Done));
    let data = stack.get(DATA, "LOG#2024-05#acme", "a").await.unwrap();
    assert_eq!((data.version(), data.text("name")), (Ok(Version(3)), Some("n1")));
    // Taking it back is taken from no other version that still stands.
    let undo = Undo { run: asked.run, conflicts: Conflicts::Skip, from: UndoFrom::Journal, items: Vec::new() };
    let key = EntityKey::new("LOG#2024-05#acme", "a");
    let plan = Plan { work: Work::Undo(undo), ..Plan::rollback_of("product", &key, Version(2), None) };
    let request = driver.send(Command::PreviewPlan { plan: Box::new(plan), keep: false }).await;
    let event = driver.until(request, |e| matches!(e, Event::Preview(_))).await;
    assert!(matches!(event, Event::Preview(item) if item.after.is_some() && item.found.is_none()));
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn in_async_mode_the_pipeline_applies_the_command() {
    use crate::support::program::{binary, json_lines};
    use crate::support::stack::external;
    if external().is_some() {
        return;
    }
    let dir = tempfile::TempDir::new().unwrap();
    let options = tenantry::sandbox::Options {
        data: Some(dir.path().to_path_buf()),
        port: None,
        pipeline: Some(Duration::from_millis(20)),
    };
    let sandbox = tenantry::sandbox::Sandbox::start(options).unwrap();
    let at = sandbox.endpoints().clone();
    for module in ["product", "master"] {
        for kind in ["data", "history", "command"] {
            let stream = tenantry::sandbox::TableOptions { stream: kind == "command", ttl: false };
            sandbox.tables().create(&format!("dev-shop-{module}-{kind}"), stream).unwrap();
        }
    }
    let stack_like = |table: &str| crate::support::golden::tables().remove(table).unwrap();
    for table in [DATA, HISTORY] {
        for row in stack_like(table) {
            sandbox.tables().put(table, tenantry::sandbox::to_item(row)).unwrap();
        }
    }
    for row in stack_like(COMMAND).into_iter().filter(|r| r.text("syncMode").is_some()) {
        sandbox.tables().put(COMMAND, tenantry::sandbox::to_item(row)).unwrap();
    }
    let config = dir.path().join("config.toml");
    let text = format!(
        "[profiles.t]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\nbucket = \"shop-private\"\npublish = \"async\"\n\
         endpoints = {{ dynamodb = \"{}\", s3 = \"{}\" }}\n",
        at.dynamodb, at.s3
    );
    std::fs::write(&config, text).unwrap();
    let mut command = binary();
    command.arg("--config").arg(&config).arg("--state").arg(dir.path().join("state"));
    command.args(["rollback", PK, BOLT, "--to", "4", "--arm", "--json"]);
    let printed = json_lines(command).await;
    assert_eq!(printed.code, 0, "{}\n{}", printed.stdout, printed.stderr);
    let data = sandbox.tables().get(DATA, PK, BOLT).unwrap().unwrap();
    let data = tenantry::sandbox::to_row(data).unwrap();
    assert_eq!((data.version(), data.text("csk")), (Ok(Version(13)), Some(format!("{BOLT}@13").as_str())));
    let item = printed.events("item")[0];
    assert_eq!(item["outcome"], "done");
}
