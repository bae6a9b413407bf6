//! Runs from the console: approved batch by batch, steered, followed, taken back. Nothing is approved by accident.

use std::collections::VecDeque;
use std::time::Duration;

use super::fake_plans::plan_run;
use super::plans::files;
use super::script::now;
use super::{Fake, Play, Played, drawn};
use crate::domain::digest::part_digest;
use crate::domain::run::{Action, Operation, Outcome, Reason, RunState};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Decision, Envelope, Event, Level, RunInfo, Steering};
use crate::tui::app::update;
use crate::tui::message::Message;
use crate::tui::pane::Pane;
use crate::tui::screens::batch::Batch;
use crate::tui::screens::items::tests::item;
use crate::tui::screens::leave::Leave;
use crate::tui::screens::log::progress::Stage;
use crate::tui::screens::palette::Palette;
use crate::tui::screens::paused::Paused;
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

fn run(keys: &str) -> Played {
    playing((120, 40), |_| {}, &format!("{RUN}{keys}"))
}

fn decisions(played: &Played) -> Vec<Decision> {
    let decided = played.commands.iter().filter_map(|c| match c {
        Command::Decide { decision, .. } => Some(decision.clone()),
        _ => None,
    });
    decided.collect()
}

fn steered(played: &Played) -> Vec<Steering> {
    let steered = played.commands.iter().filter_map(|c| match c {
        Command::Steer { steering, .. } => Some(*steering),
        _ => None,
    });
    steered.collect()
}

