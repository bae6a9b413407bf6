//! Reports that the console writes, and signatures that it takes.

use std::path::Path;

use super::fake::{Fake, run_info};
use super::script::Play;
use crate::domain::key::EntityKey;
use crate::domain::run::{RunId, RunState};
use crate::engine::protocol::{Command, EntityRef, Event, RunInfo, RunReport};

fn report(run: RunId) -> Event {
    let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0001") };
    reported(run_info(run, RunState::Done, &entity))
}

/// The report of a run of which nothing more is known.
pub(super) fn reported(info: RunInfo) -> Event {
    Event::Reported(Box::new(RunReport {
        info,
        checked: Ok(7),
        approvals: vec![],
        steered: vec![],
        problems: vec![],
        changed: vec![],
        left: vec![],
        rehearsal: None,
        partitions: vec![],
        timeline: vec![],
        verified: None,
    }))
}

fn reporting(play: &mut Play) {
    play.fake = Fake::golden().answering(|c| match c {
        Command::ReportRun { run } => Some(vec![report(*run), Event::Finished { cancelled: false }]),
        _ => None,
    });
}

#[test]
fn a_run_is_reported_into_a_file_of_the_kind_that_its_name_says() {
    let id = RunId::from_parts(1_773_968_523_000, 7);
    for (file, begins) in [("r.md", "# "), ("r.html", "<!doctype html>")] {
        let played = Play::new(120, 40).with(reporting).keys(&format!(":report {id} {file}<ret>"));
        let text = played.copied[0].strip_prefix(&format!("{file}: ")).unwrap();
        assert!(text.starts_with(begins) && text.contains("u-tanaka"), "{text}");
    }
    let refused = Play::new(120, 40).with(reporting).keys(&format!(":report {id} r.txt<ret>"));
    assert!(refused.screen.contains(".md or .html") && refused.copied.is_empty(), "{}", refused.screen);
    let refused = Play::new(120, 40).with(reporting).keys(":report preview r.md<ret>");
    assert!(refused.screen.contains("no preview: p in the plan") && refused.copied.is_empty(), "{}", refused.screen);
}

#[test]
fn signatures_are_taken_for_the_next_run_and_told_of_in_the_log() {
    let played = Play::new(120, 40).keys(":signed a.signed 'b c.signed'<ret>");
    let files =
        played.commands.iter().find_map(|c| if let Command::TakeSignatures { files } = c { Some(files) } else { None });
    assert_eq!(files.unwrap(), &[Path::new("a.signed"), Path::new("b c.signed")]);
    assert!(played.screen.contains("2 signatures taken"), "{}", played.screen);
}
