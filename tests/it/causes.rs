//! Causes: the first sentence says what is wrong, the code is its own, and nothing unknown is asked again and again.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tokio::process::Command;

use crate::support::plan::{self, Plan};
use crate::support::pool::Pool;
use crate::support::program::{Printed, json_lines};
use crate::support::proxy::{genuine, http};
use crate::support::{Fake, Fault, Program, Proxy, Stack};

/// Code and first sentence of the only error.
fn error(printed: &Printed) -> (&str, &str, &str) {
    let errors = printed.events("error");
    assert_eq!(errors.len(), 1, "{}", printed.stdout);
    let text = |key: &str| errors[0][key].as_str().unwrap_or_default();
    (text("code"), text("message"), text("hint"))
}

/// A machine with an AWS configuration, and a program under its profile `corp`.
struct Machine {
    home: tempfile::TempDir,
    program: Program,
}

impl Machine {
    fn new(stack: &Stack, aws_config: &str) -> Self {
        let home = tempfile::TempDir::new().unwrap();
        std::fs::create_dir_all(home.path().join(".aws/sso/cache")).unwrap();
        std::fs::write(home.path().join(".aws/config"), aws_config).unwrap();
        Self { home, program: Program::with(stack, "aws_profile = \"corp\"") }
    }

    /// The token of a sign-in to the session `main`, good for so long.
    fn signed_in(&self, expires_at: &str) {
        // SHA-1 of the session's name.
        let file = self.home.path().join(".aws/sso/cache/b28b7af69320201d1cf206ebf28373980add1451.json");
        let token = format!(
            r#"{{"accessToken":"CANARY-access-token-of-sso","expiresAt":"{expires_at}","region":"eu-west-1","startUrl":"https://corp.awsapps.com/start"}}"#
        );
        std::fs::write(file, token).unwrap();
    }

    fn command(&self, args: &[&str], services: &str) -> Command {
        let mut command = self.program.command(args);
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            command.env_remove(name);
        }
        let none = Path::new("/nonexistent");
        command
            .env("HOME", self.home.path())
            .env("AWS_CONFIG_FILE", self.home.path().join(".aws/config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", none)
            .env("AWS_ENDPOINT_URL_SSO", services)
            .env("AWS_ENDPOINT_URL_STS", services)
            .arg("--json");
        command
    }

    async fn tenants(&self, services: &str) -> Printed {
        json_lines(self.command(&["tenants"], services)).await
    }
}

const SSO: &str = "[profile corp]\nsso_session = main\nsso_account_id = 1\nsso_role_name = support\nregion = eu-west-1\n\
                   [sso-session main]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";
const ROLE: &str = "[profile corp]\nrole_arn = arn:aws:iam::1:role/support\nsource_profile = base\n";
const BASE: &str = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret-of-the-base-profile\n";

