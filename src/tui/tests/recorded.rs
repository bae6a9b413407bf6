//! Recorded runs: listed, resumed, undone, verified, put on record.

use super::reporting::reported;
use super::running::playing;
use super::{Fake, Play};
use crate::domain::run::{Operation, Outcome, RunId, RunState};
use crate::engine::protocol::{Approval, Command, Event, RunInfo};
use crate::tui::screens::arm::Arm;
use crate::tui::screens::batch::Batch;
use crate::tui::screens::palette::Palette;
use crate::tui::screens::runs::Runs;

/// With runs recorded: one that stopped with items left, and one that is done.
fn unfinished(play: &mut Play) {
    play.fake = Fake::golden().answering(|c| {
        let approval = Approval {
            at: "2026-03-20T01:02:03.000Z".into(),
            by: "u-tanaka".into(),
            batch: Some(1),
            digest: "ab".repeat(32),
            decision: Approval::in_part("approve the rest", 2),
        };
        let stopped =
            RunInfo { left: 3, reason: "OPS-4711".into(), approvals: vec![approval], ..super::fake::stopped_run() };
        match c {
            Command::Runs => Some(vec![Event::Run(Box::new(stopped)), Event::Finished { cancelled: false }]),
            Command::ResumeRun { .. } => Some(vec![Event::Run(Box::new(stopped))]),
            Command::ReportRun { .. } => Some(vec![reported(stopped), Event::Finished { cancelled: false }]),
            _ => None,
        }
    });
}

#[test]
fn what_is_not_finished_is_said_in_the_header_and_on_leaving() {
    let played = playing((120, 40), unfinished, "");
    assert!(played.screen.lines().next().unwrap().contains("1 unfinished run"), "{}", played.screen);
    let words = played.app.words_on_leaving();
    assert!(
        words.len() == 1 && words[0].contains("1 run is unfinished") && words[0].contains("run --resume"),
        "{words:?}"
    );
    // The one that is under way here is not.
    let resumed = playing((120, 40), unfinished, "AA:runs<ret>r");
    assert!(!resumed.screen.contains("unfinished"), "{}", resumed.screen);
    // Runs in memory cannot be resumed by another start.
    let forgets = playing(
        (120, 40),
        |p| {
            unfinished(p);
            p.options.forgets = true;
        },
        "",
    );
    assert_eq!(forgets.app.words_on_leaving(), [""; 0]);
    let elsewhere = playing(
        (120, 40),
        |p| {
            unfinished(p);
            p.options.profile.name = "other".into();
        },
        "",
    );
    assert!(!elsewhere.screen.contains("unfinished"), "{}", elsewhere.screen);
}

#[test]
fn a_long_reason_leaves_the_list_its_place() {
    let wordy = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| {
            let run = RunInfo { reason: "because of this ".repeat(300), ..super::fake::stopped_run() };
            let events = vec![Event::Run(Box::new(run)), Event::Finished { cancelled: false }];
            matches!(c, Command::Runs).then_some(events)
        });
    };
    for size in [(60, 15), (80, 24), (120, 40)] {
        let screen = playing(size, wordy, "5").screen;
        assert!(screen.contains("operation") && screen.contains("because of this"), "{screen}");
    }
}

#[test]
fn a_run_that_is_under_way_is_unfinished_when_the_console_is_left() {
    // The first batch is written, the second waits.
    let begun = super::running::run("aW<esc>").app.words_on_leaving();
    assert!(begun.len() == 1 && begun[0].contains("run --resume"), "{begun:?}");
    // Nothing is written yet, or all of it.
    assert_eq!(super::running::run("<esc>").app.words_on_leaving(), [""; 0]);
    assert_eq!(super::running::run("r3<ret>").app.words_on_leaving(), [""; 0]);
}

#[test]
fn a_run_of_which_nothing_was_begun_leaves_nothing_unfinished() {
    let declined = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| {
            let declined = RunInfo { left: 3, begun: false, outcomes: vec![], ..super::fake::stopped_run() };
            let events = vec![Event::Run(Box::new(declined)), Event::Finished { cancelled: false }];
            matches!(c, Command::Runs).then_some(events)
        });
    };
    let played = playing((120, 40), declined, ":runs<ret>");
    assert!(!played.screen.contains("unfinished"), "{}", played.screen);
    let row = played.screen.lines().find(|line| line.contains("rollback")).unwrap();
    assert!(row.contains("  0     3 "), "{row}");
    let narrow = playing((60, 15), declined, ":runs<ret>").screen;
    assert!(narrow.contains("rollback  stopped") && !narrow.contains("3 left"), "{narrow}");
    assert_eq!(played.app.words_on_leaving(), [""; 0]);
}

/// A run of which nothing was written.
fn declined(run: RunInfo) -> RunInfo {
    RunInfo { begun: false, outcomes: vec![], state: RunState::Waiting, ended_at: None, ..run }
}

