//! `aws login`: a session that the AWS tools keep in a file and AWS Sign-In renews, with proof of its key.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::machine::Machine;
use crate::sign_in::{ARN, CODE, caller, careful_sts, refusal};
use crate::support::Stack;
use crate::support::plan::{self, Plan};
use crate::support::program::Printed;
use crate::support::proxy::{genuine, message};

/// SHA-256 of the session's name.
const FILE: &str = ".aws/login/cache/f588fbe994a0abe4d250a61f6da847b285b7ffe841c32dc31fbeed4f0bc75d30.json";
const AWS: &str = "[profile corp]\nlogin_session = arn:aws:iam::111111111111:user/me\nregion = eu-west-1\n";
const ROLE: &str = "[profile corp]\nrole_arn = arn:aws:iam::1:role/support\nsource_profile = base\n\
                    [profile base]\nlogin_session = arn:aws:iam::111111111111:user/me\nregion = eu-west-1\n";
/// A key for tests: it opens nothing.
const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBMB/RwQERsVoqWRQG4zK8CnaAa5dfrpbm+9tFdBh3z4oAoGCCqGSM49\n\
                   AwEHoUQDQgAEWb1VLi1EA2hJaTz4yYuxSELvY+1GAfL+8rUTCAdiFid87Bf6GY+s\n2+1RpqDv0RpZiDIMCrZrsAh+RK9S3QCaGA==\n\
                   -----END EC PRIVATE KEY-----\n";

fn login(end: &str, refresh: &str) -> Json {
    json!({"accessToken": {"accessKeyId": "sandbox", "secretAccessKey": "CANARY-secret-of-the-login",
        "sessionToken": "CANARY-session-of-the-login", "accountId": "111111111111", "expiresAt": end},
        "tokenType": "aws_sigv4", "refreshToken": format!("CANARY-refresh-{refresh}"), "idToken": "CANARY-id-token",
        "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": KEY, "own": true})
}

/// Whether a request carries a proof of the key, for this very address.
fn is_proven(head: &str) -> bool {
    let header = |name: &str| {
        head.lines().find_map(|line| line.to_lowercase().strip_prefix(name).map(|_| line[name.len()..].trim()))
    };
    let (Some(proof), Some(host)) = (header("dpop:"), header("host:")) else { return false };
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let (first, second) = signed.split_once('.').unwrap();
    let json = |text: &str| serde_json::from_slice::<Json>(&bytes(text)).unwrap();
    let (first, second) = (json(first), json(second));
    let side = |name: &str| bytes(first["jwk"][name].as_str().unwrap());
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [&[4], side("x").as_slice(), &side("y")].concat());
    let now = jiff::Timestamp::now().as_second();
    first["jwk"]["x"] == "Wb1VLi1EA2hJaTz4yYuxSELvY-1GAfL-8rUTCAdiFic"
        && second["htu"] == format!("http://{host}/v1/token")
        && second["htm"] == "POST"
        && (now - second["iat"].as_i64().unwrap()).abs() < 60
        && public.verify(signed.as_bytes(), &bytes(signature)).is_ok()
}

/// What AWS Sign-In does with the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Renews,
    Refuses(&'static str),
}

