//! Checks of a configuration and of what its profile leads to: each part with its remedy.

use serde_json::Value as Json;

use super::code;
use crate::support::program::binary;
use crate::support::{Fault, Program, Proxy, Stack};

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
