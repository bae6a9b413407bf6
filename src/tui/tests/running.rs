//! Runs from the console: their screens, how they begin, and the command lines that do the same.

use std::collections::VecDeque;
use std::time::Duration;

use super::fake::plan_run;
use super::plans::files;
use super::script::now;
use super::{Play, Played};
use crate::domain::run::{Action, Outcome, Reason};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Envelope, Event, Level};
use crate::tui::app::update;
use crate::tui::message::Message;
use crate::tui::screens::items::tests::item;
use crate::tui::text;

/// Armed, with a plan of three batches under way: its canary waits.
pub(super) const RUN: &str = "AA:plan open batches.toml<ret>R";

pub(super) fn playing(size: (u16, u16), change: impl FnOnce(&mut Play), keys: &str) -> Played {
    let own = |p: &mut Play| {
        files(p);
        let text = p.files[std::path::Path::new("copy.toml")].clone();
        p.files.insert("batches.toml".into(), format!("{text}\n[run]\ncanary = 1\nbatch = 1\n"));
        p.files.insert("two.toml".into(), format!("{text}\n[run]\ncanary = 2\nbatch = 1\n"));
    };
    Play::new(size.0, size.1).with(own).with(change).keys(keys)
}

pub(super) fn run(keys: &str) -> Played {
    playing((120, 40), |_| {}, &format!("{RUN}{keys}"))
}

pub(super) fn protected(play: &mut Play) {
    play.options.profile.protected = true;
    play.options.profile.name = "prod".into();
    play.options.profile.environment = "prod".into();
    play.fake.plans.confirm = Some("globex".into());
}

#[test]
fn every_screen_of_a_run() {
    for (name, keys) in [
        ("canary", String::new()),
        ("item", "<ret>".to_owned()),
        ("approve", "a".to_owned()),
        ("rest", "r3".to_owned()),
        ("skip", "s".to_owned()),
        ("hold", "h".to_owned()),
        ("end", "q".to_owned()),
        ("waiting", "<esc>".to_owned()),
        ("second", "aW".to_owned()),
        ("done", "r3<ret>".to_owned()),
        ("stop", "<esc>4S".to_owned()),
        ("stopped", "aW<esc>4SE".to_owned()),
        ("quit", "<esc>q".to_owned()),
    ] {
        for size in [(60, 15), (80, 24), (120, 40)] {
            let screen = playing(size, |_| {}, &format!("{RUN}{keys}")).screen;
            insta::assert_snapshot!(format!("run_{name}_{}x{}", size.0, size.1), screen);
        }
    }
    for size in [(60, 15), (120, 40)] {
        let keys = ":plan open two.toml<ret>R";
        let production = playing(size, protected, &format!("AA{keys}aglob")).screen;
        insta::assert_snapshot!(format!("run_protected_{}x{}", size.0, size.1), production);
        for (name, more) in [("out", " "), ("out_approve", " a"), ("out_all", "  a"), ("out_rest", "  kk r")] {
            let screen = playing(size, |_| {}, &format!("AA{keys}{more}")).screen;
            insta::assert_snapshot!(format!("run_{name}_{}x{}", size.0, size.1), screen);
        }
        let split = playing(size, |_| {}, &format!("AA{keys}x")).screen;
        insta::assert_snapshot!(format!("run_split_{}x{}", size.0, size.1), split);
        let failed = |p: &mut Play| p.fake.plans.outcomes = failures();
        let screen = playing(size, failed, &format!("{RUN}r3<ret>4z")).screen;
        insta::assert_snapshot!(format!("run_failed_{}x{}", size.0, size.1), screen);
        let screen = playing(size, paused, &format!("{RUN}aW")).screen;
        insta::assert_snapshot!(format!("run_paused_{}x{}", size.0, size.1), screen);
    }
}

pub(super) fn failures() -> VecDeque<(Outcome, Option<Reason>)> {
    [
        (Outcome::Done, None),
        (Outcome::Conflict, Some(Reason::TargetChanged)),
        (Outcome::Failed, Some(Reason::Throttled)),
    ]
    .into()
}

pub(super) fn paused(play: &mut Play) {
    let failure = Failure::new(ErrorCode::Credentials, "the credentials have expired").hint("sign in again");
    play.fake.plans.paused_by = Some(failure);
}

#[test]
fn what_there_is_no_room_for_above_a_batch_is_a_key_away() {
    let small = playing((60, 15), |_| {}, RUN).screen;
    assert!(small.contains("1 item · ") && small.contains("more lines: S shows them"), "{small}");
    assert!(!small.contains("digest 0123"), "{small}");
    let whole = playing((60, 15), |_| {}, &format!("{RUN}S"));
    assert!(whole.screen.contains("Summary of the batch") && whole.screen.contains("digest "), "{}", whole.screen);
    let back = playing((60, 15), |_| {}, &format!("{RUN}S<esc>")).screen;
    assert!(back.contains("Batch 1: "), "{back}");
    let wide = playing((120, 40), |_| {}, RUN).screen;
    assert!(!wide.contains("more lines") && wide.contains("digest "), "{wide}");
}

#[test]
fn read_only_nothing_runs_and_the_way_to_arm_is_told() {
    let played = playing((120, 40), |_| {}, ":plan open batches.toml<ret>R");
    assert!(played.screen.contains("read-only: A allows writing"), "{}", played.screen);
    assert!(!played.commands.iter().any(|c| matches!(c, Command::RunPlan { .. })));
}

