//! Taking runs back: from the journal, from an exported one, from the rows alone.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tenantry::domain::key::Version;
use tenantry::domain::row::Row;
use tenantry::domain::run::Action;
use tenantry::domain::value::Value;
use tenantry::engine::protocol::{Command, Event, ItemFilter};

use crate::support::plan::{Plan, as_before};
use crate::support::{Driver, Program, Recorder, Stack};

const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";
const DATA: &str = "dev-shop-product-data";

async fn golden() -> (Stack, BTreeMap<String, Vec<Row>>) {
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 4096).await;
    let before = stack.dump().await;
    (stack, before)
}

/// Runs a plan to its end, and gives its run.
async fn written(program: &Program, plan: &Plan) -> String {
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert!([0, 3].contains(&printed.code), "{}\n{}", printed.stdout, printed.stderr);
    printed.end()["run"].as_str().unwrap().to_owned()
}

async fn undone(program: &Program, run: &str, more: &[&str]) -> Vec<Json> {
    let args = [&["undo", run, "--arm", "--approve", "all"], more].concat();
    let printed = program.json(&args).await;
    assert_eq!(printed.code, 0, "{}\n{}", printed.stdout, printed.stderr);
    printed.lines
}

fn items(lines: &[Json]) -> Vec<(&str, &str, &str)> {
    let mut items: Vec<_> = lines
        .iter()
        .filter(|l| l["event"] == "item")
        .map(|l| {
            (l["target_sk"].as_str().unwrap(), l["action"].as_str().unwrap(), l["outcome"].as_str().unwrap_or_default())
        })
        .collect();
    items.sort_unstable();
    items
}

#[tokio::test]
async fn copy_undo_copy_again_and_undo_of_the_undo() {
    let (stack, before) = golden().await;
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex");
    let run = written(&program, &plan).await;
    let copied = stack.dump().await;
    let lines = undone(&program, &run, &[]).await;
    assert_eq!(items(&lines), [(BOLT, "delete", "done"), ("P-0003", "delete", "done"), ("P-0009", "delete", "done")]);
    as_before(&before, &stack.dump().await);
    let undo = lines.last().unwrap()["run"].as_str().unwrap().to_owned();
    let shown = program.json(&["runs", "show", &run]).await;
    assert_eq!(
        (&shown.events("run")[0]["state"], &shown.events("run")[0]["undone_by"]),
        (&"undone".into(), &undo.as_str().into())
    );
    let shown = program.json(&["runs", "show", &undo]).await;
    assert_eq!(
        (&shown.events("run")[0]["operation"], &shown.events("run")[0]["undo_of"]),
        (&"undo".into(), &run.as_str().into())
    );
    // Twice is refused: there is nothing of it left.
    let printed = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, printed.events("error")[0]["code"].as_str()), (1, Some("conflict")));

    // What an undo deleted counts as absent.
    let again = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let restored: Vec<_> = items(&again.lines).into_iter().filter(|i| i.1 == "restore").map(|i| (i.0, i.2)).collect();
    assert_eq!(restored, [(BOLT, "done"), ("P-0003", "done"), ("P-0009", "done")]);
    let data = stack.get(DATA, "PRODUCT#globex", BOLT).await.unwrap();
    assert_eq!((data.version(), data.is_deleted()), (Ok(Version(3)), false));
    let second = again.end()["run"].as_str().unwrap().to_owned();

    // The undo of the undo of it: live again, and the run counts again.
    let lines = undone(&program, &second, &[]).await;
    let undo = lines.last().unwrap()["run"].as_str().unwrap().to_owned();
    let lines = undone(&program, &undo, &[]).await;
    assert_eq!(
        items(&lines),
        [(BOLT, "restore", "done"), ("P-0003", "restore", "done"), ("P-0009", "restore", "done")]
    );
    as_before(&copied, &stack.dump().await);
    let shown = program.json(&["runs", "show", &second]).await;
    assert_eq!((&shown.events("run")[0]["state"], &shown.events("run")[0]["undone_by"]), (&"done".into(), &Json::Null));
}

