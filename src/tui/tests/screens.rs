//! Every pane and every dialog as it looks.

use super::script::shown;
use super::{Fake, Play, Played};
use crate::domain::row::{Row, TableKind};
use crate::domain::value::from_plain_json;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event, Level};
use crate::tui::text;

const BOLT: &str = ":open PRODUCT#acme 01HX7MBJK3V9WQBZ7XNDK5ZT2M<ret>";

/// Name, keys, and whether the profile is protected.
pub(super) fn screens() -> Vec<(&'static str, String, bool)> {
    let keys = |keys: &str| keys.replace("BOLT", BOLT);
    [
        ("tree", "jjl", false),
        ("entities", ":open PRODUCT#acme<ret>jj <up>", false),
        ("entities_filtered", ":open PRODUCT#acme<ret>/wedged<ret>", false),
        ("history", "BOLT[[[[", false),
        ("history_first", "BOLTG", false),
        ("history_row", "BOLT<ret>o", false),
        ("history_all_fields", "BOLT[mb", false),
        ("last_changes", "BOLToo", false),
        ("sides", "BOLT[[[[s", false),
        ("sides_first", "BOLTGs<ret>", false),
        ("signs_entities", ":open PRODUCT#acme<ret>jji", false),
        ("signs_history", "BOLT[i", false),
        ("range", ":open PRODUCT#acme<ret>jVjj", false),
        ("palette_meant", ":undo", false),
        ("palette_near", ":rolbakc", false),
        ("refused", ":open NOBODY#here-at-all<ret>", false),
        ("refused_over_dialog", ":runs<ret>r", false),
        ("history_wedged", ":open PRODUCT#acme P-0003<ret>g", false),
        ("history_pending", ":open PRODUCT#acme P-0004<ret>", false),
        ("plan", "BOLT3", false),
        ("log", "BOLT4", false),
        ("help", "?", false),
        ("help_searched", "BOLT?roll", false),
        ("palette", "BOLT:ro", false),
        ("palette_open", ":open PROD", false),
        ("copy", "BOLTy", false),
        ("command", "BOLT[Y", false),
        ("preview", "BOLT:version 4<ret>p", false),
        ("arm", "A", false),
        ("arm_protected", "A", true),
        ("approval", "AABOLT:version 4<ret>R", false),
        ("approval_protected", "AABOLT:version 4<ret>Rac", true),
        ("written", "AABOLT:version 4<ret>R<tab><ret>", false),
        ("runs", ":runs<ret>", false),
        ("run", ":runs<ret><ret>", false),
        ("quit", "3nq", false),
    ]
    .into_iter()
    .map(|(name, script, protected)| (name, keys(script), protected))
    .collect()
}

pub(super) fn play(size: (u16, u16), keys: &str, protected: bool, fake: Fake) -> Played {
    let change = |p: &mut Play| {
        p.options.profile.protected = protected;
        p.fake = fake;
        if protected {
            p.options.profile.name = "prod".into();
            p.options.profile.environment = "prod".into();
            p.fake.confirm = Some("acme".into());
        }
    };
    Play::new(size.0, size.1).with(change).keys(keys)
}

#[test]
fn every_screen_in_a_small_and_in_a_large_window() {
    let _same = insta::Settings::clone_current().bind_to_scope();
    for (name, keys, protected) in screens() {
        for size in [(80, 24), (120, 40)] {
            let played = play(size, &keys, protected, Fake::golden());
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), played.screen);
        }
    }
}

#[test]
fn all_four_panes_stand_side_by_side_where_there_is_room() {
    insta::assert_snapshot!("wide_180x45", play((180, 45), &format!("{BOLT}[[[["), false, Fake::golden()).screen);
}

#[test]
fn too_small_a_window_says_so() {
    for (name, keys, protected) in screens() {
        let played = play((40, 10), &keys, protected, Fake::golden());
        assert!(
            played.screen.starts_with("window too small: 60×15 are needed, this\nis 40×10\n"),
            "{name}\n{}",
            played.screen
        );
        assert_eq!(play((1, 1), &keys, protected, Fake::golden()).screen, "w\n", "{name}");
    }
}

