//! Transforms, chains, references and decisions in the form of a plan; files and moments typed in it.

use super::plans::files;
use super::{Play, Played};
use crate::tui::screens::discard::Discard;
use crate::tui::screens::plan::form::Row;
use crate::tui::screens::plan::step::StepForm;

/// A plan that has steps, and the cursor on the first of them.
const PLAN: &str = "name = \"n\"\noperation = \"transform\"\n\n[source]\ntenant = \"acme\"\ntype = \"PRODUCT\"\n\n[schema]\ncurrent = 2\n\n# one\n[[transform]]\nremove = [\"a\"]\n\n# two\n[[transform]]\njq = \".\"\n";

fn play(size: (u16, u16), keys: &str) -> Played {
    let own = |p: &mut Play| {
        files(p);
        p.files.insert("steps.toml".into(), PLAN.to_owned());
        p.files.insert("product.schema.json".into(), "{}".to_owned());
        p.files.insert("prices.csv".into(), String::new());
    };
    Play::new(size.0, size.1).with(own).keys(&format!(":plan open steps.toml<ret>{keys}"))
}

fn text(played: &Played) -> &str {
    played.app.plan.form.as_ref().unwrap().text()
}

/// From the last row of the form to one above it.
fn up(lines: usize) -> String {
    format!("G{}", "k".repeat(lines))
}

/// Where a transform is added: the lists of chain and references come below.
const ADD: usize = 2;

#[test]
fn every_screen_of_a_step() {
    let add = up(ADD);
    for (name, keys) in [
        ("rows", format!("{add}k")),
        ("group", format!("{add}kk<ret>")),
        ("begun", format!("{add}<ret>")),
        ("split", format!("{add}<ret>spl<ret>")),
        ("jq", format!("{add}k<ret>j<ret> | .a = 1<ret>| .b = 2")),
        ("reference", "G<ret>".to_owned()),
        ("chain", format!("{}<ret>", up(1))),
    ] {
        for size in [(60, 15), (80, 24), (120, 40)] {
            insta::assert_snapshot!(format!("step_{name}_{}x{}", size.0, size.1), play(size, &keys).screen);
        }
    }
}

#[test]
fn a_transform_is_added_filled_in_and_moved() {
    let added = play(
        (120, 40),
        &format!("{}<ret>spl<ret><ret>fullName<ret>j<ret>first, last<ret>j<ret>:<ret><esc>KK", up(ADD)),
    );
    assert!(added.app.stack.is_empty());
    let expected = PLAN.replace(
        "# one",
        "[[transform]]\nsplit = { path = \"fullName\", into = [\"first\", \"last\"], at = \":\" }\n\n# one",
    );
    assert_eq!(text(&added), expected);
    assert!(added.app.plan.form.as_ref().unwrap().problem.is_none());
}

#[test]
fn what_a_chosen_operation_lacks_is_named() {
    for (keys, missing) in [
        ("<ret>join<ret>", "! join.paths is missing"),
        ("<ret>join<ret><ret>", "! join.paths is missing"),
        ("<ret>copy<ret>", "! copy.from is missing"),
        ("<ret>jq<ret>", "! jq is missing"),
        ("<ret>rename<ret>", "! one of rename, default, now, remove is missing"),
    ] {
        let screen = play((80, 24), &format!("{}{keys}", up(ADD))).screen;
        assert!(screen.contains(missing) && !screen.contains("names no operation"), "{keys}\n{screen}");
    }
}

#[test]
fn what_was_only_begun_goes_again() {
    for keys in ["<ret><esc>", "<ret><ret><esc>"] {
        let played = play((120, 40), &format!("{}{keys}", up(ADD)));
        let form = played.app.plan.form.as_ref().unwrap();
        assert_eq!((form.text(), form.is_dirty(), played.app.stack.is_empty()), (PLAN, false, true), "{keys}");
        assert!(played.screen.contains("nothing was added to the plan"), "{}", played.screen);
    }
}

#[test]
fn a_filter_is_written_in_lines() {
    let keys = format!("{}k<ret>j<ret> | .a = 1<ret>| .b = \"it's\"<ctrl-s><esc>", up(ADD));
    let played = play((120, 40), &keys);
    assert_eq!(text(&played), PLAN.replace("jq = \".\"", "jq = \'\'\'\n. | .a = 1\n| .b = \"it\'s\"\'\'\'"));
    let dropped = play((120, 40), &format!("{}k<ret>j<ret> | .a = 1<esc><esc>", up(ADD)));
    assert_eq!(text(&dropped), PLAN);
}

