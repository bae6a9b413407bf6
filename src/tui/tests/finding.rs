//! Finding entities by a text.

use super::acting::{acting, one};
use super::{Fake, Play, Played};
use crate::domain::activity::ActivityKind;
use crate::domain::find::{Matched, Place};
use crate::domain::key::{EntityKey, Version};
use crate::engine::protocol::{
    Command, DeletedFilter, EntityRef, EntitySummary, Event, FoundEntity, SearchEnd, Searched, Wanted,
};
use crate::tui::memory::Spot;
use crate::tui::screens::find::Find;

pub(super) fn entity(tenant: &str, sk: &str) -> EntityRef {
    EntityRef { module: "product".into(), key: EntityKey::new(format!("PRODUCT#{tenant}"), sk) }
}

fn found(tenant: &str, sk: &str, name: &str, at: &str, value: &str) -> FoundEntity {
    let entity = EntitySummary {
        entity: entity(tenant, sk),
        id: None,
        entity_type: Some("PRODUCT".into()),
        tenant: tenant.into(),
        code: None,
        name: Some(name.into()),
        version: Some(Version(2)),
        deleted: sk == "P-9",
        updated_at: None,
        updated_by: None,
        flags: vec![],
        attributes_ref: None,
        row: Default::default(),
        problem: None,
        viewed: None,
    };
    FoundEntity { entity, matched: vec![Matched { path: at.parse().unwrap(), value: value.into() }] }
}

fn searching(c: &Command) -> Option<Vec<Event>> {
    let Command::Find { .. } = c else { return None };
    let rows = vec![
        found("acme", "P-0002", "ボルト", "name", "ボルト"),
        found("globex", "P-9", "Nut", "attributes.email", "bolt@example.com"),
    ];
    let end = Searched {
        rows: 1_200,
        commands: 200,
        in_s3: 3,
        found: 2,
        units: 40.5,
        most: Some(99.0),
        ended: Some(SearchEnd::Units),
        absent: vec![],
    };
    Some(vec![Event::Found(rows), Event::Searched(end), Event::Finished { cancelled: false }])
}

pub(super) fn play(size: (u16, u16), keys: &str) -> Played {
    let fake = Fake::golden().answering(|c| searching(c).or_else(|| acting(c)));
    Play::new(size.0, size.1).with(|p| p.fake = fake).keys(keys)
}

fn looked_for(played: &Played) -> &Wanted {
    let wanted =
        played.commands.iter().rev().find_map(|c| if let Command::Find { wanted } = c { Some(wanted) } else { None });
    wanted.unwrap()
}

#[test]
fn a_text_is_looked_for_near_what_is_open_and_within_a_budget() {
    let played =
        play((120, 40), ":open PRODUCT#acme<ret>:find bolt nut --in attributes.email --tenant acme --exact<ret>");
    let wanted = looked_for(&played);
    assert_eq!((wanted.text.as_str(), wanted.exact, wanted.max_units), ("bolt nut", true, Some(5_000)));
    assert_eq!(wanted.places, ["attributes.email".parse::<Place>().unwrap()]);
    assert_eq!(wanted.among.tenant.as_deref(), Some("acme"));
    assert_eq!(wanted.near.partition.as_ref().map(|(_, pk)| pk.as_str()), Some("PRODUCT#acme"));
    let own = play((120, 40), ":find bolt --max-units 7<ret>");
    assert_eq!(looked_for(&own).max_units, Some(7));
    let wrong = play((120, 40), ":find --ten acme<ret>");
    assert!(wrong.screen.contains("there is no option --ten"), "{}", wrong.screen);
}

#[test]
fn what_is_found_says_where_and_what_was_not_looked_at() {
    for size in [(120, 40), (80, 24), (60, 15)] {
        let played = play(size, ":find bolt<ret>");
        assert!(played.screen.contains("Find bolt") && played.screen.contains("P-0002"), "{}", played.screen);
        assert!(played.screen.contains("stopped at the units"), "{}", played.screen);
    }
    let played = play((120, 40), ":find bolt<ret>");
    assert!(played.screen.contains(" 1/2 "), "{}", played.screen);
    for words in [
        "1,200 rows looked at (200 of them commands), 40.5 units used, about 99 ",
        "attributes.email bolt@example.com",
        "3 rows have",
        "D globex",
    ] {
        assert!(played.screen.contains(words), "{words}\n{}", played.screen);
    }
}