#[test]
fn the_smallest_window_still_works() {
    for (name, keys, protected) in screens() {
        let played = play((60, 15), &keys, protected, Fake::golden());
        assert!(!played.screen.contains("too small"), "{name}");
        assert!(
            played.screen.contains(if protected { "PRODUCTION" } else { "READ-ONLY" }) || played.app.armed,
            "{}",
            played.screen
        );
    }
    for name in
        ["entities", "history", "sides", "last_changes", "range", "palette_near", "refused", "refused_over_dialog"]
    {
        let (_, keys, _) = screens().into_iter().find(|(known, ..)| *known == name).unwrap();
        insta::assert_snapshot!(format!("{name}_60x15"), play((60, 15), &keys, false, Fake::golden()).screen);
    }
    insta::assert_snapshot!(
        "approval_protected_60x15",
        play((60, 15), &format!("AA{BOLT}[Rac"), true, Fake::golden()).screen
    );
}

fn japanese() -> Fake {
    let mut fake = Fake::empty();
    let row = |version: u64, sk: &str, name: &str, note: &str| {
        format!(
            r#"{{"pk":"商品#株式会社アクメ","sk":"{sk}","id":"商品#株式会社アクメ#ボルト-六角-ステンレス-M6","version":{version},"name":"{name}","tenantCode":"株式会社アクメ",
            "type":"商品","createdAt":"2026-03-0{version}T10:15:00+09:00","createdBy":"田中 一郎","updatedAt":"2026-03-0{version}T10:15:00+09:00","updatedBy":"田中 一郎",
            "attributes":{{"説明":"{note}","寸法":{{"長さ":{version}0}},"単位":"本"}}}}"#
        )
    };
    let sk = "ボルト-六角-ステンレス-M6";
    fake.data.add(
        "product",
        &row(
            3,
            sk,
            "六角ボルト（改）",
            "ステンレス製の六角ボルトです。屋外での使用に適しています。一箱は百本入りです。",
        ),
    );
    for (version, name, note) in [
        (1, "六角ボルト", "鉄製の六角ボルトです。"),
        (2, "六角ボルト", "ステンレス製の六角ボルトです。屋内での使用に適しています。一箱は五十本入りです。"),
    ] {
        let row = from_plain_json(&row(version, &format!("{sk}@{version}"), name, note)).unwrap();
        let row = Row(row.as_map().unwrap().clone());
        fake.data.insert("product", TableKind::History, row);
    }
    for i in 0..30 {
        let json = format!(
            r#"{{"pk":"商品#株式会社アクメ","sk":"ナット-{i:03}","version":1,"name":"ﾅｯﾄ 全角ＡＢＣ {i}","tenantCode":"株式会社アクメ"}}"#
        );
        fake.data.add("product", &json);
    }
    fake
}

#[test]
fn japanese_text_keeps_its_columns() {
    for (name, keys) in [
        ("tree", "jl"),
        ("entities", ":open 商品#株式会社アクメ<ret>jj"),
        ("history", ":open 商品#株式会社アクメ ボルト-六角-ステンレス-M6<ret>"),
        ("row", ":open 商品#株式会社アクメ ボルト-六角-ステンレス-M6<ret>o"),
        ("sides", ":open 商品#株式会社アクメ ボルト-六角-ステンレス-M6<ret>s<ret>"),
        ("last_changes", ":open 商品#株式会社アクメ ボルト-六角-ステンレス-M6<ret>oo"),
        ("palette", ":open 商品"),
    ] {
        for size in [(80, 24), (120, 40)] {
            let played = play(size, keys, false, japanese());
            for line in played.screen.lines().filter(|l| l.ends_with(['│', '┃', '┓', '┐'])) {
                assert_eq!(text::width(line), usize::from(size.0), "{line}\n{}", played.screen);
            }
            insta::assert_snapshot!(format!("cjk_{name}_{}x{}", size.0, size.1), played.screen);
        }
    }
}