#[test]
fn what_the_preview_showed_is_pinned_unless_the_plan_was_edited_since() {
    let expected = |keys: &str| {
        let played = playing((120, 40), |_| {}, &format!("AA:plan open batches.toml<ret>{keys}"));
        let run = played.commands.into_iter().find_map(|c| match c {
            Command::RunPlan { expect, .. } => Some(expect),
            _ => None,
        });
        run.unwrap()
    };
    assert_eq!(expected("pR"), Some("0123456789abcdef".repeat(4)));
    assert_eq!(expected("R"), None);
    assert_eq!(expected("p<esc>j<ret> 2<ret>R"), None);
}

#[test]
fn the_command_line_of_what_is_on_screen_is_told() {
    let copied = |keys: &str| playing((120, 40), |_| {}, &format!("{keys}Yy")).copied.remove(0);
    assert_eq!(copied(":plan open copy.toml<ret>"), "tenantry --sandbox preview copy.toml");
    let digest = "0123456789abcdef".repeat(4);
    let pinned = format!("tenantry --sandbox run copy.toml --expect {digest} --arm");
    assert_eq!(copied(":plan open copy.toml<ret>p"), pinned);
    let id = plan_run().to_string();
    assert_eq!(copied(RUN), format!("tenantry --sandbox run --resume {id} --arm"));
    assert_eq!(copied(&format!("{RUN}r3<ret>")), format!("tenantry --sandbox runs show {id}"));
}

#[test]
fn every_command_line_of_a_run_can_be_copied() {
    let copied = |keys: &str| playing((120, 40), |_| {}, &format!(":runs<ret>Y{keys}y")).copied.remove(0);
    assert_eq!(copied(""), "tenantry --sandbox runs");
    let run = "01KM4C6ZQR0000000000000007";
    assert_eq!(copied("j"), format!("tenantry --sandbox runs show {run}"));
    assert_eq!(copied("jjj"), format!("tenantry --sandbox undo {run} --arm"));
    assert_eq!(copied("jjjjjjjjk"), format!("tenantry --sandbox verify {run}"));
}

#[test]
fn a_plan_that_is_not_saved_is_not_lost_by_leaving() {
    let typed = ":plan new copy<ret>3<ret>acme<ret>";
    let asked = playing((120, 40), |_| {}, &format!("{typed}q"));
    assert!(!asked.app.quit && asked.screen.contains("not saved"), "{}", asked.screen);
    assert!(playing((120, 40), |_| {}, &format!("{typed}qq")).app.quit);
    assert!(playing((120, 40), |_| {}, ":plan new copy<ret>q").app.quit, "nobody typed anything into it");
    assert!(playing((120, 40), |_| {}, ":plan open copy.toml<ret>q").app.quit);
}

#[test]
fn japanese_keys_keep_the_columns_of_every_dialog() {
    let japanese = |p: &mut Play| {
        p.fake.data.add(
            "product",
            r#"{"pk":"PRODUCT#acme","sk":"六角ボルト-ステンレス-M6","id":"x","version":1,"name":"六角ボルト（改）","tenantCode":"acme","type":"PRODUCT"}"#,
        );
    };
    for (name, keys) in [("preview", ":plan open copy.toml<ret>pG"), ("batch", "AA:plan open copy.toml<ret>RG")] {
        for size in [(60, 15), (80, 24), (120, 40)] {
            let played = playing(size, japanese, keys);
            assert!(played.screen.contains("六角ボルト"), "{}", played.screen);
            for line in played.screen.lines().filter(|l| l.ends_with(['│', '┃', '┓', '┐', '║'])) {
                assert_eq!(text::width(line), usize::from(size.0), "{line}\n{}", played.screen);
            }
            insta::assert_snapshot!(format!("cjk_{name}_{}x{}", size.0, size.1), played.screen);
        }
    }
}

#[test]
fn without_colours_nothing_of_a_run_is_lost() {
    for keys in ["", "a", "r", "<esc>"] {
        let plain = playing((120, 40), |p| p.options.no_color = true, &format!("{RUN}{keys}"));
        assert_eq!(plain.screen, run(keys).screen);
    }
}

/// Processor time of this thread: what else the machine does is not in it.
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// As quick after fifty thousand outcomes as after the first few: measured against itself, because machines differ.
#[test]
fn ten_thousand_outcomes_a_second_do_not_hold_a_frame_up() {
    const CHUNK: u64 = 500;
    let Played { mut app, .. } = run("<esc>4");
    let request = app.run.as_ref().unwrap().request;
    let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 200, 60));
    let (mut taken, mut drawn) = (Vec::new(), Vec::new());
    for chunk in 0..100 {
        let began = worked();
        for n in chunk * CHUNK..(chunk + 1) * CHUNK {
            let mut one = item(n, Action::Create, Some(if n % 10 == 0 { Outcome::Failed } else { Outcome::Done }));
            one.message = Some(format!("attempt {n} was throttled"));
            update(&mut app, now(), Message::Engine(Envelope { request, event: Event::Item(Box::new(one)) }));
        }
        taken.push(worked() - began);
        let began = worked();
        crate::tui::view::draw(&mut app, &mut buffer);
        drawn.push(worked() - began);
    }
    assert_eq!(app.run.as_ref().unwrap().attempted(), 100 * CHUNK);
    assert!(app.log.total() <= 5_000);
    // The quickest of twenty: caches are shared with what else the machine does.
    let quickest = |times: &[Duration]| times.iter().min().copied().unwrap();
    for (times, what) in [(taken, "taking"), (drawn, "drawing")] {
        let (first, last) = (quickest(&times[..20]), quickest(&times[80..]));
        assert!(last < first * 5, "{what}: {first:?} at first, {last:?} in the end");
    }
    app.tell(Level::Info, "still here");
}
