//! Copies of a scope that are opened without the services.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value as Json;

use crate::support::plan::{Plan, fill};
use crate::support::pool::Pool;
use crate::support::program::{Printed, binary, json_lines};
use crate::support::{Fault, Program, Proxy, Recorder, Stack};

async fn opened(dir: &str, args: &[&str]) -> Printed {
    let mut command = binary();
    command.args(["--json", "--sandbox", "--data", dir]).args(args);
    json_lines(command).await
}

/// What is listed, without the last line, which counts what it took.
fn said(printed: &Printed) -> Vec<Json> {
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    printed.lines.iter().filter(|line| line["event"] != "end" && line["event"] != "progress").cloned().collect()
}

#[tokio::test]
async fn a_copy_says_what_the_tables_say() {
    let stack = Stack::with(|profile| profile.attribute_limit_bytes = 64).await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 5).await;
    fill(&stack, "globex", 2).await;
    let moved = program.json(&["run", Plan::copy("acme", "globex").path(), "--arm", "--approve", "all"]).await;
    assert!([0, 3].contains(&moved.code), "{}", moved.stdout);
    let before = stack.dump().await;
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("copy");
    let to = to.to_str().unwrap();
    let taken = program.json(&["snapshot", "--to", to, "--tenant", "globex"]).await;
    assert_eq!((taken.code, taken.end()["to"].as_str()), (0, Some(to)), "{}", taken.stdout);
    assert_eq!(std::fs::metadata(to).unwrap().mode() & 0o777, 0o700);
    assert_eq!(stack.dump().await, before, "the services are only read");
    let manifest: Json = serde_json::from_slice(&std::fs::read(format!("{to}/manifest.json")).unwrap()).unwrap();
    assert_eq!((&manifest["tenant"], &manifest["sha256"]), (&"globex".into(), &taken.end()["sha256"]));
    for args in [["entities", "PRODUCT#globex"].as_slice(), &["history", "PRODUCT#globex", "I-0001", "--rows"]] {
        let (real, copied) = (program.json(args).await, opened(to, args).await);
        assert!(!said(&real).is_empty(), "{}", real.stdout);
        assert_eq!(said(&real), said(&copied), "{args:?}");
    }
    assert_eq!(opened(to, &["entities", "PRODUCT#acme", "--module", "product"]).await.end()["rows"], 0);
    // Nothing is written over, and nothing is left of what was refused.
    let again = program.json(&["snapshot", "--to", to]).await;
    assert_eq!((again.code, std::fs::read_dir(dir.path()).unwrap().count()), (1, 1), "{}", again.stdout);
}

/// Everything below a directory, itself included.
fn below(dir: &Path) -> Vec<PathBuf> {
    let mut out = vec![dir.to_path_buf()];
    if dir.is_dir() {
        out.extend(std::fs::read_dir(dir).unwrap().flat_map(|entry| below(&entry.unwrap().path())));
    }
    out
}

