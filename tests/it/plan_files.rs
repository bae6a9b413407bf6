//! Example plans, as printed for people and for programs.

use std::path::Path;

use tenantry::config::plan;

use crate::support::program::{binary, json_lines};

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
