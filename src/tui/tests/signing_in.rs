//! Signing in again: what is needed for it, in which order, and what goes on afterwards.

use std::collections::VecDeque;

use super::plans::files;
use super::script::now;
use super::{Fake, Play, Played, drawn};
use crate::domain::secret::OneTimeCode;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Counters, Event, Identity, SessionEnd};
use crate::tui::app::update;
use crate::tui::message::Message;
use crate::tui::screens::paused::Paused;
use crate::tui::screens::sign_in::SignIn;

const RUN: &str = "AA:plan open batches.toml<ret>RaW";
const COMMAND: &str = "aws sso login --profile corp";

fn expired() -> Failure {
    let failure = Failure::new(ErrorCode::SignIn, "the SSO session of AWS profile corp has ended");
    failure.hint("run `aws sso login --profile corp` and repeat; nothing is lost")
}

fn who(account: &str) -> Vec<Event> {
    let identity = Identity {
        profile: "sandbox".into(),
        environment: "dev".into(),
        app: "shop".into(),
        account: Some(account.into()),
        arn: Some(format!("arn:aws:sts::{account}:assumed-role/support/me")),
        region: Some("ap-northeast-1".into()),
        expires_at: None,
        tables: Some(vec![]),
        framework: "1.4".into(),
    };
    vec![Event::Who(Box::new(identity)), Event::Finished { cancelled: false }]
}

fn refused(failure: Failure) -> Vec<Event> {
    vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }]
}

fn wants_code() -> Vec<Event> {
    let failure = Failure::new(ErrorCode::Credentials, "AWS profile corp asks for a one-time code (mfa_serial)");
    [vec![Event::CodeWanted], refused(failure)].concat()
}

/// Answers each look for credentials in turn, the last one again and again.
fn signing(play: &mut Play, answers: Vec<Vec<Event>>) {
    let plans = std::mem::take(&mut play.fake.plans);
    let mut answers: VecDeque<Vec<Event>> = answers.into();
    play.fake = Fake::golden().answering(move |command| {
        let is_asked = matches!(command, Command::SignInAgain { .. });
        is_asked.then(|| if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() })?
    });
    play.fake.plans = plans;
}

/// A run that was paused when its session had ended.
fn paused(size: (u16, u16), answers: Vec<Vec<Event>>, keys: &str, change: impl FnOnce(&mut Play)) -> Played {
    let own = |play: &mut Play| {
        files(play);
        let text = play.files[std::path::Path::new("copy.toml")].clone();
        play.files.insert("batches.toml".into(), format!("{text}\n[run]\ncanary = 1\nbatch = 1\n"));
        play.fake.plans.paused_by = Some(expired());
        play.options.profile.sign_in = Some(COMMAND.into());
        signing(play, answers);
    };
    Play::new(size.0, size.1).with(own).with(change).keys(&format!("{RUN}{keys}"))
}

/// Requests to the engine about it, in order.
fn asked(played: &Played) -> Vec<String> {
    let told = |command: &Command| match command {
        Command::SignInAgain { code } => Some(if code.is_some() { "code" } else { "look" }.to_owned()),
        Command::Steer { steering, .. } => Some(format!("{steering:?}")),
        Command::Cancel { .. } => Some("cancel".to_owned()),
        _ => None,
    };
    played.commands.iter().filter_map(told).collect()
}

#[test]
fn a_paused_run_goes_on_once_somebody_is_signed_in_and_not_before() {
    let well = || vec![who("000000000000")];
    for keys in ["i", "<f5>", "<esc><f5>", "<esc>4<f5>"] {
        let played = paused((120, 40), well(), keys, |_| {});
        assert_eq!(asked(&played), ["look", "Continue"], "{keys}");
        assert!(!played.app.stack.has::<SignIn>() && !played.app.stack.has::<Paused>(), "{keys}\n{}", played.screen);
        assert!(played.screen.contains("role support"), "{}", played.screen);
        assert!(played.app.run.as_ref().unwrap().paused_by.is_none());
    }
    let elsewhere = Failure::new(ErrorCode::Config, "signed in to account 222222222222, not to 000000000000");
    let wrong = paused((120, 40), vec![refused(elsewhere)], "i", |_| {});
    assert_eq!(asked(&wrong), ["look"]);
    assert!(wrong.app.stack.shows::<SignIn>() && wrong.screen.contains("signed in to account 222222222222"));
    // Left, the run is as it was.
    let left = paused((120, 40), vec![refused(expired())], "i<esc>", |_| {});
    assert!(left.app.stack.is_empty() && left.app.run.as_ref().unwrap().paused_by.is_some());
    assert_eq!(asked(&left), ["look"]);
    // Looked for again, they are there.
    let again = paused((120, 40), vec![refused(expired()), who("000000000000")], "ii", |_| {});
    assert_eq!(asked(&again), ["look", "look", "Continue"]);
}

