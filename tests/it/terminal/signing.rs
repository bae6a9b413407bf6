//! Signing in from the console, against stand-ins for STS, SSO and the instance's metadata on loopback.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tenantry::domain::row::TableKind;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::kit::Console;
use crate::sign_in::{ARN, CODE, caller, careful_sts, gate, refusal};
use crate::support::plan::{self, Plan};
use crate::support::program::{binary, json_lines};
use crate::support::proxy::{genuine, message};
use crate::support::{Fake, Fault, Proxy, Stack};

/// A machine with AWS files of its own, whose services stand on loopback.
struct Machine {
    dir: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Machine {
    fn new(dynamodb: &str, services: &str, aws_config: &str, profile: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let text = format!(
            "default_profile = \"t\"\n[profiles.t]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\n\
             aws_profile = \"corp\"\nsign_in = \"sh '{}'\"\n{profile}\n",
            at("login.sh")
        );
        std::fs::write(at("config.toml"), text).unwrap();
        std::fs::write(at("aws"), aws_config).unwrap();
        let mut environment = vec![
            ("HOME", at("")),
            ("AWS_CONFIG_FILE", at("aws")),
            ("AWS_SHARED_CREDENTIALS_FILE", at("credentials")),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("TENANTRY_LOG", "tenantry=trace".to_owned()),
        ];
        // An empty one counts as none.
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            environment.push((name, String::new()));
        }
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.to_owned()));
        for name in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO"] {
            environment.push((name, services.to_owned()));
        }
        Self { dir, environment }
    }

    /// What the profile's command does.
    fn login(&self, script: &str) {
        std::fs::write(self.dir.path().join("login.sh"), script).unwrap();
    }

    fn keys(&self, name: &str, id: &str) {
        let text = format!("[corp]\naws_access_key_id = {id}\naws_secret_access_key = CANARY-secret-of-{id}\n");
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<String> {
        let at = |name: &str| self.dir.path().join(name).display().to_string();
        let own = ["--config".to_owned(), at("config.toml"), "--state".to_owned(), at("state")];
        own.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
    }

    fn console(&self, more: &[&str]) -> Console {
        let arguments = self.arguments(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let environment: Vec<(&str, &str)> = self.environment.iter().map(|(n, v)| (*n, v.as_str())).collect();
        Console::start(&arguments, &environment)
    }

    async fn json(&self, more: &[&str]) -> crate::support::program::Printed {
        let mut command = binary();
        command.envs(self.environment.iter().map(|(name, value)| (*name, value.as_str())));
        command.args(self.arguments(more)).arg("--json");
        json_lines(command).await
    }

    /// No file of ours holds one of the secrets.
    fn assert_silent(&self) {
        for file in files(&self.dir.path().join("state")) {
            let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
            assert!(!text.contains("CANARY") && !text.contains(CODE), "{}", file.display());
        }
        assert!(self.dir.path().join("state/logs/tenantry.log").exists());
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

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
    console.wait_for("40/40 100%");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_console_asks_for_the_code_of_the_device_and_keeps_the_session_in_memory() {
    const AWS: &str = "[profile corp]\nrole_arn = arn:aws:iam::1:role/support\nsource_profile = base\n\
                       mfa_serial = arn:aws:iam::1:mfa/me\n[profile base]\naws_access_key_id = AKIDBASE\n\
                       aws_secret_access_key = CANARY-secret-of-the-base\n";
    let stack = Stack::new().await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let sts = careful_sts(Arc::clone(&asked)).await;
    let machine = Machine::new(stack.profile.endpoints.dynamodb.as_deref().unwrap(), &sts, AWS, "");
    let mut console = machine.console(&[]);
    console.wait_for("type the six digits");
    console.press("000000\r");
    console.wait_for("was not accepted");
    assert!(!console.text().contains("role support"));
    console.press(&format!("{CODE}\r"));
    console.wait_for("role support");
    console.wait_for("days left");
    console.wait_for("not counted: s counts it");
    assert!(!console.text().contains("Sign in again"), "{}", console.text());
    console.press("q");
    assert_eq!(console.ended(), 0);
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
    console.wait_for("Sign in again: profile t");
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
async fn sso_and_sts(is_open: Arc<Mutex<bool>>) -> String {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_instance_that_gives_nothing_and_a_clock_that_is_off_are_named_and_nothing_is_written() {
    let stack = Stack::new().await;
    let before = stack.dump().await;
    let at = stack.profile.endpoints.dynamodb.as_deref().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = (format!("http://{}", silent.local_addr().unwrap()), silent);
    let refusing = Fake::answering(genuine("403 No", "text/plain", "no")).await;
    for (metadata, code, says) in [
        (refusing.endpoint.as_str(), "credentials", "the metadata service of this machine gives no credentials"),
        (silent.0.as_str(), "credentials", "AWS credentials"),
    ] {
        let mut machine = Machine::new(at, "http://127.0.0.1:1", "[profile corp]\nregion = ap-northeast-1\n", "");
        machine.environment.retain(|(name, _)| *name != "AWS_EC2_METADATA_DISABLED");
        machine.environment.push(("AWS_EC2_METADATA_DISABLED", "false".to_owned()));
        machine.environment.push(("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.to_owned()));
        let text = std::fs::read_to_string(machine.dir.path().join("config.toml")).unwrap();
        std::fs::write(machine.dir.path().join("config.toml"), text.replace("aws_profile = \"corp\"\n", "")).unwrap();
        let printed = machine.json(&["tenants"]).await;
        let error = printed.events("error")[0];
        assert_eq!((printed.code, &error["code"]), (1, &code.into()), "{error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        let mut console = machine.console(&[]);
        console.wait_for(says);
        console.press("q");
        assert_eq!(console.ended(), 0);
    }
    let proxy = Proxy::before(at).await;
    proxy.by_chance(1, &[], &[(Fault::Skewed(20), 100)]);
    let machine = Machine::new(&proxy.endpoint, "http://127.0.0.1:1", "[profile corp]\nregion = ap-northeast-1\n", "");
    machine.keys("credentials", "AKID");
    let printed = machine.json(&["tenants"]).await;
    let error = printed.events("error")[0];
    assert_eq!((printed.code, &error["code"]), (1, &"clock".into()), "{error}");
    let mut console = machine.console(&["--arm"]);
    console.wait_for("this machine's clock is");
    console.press("q");
    assert_eq!(console.ended(), 0);
    machine.assert_silent();
    assert_eq!(stack.dump().await, before);
}
