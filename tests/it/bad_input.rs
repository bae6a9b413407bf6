//! What is wrong is said clearly, in its place, and the rest goes on working.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tenantry::domain::row::Row;
use tenantry::domain::value::{Map, Value, from_plain_json};

use crate::support::program::{Printed, binary, json_lines};
use crate::support::{Fault, Program, Proxy, Stack};

const DATA: &str = "dev-shop-product-data";
const COMMAND: &str = "dev-shop-product-command";

fn row(json: &str) -> Row {
    Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
}

fn error(printed: &Printed) -> &Json {
    printed.events("error")[0]
}

async fn with_config(text: &str, args: &[&str]) -> Printed {
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("c.toml");
    std::fs::write(&file, text).unwrap();
    let mut command = binary();
    command.arg("--config").arg(&file).arg("--state").arg(dir.path()).args(args).arg("--json");
    json_lines(command).await
}

#[tokio::test]
async fn a_broken_configuration_is_named_with_line_and_key() {
    let printed =
        with_config("default_profile = \"a\"\n[profiles.a]\nenvironment = \"dev\"\napp = shop\n", &["tenants"]).await;
    assert_eq!(
        (printed.code, error(&printed)["code"].as_str(), error(&printed)["line"].as_u64()),
        (1, Some("config"), Some(4))
    );
    let text = "[profiles.a]\nenvironment = \"dev\"\napp = \"shop\"\nregoin = \"x\"\n";
    let printed = with_config(text, &["config", "check"]).await;
    let e = error(&printed);
    assert_eq!(
        (e["line"].as_u64(), e["key"].as_str(), e["hint"].as_str()),
        (Some(4), Some("profiles.a.regoin"), Some("did you mean region?"))
    );
    let text = "[profiles.a]\nenvironment = \"dev\"\napp = \"shop\"\n";
    let printed = with_config(text, &["--profile", "b", "tenants"]).await;
    assert_eq!((printed.code, error(&printed)["hint"].as_str()), (1, Some("it defines a")));
    assert_eq!(with_config(text, &["config", "check"]).await.code, 0);
}

#[tokio::test]
async fn files_of_the_console_stop_no_other_command_and_are_checked() {
    let profile = "[profiles.a]\nenvironment = \"dev\"\napp = \"shop\"\n";
    let text = format!("{profile}[ui]\nkeymap = \"none.toml\"\n");
    assert_eq!(with_config(&text, &["runs"]).await.code, 0);
    let printed = with_config(&text, &["config", "check"]).await;
    let e = error(&printed);
    assert_eq!((printed.code, e["line"].as_u64(), e["key"].as_str()), (1, Some(5), Some("ui.keymap")));
    // The configuration itself is no theme.
    let printed = with_config(&format!("{profile}[ui]\ntheme = \"c.toml\"\n"), &["config", "check"]).await;
    let message = error(&printed)["message"].as_str().unwrap();
    assert!(printed.code == 1 && message.contains("c.toml:1: "), "{message}");
}

#[tokio::test]
async fn without_a_configuration_the_places_are_named() {
    let mut command = binary();
    command.env("XDG_CONFIG_HOME", "/nowhere/config").args(["tenants", "--json"]);
    let printed = json_lines(command).await;
    assert_eq!(printed.code, 1);
    assert!(error(&printed)["message"].as_str().unwrap().contains("/nowhere/config/tenantry/config.toml"));
}

#[tokio::test]
async fn wrong_words_on_the_command_line_are_usage_errors() {
    for args in [
        vec!["--sandbox", "--profile", "x", "tenants"],
        vec!["tenants", "--modul", "x"],
        vec!["--data", "x", "tenants"],
        vec!["rollback", "A#b", "c", "--to", "x"],
        vec![],
    ] {
        let output = binary().args(&args).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}

#[tokio::test]
async fn nobody_at_the_endpoint_is_said_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let text = format!(
        "[profiles.a]\nenvironment = \"dev\"\napp = \"shop\"\nregion = \"ap-northeast-1\"\nendpoint_url = \"http://127.0.0.1:{port}\"\n"
    );
    let printed = with_config(&text, &["entities", "PRODUCT#acme"]).await;
    let e = error(&printed);
    assert_eq!((printed.code, e["code"].as_str(), e["service"].as_str()), (1, Some("endpoint"), Some("dynamodb")));
    assert!(e["hint"].as_str().unwrap().contains("endpoint_url"), "{e}");
}

