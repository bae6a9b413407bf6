//! Recorded runs are removed once they ended long ago, and never while anything may still need them.

use std::path::Path;

use crate::support::plan::{Plan, fill};
use crate::support::{Program, Stack};

/// Lets a run have ended so many days ago, in this state.
fn aged(state_dir: &Path, run: &str, days: i64, state: &str) {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    let at = tenantry::domain::clock::utc_millis(at);
    let journal = rusqlite::Connection::open(state_dir.join("runs").join(run).join("journal.db")).unwrap();
    let changed = journal.execute("UPDATE run SET ended_at = ?1, state = ?2", [at.as_str(), state]);
    assert_eq!(changed.unwrap(), 1);
}

fn recorded(state_dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(state_dir.join("runs")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn pruned(program: &Program, more: &[&str]) -> Vec<String> {
    let printed = program.json(&[&["runs", "prune", "--older", "12w"], more].concat()).await;
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""), "{}", printed.stdout);
    let mut runs: Vec<String> =
        printed.events("run").iter().map(|run| run["run"].as_str().unwrap().to_owned()).collect();
    assert_eq!(printed.end()["rows"], runs.len());
    runs.sort();
    runs
}

#[expect(clippy::disallowed_methods, reason = "somebody else holds the run")]
#[tokio::test]
async fn what_ended_long_ago_and_is_needed_by_nothing_is_removed() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    let state = stack.state.path();
    fill(&stack, "acme", 2).await;
    let mut runs = Vec::new();
    for tenant in ["a", "b", "c", "d", "e"] {
        let printed = program.json(&["run", Plan::copy("acme", tenant).path(), "--arm", "--approve", "all"]).await;
        runs.push(printed.end()["run"].as_str().unwrap().to_owned());
    }
    let [old, young, waiting, undone, held] = runs.as_slice() else { panic!("{runs:?}") };
    let printed = program.json(&["undo", undone, "--arm", "--approve", "all"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let undo = printed.end()["run"].as_str().unwrap().to_owned();
    for (run, days, state_word) in [
        (old, 85, "done"),
        (young, 83, "done"),
        (waiting, 400, "stopped"),
        (undone, 400, "undone"),
        (&undo, 10, "done"),
        (held, 400, "done"),
    ] {
        aged(state, run, days, state_word);
    }
    let lock = std::fs::File::open(state.join("runs").join(held).join("lock")).unwrap();
    lock.lock().unwrap();
    let before = recorded(state);
    assert_eq!(pruned(&program, &["--dry-run"]).await, std::slice::from_ref(old));
    assert_eq!(recorded(state), before);
    assert_eq!(pruned(&program, &[]).await, std::slice::from_ref(old));
    assert!(!recorded(state).contains(old) && recorded(state).len() == before.len() - 1);
    drop(lock);
    // A run and the one that took it back go together; what a killed process left half removed goes, too.
    aged(state, &undo, 400, "done");
    std::fs::create_dir(state.join("runs").join(format!("going-{old}"))).unwrap();
    let mut both = [undone.clone(), held.clone(), undo.clone()];
    both.sort();
    assert_eq!(pruned(&program, &[]).await, both);
    let mut left = [young.clone(), waiting.clone()];
    left.sort();
    assert_eq!(recorded(state), left);
    let (exit, out, _) = program.text(&["runs", "prune", "--older", "12w"]).await;
    assert!(exit == 0 && out.contains("no run that may be removed"), "{out}");
    for wrong in ["90", "d", "3m", "-1d", "1.5h"] {
        assert_eq!(program.json(&["runs", "prune", &format!("--older={wrong}")]).await.code, 2, "{wrong}");
    }
}