#[tokio::test]
async fn overwritten_and_merged_targets_come_back() {
    let (stack, _) = golden().await;
    let program = Program::new(&stack);
    let run = written(&program, &Plan::copy("acme", "globex")).await;
    // The target has a life of its own.
    let edited = |name: &str, extra: Option<&str>| {
        let (name, extra) = (name.to_owned(), extra.map(str::to_owned));
        move |mut row: Row| {
            row.0.insert("name".to_owned(), Value::s(name));
            if let (Some(extra), Some(Value::M(map))) = (extra, row.0.get_mut("attributes")) {
                map.insert("own".to_owned(), Value::s(extra));
            }
            row
        }
    };
    let bolt = edited("theirs", Some("kept"))(stack.get(DATA, "PRODUCT#globex", BOLT).await.unwrap());
    stack.put(DATA, &bolt).await;
    let before = stack.dump().await;
    for (existing, keeps_own) in [("\"overwrite\"", false), ("\"merge\"", true)] {
        let plan = Plan::copy("acme", "globex").set("existing", existing);
        let second = written(&program, &plan).await;
        let now = stack.get(DATA, "PRODUCT#globex", BOLT).await.unwrap();
        assert_ne!(now.text("name"), Some("theirs"), "{existing}");
        assert_eq!(now.get("attributes").unwrap().as_map().unwrap().contains_key("own"), keeps_own, "{existing}");
        let lines = undone(&program, &second, &[]).await;
        assert_eq!(items(&lines), [(BOLT, "update", "done")], "{existing}");
        as_before(&before, &stack.dump().await);
    }
    // The first run's own undo meets the changes since: conflicts, and nothing written.
    let printed = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 3, "{}", printed.stdout);
    let ended = items(&printed.lines);
    assert_eq!(ended, [(BOLT, "conflict", "conflict"), ("P-0003", "delete", "done"), ("P-0009", "delete", "done")]);
}

