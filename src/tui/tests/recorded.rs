//! Recorded runs: listed, resumed, undone, verified, put on record.

use super::running::playing;

use super::{Fake, Play};
use crate::domain::run::Operation;
use crate::engine::protocol::{Approval, Command, Event, RunInfo, RunReport};
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
            Command::ReportRun { .. } => {
                let (problems, changed, left) = (vec![], vec![], vec![]);
                let (approvals, steered, info) = (vec![], vec![], stopped);
                let (rehearsal, timeline, verified) = (None, vec![], None);
                let report = RunReport {
                    info,
                    checked: Ok(3),
                    approvals,
                    steered,
                    problems,
                    changed,
                    left,
                    rehearsal,
                    timeline,
                    verified,
                };
                Some(vec![Event::Reported(Box::new(report)), Event::Finished { cancelled: false }])
            }
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
    assert!(row.contains("  0     3  "), "{row}");
    let narrow = playing((60, 15), declined, ":runs<ret>").screen;
    assert!(narrow.contains("rollback  stopped") && !narrow.contains("3 left"), "{narrow}");
    assert_eq!(played.app.words_on_leaving(), [""; 0]);
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
    for word in ["done  left", "  1     3 ", "operator  u-tanaka", "Esc back"] {
        assert!(small.contains(word), "{word}\n{small}");
    }
    assert!(playing((60, 15), unfinished, ":runs<ret>").screen.contains("3 left"));
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
