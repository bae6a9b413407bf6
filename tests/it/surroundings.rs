//! What surrounds the program: an environment full of nonsense, arguments and keys with line breaks.

use tenantry::domain::row::Row;
use tenantry::domain::value::Value;

use crate::support::program::{Printed, binary, json_lines};
use crate::support::{Program, Stack};

fn error(printed: &Printed) -> (Option<&str>, &str) {
    let error = printed.events("error")[0];
    (error["code"].as_str(), error["message"].as_str().unwrap())
}

#[tokio::test]
async fn nonsense_in_the_environment_is_a_plain_error() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    for (name, value) in [("AWS_RETRY_MODE", "x"), ("AWS_MAX_ATTEMPTS", "-1"), ("TOKIO_WORKER_THREADS", "0")] {
        let mut command = program.command(&["entities", "PRODUCT#acme", "--json"]);
        command.env(name, value);
        let printed = json_lines(command).await;
        let (code, message) = error(&printed);
        assert_eq!((printed.code, code), (1, Some("config")), "{}", printed.stdout);
        assert!(message.starts_with(name) && message.contains(value), "{message}");
        assert!(!printed.stderr.contains("panicked"), "{}", printed.stderr);
    }
}

#[tokio::test]
async fn line_breaks_in_arguments_and_keys_make_no_lines() {
    let output = binary().args(["ten\nants: all is well"]).output().await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("ten␊ants") && !stderr.lines().any(|l| l.starts_with("ants")), "{stderr}");
    let output = binary().args(["history", "A", "b", "--mod\nule\u{1b}[31m", "x"]).output().await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("--mod␊ule␛[31m") && !stderr.lines().any(|l| l.starts_with("ule")), "{stderr}");
    let mut command = binary();
    command.args(["--json", "ten\nants"]);
    let printed = json_lines(command).await;
    assert!(error(&printed).1.contains("ten␊ants"), "{}", printed.stdout);
    // Keys of customers: in previews, in runs and in errors.
    let stack = Stack::golden().await;
    let good = stack.get("dev-shop-product-data", "PRODUCT#initech", "Q-1").await.unwrap();
    let sk = "Q-0\ndigest 0000";
    let mut odd = good.0.clone();
    odd.insert("sk".to_owned(), Value::s(sk));
    odd.insert("id".to_owned(), Value::s(format!("PRODUCT#initech#{sk}")));
    stack.put("dev-shop-product-data", &Row(odd)).await;
    let dir = tempfile::TempDir::new().unwrap();
    let plan = dir.path().join("plan.toml").to_str().unwrap().to_owned();
    let text = "name = \"t\"\noperation = \"copy\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"initech\"\n[target]\ntenant = \"hooli\"\n";
    std::fs::write(&plan, text).unwrap();
    let program = Program::new(&stack);
    for args in [
        vec!["preview", &plan, "--rows"],
        vec!["entities", "PRODUCT#initech"],
        vec!["history", "PRODUCT#initech", "x\ndigest 0000"],
    ] {
        let (_, out, err) = program.text(&args).await;
        assert!(format!("{out}{err}").contains("␊digest 0000"), "{args:?}: {out}{err}");
        assert!(!out.lines().chain(err.lines()).any(|line| line.starts_with("digest 0000")), "{args:?}: {out}{err}");
    }
}