fn sso_refuses(code: &str) -> Vec<u8> {
    let kind = format!("application/json\r\nx-amzn-ErrorType: {code}");
    genuine(if code == "UnauthorizedException" { "401 No" } else { "403 No" }, &kind, r#"{"message":"no"}"#)
}

fn sso_gives(seconds: i64) -> Vec<u8> {
    let expires = jiff::Timestamp::now().as_millisecond() + seconds * 1_000;
    let text = format!(
        r#"{{"roleCredentials":{{"accessKeyId":"sandbox","secretAccessKey":"sandbox","sessionToken":"t","expiration":{expires}}}}}"#
    );
    genuine("200 OK", "application/json", &text)
}

fn sts_refuses(code: &str) -> Vec<u8> {
    let text = format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>");
    genuine("403 No", "text/xml", &text)
}

#[tokio::test]
async fn day_one_and_every_other_sign_in_is_named() {
    let stack = Stack::new().await;
    let fake = Fake::answering(sso_refuses("UnauthorizedException")).await;
    let machine = Machine::new(&stack, SSO);
    let printed = machine.tenants(&fake.endpoint).await;
    let (code, said, hint) = error(&printed);
    assert_eq!((printed.code, code), (1, "sign_in"), "{}", printed.stdout);
    assert!(said.starts_with("nobody is signed in to SSO for AWS profile corp"), "{said}");
    assert!(hint.contains("aws sso login --profile corp"), "{hint}");
    machine.signed_in("2020-01-01T00:00:00Z");
    let printed = machine.tenants(&fake.endpoint).await;
    let (code, said, _) = error(&printed);
    assert!(code == "sign_in" && said.starts_with("the SSO session of AWS profile corp has ended ("), "{said}");
    assert_eq!(fake.calls(), 0, "there was nothing to ask with");
    machine.signed_in("2100-01-01T00:00:00Z");
    let printed = machine.tenants(&fake.endpoint).await;
    let (code, said, _) = error(&printed);
    assert!(
        code == "sign_in" && said.starts_with("the SSO session of AWS profile corp has ended or was revoked"),
        "{said}"
    );
    assert!(!printed.stdout.contains("CANARY"), "{}", printed.stdout);
    fake.answers(sso_refuses("ForbiddenException"));
    let printed = machine.tenants(&fake.endpoint).await;
    let (code, said, _) = error(&printed);
    assert!(code == "access_denied" && said.starts_with("SSO does not let you use the account and role"), "{said}");
    fake.answers(http("407 No", "text/html", "<html>sign in</html>"));
    let printed = machine.tenants(&fake.endpoint).await;
    let (code, said, _) = error(&printed);
    assert!(code == "proxy" && said.contains("between here and SSO answered in its place: HTTP 407"), "{said}");
}

#[tokio::test]
async fn profiles_that_do_not_lead_to_credentials_are_named() {
    let stack = Stack::new().await;
    let fake = Fake::answering(sts_refuses("AccessDenied")).await;
    let dead = "http://127.0.0.1:1";
    let with_code = format!("{ROLE}mfa_serial = arn:aws:iam::1:mfa/me\n{BASE}");
    let role = format!("{ROLE}{BASE}");
    for (config, services, code, says) in [
        ("[profile other]\nregion = x\n", dead, "config", "the AWS configuration has no profile corp"),
        (&*with_code, &*fake.endpoint, "credentials", "AWS profile corp asks for a one-time code (mfa_serial)"),
        (&role, &fake.endpoint, "access_denied", "AWS profile corp may not assume its role"),
        (&role, dead, "endpoint", "STS cannot be reached for credentials"),
        (
            "[profile corp]\ncredential_process = false\n",
            dead,
            "credentials",
            "the credential_process of AWS profile corp",
        ),
        ("[profile corp]\nregion = eu-west-1\n", dead, "credentials", "there are no AWS credentials"),
        (
            "[profile corp]\nsso_session = none\nsso_account_id = 1\nsso_role_name = r\n",
            dead,
            "config",
            "the AWS configuration of profile corp cannot be used",
        ),
    ] {
        let printed = Machine::new(&stack, config).tenants(services).await;
        let (found, said, hint) = error(&printed);
        assert!(found == code && said.starts_with(says) && !hint.is_empty(), "{config}: {}", printed.stdout);
    }
    fake.answers(sts_refuses("ExpiredToken"));
    let printed = Machine::new(&stack, &role).tenants(&fake.endpoint).await;
    let (found, said, _) = error(&printed);
    assert!(
        found == "credentials" && said.starts_with("the credentials behind AWS profile corp are not accepted"),
        "{said}"
    );
}

/// An SSO session that is revoked in the middle of a run: the run ends at once, asks a few times, and can be resumed.
#[tokio::test]
async fn a_session_revoked_in_the_middle_of_a_run_ends_it_quickly() {
    const ITEMS: usize = 200;
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", ITEMS).await;
    let machine = Machine::new(&stack, SSO);
    machine.signed_in("2100-01-01T00:00:00Z");
    // Good for a second: each call asks for new ones.
    let fake = Fake::answering(sso_gives(1)).await;
    let plan = Plan::copy("acme", "globex").set("rate", "40");
    let command = machine.command(&["run", plan.path(), "--arm", "--approve", "all"], &fake.endpoint);
    let running = tokio::spawn(json_lines(command));
    let deadline = Instant::now() + Duration::from_secs(60);
    while stack.rows(tenantry::domain::row::TableKind::Data, "globex").await.len() < 10 {
        assert!(Instant::now() < deadline, "the run never began");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    fake.answers(sso_refuses("UnauthorizedException"));
    let before = fake.calls();
    let printed = running.await.unwrap();
    assert!(fake.calls() - before < 40, "{} calls", fake.calls() - before);
    let (code, said, _) = error(&printed);
    assert_eq!((printed.code, code), (1, "sign_in"), "{}", printed.stdout);
    assert!(said.starts_with("the SSO session of AWS profile corp has ended or was revoked"), "{said}");
    assert_eq!(
        (&printed.end()["stopped"], &printed.events("error")[0]["pk"]),
        (&Json::from("service"), &"PRODUCT#globex".into())
    );
    assert!(printed.events("item").iter().all(|item| item["outcome"] == "done"));
    fake.answers(sso_gives(3_600));
    let run = printed.end()["run"].as_str().unwrap();
    let command = machine.command(&["run", "--resume", run, "--arm", "--approve", "all"], &fake.endpoint);
    let resumed = json_lines(command).await;
    assert_eq!(resumed.code, 0, "{}", resumed.stdout);
    assert_eq!(stack.rows(tenantry::domain::row::TableKind::Data, "globex").await.len(), ITEMS);
}

#[tokio::test]
async fn what_services_and_those_between_say_is_told_by_its_code() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 1).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    for (fault, code, says) in [
        (Fault::Code("KMSAccessDeniedException"), "kms", "the encryption key of"),
        (Fault::Code("ExpiredTokenException"), "credentials", "the AWS credentials have expired"),
        (Fault::Code("AccessDeniedException"), "access_denied", "these credentials may not call ListTables"),
        (Fault::Page(407), "proxy", "something between here and the service answered in its place: HTTP 407"),
        (
            Fault::Empty(503),
            "proxy",
            "something between here and the service answered in its place: HTTP 503 with an empty body",
        ),
        (Fault::Skewed(61), "clock", "this machine's clock is 6"),
        (Fault::Skewed(-61), "clock", "this machine's clock is 6"),
    ] {
        proxy.by_chance(1, &[], Box::leak(Box::new([(fault, 100)])));
        let printed = program.json(&["tenants"]).await;
        let (found, said, _) = error(&printed);
        assert!(printed.code == 1 && found == code && said.starts_with(says), "{fault:?}: {}", printed.stdout);
    }
}

