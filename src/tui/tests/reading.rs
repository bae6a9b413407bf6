//! Reading lists and histories at night: few keys, marks, words for what one means, and notices that hide nothing.

use super::{Fake, Play, Played, inputs};
use crate::domain::key::{EntityKey, Version};
use crate::domain::plan::Work;
use crate::engine::protocol::{Command, Decision, EntityRef, EntitySummary, Event, FoundEntity, Searched};
use crate::tui::pane::Pane;
use crate::tui::screens::history::Shown;
use crate::tui::screens::palette::Palette;
use crate::tui::screens::runs::Runs;

const LIST: &str = ":open PRODUCT#acme<ret>";
const BOLT: &str = "01HX7MBJK3V9WQBZ7XNDK5ZT2M";

fn found() -> Vec<Event> {
    let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0003") };
    let entity = EntitySummary {
        entity,
        id: None,
        entity_type: Some("PRODUCT".into()),
        tenant: "acme".into(),
        code: Some("NUT-3".into()),
        name: Some("Nut".into()),
        version: Some(Version(1)),
        deleted: false,
        updated_at: Some("2026-03-02T10:15:00+09:00".into()),
        updated_by: None,
        flags: vec![],
        attributes_ref: None,
        row: Default::default(),
        problem: None,
        viewed: None,
    };
    let searched = Searched { found: 1, ..Searched::default() };
    vec![
        Event::Found(vec![FoundEntity { entity, matched: vec![] }]),
        Event::Searched(searched),
        Event::Finished { cancelled: false },
    ]
}

fn play(size: (u16, u16), keys: &str) -> Played {
    let fake = Fake::golden().answering(|c| matches!(c, Command::Find { .. }).then(found));
    Play::new(size.0, size.1).with(|p| p.fake = fake).keys(keys)
}

/// Plays keys after others, of which there may be so many at most.
fn job(before: &str, keys: &str, most: usize) -> Played {
    let count = inputs(keys).len();
    assert!(count <= most, "{count} keys, {most} at most: {keys}");
    play((120, 40), &format!("{before}{keys}"))
}

#[test]
fn an_entity_is_found_by_its_name_without_its_tenant() {
    let found = job("", "fnut<ret><ret>", 8);
    assert_eq!(found.app.history.opened.as_ref().unwrap().entity.key.sk.as_str(), "P-0003");
    assert_eq!(found.app.focus, Pane::History);
    let listed = play((120, 40), "fnut<ret>");
    assert!(listed.screen.contains("acme         PRODUCT#acme / P-0003 NUT-3 Nut 2026-03-02"), "{}", listed.screen);
}

