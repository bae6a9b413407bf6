//! What makes the command line comfortable: listings as CSV, times by the profile's clock, completion, manual pages, the log.

use std::path::Path;
use std::process::Stdio;

use crate::support::plan::{Plan, fill};
use crate::support::program::binary;
use crate::support::{Program, Stack};

/// Records of a CSV text.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn listings_are_csv_where_that_is_asked_for_and_nothing_else_is() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 3).await;
    let plan = Plan::copy("acme", "initech");
    let run = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let run = run.end()["run"].as_str().unwrap().to_owned();
    for (args, heading, at_least) in [
        (["tenants"].as_slice(), ["module", "partition"], 3),
        (&["tenants", "--keys"], ["module", "partition"], 3),
        (&["entities", "PRODUCT#acme"], ["sort key", "version"], 5),
        (&["history", "PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M"], ["version", "at"], 2),
        (&["find", "I-0001", "--tenant", "acme"], ["partition key", "sort key"], 1),
        (&["activity", "PRODUCT#acme"], ["at", "by"], 5),
        (&["runs"], ["run", "state"], 1),
        (&["runs", "show", &run], ["n", "partition key"], 3),
    ] {
        let (code, csv, _) = program.text(&[args, &["--csv"]].concat()).await;
        let found = records(&csv);
        assert!(!found.is_empty(), "{args:?}: {code}");
        assert_eq!((code, &found[0][..2]), (0, heading.map(str::to_owned).as_slice()), "{args:?}: {csv}");
        let json = program.json(args).await;
        let lines =
            json.lines.iter().filter(|line| !["end", "progress", "run"].contains(&line["event"].as_str().unwrap()));
        let expected = if args == ["runs"] { 1 } else { lines.count() };
        assert!(found.len() - 1 == expected && expected >= at_least, "{args:?}: {csv}{}", json.stdout);
        // For people there is one heading, however many pages there were.
        let (_, text, _) = program.text(args).await;
        let first = text.lines().find(|line| line.starts_with(&heading[0].to_uppercase())).unwrap();
        assert_eq!(text.lines().filter(|line| *line == first).count(), 1, "{text}");
    }
    // Times are as in JSON lines there, and by the profile's clock for people.
    let (_, csv, _) = program.text(&["entities", "PRODUCT#acme", "--sk-prefix", "01HX", "--csv"]).await;
    let (_, text, _) = program.text(&["entities", "PRODUCT#acme", "--sk-prefix", "01HX"]).await;
    let at = records(&csv)[1][4].clone();
    assert!(at.ends_with('Z') && text.contains("UPDATED (Asia/Tokyo)"), "{csv}{text}");
    let there = tenantry::domain::clock::local_seconds(&at, &tenantry::domain::clock::time_zone("Asia/Tokyo").unwrap());
    assert!(text.contains(&there), "{there}: {text}");
    // Nothing found is a heading; what lists nothing is refused.
    let (code, csv, stderr) = program.text(&["entities", "PRODUCT#nobody", "--module", "product", "--csv"]).await;
    assert_eq!((code, records(&csv).len()), (0, 1), "{csv}");
    assert!(stderr.contains("no entities"), "{stderr}");
    for args in [["whoami", "--csv"].as_slice(), &["preview", plan.path(), "--csv"], &["tenants", "--csv", "--json"]] {
        let (code, stdout, stderr) = program.text(args).await;
        let is_told = stdout.is_empty() || args.contains(&"--json");
        assert!(code == 2 && is_told && (stderr + &stdout).contains("--csv"), "{args:?}");
    }
}

#[tokio::test]
async fn a_listing_of_several_pages_has_one_heading() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 620).await;
    let (_, text, _) = Program::new(&stack).text(&["entities", "PRODUCT#acme"]).await;
    assert_eq!(text.lines().filter(|line| line.starts_with("SORT KEY")).count(), 1);
    assert_eq!(text.lines().count(), 621);
}