#[tokio::test]
async fn a_bucket_in_another_region_names_it() {
    let stack = Stack::with(|p| p.attribute_limit_bytes = 100).await;
    stack.products("acme", 10, 100).await;
    let moved = "application/xml\r\nx-amz-bucket-region: eu-west-1";
    let text = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>";
    let fake = Fake::answering(genuine("301 Moved", moved, text)).await;
    let program = Program::at(&stack, stack.profile.endpoints.dynamodb.as_deref().unwrap(), &fake.endpoint, "");
    let run = async |to: &str| {
        let plan = Plan::copy("acme", to);
        program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await
    };
    let printed = run("globex").await;
    let (code, said, hint) = error(&printed);
    assert_eq!((printed.code, code), (1, "region"), "{}", printed.stdout);
    assert!(said.starts_with("bucket shop-private is in region eu-west-1"), "{said}");
    assert!(hint.contains("eu-west-1") && printed.end()["stopped"] == "service", "{hint}");
    // A page of a proxy says neither that it is there nor that it is not.
    fake.answers(http("404 No", "text/html", "<html>"));
    let printed = run("initech").await;
    assert_eq!((printed.code, error(&printed).0), (1, "proxy"), "{}", printed.stdout);
}

#[tokio::test]
async fn a_pool_and_an_environment_that_are_not_there_are_named() {
    let stack = Stack::new().await;
    let pool = Pool::empty(&stack).await;
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("users.toml");
    std::fs::write(&file, "name = \"n\"\noperation = \"users\"\n[users]\npool = \"ap-northeast-1_Nothing99\"\n")
        .unwrap();
    let program = pool.program(&stack);
    let printed = program.json(&["preview", file.to_str().unwrap()]).await;
    let (code, said, _) = error(&printed);
    assert!(
        code == "not_found" && said.starts_with("there is no user pool ap-northeast-1_Nothing99"),
        "{}",
        printed.stdout
    );
    let elsewhere = program.replacing("environment = \"dev\"", "environment = \"stg\"");
    for command in [&["tenants"][..], &["entities", "PRODUCT#acme"], &["doctor"]] {
        let printed = elsewhere.json(command).await;
        let (code, said, hint) = error(&printed);
        assert_eq!((printed.code, code), (1, "no_table"), "{}", printed.stdout);
        assert!(said == "there are no tables of stg-shop; found dev-shop" && hint.contains("environment"), "{said}");
    }
}

/// A denied write says what it lacks, and each item says so.
#[tokio::test]
async fn a_denied_write_names_the_permission() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 3).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    proxy.after(0, Some(Fault::Denied));
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    let plan = Plan::copy("acme", "globex");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    for item in printed.events("item") {
        assert_eq!((item["outcome"].as_str(), item["reason"].as_str()), (Some("failed"), Some("access_denied")));
        let said = item["message"].as_str().unwrap();
        assert!(
            said.contains("the role lacks dynamodb:PutItem, dynamodb:UpdateItem or dynamodb:ConditionCheckItem"),
            "{said}"
        );
    }
}

/// Throttled all the time, a run ends by itself; nobody chose to.
#[tokio::test]
async fn a_run_that_is_throttled_for_good_is_stopped_by_the_service() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 3).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    proxy.after(0, Some(Fault::Throttle));
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    let plan = Plan::copy("acme", "globex");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let (code, _, _) = error(&printed);
    assert_eq!(
        (printed.code, code, printed.end()["stopped"].as_str()),
        (1, "throttled", Some("service")),
        "{}",
        printed.stdout
    );
    assert_eq!(printed.events("error")[0]["pk"], "PRODUCT#globex");
    assert_eq!(printed.events("run").last().unwrap()["state"], "stopped");
}
