//! Looking for what is wrong, going there, and repairing what can be.

use super::{Fake, Play, Played};
use crate::domain::finding::FindingKind;
use crate::domain::key::EntityKey;
use crate::domain::plan::Work;
use crate::domain::run::{Action, Outcome};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, EntityRef, Event, Finding, Phase, RequestId, Severity};
use crate::tui::pane::Pane;
use crate::tui::screens::findings::FindingsBox;
use crate::tui::screens::items::tests::item;
use crate::tui::text;

fn finding(kind: FindingKind, severity: Severity, (pk, sk): (&str, &str), message: &str) -> Event {
    let entity = EntityRef { module: "product".into(), key: EntityKey::new(pk, sk) };
    let repairable = kind == FindingKind::Wedged;
    Event::Finding(Box::new(Finding {
        kind,
        severity,
        entity,
        path: None,
        message: message.into(),
        change: None,
        repairable,
    }))
}

/// Findings of a doctor, the least important first.
fn findings() -> Vec<Event> {
    vec![
        finding(
            FindingKind::Gap,
            Severity::Note,
            ("PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M"),
            "versions 2 and 3 are in no table",
        ),
        Event::Progress { phase: Phase::Scan, done: 12, total: None },
        finding(
            FindingKind::Pending,
            Severity::Warning,
            ("PRODUCT#acme", "P-0004"),
            "version 1 waits since 2026-03-02T01:15:00.000Z",
        ),
        finding(
            FindingKind::Wedged,
            Severity::Error,
            ("PRODUCT#acme", "P-0003"),
            "the command of version 2 failed (sync_data:FAILED) and blocks every later publish",
        ),
        finding(FindingKind::Pitr, Severity::Warning, ("", ""), "dev-shop-product-data has no point-in-time recovery"),
        finding(
            FindingKind::Mangled,
            Severity::Error,
            ("商品#株式会社アクメ", "ボルト@M6"),
            "ソートキーに @ があります",
        ),
        Event::Progress { phase: Phase::Scan, done: 49, total: None },
    ]
}

pub(super) fn with(size: (u16, u16), end: bool, keys: &str) -> Played {
    let answer = move |c: &Command| match c {
        Command::Doctor { .. } => {
            let mut events = findings();
            events.extend(end.then_some(Event::Finished { cancelled: false }));
            Some(events)
        }
        _ => None,
    };
    Play::new(size.0, size.1).with(|p| p.fake = Fake::golden().answering(answer)).keys(keys)
}

fn play(keys: &str) -> Played {
    with((120, 40), true, keys)
}

#[test]
fn every_screen_of_the_doctor() {
    for (name, keys, end) in [
        ("found", ":doctor<ret>", true),
        ("looking", ":doctor product<ret>", false),
        ("second", ":doctor<ret>jjjj", true),
        ("warnings", ":doctor<ret>vv", true),
        ("badges", ":doctor<ret><esc>:open PRODUCT#acme<ret>jj", true),
        ("repair", ":doctor<ret>r", true),
    ] {
        for size in [(60, 15), (80, 24), (120, 40)] {
            let played = with(size, end, keys);
            for line in played.screen.lines().filter(|l| l.ends_with(['│', '┃', '┓', '┐', '╮', '╯'])) {
                assert_eq!(text::width(line), usize::from(size.0), "{line}\n{}", played.screen);
            }
            insta::assert_snapshot!(format!("doctor_{name}_{}x{}", size.0, size.1), played.screen);
        }
    }
}

#[test]
fn problems_come_first_and_are_narrowed() {
    let order = |keys: &str| {
        let played = play(keys);
        let kinds = ["wedged", "mangled", "pending", "pitr", "gap"];
        let is_line =
            |l: &str, kind: &str| ["!r ", "!  ", "~  ", "│    "].iter().any(|s| l.contains(&format!("{s}{kind} ")));
        let line = |kind: &str| played.screen.lines().position(|l| is_line(l, kind));
        let mut found: Vec<(usize, &str)> = kinds.iter().filter_map(|k| Some((line(k)?, *k))).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, kind)| kind).collect::<Vec<_>>()
    };
    assert_eq!(order(":doctor<ret>v"), ["wedged", "mangled"]);
    assert_eq!(order(":doctor<ret>vv"), ["pending", "pitr"]);
    assert_eq!(order(":doctor<ret>ttt"), ["pending"]);
    assert_eq!(order(":doctor<ret>/point-in<ret>"), ["pitr"]);
    let all = play(":doctor<ret>");
    let of = |kind: &str| all.screen.find(&format!(" {kind} ")).unwrap();
    assert!(of("wedged") < of("pending") && of("pending") < of("gap"), "{}", all.screen);
}

