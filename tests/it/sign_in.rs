//! Signing in: who is signed in and to what, where a profile leads, and again in the middle of a run.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use tenantry::domain::row::TableKind;
use tenantry::engine::failure::ErrorCode;
use tenantry::engine::protocol::{Command as Ask, Event, Steering};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use crate::support::plan::{self, Plan};
use crate::support::program::{Printed, binary, json_lines};
use crate::support::proxy::{genuine, message};
use crate::support::{Driver, Fake, Fault, Program, Proxy, Stack};

pub(crate) const ARN: &str = "arn:aws:sts::111111111111:assumed-role/support/me";

pub(crate) fn caller(account: &str, arn: &str) -> Vec<u8> {
    let text = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{arn}</Arn><UserId>u</UserId><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    genuine("200 OK", "text/xml", &text)
}

pub(crate) fn refusal(code: &str) -> Vec<u8> {
    let text = format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>");
    genuine("403 No", "text/xml", &text)
}

/// A machine whose AWS profile gets its credentials from a program, and a profile without endpoints of its own.
struct Machine {
    dir: tempfile::TempDir,
    dynamodb: String,
    sts: String,
}

impl Machine {
    fn new(dynamodb: &str, sts: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let text = "default_profile = \"t\"\n[profiles.t]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\n\
                    aws_profile = \"corp\"\nframework = \"1.4\"\ntimezone = \"Asia/Tokyo\"\n";
        std::fs::write(dir.path().join("config.toml"), text).unwrap();
        let file = dir.path().join("given.json");
        let config = format!("[profile corp]\ncredential_process = cat {}\n", file.display());
        std::fs::write(dir.path().join("aws"), config).unwrap();
        Self { dir, dynamodb: dynamodb.to_owned(), sts: sts.to_owned() }
    }

    fn gives(&self, end: &str) {
        let text = json!({"Version": 1, "AccessKeyId": "sandbox", "SecretAccessKey": "CANARY-secret-access-key",
            "SessionToken": "CANARY-session-token", "Expiration": end});
        std::fs::write(self.dir.path().join("given.json"), text.to_string()).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = binary();
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            command.env_remove(name);
        }
        command
            .env("HOME", self.dir.path())
            .env("AWS_CONFIG_FILE", self.dir.path().join("aws"))
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
            .env("AWS_ENDPOINT_URL_DYNAMODB", &self.dynamodb)
            .env("AWS_ENDPOINT_URL_STS", &self.sts)
            .env("TENANTRY_LOG", "tenantry=trace")
            .args(["--config", self.dir.path().join("config.toml").to_str().unwrap()])
            .args(["--state", self.dir.path().join("state").to_str().unwrap()])
            .args(args);
        command
    }

    async fn json(&self, args: &[&str]) -> Printed {
        let mut command = self.command(args);
        command.arg("--json");
        let printed = json_lines(command).await;
        let log = std::fs::read_to_string(self.dir.path().join("state/logs/tenantry.log")).unwrap_or_default();
        assert!(!format!("{}{}{log}", printed.stdout, printed.stderr).contains("CANARY"), "{}", printed.stdout);
        printed
    }
}

fn who(printed: &Printed) -> Json {
    let found = printed.events("who");
    assert_eq!(found.len(), 1, "{}", printed.stdout);
    found[0].clone()
}

fn code(printed: &Printed) -> &str {
    printed.events("error").first().and_then(|error| error["code"].as_str()).unwrap_or_default()
}

#[tokio::test]
async fn whoami_tells_account_arn_end_and_tables() {
    let stack = Stack::new().await;
    let sts = Fake::answering(caller("111111111111", ARN)).await;
    let machine = Machine::new(stack.profile.endpoints.dynamodb.as_deref().unwrap(), &sts.endpoint);
    machine.gives("2099-01-01T00:00:00Z");
    let printed = machine.json(&["whoami"]).await;
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""), "{}", printed.stdout);
    assert_eq!(
        who(&printed),
        json!({"event": "who", "profile": "t", "environment": "dev", "app": "shop", "account": "111111111111", "arn": ARN,
            "region": "ap-northeast-1", "expires_at": "2099-01-01T00:00:00.000Z",
            "tables": ["customer", "master", "order", "product"], "framework": "1.4"})
    );
    let output = machine.command(&["whoami"]).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(ARN) && text.contains("2099-01-01 09:00") && !text.contains("CANARY"), "{text}");
}

