//! Comparing both sides of a plan, or what a run wrote with what is there.

use super::{Fake, Play, Played};
use crate::domain::diff::{Change, diff_maps};
use crate::domain::finding::FindingKind;
use crate::domain::key::EntityKey;
use crate::domain::value::from_plain_json;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, EntityRef, Event, Finding, Level, Phase, Severity};
use crate::tui::pane::Pane;
use crate::tui::screens::runs::Runs;
use crate::tui::screens::verification::VerificationBox;
use crate::tui::text;

const PLAN: &str = "name = \"商品 of acme to globex\"\noperation = \"copy\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n\
                    [target]\ntenant = \"globex\"\n";
const OPEN: &str = ":plan open copy.toml<ret>";

fn finding(kind: FindingKind, sk: &str, message: &str) -> Finding {
    let severity = if kind == FindingKind::Ttl { Severity::Warning } else { Severity::Error };
    let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#globex", sk) };
    let path = (kind == FindingKind::Ttl).then(|| "ttl".to_owned());
    Finding { kind, severity, entity, path, message: message.into(), change: None, repairable: false }
}

/// Differences between two rows, as findings about one.
fn differing(sk: &str, should: &str, is: &str) -> Vec<Event> {
    let map = |json: &str| from_plain_json(json).unwrap().as_map().unwrap().clone();
    let found = |change: Change| {
        let path = Some(change.path.to_string());
        Finding {
            path,
            change: Some(Box::new(change)),
            ..finding(FindingKind::Different, sk, "should be one, is another")
        }
    };
    diff_maps(&map(should), &map(is)).into_iter().map(|c| Event::Finding(Box::new(found(c)))).collect()
}

fn found(finding: Finding) -> Event {
    Event::Finding(Box::new(finding))
}

fn progress(done: u64) -> Event {
    Event::Progress { phase: Phase::Verify, done, total: None }
}