#[test]
fn the_answer_that_ends_late_is_waited_for() {
    let half = who("000000000000")[..1].to_vec();
    let played = paused((120, 40), vec![half], "i", |_| {});
    assert_eq!(asked(&played), ["look"], "who it is, is not yet the end");
    let given_up = paused((120, 40), vec![vec![]], "i<esc>", |_| {});
    assert_eq!(asked(&given_up), ["look", "cancel"]);
}

#[test]
fn the_command_of_the_profile_is_shown_run_and_its_credentials_taken_up() {
    let answers = || vec![refused(expired()), who("000000000000")];
    let shown = paused((120, 40), answers(), "i", |_| {});
    assert!(shown.screen.contains(&format!("$ {COMMAND}")) && shown.told.is_empty(), "{}", shown.screen);
    let well = |p: &mut Play| p.command = (vec!["Successfully logged in".into()], Ok(()));
    let played = paused((120, 40), answers(), "ir", well);
    assert_eq!(
        (played.told, asked(&paused((120, 40), answers(), "ir", well))),
        (vec![format!("ran {COMMAND}")], vec!["look".to_owned(), "look".into(), "Continue".into()])
    );
    let badly = |p: &mut Play| {
        p.command = (vec!["the browser \u{1b}[31mis not there".into()], Err("aws ended with exit status: 255".into()))
    };
    let failed = paused((120, 40), answers(), "ir", badly);
    assert_eq!(asked(&failed), ["look"], "what was not renewed is not looked for");
    assert!(failed.screen.contains("aws ended with exit status: 255"), "{}", failed.screen);
    assert!(failed.screen.contains("the browser ␛[31mis not there"), "{}", failed.screen);
    // The dialog of the paused run offers it, too: what is in use may look good and be refused all the same.
    let offered = paused((120, 40), vec![who("000000000000")], "", |_| {});
    assert!(offered.screen.contains(&format!("$ {COMMAND}")) && offered.told.is_empty(), "{}", offered.screen);
    let at_once = paused((120, 40), vec![who("000000000000")], "r", well);
    assert_eq!(
        (asked(&at_once), &at_once.told),
        (vec!["look".into(), "Continue".into()], &vec![format!("ran {COMMAND}")])
    );
    assert!(!at_once.app.stack.has::<SignIn>() && !at_once.app.stack.has::<Paused>(), "{}", at_once.screen);
    let failed = paused((120, 40), vec![who("000000000000")], "r", badly);
    assert!(asked(&failed).is_empty() && failed.app.stack.shows::<SignIn>(), "{}", failed.screen);
    let without = paused((120, 40), vec![who("000000000000")], "r", |p| p.options.profile.sign_in = None);
    assert!(without.told.is_empty() && without.app.stack.shows::<Paused>(), "{}", without.screen);
    let none = paused((120, 40), answers(), "ir", |p| p.options.profile.sign_in = None);
    assert!(none.told.is_empty() && none.screen.contains("the profile names no command"), "{}", none.screen);
}

#[test]
fn a_code_is_asked_for_where_it_is_wanted_and_only_digits_are_taken() {
    let answers = || vec![wants_code(), who("000000000000")];
    let asks = paused((120, 40), answers(), "i", |_| {});
    assert!(asks.screen.contains("type the six digits"), "{}", asks.screen);
    let typed = paused((120, 40), answers(), "i12x3456789", |_| {});
    assert!(typed.screen.contains("code 123456 ") && asked(&typed) == ["look"], "{}", typed.screen);
    let short = paused((120, 40), answers(), "i12345<ret>", |_| {});
    assert!(asked(&short) == ["look"] && short.screen.contains("a one-time code has six digits"), "{}", short.screen);
    let signed_in = paused((120, 40), answers(), "i<paste: 123 456\n><ret>", |_| {});
    assert_eq!(asked(&signed_in), ["look", "code", "Continue"]);
    let code: OneTimeCode = "123456".parse().unwrap();
    assert!(signed_in.commands.contains(&Command::SignInAgain { code: Some(code) }));
    // The next try wants the next code.
    let twice = paused((120, 40), vec![wants_code(), refused(expired())], "i123456<ret>", |_| {});
    assert!(twice.screen.contains("has ended") && !twice.screen.contains("123456"), "{}", twice.screen);
}

