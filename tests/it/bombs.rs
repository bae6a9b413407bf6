//! Filters and schemas that recurse, grow or run on without an end: they end their own item, and nothing else.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::support::plan::fill;
use crate::support::program::{Printed, binary};
use crate::support::{Program, Stack};

/// A plan file over the golden products of initech, or of another tenant.
struct Plan {
    dir: tempfile::TempDir,
    path: String,
}

impl Plan {
    fn new(tenant: &str, more: &str) -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("plan.toml").to_str().unwrap().to_owned();
        let head = "name = \"t\"\noperation = \"transform\"\n[source]\ntype = \"PRODUCT\"";
        std::fs::write(&path, format!("{head}\ntenant = \"{tenant}\"\n{more}\n")).unwrap();
        Self { dir, path }
    }

    /// One filter; the text stands in a literal string of several lines.
    fn jq(tenant: &str, filter: &str) -> Self {
        Self::new(tenant, &format!("[[transform]]\njq = '''\n{filter}'''"))
    }

    fn beside(self, name: &str, text: &str) -> Self {
        std::fs::write(self.dir.path().join(name), text).unwrap();
        self
    }
}

fn of<'a>(printed: &'a Printed, sk: &str) -> &'a Json {
    printed.events("item").into_iter().find(|item| item["sk"] == sk).unwrap()
}

fn message(json: &Json) -> &str {
    json["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_filter_ends_with_its_own_item_whatever_it_does() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    // At one product of five; what was nested deep comes back as nothing at all, or never.
    for (bomb, why) in [
        ("def f: f|f; f", "too deep"),
        ("def f: 1 + f; f", "too deep"),
        ("{a: reduce range(300000) as $i (0; [.])}", "too deep"),
        ("{a: reduce range(5000) as $i (0; [.])}", "more than 32 levels"),
        ("{a: (\"x\" * 1000000000)}", "more than 256 MB"),
        ("{a: reduce range(40) as $i (\"xxxx\"; . + .)}", "more than 256 MB"),
        ("def f: f; f", "longer than 1 s"),
        ("{a: last(range(1e18))}", "longer than 1 s"),
    ] {
        let filter = format!("if .productName == \"Old 3\" then ({bomb}) else .x = 1 end");
        let began = Instant::now();
        let printed = program.json(&["preview", &Plan::jq("initech", &filter).path]).await;
        let item = of(&printed, "Q-3");
        assert_eq!((printed.code, item["action"].as_str()), (3, Some("invalid")), "{bomb}: {}", printed.stdout);
        assert_eq!(item["reason"].as_str(), Some("transform"), "{bomb}");
        assert!(message(item).starts_with("jq: ") && message(item).contains(why), "{bomb}: {item}");
        assert_eq!(printed.end()["actions"]["update"], 4, "{bomb}: the others are changed: {}", printed.stdout);
        assert!(began.elapsed() < Duration::from_secs(60), "{bomb}");
    }
}

#[tokio::test]
async fn a_run_writes_everything_but_the_item_whose_filter_ended() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let plan = Plan::jq("initech", "if .productName == \"Old 3\" then (def f: f|f; f) else .x = 1 end");
    let run = program.json(&["run", &plan.path, "--arm", "--approve", "all"]).await;
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (3, Some(4)), "{}", run.stdout);
    let left = stack.get("dev-shop-product-data", "PRODUCT#initech", "Q-3").await.unwrap();
    assert_eq!(left.version().unwrap().0, 1, "the one that could not be changed is as it was");
}

#[tokio::test]
async fn a_filter_that_ends_at_every_item_ends_the_plan() {
    let stack = Stack::new().await;
    fill(&stack, "acme", 40).await;
    let before = stack.dump().await;
    let printed =
        Program::new(&stack).json(&["run", &Plan::jq("acme", "def f: f|f; f").path, "--arm", "--approve", "all"]).await;
    let error = printed.events("error")[0];
    assert_eq!((printed.code, error["code"].as_str(), error["key"].as_str()), (1, Some("plan"), Some("transform.jq")));
    assert!(message(error).contains("too deep"), "{error}");
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_filter_that_cannot_even_be_compiled_is_refused_in_its_place() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    for (filter, why) in [
        (format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000)), "too deep"),
        (format!(".{}", " | .".repeat(200_000)), "too deep"),
        ("nonsense".to_owned(), "nonsense"),
    ] {
        let plan = Plan::jq("initech", &filter);
        let printed = program.json(&["preview", &plan.path]).await;
        let error = printed.events("error")[0];
        assert_eq!((printed.code, error["code"].as_str(), error["line"].as_u64()), (1, Some("plan"), Some(7)));
        assert_eq!((error["key"].as_str(), error["file"].as_str()), (Some("transform.jq"), Some(&*plan.path)));
        assert!(message(error).contains(why), "{error}");
        // A view of the same operations is refused just so.
        let view = plan.beside("view.toml", &format!("[[transform]]\njq = '''\n{filter}'''\n"));
        let file = view.dir.path().join("view.toml").to_str().unwrap().to_owned();
        let printed = program.json(&["entities", "PRODUCT#initech", "--view", &file]).await;
        assert_eq!((printed.code, printed.events("error")[0]["code"].as_str()), (1, Some("plan")));
    }
    // What does fit is compiled, and runs.
    for filter in [format!(".x = {}1{}", "[".repeat(20), "]".repeat(20)), format!(".{}", " | .".repeat(1_000))] {
        let printed = program.json(&["preview", &Plan::jq("initech", &filter).path]).await;
        assert_eq!((printed.code, printed.end()["actions"]["invalid"].as_u64()), (0, Some(0)), "{}", printed.stdout);
    }
}