#[tokio::test]
async fn a_change_since_is_shown_three_ways_and_taken_back_only_by_force() {
    let (stack, before) = golden().await;
    let program = Program::new(&stack);
    let run = written(&program, &Plan::new("move", "acme", "initech")).await;
    // Someone rolls the moved entity's source back: a change since the run.
    let printed = program.json(&["rollback", "PRODUCT#acme", BOLT, "--to", "11", "--arm"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let verified = program.json(&["verify", &run]).await;
    assert!(verified.stderr.contains("changed since the run: 1 of the entities"), "{}", verified.stderr);
    let edited = stack.dump().await;
    let shown = program.json(&["undo", &run]).await;
    let bolt = shown.events("item").into_iter().find(|i| i["sk"] == BOLT).unwrap().clone();
    assert_eq!((bolt["action"].as_str(), bolt["reason"].as_str()), (Some("conflict"), Some("source_changed")));
    // As it is now, what the run wrote, what taking it back would leave.
    let deleted = |row: &Json| row["isDeleted"]["BOOL"] == true;
    assert!(!bolt["before"].is_null() && !bolt["after"].is_null() && !bolt["wrote"].is_null(), "{bolt}");
    assert!(bolt["message"].as_str().unwrap().contains("version 13"), "{bolt}");
    assert_eq!((deleted(&bolt["before"]), deleted(&bolt["wrote"]), deleted(&bolt["after"])), (false, true, false));
    assert_eq!(bolt["before"]["tenantCode"]["S"], "acme", "it is the source that changed");
    let printed = program.json(&["undo", &run, "--arm", "--approve", "all", "--conflicts", "skip"]).await;
    assert_eq!((printed.code, printed.end()["outcomes"]["conflict"].as_u64()), (3, Some(1)), "{}", printed.stdout);
    let of = |dump: &BTreeMap<String, Vec<Row>>| -> Vec<Row> {
        dump[DATA].iter().filter(|r| r.text("sk") == Some(BOLT)).cloned().collect()
    };
    assert_eq!(of(&stack.dump().await), of(&edited));
    // The run still stands in part: it may be taken back again, by force.
    let lines = undone(&program, &run, &["--conflicts", "force"]).await;
    assert!(items(&lines).contains(&(BOLT, "delete", "done")), "{lines:?}");
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn without_the_journal_an_exported_one_or_the_rows_will_do() {
    for way in ["journal", "pk", "module"] {
        let (stack, before) = golden().await;
        let program = Program::new(&stack);
        let run = written(&program, &Plan::new("move", "acme", "globex")).await;
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("run.journal").to_str().unwrap().to_owned();
        let exported = program.json(&["runs", "export", &run, &file]).await;
        assert_eq!((exported.code, exported.end()["to"].as_str()), (0, Some(file.as_str())));
        assert_eq!(program.json(&["runs", "export", &run, &file]).await.code, 1, "it replaces nothing");
        // Another machine: it has no state of the run.
        std::fs::remove_dir_all(stack.state.path().join("runs").join(&run)).unwrap();
        let printed = program.json(&["undo", &run, "--arm", "--approve", "all"]).await;
        assert_eq!((printed.code, printed.events("error")[0]["code"].as_str()), (1, Some("not_found")));
        match way {
            "journal" => drop(undone(&program, &run, &["--journal", &file]).await),
            "module" => {
                // What the search costs is told before it begins.
                let (_, _, stderr) = program.text(&["undo", &run, "--module", "product"]).await;
                assert!(stderr.contains("every command and history row of module product"), "{stderr}");
                let lines = undone(&program, &run, &["--module", "product"]).await;
                assert_eq!(items(&lines).len(), 4, "two entities on either side");
                assert!(lines.last().unwrap()["blast"]["read_units"].as_f64().unwrap() > 0.0);
            }
            _ => {
                let lines = undone(&program, &run, &["--pk", "PRODUCT#globex"]).await;
                assert_eq!(items(&lines), [(BOLT, "delete", "done"), ("P-0009", "delete", "done")]);
                assert!(stack.get(DATA, "PRODUCT#acme", BOLT).await.unwrap().is_deleted());
                let lines = undone(&program, &run, &["--pk", "PRODUCT#acme"]).await;
                assert_eq!(items(&lines), [(BOLT, "restore", "done"), ("P-0009", "restore", "done")]);
            }
        }
        as_before(&before, &stack.dump().await);
    }
}

#[tokio::test]
async fn a_run_belongs_to_where_it_was_made() {
    let (stack, _) = golden().await;
    let run = written(&Program::new(&stack), &Plan::copy("acme", "globex")).await;
    let elsewhere = Program::with(&stack, "").replacing("environment = \"dev\"", "environment = \"stg\"");
    for args in [["undo", &run], ["verify", &run]] {
        let printed = elsewhere.json(&args).await;
        let error = printed.events("error")[0];
        assert_eq!((printed.code, error["code"].as_str()), (1, Some("config")), "{}", printed.stdout);
        assert!(error["message"].as_str().unwrap().contains("environment dev"), "{error}");
    }
}

#[tokio::test]
async fn what_a_run_wrote_is_verified_field_by_field() {
    let (stack, _) = golden().await;
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex").set("verify", "\"batch\"").set("canary", "1");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, printed.events("finding").len()), (0, 0), "{}", printed.stdout);
    let run = printed.end()["run"].as_str().unwrap().to_owned();
    let printed = program.json(&["verify", &run]).await;
    assert_eq!((printed.code, printed.end()["rows"].as_u64()), (0, Some(3)), "{}", printed.stdout);
    // A value, a type, and an entity that is gone.
    let mut bolt = stack.get(DATA, "PRODUCT#globex", BOLT).await.unwrap();
    bolt.0.insert("seq".to_owned(), Value::s("12"));
    if let Some(Value::M(map)) = bolt.0.get_mut("attributes") {
        map.insert("price".to_owned(), Value::n(1));
    }
    stack.put(DATA, &bolt).await;
    stack.delete(DATA, "PRODUCT#globex", "P-0003").await;
    let printed = program.json(&["verify", &run]).await;
    let found: Vec<_> =
        printed.events("finding").iter().map(|f| (f["kind"].as_str().unwrap(), f["path"].as_str())).collect();
    assert_eq!(printed.code, 3);
    assert!(found.contains(&("different", Some("attributes.price"))), "{found:?}");
    assert!(found.contains(&("different", Some("seq"))) && found.contains(&("missing", None)), "{found:?}");
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn taking_back_a_part_leaves_the_run_to_be_taken_back() {
    let (stack, before) = golden().await;
    let program = Program::new(&stack);
    let run = written(&program, &Plan::new("move", "acme", "globex")).await;
    // The journal is here, and only one side is taken back: the run still stands.
    undone(&program, &run, &["--pk", "PRODUCT#globex"]).await;
    let shown = program.json(&["runs", "show", &run]).await;
    assert_eq!((&shown.events("run")[0]["state"], &shown.events("run")[0]["undone_by"]), (&"done".into(), &Json::Null));
    undone(&program, &run, &["--pk", "PRODUCT#acme"]).await;
    as_before(&before, &stack.dump().await);
}

#[tokio::test]
async fn fields_that_the_framework_does_not_know_go_with_the_run_that_brought_them() {
    let (stack, _) = golden().await;
    let program = Program::new(&stack);
    written(&program, &Plan::copy("acme", "globex")).await;
    let mut source = stack.get(DATA, "PRODUCT#acme", BOLT).await.unwrap();
    source.0.insert("custom".to_owned(), Value::s("theirs"));
    source.0.insert("name".to_owned(), Value::s("renamed"));
    stack.put(DATA, &source).await;
    let before = stack.dump().await;
    let run = written(&program, &Plan::copy("acme", "globex").set("existing", "\"overwrite\"")).await;
    let copied = stack.get(DATA, "PRODUCT#globex", BOLT).await.unwrap();
    assert_eq!(copied.get("custom"), Some(&Value::s("theirs")));
    undone(&program, &run, &[]).await;
    assert_eq!(stack.get(DATA, "PRODUCT#globex", BOLT).await.unwrap().get("custom"), None);
    as_before(&before, &stack.dump().await);
}

/// What a run wrote a moment ago must be found: an eventually consistent read may not show it yet.
#[tokio::test]
async fn a_search_without_a_journal_reads_consistently() {
    let (stack, _) = golden().await;
    let run = written(&Program::new(&stack), &Plan::copy("acme", "globex")).await;
    let at = &stack.profile.endpoints;
    let tables = Recorder::before(at.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &tables.endpoint, at.s3.as_deref().unwrap(), "");
    for (place, operation) in [(["--pk", "PRODUCT#globex"], "Query"), (["--module", "product"], "Scan")] {
        let printed = program.json(&["undo", &run, place[0], place[1]]).await;
        assert!(printed.events("item").len() >= 3, "{}", printed.stdout);
        let wanted = format!("tenantry-{run}");
        let searches: Vec<String> =
            tables.bodies(operation).await.into_iter().filter(|body| body.contains(&wanted)).collect();
        assert!(!searches.is_empty(), "{operation}");
        for body in searches {
            let body: Json = serde_json::from_str(body.trim()).unwrap();
            assert_eq!(body["ConsistentRead"], true, "{body}");
        }
    }
}

/// What an interface shows of an undo is about the entities that it writes: the copies, and not what they were made from.
#[tokio::test]
async fn an_undo_shows_the_entities_that_it_writes() {
    for operation in ["copy", "move"] {
        let is_copy = operation == "copy";
        let (stack, _) = golden().await;
        let run = written(&Program::new(&stack), &Plan::new(operation, "acme", "globex")).await;
        let text = format!("name = \"undo\"\noperation = \"undo\"\n[undo]\nrun = \"{run}\"\n");
        let plan = Box::new(tenantry::config::plan::parse("undo.toml".as_ref(), &text).unwrap());
        let mut driver = Driver::new(&stack);
        let request = driver.send(Command::PreviewPlan { plan, keep: true }).await;
        let Event::Planned(planned) = driver.until(request, |e| matches!(e, Event::Planned(_))).await else { panic!() };
        assert_eq!(planned.tenant.as_deref(), is_copy.then_some("globex"), "a move that is taken back writes to both");
        let command = Command::Items {
            run: planned.run,
            filter: ItemFilter::default(),
            from: 0,
            near: None,
            limit: 100,
            fresh: false,
        };
        let request = driver.send(command).await;
        let Event::Items { items, .. } = driver.until(request, |e| matches!(e, Event::Items { .. })).await else {
            panic!()
        };
        let deleted: Vec<_> = items.iter().filter(|item| item.action == Action::Delete).collect();
        assert!(!deleted.is_empty(), "{items:?}");
        for item in deleted {
            assert!(!item.only_source && item.entity.key.pk.as_str() == "PRODUCT#globex", "{item:?}");
            assert_eq!(item.version_before.next(), item.version_after, "{item:?}");
            assert_eq!(item.source_versions.0 == Version(0), is_copy, "{item:?}");
            let request = driver.send(Command::ShowItem { run: planned.run, n: item.n }).await;
            let Event::Preview(shown) = driver.until(request, |e| matches!(e, Event::Preview(_))).await else {
                panic!()
            };
            assert!(!shown.only_source && shown.wrote.is_some(), "{shown:?}");
            assert_eq!(shown.found, None, "it is taken from nowhere: {shown:?}");
        }
        driver.leave().await;
    }
}
