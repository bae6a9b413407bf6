//! A journal that cannot grow any more: what it cannot record is not written.

use std::path::Path;
use std::process::Stdio;

use tenantry::domain::row::TableKind;

use crate::support::plan::Plan;
use crate::support::program::{Printed, json_lines};
use crate::support::{Program, Stack};

const ITEMS: usize = 300;

/// Runs the program where no file may grow beyond so many kilobytes: like a full disk, but for this one only.
async fn limited(program: &Program, args: &[&str], kilobytes: u64) -> Printed {
    let full = program.command(args);
    let full = full.as_std();
    let mut command = tokio::process::Command::new("bash");
    command.args(["-c", r#"trap "" XFSZ; ulimit -f "$0"; exec "$@""#, &kilobytes.to_string()]);
    command.arg(full.get_program()).args(full.get_args()).arg("--json");
    for (name, value) in full.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    json_lines(command).await
}

/// Items that the journal of a run says were begun, whatever became of them.
fn begun(journal: &str) -> Vec<String> {
    let connection = rusqlite::Connection::open(Path::new(journal)).unwrap();
    let mut statement = connection.prepare("SELECT target_sk FROM item WHERE begun_at IS NOT NULL").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn what_the_journal_cannot_record_is_not_written() {
    let stack = Stack::with(|p| p.attribute_limit_bytes = 2_000).await;
    stack.products("disk-a", ITEMS, 2_000).await;
    let program = Program::new(&stack);
    let whole = Plan::copy("disk-a", "whole").set("batch", "40");
    let printed = program.json(&["run", whole.path(), "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let run = printed.end()["run"].as_str().unwrap();
    let wanted = stack.left("disk-a", "whole", &[run]).await;
    let (mut in_the_middle, mut in_the_preview) = (0, 0);
    for kilobytes in (200..2_400).step_by(150) {
        let to = format!("disk-{kilobytes}");
        let plan = Plan::copy("disk-a", &to).set("batch", "40");
        let printed = limited(&program, &["run", plan.path(), "--arm", "--approve", "all"], kilobytes).await;
        let written: Vec<String> =
            stack.rows(TableKind::Data, &to).await.iter().map(|row| row.text("sk").unwrap().to_owned()).collect();
        println!("{kilobytes} KB: exit {}, {} of {ITEMS} written", printed.code, written.len());
        if printed.code == 0 {
            assert_eq!(written.len(), ITEMS);
            break;
        }
        let error = printed.events("error")[0];
        assert_eq!((printed.code, error["code"].as_str()), (1, Some("io")), "{}", printed.stdout);
        // Rows may have been written before: nobody is told that none were.
        assert!(!error.to_string().contains("not affected"), "{error}");
        let Some(run) = printed.events("run").last().copied().cloned() else {
            // Not even the preview could be kept.
            in_the_preview += 1;
            assert_eq!(written, Vec::<String>::new());
            continue;
        };
        in_the_middle += 1;
        assert_ne!(run["state"], "done");
        let begun = begun(run["journal"].as_str().unwrap());
        assert!(written.iter().all(|sk| begun.contains(sk)), "written, and not recorded as begun");
        // Told as done is only what is recorded as done.
        let told = printed.events("item").len();
        assert!(told <= written.len());
        let run = run["run"].as_str().unwrap();
        let resumed = program.json(&["run", "--resume", run, "--arm", "--approve", "all"]).await;
        assert_eq!(resumed.code, 0, "{}", resumed.stdout);
        assert_eq!(resumed.events("item").len() + told, ITEMS);
        assert!(stack.left("disk-a", &to, &[run]).await == wanted, "{kilobytes} KB");
    }
    assert!(in_the_middle > 0 && in_the_preview > 0, "{in_the_middle} in the middle, {in_the_preview} in the preview");
}