#[test]
fn what_a_search_may_cost_stays_as_it_was_announced() {
    let dear = |c: &Command| {
        let end = Event::Searched(Searched { rows: 9, units: 120.0, most: Some(99.0), ..Searched::default() });
        matches!(c, Command::Find { .. }).then(|| vec![end, Event::Finished { cancelled: false }])
    };
    let play = |keys: &str| Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(dear)).keys(keys).screen;
    assert!(play(":find x<ret>").contains("120 units used, about 99 expected"), "{}", play(":find x<ret>"));
    let narrow = play(":find x --tenant acme<ret>");
    assert!(narrow.contains("120 units used, less than about 99 expected"), "{narrow}");
}

#[test]
fn a_place_that_no_row_has_is_told() {
    let none = |c: &Command| {
        let absent = vec!["email".parse().unwrap(), "attributes.mail".parse().unwrap()];
        let end = Event::Searched(Searched { rows: 40, absent, ..Searched::default() });
        matches!(c, Command::Find { .. }).then(|| vec![end, Event::Finished { cancelled: false }])
    };
    let played = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(none)).keys(":find x --in email<ret>");
    for words in
        ["no row that was looked at has email: for an attribute write attributes.email", "at has attributes.mail"]
    {
        assert!(played.screen.contains(words), "{words}\n{}", played.screen);
    }
}

#[test]
fn opening_one_and_looking_again_keeps_what_was_found() {
    let opened = play((120, 40), ":find bolt<ret>j<ret>");
    let entity = &opened.app.history.opened.as_ref().unwrap().entity;
    assert_eq!((entity.key.sk.as_str(), opened.app.stack.is_empty()), ("P-9", true));
    let back = play((120, 40), ":find bolt<ret>j<ret>:find<ret>");
    assert!(back.app.stack.shows::<Find>() && back.screen.contains("2/2"), "{}", back.screen);
    assert_eq!(back.commands.iter().filter(|c| matches!(c, Command::Find { .. })).count(), 1);
    let none = play((120, 40), ":find<ret>");
    assert!(none.screen.contains("find wants a text"), "{}", none.screen);
}

#[test]
fn a_search_that_was_left_while_it_looked_says_that_it_was_stopped() {
    let slow = |c: &Command| {
        let so_far = |rows| Event::Searched(Searched { rows, ..Searched::default() });
        match c {
            Command::Find { .. } => Some(vec![Event::Found(vec![found("acme", "P-1", "x", "name", "x")]), so_far(928)]),
            Command::Cancel { .. } => Some(vec![so_far(940), Event::Finished { cancelled: true }]),
            _ => None,
        }
    };
    let play = |keys: &str| Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(slow)).keys(keys);
    assert!(play(":find x<ret>").screen.contains("looking… 928 rows"));
    for left in ["<esc>", "n", "<ret>"] {
        let screen = play(&format!(":find x<ret>{left}:find<ret>")).screen;
        assert!(screen.contains("stopped: 940 rows looked at"), "{left}\n{screen}");
        assert!(screen.contains("not everything was looked at") && !screen.contains("x stops"), "{left}\n{screen}");
    }
    // Nobody waits for the rest of a list that became a plan.
    let half = |c: &Command| {
        let rows = vec![one("P-0002", 3, "u-tanaka", "12:10", ActivityKind::Updated)];
        matches!(c, Command::Activity { .. }).then(|| vec![Event::Activity(rows)])
    };
    let played = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(half)).keys(":activity<ret>n");
    assert!(played.commands.iter().any(|c| matches!(c, Command::Cancel { .. })), "{:?}", played.commands);
}

