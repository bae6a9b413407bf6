//! The tree that fills by itself, counting on demand, and what the console remembers.

use super::{Fake, Play, Played};
use crate::config::Profile;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event, ListedPartition};
use crate::tui::memory::{Bookmark, Memory, MemoryChange, Spot};
use crate::tui::screens::count::CountBox;
use crate::tui::screens::palette::Palette;
use crate::tui::screens::tenants::tree::{Counting, ListState};

fn staging(play: &mut Play) {
    play.options.profile = Profile::new("staging", "stg", "shop");
}

/// Of a profile whose tables cost money.
fn play(keys: &str) -> Played {
    Play::new(120, 40).with(staging).keys(keys)
}

fn counted(played: &Played) -> Vec<&Command> {
    let is_count = |c: &&Command| matches!(c, Command::ScanTenants { .. } | Command::CountPartitions { .. });
    played.commands.iter().filter(is_count).collect()
}

#[test]
fn the_tree_is_there_before_anything_is_counted() {
    let played = play("");
    assert_eq!(played.commands, [Command::Connect, Command::Runs, Command::ListPartitions { module: None }]);
    assert!(matches!(played.app.tenants.tree.listed, ListState::Done(_)));
    assert_eq!(played.app.tenants.tree.counting, Counting::Never);
    for words in ["customer", "acme", "not counted: s counts it (shows the cost", "7 tenants, 10 partitions"] {
        assert!(played.screen.contains(words), "{words}\n{}", played.screen);
    }
    // Partitions can be opened and are offered, counted or not.
    let opened = play("jl j<ret>");
    assert!(opened.app.tenants.entities.is_some() && counted(&opened).is_empty(), "{}", opened.screen);
    assert!(play(":open INIT").screen.contains("PRODUCT#initech"));
    insta::assert_snapshot!("tree_listed_120x40", played.screen);
}

#[test]
fn counting_asks_first_says_what_it_costs_and_reads_what_is_under_the_cursor() {
    let asked = play("s");
    assert!(asked.app.stack.shows::<CountBox>() && counted(&asked).is_empty());
    assert!(asked.commands.contains(&Command::Measure { modules: vec!["customer".into()] }));
    for words in ["entities of module customer", "about 20 read units (40 rows and 0.2"] {
        assert!(asked.screen.contains(words), "{words}\n{}", asked.screen);
    }
    assert!(counted(&play("s<esc>")).is_empty());
    let module = play("s<ret>");
    assert_eq!(counted(&module), [&Command::ScanTenants { module: Some("customer".into()) }]);
    let tenant = play("js<ret>");
    let [Command::CountPartitions { module, pks }] = counted(&tenant)[..] else { panic!("{:?}", counted(&tenant)) };
    assert_eq!((module.as_str(), pks.len(), pks[0].as_str()), ("customer", 1, "CUSTOMER#acme"));
    assert!(tenant.screen.contains("counted just now; s counts again"), "{}", tenant.screen);
    let line = |played: &Played, name: &str| played.screen.lines().find(|l| l.contains(name)).unwrap().to_owned();
    assert!(line(&tenant, "initech").contains("not counted") && !line(&tenant, "acme").contains("not counted"));
    assert!(line(&tenant, "customer ").contains("2+"), "{}", tenant.screen);
    let share = play("js");
    assert!(share.screen.contains("this partition and no other: about 10 read"), "{}", share.screen);
    assert!(share.screen.contains("20 at most"), "{}", share.screen);
    let whole = play(":scan *<ret><ret>");
    assert_eq!(counted(&whole), [&Command::ScanTenants { module: None }]);
    for size in [(120, 40), (80, 24), (60, 15)] {
        let asked = Play::new(size.0, size.1).with(staging).keys("js").screen;
        let is_whole =
            ["Count?", "CUSTOMER#acme", "20 at most", "Enter count"].iter().all(|words| asked.contains(words));
        assert!(is_whole, "{asked}");
    }
}

#[test]
fn a_size_that_is_not_known_is_no_reason_not_to_count() {
    let refused = |c: &Command| {
        let failure = Failure::new(ErrorCode::AccessDenied, "not allowed to dynamodb:DescribeTable").not_fatal();
        matches!(c, Command::Measure { .. }).then(|| {
            vec![Event::Failed(Box::new(failure)), Event::Measured(vec![]), Event::Finished { cancelled: false }]
        })
    };
    let played = |keys: &str| {
        let change = |p: &mut Play| p.fake = Fake::golden().answering(refused);
        Play::new(120, 40).with(staging).with(change).keys(keys)
    };
    assert!(played("s").screen.contains("not allowed to dynamodb:DescribeTable"), "{}", played("s").screen);
    assert_eq!(counted(&played("s<ret>")).len(), 1);
    let silent = |c: &Command| matches!(c, Command::Measure { .. }).then(Vec::new);
    let change = |p: &mut Play| p.fake = Fake::golden().answering(silent);
    let waiting = Play::new(120, 40).with(staging).with(change).keys("s<ret>");
    assert!(counted(&waiting).is_empty() && waiting.app.stack.shows::<CountBox>(), "{}", waiting.screen);
}