#[test]
fn failures_stand_where_they_belong() {
    let failing = |wanted: fn(&Command) -> bool| {
        Fake::golden().answering(move |c| {
            let mut failure = Failure::new(ErrorCode::Credentials, "the credentials have expired");
            failure.hint = Some("sign in again (aws sso login) and press F5".into());
            failure.service = Some("dynamodb".into());
            failure.aws_code = Some("ExpiredTokenException".into());
            failure.request_id = Some("5TJ1K2M3".into());
            wanted(c).then(|| vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }])
        })
    };
    let scan = failing(|c| matches!(c, Command::ScanTenants { .. }));
    insta::assert_snapshot!("failed_scan_80x24", play((80, 24), "", false, scan).screen);
    let page = failing(|c| matches!(c, Command::Page { .. }));
    insta::assert_snapshot!("failed_page_120x40", play((120, 40), ":open PRODUCT#acme<ret>", false, page).screen);
    let diff = failing(|c| matches!(c, Command::Diff { .. }));
    insta::assert_snapshot!("failed_diff_120x40", play((120, 40), BOLT, false, diff).screen);
    let connect = failing(|c| matches!(c, Command::Connect | Command::ScanTenants { .. }));
    insta::assert_snapshot!("failed_connect_80x24", play((80, 24), "", false, connect).screen);
    let preview = failing(|c| matches!(c, Command::PreviewPlan { .. }));
    insta::assert_snapshot!("failed_preview_80x24", play((80, 24), &format!("{BOLT}[p"), false, preview).screen);
}

/// An entity with two versions of these names.
fn with_two_versions(sk: &str, names: [&str; 2]) -> Fake {
    let mut fake = Fake::golden();
    for (version, end, kind) in [(1, "@1", TableKind::History), (2, "", TableKind::Data)] {
        let row = format!(
            r#"{{"pk":"CUSTOMER#acme","sk":"{sk}{end}","id":"CUSTOMER#acme#{sk}","version":{version},"name":"{}"}}"#,
            names[version - 1]
        );
        let row = Row(from_plain_json(&row).unwrap().as_map().unwrap().clone());
        fake.data.insert("customer", kind, row);
    }
    fake
}

#[test]
fn a_rollback_that_writes_nothing_says_why_and_nothing_else() {
    let refused = play((120, 40), ":open CUSTOMER#acme a@b<ret>[p", false, with_two_versions("a@b", ["n1", "n2"]));
    insta::assert_snapshot!("preview_refused_120x40", refused.screen);
    let equal = play((120, 40), ":open CUSTOMER#acme same<ret>[p", false, with_two_versions("same", ["n", "n"]));
    insta::assert_snapshot!("preview_equal_120x40", equal.screen);
    for screen in [refused.screen, equal.screen] {
        for untrue in ["found in no table", "write unit", "in one transaction", "changes to the row", "will be written"]
        {
            assert!(!screen.contains(untrue), "{untrue}\n{screen}");
        }
    }
}

#[test]
fn last_changes_are_not_made_up_where_attributes_cannot_be_read() {
    let keys = ":open PRODUCT#acme P-0009<ret>oo";
    assert!(play((120, 40), keys, false, Fake::golden()).screen.contains("attributes.blob"));
    let mut fake = Fake::golden();
    fake.data.lose_objects();
    let screen = play((120, 40), keys, false, fake).screen;
    assert!(screen.contains("version 2 cannot be compared:") && !screen.contains("attributes.blob"), "{screen}");
    assert!(!screen.contains("from 2 versions"), "{screen}");
}

