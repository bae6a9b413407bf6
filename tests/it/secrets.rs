//! Secrets are shown nowhere: not on the terminal, in JSON lines, logs, journals or reports, whoever brings them up.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::support::plan::{self, Plan};
use crate::support::{Fault, Program, Proxy, Stack};

const SECRET: &str = "CANARYsecretAccessKey/of+40+characters00";
const TOKEN: &str = "CANARYsessionToken/that+is=long//and/odd==";
const PASSWORD: &str = "CANARYpw";

/// True where a text holds one of the canaries, in any spelling.
fn sings(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains("CANARY")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn secretly(mut command: Command) -> Command {
    command
        .env("AWS_ACCESS_KEY_ID", "sandbox")
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_SESSION_TOKEN", TOKEN)
        .env("TENANTRY_LOG", "tenantry=trace");
    command
}

async fn printed(program: &Program, args: &[&str], state: &Path) -> (i32, String) {
    let output = secretly(program.command(args)).output().await.unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!sings(text.as_bytes()), "{args:?}: {text}");
    for file in files(state) {
        assert!(!sings(&std::fs::read(&file).unwrap()), "{args:?}: {}", file.display());
    }
    (output.status.code().unwrap(), text)
}

#[tokio::test]
async fn a_service_that_repeats_its_request_repeats_no_secret() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 12).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let with_password = proxy.endpoint.replace("http://", &format!("http://user:{PASSWORD}@"));
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    let dir = tempfile::TempDir::new().unwrap();
    let (exported, report) = (dir.path().join("run.db"), dir.path().join("run.html"));
    let state = stack.state.path();
    // Wrong signatures end the run, denials each item, and what nobody knows leaves it in doubt.
    for (code, to) in [("InvalidSignatureException", "a"), ("AccessDeniedException", "b"), ("SomethingNew", "c")] {
        proxy.after(0, Some(Fault::Echo(code)));
        for json in [&[][..], &["--json"]] {
            let plan = Plan::copy("acme", &format!("{to}-{}", json.len()));
            let args = [&["run", plan.path(), "--arm", "--approve", "all"], json].concat();
            let (exit, text) = printed(&program, &args, state).await;
            assert!(exit != 0 && text.contains("[redacted]"), "{code}: {text}");
            let run =
                stack.state.path().join("runs").read_dir().unwrap().map(|run| run.unwrap().file_name()).max().unwrap();
            let run = run.to_str().unwrap();
            let (file, page) = (exported.to_str().unwrap(), report.to_str().unwrap());
            for show in [
                ["runs", "show", run].to_vec(),
                ["runs", "export", run, file].to_vec(),
                ["runs", "report", run].to_vec(),
                ["runs", "report", run, "--to", page].to_vec(),
            ] {
                printed(&program, &show, state).await;
            }
            for written in [&exported, &report] {
                assert!(!sings(&std::fs::read(written).unwrap()), "{}", written.display());
                std::fs::remove_file(written).unwrap();
            }
        }
    }
    // The log was written, and says something.
    assert!(std::fs::metadata(state.join("logs/tenantry.log")).is_ok());
    proxy.after(0, None);
    proxy.by_chance(1, &[], &[(Fault::Echo("InvalidSignatureException"), 100)]);
    let (exit, text) = printed(&program, &["tenants", "--json"], state).await;
    assert!(exit == 1 && text.contains("[redacted]"), "{text}");
    proxy.by_chance(1, &[], &[]);
    // A password in an address: in no journal, and no reason to take the place for another.
    let program = Program::at(&stack, &with_password, at.s3.as_deref().unwrap(), "");
    let plan = Plan::copy("acme", "d");
    let (exit, text) = printed(&program, &["run", plan.path(), "--arm", "--approve", "canary", "--json"], state).await;
    assert_eq!(exit, 0, "{text}");
    let run = stack.state.path().join("runs").read_dir().unwrap().map(|run| run.unwrap().file_name()).max().unwrap();
    let verify = ["verify", run.to_str().unwrap()];
    assert_eq!(printed(&program, &verify, state).await.0, 0);
    let other = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    assert_eq!(printed(&other, &verify, state).await.0, 0, "the same place without its password");
    let dead = with_password.rsplit_once(':').unwrap().0.to_owned() + ":1";
    let (exit, text) = printed(&Program::at(&stack, &dead, at.s3.as_deref().unwrap(), ""), &verify, state).await;
    assert!(exit == 1 && text.contains("http://127.0.0.1:1"), "{text}");
}

/// The canaries are there to be seen: without the rules they would be.
#[tokio::test]
async fn the_canaries_do_reach_the_service() {
    let stack = Stack::new().await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    proxy.by_chance(1, &[], &[(Fault::Echo("SomethingNew"), 100)]);
    let program = Program::at(&stack, &proxy.endpoint, stack.profile.endpoints.s3.as_deref().unwrap(), "");
    let output = secretly(program.command(&["tenants", "--json"])).output().await.unwrap();
    let printed: Vec<serde_json::Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let said = printed[0]["message"].as_str().unwrap();
    assert_eq!(said.matches("[redacted]").count(), 2, "{said}");
}

#[tokio::test]
async fn the_log_holds_neither_keys_nor_plans() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 2).await;
    let program = Program::new(&stack);
    let plan = Plan::copy("acme", "globex");
    for args in [
        vec!["history", "PRODUCT#acme", "I-0001", "--module", "product"],
        vec!["run", plan.path(), "--arm", "--approve", "all"],
    ] {
        let output = secretly(program.command(&args)).output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let is_log = |path: &PathBuf| path.extension().is_some_and(|e| e == "log");
    let logs: Vec<String> = files(stack.state.path())
        .into_iter()
        .filter(is_log)
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let all = logs.join("\n");
    assert!(all.contains("RunPlan") && all.contains("History"), "{all}");
    assert!(!all.contains("I-0001") && !all.contains("globex"), "{all}");
}