/// Events of a comparison of four thousand entities.
fn findings() -> Vec<Event> {
    let mut events = differing(
        "01HX7MBJK3V9WQBZ7XNDK5ZT2M",
        r#"{"name":"ボルト M6","attributes":{"price":120,"tags":["a","b"],"note":"The quick brown fox jumps over the lazy dog, twice.","gone":true}}"#,
        r#"{"name":"ボルト M8","attributes":{"price":"120","tags":["b","a"],"note":"The quick red fox jumps over the lazy dog, twice.","dims":{"l":30,"w":4}}}"#,
    );
    events.push(found(finding(
        FindingKind::Ttl,
        "01HX7MBJK3V9WQBZ7XNDK5ZT2M",
        "it never expires, and data rows are kept for 30 days",
    )));
    events.push(progress(500));
    events.push(found(finding(FindingKind::Missing, "P-0003", "there is no target")));
    events.push(found(finding(FindingKind::Extra, "P-0004\u{202e}x", "the source has no such entity")));
    events.push(found(finding(
        FindingKind::Ttl,
        "P-0005",
        "it expires, and data rows of its tenant are kept for ever",
    )));
    events.extend(differing("P-0006", r#"{"attributes":{"unit":"kg"}}"#, r#"{"attributes":{"unit":"g"}}"#));
    events.push(progress(4_000));
    events
}

fn done() -> Event {
    Event::Finished { cancelled: false }
}

fn with(
    size: (u16, u16),
    keys: &str,
    mut answer: impl FnMut(&Command) -> Option<Vec<Event>> + Send + 'static,
) -> Played {
    let change = |p: &mut Play| {
        p.files.insert("copy.toml".into(), PLAN.to_owned());
        let verifies = move |c: &Command| match c {
            Command::VerifyPlan { .. } | Command::VerifyRun { .. } => answer(c),
            _ => None,
        };
        p.fake = Fake::golden().answering(verifies);
    };
    Play::new(size.0, size.1).with(change).keys(keys)
}

fn play(keys: &str) -> Played {
    with((120, 40), keys, |_| Some([findings(), vec![done()]].concat()))
}

#[test]
fn every_screen_of_a_comparison() {
    let ended = |events: &[Event]| [events, &[done()]].concat();
    for size in [(60, 15), (80, 24), (120, 40)] {
        let at = |name: &str, keys: &str, events: Vec<Event>| {
            let played = with(size, keys, move |_| Some(events.clone()));
            for line in played.screen.lines().filter(|l| l.ends_with(['│', '┃', '┓', '┐', '╮', '╯'])) {
                assert_eq!(text::width(line), usize::from(size.0), "{line}\n{}", played.screen);
            }
            insta::assert_snapshot!(format!("verify_{name}_{}x{}", size.0, size.1), played.screen);
        };
        at("differences", &format!("{OPEN}V"), ended(&findings()));
        at("equal", &format!("{OPEN}V"), ended(&[progress(2_600)]));
    }
    let at = |name: &str, keys: &str, events: Vec<Event>| {
        insta::assert_snapshot!(format!("verify_{name}"), with((80, 24), keys, move |_| Some(events.clone())).screen);
    };
    at("running", &format!("{OPEN}Vjt"), findings());
    at("stopped", &format!("{OPEN}Vj"), [findings(), vec![Event::Finished { cancelled: true }]].concat());
    at("run", ":runs<ret>v", ended(&findings()));
}

#[test]
fn nothing_found_says_how_much_was_looked_at() {
    let of = |keys: &str, n: u64| with((120, 40), keys, move |_| Some(vec![progress(n), done()])).screen;
    let equal = of(&format!("{OPEN}V"), 2_600);
    assert!(equal.contains("all equal: 2,600 entities compared just now, both sides agree"), "{equal}");
    let none = of(&format!("{OPEN}V"), 0);
    assert!(
        none.contains("nothing to compare: neither side has such an entity") && !none.contains("all equal"),
        "{none}"
    );
    let run = of(":runs<ret>v", 1);
    assert!(run.contains("no difference: 1 entity read back just now; each is, or was, as the run wrote it"), "{run}");
    let running = with((120, 40), &format!("{OPEN}V"), |_| Some(vec![progress(500)])).screen;
    assert!(running.contains("comparing… 500 entities so far, nothing found; x stops"), "{running}");
}

#[test]
fn kinds_and_texts_narrow_the_list() {
    let listed = |keys: &str| {
        let played = play(&format!("{OPEN}V{keys}"));
        assert!(played.app.stack.shows::<VerificationBox>(), "{}", played.screen);
        ["01HX7M", "P-0003", "P-0004", "P-0005", "P-0006"]
            .into_iter()
            .filter(|sk| played.screen.lines().any(|l| (l.contains("│ ! ") || l.contains("│ ~ ")) && l.contains(sk)))
            .collect::<Vec<_>>()
    };
    assert_eq!(listed("").len(), 5);
    assert_eq!(listed("t"), ["01HX7M", "P-0006"]);
    assert_eq!(listed("tt"), ["P-0004"]);
    assert_eq!(listed("ttt"), ["P-0003"]);
    assert_eq!(listed("tttt"), ["01HX7M", "P-0005"]);
    assert_eq!(listed("ttttt").len(), 5);
    assert_eq!(listed("/for ever<ret>"), ["P-0005"]);
    assert_eq!(listed("/unit<ret>"), ["P-0006"]);
    let counted = play(&format!("{OPEN}V")).screen;
    assert!(counted.contains("different 7  extra 1  missing 1  ttl 2"), "{counted}");
}

#[test]
fn an_entity_is_opened_and_the_list_is_where_it_was_left() {
    let there = play(&format!("{OPEN}Vj<ret>"));
    assert_eq!(there.app.history.opened.as_ref().unwrap().entity.key, EntityKey::new("PRODUCT#globex", "P-0003"));
    assert_eq!(there.app.focus, Pane::History);
    let times = |played: &Played| played.commands.iter().filter(|c| matches!(c, Command::VerifyPlan { .. })).count();
    let back = play(&format!("{OPEN}Vj<ret>:verify<ret>"));
    assert_eq!(times(&back), 1);
    assert!(back.screen.contains("2/5"), "{}", back.screen);
    // One that was closed is compared anew: the tables may be others by now.
    assert_eq!(times(&play(&format!("{OPEN}V<esc>V"))), 2);
    assert_eq!(times(&play(&format!("{OPEN}V<f5>"))), 2);
    let of_run = play(":runs<ret>vj<ret>");
    assert!(of_run.app.stack.is_empty() && of_run.app.focus == Pane::History, "{}", of_run.screen);
    assert!(play(":runs<ret>v<esc>").app.stack.shows::<Runs>());
}

#[test]
fn what_was_stopped_goes_on() {
    let resumes = |played: &Played| {
        let resume = |c: &Command| if let Command::VerifyPlan { resume, .. } = c { Some(*resume) } else { None };
        played.commands.iter().filter_map(resume).collect::<Vec<_>>()
    };
    let stopping = |resumed: Vec<Event>| {
        move |c: &Command| match c {
            Command::VerifyPlan { resume: true, .. } => Some(resumed.clone()),
            _ => Some([findings(), vec![Event::Finished { cancelled: true }]].concat()),
        }
    };
    let whole = [findings(), vec![done()]].concat();
    let went_on = with((120, 40), &format!("{OPEN}Vc"), stopping(whole.clone()));
    assert_eq!(resumes(&went_on), [false, true]);
    assert!(went_on.screen.contains("4,000 entities compared just now"), "{}", went_on.screen);
    assert_eq!(resumes(&with((120, 40), &format!("{OPEN}:verify resume<ret>"), stopping(whole))), [true]);
    // Closed and asked for again it is not begun anew.
    let again = with((120, 40), &format!("{OPEN}V<esc>V"), stopping(vec![]));
    assert_eq!(resumes(&again), [false]);
    assert!(again.screen.contains("not all was compared; c resumes it"), "{}", again.screen);
    let nothing = Failure::new(ErrorCode::NotFound, "no interrupted comparison of this plan is kept");
    let anew = with((120, 40), &format!("{OPEN}Vc"), stopping(vec![Event::Failed(Box::new(nothing)), done()]));
    assert_eq!(resumes(&anew), [false, true, false]);
    assert!(anew.screen.contains("there was nothing to resume"), "{}", anew.screen);
    let expired = Failure::new(ErrorCode::Credentials, "the credentials have expired").hint("sign in again");
    let failed = with((120, 40), &format!("{OPEN}VY"), move |_| {
        Some(vec![progress(500), Event::Failed(Box::new(expired.clone())), done()])
    });
    assert!(failed.screen.contains("verify copy.toml --resume"), "{}", failed.screen);
    let log = Event::Log(Level::Warning, "an interrupted comparison of this plan is kept".to_owned());
    let noted = with((120, 40), &format!("{OPEN}V"), move |_| Some(vec![log.clone(), progress(1), done()]));
    assert!(noted.screen.contains("is kept") && noted.screen.contains("all equal"), "{}", noted.screen);
    assert!(play(&format!("{OPEN}Vc")).screen.contains("only a plan's comparison that was stopped"));
    let stop = with((120, 40), &format!("{OPEN}Vx"), |_| Some(vec![progress(1)]));
    assert!(matches!(stop.commands.last(), Some(Command::Cancel { .. })));
}

#[test]
fn a_plan_without_two_sides_says_so() {
    let transform = ":plan new transform<ret>V";
    let played = play(transform);
    assert!(!played.commands.iter().any(|c| matches!(c, Command::VerifyPlan { .. })));
    let transform = |p: &mut Play| {
        let text = "name = \"t\"\noperation = \"transform\"\n[source]\ntype = \"P\"\ntenant = \"acme\"\n[[transform]]\nremove = [\"a\"]\n";
        p.files.insert("t.toml".into(), text.to_owned());
    };
    let refused = Play::new(120, 40).with(transform).keys(":plan open t.toml<ret>V");
    assert!(refused.screen.contains("a transform plan has no two sides to compare"), "{}", refused.screen);
}
