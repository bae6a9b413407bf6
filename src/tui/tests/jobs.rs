//! Jobs that operators come for, played as keys, with the number of keys that each may take.

use super::script::inputs;
use super::updates::open_bolt;
use super::{Fake, Play, Played};
use crate::domain::plan::Work;
use crate::domain::run::Operation;
use crate::engine::protocol::{Command, Decision, Event, RunInfo, Steering};

/// Plays keys that may be so many at most, from where the first ones lead to.
fn job(change: impl FnOnce(&mut Play), before: &str, keys: &str, most: usize) -> Played {
    let count = inputs(keys).len();
    assert!(count <= most, "{count} keys where {most} are enough: {keys}");
    Play::new(120, 40).with(change).keys(&format!("{before}{keys}"))
}

fn decisions(played: &Played) -> Vec<Decision> {
    let decided = played.commands.iter().filter_map(|c| match c {
        Command::Decide { decision, .. } => Some(decision.clone()),
        _ => None,
    });
    decided.collect()
}

/// The operations of the runs that were begun.
fn begun(played: &Played) -> Vec<Operation> {
    let plans = played.commands.iter().filter_map(|c| match c {
        Command::RunPlan { plan, .. } => Some(plan.work.operation()),
        _ => None,
    });
    plans.collect()
}

const APPROVE: Decision = Decision::Approve { confirm: None };

#[test]
pub(super) fn roll_back_and_undo() {
    let played = job(|_| {}, &format!("AA{}", open_bolt("")), "[[R<tab><ret>4uRaW", 12);
    assert_eq!(begun(&played), [Operation::Rollback, Operation::Undo], "{}", played.screen);
    assert_eq!(decisions(&played), [APPROVE, APPROVE]);
}

#[test]
pub(super) fn copy_a_tenant_batch_by_batch_and_undo() {
    let many = |p: &mut Play| {
        for n in 0..10 {
            let row =
                format!(r#"{{"pk":"PRODUCT#acme","sk":"Q-{n}","id":"PRODUCT#acme#Q-{n}","version":1,"name":"n"}}"#);
            p.fake.data.add("product", &row);
        }
    };
    // Target, preview, run; the canary; split, skip, split, hold; one out and paused meanwhile; the rest; undo.
    let keys = "3n<ret>g<tab><ret>pRaWxXsSxXhH <esc>4ppBr";
    let asked = job(many, "AA:open PRODUCT#acme<ret>", keys, 45);
    let waiting = asked.app.run.as_ref().unwrap().waiting.clone().unwrap();
    let rest = format!("{keys}{}<ret>uRaW", waiting.rest - 1);
    let played = job(many, "AA:open PRODUCT#acme<ret>", &rest, 45);
    assert_eq!(begun(&played), [Operation::Copy, Operation::Undo], "{}", played.screen);
    let without = vec![waiting.items[0].n];
    let part = Decision::ApprovePart { without, rest: true, confirm: None };
    let all = [APPROVE, Decision::Split, Decision::Skip, Decision::Split, Decision::Hold, part, APPROVE];
    assert_eq!(decisions(&played), all);
    let steered: Vec<_> = played.commands.iter().filter(|c| matches!(c, Command::Steer { .. })).collect();
    assert!(
        matches!(
            steered.as_slice(),
            [Command::Steer { steering: Steering::Pause, .. }, Command::Steer { steering: Steering::Continue, .. }]
        ),
        "{steered:?}"
    );
}

#[test]
pub(super) fn normalise_with_decisions() {
    let played = job(|_| {}, "AA", ":plan new normalize<ret>pc2n1<esc>pRaW", 40);
    let run = played.commands.iter().find_map(|c| match c {
        Command::RunPlan { plan, .. } => Some(plan),
        _ => None,
    });
    let Some(Work::Normalize { how, .. }) = run.map(|plan| &plan.work) else { panic!("{}", played.screen) };
    assert!(!how.decided.is_empty(), "{}", played.screen);
    assert_eq!(decisions(&played), [APPROVE]);
}

#[test]
pub(super) fn resume_after_a_kill() {
    let killed = |p: &mut Play| {
        p.fake = Fake::golden().answering(|c| {
            let stopped = RunInfo { left: 3, ..super::fake::stopped_run() };
            match c {
                Command::Runs => Some(vec![Event::Run(Box::new(stopped)), Event::Finished { cancelled: false }]),
                Command::ResumeRun { .. } => Some(vec![Event::Run(Box::new(stopped))]),
                _ => None,
            }
        });
    };
    let played = job(killed, "AA", "5r", 5 - inputs("aW").len());
    assert!(played.commands.iter().any(|c| matches!(c, Command::ResumeRun { .. })), "{}", played.screen);
}
