//! Sign-ins that do not work, against stand-ins on loopback: headless and in the console the same cause is named by the same words, and
//! nothing is written.

use std::sync::{Arc, Mutex};

use serde_json::Value as Json;
use tokio::net::TcpListener;

use super::machine::Machine;
use super::signing::sso_and_sts;
use crate::sign_in::{careful_sts, gate};
use crate::support::plan::{self, Plan};
use crate::support::proxy::genuine;
use crate::support::{Fake, Fault, Proxy, Stack};

const MFA: &str = "[profile corp]\nrole_arn = arn:aws:iam::1:role/support\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n\
                   [profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = CANARY-secret-of-the-base\n";
const SSO: &str = "[profile corp]\nsso_session = main\nsso_account_id = 1\nsso_role_name = support\nregion = eu-west-1\n\
                   [sso-session main]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";
/// The older form, in which the profile itself says where to sign in.
const OLD_SSO: &str = "[profile corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 1\n\
                       sso_role_name = support\nregion = eu-west-1\n";
const KEYS: &str = "[profile corp]\nregion = ap-northeast-1\n";
const PROCESS: &str = "[profile corp]\ncredential_process = sh \"{HOME}/gives.sh\"\n";

/// SHA-1 of the session's name, and of the address to sign in at.
const TOKENS: [&str; 2] = [
    ".aws/sso/cache/b28b7af69320201d1cf206ebf28373980add1451.json",
    ".aws/sso/cache/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json",
];

fn token(end: &str) -> String {
    format!(
        r#"{{"accessToken":"CANARY-access-token","expiresAt":"{end}","region":"eu-west-1","startUrl":"https://corp.awsapps.com/start"}}"#
    )
}

/// What a refusal must look like: code, message up to its last bracket, and words of the hint.
struct Refused<'a> {
    what: &'a str,
    code: &'a str,
    message: &'a str,
    hint: &'a str,
    options: &'a [&'a str],
}

