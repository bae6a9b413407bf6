//! Deciding which row stays where several want the same key, and reading what a preview found.

use super::{Fake, Play, Played};
use crate::domain::plan::Decided;
use crate::engine::protocol::Command;
use crate::tui::pane::Pane;
use crate::tui::screens::collisions::Collisions;
use crate::tui::text;

const FILE: &str = "# for ticket 4711\nname = \"codes\"\noperation = \"normalize\"\nmodule = \"order\" # theirs\n";
const OPEN: &str = ":plan open codes.toml<ret>pc";

fn with(size: (u16, u16), fake: Fake, keys: &str) -> Played {
    let change = |p: &mut Play| {
        p.files.insert("codes.toml".into(), FILE.to_owned());
        p.fake = fake;
    };
    Play::new(size.0, size.1).with(change).keys(keys)
}

pub(super) fn play(size: (u16, u16), keys: &str) -> Played {
    with(size, Fake::golden(), keys)
}

fn decided(played: &Played) -> Vec<Decided> {
    played.app.plan.form.as_ref().unwrap().decisions().unwrap().0.to_vec()
}

fn text_of(played: &Played) -> &str {
    played.app.plan.form.as_ref().unwrap().text()
}

#[test]
fn every_screen_of_the_collisions() {
    for (name, keys) in [
        ("undecided", OPEN.to_owned()),
        ("enlarged", format!("{OPEN}<ret>")),
        ("kept", format!("{OPEN}2")),
        ("merging", format!("{OPEN}m1")),
        ("merged", format!("{OPEN}m1<ret>j")),
        ("merged_enlarged", format!("{OPEN}m1<ret><ret>")),
        ("previewed", format!("{OPEN}2njm<ret>pc")),
        ("only_open", format!("{OPEN}2pcv")),
        ("searched", format!("{OPEN}/001<ret>")),
        ("not_found", format!("{OPEN}/zzz<ret>")),
    ] {
        for size in [(60, 15), (80, 24), (120, 40)] {
            insta::assert_snapshot!(format!("collisions_{name}_{}x{}", size.0, size.1), play(size, &keys).screen);
        }
    }
}

#[test]
fn every_screen_of_the_findings() {
    for (name, keys) in [
        ("preview", ":plan open codes.toml<ret>p"),
        ("findings", ":plan open codes.toml<ret>pf"),
        ("findings_kind", ":plan open codes.toml<ret>pftt"),
        ("findings_text", ":plan open codes.toml<ret>pf/settings<ret>"),
        ("findings_none", ":plan open codes.toml<ret>pfv"),
    ] {
        for size in [(60, 15), (80, 24), (120, 40)] {
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), play(size, keys).screen);
        }
    }
}

fn japanese() -> Fake {
    let mut fake = Fake::empty();
    for (code, version, note) in [
        ("ＡＣＭＥ", 3, "ステンレス製の六角ボルトです。屋外での使用に適しています。一箱は百本入りです。"),
        ("ａｃｍｅ", 1, "鉄製の六角ボルトです。一箱は百本入りです。"),
    ] {
        fake.data.add(
            "order",
            &format!(
                r#"{{"pk":"注文#{code}","sk":"注文番号-0001","version":{version},"name":"六角ボルト","tenantCode":"{code}",
                "updatedAt":"2026-03-0{version}T10:15:00+09:00","updatedBy":"田中 一郎","attributes":{{"説明":"{note}","備考":"\u001b[31m赤"}}}}"#
            ),
        );
    }
    fake
}

#[test]
fn japanese_rows_keep_their_columns() {
    for (name, keys) in
        [("", OPEN.to_owned()), ("_kept", format!("{OPEN}2")), ("_enlarged", format!("{OPEN}m<ret><ret>"))]
    {
        for size in [(60, 15), (80, 24), (120, 40)] {
            let played = with(size, japanese(), &keys);
            for line in played.screen.lines().filter(|l| l.ends_with(['│', '┃', '┓', '┐', '╮', '╯'])) {
                assert_eq!(text::width(line), usize::from(size.0), "{line}\n{}", played.screen);
            }
            assert!(!played.screen.contains('\u{1b}'));
            insta::assert_snapshot!(format!("collisions_cjk{name}_{}x{}", size.0, size.1), played.screen);
        }
    }
}

#[test]
fn decisions_are_written_into_the_plan_and_taken_back() {
    let kept = play((120, 40), &format!("{OPEN}3"));
    let keep = Decided { pk: "ORDER#my_tenant".into(), sk: "ORDER#O-1".into(), from: vec!["ORDER#My_Tenant".into()] };
    assert_eq!(decided(&kept), [keep]);
    assert!(text_of(&kept).starts_with(FILE), "{}", text_of(&kept));
    assert!(text_of(&kept).ends_with("sk = \"ORDER#O-1\"\nkeep = \"ORDER#My_Tenant\"\n"), "{}", text_of(&kept));
    assert!(kept.screen.contains("+ keep") && kept.screen.contains("not previewed yet"), "{}", kept.screen);
    // Another decision about the same key takes the place of the first; later ones win.
    let merged = play((120, 40), &format!("{OPEN}3m12<ret>"));
    assert_eq!(decided(&merged)[0].from, ["ORDER#My_Tenant", "ORDER#my_tenant", "ORDER#MY_TENANT"]);
    assert_eq!(decided(&merged).len(), 1);
    for keys in ["3u", "m<ret>u", "m<esc>", "9"] {
        assert_eq!(text_of(&play((120, 40), &format!("{OPEN}{keys}"))), FILE, "{keys}");
    }
    let saved = play((120, 40), &format!("{OPEN}2w"));
    assert!(!saved.app.plan.is_dirty() && saved.screen.contains("saved codes.toml"), "{}", saved.screen);
}

