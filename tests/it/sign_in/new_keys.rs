//! Signing in again in the middle of a run, which goes on with the new keys.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tenantry::domain::row::TableKind;
use tenantry::engine::failure::ErrorCode;
use tenantry::engine::protocol::{Command as Ask, Event, Steering};
use tokio::process::Command;

use super::{ARN, caller, gate};
use crate::support::plan::{self, Plan};
use crate::support::{Driver, Fake, Stack};

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
    command.args(["--exact", "sign_in::new_keys::a_paused_run_goes_on_with_the_keys_of_a_new_sign_in", "--nocapture"]);
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
