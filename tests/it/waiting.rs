//! Whatever takes long says what it waits for, and Ctrl-C ends it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;

use crate::support::program::fifo;
use crate::support::{Program, Stack};

const QUICK: Duration = Duration::from_secs(60);

fn interrupt(child: &tokio::process::Child) {
    let id = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

#[tokio::test]
async fn a_service_that_never_answers_is_named_and_ctrl_c_ends_it() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let stack = Stack::new().await;
    let program = Program::at(&stack, &endpoint, &endpoint, "");
    let mut command = program.command(&["entities", "PRODUCT#acme"]);
    command.stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let (began, mut said) = (Instant::now(), Vec::new());
    while !String::from_utf8_lossy(&said).contains("Ctrl-C") {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", String::from_utf8_lossy(&said));
        let _ = tokio::time::timeout(Duration::from_secs(1), stderr.read_buf(&mut said)).await;
    }
    let said = String::from_utf8(said).unwrap();
    assert!(
        said.starts_with("waiting since 10 s for an answer of the services (requests so far 1); Ctrl-C ends it"),
        "{said}"
    );
    interrupt(&child);
    let status = tokio::time::timeout(QUICK, child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(130));
    drop(silent);
}

#[tokio::test]
async fn ctrl_c_ends_an_import_that_waits_for_its_file() {
    let stack = Stack::new().await;
    let dir = tempfile::TempDir::new().unwrap();
    let plan = dir.path().join("plan.toml").to_str().unwrap().to_owned();
    std::fs::write(&plan, "name = \"t\"\noperation = \"import\"\n[target]\ntenant = \"hooli\"\n").unwrap();
    let program = Program::new(&stack);
    // Nobody ever writes into it.
    let mut child =
        program.command(&["import", &fifo(dir.path()), &plan, "--arm", "--approve", "all"]).spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    interrupt(&child);
    let status = tokio::time::timeout(Duration::from_secs(8), child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(130));
}
