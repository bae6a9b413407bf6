//! Example plans, as printed for people and for programs.

use std::path::Path;

use tenantry::config::plan;

use crate::support::plan::{Plan, fill};
use crate::support::program::{binary, json_lines};
use crate::support::{Program, Stack};

fn asset(operation: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/plans").join(format!("{operation}.toml"));
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn an_example_is_printed_as_the_file_it_shows() {
    for operation in ["copy", "move", "normalize", "transform", "import", "export", "users", "rollback", "undo"] {
        let output = binary().args(["plan", "example", operation]).output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()), "{operation}");
        assert_eq!(text, asset(operation));
        // What is printed is a plan.
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        assert_eq!(plan::load(file.path()).unwrap().work.operation().as_str(), operation);
    }
}

#[tokio::test]
async fn an_example_for_programs_is_one_line_before_the_end() {
    let mut command = binary();
    command.args(["plan", "example", "copy", "--json"]);
    let printed = json_lines(command).await;
    assert_eq!((printed.code, printed.lines.len()), (0, 2), "{}", printed.stdout);
    assert_eq!(printed.events("text")[0]["text"], asset("copy"));
    assert_eq!(printed.end()["command"], "plan example");
}

#[tokio::test]
async fn an_operation_that_the_contract_does_not_know_is_a_usage_error() {
    for args in [vec!["plan", "example", "cpoy"], vec!["plan", "example"], vec!["plan"]] {
        let output = binary().args(&args).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()), "{args:?}: {said}");
        assert!(!said.is_empty(), "{args:?}");
    }
    let mut command = binary();
    command.args(["plan", "example", "cpoy", "--json"]);
    let printed = json_lines(command).await;
    assert_eq!((printed.code, printed.events("error")[0]["code"].as_str()), (2, Some("usage")), "{}", printed.stdout);
}

#[tokio::test]
async fn the_label_of_a_plan_is_shown_with_its_runs() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    fill(&stack, "acme", 1).await;
    let plan = Plan::copy("acme", "globex").set("label", "\"2nd try, 夜間\"");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let run = printed.end()["run"].as_str().unwrap();
    for args in [vec!["runs"], vec!["runs", "show", run]] {
        let line = program.json(&args).await.events("run")[0]["label"].clone();
        assert_eq!((&line, &printed.events("run")[0]["label"]), (&"2nd try, 夜間".into(), &line), "{args:?}");
        let (code, stdout, _) = program.text(&args).await;
        assert!(code == 0 && stdout.contains("2nd try, 夜間"), "{args:?}: {stdout}");
    }
    // As a journal that is older than labels.
    let journal = stack.state.path().join("runs").join(run).join("journal.db");
    let journal = rusqlite::Connection::open(journal).unwrap();
    journal.execute("UPDATE run SET plan = json_remove(plan, '$.run.label')", []).unwrap();
    assert_eq!(program.json(&["runs"]).await.events("run")[0]["label"], "");
    let (_, stdout, _) = program.text(&["runs", "show", run]).await;
    assert!(!stdout.contains("label"), "{stdout}");
}