fn protected(play: &mut Play) {
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

fn failures() -> VecDeque<(Outcome, Option<Reason>)> {
    [
        (Outcome::Done, None),
        (Outcome::Conflict, Some(Reason::TargetChanged)),
        (Outcome::Failed, Some(Reason::Throttled)),
    ]
    .into()
}

fn paused(play: &mut Play) {
    let failure = Failure::new(ErrorCode::Credentials, "the credentials have expired").hint("sign in again");
    play.fake.plans.paused_by = Some(failure);
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
fn each_decision_wants_its_own_key_and_then_its_own_confirmation() {
    let confirm = None;
    for (keys, decision) in [
        ("aW", Decision::Approve { confirm: confirm.clone() }),
        ("r3<ret>", Decision::ApproveRest { confirm }),
        ("sS", Decision::Skip),
        ("hH", Decision::Hold),
        ("qE", Decision::Stop),
    ] {
        assert_eq!(decisions(&run(keys)).first(), Some(&decision), "{keys}");
    }
    let split = playing((120, 40), |_| {}, "AA:plan open two.toml<ret>RxX");
    assert_eq!(decisions(&split), [Decision::Split]);
}

#[test]
fn items_are_taken_out_and_in_again_and_the_digest_is_of_what_is_left() {
    let two = |keys: &str| playing((120, 40), |_| {}, &format!("AA:plan open two.toml<ret>R{keys}"));
    let decided = |keys: &str| {
        let played = two(keys);
        let decided = played.commands.into_iter().filter_map(|c| match c {
            Command::Decide { digest, decision, .. } => Some((digest, decision)),
            _ => None,
        });
        decided.collect::<Vec<_>>()
    };
    let part = |without: &[u64], rest: bool| Decision::ApprovePart { without: without.to_vec(), rest, confirm: None };
    let whole = decided("aW").remove(0);
    let (digest, decision) = decided(" aW").remove(0);
    let approval = two("").app.run.unwrap().waiting.unwrap();
    let first = approval.items[0].n;
    assert_eq!(decision, part(&[first], false));
    assert_eq!(digest, part_digest(approval.items.iter().map(|item| (&item.digest, item.n == first))));
    assert_ne!(digest, whole.0);
    // In again, it is the batch as it was; looked at later, it still is out.
    assert_eq!(decided(" k aW"), std::slice::from_ref(&whole));
    assert_eq!(decided(" <esc>BaW").remove(0), (digest.clone(), part(&[first], false)));
    assert_eq!(decided(" r2<ret>").remove(0), (digest, part(&[first], true)));
    // Skipped and held it is whole, and with nothing left it is not approved.
    assert_eq!(decided(" sS").remove(0).1, Decision::Skip);
    let nothing = two("  aWr");
    assert!(nothing.screen.contains("every item is taken out: s skips the batch"), "{}", nothing.screen);
    assert_eq!(decisions(&nothing), []);
}

#[test]
fn what_was_taken_out_is_counted_and_is_no_part_of_what_is_left() {
    let played = playing((120, 40), |_| {}, "AA:plan open two.toml<ret>R aW");
    let progress = played.app.run.as_ref().unwrap();
    assert_eq!(progress.outcomes.get(&Outcome::Skipped), Some(&1));
    assert!(played.screen.contains("approved item is done or equal"), "{}", played.screen);
    let log = playing((120, 40), |_| {}, "AA:plan open two.toml<ret>R r2<ret>4z").screen;
    assert!(log.contains("skipped or taken out, and not asked for again"), "{log}");
}

#[test]
fn a_run_that_ended_is_undone_from_the_log() {
    let undone = run("r3<ret>u");
    let form = undone.app.plan.form.as_ref().unwrap();
    assert_eq!(form.operation, Operation::Undo);
    assert!(undone.commands.iter().any(|c| matches!(c, Command::PreviewPlan { .. })), "it is previewed, not begun");
    // Its plan names no tenant; whose data it writes is said all the same, of the preview and of the run.
    let tenant = |p: &mut Play| p.fake.plans.tenant = Some("newco".into());
    let preview = playing((120, 40), tenant, &format!("{RUN}r3<ret>u"));
    let header = |played: &Played| played.screen.lines().next().unwrap().to_owned();
    assert!(header(&preview).contains("│ tenant newco │"), "{}", preview.screen);
    assert!(preview.screen.contains("plan for tenant newco"), "{}", preview.screen);
    let begun = playing((120, 40), tenant, &format!("{RUN}r3<ret>uR<esc>"));
    assert!(header(&begun).contains("│ tenant newco │"), "{}", begun.screen);
    assert!(run("r3<ret>").screen.contains("u undoes it"), "{}", run("r3<ret>").screen);
    // A command that does not fit is not shown in part.
    let far = |p: &mut Play| p.options.headless_prefix.push(format!("--data=/home/{}", "d/".repeat(60)));
    let screen = playing((120, 40), far, &format!("{RUN}r3<ret>")).screen;
    assert!(screen.contains("copies the record with its command") && !screen.contains("d/d/"), "{screen}");
    for (keys, why) in [("<esc>4u", "the run is not over"), ("qEu", "the run wrote nothing")] {
        let refused = run(keys);
        assert!(refused.screen.contains(why) && decisions(&refused).len() < 2, "{}", refused.screen);
    }
}

#[test]
fn a_dialog_of_a_run_names_the_tenant_that_the_run_writes_to() {
    for keys in ["<esc>:open PRODUCT#acme<ret>B", "<esc>:open PRODUCT#acme P-0006<ret>B<ret>"] {
        let screen = run(keys).screen;
        let lines: Vec<&str> = screen.lines().collect();
        assert!(lines[0].contains("tenant globex") && lines[1].contains("run for tenant globex"), "{screen}");
    }
    let closed = run("<esc>:open PRODUCT#acme<ret>B<esc>").screen;
    assert!(closed.lines().next().unwrap().contains("tenant acme"), "{closed}");
}

#[test]
fn the_last_batch_promises_no_other_one() {
    for (keys, says) in [
        ("a", "The run asks again before the next one."),
        ("s", "The run goes on with the next batch."),
        ("aWaWa", "Nothing is left after it."),
        ("aWaWs", "Nothing is left after it."),
        ("aWaWr", "the last batch"),
        ("aWaWh", "No other batch waits"),
    ] {
        // Words may stand in two lines.
        let screen = run(keys).screen;
        let joined = screen.replace(['│', '┃', '║', '╎', '┆', '┊', '╏'], " ");
        let words = joined.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(says), "{keys}: {says}\n{screen}");
    }
}

#[test]
fn a_paused_run_is_listed_as_paused_and_goes_on_with_the_key_that_says_so() {
    let here = |p: &mut Play| {
        let running = RunInfo { run: plan_run(), state: RunState::Running, left: 3, ..super::fake::stopped_run() };
        p.fake = Fake::golden().answering(move |c| {
            let events = vec![Event::Run(Box::new(running.clone())), Event::Finished { cancelled: false }];
            matches!(c, Command::Runs).then_some(events)
        });
    };
    let by_engine = |p: &mut Play| {
        here(p);
        paused(p);
    };
    let log = playing((120, 40), by_engine, &format!("{RUN}aW<esc>4"));
    assert!(log.screen.contains(" p go on") && !log.screen.contains(" p pause"), "{}", log.screen);
    let listed = playing((120, 40), by_engine, &format!("{RUN}aW<esc>:runs<ret>")).screen;
    let line = listed.lines().find(|line| line.contains("2026-03-20")).unwrap();
    assert!(line.contains("paused") && !line.contains("running"), "{listed}");
    let waits = playing((120, 40), here, &format!("{RUN}<esc>:runs<ret>")).screen;
    assert!(waits.lines().any(|line| line.contains("2026-03-20") && line.contains("waiting")), "{waits}");
}

#[test]
fn no_reflex_decides() {
    for keys in [
        "<ret><ret><ret>",
        "<esc><ret><esc>",
        "a<ret>",
        "aa",
        "a<space>y",
        "aw<esc>",
        "r<ret>",
        "ry<ret>",
        "r2<ret>",
        "s<ret>s",
        "h<ret>h",
        "q<ret>q",
        "qy",
        "a<esc>W",
        "s<esc>S",
        "<paste:aW>",
        "BBB",
        " a<ret>",
        "  ",
    ] {
        let played = run(keys);
        assert_eq!(decisions(&played), [], "{keys}");
        assert!(played.app.run.as_ref().unwrap().waiting.is_some(), "{keys}: the batch waits");
    }
}

#[test]
fn a_dialog_that_was_left_leaves_the_batch_waiting_and_comes_back() {
    let left = run("<esc>1");
    assert!(left.app.stack.is_empty() && left.app.run.as_ref().unwrap().stage == Stage::Waiting);
    let again = run("<esc>1B");
    assert!(again.app.stack.shows::<Batch>());
    assert_eq!(decisions(&run("<esc>1BaW")).len(), 1);
}

#[test]
fn a_batch_that_comes_up_while_something_is_typed_takes_no_keys() {
    let Played { mut app, .. } = run("<esc>4:");
    let progress = app.run.as_ref().unwrap();
    let (request, approval) = (progress.request, progress.waiting.clone().unwrap());
    let event = Event::ApprovalNeeded(Box::new(approval.as_ref().clone()));
    update(&mut app, now(), Message::Engine(Envelope { request, event }));
    assert!(app.stack.shows::<Palette>());
    assert!(app.notice.unwrap().text.contains("B shows it"));
}

#[test]
fn a_protected_profile_wants_the_tenant_typed() {
    let keys = |typed: &str| format!("AA:plan open batches.toml<ret>R{typed}");
    for typed in ["aW", "a<ret>", "aGlobex<ret>", "aglobe<ret>", "r3<ret>"] {
        assert_eq!(decisions(&playing((120, 40), protected, &keys(typed))), [], "{typed}");
    }
    let confirm = Some("globex".to_owned());
    let approved = playing((120, 40), protected, &keys("aglobex<ret>"));
    assert_eq!(decisions(&approved), [Decision::Approve { confirm: confirm.clone() }]);
    let all = playing((120, 40), protected, &keys("rglobex<ret>"));
    assert_eq!(decisions(&all), [Decision::ApproveRest { confirm }]);
    // A decision that writes nothing needs no name.
    assert_eq!(decisions(&playing((120, 40), protected, &keys("sS"))), [Decision::Skip]);
}

#[test]
fn a_decision_that_was_refused_leaves_the_batch_waiting() {
    let refusing = |p: &mut Play| {
        let plans = std::mem::take(&mut p.fake.plans);
        p.fake = Fake::golden().answering(|c| {
            let failure = Failure::new(ErrorCode::Conflict, "what was shown is not what would be written now");
            matches!(c, Command::Decide { .. })
                .then(|| vec![Event::Failed(Box::new(failure.not_fatal())), Event::Finished { cancelled: false }])
        });
        p.fake.plans = plans;
    };
    let played = playing((120, 40), refusing, &format!("{RUN}aW"));
    let progress = played.app.run.as_ref().unwrap();
    assert!(progress.waiting.is_some() && progress.stage == Stage::Waiting);
    assert!(played.screen.contains("not decided: what was shown"), "{}", played.screen);
}

#[test]
fn a_run_is_followed_to_its_end_and_counted() {
    let failed = |p: &mut Play| p.fake.plans.outcomes = failures();
    let played = playing((120, 40), failed, &format!("{RUN}aWr2<ret>"));
    let progress = played.app.run.as_ref().unwrap();
    assert_eq!((progress.stage, progress.attempted(), progress.left()), (Stage::Ended, 3, Some(0)));
    let counts: Vec<_> = progress.outcomes.iter().map(|(o, n)| (*o, *n)).collect();
    assert_eq!(counts, [(Outcome::Done, 1), (Outcome::Conflict, 1), (Outcome::Failed, 1)]);
    assert_eq!((progress.causes.len(), progress.unwritten.values().sum::<u64>()), (2, 1));
    assert!(!played.app.is_writing());
    assert_eq!(played.app.focus, Pane::Log);
}

#[test]
fn what_pauses_a_run_is_shown_and_decided_by_the_operator() {
    let play = |keys: &str| playing((120, 40), paused, &format!("{RUN}aW{keys}"));
    let shown = play("");
    assert!(shown.app.stack.shows::<Paused>() && steered(&shown).is_empty());
    assert!(shown.screen.contains("the credentials have expired") && shown.screen.contains("sign in again"));
    assert!(steered(&play("<ret>")).is_empty() && steered(&play("<esc>")).is_empty());
    assert_eq!(steered(&play("c")), [Steering::Continue]);
    assert_eq!(steered(&play("SE")), [Steering::Stop]);
    let left = play("<esc>4");
    assert!(left.screen.contains("PAUSED: the credentials have expired"), "{}", left.screen);
    assert_eq!(steered(&play("<esc>4p")), [Steering::Continue]);
}

#[test]
fn a_run_is_paused_sped_up_slowed_down_and_ended() {
    assert_eq!(steered(&run("<esc>4pp")), [Steering::Pause, Steering::Continue]);
    let faster =
        [Steering::Concurrency(64), Steering::Concurrency(128), Steering::Concurrency(256), Steering::Concurrency(256)];
    assert_eq!(steered(&run("<esc>4++++")), faster);
    assert_eq!(steered(&run("<esc>4--")), [Steering::Concurrency(16), Steering::Concurrency(8)]);
    assert!(steered(&run("<esc>4S<ret><esc>")).is_empty());
    let ended = run("aW<esc>4SE");
    assert_eq!(steered(&ended), [Steering::Stop]);
    assert!(ended.screen.contains("ended by you") && ended.screen.contains("run --resume"), "{}", ended.screen);
    // Without a run there is nothing to steer, and it says so.
    let none = playing((120, 40), |_| {}, "4p");
    assert!(none.screen.contains("no run is under way here") && steered(&none).is_empty());
}

#[test]
fn a_run_that_is_still_being_previewed_is_given_up() {
    let silent = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| matches!(c, Command::RunPlan { .. }).then(Vec::new));
    };
    let given_up = playing((120, 40), silent, &format!("{RUN}x"));
    assert!(matches!(given_up.commands.last(), Some(Command::Cancel { .. })));
    assert!(
        !run("<esc>4x").commands.iter().any(|c| matches!(c, Command::Cancel { .. })),
        "what may write is ended, not dropped"
    );
}