#[test]
fn the_record_of_a_run_that_was_declined_says_that_nothing_was_written() {
    let change = |p: &mut Play| {
        // A run in memory alone has no way back to tell of.
        p.options.headless_prefix.extend(["--data".to_owned(), "demo".to_owned()]);
        p.fake = Fake::golden().answering(|c| {
            let info = declined(RunInfo { left: 1, ..super::fake::stopped_run() });
            let event = match c {
                Command::Runs => Event::Run(Box::new(info)),
                Command::ReportRun { .. } => reported(info),
                _ => return None,
            };
            Some(vec![event, Event::Finished { cancelled: false }])
        });
    };
    let record = playing((120, 40), change, "5y").copied.remove(0);
    assert!(record.contains("Nothing was written") && record.contains("Left: 1 item\n"), "{record}");
    assert!(!record.contains("not known") && !record.contains(" undo "), "{record}");
}

#[test]
fn an_undo_is_told_by_what_it_takes_back() {
    let two = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| {
            let first = super::fake::stopped_run();
            let undo = RunInfo {
                run: RunId::from_parts(1_773_968_523_900, 9),
                name: format!("undo of {}", first.run),
                operation: Operation::Undo,
                source: first.run.to_string(),
                target: String::new(),
                undo_of: Some(first.run),
                state: RunState::Done,
                left: 0,
                ..first.clone()
            };
            let events = [undo, first].map(|run| Event::Run(Box::new(run)));
            let ended = Event::Finished { cancelled: false };
            matches!(c, Command::Runs).then(|| events.into_iter().chain(std::iter::once(ended)).collect())
        });
    };
    let screen = playing((200, 60), two, ":runs<ret>").screen;
    let row = screen.lines().find(|line| line.contains("undo of ")).unwrap();
    assert!(row.contains("undo of PRODUCT of acme → globex: rollback of "), "{screen}");
    // There is nothing to resume of it.
    assert!(!screen.contains(" r resume "), "{screen}");
    assert!(playing((200, 60), two, ":runs<ret>j").screen.contains(" r resume "));
}

#[test]
fn the_list_shows_first_what_the_header_calls_unfinished() {
    let several = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| {
            let named = |name: &str, at: u64| RunInfo {
                run: RunId::from_parts(1_773_968_523_000 + at, 9),
                name: name.into(),
                source: String::new(),
                target: String::new(),
                left: 3,
                ..super::fake::stopped_run()
            };
            // The newest first, as the engine lists them.
            let declined = declined(named("declined-one", 3));
            let done = RunInfo { left: 0, state: RunState::Done, ..named("over-one", 2) };
            let all = [declined, done, named("half-one", 1)];
            let mut events: Vec<Event> = all.map(|run| Event::Run(Box::new(run))).into();
            events.push(Event::Finished { cancelled: false });
            matches!(c, Command::Runs).then_some(events)
        });
    };
    let played = playing((120, 40), several, "5");
    let at = |name: &str| played.screen.lines().position(|line| line.contains(name)).unwrap();
    assert!(at("half-one") < at("declined-one") && at("declined-one") < at("over-one"), "{}", played.screen);
    assert!(played.screen.contains("1 unfinished run: 5 shows it"), "{}", played.screen);
    assert_eq!(played.app.words_on_leaving().len(), 1);
    let narrow = playing((60, 15), unfinished, "").screen;
    assert!(narrow.contains("1 unfinished: 5"), "{narrow}");
}

#[test]
fn without_runs_no_key_is_silent_and_only_those_that_work_are_shown() {
    let none = |p: &mut Play| {
        let ended = || vec![Event::Finished { cancelled: false }];
        p.fake = Fake::golden().answering(move |c| matches!(c, Command::Runs).then(ended));
    };
    let empty = playing((120, 40), none, "5").screen;
    assert!(empty.contains("Esc back") && !empty.contains("r resume") && !empty.contains("u undo"), "{empty}");
    for key in ["r", "u", "v", "y", "w", "e", "<ret>"] {
        let played = playing((120, 40), none, &format!("5{key}"));
        assert!(played.app.stack.shows::<Runs>() && played.screen.contains("no run is chosen"), "{}", played.screen);
    }
}

#[test]
fn a_resumed_run_tells_what_was_done_before() {
    let half = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| {
            let outcomes = vec![(Outcome::Done, 33), (Outcome::Failed, 2), (Outcome::Skipped, 7)];
            let info = RunInfo { outcomes, left: 285, ..super::fake::stopped_run() };
            match c {
                Command::Runs => Some(vec![Event::Run(Box::new(info)), Event::Finished { cancelled: false }]),
                Command::ResumeRun { .. } => Some(vec![Event::Run(Box::new(info))]),
                _ => None,
            }
        });
    };
    let resumed = playing((120, 40), half, "AA5r");
    let run = resumed.app.run.as_ref().unwrap();
    assert_eq!((run.wrote(), run.has_written(), run.attempted()), (false, true, 0));
    assert!(resumed.screen.contains("33 of 320 done before"), "{}", resumed.screen);
    let leaving = playing((120, 40), half, "AA5rq").screen;
    assert!(leaving.contains("33 of 320 done before") && leaving.contains("To take it back"), "{leaving}");
}