#[test]
fn the_header_is_about_whom_the_list_on_top_is_about() {
    let about = |keys: &str| play(keys).screen.lines().take(2).collect::<Vec<_>>().join("\n");
    assert!(about(":open PRODUCT#acme<ret>").contains("tenant acme"));
    for keys in ["doctor", "find bolt", "activity"] {
        let all = about(&format!(":open PRODUCT#acme<ret>:{keys}<ret>"));
        assert!(all.contains("every tenant") && !all.contains("acme"), "{all}");
        let one = about(&format!(":open PRODUCT#acme<ret>:{keys} --tenant globex<ret>"));
        assert!(one.contains("tenant globex") && !one.contains("acme"), "{one}");
    }
}

#[test]
fn a_finding_leads_to_its_entity_and_back_to_the_list() {
    let there = play(":doctor<ret><ret>");
    assert_eq!(there.app.history.opened.as_ref().unwrap().entity.key.sk.as_str(), "P-0003");
    assert_eq!(there.app.focus, Pane::History);
    let back = play(":doctor<ret>jj<ret>:doctor<ret>");
    // Not looked again, and at the same place.
    assert_eq!(back.commands.iter().filter(|c| matches!(c, Command::Doctor { .. })).count(), 1);
    assert!(back.screen.contains("3/5"), "{}", back.screen);
    // It is not laid over itself: a repair's preview would stay below it.
    assert!(play(":doctor<ret>:doctor<ret>").app.stack.has::<FindingsBox>());
    assert!(!play(":doctor<ret>:doctor<ret><esc>").app.stack.has::<FindingsBox>());
    let again = play(":doctor product<ret><f5>");
    let modules: Vec<_> = again
        .commands
        .iter()
        .filter_map(|c| if let Command::Doctor { among } = c { among.module.clone() } else { None })
        .collect();
    assert_eq!(modules, ["product", "product"]);
    let whole = play(":doctor<ret>jjj<ret>");
    assert!(whole.screen.contains("about the module as a whole"), "{}", whole.screen);
    assert!(whole.app.stack.shows::<FindingsBox>());
}

#[test]
fn what_can_be_repaired_is_previewed_and_runs_like_any_plan() {
    let previewed = play(":doctor product<ret>r");
    let plan = previewed.commands.iter().find_map(|c| match c {
        Command::PreviewPlan { plan, keep: true } => Some(plan.clone()),
        _ => None,
    });
    let plan = plan.unwrap();
    assert_eq!((&plan.work, plan.name.as_str()), (&Work::Repair, "repair product"));
    assert!(!previewed.commands.iter().any(|c| matches!(c, Command::RunPlan { .. })));
    assert!(play(":doctor<ret>rR").screen.contains("the console is read-only"));
    let run = play("AA:doctor<ret>rR");
    let runs: Vec<_> = run
        .commands
        .iter()
        .filter_map(|c| if let Command::RunPlan { plan, expect, .. } = c { Some((plan, expect)) } else { None })
        .collect();
    assert!(matches!(runs.as_slice(), [(plan, Some(_))] if plan.work == Work::Repair), "{runs:?}");
    let line = |keys: &str| play(&format!("{keys}Yy")).copied.pop().unwrap();
    assert_eq!(line(":doctor product<ret>"), "tenantry --sandbox doctor --module product");
    assert_eq!(line(":doctor product<ret>r"), "tenantry --sandbox doctor --module product --repair --arm");
    // One level back from the repair are the findings, the cursor where it was; read again, it is theirs as before.
    for keys in [":doctor product<ret>jr<esc>", ":doctor product<ret>jrp<esc>"] {
        let back = play(keys);
        assert!(back.app.stack.shows::<FindingsBox>() && back.screen.contains("2/"), "{}", back.screen);
    }
    // The plan in the form is another one: it is not run in place of the repair, nor the other way round.
    let copy = "name = \"c\"\noperation = \"copy\"\n[source]\ntype = \"PRODUCT\"\ntenant = \"acme\"\n[target]\ntenant = \"globex\"\n";
    let answer = |c: &Command| match c {
        Command::Doctor { .. } => Some([findings(), vec![Event::Finished { cancelled: false }]].concat()),
        _ => None,
    };
    let change = |p: &mut Play| {
        p.files.insert("copy.toml".into(), copy.to_owned());
        p.fake = Fake::golden().answering(answer);
    };
    let both = Play::new(120, 40).with(change).keys("AA:plan open copy.toml<ret>:doctor<ret>r<esc><esc>R");
    let run = both
        .commands
        .iter()
        .find_map(|c| if let Command::RunPlan { plan, expect, .. } = c { Some((plan, expect)) } else { None });
    assert!(matches!(run, Some((plan, None)) if plan.name == "c"), "{run:?}");
}