#[test]
fn leaving_asks_while_a_run_is_under_way_and_other_panes_do_not_end_it() {
    let asked = run("<esc>123q");
    assert!(asked.app.stack.shows::<Leave>() && !asked.app.quit);
    assert!(asked.screen.contains("A run is not over") && asked.screen.contains("run --resume"), "{}", asked.screen);
    assert!(asked.app.is_writing());
    assert!(run("<esc>qq").app.quit);
    assert!(run("r3<ret>q").app.quit, "when it is over nothing is asked");
    // It ended while the question stood there: nothing untrue is said of it, or of the plan.
    let mut ended = run("r3<ret>").app;
    ended.stack.push(Leave);
    let screen = drawn(&mut ended);
    assert!(screen.contains("has ended meanwhile") && !screen.contains("not saved."), "{screen}");
}

#[test]
fn the_log_is_narrowed_by_outcome_and_tenant() {
    let failed = |p: &mut Play| p.fake.plans.outcomes = failures();
    let lines = |keys: &str| {
        let played = playing((120, 40), failed, &format!("{RUN}r3<ret>4{keys}"));
        played.app.log.len()
    };
    let all = lines("");
    assert_eq!((lines("o"), lines("oo"), lines("ooo"), lines("oooo")), (1, 0, 1, 1));
    assert_eq!(lines("oooooooo"), all);
    assert_eq!(lines("t"), 4);
    assert_eq!(lines("tt"), all);
    assert_eq!(lines("t/0009<ret>"), 1);
}

#[test]
fn a_run_that_stopped_is_gone_on_with() {
    let stopped = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| {
            let info = super::fake::stopped_run();
            match c {
                Command::Runs => Some(vec![Event::Run(Box::new(info)), Event::Finished { cancelled: false }]),
                Command::ResumeRun { .. } => Some(vec![Event::Run(Box::new(info))]),
                _ => None,
            }
        });
    };
    let armed = playing((120, 40), stopped, "AA:runs<ret>r");
    assert!(armed.commands.iter().any(|c| matches!(c, Command::ResumeRun { .. })));
    assert_eq!((armed.app.focus, armed.app.stack.is_empty()), (Pane::Log, true));
    let unarmed = playing((120, 40), stopped, ":runs<ret>r");
    assert!(
        unarmed.screen.contains("read-only: A allows")
            && !unarmed.commands.iter().any(|c| matches!(c, Command::ResumeRun { .. }))
    );
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
