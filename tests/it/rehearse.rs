//! Rehearsals: what they say is what the run and its undo then do, and the services that they read are not written.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value};
use tenantry::engine::protocol::{Command, Decision, Event, RehearsalEvent, RehearsalStep, Remembered};

use crate::support::plan::{Plan, as_before, fill, rows};
use crate::support::pool::Pool;
use crate::support::program::{Printed, binary, json_lines};
use crate::support::{Driver, Program, Recorder, Stack};

/// A plan file with what stands beside it.
struct File(tempfile::TempDir);

impl File {
    fn new(text: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        std::fs::write(dir.path().join("plan.toml"), format!("name = \"r\"\n{text}\n")).unwrap();
        Self(dir)
    }

    fn beside(self, name: &str, text: &str) -> Self {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self
    }

    fn path(&self) -> String {
        self.0.path().join("plan.toml").to_str().unwrap().to_owned()
    }
}

/// What became of an item: keys, action, outcome, reason, versions of target and source.
type Told = (String, String, String, String, String, String, String, [u64; 4]);

fn told(items: &[&Json]) -> Vec<Told> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    let versions = ["version_before", "version_after", "source_version_before", "source_version_after"];
    let one = |i: &&Json| {
        let key = |name: &str| text(&i[name]);
        let versions = versions.map(|name| i[name].as_u64().unwrap());
        let keys = (key("pk"), key("sk"), key("target_pk"), key("target_sk"));
        (keys.0, keys.1, keys.2, keys.3, key("action"), key("outcome"), key("reason"), versions)
    };
    let mut all: Vec<Told> = items.iter().map(one).collect();
    all.sort();
    all
}

/// Items of a step: those that were told before its line, and after the line of the step before.
fn of_step<'p>(printed: &'p Printed, step: &str) -> Vec<&'p Json> {
    let mut items = Vec::new();
    for line in &printed.lines {
        match line["event"].as_str() {
            Some("item") => items.push(line),
            Some("rehearsal") if line["step"] == step => return items,
            Some("rehearsal") => items.clear(),
            _ => {}
        }
    }
    panic!("no step {step}: {}\n{}", printed.stdout, printed.stderr);
}

fn step<'p>(printed: &'p Printed, step: &str) -> &'p Json {
    printed.events("rehearsal").into_iter().find(|line| line["step"] == step).unwrap()
}

/// Rehearses a plan, runs it and takes it back: each time item by item the same.
async fn rehearsed(stack: &Stack, program: &Program, plan: &str) -> Printed {
    let before = stack.dump().await;
    let objects = stack.object_keys().await;
    let rehearsed = program.json(&["rehearse", plan, "--arm"]).await;
    assert_eq!(stack.dump().await, before, "{plan}: the tables are only read");
    assert_eq!(stack.object_keys().await, objects);
    assert!([0, 3].contains(&rehearsed.code), "{plan}: {}\n{}", rehearsed.stdout, rehearsed.stderr);
    as_run(program, plan, &rehearsed, &[]).await;
    as_before(&before, &stack.dump().await);
    rehearsed
}

