//! A comparison that is cut short goes on where it was, tells all of it, and reads what is left alone.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tenantry::engine::failure::{ErrorCode, Failure};
use tenantry::engine::protocol::{Command, Event, Finding, Level};

use super::{DATA, attribute, change, findings};
use crate::support::many::sk;
use crate::support::plan::Plan;
use crate::support::{Driver, Program, Stack};
use tenantry::domain::value::{Number, Value};

fn told(events: &[Event]) -> Vec<Finding> {
    events.iter().filter_map(|e| if let Event::Finding(f) = e { Some((**f).clone()) } else { None }).collect()
}

fn failure(events: &[Event]) -> &Failure {
    let failed = events.iter().find_map(|e| if let Event::Failed(f) = e { Some(f) } else { None });
    failed.unwrap_or_else(|| panic!("{events:?}"))
}

fn warnings(events: &[Event]) -> Vec<&str> {
    let text = |e| if let &Event::Log(Level::Warning, ref text) = e { Some(text.as_str()) } else { None };
    events.iter().filter_map(text).collect()
}

fn looked(events: &[Event]) -> Option<u64> {
    let done = |e: &Event| if let Event::Progress { done, .. } = e { Some(*done) } else { None };
    events.iter().filter_map(done).next_back()
}

fn kept(stack: &Stack) -> Vec<PathBuf> {
    let Ok(dir) = std::fs::read_dir(stack.state.path().join("verifications")) else { return Vec::new() };
    dir.map(|entry| entry.unwrap().path()).collect()
}

impl Driver {
    /// Compares to the end: what was told, and the requests that it took.
    async fn compared(&mut self, plan: &Plan, resume: bool) -> (Vec<Event>, u64) {
        let before = self.handle.counters.borrow().requests;
        let request = self.send(Command::VerifyPlan { plan: plan.model(), resume }).await;
        let events = self.rest(request).await;
        (events, self.handle.counters.borrow().requests - before)
    }

    /// Compares until so many findings were told, and cuts it short.
    async fn cut_short(&mut self, plan: &Plan, after: usize) -> Vec<Finding> {
        let request = self.send(Command::VerifyPlan { plan: plan.model(), resume: false }).await;
        let mut seen = Vec::new();
        while seen.len() < after {
            if let Event::Finding(finding) = self.event(request).await {
                seen.push(*finding);
            }
        }
        self.send(Command::Cancel { request }).await;
        let rest = self.rest(request).await;
        assert!(matches!(rest.last(), Some(Event::Finished { cancelled: true })), "{rest:?}");
        seen.extend(told(&rest));
        seen
    }
}

/// 2,600 entities on one side, six pages of them; on the other all but a thousand, some of which differ.
async fn half_there() -> (Stack, Plan) {
    let stack = Stack::new().await;
    stack.products("acme", 2_600, 20_000).await;
    stack.products("globex", 1_600, 20_000).await;
    for i in (3..1_600).step_by(4) {
        let price = Value::N(Number::parse("7.5").unwrap());
        change(&stack, &sk(i), |row| attribute(row, "price", price)).await;
    }
    (stack, Plan::copy("acme", "globex"))
}