#[test]
fn who_changed_a_price_is_seen_side_by_side_and_copied() {
    let seen = play((120, 40), &format!("{LIST}<ret>oo"));
    let price = seen.screen.lines().find(|line| line.contains("attributes.price")).unwrap();
    assert!(["12  2026-03-19 12:33  u-sato", " 21 "].iter().all(|words| price.contains(words)), "{price}");
    let copied = job(LIST, "<ret>oosym", 8);
    assert_eq!(copied.app.history.opened.as_ref().unwrap().shown, Shown::Sides);
    let price = copied.screen.lines().find(|line| line.contains("~ attributes.price")).unwrap();
    assert!(price.contains("20") && price.contains("│ 21"), "{price}");
    let text = copied.copied.last().unwrap();
    for words in
        ["`ボルト M6 (改)` — ", "| who | `u-tanaka` | `u-sato` |", "| request | `req-mh3jyr5o` | `req-zm5zvsza` |"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(text.contains("| when (Asia/Tokyo) | `2026-03-17 23:15:"), "{text}");
    assert!(text.contains("| ~ changed | `attributes.price` | `20` | `21` |"), "{text}");
    let blame = play((120, 40), &format!("{LIST}<ret>ooym")).copied.pop().unwrap();
    assert!(blame.contains("| `attributes.price` | `21` | 12 | 2026-03-19 12:33 | `u-sato` |"), "{blame}");
}

#[test]
fn what_the_doctor_finds_is_repaired() {
    let repaired = job("AA", ":do<ret>rRaW", 8);
    let is_repair = |c: &Command| matches!(c, Command::RunPlan { plan, .. } if plan.work == Work::Repair);
    assert!(repaired.commands.iter().any(is_repair), "{}", repaired.screen);
    let is_approval = |c: &Command| matches!(c, Command::Decide { decision: Decision::Approve { .. }, .. });
    assert!(repaired.commands.iter().any(is_approval), "{}", repaired.screen);
}

fn marks(keys: &str) -> Vec<String> {
    let played = play((120, 40), &format!("{LIST}{keys}"));
    played.app.tenants.entities.as_ref().map(|list| list.marks.iter().cloned().collect()).unwrap_or_default()
}

#[test]
fn a_range_is_marked_from_here_to_there() {
    assert_eq!(marks("VjjV"), [BOLT, "P-0002", "P-0003"]);
    assert_eq!(marks("GVkk "), ["P-0003", "P-0004", "P-0009"], "upwards, ended by the key that marks");
    assert_eq!(marks("jVG<esc>"), [] as [&str; 0], "given up, and the list is still open");
    assert_eq!(marks(" jjVjVu"), [] as [&str; 0]);
    assert_eq!(marks("j<shift-down><shift-down>"), ["P-0002", "P-0003", "P-0004"]);
    assert_eq!(marks("G<shift-up>"), ["P-0004", "P-0009"]);
    let open = play((120, 40), &format!("{LIST}jVjj"));
    let line = |sk: &str| open.screen.lines().find(|line| line.contains(sk)).unwrap().to_owned();
    assert!(line("P-0003 ").contains("* FW") && line("P-0004 ").contains("* P"), "{}", open.screen);
    assert!(!line("P-0009 ").contains('*') && open.screen.contains("range of 3"), "{}", open.screen);
    // The purpose of marks: they become the keys of a plan.
    let plan = play((120, 40), &format!("{LIST}jVjV3n")).app.plan.form.unwrap();
    assert_eq!(plan.value_of("source.keys").as_deref(), Some("P-0002, P-0003"));
}

#[test]
fn columns_stay_while_a_list_is_scrolled() {
    let filled = || {
        let mut fake = Fake::empty();
        for i in 0..60 {
            // Names grow, and only the first have a code of their own.
            let code = if i < 5 { format!(r#","code":"C-{i}""#) } else { String::new() };
            let name = "x".repeat(4 + i);
            let row =
                format!(r#"{{"pk":"PRODUCT#n","sk":"K-{i:02}","version":1,"name":"{name}","tenantCode":"n"{code}}}"#);
            fake.data.add("product", &row);
        }
        fake
    };
    let heading = |keys: &str| {
        let screen = Play::new(80, 24).with(|p| p.fake = filled()).keys(&format!(":open PRODUCT#n<ret>{keys}")).screen;
        screen.lines().find(|line| line.contains("sort key")).unwrap_or_default().to_owned()
    };
    let first = heading("");
    assert!(first.contains("code") && first.contains("name"), "{first}");
    assert_eq!((heading("G"), heading("Ggg")), (first.clone(), first));
}

#[test]
fn a_range_reaches_over_pages_that_would_have_been_let_go() {
    let mut fake = Fake::empty();
    for i in 0..3_000 {
        let row =
            format!(r#"{{"pk":"PRODUCT#bulk","sk":"B-{i:05}","version":1,"name":"Item {i}","tenantCode":"bulk"}}"#);
        fake.data.add("product", &row);
    }
    let keys = format!(":open PRODUCT#bulk<ret>V{}V", "G".repeat(60));
    let played = Play::new(80, 24).with(|p| p.fake = fake).keys(&keys);
    assert_eq!(played.app.tenants.entities.as_ref().unwrap().marks.len(), 3_000, "{}", played.screen);
}

#[test]
fn the_palette_knows_what_people_call_things() {
    let first = |typed: &str| {
        let screen = play((80, 24), &format!(":{typed}")).screen;
        let at = screen.lines().position(|line| line.contains(&format!("│:{typed}"))).unwrap();
        screen.lines().nth(at + 1).unwrap().trim_matches(['│', ' ', '█']).to_owned()
    };
    for (typed, wanted) in [
        ("undo", "runs"),
        ("move", "plan new move"),
        ("import", "plan new import"),
        ("find", "find [TEXT]"),
        ("blame", "show"),
        ("wedged", "doctor"),
        ("legend", "signs"),
        ("undelete", "rollback"),
        ("price", "find "),
        ("runs", "runs"),
        ("do", "doctor"),
        ("copy", "copy "),
    ] {
        assert!(first(typed).starts_with(wanted), "{typed}: {}", first(typed));
    }
    assert!(play((120, 40), ":undo<ret>").app.stack.shows::<Runs>());
    let form = play((120, 40), ":import<ret>").app.plan.form.unwrap();
    assert_eq!(form.value_of("operation").as_deref(), Some("import"));
}

#[test]
fn what_nothing_is_called_shows_what_is_near_and_runs_nothing_at_once() {
    let near = play((120, 40), ":rolbakc");
    assert!(near.screen.contains("nothing of that name; near it are:"), "{}", near.screen);
    assert!(near.screen.contains("Enter take it up"), "{}", near.screen);
    let taken = play((120, 40), ":qiut<ret>");
    assert!(
        !taken.app.quit && taken.app.stack.shows::<Palette>() && taken.screen.contains("│:quit"),
        "{}",
        taken.screen
    );
    assert!(play((120, 40), ":qiut<ret><ret>").app.quit);
    let nothing = play((120, 40), ":zzzzzzzz<ret>");
    assert!(nothing.screen.contains("nor near it"), "{}", nothing.screen);
}

#[test]
fn a_notice_leaves_the_keys_and_is_read_whole_in_the_smallest_window() {
    let last = |played: &Played| played.screen.lines().last().unwrap().to_owned();
    let without = last(&play((60, 15), LIST));
    let long = play((60, 15), &format!("{LIST}:open PRODUCT#gl<ret>"));
    assert_eq!(last(&long), without, "{}", long.screen);
    let text = long.app.notice.as_ref().unwrap().text.clone();
    assert!(text.len() > 60, "{text}");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let shown = words(&long.screen);
    let wanted = words(&text);
    assert!(shown.windows(wanted.len()).any(|window| window == wanted), "{text}\n{}", long.screen);
    assert!(long.screen.contains("P-0002") && long.screen.contains("all 5 loaded"), "{}", long.screen);
    let short = play((120, 40), &format!("{LIST}u<f12>"));
    assert_eq!(last(&short), last(&play((120, 40), LIST)));
    assert!(short.screen.contains("F12 does nothing here"), "{}", short.screen);
}

#[test]
fn signs_are_explained_one_key_away() {
    let played = play((120, 40), &format!("{LIST}jji"));
    for words in ["P-0003 has", "wedged: a command that nothing will finish", "The others", "stored in S3"] {
        assert!(played.screen.contains(words), "{words}\n{}", played.screen);
    }
    assert!(play((120, 40), &format!("{LIST}jjii")).app.stack.is_empty());
    let version = play((120, 40), &format!("{LIST}<ret>i"));
    for words in ["version 12 has", "the current version", "found in the history table"] {
        assert!(version.screen.contains(words), "{words}\n{}", version.screen);
    }
    let help = play((120, 60), &format!("{LIST}?"));
    let at = |words: &str| help.screen.find(words).unwrap_or(usize::MAX);
    assert!(at("Signs in this list") < at("In every pane"), "{}", help.screen);
}

#[test]
fn an_import_without_a_file_does_not_show_one() {
    let form = play((80, 24), ":plan new import<ret>");
    assert!(form.screen.contains("(no file yet)"), "{}", form.screen);
    // All that a plan file has to say is there; here nobody adds the file on a command line.
    let text = "name = \"i\"\noperation = \"import\"\n[source]\ntype = \"PRODUCT\"\n[target]\ntenant = \"acme\"\n";
    let opened = |keys: &str| {
        let change = |p: &mut Play| {
            p.files.insert("i.toml".into(), text.to_owned());
        };
        Play::new(120, 40).with(change).keys(&format!(":plan open i.toml<ret>{keys}"))
    };
    let whole = opened("");
    assert!(whole.app.plan.form.as_ref().unwrap().plan.is_some(), "{}", whole.screen);
    assert!(!whole.screen.contains("ready to be previewed"), "{}", whole.screen);
    let refused = opened("p");
    assert!(refused.screen.contains("it names no file yet"), "{}", refused.screen);
}

#[test]
fn files_that_a_command_names_are_completed() {
    let with = |p: &mut Play| {
        for file in ["plans/lower.toml", "lower.toml", "copy.toml"] {
            p.files.insert(file.into(), String::new());
        }
    };
    let shown = |keys: &str| Play::new(120, 40).with(with).keys(keys).screen;
    let all = shown(":plan open ");
    assert!(all.contains("plan open copy.toml") && all.contains("plan open lower.toml"), "{all}");
    let some = shown(":plan open lo");
    assert!(some.contains("plan open lower.toml") && !some.contains("copy.toml"), "{some}");
    let taken = shown(":plan open lo<tab>");
    assert!(taken.contains(":plan open lower.toml"), "{taken}");
    let beside = shown(":plan open plans/<tab>");
    assert!(beside.contains(":plan open plans/lower.toml"), "{beside}");
    let opened = Play::new(120, 40).with(with).keys(":plan open lo<tab><ret>").app;
    assert_eq!(opened.plan.form.unwrap().path, Some("lower.toml".into()));
    // A directory that was typed through answers late: it takes nothing away.
    let mut late = Play::new(120, 40).with(with).keys(":plan open lo").app;
    late.files_listed("/slow/", &["x".to_owned()]);
    assert!(late.files.is_some_and(|files| files.lead.is_empty() && files.names.is_some()));
    // Operations are completed likewise.
    let operations = shown(":plan new ");
    assert!(operations.contains("plan new normalize") && operations.contains("plan new copy"), "{operations}");
    assert!(shown(":plan new norm<tab>").contains(":plan new normalize"));
    assert!(shown(":plan new nrm").contains("plan new nrm"));
    // Words that are no files are not listed.
    assert!(!shown(":plan new lo").contains("lower.toml"));
}

#[test]
fn an_import_begins_at_the_file_that_it_lacks() {
    let form = Play::new(80, 24).keys(":plan new import<ret>").app.plan.form.unwrap();
    assert_eq!(form.focused().map(|field| field.path()).as_deref(), Some("source.file"));
}