/// AWS Sign-In and STS. Each refresh token is good once, and only with the proof of its key.
async fn sign_in_and_sts(does: Arc<Mutex<Does>>, renewed: Arc<Mutex<u32>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (does, renewed) = (Arc::clone(&does), Arc::clone(&renewed));
            tokio::spawn(async move {
                while let Some((head, body)) = message(&mut client, true).await {
                    let text = String::from_utf8(body).unwrap();
                    let answer = if head.starts_with("POST /v1/token ") {
                        renewal(&head, &text, *does.lock().unwrap(), &mut renewed.lock().unwrap())
                    } else if text.contains("Action=AssumeRole&") {
                        role(&head)
                    } else if head.contains("Credential=sandbox/") {
                        caller("111111111111", ARN)
                    } else {
                        refusal("ExpiredToken")
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

fn renewal(head: &str, body: &str, does: Does, renewed: &mut u32) -> Vec<u8> {
    let refused = |error: &str| {
        let text = json!({"error": error, "message": "no"}).to_string();
        genuine("403 No", "application/json\r\nx-amzn-ErrorType: AccessDeniedException", &text)
    };
    let asked: Json = serde_json::from_str(body).unwrap();
    let wanted = json!({"clientId": "arn:aws:signin:::devtools/same-device", "grantType": "refresh_token",
        "refreshToken": format!("CANARY-refresh-{renewed}")});
    match does {
        Does::Refuses(error) => refused(error),
        Does::Renews if asked != wanted || !is_proven(head) => refused("INVALID_REQUEST"),
        Does::Renews => {
            *renewed += 1;
            let text = json!({"accessToken": {"accessKeyId": "sandbox", "secretAccessKey": "CANARY-secret-that-is-new",
                "sessionToken": "CANARY-session-that-is-new"}, "tokenType": "aws_sigv4", "expiresIn": 900,
                "refreshToken": format!("CANARY-refresh-{renewed}")});
            genuine("200 OK", "application/json", &text.to_string())
        }
    }
}

fn role(head: &str) -> Vec<u8> {
    if !head.contains("Credential=sandbox/") {
        return refusal("ExpiredToken");
    }
    let text = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
                <AccessKeyId>sandbox</AccessKeyId><SecretAccessKey>CANARY-secret-of-the-role</SecretAccessKey>\
                <SessionToken>CANARY-token-of-the-role</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
                </Credentials></AssumeRoleResult></AssumeRoleResponse>";
    genuine("200 OK", "text/xml", text)
}

fn error(printed: &Printed) -> (i32, &str, &str) {
    let errors = printed.events("error");
    let text = |key: &str| errors.first().and_then(|error| error[key].as_str()).unwrap_or_default();
    (printed.code, text("code"), text("message"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_login_is_used_renewed_and_named_when_it_has_ended() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 3).await;
    let before = stack.dump().await;
    let (does, renewed) = (Arc::new(Mutex::new(Does::Renews)), Arc::new(Mutex::new(0)));
    let services = sign_in_and_sts(Arc::clone(&does), Arc::clone(&renewed)).await;
    let mut machine = Machine::new(stack.profile.endpoints.dynamodb.as_deref().unwrap(), &services, AWS, "");
    let on_disk = |machine: &Machine| {
        let path = machine.dir.path().join(FILE);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        (serde_json::from_str::<Json>(&std::fs::read_to_string(path).unwrap()).unwrap(), mode)
    };
    let plan = Plan::copy("acme", "globex");
    let run = ["run", plan.path(), "--arm", "--approve", "all"];
    // Nobody is signed in, and nothing is asked for.
    let nobody = machine.json(&run).await;
    let says = "nobody is signed in with `aws login` for AWS profile corp (ListTables on all tables)";
    assert_eq!(error(&nobody), (1, "sign_in", says), "{}", nobody.stdout);
    assert!(nobody.events("error")[0]["hint"].as_str().unwrap().contains("`aws login --profile corp`"));
    // One that is good is used as it is.
    machine.write(FILE, &login("2099-01-01T00:00:00Z", "0").to_string());
    let who = machine.json(&["whoami"]).await;
    assert_eq!(who.code, 0, "{}{}", who.stdout, who.stderr);
    assert_eq!((&who.events("who")[0]["arn"], *renewed.lock().unwrap()), (&json!(ARN), 0));
    // One that has ended is renewed, and its file with it: what else stands there stays.
    machine.write(FILE, &login("2020-01-01T00:00:00Z", "0").to_string());
    let who = machine.json(&["whoami"]).await;
    assert_eq!(who.code, 0, "{}{}", who.stdout, who.stderr);
    let (kept, mode) = on_disk(&machine);
    assert_eq!((&kept["refreshToken"], &kept["own"], mode), (&json!("CANARY-refresh-1"), &json!(true), 0o600));
    assert_eq!(kept["accessToken"]["accountId"], "111111111111");
    let end: jiff::Timestamp = kept["accessToken"]["expiresAt"].as_str().unwrap().parse().unwrap();
    assert!((600..=900).contains(&end.duration_since(jiff::Timestamp::now()).as_secs()), "{end}");
    assert_eq!(machine.json(&["tenants", "--keys"]).await.code, 0);
    assert_eq!(*renewed.lock().unwrap(), 1, "it lasts for a while");
    // One that is not renewed says why.
    machine.write(FILE, &login("2020-01-01T00:00:00Z", "1").to_string());
    for (why, code, says) in [
        ("TOKEN_EXPIRED", "sign_in", "the login of AWS profile corp has ended (ListTables on all tables: no)"),
        (
            "USER_CREDENTIALS_CHANGED",
            "sign_in",
            "the login of AWS profile corp has ended: the password was changed since (ListTables on all tables: no)",
        ),
        (
            "INSUFFICIENT_PERMISSIONS",
            "access_denied",
            "the login of AWS profile corp may not be renewed (ListTables on all tables: no)",
        ),
    ] {
        *does.lock().unwrap() = Does::Refuses(why);
        let printed = machine.json(&run).await;
        assert_eq!(error(&printed), (1, code, says), "{}", printed.stdout);
    }
    let sign_in = std::mem::replace(&mut machine, Machine::new("http://127.0.0.1:1", "http://127.0.0.1:1", AWS, ""));
    machine.write(FILE, &login("2020-01-01T00:00:00Z", "1").to_string());
    let printed = machine.json(&run).await;
    let (code, kind, says) = error(&printed);
    assert_eq!((code, kind), (1, "endpoint"), "{}", printed.stdout);
    assert!(says.starts_with("AWS Sign-In cannot be reached for credentials"), "{says}");
    machine = sign_in;
    // A file that is no login, and nothing of it is quoted.
    machine.write(FILE, "{\"refreshToken\": \"CANARY-refresh-9\", \"accessToken\": 3}");
    let printed = machine.json(&run).await;
    let (code, kind, says) = error(&printed);
    assert_eq!((code, kind), (1, "sign_in"), "{}", printed.stdout);
    assert!(
        says.starts_with("the login of AWS profile corp cannot be used (") && says.contains("it has no "),
        "{says}"
    );
    assert_eq!(stack.dump().await, before);
    machine.assert_silent();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_role_that_wants_a_one_time_code_is_assumed_with_a_login() {
    let stack = Stack::new().await;
    let sts = careful_sts(Arc::default()).await;
    let aws = ROLE.replacen("source_profile", "mfa_serial = arn:aws:iam::1:mfa/me\nsource_profile", 1);
    let machine = Machine::new(stack.profile.endpoints.dynamodb.as_deref().unwrap(), &sts, &aws, "");
    let mut base = login("2099-01-01T00:00:00Z", "0");
    base["accessToken"]["accessKeyId"] = json!("AKIDBASE");
    machine.write(FILE, &base.to_string());
    let nobody = machine.json(&["whoami"]).await;
    let (code, kind, says) = error(&nobody);
    assert_eq!((code, kind), (1, "credentials"), "{}", nobody.stdout);
    assert!(says.starts_with("AWS profile corp asks for a one-time code (mfa_serial)"), "{says}");
    let who = machine.json(&["whoami", "--mfa-code", CODE]).await;
    assert_eq!((who.code, &who.events("who")[0]["arn"]), (0, &json!(ARN)), "{}{}", who.stdout, who.stderr);
    machine.assert_silent();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_console_whose_login_has_ended_goes_on_after_the_profiles_command() {
    let stack = Stack::new().await;
    let does = Arc::new(Mutex::new(Does::Refuses("TOKEN_EXPIRED")));
    let services = sign_in_and_sts(Arc::clone(&does), Arc::default()).await;
    let machine = Machine::new(stack.profile.endpoints.dynamodb.as_deref().unwrap(), &services, ROLE, "");
    machine.write(FILE, &login("2020-01-01T00:00:00Z", "0").to_string());
    machine.write("renewed.json", &login("2099-01-01T00:00:00Z", "0").to_string());
    machine.login(&format!("cp \"$HOME/renewed.json\" \"$HOME/{FILE}\"\necho Updated profile base\n"));
    let mut console = machine.console(&[]);
    // The role is assumed with the login of another AWS profile: that one is named.
    console.wait_for("the login of AWS profile base has ended");
    console.press("\u{1b}[15~");
    console.wait_for("runs the profile's own command");
    console.press("r");
    console.wait_for("role support");
    console.wait_for("not counted");
    assert!(!console.text().contains("CANARY-"), "{}", console.text());
    console.press("q");
    assert_eq!(console.ended(), 0);
    machine.assert_silent();
}
