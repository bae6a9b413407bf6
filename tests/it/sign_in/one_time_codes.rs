//! One-time codes of a device: each gives a session that is kept nowhere, and keys beside a device are not used without one.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::{ARN, CODE, Machine, careful_sts, code, who};
use crate::support::Stack;

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