/// What bash offers behind a line, with a script that it read.
async fn bash(script: &Path, line: &[&str], envs: &[(&str, &str)]) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_tenantry"));
    let words: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
    let text = format!(
        "source '{}'; COMP_WORDS=(tenantry {}); COMP_CWORD={}; _tenantry; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        words.join(" "),
        line.len()
    );
    let mut command = tokio::process::Command::new("bash");
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    command.args(["--norc", "-c", &text]).env("PATH", path).envs(envs.iter().copied()).stdin(Stdio::null());
    let output = command.output().await.unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    out.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_shell_completes_what_the_machine_knows() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 2).await;
    let run = program.json(&["run", Plan::copy("acme", "globex").path(), "--arm", "--approve", "all"]).await;
    let run = run.end()["run"].as_str().unwrap().to_owned();
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("tenantry.bash");
    let output = binary().args(["completions", "bash"]).output().await.unwrap();
    std::fs::write(&script, output.stdout).unwrap();
    let config = dir.path().join("config.toml");
    let text = "default_profile = \"staging\"\n[profiles.staging]\nenvironment = \"stg\"\napp = \"shop\"\ntables = { catalogue = \"x\" }\n\
                [profiles.prod]\nenvironment = \"prod\"\napp = \"shop\"\n";
    std::fs::write(&config, text).unwrap();
    let state = stack.state.path().to_str().unwrap();
    let envs = [("TENANTRY_CONFIG", config.to_str().unwrap()), ("TENANTRY_STATE", state)];
    for (line, expected) in [
        (["--profile", ""].as_slice(), ["prod", "staging"].as_slice()),
        (&["runs", "show", ""], &[&run]),
        (&["tenants", "--module", ""], &["catalogue"]),
        (&["run", "--approve", "c"], &["canary"]),
        (&["who"], &["whoami"]),
        (&["preview", ""], &[]),
    ] {
        assert_eq!(bash(&script, line, &envs).await, expected, "{line:?}");
    }
    // A configuration that cannot be read is no reason to say anything.
    std::fs::write(&config, "broken").unwrap();
    assert_eq!(bash(&script, &["--profile", ""], &envs).await, Vec::<String>::new());
    let text = program.text(&["--help"]).await.1;
    assert!(!text.contains("__complete"), "{text}");
}

#[tokio::test]
async fn manual_pages_are_written_where_they_are_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("share/man1");
    let output = binary().arg("man").arg(&to).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let pages: Vec<String> =
        std::fs::read_dir(&to).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    assert!(pages.len() > 25 && pages.iter().all(|name| name.ends_with(".1")), "{pages:?}");
    let first = std::fs::read_to_string(to.join("tenantry-rollback.1")).unwrap();
    assert!(first.contains("\\-\\-expect") && first.contains("PRODUCT#acme"), "{first}");
    std::fs::write(dir.path().join("file"), "").unwrap();
    let output = binary().arg("man").arg(dir.path().join("file/x")).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn a_log_is_written_that_says_what_was_done_and_nothing_of_anybody() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "canary-tenant", 2).await;
    let plan = Plan::copy("canary-tenant", "canary-target");
    for args in [
        ["entities", "PRODUCT#canary-tenant"].as_slice(),
        &["run", plan.path(), "--arm", "--approve", "all"],
        &["history", "PRODUCT#canary-tenant", "canary-missing"],
        &["find", "canary-text"],
        &["tenants", "--module", "canary-module"],
    ] {
        program.text(args).await;
    }
    let logs = stack.state.path().join("logs");
    let log = std::fs::read_to_string(logs.join("tenantry.log")).unwrap();
    assert!(!log.contains("canary"), "{log}");
    for part in [
        "began",
        "command=\"entities\"",
        "command=\"run\"",
        "ended",
        "exit=0",
        "exit=1",
        "NoTable",
        tenantry::version::whole(),
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    // Nothing where nothing is wanted, and more where more is.
    std::fs::remove_dir_all(&logs).unwrap();
    let quiet =
        program.command(&["entities", "PRODUCT#canary-tenant"]).env("TENANTRY_LOG", "off").output().await.unwrap();
    assert!(quiet.status.success() && !logs.exists());
    let more = program
        .command(&["tenants", "--module", "canary-module"])
        .env("TENANTRY_LOG", "tenantry=debug")
        .output()
        .await
        .unwrap();
    assert_eq!(more.status.code(), Some(1));
    assert!(std::fs::read_to_string(logs.join("tenantry.log")).unwrap().contains("canary-module"));
    // A log that cannot be written is no reason to complain at each command.
    std::fs::remove_dir_all(&logs).unwrap();
    std::fs::create_dir_all(logs.join("tenantry.log")).unwrap();
    let (_, _, stderr) = program.text(&["entities", "PRODUCT#canary-tenant"]).await;
    assert!(!stderr.contains("no log"), "{stderr}");
}