#[test]
fn the_newest_row_wins_a_merge_unless_another_is_put_last() {
    // MY_TENANT was changed last, as its command row says.
    let merged = play((120, 40), &format!("{OPEN}m<ret>"));
    assert_eq!(decided(&merged)[0].from.last().map(String::as_str), Some("ORDER#MY_TENANT"));
    assert!(merged.screen.contains("> 2  \"shipped\""), "{}", merged.screen);
    let other = play((120, 40), &format!("{OPEN}m1<ret>"));
    assert!(other.screen.contains("> 1  \"open\"") && other.screen.contains("> 2  \"legacy\""), "{}", other.screen);
    // Going on from the order that was decided.
    let again = play((120, 40), &format!("{OPEN}m1<ret>m"));
    assert!(again.screen.contains("later ones win: 3 < 2 < 1"), "{}", again.screen);
}

#[test]
fn the_next_preview_uses_the_decisions() {
    let played = play((120, 40), &format!("{OPEN}2npc"));
    let plans: Vec<usize> = played
        .commands
        .iter()
        .filter_map(|c| match c {
            Command::PreviewPlan { plan, .. } => match &plan.work {
                crate::domain::plan::Work::Normalize { how, .. } => Some(how.decided.len()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    assert_eq!(plans, [0, 1]);
    assert!(played.screen.contains("  keep      ") && !played.screen.contains("+ keep"), "{}", played.screen);
    // Undecided ones come first now.
    assert!(played.app.stack.shows::<Collisions>(), "{}", played.screen);
}

#[test]
fn the_next_undecided_key_is_a_key_away_and_thousands_are_paged() {
    let mut fake = Fake::empty();
    for i in 0..2_500 {
        for pk in ["ORDER#T", "ORDER#t"] {
            let row = format!(r#"{{"pk":"{pk}","sk":"O-{i:05}","version":1,"name":"{pk}"}}"#);
            fake.data.add("order", &row);
        }
    }
    let played = with((120, 40), fake, &format!("{OPEN}2n1nG"));
    assert!(played.screen.contains("2,500/2,500") && played.screen.contains("O-02499"), "{}", played.screen);
    assert_eq!(decided(&played).iter().map(|d| d.sk.as_str()).collect::<Vec<_>>(), ["O-00000", "O-00001"]);
    let skipped = play((120, 40), &format!("{OPEN}j2kn1"));
    assert_eq!(
        decided(&skipped).iter().map(|d| d.sk.as_str()).collect::<Vec<_>>(),
        ["ORDER#O-2", "ORDER_ITEM#O-1#001"],
        "what is decided already is passed over"
    );
    let pages = played.commands.iter().filter(|c| matches!(c, Command::Collisions { .. })).count();
    assert!(pages <= 4, "{pages}");
}

#[test]
fn the_key_stays_chosen_when_others_are_listed() {
    // The third of six is the second one of those with the text.
    let narrowed = play((120, 40), &format!("{OPEN}jj/item<ret>"));
    assert!(narrowed.screen.contains("1/4"), "{}", narrowed.screen);
    let again = play((120, 40), &format!("{OPEN}jj/item<ret>j<esc>"));
    assert!(again.screen.contains("4/6"), "{}", again.screen);
    let which = play((120, 40), &format!("{OPEN}jjvv"));
    assert!(which.screen.contains("3/6"), "{}", which.screen);
}

#[test]
fn the_next_undecided_key_may_stand_above() {
    let above = play((120, 40), &format!("{OPEN}Gn"));
    assert!(above.screen.contains("1/6") && above.screen.contains("on from the first"), "{}", above.screen);
    let none = play((120, 40), &format!("{OPEN}/O-1#001<ret>1n"));
    assert!(none.screen.contains("no other key with this text is undecided"), "{}", none.screen);
}

#[test]
fn keys_are_offered_for_the_rows_that_there_are() {
    let three = play((120, 40), OPEN);
    assert!(three.screen.contains(" 1-3 keep "), "{}", three.screen);
    let two = play((120, 40), &format!("{OPEN}j"));
    assert!(two.screen.contains(" 1-2 keep "), "{}", two.screen);
}

#[test]
fn a_plan_that_normalises_nothing_has_no_collisions() {
    let change = |p: &mut Play| {
        p.files.insert(
            "copy.toml".into(),
            FILE.replace("normalize", "copy")
                + "[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n[target]\ntenant = \"globex\"\n",
        );
    };
    let played = Play::new(120, 40).with(change).keys(":plan open copy.toml<ret>pc");
    assert!(played.app.stack.is_empty() && played.screen.contains("only plans that normalise"), "{}", played.screen);
    let played = Play::new(120, 40).keys(":collisions<ret>");
    assert!(played.screen.contains("no plan was previewed yet"), "{}", played.screen);
    let none = with((120, 40), Fake::empty(), OPEN);
    assert!(none.screen.contains("there are no key collisions"), "{}", none.screen);
}

#[test]
fn a_finding_leads_to_its_entity_and_back() {
    let there = play((120, 40), ":plan open codes.toml<ret>pf<ret>");
    let opened = there.app.history.opened.as_ref().unwrap();
    assert_eq!((opened.entity.key.sk.as_str(), there.app.focus), ("ORDER#O-3", Pane::History));
    let back = play((120, 40), ":plan open codes.toml<ret>pfj<ret>:findings<ret>");
    assert!(back.screen.contains("Findings of the preview") && back.screen.contains("2/3"), "{}", back.screen);
    let aside = play((120, 40), ":plan open codes.toml<ret>pfG<ret>");
    assert!(aside.screen.contains("sequences is no module's table"), "{}", aside.screen);
}