#[tokio::test]
async fn what_is_left_is_compared_and_everything_is_told() {
    let (stack, plan) = half_there().await;
    let mut driver = Driver::new(&stack);
    let (whole, requests) = driver.compared(&plan, false).await;
    let all = told(&whole);
    assert_eq!((all.len(), looked(&whole)), (400 + 1_000, Some(2_600)));
    assert_eq!(kept(&stack), Vec::<PathBuf>::new(), "a complete one leaves nothing behind");
    let seen = driver.cut_short(&plan, 900).await;
    assert!(seen.len() < all.len(), "{}", seen.len());
    let [file] = kept(&stack).try_into().unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(name.len() == 64 + 6 && name.ends_with(".jsonl"), "{name}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // What stands behind the last place, cut short in the middle of a line, counts for nothing.
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("{\"finding\":{\"kind\":\"mis");
    std::fs::write(&file, text).unwrap();
    let (rest, fewer) = driver.compared(&plan, true).await;
    assert_eq!((told(&rest).len(), looked(&rest)), (all.len(), Some(2_600)));
    assert!(told(&rest) == all, "once each, in the same order, values and all");
    assert!(fewer < requests, "{fewer} of {requests}");
    assert_eq!(kept(&stack), Vec::<PathBuf>::new());
    driver.leave().await;
}

#[tokio::test]
async fn another_place_another_plan_and_one_under_way_are_not_gone_on_with() {
    let (stack, plan) = half_there().await;
    let mut driver = Driver::new(&stack);
    driver.cut_short(&plan, 900).await;
    let (events, _) = driver.compared(&Plan::copy("acme", "initech"), true).await;
    assert_eq!(
        (failure(&events).code, told(&events).len()),
        (ErrorCode::NotFound, 0),
        "of another plan nothing is kept"
    );
    driver.leave().await;
    let mut profile = stack.profile.clone();
    profile.region = Some("eu-west-1".to_owned());
    let mut elsewhere = Driver::at(profile, stack.state.path());
    let (events, _) = elsewhere.compared(&plan, true).await;
    let why = failure(&events);
    assert_eq!((why.code, told(&events).len()), (ErrorCode::Config, 0));
    assert!(why.message.contains("region ap-northeast-1") && why.message.contains("eu-west-1"), "{}", why.message);
    elsewhere.leave().await;
    // While one goes on with it nobody else does.
    let (mut one, mut other) = (Driver::new(&stack), Driver::new(&stack));
    let request = one.send(Command::VerifyPlan { plan: plan.model(), resume: true }).await;
    one.until(request, |e| matches!(e, Event::Finding(_))).await;
    let (events, _) = other.compared(&plan, true).await;
    assert_eq!(failure(&events).code, ErrorCode::Locked);
    let (events, _) = other.compared(&plan, false).await;
    assert_eq!((warnings(&events).len(), told(&events).len()), (1, 1_400), "it compares, and does not disturb");
    let rest = one.rest(request).await;
    assert_eq!(told(&rest).len(), 1_399);
    one.leave().await;
    other.leave().await;
}

#[tokio::test]
async fn the_command_line_goes_on_and_says_what_is_kept() {
    let (stack, plan) = half_there().await;
    let program = Program::new(&stack);
    let (code, _, stderr) = program.text(&["verify", plan.path(), "--resume"]).await;
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("no interrupted comparison") && stderr.contains("leave --resume out"), "{stderr}");
    let mut driver = Driver::new(&stack);
    driver.cut_short(&plan, 900).await;
    driver.leave().await;
    let anew = program.json(&["verify", plan.path()]).await;
    assert!(anew.stderr.contains("is kept: ") && anew.stderr.contains("just now"), "{}", anew.stderr);
    assert_eq!((anew.code, anew.events("finding").len()), (3, 1_400));
    let mut driver = Driver::new(&stack);
    // The program's profile is not called as the driver's is: as if it had been cut short itself.
    driver.cut_short(&plan, 900).await;
    driver.leave().await;
    let other = stack.profile.name.clone();
    for file in kept(&stack) {
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replacen(&format!("\"profile\":\"{other}\""), "\"profile\":\"test\"", 1)).unwrap();
    }
    let resumed = program.json(&["verify", plan.path(), "--resume"]).await;
    assert_eq!((resumed.code, resumed.events("finding").len()), (3, 1_400), "{}", resumed.stderr);
    assert_eq!((findings(&resumed), resumed.end()["rows"].as_u64()), (findings(&anew), Some(2_600)));
    let changed = resumed.events("finding").into_iter().find(|f| f["kind"] == "different").unwrap();
    assert_eq!((&changed["before"]["N"], &changed["after"]["N"]), (&"3".into(), &"7.5".into()));
    let kinds: BTreeSet<&str> = resumed.events("finding").iter().map(|f| f["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(["different", "missing"]));
    let usage = program.json(&["verify", "01JQ7ZK8W3N5V6B2C4D8F9G0HJ", "--resume"]).await;
    assert_eq!(usage.code, 2, "{}", usage.stdout);
    assert!(stack.get(DATA, "PRODUCT#globex", &sk(2_000)).await.is_none());
}