#[test]
fn the_palette_opens_over_the_lists_which_give_way_to_what_it_does() {
    let finds = |played: &Played| played.commands.iter().filter(|c| matches!(c, Command::Find { .. })).count();
    for list in [":find bolt<ret>", ":activity<ret>"] {
        let opened = play((120, 40), &format!("{list}:open PRODUCT#acme P-0002<ret>"));
        let entity = &opened.app.history.opened.as_ref().unwrap().entity;
        assert_eq!((entity.key.sk.as_str(), opened.app.stack.is_empty()), ("P-0002", true), "{}", opened.screen);
        // A command that is wrong or given up leaves the list where it is.
        for keys in [":open<ret><esc>", ":version x<ret><esc>", ":<esc>"] {
            let stays = play((120, 40), &format!("{list}{keys}"));
            assert!(!stays.app.stack.is_empty() && !stays.screen.contains("Commands"), "{keys}\n{}", stays.screen);
        }
    }
    let back = play((120, 40), ":find bolt<ret>:open PRODUCT#acme P-0002<ret>:find<ret>");
    assert!(back.app.stack.shows::<Find>() && finds(&back) == 1, "{}", back.screen);
    let same = play((120, 40), ":find bolt<ret>:find<ret>");
    assert!(same.app.stack.shows::<Find>() && finds(&same) == 1, "{}", same.screen);
    let other = play((120, 40), ":activity<ret>:find bolt<ret>");
    assert!(other.app.stack.shows::<Find>() && other.app.plan.form.is_none(), "{}", other.screen);
    let kept = play((120, 40), ":find bolt<ret>:keep bolts<ret>");
    assert!(kept.app.stack.shows::<Find>() && kept.app.memory.bookmarks[0].name == "bolts", "{}", kept.screen);
    assert!(matches!(&kept.app.memory.bookmarks[0].spot, Spot::Search(line) if line.starts_with("bolt")));
}

#[test]
fn escape_in_an_entity_goes_back_to_the_list_that_it_was_opened_out_of() {
    for (list, title) in [(":find bolt<ret>", "Find bolt"), (":activity<ret>", "Activity")] {
        let back = play((120, 40), &format!("{list}<ret><esc>"));
        assert!(!back.app.stack.is_empty() && back.screen.contains(title), "{}", back.screen);
        // Nothing is looked for again, and the next one leads on to the entity and to the tree.
        let searches = |c: &&Command| matches!(c, Command::Find { .. } | Command::Activity { .. });
        assert_eq!(back.commands.iter().filter(searches).count(), 1);
        let on = play((120, 40), &format!("{list}<ret><esc><esc>"));
        assert!(on.app.stack.is_empty() && on.app.focus == crate::tui::pane::Pane::History, "{}", on.screen);
        let tree = play((120, 40), &format!("{list}<ret><esc><esc><esc>"));
        assert_eq!((tree.app.stack.is_empty(), tree.app.focus), (true, crate::tui::pane::Pane::Tenants));
    }
    // From the detail it is the list of versions first; reading again forgets nothing.
    let detail = play((120, 40), ":find bolt<ret><ret><ret><esc>");
    assert!(detail.app.stack.is_empty(), "{}", detail.screen);
    assert!(play((120, 40), ":find bolt<ret><ret><f5><esc>").app.stack.shows::<Find>());
    // An entity that was opened by its key leads to the tree.
    let other = play((120, 40), ":find bolt<ret><ret>:open PRODUCT#acme P-0002<ret><esc>");
    assert_eq!((other.app.stack.is_empty(), other.app.focus), (true, crate::tui::pane::Pane::Tenants));
}

