//! Batches that wait for a decision: nothing is approved by accident.

use super::running::{RUN, playing, protected, run};
use super::script::now;
use super::{Fake, Play, Played};
use crate::domain::digest::part_digest;
use crate::domain::run::Outcome;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Decision, Envelope, Event};
use crate::tui::app::update;
use crate::tui::message::Message;
use crate::tui::screens::batch::Batch;
use crate::tui::screens::log::progress::Stage;
use crate::tui::screens::palette::Palette;

pub(super) fn decisions(played: &Played) -> Vec<Decision> {
    let decided = played.commands.iter().filter_map(|c| match c {
        Command::Decide { decision, .. } => Some(decision.clone()),
        _ => None,
    });
    decided.collect()
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