/// Tries to write headless, and opens the console; both say it, and neither writes.
async fn refused(stack: &Stack, machine: &Machine, expected: Refused<'_>) {
    let Refused { what, code, message, hint, options } = expected;
    let before = stack.dump().await;
    let plan = Plan::copy("acme", "globex");
    let words = [&["run", plan.path(), "--arm", "--approve", "all"], options].concat();
    let printed = machine.json(&words).await;
    let errors = printed.events("error");
    assert_eq!((printed.code, errors.len()), (1, 1), "{what}: {}", printed.stdout);
    let text = |key: &str| errors[0][key].as_str().unwrap_or_default();
    assert_eq!((text("code"), text("message")), (code, message), "{what}");
    assert!(text("hint").contains(hint), "{what}: {}", text("hint"));
    assert_eq!((&printed.end()["run"], printed.events("item").len()), (&Json::Null, 0), "{what}: {}", printed.stdout);
    let console = &mut machine.console(&[&["--arm"], options].concat());
    // The log shows as much of it as fits in a line.
    let first = &message[..message.len().min(70)];
    console.wait_for(first.trim_end());
    assert!(!console.text().contains("CANARY-"), "{what}: {}", console.text());
    console.signal("-TERM");
    console.ended();
    assert_eq!(stack.dump().await, before, "{what}");
    machine.assert_silent();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn codes_and_sessions_that_are_not_accepted() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 3).await;
    let at = stack.profile.endpoints.dynamodb.as_deref().unwrap();
    let sts = careful_sts(Arc::default()).await;
    let machine = Machine::new(at, &sts, MFA, "");
    refused(
        &stack,
        &machine,
        Refused {
            what: "no code",
            code: "credentials",
            message: "AWS profile corp asks for a one-time code (mfa_serial) (ListTables on all tables)",
            hint: "--mfa-code",
            options: &[],
        },
    )
    .await;
    refused(
        &stack,
        &machine,
        Refused {
            what: "a code that was mistyped",
            code: "sign_in",
            message: "the one-time code for AWS profile corp was not accepted, or its role may not be assumed (no)",
            hint: "next code of the device",
            options: &["--mfa-code", "000000"],
        },
    )
    .await;
    let is_open = Arc::new(Mutex::new(false));
    let portal = sso_and_sts(Arc::clone(&is_open)).await;
    for (form, token_file) in [(SSO, TOKENS[0]), (OLD_SSO, TOKENS[1])] {
        let machine = Machine::new(at, &portal, form, "");
        let login = "`aws sso login --profile corp`";
        let told = async |what: &str, message: &str| {
            let expected = Refused { what, code: "sign_in", message, hint: login, options: &[] };
            refused(&stack, &machine, expected).await;
        };
        let home = machine.dir.path().display();
        let (absent, ended) = match form == SSO {
            true => (
                "an error occurred while loading an access token: failed to load the cached SSO token".to_owned(),
                "has ended (ListTables on all tables: an error occurred while loading an access token: the SSO token has expired \
                 and cannot be refreshed)",
            ),
            // Nothing but the portal says whether it has ended.
            false => (
                format!("failed to read `{home}/{token_file}`: No such file or directory (os error 2)"),
                "has ended or was revoked (ListTables on all tables: no)",
            ),
        };
        let nobody = "nobody is signed in to SSO for AWS profile corp (ListTables on all tables: ";
        told("no token", &format!("{nobody}{absent})")).await;
        machine.write(token_file, &token("2020-01-01T00:00:00Z"));
        told("a token that has ended", &format!("the SSO session of AWS profile corp {ended}")).await;
        machine.write(token_file, &token("2099-01-01T00:00:00Z"));
        told(
            "a token that was revoked",
            "the SSO session of AWS profile corp has ended or was revoked (ListTables on all tables: no)",
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_that_were_rotated_and_a_program_that_gives_none() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 3).await;
    let at = stack.profile.endpoints.dynamodb.as_deref().unwrap();
    let dynamodb = gate(at, Arc::new(Mutex::new("NEWKEY"))).await;
    let machine = Machine::new(&dynamodb, "http://127.0.0.1:1", KEYS, "");
    machine.keys("credentials", "OLDKEY");
    refused(
        &stack,
        &machine,
        Refused {
            what: "keys that were rotated",
            code: "credentials",
            message: "the AWS credentials have expired (ListTables on all tables: no)",
            hint: "sign in again",
            options: &[],
        },
    )
    .await;
    let machine = Machine::new(at, "http://127.0.0.1:1", "", "");
    let home = machine.dir.path().display().to_string();
    machine.write("aws", &PROCESS.replace("{HOME}", &home));
    let given = r#"{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"CANARY-secret","SessionToken":"CANARY-token"}"#;
    machine.write("gives.sh", &format!("echo '{given}' >&2\necho 'token CANARY-plain' >&2\nexit 3\n"));
    refused(
        &stack,
        &machine,
        Refused {
            what: "a program that fails and tells all",
            code: "credentials",
            message: concat!(
                "the credential_process of AWS profile corp gave no credentials (ListTables on all tables: an error occurred ",
                "while loading credentials: Error retrieving credentials: external process exited with code exit status: 3.)"
            ),
            hint: "run it by itself",
            options: &[],
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_instance_that_gives_nothing_and_a_clock_that_is_off() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 3).await;
    let at = stack.profile.endpoints.dynamodb.as_deref().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", silent.local_addr().unwrap());
    let refusing = Fake::answering(genuine("403 No", "text/plain", "no")).await;
    for (what, metadata, message, hint) in [
        (
            "an instance that refuses",
            refusing.endpoint.as_str(),
            "the metadata service of this machine gives no credentials (ListTables on all tables: service error: request \
             forbidden: IMDS is disabled or the caller has insufficient permissions.)",
            "IMDSv2, hop limit",
        ),
        (
            "an instance that is silent",
            nobody.as_str(),
            "there are no AWS credentials: none in the environment, in the AWS configuration or from this machine's role \
             (ListTables on all tables: Ec2InstanceMetadata: could not communicate with IMDS: dispatch failure: timeout: HTTP \
             read timeout occurred after 1s: timed out)",
            "name aws_profile",
        ),
    ] {
        let mut machine = Machine::new(at, "http://127.0.0.1:1", KEYS, "");
        machine.set("AWS_EC2_METADATA_DISABLED", "false");
        machine.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata);
        let text = std::fs::read_to_string(machine.dir.path().join("config.toml")).unwrap();
        machine.write("config.toml", &text.replace("aws_profile = \"corp\"\n", ""));
        refused(&stack, &machine, Refused { what, code: "credentials", message, hint, options: &[] }).await;
    }
    drop(silent);
    let absent = "/nonexistent/token";
    for (what, name, value, message, hint) in [
        (
            "a container",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            refusing.endpoint.as_str(),
            "the container gave no credentials (ListTables on all tables: an error occurred while loading credentials: \
             Non-success status from HTTP credential provider: StatusCode(403))",
            "role of the task or pod",
        ),
        (
            "a web identity",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            absent,
            "the web identity of AWS profile default gave no credentials (ListTables on all tables: an error occurred while \
             loading credentials: No such file or directory (os error 2))",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
        ),
    ] {
        let mut machine = Machine::new(at, "http://127.0.0.1:1", KEYS, "");
        machine.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/support");
        machine.set(name, value);
        let text = std::fs::read_to_string(machine.dir.path().join("config.toml")).unwrap();
        machine.write("config.toml", &text.replace("aws_profile = \"corp\"\n", ""));
        refused(&stack, &machine, Refused { what, code: "credentials", message, hint, options: &[] }).await;
    }
    let proxy = Proxy::before(at).await;
    proxy.by_chance(1, &[], &[(Fault::Skewed(20), 100)]);
    let machine = Machine::new(&proxy.endpoint, "http://127.0.0.1:1", KEYS, "");
    machine.keys("credentials", "AKID");
    refused(
        &stack,
        &machine,
        Refused {
            what: "a clock that is 20 minutes off",
            code: "clock",
            message: "this machine's clock is 20 minutes behind the service's (ListTables on all tables: Signature expired)",
            hint: "set the clock of this machine",
            options: &[],
        },
    )
    .await;
}
