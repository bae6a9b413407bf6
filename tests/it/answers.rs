//! Answers that the service did not give are no answers: nothing is taken for written, and nothing for absent.

use serde_json::Value as Json;
use tenantry::domain::row::TableKind;

use crate::support::plan::{self, Plan};
use crate::support::pool::Pool;
use crate::support::proxy::Odds;
use crate::support::{Fault, Program, Proxy, Stack};

const ITEMS: usize = 40;

/// A plan file of any operation, beside a file that an export may go to.
fn file(dir: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(format!("{name}.toml"));
    std::fs::write(&path, format!("name = \"n\"\noperation = \"{name}\"\n{text}")).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_command_takes_an_empty_answer_for_an_empty_table() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 3).await;
    let pool = Pool::empty(&stack).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let cognito = Proxy::before(at.cognito.as_deref().unwrap()).await;
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "")
        .replacing(at.cognito.as_deref().unwrap(), &cognito.endpoint);
    let dir = tempfile::TempDir::new().unwrap();
    let source = "module = \"product\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n";
    let target = format!("{source}[target]\ntenant = \"globex\"\n");
    let copy = file(&dir, "copy", &target);
    let plans = [
        copy.clone(),
        file(&dir, "move", &target),
        file(
            &dir,
            "transform",
            &format!("{source}[[transform]]\nset = {{ a = 1 }}\n[schema]\nmarker = \"version\"\ncurrent = \"v2\"\n"),
        ),
        file(&dir, "rollback", &format!("{source}[rollback]\nto_version = 1\n")),
        file(&dir, "normalize", "module = \"product\"\n[source]\ntype = \"PRODUCT\"\n"),
        file(&dir, "users", &format!("[users]\npool = \"{}\"\n", pool.id)),
    ];
    let csv = dir.path().join("out.csv");
    let mut commands: Vec<Vec<&str>> = plans.iter().map(|path| vec!["preview", path]).collect();
    commands.extend([
        vec!["tenants"],
        vec!["entities", "PRODUCT#acme", "--module", "product"],
        vec!["history", "PRODUCT#acme", "I-0001", "--module", "product"],
        vec!["export", "PRODUCT#acme", "--to", csv.to_str().unwrap()],
        vec!["verify", &copy],
        vec!["doctor", "--module", "product"],
    ]);
    const EVERY: [(&str, Odds); 4] = [
        ("empty", &[(Fault::Empty(200), 100)]),
        ("garbled", &[(Fault::Garbled, 100)]),
        ("page", &[(Fault::Page(403), 100)]),
        ("hollow", &[(Fault::Hollow, 100)]),
    ];
    for (name, odds) in EVERY {
        // The tables are found, and what is read of them is no answer.
        proxy.by_chance(1, &[], odds);
        cognito.by_chance(1, &[], odds);
        let all = commands.iter().map(|command| program.json(command));
        for (command, printed) in commands.iter().zip(futures::future::join_all(all).await) {
            let code = printed.events("error").first().map_or(Json::Null, |error| error["code"].clone());
            let expected = if matches!(name, "garbled" | "hollow") { "internal" } else { "proxy" };
            assert!(printed.code == 1 && code == expected, "{name} {command:?}\n{}", printed.stdout);
        }
    }
    assert!(!csv.exists());
}

#[tokio::test]
async fn a_page_of_a_proxy_stops_a_run_that_goes_on_from_there() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", ITEMS).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    proxy.after(10, Some(Fault::Page(403)));
    let plan = Plan::copy("acme", "globex").set("concurrency", "4");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let error = printed.events("error")[0];
    assert_eq!((printed.code, error["code"].as_str()), (1, Some("proxy")), "{}", printed.stdout);
    assert_eq!(printed.end()["stopped"], "service");
    let said = error["message"].as_str().unwrap();
    assert!(said.starts_with("something between here and the service answered in its place: HTTP 403"), "{said}");
    assert_eq!(error["pk"], "PRODUCT#globex");
    assert!(printed.events("item").iter().all(|item| item["outcome"] == "done"), "{}", printed.stdout);
    // It asked a few times, and then no more.
    assert!(proxy.transactions().len() < 40, "{}", proxy.transactions().len());
    proxy.after(0, None);
    let run = printed.end()["run"].as_str().unwrap();
    let resumed = program.json(&["run", "--resume", run, "--arm", "--approve", "all"]).await;
    assert_eq!(resumed.code, 0, "{}", resumed.stdout);
    assert_eq!(stack.rows(TableKind::Data, "globex").await.len(), ITEMS);
}