#[tokio::test]
async fn a_view_shows_every_other_entity() {
    let stack = Stack::golden().await;
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("view.toml").to_str().unwrap().to_owned();
    let filter = "if .productName == \"Old 3\" then (def f: f|f; f) else .x = 1 end";
    std::fs::write(&file, format!("[[transform]]\njq = '''{filter}'''\n")).unwrap();
    let printed = Program::new(&stack).json(&["entities", "PRODUCT#initech", "--view", &file]).await;
    let of = |sk: &str| printed.events("entity").into_iter().find(|e| e["sk"] == sk).unwrap().clone();
    assert_eq!((printed.code, of("Q-1")["row"]["attributes"]["M"]["x"]["N"].as_str()), (0, Some("1")));
    assert!(of("Q-3")["problem"].as_str().unwrap().contains("too deep"), "{}", of("Q-3"));
}

/// Definitions of which each refers to the next one twice.
fn doubling(levels: usize) -> String {
    let level = |n: usize| {
        let next = format!("{{\"$ref\":\"#/$defs/l{}\"}}", n + 1);
        format!("\"l{n}\":{{\"allOf\":[{next},{next}]}}")
    };
    let defs: Vec<String> = (0..levels).map(level).collect();
    format!(
        r##"{{"$ref":"#/$defs/l0","$defs":{{{},"l{levels}":{{"not":{{"required":["nothing"]}}}}}}}}"##,
        defs.join(",")
    )
}

#[tokio::test]
async fn a_schema_without_an_end_is_not_decided() {
    let stack = Stack::golden().await;
    let program = Program::new(&stack);
    let of_schema = |schema: &str| {
        let more = "[[transform]]\nset = { x = 1 }\n[validate]\nschema = \"s.json\"";
        Plan::new("initech", more).beside("s.json", schema)
    };
    let began = Instant::now();
    let printed = program.json(&["preview", &of_schema(&doubling(40)).path]).await;
    let item = of(&printed, "Q-1");
    assert_eq!((printed.code, item["reason"].as_str()), (3, Some("schema")), "{}", printed.stdout);
    assert!(message(item).contains("not decided") && message(item).contains("longer than 1 s"), "{item}");
    assert_eq!(printed.end()["actions"]["invalid"], 5);
    assert!(began.elapsed() < Duration::from_secs(120));
    // The same with few levels is decided, and so is a pattern that tries every way.
    let printed = program.json(&["preview", &of_schema(&doubling(4)).path]).await;
    assert_eq!((printed.code, printed.end()["actions"]["update"].as_u64()), (0, Some(5)), "{}", printed.stdout);
    let name = "x".repeat(40);
    let long = format!("[[transform]]\nset = {{ name = \"{name}!\" }}\n[validate]\nschema = \"s.json\"");
    let pattern = r#"{"properties":{"name":{"pattern":"^(x+x+)+(?=y)y$"}}}"#;
    let printed = program.json(&["preview", &Plan::new("initech", &long).beside("s.json", pattern).path]).await;
    assert_eq!((printed.code, of(&printed, "Q-1")["reason"].as_str()), (3, Some("schema")), "{}", printed.stdout);
}

#[tokio::test]
async fn the_worker_is_no_command_of_the_operators() {
    let text = |args: &'static [&'static str]| async move {
        let output = binary().args(args).output().await.unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(!text(&["--help"]).await.contains("worker"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = match shell {
            "bash" => text(&["completions", "bash"]).await,
            "zsh" => text(&["completions", "zsh"]).await,
            "fish" => text(&["completions", "fish"]).await,
            "powershell" => text(&["completions", "powershell"]).await,
            _ => text(&["completions", "elvish"]).await,
        };
        assert!(script.contains("preview") && !script.contains("worker"), "{shell}");
    }
    // Nobody asks anything: it ends.
    let output = binary().arg("worker").output().await.unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
}
