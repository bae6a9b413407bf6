//! The configuration of a team beside one's own, and whoever is told of runs.

use std::path::Path;

use crate::support::plan::{self, Plan};
use crate::support::program::{Printed, binary, json_lines};
use crate::support::{Fault, Proxy, Stack};

/// A configuration in a directory of its own, with files of a team beside it.
fn config(stack: &Stack, dir: &Path, more: &str) -> String {
    let at = &stack.profile.endpoints;
    let own = format!("default_profile = \"own\"\n{more}\n[profiles.own]\nenvironment = \"dev\"\napp = \"nothing\"\n");
    let team = format!(
        "[profiles.own]\napp = \"shop\"\nregion = \"ap-northeast-1\"\nbucket = \"shop-private\"\n[profiles.own.endpoints]\n\
         dynamodb = \"{}\"\ns3 = \"{}\"\n[profiles.other]\nenvironment = \"stg\"\napp = \"shop\"\n",
        at.dynamodb.as_deref().unwrap(),
        at.s3.as_deref().unwrap()
    );
    std::fs::create_dir_all(dir.join("config.d")).unwrap();
    std::fs::write(dir.join("config.toml"), own).unwrap();
    std::fs::write(dir.join("config.d/10-team.toml"), team).unwrap();
    dir.join("config.toml").display().to_string()
}

#[tokio::test]
async fn files_of_a_team_are_read_over_ones_own_and_each_value_says_where_it_comes_from() {
    let stack = Stack::golden().await;
    let dir = tempfile::TempDir::new().unwrap();
    let path = config(&stack, dir.path(), "");
    let run = async |args: &[&str]| {
        let mut command = binary();
        let output = command.args(["--config", &path]).args(args).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (code, out, err) = run(&["config", "check"]).await;
    assert_eq!(code, 0, "{out}{err}");
    for line in [
        "own (default): tables dev-shop-*",
        "other: tables stg-shop-*",
        &format!("  profiles.own.environment = \"dev\"  ({path}:4)"),
        &format!("  profiles.own.app = \"shop\"  ({}/config.d/10-team.toml:2)", dir.path().display()),
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    assert!(!out.contains("nothing"), "{out}");
    let state = stack.state.path().display().to_string();
    let (code, out, err) = run(&["--state", &state, "tenants", "--keys"]).await;
    assert!(code == 0 && out.contains("acme"), "{out}{err}");
    // What is wrong is told with the file that it stands in.
    let wrong = dir.path().join("config.d/20.toml");
    std::fs::write(&wrong, "[profiles.other]\nprotekted = true\n").unwrap();
    let (code, out, err) = run(&["config", "check"]).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains(&format!("{}:2: profiles.other.protekted", wrong.display())), "{err}");
    assert!(err.contains("did you mean protected?"), "{err}");
}

async fn copied(stack: &Stack, to: &str, notify: &str) -> Printed {
    let dir = tempfile::TempDir::new().unwrap();
    let path = config(stack, dir.path(), notify);
    let plan = Plan::copy("acme", to).set("canary", "2");
    let mut command = binary();
    command.args(["--config", &path, "--state", &stack.state.path().display().to_string(), "--json"]);
    command.args(["run", plan.path(), "--arm", "--approve", "all"]).env("TENANTRY_LOG", "tenantry=info");
    json_lines(command).await
}

#[tokio::test]
async fn whoever_is_told_of_runs_stops_none() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 5).await;
    let told = tempfile::NamedTempFile::new().unwrap();
    let script = "echo \"$TENANTRY_EVENT $TENANTRY_PROFILE $TENANTRY_RUN $TENANTRY_STATE\" >> \"$0\"";
    let well = copied(
        &stack,
        "globex",
        &format!("[notify]\ncommand = [\"sh\", \"-c\", '{script}', '{}']", told.path().display()),
    )
    .await;
    assert!(well.code == 0 && !well.stderr.contains("[notify]"), "{}{}", well.stdout, well.stderr);
    let run = well.end()["run"].as_str().unwrap();
    // Nobody is asked, so that nobody is told of batches.
    assert_eq!(std::fs::read_to_string(told.path()).unwrap(), format!("run_ended own {run} done\n"));
    for (to, command) in [("initech", "\"/no/such/program\""), ("umbrella", "\"false\"")] {
        let badly = copied(&stack, to, &format!("[notify]\ncommand = [{command}]")).await;
        assert_eq!((badly.code, &badly.end()["outcomes"]["done"]), (0, &5.into()), "{}", badly.stdout);
        assert!(badly.stderr.contains("[notify] command: "), "{}", badly.stderr);
    }
    let log = std::fs::read_to_string(stack.state.path().join("logs/tenantry.log")).unwrap();
    assert!(log.contains("/no/such/program cannot be started"), "{log}");
}

#[tokio::test]
async fn a_run_that_nothing_gets_through_to_says_so_to_whoever_is_told() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 5).await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    proxy.by_chance(1, &[(Fault::Code("ExpiredTokenException"), 100)], &[]);
    let told = tempfile::NamedTempFile::new().unwrap();
    let dir = tempfile::TempDir::new().unwrap();
    let script = "echo \"$TENANTRY_EVENT $TENANTRY_STATE\" >> \"$0\"";
    let notify = format!("[notify]\ncommand = [\"sh\", \"-c\", '{script}', '{}']", told.path().display());
    let path = config(&stack, dir.path(), &notify);
    let over = format!("[profiles.own.endpoints]\ndynamodb = \"{}\"\n", proxy.endpoint);
    std::fs::write(dir.path().join("config.d/20-proxy.toml"), over).unwrap();
    let plan = Plan::copy("acme", "globex").set("canary", "2");
    let mut command = binary();
    command.args(["--config", &path, "--state", &stack.state.path().display().to_string(), "--json"]);
    command.args(["run", plan.path(), "--arm", "--approve", "all"]);
    let printed = json_lines(command).await;
    assert_eq!((printed.code, &printed.events("error")[0]["code"]), (1, &"credentials".into()), "{}", printed.stdout);
    let told = std::fs::read_to_string(told.path()).unwrap();
    let mut told: Vec<&str> = told.lines().collect();
    // Each is a program of its own: which one is first is the system's business.
    told.sort_unstable();
    assert_eq!(told, ["run_ended stopped", "run_paused paused"]);
}
