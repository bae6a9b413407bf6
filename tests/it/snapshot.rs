//! Copies of a scope that are opened without the services.

use std::os::unix::fs::MetadataExt;

use serde_json::Value as Json;

use crate::support::plan::{Plan, fill};
use crate::support::program::{Printed, binary, json_lines};
use crate::support::{Program, Stack};

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
