//! Rehearsals in the console: their steps, what is left, and what an approval says of them.

use super::plans::{files, plan_play};
use super::{Fake, Play, Played};
use crate::domain::key::{EntityKey, Version};
use crate::domain::run::{Action, Outcome, Reason, RunId};
use crate::engine::protocol::{
    Command, EntityRef, Event, ItemResult, Phase, Rehearsal, RehearsalEvent, RehearsalStep, StepResult,
};
use crate::tui::screens::rehearsal::RehearsalBox;

const OPEN: &str = ":plan open copy.toml<ret>";

fn told(event: RehearsalEvent) -> Event {
    Event::Rehearsal(Box::new(event))
}

fn step(step: RehearsalStep, outcomes: &[(Outcome, u64)], differences: u64, message: &str) -> Event {
    told(RehearsalEvent::Step(StepResult {
        step,
        outcomes: outcomes.to_vec(),
        differences,
        message: message.to_owned(),
    }))
}

fn left() -> Event {
    let key = EntityKey::new("PRODUCT#globex", "P-0003\u{202e}x");
    let item = ItemResult {
        name: None,
        run: RunId::from_parts(0, 1),
        batch: None,
        n: 3,
        entity: EntityRef { module: "product".into(), key: key.clone() },
        source: key,
        source_versions: (Version(0), Version(0)),
        only_source: false,
        taken_back: false,
        before: None,
        after: None,
        action: Action::Skip,
        outcome: Some(Outcome::Skipped),
        reason: Some(Reason::Exists),
        message: Some("the target is there, at version 4".into()),
        line: None,
        warnings: vec![],
        version_before: Version(4),
        version_after: Version(4),
        attempts: 0,
        request_id: None,
    };
    told(RehearsalEvent::Item { step: RehearsalStep::Run, item: Box::new(item) })
}

fn begun() -> Vec<Event> {
    vec![
        told(RehearsalEvent::Scale { items: 3_420, entities: 6_840, bytes: 4_200_000, read_units: 7_912 }),
        step(RehearsalStep::Copy, &[], 0, "17,100 rows, 12 objects and 0 users copied with 7,904 read units in 3.2 s"),
        left(),
        Event::Progress { phase: Phase::Run, done: 1_200, total: Some(3_420) },
    ]
}

fn whole() -> Vec<Event> {
    let rehearsal = Rehearsal {
        at: "2026-03-20T01:00:00.000Z".into(),
        plan: String::new(),
        digest: "d".repeat(64),
        place: Default::default(),
        items: 3_420,
        done: 3_419,
        undone: 3_419,
        differences: 0,
        seconds: 14.2,
    };
    let mut events = begun();
    events.extend([
        step(
            RehearsalStep::Run,
            &[(Outcome::Done, 3_419), (Outcome::Skipped, 1)],
            0,
            "20,514 write units and 7,001 read units by the embedded store's count, in 4.1 s; the largest transaction has 3 writes of 6.2 KB",
        ),
        step(RehearsalStep::Verify, &[], 0, "3,419 entities read back"),
        step(RehearsalStep::Undo, &[(Outcome::Done, 3_419)], 0, "the run taken back in 4.4 s"),
        step(RehearsalStep::Compare, &[], 0, "6,840 entities are as they were, and their versions only rose"),
        told(RehearsalEvent::Done(rehearsal)),
        Event::Finished { cancelled: false },
    ]);
    events
}

fn with(size: (u16, u16), keys: &str, events: Vec<Event>) -> Played {
    let change = |p: &mut Play| {
        files(p);
        let answer = move |c: &Command| matches!(c, Command::Rehearse { .. }).then(|| events.clone());
        p.fake = Fake::golden().answering(answer);
    };
    Play::new(size.0, size.1).with(change).keys(keys)
}

#[test]
fn every_step_of_a_rehearsal_is_shown() {
    for size in [(60, 15), (80, 24), (120, 40)] {
        let at = |name: &str, keys: &str, events: Vec<Event>| {
            let played = with(size, &format!("{OPEN}:rehearse<ret>{keys}"), events);
            insta::assert_snapshot!(format!("rehearsal_{name}_{}x{}", size.0, size.1), played.screen);
        };
        at("running", "", begun());
        at("done", "", whole());
    }
}

#[test]
fn a_rehearsal_goes_on_behind_its_dialog_and_can_be_given_up() {
    let played = with((120, 40), &format!("{OPEN}:rehearse<ret><esc>:rehearse<ret>"), begun());
    let asked = |played: &Played, wanted: fn(&Command) -> bool| played.commands.iter().filter(|c| wanted(c)).count();
    assert_eq!(asked(&played, |c| matches!(c, Command::Rehearse { .. })), 1, "the one under way is shown again");
    assert!(played.app.stack.shows::<RehearsalBox>());
    let played = with((120, 40), &format!("{OPEN}:rehearse<ret>x"), begun());
    assert_eq!(asked(&played, |c| matches!(c, Command::Cancel { .. })), 1);
    // Once it is over, another begins.
    let played = with((120, 40), &format!("{OPEN}:rehearse<ret><esc>:rehearse<ret>"), whole());
    assert_eq!(asked(&played, |c| matches!(c, Command::Rehearse { .. })), 2);
    let none = plan_play((120, 40), ":rehearse<ret>");
    assert!(none.screen.contains("there is no plan yet"), "{}", none.screen);
}