#[test]
fn where_there_is_nothing_to_count_counting_is_not_offered() {
    let none = play(":scan nosuch<ret>");
    assert!(none.screen.contains("there is no module nosuch"), "{}", none.screen);
    assert!(!none.commands.iter().any(|c| matches!(c, Command::Measure { .. })), "{:?}", none.commands);
    // One that has gone since the modules were listed.
    let gone = |c: &Command| {
        let failure = Failure::new(ErrorCode::NoTable, "there is no module customer");
        matches!(c, Command::Measure { .. })
            .then(|| vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }])
    };
    let change = |p: &mut Play| p.fake = Fake::golden().answering(gone);
    let asked = Play::new(120, 40).with(staging).with(change).keys("s<ret>");
    assert!(asked.screen.contains("there is no module customer"), "{}", asked.screen);
    assert!(counted(&asked).is_empty() && !asked.screen.contains("Enter count"), "{}", asked.screen);
}

#[test]
fn a_list_that_fails_keeps_what_is_known_and_a_long_one_ends_by_itself() {
    let fails = |c: &Command| {
        let failure = Failure::new(ErrorCode::AccessDenied, "not allowed to dynamodb:Scan");
        matches!(c, Command::ListPartitions { .. })
            .then(|| vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }])
    };
    let played = Play::new(120, 40).with(staging).with(|p| p.fake = Fake::golden().answering(fails)).keys("");
    for words in
        ["! not allowed to dynamodb:Scan", "listing ended at 0 partitions: not all are", "here; F5 lists again"]
    {
        assert!(played.screen.contains(words), "{words}\n{}", played.screen);
    }
    // A count that fails says nothing about the list.
    let uncounted = |c: &Command| {
        let failure = Failure::new(ErrorCode::Throttled, "throttled");
        matches!(c, Command::ScanTenants { .. })
            .then(|| vec![Event::Failed(Box::new(failure)), Event::Finished { cancelled: false }])
    };
    let played = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(uncounted)).keys("");
    assert!(matches!(played.app.tenants.tree.listed, ListState::Done(_)), "{}", played.screen);
    let long = |c: &Command| {
        let one = |i: usize| ListedPartition {
            module: "product".into(),
            pk: format!("PRODUCT#t{i}").as_str().into(),
            entity_type: "PRODUCT".into(),
            tenant: format!("t{i}"),
        };
        matches!(c, Command::ListPartitions { .. }).then(|| vec![Event::Partitions((0..100_000).map(one).collect())])
    };
    let played = Play::new(120, 40).with(staging).with(|p| p.fake = Fake::golden().answering(long)).keys("");
    assert!(matches!(played.commands.last(), Some(Command::Cancel { .. })), "{:?}", played.commands);
    assert_eq!(played.app.tenants.tree.listed, ListState::Full);
    assert!(played.screen.contains("the first 100,000 partitions are here"), "{}", played.screen);
    let stopped = |c: &Command| matches!(c, Command::ListPartitions { .. }).then(Vec::new);
    let again = Play::new(120, 40).with(staging).with(|p| p.fake = Fake::golden().answering(stopped)).keys("x<f5>");
    let lists = again.commands.iter().filter(|c| matches!(c, Command::ListPartitions { .. })).count();
    assert_eq!(lists, 2, "{:?}", again.commands);
}

fn remembered() -> Memory {
    let mut memory = Memory::default();
    for change in [
        MemoryChange::Visit(Spot::Partition("order".into(), "ORDER#globex".into())),
        MemoryChange::Visit(Spot::Entity("product".into(), "PRODUCT#acme".into(), "P-0003".into())),
        MemoryChange::Visit(Spot::Search("bolt --tenant acme".into())),
        MemoryChange::Keep(Bookmark {
            name: "the wedged one".into(),
            spot: Spot::Entity("product".into(), "PRODUCT#acme".into(), "P-0003".into()),
        }),
        MemoryChange::Command("open PRODUCT#initech".into()),
        MemoryChange::Command("activity --since 2h".into()),
        MemoryChange::Filter("wedged".into()),
    ] {
        memory.apply(&change);
    }
    memory
}

fn again(keys: &str) -> Played {
    Play::new(120, 40).with(|p| p.memory = remembered()).keys(keys)
}