#[test]
fn a_repair_is_of_what_is_marked_or_else_of_what_the_filter_lists() {
    let two = |keys: &str| {
        let answer = |c: &Command| match c {
            Command::Doctor { .. } => {
                let more = finding(FindingKind::Wedged, Severity::Error, ("PRODUCT#globex", "P-0008"), "failed");
                Some([findings(), vec![more, Event::Finished { cancelled: false }]].concat())
            }
            _ => None,
        };
        Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(answer)).keys(keys)
    };
    let planned = |keys: &str| {
        let work = two(keys).commands.into_iter().find_map(|c| match c {
            Command::PreviewPlan { plan, .. } => Some(plan.work),
            _ => None,
        });
        match work {
            Some(Work::RepairOf(only)) => only.into_iter().map(|one| one.sk).collect::<Vec<_>>(),
            Some(_) => vec!["all".to_owned()],
            None => vec![],
        }
    };
    assert_eq!(planned(":doctor<ret>r"), ["all"]);
    assert_eq!(planned(":doctor<ret>/P-0008<ret>r"), ["P-0008"]);
    assert_eq!(planned(":doctor<ret>vr"), ["P-0003", "P-0008"], "of the errors, those that can be repaired");
    // Marks go before the filter, and can be taken away again.
    assert_eq!(planned(":doctor<ret> /P-0008<ret>r"), ["P-0003"]);
    assert_eq!(planned(":doctor<ret> ur"), ["all"]);
    let nothing = two(":doctor<ret>/point-in<ret>r");
    assert!(nothing.screen.contains("nothing of what is listed can be repaired"), "{}", nothing.screen);
    assert!(two(":doctor<ret>/point-in<ret> ").screen.contains("only what can be is marked"));
    let line = two(":doctor<ret> rY");
    assert!(line.screen.contains("there a repair is of whole modules"), "{}", line.screen);
    let marked = two(":doctor<ret> ");
    assert!(marked.screen.contains("!r*wedged") && marked.screen.contains("1 marked"), "{}", marked.screen);
}

#[test]
fn the_foot_says_what_a_repair_would_be_of() {
    for size in [(60, 15), (80, 24), (120, 40)] {
        let foot = |keys: &str| {
            let screen = with(size, true, keys).screen;
            screen.lines().find(|line| line.contains('╰')).unwrap_or_default().to_owned()
        };
        let all = foot(":doctor<ret>");
        assert!(all.contains("r repair all 1") && all.contains("Space mark") && all.contains("Esc back"), "{all}");
        assert!(foot(":doctor<ret>jj").contains("r repair all 1"), "the cursor does not narrow it");
        assert!(foot(":doctor<ret> ").contains("r repair 1 marked"), "{}", foot(":doctor<ret> "));
        assert!(foot(":doctor<ret>v").contains("r repair 1 listed"), "{}", foot(":doctor<ret>v"));
        assert!(!foot(":doctor<ret>vv").contains("repair"), "{}", foot(":doctor<ret>vv"));
    }
}

#[test]
fn a_finding_is_read_whole_in_the_smallest_window() {
    let first = with((60, 15), true, ":doctor<ret>").screen;
    assert!(first.contains("1-2/3, Ctrl-D scrolls") && !first.contains("blocks every later publish"), "{first}");
    let scrolled = with((60, 15), true, ":doctor<ret><ctrl-d>").screen;
    assert!(scrolled.contains("blocks every later publish") && scrolled.contains(" 1/5 "), "{scrolled}");
    assert_eq!(with((60, 15), true, ":doctor<ret><ctrl-d><ctrl-u>").screen, first);
    // Another finding is read from its beginning.
    let other = with((60, 15), true, ":doctor<ret><ctrl-d>jk").screen;
    assert_eq!(other, first);
}

