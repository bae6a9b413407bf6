//! Imports through the application's own distributed import, which the sandbox stands in for.

use std::path::Path;

use serde_json::Value as Json;

use crate::support::program::{Printed, binary, json_lines};

/// A directory with the sandbox's data, a CSV file and a plan.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(rows: &[String], more: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let header = "sourcePk,sourceSk,code,name,attributes,targetTenantCode,attributes_ddb\n";
        let text = format!("{header}{}", rows.concat());
        std::fs::write(dir.path().join("in.csv"), text).unwrap();
        let plan = format!(
            "name = \"p\"\noperation = \"import\"\n[import]\nrejects = \"rejects.csv\"\n[target]\nexisting = \"overwrite\"\n\
             [run]\nengine = \"pipeline\"\ncanary = 2\nbatch = 8\ntimeout = \"20s\"\n{more}\n"
        );
        std::fs::write(dir.path().join("plan.toml"), plan).unwrap();
        Self(dir)
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    async fn run(&self, args: &[&str]) -> Printed {
        let mut command = binary();
        command.args(["--sandbox", "--data", &self.at("data"), "--pipeline", "20", "--json"]).args(args);
        json_lines(command).await
    }

    async fn import(&self, more: &[&str]) -> Printed {
        let (file, plan) = (self.at("in.csv"), self.at("plan.toml"));
        self.run(&[&["import", &file, &plan, "--arm", "--approve"], more].concat()).await
    }

    fn objects(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.files().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    fn files(&self) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        let mut todo = vec![self.0.path().join("data")];
        while let Some(path) = todo.pop() {
            if path.is_dir() {
                todo.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
            } else if path.extension().is_some_and(|e| e == "csv") {
                found.push(path);
            }
        }
        found
    }
}

fn row(i: usize, attributes: &str) -> String {
    format!("PRODUCT#x,L-{i:03},L-{i:03},part {i},\"{}\",hooli,\n", attributes.replace('"', "\"\""))
}

fn outcomes(printed: &Printed, word: &str) -> Option<u64> {
    printed.end()["outcomes"][word].as_u64()
}

fn reasons(printed: &Printed) -> Vec<(String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    let failed = printed.events("item").into_iter().filter(|i| i["outcome"] == "failed" || i["outcome"] == "invalid");
    failed.map(|i| (text(&i["sk"]), text(&i["reason"]))).collect()
}

