//! Rows as the plan in the form would make them.

use super::{Play, Played};
use crate::engine::protocol::Command;
use crate::tui::screens::history::Shown;
use crate::tui::text;

/// A plan that renames, adds and is refused where a price is no number.
const PLAN: &str = "name = \"商品 v2\"\noperation = \"transform\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n\
                    [[transform]]\nrename = { note = \"remark\" }\ndefault = { status = \"有効\" }\n\
                    [[transform]]\nconvert = { path = \"price\", to = \"string\", else = \"invalid\" }\n\
                    [[transform]]\nconvert = { path = \"tags\", to = \"number\", else = \"invalid\" }\n";
const PLAIN: &str = "name = \"c\"\noperation = \"copy\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n[target]\ntenant = \"globex\"\n";
const LIST: &str = ":plan open t.toml<ret>:open PRODUCT#acme<ret>1";
const BOLT: &str = ":plan open t.toml<ret>:open PRODUCT#acme P-0002<ret>";

fn with(size: (u16, u16), plan: &str, keys: &str) -> Played {
    let plan = plan.to_owned();
    Play::new(size.0, size.1).with(|p| drop(p.files.insert("t.toml".into(), plan))).keys(keys)
}

fn play(keys: &str) -> Played {
    with((120, 40), PLAN, keys)
}

#[test]
fn every_screen_of_a_view() {
    for size in [(60, 15), (80, 24), (120, 40)] {
        for (name, keys) in [("list", format!("{LIST}Pjj")), ("row", format!("{BOLT}P"))] {
            let played = with(size, PLAN, &keys);
            for line in played.screen.lines().filter(|l| l.ends_with(['│', '┃', '┓', '┐', '╮', '╯'])) {
                assert_eq!(text::width(line), usize::from(size.0), "{line}\n{}", played.screen);
            }
            insta::assert_snapshot!(format!("view_{name}_{}x{}", size.0, size.1), played.screen);
        }
    }
}

#[test]
fn the_title_says_so_until_the_same_key_ends_it() {
    let seen = play(&format!("{LIST}P"));
    assert!(seen.screen.contains("1 VIEW 商品 v2: PRODUCT#acme"), "{}", seen.screen);
    let pages = |played: &Played| {
        let of = |c: &Command| if let Command::Page { listing, .. } = c { Some(listing.clone()) } else { None };
        played.commands.iter().filter_map(of).map(|l| (l.resolve, l.view.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(pages(&seen), [(false, false), (true, true)], "attributes in S3 are read as well");
    let ended = play(&format!("{LIST}PP"));
    assert!(!ended.screen.contains("VIEW") && ended.screen.contains("ver name"), "{}", ended.screen);
    assert_eq!(pages(&ended), [(false, false), (true, true), (false, false)]);
    // Other partitions and entities that are opened are seen through it as well.
    let other = play(&format!("{LIST}P:open PRODUCT#globex<ret>"));
    assert_eq!(pages(&other).last(), Some(&(true, true)));
    let row = play(&format!("{BOLT}P"));
    assert_eq!(row.app.history.opened.as_ref().unwrap().shown, Shown::Row);
    assert!(
        row.screen.contains("2 VIEW 商品 v2: P-0002") && row.screen.contains("as the plan would make it"),
        "{}",
        row.screen
    );
    let stored = play(&format!("{BOLT}Poo"));
    assert!(stored.screen.contains("2 VIEW") && stored.screen.contains(", as stored"), "{}", stored.screen);
    assert!(!play(&format!("{BOLT}PP")).screen.contains("VIEW"));
    assert!(play(&format!("{LIST}PYy")).copied.last().unwrap().ends_with("--view t.toml"));
    let typed = play(&format!("{LIST}:view<ret>"));
    assert!(typed.screen.contains("1 VIEW"), "{}", typed.screen);
    for played in [&seen, &row] {
        let reads = |c: &Command| !matches!(c, Command::RunPlan { .. } | Command::Arm { .. });
        assert!(played.commands.iter().all(reads));
    }
}

#[test]
fn the_view_is_that_of_the_plan_as_it_stands() {
    let edited = |editor: fn(&str) -> Result<String, String>, keys: &str| {
        let change = |p: &mut Play| {
            p.files.insert("t.toml".into(), PLAN.to_owned());
            p.editor = editor;
        };
        Play::new(120, 40).with(change).keys(keys)
    };
    let other = edited(|text| Ok(text.replace("remark", "hint")), &format!("{BOLT}P3e2"));
    assert!(other.screen.contains("attributes.status") && other.screen.contains("VIEW"), "{}", other.screen);
    assert!(other.app.view.as_ref().unwrap().revision == other.app.plan.form.as_ref().unwrap().revision);
    let plain = edited(|_| Ok(PLAIN.to_owned()), &format!("{LIST}P3e"));
    assert!(plain.app.view.is_none() && plain.screen.contains("changes no attributes any more"), "{}", plain.screen);
    assert!(play(&format!("{LIST}P:plan new<ret>")).app.view.is_none());
}

#[test]
fn without_operations_it_says_how_to_get_some() {
    let none = with((120, 40), PLAN, ":open PRODUCT#acme<ret>P");
    assert!(none.screen.contains("there is no plan: n in the plan pane begins one"), "{}", none.screen);
    let plain = with((120, 40), PLAIN, &format!("{LIST}P"));
    assert!(plain.screen.contains("the plan changes no attributes: add [[transform]]"), "{}", plain.screen);
    assert!(plain.app.view.is_none());
    let broken = with((120, 40), &PLAN.replace("商品 v2", ""), &format!("{LIST}P"));
    assert!(broken.screen.contains("the plan is not ready"), "{}", broken.screen);
}