#[test]
fn what_is_kept_and_what_was_looked_at_are_offered_first() {
    let palette = again(":");
    let lines: Vec<&str> = palette.screen.lines().collect();
    let at = |text: &str| lines.iter().position(|l| l.contains(text)).unwrap_or(usize::MAX);
    assert!(at("the wedged one") < at("find bolt --tenant acme"), "{}", palette.screen);
    assert!(at("find bolt --tenant acme") < at("ORDER#globex  in order, lately"), "{}", palette.screen);
    assert!(at("ORDER#globex  in order, lately") < at("Show every key and command"), "{}", palette.screen);
    insta::assert_snapshot!("palette_remembered_120x40", palette.screen);
    let opened = again("o<ret>");
    let entity = &opened.app.history.opened.as_ref().unwrap().entity;
    assert_eq!((entity.module.as_str(), entity.key.sk.as_str()), ("product", "P-0003"));
    let offered = again("o");
    let lines: Vec<&str> = offered.screen.lines().collect();
    let at = |text: &str| lines.iter().position(|l| l.contains(text)).unwrap_or(usize::MAX);
    assert!(at("ORDER#globex  in order, lately") < at("find bolt --tenant acme"), "{}", offered.screen);
    assert!(at("find bolt --tenant acme") < usize::MAX, "{}", offered.screen);
    let searched = again(":<down><ret>");
    assert!(searched.commands.iter().any(|c| matches!(c, Command::Find { wanted } if wanted.text == "bolt")));
    // By a part of its name, and completed.
    let named = again(":wedged");
    assert!(named.screen.contains("the wedged one"), "{}", named.screen);
    let completed = again("o<tab>");
    assert!(completed.screen.contains(":open PRODUCT#acme P-0003"), "{}", completed.screen);
}

#[test]
fn a_place_is_kept_under_a_name_and_forgotten() {
    let open = ":open PRODUCT#acme P-0002<ret>";
    let kept = again(&format!("{open}'the washer<ret>"));
    let of = |played: &Played, name: &str| played.app.memory.bookmarks.iter().find(|b| b.name == name).cloned();
    let spot = Spot::Entity("product".into(), "PRODUCT#acme".into(), "P-0002".into());
    assert_eq!(of(&kept, "the washer").unwrap().spot, spot);
    let list = again(":open PRODUCT#acme<ret>'all of acme<ret>");
    assert_eq!(of(&list, "all of acme").unwrap().spot, Spot::Partition("product".into(), "PRODUCT#acme".into()));
    let search = again(":find bolt --exact<ret>'bolts<ret>");
    let line = Spot::Search("bolt --exact --max-units 5000".into());
    assert_eq!(of(&search, "bolts").unwrap().spot, line, "{}", search.screen);
    assert_eq!(of(&again(":forget the wedged one<ret>"), "the wedged one"), None);
    let unknown = again(":forget nothing<ret>");
    assert!(unknown.app.stack.shows::<Palette>() && unknown.screen.contains("nothing is kept as nothing"));
    let nothing = again("'");
    assert!(nothing.screen.contains("nothing is open that could be kept"), "{}", nothing.screen);
    // A place that is on screen is not offered.
    let own = again(&format!("{open}:"));
    assert!(!own.screen.contains("P-0002  in product"), "{}", own.screen);
    assert_eq!(own.app.memory.recent[0], spot);
}

#[test]
fn a_kept_place_is_found_by_its_name_with_blanks() {
    for keys in ["othe wedged one<ret>", "oThe Wedged One <ret>", "othe wed<down><ret>"] {
        let opened = again(keys);
        let entity = &opened.app.history.opened.as_ref().unwrap_or_else(|| panic!("{keys}\n{}", opened.screen)).entity;
        assert_eq!(entity.key.sk.as_str(), "P-0003", "{keys}");
    }
    let typed = again("oPRODUCT#acme P-0002<ret>");
    assert_eq!(typed.app.history.opened.as_ref().unwrap().entity.key.sk.as_str(), "P-0002");
    let search = again(":find bolt --exact<ret>'bolts of all<ret><esc>obolts of all<ret>");
    let finds = search.commands.iter().filter(|c| matches!(c, Command::Find { wanted } if wanted.text == "bolt"));
    assert_eq!(finds.count(), 2, "{}", search.screen);
    let place = again(":open PRODUCT#acme P-0002<ret>'washer<ret>").screen;
    assert!(place.contains("is kept as washer; o and : offer it"), "{place}");
}

#[test]
fn lines_and_filters_from_before_come_back_with_the_arrows() {
    let shown = |keys: &str| again(keys).screen;
    assert!(shown(":<up>").contains(":activity --since 2h"), "{}", shown(":<up>"));
    assert!(shown(":<up><up>").contains(":open PRODUCT#initech"), "{}", shown(":<up><up>"));
    assert!(shown(":<up><up><down>").contains(":activity --since 2h"));
    assert!(shown(":op<up>").contains(":open PRODUCT#initech"), "{}", shown(":op<up>"));
    let run = again(":<up><up><ret>");
    assert_eq!(run.app.tenants.entities.as_ref().unwrap().listing.pk.as_str(), "PRODUCT#initech");
    assert_eq!(run.app.memory.commands.last().unwrap(), "open PRODUCT#initech");
    let filtered = again(":open PRODUCT#acme<ret>/<up><ret>");
    assert_eq!(filtered.app.tenants.entities.as_ref().unwrap().filter.text(), "wedged");
    let typed = again(":open PRODUCT#acme<ret>/nut<ret>");
    assert_eq!(typed.app.memory.filters, ["wedged", "nut"]);
    let dialog = again(":runs<ret><esc>:doctor<ret>/<up><ret>");
    assert!(dialog.screen.contains("/wedged"), "{}", dialog.screen);
}
