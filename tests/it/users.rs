//! Tenant codes of Cognito users: what changes and what does not, and back to the exact strings.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use tenantry::engine::protocol::{Command, Event};

use crate::support::driver::Driver;
use crate::support::pool::{Attributes, Pool};
use crate::support::program::Printed;
use crate::support::proxy::{Fault, Proxy};
use crate::support::{Program, Stack};

struct Plan(tempfile::NamedTempFile);

impl Plan {
    fn new(more: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("name = \"u\"\noperation = \"users\"\n{more}\n")).unwrap();
        Self(file)
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }
}

/// User, action and reason of the items.
fn items(printed: &Printed) -> BTreeMap<String, (String, String)> {
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    printed.events("item").iter().map(|i| (text(&i["sk"]), (text(&i["action"]), text(&i["reason"])))).collect()
}

async fn run(program: &Program, plan: &Plan) -> Printed {
    program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await
}

#[tokio::test]
async fn the_golden_users_change_where_they_must_and_go_back_exactly() {
    let stack = Stack::new().await;
    let pool = Pool::golden(&stack).await;
    let program = pool.program(&stack);
    let before = pool.users().await;
    let plan = Plan::new("");
    let preview = program.json(&["preview", plan.path()]).await;
    let expected = [
        ("abe", "equal", ""),
        ("ito", "update", "malformed_json"),
        ("kato", "equal", ""),
        ("mori", "update", ""),
        ("sato", "update", ""),
        ("suzuki", "equal", ""),
        ("tanaka", "update", ""),
    ];
    let expected = expected.map(|(user, action, why)| (user.to_owned(), (action.to_owned(), why.to_owned()))).into();
    assert_eq!((items(&preview), preview.code), (expected, 0), "{}", preview.stdout);
    let item = preview.events("item").into_iter().find(|i| i["sk"] == "tanaka").unwrap();
    assert_eq!((item["pk"].as_str(), item["target_sk"].as_str()), (Some(&*pool.id), Some("tanaka")));
    assert_eq!(item["after"]["custom:tenant"]["S"], "my_tenant");
    let [finding] = preview.events("finding")[..] else { panic!("{}", preview.stdout) };
    assert_eq!((finding["sk"].as_str(), finding["path"].as_str()), (Some("ito"), Some("custom:roles")));
    assert_eq!((finding["kind"].as_str(), finding["severity"].as_str()), (Some("malformed_json"), Some("warning")));
    assert_eq!(pool.users().await, before, "a preview changes nobody");

    let digest = preview.end()["digest"].as_str().unwrap();
    let run = program.json(&["run", plan.path(), "--arm", "--approve", "all", "--expect", digest]).await;
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (0, Some(4)), "{}", run.stdout);
    let after = pool.users().await;
    let text = |user: &str, name: &str| after[user][name].clone();
    assert_eq!(text("tanaka", "custom:tenant"), "my_tenant");
    assert_eq!(
        text("tanaka", "custom:roles"),
        r#"[{"tenant":"my_tenant","role":"admin"},{"tenant":"","role":"user"}]"#
    );
    assert_eq!(text("sato", "custom:roles"), r#"[{"tenant":"my_tenant","role":"Admin","since":"2024-04-01"}]"#);
    assert_eq!(text("mori", "custom:groups"), r#"[{"tenant":"globex","groups":["g1","G2"]}]"#);
    assert_eq!(
        (text("ito", "custom:tenant"), text("ito", "custom:roles")),
        ("my_tenant".into(), "[{tenant: broken".into())
    );
    for user in ["suzuki", "kato", "abe"] {
        assert_eq!(after[user], before[user], "{user}");
    }
    let id = run.end()["run"].as_str().unwrap();
    let verify = program.json(&["verify", id]).await;
    assert_eq!((verify.code, verify.events("finding").len()), (0, 0), "{}", verify.stdout);
    // A second time there is nothing to do.
    let again = program.json(&["run", plan.path(), "--arm", "--approve", "all"]).await;
    assert_eq!((again.code, again.end()["actions"]["equal"].as_u64()), (3, Some(6)), "{}", again.stdout);
    // Someone changed one of them since: an undo leaves that alone, and restores the others to the byte.
    pool.set("sato", "custom:roles", "[]").await;
    let verify = program.json(&["verify", id]).await;
    assert_eq!(
        (verify.code, verify.events("finding")[0]["path"].as_str()),
        (3, Some("custom:roles")),
        "{}",
        verify.stdout
    );
    let undo = program.json(&["undo", id, "--arm", "--approve", "all"]).await;
    assert_eq!((undo.code, undo.end()["outcomes"]["done"].as_u64()), (3, Some(3)), "{}", undo.stdout);
    assert_eq!(items(&undo)["sato"], ("conflict".to_owned(), "target_changed".to_owned()));
    pool.set("sato", "custom:roles", &before["sato"]["custom:roles"]).await;
    assert_eq!(pool.users().await, before);
}

#[tokio::test]
async fn codes_are_changed_as_named_and_only_in_the_attributes_named() {
    let stack = Stack::new().await;
    let pool = Pool::golden(&stack).await;
    let program = pool.program(&stack);
    let before = pool.users().await;
    let named = "[users]\nchange = { acme = \"globex\", MY_TENANT = \"mine\" }\nattributes = [\"custom:roles\"]";
    let run = run(&program, &Plan::new(named)).await;
    // Broken roles alone: nothing of the user can be changed.
    assert_eq!(items(&run)["ito"], ("invalid".to_owned(), "malformed_json".to_owned()), "{}", run.stdout);
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (3, Some(3)));
    let after = pool.users().await;
    assert_eq!(after["kato"]["custom:roles"], r#"[{"tenant":"globex","role":"user"}]"#);
    assert_eq!(after["kato"]["custom:tenant"], "acme");
    assert_eq!((&after["mori"], &after["ito"]), (&before["mori"], &before["ito"]));
    let bad = program.json(&["preview", Plan::new("[users]\nchange = { a = 5 }").path()]).await;
    assert_eq!((bad.code, bad.events("error")[0]["line"].as_u64()), (1, Some(4)), "{}", bad.stdout);
    let none = Program::new(&stack).json(&["preview", Plan::new("").path()]).await;
    assert_eq!((none.code, none.events("error")[0]["key"].as_str()), (1, Some("users.pool")), "{}", none.stdout);
}

#[tokio::test]
async fn every_page_is_read_and_what_changed_since_is_a_conflict() {
    let stack = Stack::new().await;
    let pool = Pool::empty(&stack).await;
    for i in 0..130 {
        let tenant = Attributes::from([("custom:tenant".to_owned(), if i < 5 { "Acme" } else { "acme" }.to_owned())]);
        pool.add(&format!("user-{i:03}"), &tenant).await;
    }
    let program = pool.program(&stack);
    let plan = Plan::new("[run]\ncanary = 2");
    let canary = program.json(&["run", plan.path(), "--arm", "--approve", "canary", "--rows"]).await;
    assert_eq!(canary.end()["actions"]["equal"].as_u64(), Some(125), "{}", canary.stdout);
    assert_eq!((canary.end()["outcomes"]["done"].as_u64(), canary.code), (Some(5), 0), "{}", canary.stdout);
    let back = program.json(&["undo", canary.end()["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!((back.code, back.end()["outcomes"]["done"].as_u64()), (0, Some(5)), "{}", back.stdout);
    assert_eq!(pool.users().await["user-000"]["custom:tenant"], "Acme");
    // The second batch waits for approval that nobody gives; one of its users is changed meanwhile, and the run is gone on with.
    let text = program.text(&["run", plan.path(), "--arm", "--approve", "ask"]).await;
    assert_eq!(text.0, 4, "{text:?}");
    let listed = program.json(&["runs"]).await;
    let waiting = listed.events("run").into_iter().find(|r| r["state"] == "waiting").unwrap()["run"].clone();
    pool.set("user-004", "custom:tenant", "Other").await;
    let run = program.json(&["run", "--resume", waiting.as_str().unwrap(), "--arm", "--approve", "all"]).await;
    let changed = run.events("item").into_iter().find(|i| i["sk"] == "user-004" && i["outcome"] == "conflict");
    assert_eq!(changed.unwrap()["reason"], "target_changed", "{}", run.stdout);
    assert_eq!((run.code, run.end()["outcomes"]["done"].as_u64()), (3, Some(4)), "{}", run.stdout);
    assert_eq!(pool.users().await["user-004"]["custom:tenant"], "Other");
}

#[tokio::test]
async fn calls_that_fail_throttle_or_lose_their_answer_change_each_user_once() {
    let stack = Stack::new().await;
    let pool = Pool::empty(&stack).await;
    for i in 0..24 {
        pool.add(&format!("user-{i:02}"), &Attributes::from([("custom:tenant".to_owned(), "Acme".to_owned())])).await;
    }
    let before = pool.users().await;
    let direct = stack.profile.endpoints.cognito.clone().unwrap();
    let proxy = Proxy::before(&direct).await;
    let program = pool
        .program(&stack)
        .replacing(&format!("cognito = \"{direct}\""), &format!("cognito = \"{}\"", proxy.endpoint));
    proxy.by_chance(
        11,
        &[(Fault::Throttle, 15), (Fault::ServerError, 10), (Fault::LoseAnswer, 10), (Fault::Cut, 10)],
        &[(Fault::Throttle, 10), (Fault::Unavailable, 10)],
    );
    let plan = Plan::new("[run]\nconcurrency = 4");
    let stormy = run(&program, &plan).await;
    assert_eq!((stormy.code, stormy.end()["outcomes"]["done"].as_u64()), (0, Some(24)), "{}", stormy.stdout);
    assert!(proxy.transactions().len() > 24, "some were repeated");
    assert!(pool.users().await.values().all(|attributes| attributes["custom:tenant"] == "acme"));
    // Credentials expire while it is taken back: nothing fails, it goes on later.
    proxy.clear();
    proxy.after(proxy.transactions().len() + 5, Some(Fault::Expired));
    let id = stormy.end()["run"].as_str().unwrap().to_owned();
    let undo = program.json(&["undo", &id, "--arm", "--approve", "all"]).await;
    assert_eq!((undo.code, undo.end()["outcomes"]["failed"].as_u64()), (1, Some(0)), "{}", undo.stdout);
    proxy.after(0, None);
    let undo =
        program.json(&["run", "--resume", undo.end()["run"].as_str().unwrap(), "--arm", "--approve", "all"]).await;
    assert_eq!(undo.code, 0, "{}", undo.stdout);
    assert_eq!(pool.users().await, before);
}

#[tokio::test]
async fn every_user_is_listed_once_page_by_page() {
    let stack = Stack::new().await;
    let pool = Pool::empty(&stack).await;
    for i in 0..130 {
        let tenant = Attributes::from([("custom:tenant".to_owned(), format!("t-{i}"))]);
        pool.add(&format!("user-{i:03}"), &tenant).await;
    }
    let mut profile = stack.profile.clone();
    profile.user_pool_id = Some(pool.id.clone());
    let mut engine = Driver::at(profile, stack.state.path());
    let (mut found, mut after, mut pages) = (BTreeMap::new(), None, 0);
    loop {
        let request = engine.send(Command::Users { pool: None, after }).await;
        let events = engine.rest(request).await;
        let [Event::Users { pool: of, users, next }, Event::Finished { cancelled: false }] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(of, &pool.id);
        for user in users {
            let tenant = user.attributes["custom:tenant"].clone();
            assert_eq!(found.insert(user.name.clone(), tenant), None, "{} came twice", user.name);
        }
        pages += 1;
        assert!(pages <= 3, "the pages do not end");
        match next {
            Some(next) => after = Some(next.clone()),
            None => break,
        }
    }
    let expected: BTreeMap<_, _> = (0..130).map(|i| (format!("user-{i:03}"), format!("t-{i}"))).collect();
    assert_eq!((found, pages), (expected, 3));
    engine.leave().await;

    let mut engine = Driver::new(&stack);
    let request = engine.send(Command::Users { pool: None, after: None }).await;
    let failed = engine.until(request, |e| matches!(e, Event::Failed(_))).await;
    let Event::Failed(failure) = failed else { panic!("{failed:?}") };
    assert_eq!((failure.key.as_deref(), failure.fatal), (Some("users.pool"), true), "{failure:?}");
    let other = engine.send(Command::Users { pool: Some(pool.id.clone()), after: None }).await;
    assert!(matches!(engine.event(other).await, Event::Users { users, .. } if users.len() == 60));
    engine.leave().await;
}