#[tokio::test]
async fn a_file_and_a_job_for_each_batch_followed_verified_and_undone() {
    let rows: Vec<String> = (0..13).map(|i| row(i, &format!(r#"{{"price":{i}.5,"t":"a,b"}}"#))).collect();
    let desk = Desk::new(&rows, "");
    let run = desk.import(&["all"]).await;
    assert_eq!((run.code, outcomes(&run, "done")), (0, Some(13)), "{}\n{}", run.stdout, run.stderr);
    let id = run.end()["run"].as_str().unwrap().to_owned();
    assert_eq!(
        desk.objects(),
        [1, 2, 3].map(|n| format!("tenantry-{id}-{n}-product-to-hooli.csv")),
        "two, eight, three"
    );
    let history = desk.run(&["history", "PRODUCT#hooli", "L-003", "--rows"]).await;
    let version = history.events("version")[0];
    let source = version["source"].as_str().unwrap();
    assert!(source.starts_with("CSV_IMPORT#hooli#product#"), "{source}");
    assert_eq!(
        (version["version"].as_u64(), version["row"]["attributes"]["M"]["price"]["N"].as_str()),
        (Some(1), Some("3.5"))
    );
    let verify = desk.run(&["verify", &id]).await;
    assert_eq!((verify.code, verify.events("finding").len()), (0, 0), "{}", verify.stdout);
    // Undone by what the rows say of their job, although they carry another request id.
    let undo = desk.run(&["undo", &id, "--arm", "--approve", "all"]).await;
    assert_eq!((undo.code, outcomes(&undo, "done")), (0, Some(13)), "{}", undo.stdout);
    let live = desk.run(&["entities", "PRODUCT#hooli", "--deleted", "skip"]).await;
    assert_eq!(live.events("entity").len(), 0, "{}", live.stdout);
}

#[tokio::test]
async fn a_strategy_that_destroys_attributes_is_caught_by_the_canary() {
    let rows: Vec<String> = (0..13).map(|i| row(i, r#"{"_pipeline":"spread","price":1}"#)).collect();
    let desk = Desk::new(&rows, "");
    let run = desk.import(&["canary"]).await;
    let item = run.events("item").into_iter().find(|i| i["outcome"] == "failed").unwrap();
    assert_eq!(item["reason"], "pipeline_failed", "{}", run.stdout);
    assert!(item["message"].as_str().unwrap().contains("wrote it otherwise"), "{item}");
    assert_eq!(
        (run.code, outcomes(&run, "failed"), run.end()["stopped"].as_str()),
        (4, Some(2), Some("canary")),
        "{}",
        run.stdout
    );
    assert_eq!(desk.objects().len(), 1, "nothing but the canary was handed over");
    // What it wrote can be taken back all the same.
    let undo = desk.run(&["undo", run.end()["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!((undo.code, outcomes(&undo, "done")), (0, Some(2)), "{}", undo.stdout);
}

#[tokio::test]
async fn what_cannot_pass_is_said_before_and_what_fails_is_told_apart() {
    let long = "x".repeat(260_000);
    let rows = [
        row(0, r#"{"price":1}"#),
        row(1, r#"{"_pipeline":"fail"}"#),
        row(2, &format!(r#"{{"t":"{long}"}}"#)),
        "PRODUCT#x,L-003,c,n,,hooli,\"{\"\"s\"\":{\"\"SS\"\":[\"\"a\"\"]}}\"\n".to_owned(),
        row(4, r#"{"_pipeline":"stall"}"#),
    ];
    let desk = Desk::new(&rows, "stop_after_failures = \"100%\"");
    let text =
        std::fs::read_to_string(desk.at("plan.toml")).unwrap().replace("20s", "3s").replace("canary = 2", "canary = 9");
    std::fs::write(desk.at("plan.toml"), text).unwrap();
    let run = desk.import(&["all"]).await;
    let mut found = reasons(&run);
    found.sort();
    let expected =
        [("L-001", "pipeline_failed"), ("L-002", "too_large"), ("L-003", "pipeline_failed"), ("L-004", "timeout")];
    assert_eq!(found, expected.map(|(sk, why)| (sk.to_owned(), why.to_owned())), "{}", run.stdout);
    assert_eq!((run.code, outcomes(&run, "done")), (3, Some(1)));
    assert!(Path::new(&desk.at("rejects.csv")).exists());
    let other = "name = \"p\"\noperation = \"move\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n[target]\ntenant = \"x\"\n[run]\nengine = \"pipeline\"\n";
    std::fs::write(desk.at("plan.toml"), other).unwrap();
    let refused = desk.run(&["preview", &desk.at("plan.toml")]).await;
    assert_eq!(
        (refused.code, refused.events("error")[0]["key"].as_str()),
        (1, Some("run.engine")),
        "{}",
        refused.stdout
    );
}

#[tokio::test]
async fn a_run_that_was_cut_short_goes_on_with_the_job_that_it_began() {
    let rows: Vec<String> = (0..3).map(|i| row(i, r#"{"price":1}"#)).collect();
    let desk = Desk::new(&rows, "");
    let (data, file, plan) = (desk.at("data"), desk.at("in.csv"), desk.at("plan.toml"));
    // Nobody takes the job up: the run waits.
    let args = ["--sandbox", "--data", &data, "--pipeline", "off", "--json"];
    let mut command = binary();
    command.args(args).args(["import", &file, &plan, "--arm", "--approve", "all"]);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let begun = std::time::Instant::now();
    while desk.objects().is_empty() {
        assert!(begun.elapsed().as_secs() < 60);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{text}");
    let end: Json = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let [sent] = &desk.files()[..] else { panic!("{:?}", desk.objects()) };
    let modified = || std::fs::metadata(sent).unwrap().modified().unwrap();
    let before = modified();
    let run = desk.run(&["run", "--resume", end["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!((run.code, outcomes(&run, "done")), (0, Some(3)), "{}\n{}", run.stdout, run.stderr);
    assert_eq!(modified(), before, "the file of a job that is under way is not written again");
    assert_eq!(desk.objects().len(), 2, "each file once: {:?}", desk.objects());
    let history = desk.run(&["history", "PRODUCT#hooli", "L-000"]).await;
    assert_eq!(history.events("version").len(), 1, "written once: {}", history.stdout);
}

#[tokio::test]
async fn cells_that_the_applications_reader_changes_are_said_before_and_no_failures_after() {
    let rows = [
        "PRODUCT#x,L-000,L-000,,\"{\"\"price\"\":1}\",hooli,\n".to_owned(),
        "PRODUCT#x,L-001,L-001, part ,\"{\"\"price\"\":1}\",hooli,\n".to_owned(),
        "PRODUCT#x,L-002,L-002,part,,hooli,\n".to_owned(),
        "PRODUCT#x,L-003 ,L-003,part,{},hooli,\n".to_owned(),
        row(4, r#"{"price":1}"#),
    ];
    let desk = Desk::new(&rows, "verify = \"end\"");
    let run = desk.import(&["all"]).await;
    let begun = |sk: &str| run.events("item").into_iter().find(|i| i["sk"] == sk).unwrap().clone();
    for (sk, said) in [("L-000", "stores \\\"\\\""), ("L-001", "with or without them"), ("L-002", "an empty map")] {
        let item = begun(sk);
        assert!(item["warnings"].to_string().contains(said), "{item}");
    }
    assert_eq!(begun("L-004")["warnings"], serde_json::json!([]));
    assert_eq!(reasons(&run), [("L-003 ".to_owned(), "pipeline_failed".to_owned())], "{}", run.stdout);
    assert_eq!((run.code, outcomes(&run, "done"), run.events("finding").len()), (3, Some(4), 0), "{}", run.stdout);
    let history = desk.run(&["history", "PRODUCT#hooli", "L-000", "--rows"]).await;
    assert_eq!(history.events("version")[0]["row"]["name"]["S"], "", "an empty cell is an empty text there");
}

/// A plan that takes entities of the tenant that an import filled.
fn about_entities(desk: &Desk, operation: &str, more: &str) -> String {
    let text = format!(
        "name = \"q\"\noperation = \"{operation}\"\nmodule = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"hooli\"\n\
         [run]\nengine = \"pipeline\"\ncanary = 2\nbatch = 8\ntimeout = \"20s\"\n{more}\n"
    );
    std::fs::write(desk.at("more.toml"), text).unwrap();
    desk.at("more.toml")
}

#[tokio::test]
async fn copies_and_transforms_go_through_the_import_as_well_and_come_back() {
    let rows: Vec<String> = (0..5).map(|i| row(i, &format!(r#"{{"price":{i}}}"#))).collect();
    let desk = Desk::new(&rows, "");
    assert_eq!(desk.import(&["all"]).await.code, 0);
    let price = async |tenant: &str, sk: &str| {
        let history = desk.run(&["history", &format!("PRODUCT#{tenant}"), sk, "--rows"]).await;
        let last = history.events("version").last().copied().cloned().unwrap();
        let price = last["row"]["attributes"]["M"]["price"]["N"].as_str().map(str::to_owned);
        (last["source"].as_str().unwrap_or_default().to_owned(), last["deleted"].as_bool(), price)
    };
    for (operation, more, tenant, expected) in [
        ("copy", "[target]\ntenant = \"initrode\"", "initrode", "3"),
        ("transform", "[[transform]]\nset = { price = 99 }", "hooli", "99"),
    ] {
        let plan = about_entities(&desk, operation, more);
        let preview = desk.run(&["preview", &plan]).await;
        assert!(preview.stderr.contains("registered strategies") || preview.stdout.contains("registered strategies"));
        let run = desk.run(&["run", &plan, "--arm", "--approve", "all"]).await;
        assert_eq!((run.code, outcomes(&run, "done")), (0, Some(5)), "{operation}: {}\n{}", run.stdout, run.stderr);
        let (source, _, found) = price(tenant, "L-003").await;
        assert!(source.starts_with(&format!("CSV_IMPORT#{tenant}#product#")), "{operation}: {source}");
        assert_eq!(found.as_deref(), Some(expected), "{operation}");
        let id = run.end()["run"].as_str().unwrap();
        let verify = desk.run(&["verify", id]).await;
        assert_eq!((verify.code, verify.events("finding").len()), (0, 0), "{operation}: {}", verify.stdout);
        let undo = desk.run(&["undo", id, "--arm", "--approve", "all"]).await;
        assert_eq!((undo.code, outcomes(&undo, "done")), (0, Some(5)), "{operation}: {}", undo.stdout);
    }
    let (_, deleted, _) = price("initrode", "L-003").await;
    assert_eq!(deleted, Some(true));
    assert_eq!(price("hooli", "L-003").await.2.as_deref(), Some("3"));
    // A move leaves its source, which no import does.
    let plan = about_entities(&desk, "move", "[target]\ntenant = \"initrode\"");
    let refused = desk.run(&["preview", &plan]).await;
    assert_eq!((refused.code, refused.events("error")[0]["key"].as_str()), (1, Some("run.engine")));
}

#[tokio::test]
async fn the_tenants_of_a_batch_are_imported_at_once() {
    let of = |tenant: &str, i: usize| row(i, r#"{"price":1}"#).replace("hooli", tenant);
    let rows: Vec<String> = (0..26).map(|i| of(if i < 10 { "hooli" } else { "initech" }, i)).collect();
    let desk = Desk::new(&rows, "");
    let run = desk.import(&["all"]).await;
    assert_eq!((run.code, outcomes(&run, "done")), (0, Some(26)), "{}\n{}", run.stdout, run.stderr);
    let id = run.end()["run"].as_str().unwrap();
    let jobs = |n: usize| ["hooli", "initech"].map(|tenant| format!("tenantry-{id}-{n}-product-to-{tenant}.csv"));
    assert_eq!(desk.objects(), (1..=4).flat_map(jobs).collect::<Vec<_>>(), "two of each in the canary, and so on");
}

#[tokio::test]
async fn a_batch_that_fails_ends_the_run_where_the_plan_says_so() {
    let rows: Vec<String> = (0..13).map(|i| row(i, r#"{"_pipeline":"fail"}"#)).collect();
    let desk = Desk::new(&rows, "stop_after_failures = 2");
    let run = desk.import(&["all"]).await;
    assert_eq!(
        (run.code, outcomes(&run, "failed"), run.end()["stopped"].as_str()),
        (4, Some(2), Some("failures")),
        "{}\n{}",
        run.stdout,
        run.stderr
    );
    assert_eq!(desk.objects().len(), 1, "nothing but the canary was handed over: {:?}", desk.objects());
}