#[test]
fn times_in_messages_are_those_of_the_lists() {
    let screen = play(":doctor<ret>jj").screen;
    assert!(screen.contains("version 1 waits since 2026-03-02 10:15"), "{screen}");
    assert!(!screen.contains("01:15:00.000Z"), "{screen}");
}

#[test]
fn what_was_found_about_an_entity_goes_when_a_run_writes_it() {
    let mut app = play(":doctor<ret><esc>:open PRODUCT#acme<ret>").app;
    let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0003") };
    assert!(app.doctor.as_ref().unwrap().about(&entity).is_some());
    for (outcome, is_left) in [(Outcome::Conflict, true), (Outcome::Done, false)] {
        let mut written = item(1, Action::Update, Some(outcome));
        (written.entity, written.source) = (entity.clone(), entity.key.clone());
        app.run_answer(RequestId(1), Event::Item(Box::new(written)));
        assert_eq!(app.doctor.as_ref().unwrap().about(&entity).is_some(), is_left, "{outcome}");
    }
}

#[test]
fn nothing_is_repaired_while_it_looks_or_where_nothing_can_be() {
    let looking = with((120, 40), false, ":doctor<ret>r");
    assert!(looking.screen.contains("still looking") && looking.app.plan.preview.is_none(), "{}", looking.screen);
    let stopped = with((120, 40), false, ":doctor<ret>x");
    assert!(matches!(stopped.commands.last(), Some(Command::Cancel { .. })));
    let healthy = |c: &Command| {
        matches!(c, Command::Doctor { .. }).then(|| {
            vec![Event::Progress { phase: Phase::Scan, done: 49, total: None }, Event::Finished { cancelled: false }]
        })
    };
    let healthy = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(healthy)).keys(":doctor<ret>r");
    assert!(healthy.screen.contains("nothing found"), "{}", healthy.screen);
    assert!(healthy.screen.contains("nothing of what was found can be repaired"), "{}", healthy.screen);
    let failing = |c: &Command| {
        let failure = Failure::new(ErrorCode::Credentials, "the credentials have expired").hint("sign in again");
        matches!(c, Command::Doctor { .. }).then(|| {
            [findings(), vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }]].concat()
        })
    };
    let failed = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(failing)).keys(":doctor<ret>");
    assert!(
        failed.screen.contains("not all was looked at") && failed.screen.contains("→ sign in again"),
        "{}",
        failed.screen
    );
}

#[test]
fn what_the_doctor_found_marks_the_entities_also_without_colours() {
    let played = play(":doctor<ret><esc>:open PRODUCT#acme<ret>jj");
    let line = |sk: &str| played.screen.lines().find(|l| l.contains(&format!("{sk} "))).unwrap().to_owned();
    assert!(line("P-0003").contains("FW!") && line("P-0004").contains("P~"), "{}", played.screen);
    assert!(!line("P-0009").contains('!') && !line("P-0009").contains('~'), "{}", played.screen);
    assert!(played.screen.contains("P-0003 · failed · wedged · doctor: wedged"), "{}", played.screen);
    let before = play(":open PRODUCT#acme<ret>");
    assert!(!before.screen.contains("FW!"), "{}", before.screen);
}

#[test]
fn what_is_looked_for_again_stays_as_narrow_and_what_was_repaired_is_not_marked() {
    let again = play(":doctor<ret>/P-0003<ret><f5>");
    let looked = again.commands.iter().filter(|c| matches!(c, Command::Doctor { .. })).count();
    assert!(looked == 2 && again.screen.contains("/P-0003") && again.screen.contains(" 1/1 "), "{}", again.screen);
    let kind = play(":doctor<ret>t<f5>").screen;
    assert!(kind.contains("only gap"), "{kind}");
    let repaired = play("AA:doctor<ret> rRaW:doctor<ret>").screen;
    assert!(repaired.contains("from before run") && !repaired.contains("1 marked"), "{repaired}");
}