#[tokio::test]
async fn a_refusal_that_repeats_an_answer_lost_before_is_no_refusal() {
    let stack = Stack::new().await;
    plan::fill(&stack, "acme", 6).await;
    let at = &stack.profile.endpoints;
    let proxy = Proxy::before(at.dynamodb.as_deref().unwrap()).await;
    let program = Program::at(&stack, &proxy.endpoint, at.s3.as_deref().unwrap(), "");
    // Written and called malformed; not written and called malformed.
    proxy.next(&[Fault::Malformed, Fault::Code("ValidationException")]);
    let plan = Plan::copy("acme", "globex").set("concurrency", "1");
    let printed = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    let outcomes: Vec<&str> = printed.events("item").iter().map(|item| item["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "invalid", "done", "done", "done", "done"], "{}", printed.stdout);
    assert_eq!(stack.rows(TableKind::Data, "globex").await.len(), 5);
}

#[tokio::test]
async fn users_change_once_whoever_answers_for_the_pool() {
    const WRITES: Odds =
        &[(Fault::Empty(200), 15), (Fault::Emptied(200), 15), (Fault::Bare, 15), (Fault::Page(502), 10)];
    let stack = Stack::new().await;
    let pool = Pool::golden(&stack).await;
    let cognito = Proxy::before(stack.profile.endpoints.cognito.as_deref().unwrap()).await;
    let program =
        pool.program(&stack).replacing(stack.profile.endpoints.cognito.as_deref().unwrap(), &cognito.endpoint);
    let dir = tempfile::TempDir::new().unwrap();
    let plan = file(&dir, "users", "");
    cognito.by_chance(3, WRITES, &[]);
    let printed = program.json(&["run", &plan, "--arm", "--approve", "all"]).await;
    assert_eq!(printed.end()["outcomes"]["failed"], 0, "{}", printed.stdout);
    assert_eq!(pool.users().await["tanaka"]["custom:tenant"], "my_tenant");
}

/// An attribute that may not be changed is refused of every user: the run ends, and says which was the first.
#[tokio::test]
async fn a_pool_that_refuses_everything_stops_the_run() {
    let stack = Stack::new().await;
    let pool = Pool::empty(&stack).await;
    for n in 0..40 {
        let tenant = ("custom:tenant".to_owned(), format!("TENANT_{n}"));
        pool.add(&format!("user-{n:02}"), &[tenant].into()).await;
    }
    let cognito = Proxy::before(stack.profile.endpoints.cognito.as_deref().unwrap()).await;
    let program =
        pool.program(&stack).replacing(stack.profile.endpoints.cognito.as_deref().unwrap(), &cognito.endpoint);
    let dir = tempfile::TempDir::new().unwrap();
    let plan = file(&dir, "users", "[run]\nconcurrency = 1\n");
    cognito.after(0, Some(Fault::Code("InvalidParameterException")));
    let printed = program.json(&["run", &plan, "--arm", "--approve", "all"]).await;
    assert_eq!((printed.code, printed.end()["stopped"].as_str()), (4, Some("failures")), "{}", printed.stdout);
    let items = printed.events("item");
    let failed: Vec<&&Json> = items.iter().filter(|item| item["outcome"] == "failed").collect();
    assert!(
        (20..40).contains(&failed.len()) && failed.iter().all(|item| item["reason"] == "refused"),
        "{}",
        printed.stdout
    );
    let first = failed[0]["sk"].as_str().unwrap();
    let said = printed.stderr.lines().find(|line| line.starts_with("the first failure: ")).unwrap();
    assert!(said.contains(first) && said.contains("InvalidParameterException by the proxy"), "{said}");
}