#[tokio::test]
async fn what_whoami_does_not_know_is_null_and_said() {
    let stack = Stack::new().await;
    let dynamodb = stack.profile.endpoints.dynamodb.as_deref().unwrap();
    let sts = Fake::answering(refusal("AccessDenied")).await;
    let machine = Machine::new(dynamodb, &sts.endpoint);
    // Nobody is signed in.
    let printed = machine.json(&["whoami"]).await;
    assert_eq!((printed.code, code(&printed)), (1, "credentials"), "{}", printed.stdout);
    let told = who(&printed);
    for key in ["account", "arn", "expires_at", "tables"] {
        assert!(told[key].is_null(), "{told}");
    }
    assert_eq!(sts.calls(), 0);
    // May not ask who it is: everything else is there.
    machine.gives("2099-01-01T00:00:00Z");
    let printed = machine.json(&["whoami"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    let told = who(&printed);
    assert!(told["account"].is_null() && told["arn"].is_null() && told["tables"].is_array(), "{told}");
    assert!(printed.stderr.contains("account and ARN are not known"), "{}", printed.stderr);
    // Nobody accepts the credentials.
    sts.answers(refusal("ExpiredToken"));
    let printed = machine.json(&["whoami"]).await;
    assert_eq!((printed.code, code(&printed)), (1, "credentials"), "{}", printed.stdout);
    assert!(who(&printed)["tables"].is_null());
    // Behind an endpoint of the profile's own nobody else is asked.
    let printed = Program::new(&stack).json(&["whoami"]).await;
    assert_eq!(printed.code, 0, "{}", printed.stdout);
    assert!(who(&printed)["account"].is_null() && printed.stderr.contains("AWS is not asked"), "{}", printed.stderr);
}

#[tokio::test]
async fn a_check_tells_each_part_with_its_remedy() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    let (exit, out, _) = program.text(&["config", "check", "--connect"]).await;
    assert_eq!(exit, 0, "{out}");
    for line in ["module product: data, command, history can be read", "bucket: shop-private can be listed"] {
        assert!(out.contains(line), "{out}");
    }
    assert!(out.contains("add --arm for that"), "{out}");
    let before = stack.dump().await;
    let armed = program.json(&["config", "check", "--connect", "--arm"]).await;
    assert_eq!(armed.code, 0, "{}", armed.stdout);
    assert_eq!(stack.dump().await, before);
    // A table is gone, and the bucket and the pool were never there.
    stack.ddb.delete_table().table_name("dev-shop-order-history").send().await.unwrap();
    let program =
        Program::with(&stack, "user_pool_id = \"ap-northeast-1_nobody\"").replacing("shop-private", "nowhere");
    let printed = program.json(&["config", "check", "--connect"]).await;
    assert_eq!((printed.code, code(&printed)), (1, "no_table"), "{}", printed.stdout);
    let error = printed.events("error")[0];
    assert!(error["message"].as_str().unwrap().starts_with("the history rows of order cannot be read"), "{error}");
    assert!(error["hint"].is_string());
    let errors: Vec<&Json> =
        printed.events("finding").into_iter().filter(|finding| finding["severity"] == "error").collect();
    let has = |text: &str| errors.iter().any(|finding| finding["message"].as_str().unwrap().contains(text));
    assert!(errors.len() == 2 && has("bucket nowhere") && has("ap-northeast-1_nobody"), "{}", printed.stdout);
    // What is not permitted is named with the permission.
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    proxy.after(0, Some(Fault::Denied));
    let printed = program.json(&["config", "check", "--connect", "--arm"]).await;
    let kinds: Vec<&Json> = printed.events("finding").into_iter().filter(|f| f["kind"] == "permission").collect();
    assert_eq!(kinds.len(), 4, "{}", printed.stdout);
}

#[tokio::test]
async fn the_path_of_the_configuration_stands_alone() {
    let dir = tempfile::TempDir::new().unwrap();
    let mut command = binary();
    command.env("XDG_CONFIG_HOME", dir.path()).args(["config", "path"]);
    let output = command.output().await.unwrap();
    let expected = dir.path().join("tenantry/config.toml");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{}\n", expected.display()));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--config: not set\n") && said.contains("config.toml (not there)\n"), "{said}");
    assert!(said.contains("(not looked at)"), "{said}");
}