#[test]
fn a_console_that_needs_a_code_at_its_start_asks_for_it_and_reads_then() {
    let mut connects = 0;
    let fake = Fake::golden().answering(move |command| match command {
        Command::Connect => {
            connects += 1;
            (connects == 1).then(wants_code)
        }
        Command::SignInAgain { code } => Some(if code.is_some() { who("000000000000") } else { wants_code() }),
        _ => None,
    });
    let played = Play::new(120, 40).with(|p| p.fake = fake).keys("123456<ret>");
    assert_eq!(asked(&played), ["code"]);
    assert!(played.app.connection.is_some() && played.app.stack.is_empty(), "{}", played.screen);
}

#[test]
fn reading_again_signs_in_first_where_credentials_were_refused() {
    let reading = |answers: Vec<Vec<Event>>, keys: &str| {
        let mut answers: VecDeque<Vec<Event>> = answers.into();
        let mut is_in = false;
        let fake = Fake::golden().answering(move |command| match command {
            Command::Page { .. } if !is_in => Some(refused(expired())),
            Command::SignInAgain { .. } => {
                is_in = true;
                answers.pop_front()
            }
            _ => None,
        });
        Play::new(120, 40).with(|p| p.fake = fake).keys(keys)
    };
    let failed = reading(vec![], ":open PRODUCT#acme<ret>");
    assert!(failed.app.signing.needed && asked(&failed).is_empty());
    let again = reading(vec![who("000000000000")], ":open PRODUCT#acme<ret><f5>");
    assert_eq!(asked(&again), ["look"]);
    assert!(again.screen.contains("P-0002") && !again.app.signing.needed, "{}", again.screen);
    // With a dialog over the panes it is the dialog that reads again.
    let pages = |played: &Played| played.commands.iter().filter(|c| matches!(c, Command::Page { .. })).count();
    assert!(pages(&again) > pages(&failed));
    let never = Play::new(120, 40).keys(":open PRODUCT#acme<ret><f5>");
    assert_eq!(asked(&never), Vec::<String>::new());
}

#[test]
fn the_program_says_whose_credentials_it_has() {
    let played = Play::new(120, 40).with(|p| signing(p, vec![who("000000000000")])).keys(":sign-in<ret>:about<ret>");
    let arn = "signed in as  arn:aws:sts::000000000000:assumed-role/support/me";
    assert!(played.screen.contains(arn), "{}", played.screen);
}

#[test]
fn the_header_tells_how_long_the_session_lasts() {
    let ending = |at: &str, renews| {
        let session = Some(SessionEnd { at: at.parse().unwrap(), renews });
        let Played { mut app, .. } = Play::new(120, 40).keys("");
        update(&mut app, now(), Message::Counters(Counters { session, ..Counters::default() }));
        app
    };
    let header = |at: &str| drawn(&mut ending(at, true));
    assert!(header("2026-03-20T01:25:30Z").contains("23 min left"), "{}", header("2026-03-20T01:25:30Z"));
    assert!(header("2026-03-20T01:08:00Z").contains("5 min left"));
    // A quarter of a minute later nothing has happened but that.
    let mut app = ending("2026-03-20T01:06:30Z", false);
    update(&mut app, now(), Message::Tick);
    assert!(app.stack.shows::<SignIn>());
    update(&mut app, now(), Message::Key("esc".parse().unwrap()));
    update(&mut app, now(), Message::Tick);
    assert!(app.stack.is_empty(), "it is asked for once");
    assert_eq!(drawn(&mut app).matches("the session ends in 4 minutes").count(), 1);
    let mut app = ending("2026-03-20T01:06:30Z", true);
    update(&mut app, now(), Message::Tick);
    assert!(app.stack.is_empty(), "what renews itself asks nobody");
}

#[test]
fn the_dialog_in_small_and_large_windows() {
    for size in [(60, 15), (80, 24), (120, 40)] {
        let answers = || vec![[vec![Event::CodeWanted], refused(expired())].concat()];
        let lines = (1..=9).map(|n| format!("line {n} of what the command says")).collect();
        let said = |p: &mut Play| p.command = (lines, Err("aws ended with exit status: 1".into()));
        let screen = paused(size, answers(), "ir12", said).screen;
        insta::assert_snapshot!(format!("sign_in_{}x{}", size.0, size.1), screen);
    }
}