#[test]
fn what_is_marked_in_a_search_becomes_a_plan_across_partitions() {
    let played = play((120, 40), ":find bolt<ret>  n");
    let form = played.app.plan.form.as_ref().unwrap();
    assert_eq!(form.value_of("name").as_deref(), Some("copy 2 entities"));
    let named = form.value_of("source.entities").unwrap();
    let one = r#"{ pk = "PRODUCT#acme", sk = "P-0002" }, { pk = "PRODUCT#globex", sk = "P-9" }"#;
    assert_eq!((named, played.app.focus), (format!("[{one}]"), crate::tui::pane::Pane::Plan));
    assert_eq!(form.problem.as_ref().unwrap().key.as_deref(), Some("target.tenant"));
    let tenant = played.screen.lines().find(|l| l.contains("   tenant  ")).unwrap();
    assert!(!tenant.contains("(required)"), "{}", played.screen);
    // Another operation takes the same entities, and the search is there again.
    let rolled = play((120, 40), ":find bolt<ret>  n:plan new rollback<ret>");
    assert!(!rolled.screen.contains("Throw the plan away?"), "nothing was changed by hand\n{}", rolled.screen);
    let turned = play((120, 40), ":find bolt<ret>  ng<ret><ctrl-u>transform<ret>");
    let form = turned.app.plan.form.as_ref().unwrap();
    assert!(form.text().contains("operation = \"transform\"") && form.text().contains("P-0002"), "{}", form.text());
    let back = play((120, 40), ":find bolt<ret> n:find<ret>");
    assert!(back.screen.contains("1 marked entity") && back.screen.contains("●"), "{}", back.screen);
    // Without a mark the one under the cursor is meant; a mark can be taken away.
    let single = play((120, 40), ":find bolt<ret> g uj n");
    assert!(single.app.plan.form.unwrap().value_of("source.entities").unwrap().contains("P-9"));
    for size in [(120, 40), (80, 24), (60, 15)] {
        insta::assert_snapshot!(format!("find_marked_{}x{}", size.0, size.1), play(size, ":find bolt<ret> ").screen);
    }
}

#[test]
fn a_search_takes_the_options_of_the_command_line_and_keeps_them() {
    let played = play((120, 40), ":find bolt --deleted=only --limit 3<ret>");
    let wanted = looked_for(&played);
    assert_eq!((wanted.deleted, wanted.limit), (DeletedFilter::Only, Some(3)));
    let kept = played.app.memory.recent[0].label();
    assert_eq!(kept, "find bolt --deleted only --limit 3 --max-units 5000");
    let wrong = play((120, 40), ":find bolt --deleted some<ret>").screen;
    assert!(wrong.contains("--deleted is keep, skip or only"), "{wrong}");
}

#[test]
fn a_run_that_cannot_be_read_hides_no_other() {
    let runs = |c: &Command| {
        let failure = crate::engine::failure::Failure::new(crate::engine::failure::ErrorCode::Io, "has format 5");
        let broken = Event::Failed(Box::new(failure.not_fatal()));
        matches!(c, Command::Runs).then(|| {
            vec![broken, Event::Run(Box::new(super::fake::stopped_run())), Event::Finished { cancelled: false }]
        })
    };
    let play = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(runs)).keys(":runs<ret>");
    assert!(play.screen.contains("stopped") && play.screen.contains("1 run not readable"), "{}", play.screen);
    assert!(!play.screen.contains("! has format 5"), "{}", play.screen);
}

#[test]
fn lists_that_are_made_again_stay_as_narrow_as_they_were() {
    for (keys, kept) in [
        (":find bolt<ret>/globex<ret> <f5>", ["/globex", " 1/1 "]),
        (":activity<ret>/P-0003<ret><f5>", ["/P-0003", " 1/1 "]),
        ("U/ito<ret><f5>", ["/ito", " 1/1 "]),
    ] {
        let screen = play((120, 40), keys).screen;
        assert!(kept.iter().all(|words| screen.contains(words)), "{keys}\n{screen}");
    }
    // Marks are of entities, which are the same ones.
    let marked = play((120, 40), ":find bolt<ret> <f5>").screen;
    assert!(marked.contains("1 marked entity"), "{marked}");
}

#[test]
fn what_was_found_before_a_run_says_so() {
    let run = "AA:plan open batches.toml<ret>Rr3<ret>";
    let played = |keys: &str| {
        let fake = Fake::golden().answering(|c| searching(c).or_else(|| acting(c)));
        super::running::playing((120, 40), |p| p.fake = fake, keys).screen
    };
    let shown = played(&format!(":find bolt<ret><esc>{run}:find<ret>"));
    assert!(shown.contains("from before run"), "{shown}");
    let fresh = played(&format!("{run}:find bolt<ret>"));
    assert!(!fresh.contains("from before run"), "{fresh}");
    let again = played(&format!(":find bolt<ret><esc>{run}:find<ret><f5>"));
    assert!(!again.contains("from before run"), "{again}");
}