async fn as_run(program: &Program, plan: &str, rehearsed: &Printed, more: &[&str]) {
    let ran = program.json(&[&["run", plan, "--arm", "--approve", "all"], more].concat()).await;
    assert!(!of_step(rehearsed, "run").is_empty(), "{plan}: {}", rehearsed.stdout);
    assert_eq!(told(&of_step(rehearsed, "run")), told(&ran.events("item")), "{plan}");
    assert_eq!(rehearsed.end()["digest"], ran.end()["digest"], "{plan}: {}", rehearsed.stdout);
    assert_eq!(rehearsed.end()["outcomes"], ran.end()["outcomes"], "{plan}");
    let undone = program.json(&["undo", ran.end()["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!(told(&of_step(rehearsed, "undo")), told(&undone.events("item")), "{plan}");
    for name in ["verify", "compare"] {
        assert_eq!(step(rehearsed, name)["differences"], 0, "{plan}: {}", rehearsed.stdout);
    }
    let is_clean = |line: &Json| ["done", "equal"].contains(&line["outcome"].as_str().unwrap());
    let clean = ran.events("item").into_iter().all(is_clean);
    assert_eq!(rehearsed.code == 0, clean, "{plan}: {}", rehearsed.stdout);
}

fn two_sides(operation: &str, target: &str, more: &str) -> File {
    File::new(&format!(
        "operation = \"{operation}\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\ndeleted = \"keep\"\n\
         [target]\ntenant = \"{target}\"\n{more}"
    ))
}

#[tokio::test]
async fn copies_and_moves_of_golden_rows_do_what_their_rehearsal_said() {
    let stack = Stack::golden_with(|profile| profile.attribute_limit_bytes = 128).await;
    let program = Program::new(&stack);
    for plan in [
        two_sides("copy", "hooli", ""),
        two_sides("copy", "globex", ""),
        two_sides("copy", "globex", "existing = \"merge\"\n[run]\nstamp = \"none\""),
        two_sides("move", "globex", "existing = \"overwrite\"\n[run]\nbatch = 3\ncanary = 2\nrate = 50"),
    ] {
        let printed = rehearsed(&stack, &program, &plan.path()).await;
        let steps: Vec<&str> = printed.events("rehearsal").iter().map(|l| l["step"].as_str().unwrap()).collect();
        assert_eq!(steps, ["copy", "run", "verify", "undo", "compare"]);
        assert!(printed.stderr.contains("read units; in memory"), "{}", printed.stderr);
    }
}

#[tokio::test]
async fn changes_in_place_do_what_their_rehearsal_said() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let counter = |pk: &str, seq: u64| {
        let text = |name: &str, value: &str| (name.to_owned(), Value::s(value));
        Row(Map::from([text("pk", pk), text("sk", "ORDER"), ("seq".to_owned(), Value::n(seq))]))
    };
    stack.create_table("dev-shop-sequences").await;
    for row in [counter("SEQ#MY_TENANT", 7), counter("SEQ#My_Tenant", 9), counter("SEQ#my_tenant", 3)] {
        stack.put("dev-shop-sequences", &row).await;
    }
    let to_v2 = "operation = \"transform\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"initech\"\n[schema]\nmarker = \"version\"\n\
        current = \"v2\"\n[[transform]]\nrename = { productName = \"name\", unitPrice = \"price\", categoryCode = \"category\" }";
    let back = "operation = \"rollback\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\ndeleted = \"keep\"\n[rollback]\nto_version = 1";
    let normalize = "operation = \"normalize\"\nmodule = \"order\"";
    for text in [
        to_v2.to_owned(),
        back.to_owned(),
        format!("{normalize}\n[normalize]\ncollision = \"newest\"\nreferences = \"rewrite\"\nsequences = false"),
        // Counters are not taken back: the last of them.
        normalize.to_owned(),
    ] {
        let plan = File::new(&text);
        if text == normalize {
            let printed = program.json(&["rehearse", &plan.path()]).await;
            as_run(&program, &plan.path(), &printed, &[]).await;
        } else {
            rehearsed(&stack, &program, &plan.path()).await;
        }
    }
}

#[tokio::test]
async fn files_users_and_undos_do_what_their_rehearsal_said() {
    let stack = Stack::golden().await;
    let pool = Pool::golden(&stack).await;
    let program = pool.program(&stack);
    let csv = "sourcePk,sourceSk,code,name,attributes,targetTenantCode\r\nPRODUCT#acme,n-1,n-1,New,\"{\"\"price\"\":1}\",globex\r\n\
        PRODUCT#acme,n-1,n-1,Twice,{},globex\r\nPRODUCT#acme,n-2,n-2,Broken,{,globex\r\n";
    let import = File::new("operation = \"import\"\n[source]\nfile = \"in.csv\"\n[import]\nrejects = \"rejects.csv\"")
        .beside("in.csv", csv);
    rehearsed(&stack, &program, &import.path()).await;
    // From S3 the same, and no rejects but those of the run.
    stack.put_object("in/in.csv", csv).await;
    let import = File::new(
        "operation = \"import\"\n[source]\nfile = \"s3://shop-private/in/in.csv\"\n[import]\nrejects = \"rejects.csv\"",
    );
    let rejects = import.0.path().join("rejects.csv");
    let printed = program.json(&["rehearse", &import.path()]).await;
    assert!(!rejects.exists() && printed.code == 3, "{}", printed.stdout);
    as_run(&program, &import.path(), &printed, &[]).await;

    let users = File::new("operation = \"users\"");
    let before = pool.users().await;
    let printed = program.json(&["rehearse", &users.path(), "--arm"]).await;
    assert_eq!(pool.users().await, before, "{}", printed.stdout);
    as_run(&program, &users.path(), &printed, &[]).await;
    assert_eq!(pool.users().await, before);

    for plan in [Plan::copy("acme", "globex").path().to_owned(), users.path()] {
        // The plan of the first goes with its directory.
        let copy = Plan::copy("acme", "globex");
        let plan = if plan == users.path() { plan } else { copy.path().to_owned() };
        let ran = program.json(&["run", &plan, "--arm", "--approve", "all"]).await;
        let run = ran.end()["run"].as_str().unwrap().to_owned();
        let undo = File::new(&format!("operation = \"undo\"\n[undo]\nrun = \"{run}\""));
        let printed = program.json(&["rehearse", &undo.path()]).await;
        assert!(!of_step(&printed, "run").is_empty(), "{}", printed.stdout);
        as_run(&program, &undo.path(), &printed, &[]).await;
        let listed = program.json(&["runs"]).await;
        let state = |run: &str| listed.events("run").into_iter().find(|r| r["run"] == run).unwrap()["state"].clone();
        assert_eq!(state(&run), "done", "taken back, and that taken back again");
    }
}

#[tokio::test]
async fn what_the_pipeline_applies_is_rehearsed_with_a_stand_in() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let plan = two_sides("copy", "hooli", "[run]\npublish = \"async\"\ntimeout = \"20s\"");
    let printed = program.json(&["rehearse", &plan.path()]).await;
    // One of the sources was never processed itself.
    let counts = (printed.end()["outcomes"]["done"].as_u64(), printed.end()["outcomes"]["skipped"].as_u64());
    assert_eq!((counts, printed.code), ((Some(4), Some(1)), 3), "{}\n{}", printed.stdout, printed.stderr);
    assert_eq!(step(&printed, "compare")["differences"], 0);
}

#[tokio::test]
async fn the_demo_rows_do_what_their_rehearsal_said() {
    let dir = tempfile::TempDir::new().unwrap();
    let data = dir.path().join("data");
    let run = async |args: &[&str]| {
        let mut command = binary();
        command.args(["--sandbox", "--data", data.to_str().unwrap(), "--pipeline", "off", "--json"]).args(args);
        json_lines(command).await
    };
    let all = "sk_prefix = \"P-00\"\ndeleted = \"keep\"\n[target]\ntenant = \"globex\"\nexisting = \"overwrite\"";
    for text in [
        format!("operation = \"copy\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n{all}"),
        "operation = \"normalize\"\nmodule = \"order\"\n[normalize]\ncollision = \"merge\"\nsequences = false"
            .to_owned(),
    ] {
        let plan = File::new(&text);
        let rehearsed = run(&["rehearse", &plan.path()]).await;
        let ran = run(&["run", &plan.path(), "--arm", "--approve", "all"]).await;
        assert!(!ran.events("item").is_empty(), "{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(told(&of_step(&rehearsed, "run")), told(&ran.events("item")), "{}", rehearsed.stderr);
        assert_eq!(rehearsed.end()["digest"], ran.end()["digest"]);
        let undone = run(&["undo", ran.end()["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
        assert_eq!(told(&of_step(&rehearsed, "undo")), told(&undone.events("item")));
        assert_eq!(step(&rehearsed, "compare")["differences"], 0, "{}", rehearsed.stdout);
    }
}

#[tokio::test]
async fn not_one_write_reaches_the_services_that_are_copied() {
    let stack = Stack::golden_with(|profile| profile.attribute_limit_bytes = 64).await;
    let pool = Pool::golden(&stack).await;
    let at = stack.profile.endpoints.clone();
    let (dynamodb, s3, cognito) = (
        Recorder::before(at.dynamodb.as_deref().unwrap()).await,
        Recorder::before(at.s3.as_deref().unwrap()).await,
        Recorder::before(at.cognito.as_deref().unwrap()).await,
    );
    let program = Program::at(&stack, &dynamodb.endpoint, &s3.endpoint, &format!("user_pool_id = \"{}\"", pool.id))
        .replacing(at.cognito.as_deref().unwrap(), &cognito.endpoint);
    for plan in [two_sides("move", "hooli", ""), File::new("operation = \"users\"")] {
        let printed = program.json(&["rehearse", &plan.path(), "--arm"]).await;
        assert!(printed.end()["outcomes"]["done"].as_u64().unwrap() > 2, "{}\n{}", printed.stdout, printed.stderr);
    }
    let asked = async |recorder: &Recorder| {
        recorder.operations().await.iter().map(|asked| asked.to_lowercase()).collect::<BTreeSet<_>>()
    };
    let reads = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    let dynamodb = asked(&dynamodb).await;
    let may = reads(&["listtables", "describetable", "query", "scan", "getitem", "batchgetitem"]);
    assert!(dynamodb.contains("query") && dynamodb.is_subset(&may), "{dynamodb:?}");
    let s3 = asked(&s3).await;
    assert!(s3.contains("get") && s3.is_subset(&reads(&["get", "head"])), "{s3:?}");
    let cognito = asked(&cognito).await;
    assert!(cognito.contains("listusers") && cognito.is_subset(&reads(&["listusers", "admingetuser"])), "{cognito:?}");
}

#[tokio::test]
async fn surprises_are_found_before_the_run() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 30).await;
    let plan = two_sides("copy", "globex", "[validate]\nschema = \"schema.json\"")
        .beside("schema.json", r#"{"properties":{"n":{"maximum":28}}}"#);
    // One that the schema does not fit, one whose target has appeared, and one that was published there and never processed.
    let (there, _) = rows("globex", 3);
    stack.put("dev-shop-product-data", &there).await;
    let (_, mut waiting) = rows("globex", 5);
    waiting.0.insert("status".to_owned(), Value::s("process:STARTED"));
    stack.put("dev-shop-product-command", &waiting).await;
    let printed = program.json(&["rehearse", &plan.path()]).await;
    let found: BTreeSet<(String, String, String)> = told(&of_step(&printed, "run"))
        .into_iter()
        .filter(|item| item.5 != "done")
        .map(|item| (item.3, item.5, item.6))
        .collect();
    let expected =
        [("I-0003", "skipped", "exists"), ("I-0005", "conflict", "pending"), ("I-0029", "invalid", "schema")];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!((found, printed.code), (BTreeSet::from(expected), 3), "{}", printed.stdout);
    as_run(&program, &plan.path(), &printed, &[]).await;
    // What DynamoDB would not store.
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let touch = File::new(&format!(
        "operation = \"transform\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\nkeys = [\"I-0001\"]\n\
         [[transform]]\nset = {{ n = {deep} }}"
    ));
    let printed = program.json(&["rehearse", &touch.path()]).await;
    let items = told(&of_step(&printed, "run"));
    assert_eq!((items[0].5.as_str(), items[0].6.as_str(), printed.code), ("invalid", "unsupported", 3));
    let text = program.text(&["rehearse", &touch.path()]).await;
    assert!(
        text.1.contains("invalid unsupported PRODUCT#acme / I-0001") || text.1.contains("invalid unsupported"),
        "{text:?}"
    );
    let none = program
        .json(&[
            "rehearse",
            &File::new("operation = \"export\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"").path(),
        ])
        .await;
    assert_eq!((none.code, none.events("error")[0]["code"].as_str()), (2, Some("usage")), "{}", none.stdout);
}

#[tokio::test]
async fn whoever_approves_hears_of_the_rehearsal_and_of_changes_since() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 6).await;
    let plan = Plan::copy("acme", "globex");
    let mut driver = Driver::new(&stack);
    driver.send(Command::Arm { armed: true }).await;
    let asked = async |driver: &mut Driver| {
        let request = driver.send(Command::RunPlan { plan: plan.model(), expect: None, rows: false }).await;
        let batch = driver.approval(request).await;
        driver.decide(&batch, Decision::Stop).await;
        driver.rest(request).await;
        batch.rehearsal
    };
    assert_eq!(asked(&mut driver).await, None);
    let request = driver.send(Command::Rehearse { plan: plan.model(), data: None }).await;
    let heard = driver.rest(request).await;
    let copied = heard.iter().any(|event| match event {
        Event::Rehearsal(told) => {
            matches!(&**told, RehearsalEvent::Step(step) if step.step == RehearsalStep::Compare && step.differences == 0)
        }
        _ => false,
    });
    assert!(copied, "{heard:?}");
    let known = asked(&mut driver).await.unwrap();
    assert!(!known.is_changed && known.rehearsal.is_clean(), "{known:?}");
    let words = Remembered::words(Some(&known), jiff::Timestamp::now());
    assert_eq!(words, "rehearsed just now, 6 of 6 done and undone");
    let (mut row, _) = rows("acme", 2);
    row.0.insert("name".to_owned(), Value::s("changed"));
    stack.put("dev-shop-product-data", &row).await;
    assert!(asked(&mut driver).await.unwrap().is_changed);
    driver.leave().await;
}

#[tokio::test]
async fn a_rehearsal_that_is_given_up_ends_and_leaves_nothing() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 40).await;
    let before = stack.dump().await;
    let plan = Plan::copy("acme", "globex");
    let data = tempfile::tempdir().unwrap();
    let mut driver = Driver::new(&stack);
    let path = Some(data.path().to_path_buf());
    let request = driver.send(Command::Rehearse { plan: plan.model(), data: path.clone() }).await;
    driver.until(request, |event| matches!(event, Event::Rehearsal(_))).await;
    driver.send(Command::Cancel { request }).await;
    let rest = driver.rest(request).await;
    assert_eq!(rest.last(), Some(&Event::Finished { cancelled: true }), "{rest:?}");
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
    // In a directory it goes like in memory, and nothing stays there either.
    let request = driver.send(Command::Rehearse { plan: plan.model(), data: path }).await;
    let rest = driver.rest(request).await;
    let done = rest.iter().any(|e| matches!(e, Event::Rehearsal(told) if matches!(&**told, RehearsalEvent::Done(_))));
    assert!(done && std::fs::read_dir(data.path()).unwrap().count() == 0, "{rest:?}");
    assert_eq!(stack.dump().await, before);
    driver.leave().await;
}