#[test]
fn keys_that_a_notice_names_work_over_the_recorded_runs() {
    let refused = playing((120, 40), unfinished, ":runs<ret>r");
    assert!(refused.screen.contains("A allows writing"), "{}", refused.screen);
    assert!(playing((120, 40), unfinished, ":runs<ret>rA").app.stack.shows::<Arm>());
    let resumed = playing((120, 40), unfinished, ":runs<ret>rAAr");
    assert!(resumed.commands.iter().any(|c| matches!(c, Command::ResumeRun { .. })), "{}", resumed.screen);
    let over = playing((120, 40), unfinished, ":runs<ret>y:");
    assert!(over.app.stack.shows::<Palette>() && over.app.stack.has::<Runs>());
    let copied = playing((120, 40), unfinished, ":runs<ret>y:copy file<ret>");
    assert_eq!(copied.copied.len(), 2, "{}", copied.screen);
    let preview = playing((120, 40), |_| {}, ":open PRODUCT#acme P-0006<ret>[pRA");
    assert!(preview.app.stack.shows::<Arm>(), "{}", preview.screen);
}

#[test]
fn reason_approvals_and_digest_of_the_selected_run_are_shown() {
    for size in [(60, 15), (80, 24), (120, 40)] {
        let screen = playing(size, unfinished, ":runs<ret>").screen;
        insta::assert_snapshot!(format!("runs_detail_{}x{}", size.0, size.1), screen);
    }
    let screen = playing((120, 40), unfinished, ":runs<ret>").screen;
    for word in
        ["OPS-4711", "batch 1 but for 2 items and everything after it was approved by u-tanaka", "4f2a9c0d7be61835"]
    {
        assert!(screen.contains(word), "{word}\n{screen}");
    }
    // Items left and the operator of the run, also where columns have no room for all; and the way back.
    let small = playing((80, 24), unfinished, ":runs<ret>").screen;
    for word in ["done  left", "  1     3 ", "operator", "u-tanaka", "Esc back"] {
        assert!(small.contains(word), "{word}\n{small}");
    }
    assert!(playing((60, 15), unfinished, ":runs<ret>").screen.contains("3 left"));
}

#[test]
fn every_fact_of_a_run_is_read_in_the_smallest_window() {
    let open = ":runs<ret><ret>";
    let first = playing((60, 15), unfinished, open).screen;
    assert!(first.contains("Ctrl-D scrolls") && !first.contains("OPS-4711"), "{first}");
    let mut seen = String::new();
    for times in (0..24).step_by(3) {
        let scrolled = playing((60, 15), unfinished, &format!("{open}{}", "<ctrl-d>".repeat(times)));
        seen.push_str(&scrolled.screen);
    }
    for fact in ["OPS-4711", "digest", "journal", "began", "approved"] {
        assert!(seen.contains(fact), "{fact}\n{seen}");
    }
    let back = playing((60, 15), unfinished, &format!("{open}<ctrl-d><ctrl-u>")).screen;
    assert_eq!(back, first);
}

#[test]
fn the_record_of_a_run_is_copied_for_the_ticket() {
    for keys in [":runs<ret>y", ":runs<ret><ret>y"] {
        let played = playing((120, 40), unfinished, keys);
        let run = super::fake::stopped_run().run.to_string();
        assert!(played.copied.len() == 1 && played.copied[0].contains(&run), "{:?}", played.copied);
        assert!(played.screen.contains("copied the record of the run, as Markdown"), "{}", played.screen);
    }
}

#[test]
fn runs_are_resumed_undone_verified_and_exported() {
    let runs = |keys: &str| playing((120, 40), |_| {}, &format!("AA:runs<ret>{keys}"));
    let done = runs("r");
    assert!(done.screen.contains("there is nothing to resume"), "{}", done.screen);
    let undo = runs("u");
    let form = undo.app.plan.form.as_ref().unwrap();
    assert_eq!((form.operation, form.problem.is_none()), (Operation::Undo, true));
    assert!(undo.commands.iter().any(|c| matches!(c, Command::PreviewPlan { .. })), "it is previewed, not begun");
    assert!(!undo.commands.iter().any(|c| matches!(c, Command::RunPlan { .. })));
    let begun = runs("uR");
    assert!(begun.app.stack.shows::<Batch>(), "{}", begun.screen);
    let verified = runs("v");
    assert!(
        verified.screen.contains("written 5, found 7") && verified.screen.contains("different 1"),
        "{}",
        verified.screen
    );
    let exported = runs("eout.db<ret>");
    assert!(exported.screen.contains("written to out.db"), "{}", exported.screen);
}