#[tokio::test]
async fn a_wrong_or_missing_region_is_said_so() {
    let profile = "[profiles.a]\nenvironment = \"dev\"\napp = \"shop\"\n";
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("c.toml");
    let mut codes = Vec::new();
    for region in ["", "region = \"ap-nowhere-9\"\n"] {
        std::fs::write(&file, format!("{profile}{region}")).unwrap();
        let mut command = binary();
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"] {
            command.env_remove(name);
        }
        command.env("HOME", "/nowhere").args(["entities", "PRODUCT#acme", "--json"]);
        command.arg("--config").arg(&file).arg("--state").arg(dir.path());
        let printed = json_lines(command).await;
        let e = error(&printed);
        assert_eq!(printed.code, 1, "{e}");
        assert!(e["hint"].as_str().unwrap().contains("region") && e["service"] == "dynamodb", "{e}");
        codes.push(e["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes, ["region", "endpoint"]);
}

#[tokio::test]
async fn missing_credentials_are_said_so() {
    let stack = Stack::new().await;
    let program = Program::new(&stack);
    let mut command = program.command(&["tenants", "--json"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("HOME", "/nowhere");
    let printed = json_lines(command).await;
    assert_eq!((printed.code, error(&printed)["code"].as_str()), (1, Some("credentials")), "{}", printed.stdout);
}

#[tokio::test]
async fn expired_credentials_say_what_to_do() {
    let stack = Stack::golden().await;
    let proxy = Proxy::before(stack.profile.endpoints.dynamodb.as_deref().unwrap()).await;
    proxy.next(&[Fault::Expired]);
    let through = tenantry::config::Profile {
        endpoints: tenantry::config::Endpoints {
            dynamodb: Some(proxy.endpoint.clone()),
            ..stack.profile.endpoints.clone()
        },
        ..stack.profile.clone()
    };
    let mut stack = stack;
    stack.profile = through;
    let program = Program::new(&stack);
    let printed = program.json(&["rollback", "PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M", "--to", "4", "--arm"]).await;
    let e = error(&printed);
    assert_eq!((printed.code, e["code"].as_str()), (1, Some("credentials")), "{}", printed.stdout);
    assert!(e["hint"].as_str().unwrap().contains("sign in again"), "{e}");
    // No item failed: the run stopped, and its item has no outcome.
    assert!(printed.events("item").is_empty());
    let runs = program.json(&["runs"]).await;
    assert_eq!(runs.events("run")[0]["state"], "stopped");
    assert_eq!(stack.get(DATA, "PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M").await.unwrap().version().unwrap().0, 12);
}

#[tokio::test]
async fn missing_tables_and_partitions_are_said_so() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let printed = program.json(&["entities", "NOWHERE#acme"]).await;
    assert_eq!((printed.code, error(&printed)["code"].as_str()), (2, Some("usage")));
    let printed = program.json(&["entities", "PRODUCT#acme", "--module", "goods"]).await;
    assert_eq!((printed.code, error(&printed)["code"].as_str()), (1, Some("no_table")));
    let printed = program.json(&["history", "PRODUCT#acme", "nothing"]).await;
    assert_eq!(
        (printed.code, error(&printed)["code"].as_str(), error(&printed)["sk"].as_str()),
        (1, Some("not_found"), Some("nothing"))
    );
    // Two modules have the partition, and its key names neither.
    let odd = row(r#"{"pk":"THING#acme","sk":"x","id":"THING#acme#x","version":1,"attributes":{}}"#);
    stack.put(DATA, &odd).await;
    let printed = program.json(&["entities", "THING#acme"]).await;
    assert_eq!(printed.code, 0, "one module only: {}", printed.stdout);
    stack.put("dev-shop-order-data", &odd).await;
    let printed = program.json(&["entities", "THING#acme"]).await;
    assert_eq!(printed.code, 2);
    let message = error(&printed)["message"].as_str().unwrap();
    assert!(message.contains("order") && message.contains("product"), "{message}");
    assert_eq!(program.json(&["entities", "THING#acme", "--module", "order"]).await.code, 0);
}

#[tokio::test]
async fn a_missing_s3_object_is_told_in_its_place() {
    let stack = Stack::golden().await;
    let data = stack.get(DATA, "PRODUCT#acme", "P-0009").await.unwrap();
    let old = stack.get("dev-shop-product-history", "PRODUCT#acme", "P-0009@1").await.unwrap();
    let key = old.attributes_ref().unwrap().strip_prefix("s3://shop-private/").unwrap().to_owned();
    stack.s3.delete_object().bucket("shop-private").key(&key).send().await.unwrap();
    let program = Program::new(&stack);
    let printed = program.json(&["history", "PRODUCT#acme", "P-0009", "--rows"]).await;
    let versions = printed.events("version");
    assert!(versions[0]["problem"].as_str().unwrap().contains(&key), "{}", versions[0]);
    assert!(versions[1]["problem"].is_null() && versions[1]["row"]["attributes"]["M"]["blob"].is_object());
    let printed = program.json(&["rollback", "PRODUCT#acme", "P-0009", "--to", "1", "--arm"]).await;
    assert_eq!((printed.code, printed.events("item")[0]["reason"].as_str()), (3, Some("s3_missing")));
    assert_eq!(stack.get(DATA, "PRODUCT#acme", "P-0009").await.unwrap(), data);
    let printed = program.json(&["diff", "PRODUCT#acme", "P-0009", "1", "2"]).await;
    assert_eq!((printed.code, error(&printed)["code"].as_str()), (1, Some("not_found")));
    let (code, _, stderr) = program.text(&["history", "PRODUCT#acme", "P-0010"]).await;
    assert_eq!((code, stderr.lines().next()), (1, Some("error: PRODUCT#acme / P-0010 is in no table")), "{stderr}");
}

#[tokio::test]
async fn odd_rows_are_told_and_hide_no_other() {
    let stack = Stack::golden().await;
    let good = stack.get(DATA, "PRODUCT#acme", "P-0003").await.unwrap();
    let odd = |sk: &str, change: &[(&str, Value)]| {
        let mut map = good.0.clone();
        map.insert("sk".to_owned(), Value::s(sk));
        map.insert("id".to_owned(), Value::s(format!("PRODUCT#acme#{sk}")));
        map.extend(change.iter().map(|(n, v)| ((*n).to_owned(), v.clone())));
        Row(map)
    };
    stack.put(DATA, &odd("bad-version", &[("version", Value::s("three"))])).await;
    stack.put(DATA, &odd("list", &[("attributes", Value::L(vec![Value::n(1)]))])).await;
    let strange = "line\nbreak 👩‍👩‍👧 \u{1b}[31mred\u{202e}";
    stack.put(DATA, &odd(strange, &[("name", Value::s(strange))])).await;
    let program = Program::new(&stack);
    let printed = program.json(&["entities", "PRODUCT#acme"]).await;
    assert_eq!(printed.code, 0);
    let by_sk: BTreeMap<&str, &Json> =
        printed.events("entity").into_iter().map(|e| (e["sk"].as_str().unwrap(), e)).collect();
    assert_eq!(by_sk.len(), 8);
    assert!(by_sk["bad-version"]["problem"].as_str().unwrap().contains("not a whole number"));
    assert!(by_sk["bad-version"]["version"].is_null());
    assert!(by_sk["list"]["problem"].as_str().unwrap().contains("neither a map nor"));
    assert_eq!(by_sk[strange]["name"], strange);
    assert!(!printed.stdout.chars().any(|c| c != '\n' && tenantry::domain::printable::is_unsafe(c)));
    let (code, text, _) = program.text(&["entities", "PRODUCT#acme"]).await;
    assert!(code == 0 && text.contains("line␊break") && text.contains("␛[31mred‹U+202E›"), "{text}");
    assert!(!text.contains('\u{1b}'));
    let printed = program.json(&["rollback", "PRODUCT#acme", "list", "--to", "1", "--arm"]).await;
    let item = printed.events("item")[0];
    assert_eq!((printed.code, item["reason"].as_str()), (3, Some("key_invalid")), "{}", printed.stdout);
    assert!(item["message"].as_str().unwrap().contains("neither a map nor"), "{item}");
    let printed = program.json(&["history", "PRODUCT#acme", "bad-version"]).await;
    assert!(error(&printed)["message"].as_str().unwrap().contains("bad-version"), "{}", printed.stdout);
    assert_eq!(program.json(&["history", "PRODUCT#acme", strange]).await.code, 0);
}

#[tokio::test]
async fn an_item_that_would_pass_400_kb_is_invalid() {
    // The application keeps everything inline.
    let stack = Stack::golden_with(|p| p.attribute_limit_bytes = 1_000_000).await;
    let big = |n: u64, sk: &str, size: usize| {
        let attributes = Value::M(Map::from([("text".to_owned(), Value::s("x".repeat(size)))]));
        let mut r = row(&format!(
            r#"{{"pk":"PRODUCT#acme","sk":"{sk}","id":"PRODUCT#acme#big","version":{n},"name":"b","type":"PRODUCT","tenantCode":"acme"}}"#
        ));
        r.0.insert("attributes".to_owned(), attributes);
        r
    };
    stack.put(DATA, &big(2, "big", 10)).await;
    stack.put(COMMAND, &big(2, "big@2", 10)).await;
    stack.put("dev-shop-product-history", &big(1, "big@1", 409_450)).await;
    let program = Program::new(&stack);
    let before = stack.dump().await;
    let printed = program.json(&["rollback", "PRODUCT#acme", "big", "--to", "1", "--arm"]).await;
    let item = printed.events("item")[0];
    assert_eq!((printed.code, item["reason"].as_str()), (3, Some("too_large")), "{}", printed.stdout);
    assert_eq!(stack.dump().await, before);
    let printed = program.json(&["history", "PRODUCT#acme", "big", "--rows"]).await;
    assert_eq!(printed.events("version")[0]["row"]["attributes"]["M"]["text"]["S"].as_str().unwrap().len(), 409_450);
}

#[tokio::test]
async fn a_closed_pipe_ends_quietly() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let args = ["history", "PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M", "--rows", "--json"];
    let mut child = program.command(&args).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}
