//! Failures, and answers that never come or come too late: told in their place, and nothing is lost.

use super::script::now;
use super::updates::{open_bolt, play};
use super::{Fake, Play};
use crate::config::Profile;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Envelope, Event, RequestId};
use crate::tui::ConsoleOptions;
use crate::tui::app::App;
use crate::tui::app::update;
use crate::tui::message::{Effect, Message};

/// A console that no engine answers.
fn alone(start_armed: bool) -> App {
    let options = ConsoleOptions {
        profile: Profile::new("p", "dev", "shop"),
        start_armed,
        state_dir: "state".into(),
        headless_prefix: vec![],
        forgets: false,
        open: None,
        no_color: true,
        ui: Default::default(),
        settings: Default::default(),
    };
    App::new(options, now()).unwrap()
}

#[test]
fn a_failure_stands_in_its_place_and_once_in_the_log() {
    let fails = |c: &Command| match c {
        Command::Page { .. } => {
            let mut failure = Failure::new(ErrorCode::AccessDenied, "not allowed to dynamodb:Query");
            failure.hint = Some("ask for the read-only policy".into());
            failure.request_id = Some("REQ-1".into());
            Some(vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }])
        }
        _ => None,
    };
    let played = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(fails)).keys(":open PRODUCT#acme<ret>");
    assert!(played.screen.contains("! not allowed to dynamodb:Query"), "{}", played.screen);
    assert!(played.screen.contains("→ ask for the read-only policy"), "{}", played.screen);
    let pages = played.commands.iter().filter(|c| matches!(c, Command::Page { .. })).count();
    assert_eq!((pages, played.app.log.errors), (1, 1));
    assert!(played.screen.contains("request id REQ-1"), "{}", played.screen);
}

#[test]
fn what_is_not_there_is_said_so() {
    let played = play(":open NOBODY#x<ret>");
    assert!(played.screen.contains("no module has the partition NOBODY#x"), "{}", played.screen);
    let played = Play::new(120, 40).with(|p| p.fake = Fake::empty()).keys("");
    assert!(played.screen.contains("no tables found for dev-shop"), "{}", played.screen);
}

#[test]
fn answers_that_nobody_waits_for_are_ignored() {
    let mut app = alone(false);
    app.take_effects();
    for event in [
        Event::Opened { modules: vec!["x".into()] },
        Event::Versions(vec![]),
        Event::Page { entities: vec![], next: None },
    ] {
        let effects = update(&mut app, now(), Message::Engine(Envelope { request: RequestId(99), event }));
        assert!(effects.is_empty() && app.history.opened.is_none() && app.tenants.entities.is_none());
    }
    let effects = update(&mut app, now(), Message::EngineGone);
    assert!(effects.is_empty() && app.engine_gone);
    let effects = update(&mut app, now(), Message::Key("s".parse().unwrap()));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Send(..))), "{effects:?}");
}

#[test]
fn a_history_that_was_stopped_says_so() {
    let stopped = Fake::golden().answering(|c| match c {
        Command::History { .. } => Some(vec![Event::Finished { cancelled: true }]),
        _ => None,
    });
    let played = Play::new(120, 40).with(|p| p.fake = stopped).keys(&open_bolt(""));
    assert!(played.screen.contains("reading stopped; F5 reads again"), "{}", played.screen);
}

#[test]
fn an_engine_that_ends_is_told_of() {
    let mut app = alone(true);
    update(&mut app, now(), Message::EngineGone);
    let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 120, 40));
    crate::tui::view::draw(&mut app, &mut buffer);
    let screen = super::shown(&buffer);
    assert!(screen.contains("ENGINE ENDED") && screen.contains("the engine has ended"), "{screen}");
}

#[test]
fn what_was_read_stays_on_screen_when_reading_again_fails() {
    let expired = || Event::Failed(Box::new(Failure::new(ErrorCode::Credentials, "the session has expired")));
    let mut asked = 0;
    let fails = move |c: &Command| match c {
        Command::Page { .. } | Command::History { .. } => {
            asked += 1;
            (asked > 1).then(|| vec![expired(), Event::Finished { cancelled: false }])
        }
        _ => None,
    };
    let listed = Play::new(120, 40)
        .with(|p| p.fake = Fake::golden().answering(fails))
        .keys(":open PRODUCT#acme<ret>/p-<ret><f5>");
    assert!(listed.screen.contains("P-0002") && listed.screen.contains("OLD"), "{}", listed.screen);
    assert!(listed.screen.contains("the session has expired") && listed.screen.contains("/p-"), "{}", listed.screen);
    let list = listed.app.tenants.entities.as_ref().unwrap();
    assert!(list.is_old() && list.selected().is_some());
}

#[test]
fn a_partition_that_is_not_there_is_answered_with_the_nearest() {
    let missing = |c: &Command| match c {
        Command::Open { pk, .. } if pk.as_str() == "ORDER#glob" => {
            Some(vec![Event::Opened { modules: vec![] }, Event::Finished { cancelled: false }])
        }
        Command::Open { pk, .. } if pk.as_str() == "PRODUCT#amce" => {
            Some(vec![Event::Opened { modules: vec!["product".into()] }, Event::Finished { cancelled: false }])
        }
        _ => None,
    };
    let keys = |keys: &str| Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(missing)).keys(keys);
    let told = keys(":open ORDER#glob<ret>");
    assert!(told.screen.contains("nearest is ORDER#globex (o offers it)"), "{}", told.screen);
    assert!(keys(":open ORDER#glob<ret>o").screen.contains("open ORDER#globex"));
    let completed = keys(":open ORDER#gl<tab>");
    assert!(completed.screen.contains("open ORDER#globex"), "{}", completed.screen);
    // A key that names a module is opened without a look; its list is empty.
    let empty = keys(":open PRODUCT#amce<ret>");
    assert!(
        empty.screen.contains("PRODUCT#amce has no entities: nearest is PRODUCT#acme (o offers it)"),
        "{}",
        empty.screen
    );
    assert!(keys(":open PRODUCT#amce<ret>o").screen.contains("open PRODUCT#acme"));
    assert_eq!(empty.app.memory.recent, []);
    // Keys of one type have its name in common, and no more.
    assert!(!keys(":open ORDER#zzzzqq<ret>").screen.contains("nearest"));
}
