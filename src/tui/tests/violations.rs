//! Tests of the violations in the items of a preview.

use super::fake::plan_run;
use super::plans::files;
use super::{Fake, Play, Played};
use crate::domain::key::EntityKey;
use crate::domain::publish::PublishMode;
use crate::domain::run::Action;
use crate::domain::undo_until::UndoUntil;
use crate::engine::protocol::{Blast, Command, EntityRef, Event, PlanSummary, Violated};
use crate::tui::pane::Pane;
use crate::tui::screens::violations::Violations;
use crate::tui::text;

fn violated() -> Vec<Violated> {
    let sample = |sk: &str, why: &str| {
        (EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", sk) }, why.to_owned())
    };
    vec![
        Violated {
            rule: "schema 商品.schema.json".into(),
            place: Some("/properties/price/type".into()),
            items: 1_204,
            samples: vec![
                sample("P-0002", "/price value is not of type \"string\""),
                sample("P-0003", "/price value is not of type \"string\""),
                sample("商品-0004\u{202e}", "/price value is not of type \"string\""),
            ],
            text: "(/properties/price/type)".into(),
        },
        Violated {
            rule: "reference company to COMPANY".into(),
            place: None,
            items: 1,
            samples: vec![sample("P-0009", "company names C-1, which is not there or is soft-deleted")],
            text: "reference company to COMPANY".into(),
        },
    ]
}

fn with(size: (u16, u16), violated: Vec<Violated>, keys: &str) -> Played {
    let answer = move |c: &Command| match c {
        Command::PreviewPlan { .. } => {
            let summary = PlanSummary {
                run: plan_run(),
                digest: "0123456789abcdef".repeat(4),
                actions: vec![(Action::Invalid, 1_205)],
                reasons: vec![],
                blast: Blast::default(),
                tenant: None,
                publish: PublishMode::Sync,
                notes: vec![],
                violated: violated.clone(),
                undo_until: UndoUntil::default(),
            };
            Some(vec![Event::Planned(Box::new(summary)), Event::Finished { cancelled: false }])
        }
        _ => None,
    };
    let change = |p: &mut Play| {
        files(p);
        p.fake = Fake::golden().answering(answer);
    };
    Play::new(size.0, size.1).with(change).keys(&format!(":plan open copy.toml<ret>p{keys}"))
}

fn play(keys: &str) -> Played {
    with((120, 40), violated(), keys)
}

#[test]
fn nothing_to_write_is_offered_no_run() {
    let screen = play("").screen;
    let foot = screen.lines().last().unwrap_or_default();
    assert!(foot.contains("preview") && !foot.contains("R run"), "{screen}");
}

#[test]
fn every_screen_of_what_items_do_not_hold() {
    for size in [(60, 15), (80, 24), (120, 40)] {
        let played = with(size, violated(), "i");
        for line in played.screen.lines().filter(|l| l.ends_with(['│', '┃', '┓', '┐', '╮', '╯'])) {
            assert_eq!(text::width(line), usize::from(size.0), "{line}\n{}", played.screen);
        }
        insta::assert_snapshot!(format!("violations_{}x{}", size.0, size.1), played.screen);
    }
}

#[test]
fn a_rule_narrows_the_items_and_a_sample_opens_its_entity() {
    let texts = |played: &Played| {
        let of = |c: &Command| if let Command::Items { filter, .. } = c { Some(filter.text.clone()) } else { None };
        played.commands.iter().filter_map(of).next_back()
    };
    let first = play("i<ret>");
    assert_eq!(texts(&first).as_deref(), Some("(/properties/price/type)"));
    assert!(first.app.stack.is_empty() && first.screen.contains("/(/properties/price/type)"), "{}", first.screen);
    assert_eq!(texts(&play("ij<ret>")).as_deref(), Some("reference company to COMPANY"));
    assert_eq!(texts(&play("i<ret><esc>")).as_deref(), Some(""), "Esc shows all again");
    let sample = play("i2");
    assert_eq!(sample.app.history.opened.as_ref().unwrap().entity.key.sk.as_str(), "P-0003");
    assert_eq!(sample.app.focus, Pane::History);
    let missing = play("ij2");
    assert!(missing.screen.contains("there is no sample 2"), "{}", missing.screen);
    assert!(missing.app.stack.shows::<Violations>());
    assert!(play("").screen.contains("checked: 2 rules are not held by every item; i lists them"));
}

#[test]
fn escape_in_a_sample_goes_back_to_the_rule_that_it_was_opened_out_of() {
    let back = play("ij1<esc>");
    assert_eq!(back.app.history.opened.as_ref().unwrap().entity.key.sk.as_str(), "P-0009");
    assert!(back.app.stack.shows::<Violations>() && back.screen.contains("2/2"), "{}", back.screen);
    // The next one leads on to the preview that they are of.
    let on = play("ij1<esc><esc>").app;
    assert_eq!((on.stack.is_empty(), on.focus), (true, Pane::Plan));
    // Reading again forgets nothing; another preview has other violations.
    assert!(play("i2<f5><esc>").app.stack.shows::<Violations>());
    let other = play("i23p2<esc>").app;
    assert_eq!((other.stack.is_empty(), other.focus), (true, Pane::Tenants));
}

#[test]
fn where_nothing_is_broken_it_says_why() {
    let nothing = with((120, 40), vec![], "i");
    assert!(nothing.screen.contains("the plan checks nothing: [validate] in its text does"), "{}", nothing.screen);
    assert!(nothing.app.stack.is_empty());
    // The name of a plan alone opens it, too.
    let unasked = Play::new(120, 40).with(files).keys(":plan copy.toml<ret>:violations<ret>");
    assert!(unasked.app.plan.form.is_some());
    assert!(unasked.screen.contains("no plan was previewed yet"), "{}", unasked.screen);
}
