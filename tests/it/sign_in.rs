//! Signing in: who is signed in and to what, with stand-ins for the services that are asked.

mod checks;
mod new_keys;
mod one_time_codes;

use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use crate::support::program::{Printed, binary, json_lines};
use crate::support::proxy::{genuine, message};
use crate::support::{Fake, Program, Stack};

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