#[tokio::test]
async fn a_copy_is_read_with_reads_alone_and_left_to_its_owner() {
    let stack = Stack::golden().await;
    let [dynamodb, s3, cognito] =
        [&stack.profile.endpoints.dynamodb, &stack.profile.endpoints.s3, &stack.profile.endpoints.cognito];
    let pool = Pool::golden(&stack).await;
    let [dynamodb, s3, cognito] = [
        Recorder::before(dynamodb.as_deref().unwrap()).await,
        Recorder::before(s3.as_deref().unwrap()).await,
        Recorder::before(cognito.as_deref().unwrap()).await,
    ];
    let program = Program::at(&stack, &dynamodb.endpoint, &s3.endpoint, &format!("user_pool_id = \"{}\"", pool.id));
    let program = program.replacing(stack.profile.endpoints.cognito.as_deref().unwrap(), &cognito.endpoint);
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("copy");
    let taken = program.json(&["snapshot", "--users", "--to", to.to_str().unwrap()]).await;
    assert_eq!(taken.code, 0, "{}", taken.stdout);
    let reads = ["ListTables", "Scan", "Query", "GetItem", "BatchGetItem", "ListUsers", "GET", "HEAD"];
    for (recorder, at_least) in [(&dynamodb, 20), (&s3, 1), (&cognito, 1)] {
        let asked = recorder.operations().await;
        let others: Vec<&String> = asked.iter().filter(|one| !reads.contains(&one.as_str())).collect();
        assert!(others.is_empty() && asked.len() >= at_least, "{others:?} {}", asked.len());
    }
    for path in below(&to) {
        let mode = std::fs::metadata(&path).unwrap().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
    // The users are there with all that they had.
    let users: Json = serde_json::from_slice(&std::fs::read(to.join("cognito.json")).unwrap()).unwrap();
    let text = users.to_string();
    let kept = pool.users().await;
    assert!(kept.len() > 5, "{kept:?}");
    for (name, attributes) in &kept {
        assert!(text.contains(&format!("{:?}", name)), "{name}");
        for value in attributes.values().filter(|value| !value.contains('"')) {
            assert!(text.contains(value.as_str()), "{name}: {value}");
        }
    }
    let plan = dir.path().join("users.toml");
    std::fs::write(&plan, "name = \"u\"\noperation = \"users\"\n").unwrap();
    let args = ["preview", plan.to_str().unwrap(), "--rows"];
    let seen = |printed: &Printed| -> BTreeMap<String, Json> {
        let items = printed.events("item");
        items.iter().map(|i| (i["sk"].to_string(), serde_json::json!([i["action"], i["before"], i["after"]]))).collect()
    };
    let (real, copied) = (program.json(&args).await, opened(to.to_str().unwrap(), &args).await);
    assert_eq!((seen(&real), real.code), (seen(&copied), copied.code), "{}", copied.stdout);
    assert_eq!(seen(&real).len(), kept.len());
}

#[tokio::test]
async fn what_a_killed_one_leaves_is_removed_by_the_next() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 20).await;
    let dynamodb = stack.profile.endpoints.dynamodb.as_deref().unwrap();
    let proxy = Proxy::before(dynamodb).await;
    proxy.by_chance(1, &[], &[(Fault::Slow, 100)]);
    let slow = Program::at(&stack, &proxy.endpoint, stack.profile.endpoints.s3.as_deref().unwrap(), "");
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("copy");
    let args = ["snapshot", "--to", to.to_str().unwrap()];
    let mut child = slow.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let left = || {
        let entries =
            std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        entries.filter(|name| name.starts_with(".tenantry-copy-")).collect::<Vec<_>>()
    };
    let database = |name: &String| dir.path().join(name).join("dynamodb.sqlite").exists();
    for _ in 0..500 {
        if left().iter().any(database) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    child.kill().await.unwrap();
    assert_eq!((left().len(), to.exists()), (1, false), "it was killed while it took rows");
    // One that still runs is left alone.
    let program = Program::new(&stack);
    let mut running = slow.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..500 {
        if left().len() == 1 && left().iter().any(database) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (code, _, stderr) = program.text(&["snapshot", "--to", dir.path().join("copy-2").to_str().unwrap()]).await;
    assert!(code == 0 && !stderr.contains("removed"), "{stderr}");
    assert_eq!(left().len(), 1, "another place is none of its business");
    running.kill().await.unwrap();
    let (code, _, stderr) = program.text(&args).await;
    assert!(code == 0 && stderr.contains("removed what an interrupted snapshot left behind"), "{stderr}");
    assert_eq!((left().len(), to.join("manifest.json").exists()), (0, true));
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_demo_opens_offline_and_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (demo, whole, tenant) = (at("demo"), at("whole"), at("tenant"));
    let taken = opened(&demo, &["--pipeline", "off", "snapshot", "--users", "--to", &whole]).await;
    assert_eq!(taken.code, 0, "{}", taken.stdout);
    let taken = opened(&demo, &["--pipeline", "off", "snapshot", "--to", &tenant, "--tenant", "acme"]).await;
    assert_eq!(taken.code, 0, "{}", taken.stdout);
    let lines = |printed: &Printed, only: &str| -> Vec<Json> {
        let shown = printed.lines.iter().filter(|line| line["event"] != "end" && line["event"] != "progress");
        shown.filter(|line| line["pk"].as_str().is_some_and(|pk| pk.ends_with(only))).cloned().collect()
    };
    for (args, at_least) in [
        (["tenants"].as_slice(), 10),
        (&["entities", "PRODUCT#acme", "--rows"], 100),
        (&["history", "PRODUCT#acme", "P-0002", "--rows"], 2),
        (&["doctor"], 5),
    ] {
        let args = [&["--pipeline", "off"], args].concat();
        let real = opened(&demo, &args).await;
        for (copy, only) in [(&whole, ""), (&tenant, "#acme")] {
            let copied = opened(copy, &args).await;
            let (real, copied) = (lines(&real, only), lines(&copied, only));
            assert!(real.len() >= if only.is_empty() { at_least } else { 1 }, "{args:?}: {}", real.len());
            assert_eq!(real, copied, "{args:?}");
        }
    }
}