/// A service that accepts the keys of one name only, and before which anything else has expired.
pub(crate) async fn gate(upstream: &str, accepted: Arc<Mutex<&'static str>>) -> String {
    let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (upstream, accepted) = (upstream.clone(), Arc::clone(&accepted));
            tokio::spawn(async move {
                while let Some((head, body)) = message(&mut client, true).await {
                    let key = format!("Credential={}/", *accepted.lock().unwrap());
                    let answer = if head.contains(&key) {
                        let mut server = TcpStream::connect(&upstream).await.unwrap();
                        server.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
                        let (head, body) = message(&mut server, true).await.unwrap();
                        [head.as_bytes(), &body].concat()
                    } else {
                        let text = r#"{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"no"}"#;
                        genuine("400 No", "application/x-amz-json-1.0", text)
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

/// The name of the variable that says where the AWS files of this process are.
const ALONE: &str = "TENANTRY_TEST_AWS_FILES";

/// The AWS files are named by the environment, which is set before a process begins: so this is one of its own.
#[tokio::test]
async fn a_paused_run_goes_on_with_the_keys_of_a_new_sign_in() {
    if let Ok(dir) = std::env::var(ALONE) {
        return rotated(Path::new(&dir)).await;
    }
    let dir = tempfile::TempDir::new().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "sign_in::a_paused_run_goes_on_with_the_keys_of_a_new_sign_in", "--nocapture"]);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    command.env(ALONE, dir.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", dir.path().join("config"));
    command.env("AWS_SHARED_CREDENTIALS_FILE", dir.path().join("credentials"));
    let output = command.output().await.unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

async fn rotated(dir: &Path) {
    const ITEMS: usize = 40;
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", ITEMS).await;
    let accepted = Arc::new(Mutex::new("OLDKEY"));
    let dynamodb = gate(stack.profile.endpoints.dynamodb.as_deref().unwrap(), Arc::clone(&accepted)).await;
    let sts = Fake::answering(caller("111111111111", ARN)).await;
    let config = |region: &str| {
        let text = format!(
            "[profile corp]\nregion = {region}\nservices = here\n[services here]\ndynamodb =\n  endpoint_url = {dynamodb}\n\
             sts =\n  endpoint_url = {}\n",
            sts.endpoint
        );
        std::fs::write(dir.join("config"), text).unwrap();
    };
    let keys = |name: &str| {
        let text = format!("[corp]\naws_access_key_id = {name}\naws_secret_access_key = secret-of-{name}\n");
        std::fs::write(dir.join("credentials"), text).unwrap();
    };
    config("ap-northeast-1");
    keys("OLDKEY");
    let mut profile = stack.profile.clone();
    (profile.region, profile.credentials, profile.account) = (None, None, None);
    (profile.aws_profile, profile.endpoints.dynamodb) = (Some("corp".to_owned()), None);
    let mut driver = Driver::at(profile, stack.state.path());
    let plan = Plan::copy("acme", "globex").set("canary", "2");
    let (request, _, next) = driver.past_canary(plan.model()).await;
    *accepted.lock().unwrap() = "NEWKEY";
    driver.approve_rest(&next).await;
    let paused =
        |event: &Event| matches!(event, Event::Paused { failure, .. } if failure.code == ErrorCode::Credentials);
    driver.until(request, paused).await;
    // Going on alone changes nothing.
    let go_on = Ask::Steer { run: next.run, steering: Steering::Continue };
    driver.send(go_on.clone()).await;
    driver.until(request, paused).await;
    // Keys of another account, and another region: refused, and nothing changes.
    keys("NEWKEY");
    for (region, account, what) in
        [("ap-northeast-1", "222222222222", "account 222222222222"), ("eu-west-1", "111111111111", "region eu-west-1")]
    {
        config(region);
        sts.answers(caller(account, ARN));
        let again = driver.send(Ask::SignInAgain { code: None }).await;
        let told = driver.rest(again).await;
        let refused =
            told.iter().find_map(|event| if let Event::Failed(failure) = event { Some(failure) } else { None });
        let refused = refused.unwrap();
        assert!(refused.code == ErrorCode::Config && refused.message.contains(what), "{refused:?}");
        assert!(refused.hint.is_some() && !told.iter().any(|event| matches!(event, Event::Who(_))), "{told:?}");
        driver.send(go_on.clone()).await;
        driver.until(request, paused).await;
    }
    config("ap-northeast-1");
    let again = driver.send(Ask::SignInAgain { code: None }).await;
    let told = driver.rest(again).await;
    let account = told.iter().find_map(|e| if let Event::Who(who) = e { who.account.as_deref() } else { None });
    assert_eq!(account, Some("111111111111"), "{told:?}");
    assert!(!told.iter().any(|event| matches!(event, Event::Failed(_))), "{told:?}");
    driver.send(go_on).await;
    driver.rest(request).await;
    assert_eq!(stack.rows(TableKind::Data, "globex").await.len(), ITEMS);
    driver.leave().await;
}

/// A device's code, and a canary: it is shown nowhere.
pub(crate) const CODE: &str = "739164";

/// STS for a base that may do nothing without a code: it gives sessions and roles, and tells who asks.
pub(crate) async fn careful_sts(asked: Arc<Mutex<Vec<String>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let asked = Arc::clone(&asked);
            tokio::spawn(async move {
                while let Some((head, body)) = message(&mut client, true).await {
                    let body = String::from_utf8(body).unwrap();
                    let has_code = body.contains("SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fme")
                        && body.contains(&format!("TokenCode={CODE}"));
                    let by = |key: &str| head.contains(&format!("Credential={key}/"));
                    let action = ["GetCallerIdentity", "GetSessionToken", "AssumeRole"].into_iter();
                    let action = action.into_iter().find(|a| body.contains(&format!("Action={a}&"))).unwrap();
                    asked.lock().unwrap().push(action.to_owned());
                    let key = match action {
                        "GetCallerIdentity" => "",
                        "GetSessionToken" if by("AKIDBASE") && has_code => "AKIDSESSION",
                        "AssumeRole" if by("AKIDSESSION") || (by("AKIDBASE") && has_code) => "AKIDROLE",
                        _ => "no",
                    };
                    let answer = match key {
                        "" if by("AKIDROLE") || by("AKIDSESSION") => caller("111111111111", ARN),
                        "" | "no" => refusal("AccessDenied"),
                        key => {
                            let text = format!(
                                "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
                                 <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>CANARY-secret-of-the-session</SecretAccessKey>\
                                 <SessionToken>CANARY-token-of-the-session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
                                 </Credentials></{action}Result></{action}Response>"
                            );
                            genuine("200 OK", "text/xml", &text)
                        }
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

#[tokio::test]
async fn a_one_time_code_gives_a_session_that_is_kept_nowhere() {
    const BASE: &str =
        "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = CANARY-secret-of-the-base\n";
    const ROLE: &str = "[profile corp]\nrole_arn = arn:aws:iam::1:role/support\nsource_profile = base\n";
    const SERIAL: &str = "mfa_serial = arn:aws:iam::1:mfa/me\n";
    let stack = Stack::new().await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let sts = careful_sts(Arc::clone(&asked)).await;
    let machine = Machine::new(stack.profile.endpoints.dynamodb.as_deref().unwrap(), &sts);
    for (config, first) in
        [(format!("{ROLE}{SERIAL}{BASE}"), "AssumeRole"), (format!("{ROLE}{BASE}{SERIAL}"), "GetSessionToken")]
    {
        std::fs::write(machine.dir.path().join("aws"), &config).unwrap();
        // Nobody is there to be asked.
        let printed = machine.json(&["whoami"]).await;
        assert_eq!((printed.code, code(&printed)), (1, "credentials"), "{}", printed.stdout);
        let error = printed.events("error")[0];
        assert!(error["message"].as_str().unwrap().contains("asks for a one-time code (mfa_serial)"), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("--mfa-code"), "{error}");
        asked.lock().unwrap().clear();
        let printed = machine.json(&["whoami", "--mfa-code", CODE]).await;
        assert_eq!(printed.code, 0, "{}{}", printed.stdout, printed.stderr);
        let told = who(&printed);
        assert_eq!((&told["arn"], &told["expires_at"]), (&json!(ARN), &json!("2099-01-01T00:00:00.000Z")));
        assert_eq!(asked.lock().unwrap().first().map(String::as_str), Some(first));
        assert_eq!(asked.lock().unwrap().iter().filter(|action| *action == "AssumeRole").count(), 1);
        // A code that was mistyped.
        let printed = machine.json(&["tenants", "--mfa-code", "000000"]).await;
        assert_eq!((printed.code, code(&printed)), (1, "sign_in"), "{}", printed.stdout);
        assert!(printed.events("error")[0]["hint"].as_str().unwrap().contains("next code"));
    }
    assert_eq!(machine.json(&["whoami", "--mfa-code", "12345"]).await.code, 2);
    let mut files = vec![machine.dir.path().join("state")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains("CANARY") && !text.contains(CODE), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn keys_beside_a_device_are_not_used_without_its_code() {
    const KEYS: &str = "[profile corp]\naws_access_key_id = AKIDBASE\naws_secret_access_key = CANARY-secret-of-the-base\n\
                        mfa_serial = arn:aws:iam::1:mfa/me\n";
    let stack = Stack::new().await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let sts = careful_sts(Arc::clone(&asked)).await;
    let machine = Machine::new(stack.profile.endpoints.dynamodb.as_deref().unwrap(), &sts);
    std::fs::write(machine.dir.path().join("aws"), KEYS).unwrap();
    let printed = machine.json(&["whoami"]).await;
    assert_eq!((printed.code, code(&printed)), (1, "credentials"), "{}", printed.stdout);
    assert!(printed.events("error")[0]["hint"].as_str().unwrap().contains("--mfa-code"), "{}", printed.stdout);
    assert!(asked.lock().unwrap().is_empty(), "nobody was asked with the bare keys");
    let printed = machine.json(&["whoami", "--mfa-code", CODE]).await;
    assert_eq!((printed.code, &who(&printed)["arn"]), (0, &json!(ARN)), "{}", printed.stdout);
    assert_eq!(asked.lock().unwrap().first().map(String::as_str), Some("GetSessionToken"));
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_not_replaced_by_what_the_machine_has() {
    let stack = Stack::new().await;
    let end = "2099-01-01T00:00:00Z";
    let given = json!({"AccessKeyId": "AKIDMACHINE", "SecretAccessKey": "CANARY-secret", "Token": "CANARY-token", "Expiration": end});
    let container = Fake::answering(genuine("200 OK", "application/json", &given.to_string())).await;
    let sts = Fake::answering(caller("111111111111", ARN)).await;
    let machine = Machine::new(stack.profile.endpoints.dynamodb.as_deref().unwrap(), &sts.endpoint);
    let whoami = || {
        let mut command = machine.command(&["whoami", "--json"]);
        command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container.endpoint);
        json_lines(command)
    };
    std::fs::write(machine.dir.path().join("aws"), "[profile other]\nregion = eu-west-1\n").unwrap();
    let printed = whoami().await;
    assert_eq!((printed.code, code(&printed)), (1, "config"), "{}", printed.stdout);
    let error = printed.events("error")[0];
    assert!(error["message"].as_str().unwrap().contains("has no profile corp"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("it has other"), "{error}");
    // A profile that is there and gives nothing of its own leaves it to the machine.
    std::fs::write(machine.dir.path().join("aws"), "[profile corp]\nregion = eu-west-1\n").unwrap();
    let printed = whoami().await;
    assert_eq!((printed.code, &who(&printed)["arn"]), (0, &json!(ARN)), "{}", printed.stdout);
}