#[test]
fn another_operation_gives_the_value_back_when_it_is_chosen_again() {
    let other = play((120, 40), &format!("{}k<ret><ret><ctrl-u>trim<ret>", up(ADD)));
    assert!(!text(&other).contains("jq"), "{}", text(&other));
    assert!(other.app.stack.shows::<StepForm>());
    let back = play((120, 40), &format!("{}k<ret><ret><ctrl-u>trim<ret>k<ret><ctrl-u>jq<ret>", up(ADD)));
    assert_eq!(text(&back), PLAN);
}

#[test]
fn steps_are_taken_away_with_their_values_and_not_with_what_is_said_above_them() {
    let gone = play((120, 40), &format!("{}kkD", up(ADD)));
    assert_eq!(text(&gone), PLAN.replace("[[transform]]\nremove = [\"a\"]\n", ""));
    let nothing = play((120, 40), "gD");
    assert!(nothing.screen.contains("the cursor is on no transform"), "{}", nothing.screen);
    assert_eq!(text(&nothing), PLAN);
}

#[test]
fn a_chain_holds_transforms_of_its_own() {
    let keys = format!("{}<ret><ret>1<ret>j<ret>2<ret>j<ret>now<tab><ret>jj<ret>at<ret><esc><esc>", up(1));
    let played = play((120, 40), &keys);
    let written = "[[chain]]\nfrom = 1\nto = 2\n\n[[chain.transform]]\nnow = [\"at\"]\n";
    assert!(text(&played).ends_with(written), "{}", text(&played));
}

#[test]
fn references_are_added_key_by_key() {
    let played = play((120, 40), "G<ret><ret>customer<ret>j<ret>CUSTOMER<ret>jj j<ret>true<ret><esc>");
    let written =
        "[[validate.references]]\nfield = \"customer\"\ntype = \"CUSTOMER\"\nby = \"code\"\nallow_common = true\n";
    assert!(text(&played).ends_with(written), "{}", text(&played));
    assert!(played.app.plan.form.as_ref().unwrap().problem.is_none(), "{}", played.screen);
}

#[test]
fn files_are_completed_from_what_is_beside_the_plan() {
    let form = play((120, 40), "").app.plan.form.unwrap();
    let is_schema =
        |row: &&Row| matches!(row, Row::Field(i) if form.field(*i).is_some_and(|f| f.path() == "validate.schema"));
    let lines =
        form.rows().iter().filter(|row| !matches!(row, Row::Heading(_))).position(|row| is_schema(&row)).unwrap();
    let played = play((120, 40), &format!("g{}<ret>pro<tab><ret>", "j".repeat(lines)));
    let form = played.app.plan.form.unwrap();
    assert_eq!(form.value_of("validate.schema").as_deref(), Some("product.schema.json"), "{}", played.screen);
}

#[test]
fn a_moment_as_screens_show_it_is_taken_and_shown_as_what_it_is() {
    let form = ":plan new rollback<ret>g";
    let at = |keys: &str| Play::new(120, 40).with(files).keys(&format!("{form}{keys}"));
    let opened = at("").app.plan.form.unwrap();
    let is_time =
        |row: &Row| matches!(row, Row::Field(i) if opened.field(*i).is_some_and(|f| f.path() == "rollback.to_time"));
    let lines = opened.rows().iter().filter(|row| !matches!(row, Row::Heading(_))).position(is_time).unwrap();
    for typed in ["2026-03-20 09:05", "2026-03-20 09:05:30", "2 h ago", "3 days ago", "yesterday 10:00"] {
        let played = at(&format!("{}<ret>{typed}<ret>", "j".repeat(lines)));
        assert!(played.screen.contains("is taken for 2026-03-"), "{typed}\n{}", played.screen);
        let problem = played.app.plan.form.unwrap().problem.and_then(|p| p.key);
        assert_ne!(problem.as_deref(), Some("rollback.to_time"), "{typed}");
    }
}

#[test]
fn a_plan_that_nobody_changed_is_replaced_without_a_question() {
    for keys in ["n", ":plan open copy.toml<ret>"] {
        let begun = play((120, 40), &format!(":open PRODUCT#acme<ret>3n{keys}"));
        assert!(!begun.app.stack.shows::<Discard>(), "{}", begun.screen);
    }
    let changed = play((120, 40), ":open PRODUCT#acme<ret>3n<ret>globex<ret>n");
    assert!(changed.app.stack.shows::<Discard>(), "{}", changed.screen);
}
