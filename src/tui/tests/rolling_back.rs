//! Rollbacks from a history: asked about, approved or not, and seen afterwards.

use super::updates::{open_bolt, play};
use super::{Fake, Play, Played};
use crate::domain::key::Version;
use crate::domain::plan::{RollTo, Work};
use crate::domain::row::{Row, TableKind};
use crate::domain::value::from_plain_json;
use crate::engine::protocol::{Command, Decision};
use crate::tui::pane::Pane;
use crate::tui::screens::log::progress::Stage;

fn decisions(played: &Played) -> Vec<&Decision> {
    let mut out = Vec::new();
    for command in &played.commands {
        if let Command::Decide { decision, .. } = command {
            out.push(decision);
        }
    }
    out
}

#[test]
fn rolling_back_is_refused_while_read_only() {
    let played = play(&open_bolt("[[R"));
    assert!(!played.commands.iter().any(|c| matches!(c, Command::RunPlan { .. })));
    assert!(played.screen.contains("the console is read-only: A allows writing"), "{}", played.screen);
}

#[test]
fn enter_by_reflex_writes_nothing() {
    let played = play(&format!("AA{}", open_bolt("[[R<ret>")));
    assert_eq!(decisions(&played), [&Decision::Stop]);
    let played = play(&format!("AA{}", open_bolt("[[R<esc>")));
    assert_eq!(decisions(&played), [&Decision::Stop]);
}

#[test]
fn an_approved_rollback_is_written_and_seen() {
    let played = play(&format!("AA{}", open_bolt("[[R<tab><ret>")));
    assert_eq!(decisions(&played), [&Decision::Approve { confirm: None }]);
    let rollback = played.commands.iter().find_map(|c| match c {
        Command::RunPlan { plan, .. } => match &plan.work {
            Work::Rollback { how, .. } => Some((how.to.clone(), how.expect)),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(rollback, Some((RollTo::Version(Version(10)), Some(Version(12)))));
    assert!(played.screen.contains("is at version 13 now"), "{}", played.screen);
    assert_eq!(played.app.history.opened.unwrap().selected, Some(Version(13)));
}

/// The log is followed while it runs; then the operator is where the rollback was begun.
#[test]
fn a_rollback_ends_in_the_history_that_it_was_begun_from() {
    let rolled = |keys: &str| play(&format!("AA{}", open_bolt(&format!("[[R{keys}"))));
    assert_eq!(rolled("").app.focus, Pane::Log);
    let written = rolled("<tab><ret>");
    assert_eq!((written.app.focus, written.app.stack.is_empty()), (Pane::History, true));
    assert_eq!(written.app.run.as_ref().unwrap().stage, Stage::Ended);
    let declined = rolled("<ret>");
    assert_eq!((declined.app.focus, declined.app.history.opened.unwrap().selected), (Pane::History, Some(Version(10))));
    assert!(declined.screen.contains("nothing was written to PRODUCT#acme"), "{}", declined.screen);
}

#[test]
fn a_rollback_with_nothing_to_write_asks_nothing_and_says_why() {
    let fake = || {
        let mut fake = Fake::golden();
        for (kind, end, version) in [(TableKind::History, "@1", 1), (TableKind::Data, "", 2)] {
            let row = format!(
                r#"{{"pk":"CUSTOMER#acme","sk":"same{end}","id":"CUSTOMER#acme#same","version":{version},"name":"n"}}"#
            );
            fake.data.insert("customer", kind, Row(from_plain_json(&row).unwrap().as_map().unwrap().clone()));
        }
        fake
    };
    let played = Play::new(120, 40).with(|p| p.fake = fake()).keys("AA:open CUSTOMER#acme same<ret>[R");
    assert_eq!((played.app.focus, decisions(&played).len()), (Pane::History, 0));
    assert!(
        played.screen.contains("is as wanted already: the entity already is as version 1 was"),
        "{}",
        played.screen
    );
}

/// However often it is pressed: a key that leads away from writing never leads to it.
#[test]
fn left_never_chooses_to_write() {
    for (keys, decision) in [
        ("[[R<left><ret>", Decision::Stop),
        ("[[R<right><left><left><ret>", Decision::Stop),
        ("[[R<right><right><ret>", Decision::Approve { confirm: None }),
    ] {
        assert_eq!(decisions(&play(&format!("AA{}", open_bolt(keys)))), [&decision], "{keys}");
    }
}

#[test]
fn a_protected_profile_wants_the_name_typed() {
    let protected = |keys: &str| {
        let change = |p: &mut Play| {
            p.options.profile.protected = true;
            p.fake.confirm = Some("acme".into());
        };
        Play::new(120, 40).with(change).keys(keys)
    };
    let played = protected(&format!("AA{}", open_bolt("[R<tab><ret>")));
    assert_eq!(decisions(&played), [] as [&Decision; 0]);
    assert!(played.screen.contains("type acme exactly"), "{}", played.screen);
    let played = protected(&format!("AA{}", open_bolt("[Racm<tab><ret>e<ret>")));
    assert_eq!(decisions(&played), [&Decision::Approve { confirm: Some("acme".into()) }]);
}
