//! A state directory that is there already: its owner's alone, and of files.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::plan::Plan;
use crate::support::{Program, Stack};

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_directory_that_others_may_write_is_refused() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    for mode in [0o777, 0o775, 0o1777] {
        set_mode(stack.state.path(), mode);
        let refused = program.json(&["tenants"]).await;
        let error = refused.events("error")[0];
        assert_eq!((refused.code, error["code"].as_str()), (1, Some("io")), "{mode:o}: {}", refused.stdout);
        assert!(error["message"].as_str().unwrap().ends_with("can be written by others"), "{error}");
    }
    set_mode(stack.state.path(), 0o755);
    assert_eq!(program.json(&["tenants"]).await.code, 0);
}

#[tokio::test]
async fn a_link_or_a_pipe_in_place_of_a_file_of_a_run_is_refused() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "hooli").set("canary", "1");
    let begun = program.json(&["run", plan.path(), "--arm", "--approve", "canary"]).await;
    let run = begun.end()["run"].as_str().unwrap().to_owned();
    let dir = stack.state.path().join("runs").join(&run);
    let before = stack.dump().await;
    let victim = stack.state.path().join("victim");
    std::fs::write(&victim, "untouched").unwrap();
    for name in ["lock", "journal.db-wal"] {
        let (path, aside) = (dir.join(name), dir.join("aside"));
        let was_there = std::fs::rename(&path, &aside).is_ok();
        for is_pipe in [false, true] {
            match is_pipe {
                true => assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success()),
                false => symlink(&victim, &path).unwrap(),
            }
            let what = if is_pipe { "is a pipe" } else { "is a symbolic link" };
            for args in [
                &["run", "--resume", &run, "--arm", "--approve", "all"][..],
                &["runs", "show", &run],
                &["verify", &run],
            ] {
                let refused = program.json(args).await;
                let error = refused.events("error")[0];
                assert_eq!(refused.code, 1, "{name} {args:?}: {}", refused.stdout);
                assert!(error["message"].as_str().unwrap().ends_with(what), "{name} {args:?}: {error}");
            }
            assert!(program.json(&["runs"]).await.stdout.contains(what), "{name}");
            std::fs::remove_file(&path).unwrap();
        }
        if was_there {
            std::fs::rename(&aside, &path).unwrap();
        }
    }
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "untouched");
    assert_eq!(stack.dump().await, before, "nothing was written");
    let resumed = program.json(&["run", "--resume", &run, "--arm", "--approve", "all"]).await;
    assert_eq!(resumed.code, 0, "{}", resumed.stdout);
}