#[test]
fn last_changes_are_of_what_is_current() {
    // A command above the data row failed: its attributes are not current.
    let screen = play((120, 40), ":open PRODUCT#acme P-0003<ret>oo", false, Fake::golden()).screen;
    assert!(screen.contains("last change of each attribute, from 1 version:"), "{screen}");
    assert!(!screen.contains("P-0003@"), "{screen}");
    let none = play((120, 40), ":open PRODUCT#acme P-0004<ret>oo", false, Fake::golden()).screen;
    assert!(none.contains("no data row: nothing of it is current"), "{none}");
}

#[test]
fn gaps_and_command_rows_are_told() {
    let mut fake = Fake::golden();
    let gone: Vec<_> = fake
        .data
        .rows
        .keys()
        .filter(|(m, k, _, sk)| {
            let history = *k == TableKind::History;
            m == "product" && ((history && sk.ends_with("T2M@7")) || sk.ends_with("T2M@9"))
        })
        .cloned()
        .collect();
    gone.iter().for_each(|key| {
        fake.data.rows.remove(key);
    });
    insta::assert_snapshot!(
        "gap_120x40",
        play((120, 40), &format!("{BOLT}:version 9<ret>"), false, clone(&fake)).screen
    );
    insta::assert_snapshot!(
        "over_gap_120x40",
        play((120, 40), &format!("{BOLT}:version 10<ret>"), false, clone(&fake)).screen
    );
    insta::assert_snapshot!(
        "from_command_120x40",
        play((120, 40), &format!("{BOLT}:version 7<ret>"), false, clone(&fake)).screen
    );
}

fn clone(fake: &Fake) -> Fake {
    let mut other = Fake::empty();
    other.data = fake.data.clone();
    other
}

#[test]
fn the_log_shows_levels_and_freezes() {
    let talking = || {
        Fake::golden().answering(|c| {
            let line = |level, text: &str| Event::Log(level, text.to_owned());
            matches!(c, Command::ScanTenants { .. }).then(|| {
                vec![
                    line(Level::Info, "scanning product in 4 segments"),
                    line(Level::Warning, "throttled: reading at half speed"),
                    line(Level::Error, "segment 3 failed"),
                    Event::Finished { cancelled: false },
                ]
            })
        })
    };
    insta::assert_snapshot!("log_levels_80x24", play((80, 24), "4v", false, talking()).screen);
    insta::assert_snapshot!("log_frozen_80x24", play((80, 24), "4f1s<ret>4", false, talking()).screen);
}

#[test]
fn without_colours_nothing_is_lost() {
    let played = Play::new(120, 40).with(|p| p.options.no_color = true).keys(&format!("{BOLT}[[[["));
    assert_eq!(played.screen, play((120, 40), &format!("{BOLT}[[[["), false, Fake::golden()).screen);
    let plain =
        |c: &ratatui::buffer::Cell| c.fg == ratatui::style::Color::Reset && c.bg == ratatui::style::Color::Reset;
    assert!(played.buffer.content().iter().all(plain));
    assert_eq!(shown(&played.buffer), played.screen);
}

#[test]
fn the_help_over_a_dialog_begins_with_its_keys() {
    let played = play((120, 60), ":runs<ret>?", false, Fake::golden());
    let lines: Vec<&str> = played.screen.lines().filter(|line| line.contains("Recorded runs")).collect();
    assert_eq!(lines.len(), 1, "{}", played.screen);
    let at = |text: &str| played.screen.find(text).unwrap_or(usize::MAX);
    assert!(at("Recorded runs") < at("Resume the run") && at("Resume the run") < usize::MAX, "{}", played.screen);
    assert!(
        play((120, 60), ":runs<ret>?<esc>", false, Fake::golden()).app.stack.shows::<crate::tui::screens::runs::Runs>()
    );
}

#[test]
fn about_names_version_paths_and_profile() {
    let played = play((100, 30), ":about<ret>", false, Fake::golden());
    for text in [env!("CARGO_PKG_VERSION"), "logs/tenantry.log", "read-only", "product"] {
        assert!(played.screen.contains(text), "{text}\n{}", played.screen);
    }
    assert!(play((60, 15), ":about<ret>j<esc>", false, Fake::golden()).app.stack.is_empty());
}
