//! Signing in from the console, against stand-ins for STS, SSO and the instance's metadata on loopback.

use std::sync::{Arc, Mutex};

use tenantry::domain::row::TableKind;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::machine::Machine;
use crate::sign_in::{ARN, CODE, caller, careful_sts, gate, refusal};
use crate::support::Stack;
use crate::support::plan::{self, Plan};
use crate::support::proxy::{genuine, message};

/// STS that knows the keys of one name only.
async fn strict_sts(accepted: Arc<Mutex<&'static str>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let accepted = Arc::clone(&accepted);
            tokio::spawn(async move {
                while let Some((head, _)) = message(&mut client, true).await {
                    let is_known = head.contains(&format!("Credential={}/", *accepted.lock().unwrap()));
                    let answer = if is_known { caller("111111111111", ARN) } else { refusal("ExpiredToken") };
                    if client.write_all(&answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    endpoint
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_paused_by_an_expired_session_goes_on_after_signing_in_and_no_item_fails() {
    const ITEMS: usize = 40;
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", ITEMS).await;
    let accepted = Arc::new(Mutex::new("OLDKEY"));
    let dynamodb = gate(stack.profile.endpoints.dynamodb.as_deref().unwrap(), Arc::clone(&accepted)).await;
    let sts = strict_sts(Arc::clone(&accepted)).await;
    let told = tempfile::NamedTempFile::new().unwrap();
    let notify = format!(
        "[notify]\ncommand = [\"sh\", \"-c\", 'echo $TENANTRY_EVENT $TENANTRY_PROFILE $TENANTRY_BATCH $TENANTRY_STATE >> {}']",
        told.path().display()
    );
    let machine = Machine::new(&dynamodb, &sts, "[profile corp]\nregion = ap-northeast-1\n", &notify);
    machine.keys("credentials", "OLDKEY");
    machine.keys("renewed", "NEWKEY");
    machine
        .login("echo opening the page\nsleep 1\ncp \"$HOME/renewed\" \"$HOME/credentials\"\necho you are signed in\n");
    let plan = Plan::copy("acme", "globex").set("canary", "2");
    let mut console = machine.console(&["--arm"]);
    console.wait_for("ARMED");
    console.wait_for("role support");
    console.press(&format!(":plan open {}\r", plan.path()));
    console.wait_for("ready to be previewed");
    console.press("R");
    console.wait_for("CANARY: ");
    console.press("aW");
    console.wait_for("Batch 2:");
    *accepted.lock().unwrap() = "NEWKEY";
    console.press("r");
    console.wait_for("WITHOUT asking again");
    console.press("38\r");
    console.wait_for("The run is paused");
    console.press("i");
    // The old keys are still in the file: nobody accepts them.
    console.wait_for("runs the profile's own command");
    console.wait_for("login.sh");
    assert!(!console.text().contains("has ended"), "{}", console.text());
    console.press("r");
    console.wait_for("opening the page");
    console.wait_for("has ended");
    console.wait_for("is done: 40 done");
    console.press("q");
    assert_eq!(console.ended(), 0);
    assert_eq!(stack.rows(TableKind::Data, "globex").await.len(), ITEMS);
    let runs = machine.json(&["runs"]).await;
    let run = runs.events("run")[0];
    let count = |word: &str| run["outcomes"][word].as_u64().unwrap_or(0);
    assert_eq!((run["state"].as_str(), count("done"), count("failed")), (Some("done"), ITEMS as u64, 0));
    let told = std::fs::read_to_string(told.path()).unwrap();
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told, ["batch_waits t 1 waiting", "batch_waits t 2 waiting", "run_paused t paused", "run_ended t done"]);
    machine.assert_silent();
}

/// A role that wants the code of the device at the end of its chain.
const ROLE_WITH_CODE: &str = "[profile corp]\nrole_arn = arn:aws:iam::1:role/support\nsource_profile = base\n\
                              mfa_serial = arn:aws:iam::1:mfa/me\n[profile base]\naws_access_key_id = AKIDBASE\n\
                              aws_secret_access_key = CANARY-secret-of-the-base\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_on_the_command_line_asks_for_another_code_when_the_session_has_ended() {
    const ITEMS: usize = 60;
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", ITEMS).await;
    let accepted = Arc::new(Mutex::new("AKIDROLE"));
    let dynamodb = gate(stack.profile.endpoints.dynamodb.as_deref().unwrap(), Arc::clone(&accepted)).await;
    let sts = careful_sts(Arc::default()).await;
    let machine = Machine::new(&dynamodb, &sts, ROLE_WITH_CODE, "");
    let plan = Plan::copy("acme", "globex").set("rate", "10");
    let mut run = machine.console(&["run", plan.path(), "--arm", "--approve", "all"]);
    run.wait_for("type the six digits");
    run.press(&format!("{CODE}\r"));
    while stack.rows(TableKind::Data, "globex").await.len() < 5 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    *accepted.lock().unwrap() = "nobody";
    run.wait_for("the run is paused");
    assert!(stack.rows(TableKind::Data, "globex").await.len() < ITEMS);
    *accepted.lock().unwrap() = "AKIDROLE";
    run.press("12\r");
    run.press("000000\r");
    run.wait_for("was not accepted");
    run.press(&format!("{CODE}\r"));
    run.wait_for("the run goes on");
    assert_eq!(run.ended(), 0, "{}", run.text());
    assert_eq!(stack.rows(TableKind::Data, "globex").await.len(), ITEMS);
    // Every item was told, also those that landed while somebody typed.
    let told = machine.json(&["runs"]).await;
    assert_eq!(told.events("run")[0]["outcomes"]["done"], ITEMS);
    // Without an answer it ends as it would without a terminal, and can be gone on with.
    let plan = Plan::copy("acme", "initech").set("rate", "10");
    let mut run = machine.console(&["run", plan.path(), "--arm", "--approve", "all", "--mfa-code", CODE]);
    while stack.rows(TableKind::Data, "initech").await.len() < 5 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    *accepted.lock().unwrap() = "nobody";
    run.wait_for("the run is paused");
    run.press("\r\r\r");
    run.wait_for("run --resume");
    assert_eq!(run.ended(), 1, "{}", run.text());
    machine.assert_silent();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_console_asks_for_the_code_of_the_device_and_keeps_the_session_in_memory() {
    let stack = Stack::new().await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let sts = careful_sts(Arc::clone(&asked)).await;
    let endpoint = stack.profile.endpoints.dynamodb.as_deref().unwrap();
    let machine = Machine::new(endpoint, &sts, ROLE_WITH_CODE, "");
    let mut console = machine.console(&[]);
    console.wait_for("type the six digits");
    console.press("000000\r");
    console.wait_for("was not accepted");
    assert!(!console.text().contains("role support"));
    console.press(&format!("{CODE}\r"));
    console.wait_for("role support");
    console.wait_for("days left");
    console.wait_for("not counted: s counts it");
    assert!(!console.text().contains("Sign in: "), "{}", console.text());
    console.press("q");
    assert_eq!(console.ended(), 0);
    // Headless somebody is asked where somebody is there to answer; a mistyped code ends the command.
    for (code, exit, says) in [(CODE, 0, "assumed-role/support/me"), ("000000", 1, "was not accepted")] {
        let mut headless = machine.console(&["whoami"]);
        headless.wait_for("type the six digits");
        headless.press(&format!("{code}\r"));
        headless.wait_for(says);
        assert_eq!(headless.ended(), exit);
    }
    assert!(asked.lock().unwrap().iter().filter(|action| *action == "AssumeRole").count() >= 2);
    machine.assert_silent();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_of_sso_that_was_renewed_is_taken_up() {
    const AWS: &str = "[profile corp]\nsso_session = main\nsso_account_id = 1\nsso_role_name = support\nregion = eu-west-1\n\
                       [sso-session main]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";
    let stack = Stack::new().await;
    let portal = Arc::new(Mutex::new(true));
    let services = sso_and_sts(Arc::clone(&portal)).await;
    let machine = Machine::new(stack.profile.endpoints.dynamodb.as_deref().unwrap(), &services, AWS, "");
    machine.login(
        "mkdir -p \"$HOME/.aws/sso/cache\"\necho '{\"accessToken\":\"CANARY-access-token\",\"expiresAt\":\"2099-01-01T00:00:00Z\",\
         \"region\":\"eu-west-1\",\"startUrl\":\"https://corp.awsapps.com/start\"}' \
         > \"$HOME/.aws/sso/cache/b28b7af69320201d1cf206ebf28373980add1451.json\"\necho Successfully logged into Start URL\n",
    );
    let mut console = machine.console(&[]);
    console.wait_for("nobody is signed in to SSO");
    console.press("\u{1b}[15~");
    console.wait_for("Sign in: profile t");
    console.wait_for("look again");
    console.press("r");
    console.wait_for("role support");
    console.wait_for("not counted: s counts it");
    // Revoked, the next look says so, and headless it is the same.
    *portal.lock().unwrap() = false;
    let printed = machine.json(&["tenants"]).await;
    assert_eq!((printed.code, &printed.events("error")[0]["code"]), (1, &"sign_in".into()), "{}", printed.stdout);
    console.press("q");
    assert_eq!(console.ended(), 0);
    machine.assert_silent();
}

/// The portal of SSO while somebody is signed in there, and STS.
pub(super) async fn sso_and_sts(is_open: Arc<Mutex<bool>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let is_open = Arc::clone(&is_open);
            tokio::spawn(async move {
                while let Some((head, _)) = message(&mut client, true).await {
                    let answer = if head.starts_with("POST") {
                        caller("111111111111", ARN)
                    } else if *is_open.lock().unwrap() {
                        let end = jiff::Timestamp::now().as_millisecond() + 3_600_000;
                        let text = format!(
                            r#"{{"roleCredentials":{{"accessKeyId":"sandbox","secretAccessKey":"CANARY-secret-of-sso","sessionToken":"CANARY-session-of-sso","expiration":{end}}}}}"#
                        );
                        genuine("200 OK", "application/json", &text)
                    } else {
                        let kind = "application/json\r\nx-amzn-ErrorType: UnauthorizedException";
                        genuine("401 No", kind, r#"{"message":"no"}"#)
                    };
                    if client.write_all(&answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    endpoint
}
