//! The list of activity, and what is rolled back from it.

use super::finding::{entity, play};
use super::{Fake, Play, Played};
use crate::domain::activity::ActivityKind;
use crate::domain::key::Version;
use crate::domain::plan::{Partitions, RollTo, Rollback, Said, Source, Work};
use crate::domain::timeline::{BySource, VersionStatus};
use crate::engine::protocol::{Activity, ActivityWanted, Command, Event};
use crate::tui::screens::activity::Activity as ActivityList;

pub(super) fn one(sk: &str, version: u64, by: &str, at: &str, kind: ActivityKind) -> Activity {
    Activity {
        entity: entity("acme", sk),
        version: Version(version),
        at: Some(format!("2026-03-19T{at}:00+09:00")),
        by: Some(by.into()),
        ip: None,
        request_id: Some(format!("req-{by}")),
        source: None,
        status: VersionStatus::Published,
        kind,
        name: None,
        paths: vec!["attributes.price".parse().unwrap()],
        by_source: if by == "u-sato" { BySource::Row } else { BySource::Command },
    }
}

pub(super) fn acting(c: &Command) -> Option<Vec<Event>> {
    let Command::Activity { .. } = c else { return None };
    let rows = vec![
        one("P-0003", 4, "u-sato", "12:40", ActivityKind::Deleted),
        one("01HX7MBJK3V9WQBZ7XNDK5ZT2M", 9, "u-tanaka", "12:33", ActivityKind::Updated),
        one("P-0002", 3, "u-tanaka", "12:10", ActivityKind::Updated),
    ];
    Some(vec![Event::Activity(rows), Event::Finished { cancelled: false }])
}

fn listed(played: &Played) -> &ActivityWanted {
    let of = |c: &&Command| matches!(c, Command::Activity { .. });
    let Some(Command::Activity { wanted }) = played.commands.iter().rev().find(of) else { panic!() };
    wanted
}

#[test]
fn activity_is_of_the_open_entity_or_of_what_is_named() {
    let open = ":open PRODUCT#acme 01HX7MBJK3V9WQBZ7XNDK5ZT2M<ret>";
    let own = play((120, 40), &format!("{open}:activity<ret>"));
    let of = listed(&own);
    assert_eq!(of.sk.as_ref().map(|sk| sk.as_str()), Some("01HX7MBJK3V9WQBZ7XNDK5ZT2M"));
    let named = play((120, 40), ":activity --tenant acme --since 2h --by u-tanaka<ret>");
    let of = listed(&named);
    assert!(of.pk.is_none() && of.since.is_some() && of.by == ["u-tanaka"]);
    assert!(named.screen.contains("u-sato?") && named.screen.contains("attributes.price"), "{}", named.screen);
    let wrong = play((120, 40), ":activity --since soon<ret>");
    assert!(wrong.screen.contains("--since must be"), "{}", wrong.screen);
    let opened = play((120, 40), ":activity<ret>j<ret>");
    assert_eq!(opened.app.history.opened.as_ref().unwrap().selected, Some(Version(9)));
}

#[test]
fn what_one_person_did_becomes_a_rollback_of_exactly_that() {
    let played = play((120, 40), ":activity<ret>jtn");
    let form = played.app.plan.form.as_ref().unwrap();
    let plan = form.plan.as_ref().unwrap_or_else(|| panic!("{:?}\n{}", form.problem, form.text()));
    let Work::Rollback { source, how } = &plan.work else { panic!() };
    assert_eq!((source.entity_type.as_deref(), source.tenant.as_str()), (Some("PRODUCT"), "acme"));
    assert_eq!(
        (how.by.as_slice(), how.request.as_slice()),
        (["u-tanaka".to_owned()].as_slice(), ["req-u-tanaka".to_owned()].as_slice())
    );
    let (from, to) = ("2026-03-19T03:10:00Z".parse().unwrap(), "2026-03-19T03:33:00Z".parse().unwrap());
    let said = Said::Window("2026-03-19T03:10:00.000Z".into(), "2026-03-19T03:33:00.000Z".into());
    assert!(how.to == RollTo::Window { from, to } || how.to == RollTo::Said(said), "{:?}", how.to);
    let back = play((120, 40), ":activity<ret>jtt");
    assert!(
        back.app.stack.shows::<ActivityList>() && back.screen.contains("2/2") || back.screen.contains("1/2"),
        "{}",
        back.screen
    );
}

#[test]
fn activity_of_several_tenants_goes_back_entity_by_entity() {
    let several = |c: &Command| {
        let mut rows = acting(c)?;
        if let Some(Event::Activity(rows)) = rows.first_mut() {
            rows[2].entity = entity("globex", "P-0002");
        }
        Some(rows)
    };
    let played = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(several)).keys(":activity<ret>jtn");
    let form = played.app.plan.form.as_ref().unwrap();
    let plan = form.plan.as_ref().unwrap_or_else(|| panic!("{:?}\n{}", form.problem, form.text()));
    let Work::Rollback { source, how } = &plan.work else { panic!() };
    let named: Vec<String> = source.entities.iter().map(|one| format!("{} {}", one.pk, one.sk)).collect();
    assert_eq!(named, ["PRODUCT#acme 01HX7MBJK3V9WQBZ7XNDK5ZT2M", "PRODUCT#globex P-0002"]);
    assert_eq!((source.tenant.as_str(), how.by.as_slice()), ("", ["u-tanaka".to_owned()].as_slice()));
}

#[test]
fn in_one_partition_the_sort_key_tells_changes_apart() {
    let screen = |keys: &str| play((60, 15), keys).screen;
    let named = |screen: &str| ["P-0003", "P-0002"].map(|sk| screen.contains(sk));
    let one = screen(":activity PRODUCT#acme<ret>");
    assert!(named(&one) == [true; 2] && !one.contains("PRODUCT#acme /"), "{one}");
    // Elsewhere whose they are is told first.
    assert!(screen(":activity<ret>").contains("PRODUC…"), "{}", screen(":activity<ret>"));
}

#[test]
fn whose_changes_they_are_is_told_exactly() {
    let rows = |c: &Command| {
        let mut rows = acting(c)?;
        if let Some(Event::Activity(rows)) = rows.first_mut() {
            // Their names hold the other one's.
            rows[2].by = Some("u-tanaka2".into());
            rows[0].request_id = Some("u-tanaka".into());
            rows[0].by = Some("u-abe".into());
        }
        Some(rows)
    };
    let listed = |keys: &str| {
        let played = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(rows)).keys(keys);
        let named = ["P-0003", "01HX7MBJK3V9WQBZ7XNDK5ZT2M", "P-0002"].map(|sk| played.screen.contains(sk));
        (named, played.screen)
    };
    assert_eq!(listed(":activity<ret>").0, [true; 3]);
    let (named, screen) = listed(":activity<ret>jt");
    assert!(named == [false, true, false] && screen.contains("only u-tanaka"), "{screen}");
    // Two more for everybody's; leaving it gives all back, too.
    assert_eq!(listed(":activity<ret>jttt").0, [true; 3]);
    assert_eq!(listed(":activity<ret>jt<esc>").0, [true; 3]);
}

/// The plan that begins with a list of these rows, asked for and narrowed with keys; otherwise the screen.
fn rolled_back(rows: Vec<Activity>, keys: &str) -> Result<(Source, Rollback), String> {
    let answer = move |c: &Command| {
        let ended = Event::Finished { cancelled: false };
        matches!(c, Command::Activity { .. }).then(|| vec![Event::Activity(rows.clone()), ended])
    };
    let played = Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(answer)).keys(keys);
    let plan = played.app.plan.form.as_ref().and_then(|form| form.plan.clone());
    match plan.map(|plan| plan.work) {
        Some(Work::Rollback { source, how }) => Ok((source, how)),
        _ => Err(played.screen),
    }
}

fn names(source: &Source) -> Vec<&str> {
    source.entities.iter().map(|one| one.sk.as_str()).collect()
}

#[test]
fn a_plan_takes_what_is_listed_and_nothing_beside_it() {
    let tanaka = |sk, version, at| one(sk, version, "u-tanaka", at, ActivityKind::Updated);
    let rows = vec![
        tanaka("P-0003", 4, "12:40"),
        one("P-0002", 5, "u-abe", "12:35", ActivityKind::Updated),
        tanaka("P-0002", 4, "12:33"),
        tanaka("P-0002", 3, "12:10"),
    ];
    let request = |row: &Activity, id: &str| Activity { request_id: Some(id.into()), ..row.clone() };
    // Of one entity alone: the tenant has others, of which the list says nothing.
    let (source, _) = rolled_back(rows[2..].to_vec(), ":activity PRODUCT#acme P-0002<ret>n").unwrap();
    assert_eq!((names(&source), source.tenant.as_str()), (vec!["P-0002"], ""));
    // Narrowed by a text that no plan knows: by the period alone where that is enough, otherwise by the entities.
    let (source, how) = rolled_back(rows.clone(), ":activity<ret>/P-0003<ret>n").unwrap();
    assert_eq!((source.tenant.as_str(), how.by), ("acme", vec!["u-tanaka".to_owned()]));
    let others = [rows.as_slice(), &[tanaka("P-0003", 3, "12:20")]].concat();
    let (source, how) = rolled_back(others, ":activity<ret>/P-0002<ret>n").unwrap();
    assert_eq!((names(&source), how.by.len()), (vec!["P-0002"], 0));
    // Two people of three.
    let asked = ":activity --by u-tanaka --by u-abe<ret>n";
    let (source, how) = rolled_back(rows.clone(), asked).unwrap();
    assert_eq!((source.tenant.as_str(), how.by), ("acme", vec!["u-abe".to_owned(), "u-tanaka".to_owned()]));
    // One partition by its key: longer ones are not in the list.
    let (source, _) = rolled_back(rows.clone(), ":activity PRODUCT#acme<ret>n").unwrap();
    assert_eq!((source.tenant.as_str(), source.partitions), ("acme", Partitions::Exact));
    // Versions of one entity by one person are told apart by their requests, where these differ.
    let two = vec![request(&rows[2], "r-late"), request(&rows[3], "r-price")];
    let (_, how) = rolled_back(two, ":activity<ret>/r-price<ret>n").unwrap();
    assert_eq!(how.request, ["r-price"]);
    let between = vec![request(&rows[2], "r"), request(&tanaka("P-0002", 3, "12:20"), "r"), request(&rows[3], "r")];
    let text = |mut rows: Vec<Activity>| {
        rows[1].name = Some("other".into());
        (rows[0].name, rows[2].name) = (Some("bolt".into()), Some("bolt".into()));
        rows
    };
    let screen = rolled_back(text(between), ":activity<ret>/bolt<ret>n").unwrap_err();
    assert!(screen.contains("no plan takes exactly these"), "{screen}");
    // By place: a plan knows none, and other changes of the same person may be unlisted.
    let (source, how) = rolled_back(rows[2..].to_vec(), ":activity --path attributes.price<ret>n").unwrap();
    assert_eq!((names(&source), how.request), (vec!["P-0002"], vec!["req-u-tanaka".to_owned()]));
}

#[test]
fn versions_that_no_command_dates_are_left_out_of_a_plan_and_counted() {
    let rows = vec![
        one("P-0003", 4, "u-sato", "12:40", ActivityKind::Updated),
        one("P-0002", 4, "u-tanaka", "12:33", ActivityKind::Updated),
    ];
    let answer = move |c: &Command| {
        let ended = Event::Finished { cancelled: false };
        matches!(c, Command::Activity { .. }).then(|| vec![Event::Activity(rows.clone()), ended])
    };
    let play = |keys: &str| {
        let fake = Fake::golden().answering(answer.clone());
        Play::new(120, 40).with(|p| p.fake = fake).keys(keys)
    };
    let played = play(":activity<ret>n");
    assert!(played.screen.contains("1 version is not in the plan"), "{}", played.screen);
    let Some(Work::Rollback { how, .. }) = played.app.plan.form.unwrap().plan.map(|plan| plan.work) else { panic!() };
    assert_eq!(how.by, ["u-tanaka"]);
    let none = play(":activity<ret>/sato<ret>n");
    assert!(none.screen.contains("their command rows are gone"), "{}", none.screen);
}

#[test]
fn versions_that_were_not_applied_are_left_out_of_a_plan_and_counted() {
    let tanaka = |sk, at, kind| one(sk, 4, "u-tanaka", at, kind);
    let rows = vec![
        tanaka("P-0006", "12:40", ActivityKind::Updated),
        tanaka("P-0005", "12:39", ActivityKind::Pending),
        tanaka("P-0004", "12:38", ActivityKind::Failed),
        one("P-0003", 4, "u-sato", "12:37", ActivityKind::Updated),
        tanaka("P-0002", "12:36", ActivityKind::Updated),
    ];
    let answer = move |c: &Command| {
        let ended = Event::Finished { cancelled: false };
        matches!(c, Command::Activity { .. }).then(|| vec![Event::Activity(rows.clone()), ended])
    };
    let play = |keys: &str| {
        let fake = Fake::golden().answering(answer.clone());
        Play::new(120, 40).with(|p| p.fake = fake).keys(keys).screen
    };
    let range = play(":activity<ret>VGn");
    assert!(range.contains("2 versions are not in the plan: pending or failed, not applied; 1 version is"), "{range}");
    let half = play(":activity<ret>Vjn");
    assert!(half.contains("1 version is not in the plan: pending or failed, not applied"), "{half}");
    assert!(!play(":activity<ret>Vn").contains("not in the plan"));
}

#[test]
fn a_pasted_id_is_the_entitys_and_no_plan_takes_its_partition() {
    let id = ":activity PRODUCT#acme#P-0002<ret>";
    let rows = vec![one("P-0002", 3, "u-tanaka", "12:10", ActivityKind::Updated)];
    let (source, _) = rolled_back(rows.clone(), &format!("{id}n")).unwrap();
    assert_eq!((names(&source), source.tenant.as_str()), (vec!["P-0002"], ""));
    let screen = rolled_back(rows, id).unwrap_err();
    assert!(screen.contains("PRODUCT#acme#P-0002 is taken for the id of PRODUCT#acme / P-0002"), "{screen}");
}

#[test]
fn activity_is_put_together_by_person_or_by_request() {
    let at = |screen: &str, text: &str| screen.lines().position(|line| line.contains(text)).unwrap_or(usize::MAX);
    let mixed = |c: &Command| {
        let mut rows = acting(c)?;
        if let Some(Event::Activity(rows)) = rows.first_mut() {
            rows.push(one("P-0009", 2, "u-sato", "12:00", ActivityKind::Updated));
        }
        Some(rows)
    };
    let play = |keys: &str| {
        let fake = Fake::golden().answering(mixed);
        Play::new(120, 40).with(|p| p.fake = fake).keys(keys)
    };
    let newest = play(":activity<ret>").screen;
    assert!(at(&newest, "P-0002 3") < at(&newest, "P-0009 2"), "{newest}");
    let people = play(":activity<ret>b").screen;
    assert!(people.contains("u-sato (2)") && people.contains("u-tanaka (2)"), "{people}");
    assert!(at(&people, "P-0009 2") < at(&people, "P-0002 3"), "{people}");
    let requests = play(":activity<ret>bb").screen;
    assert!(requests.contains("req-u-tanaka (2)") && requests.contains("by request"), "{requests}");
    assert_eq!(at(&play(":activity<ret>bbb").screen, "P-0009 2"), at(&newest, "P-0009 2"));
    // The row stays under the cursor.
    let opened = play(":activity<ret>jb<ret>");
    assert_eq!(opened.app.history.opened.as_ref().unwrap().selected, Some(Version(9)));
    for size in [(120, 40), (80, 24), (60, 15)] {
        let fake = Fake::golden().answering(mixed);
        let screen = Play::new(size.0, size.1).with(|p| p.fake = fake).keys(":activity --since 3d<ret>b").screen;
        insta::assert_snapshot!(format!("activity_grouped_{}x{}", size.0, size.1), screen);
    }
}

#[test]
fn what_moments_were_taken_for_is_shown_and_turned_around_they_are_refused() {
    let shown = play((120, 40), ":activity --since 2h<ret>").screen;
    assert!(shown.contains("--since: \"2h\" is taken for "), "{shown}");
    let exact = play((120, 40), ":activity --since 2026-03-01T00:00:00Z<ret>").screen;
    assert!(!exact.contains("is taken for"), "{exact}");
    let turned = play((120, 40), ":activity --since 1h --until 2h<ret>").screen;
    assert!(turned.contains("--until is before --since"), "{turned}");
    let both = play((120, 40), ":activity PRODUCT#acme --tenant acme<ret>").screen;
    assert!(both.contains("a key names one"), "{both}");
}

#[test]
fn what_a_colleague_did_in_half_an_hour_goes_back_in_less_than_fifteen_keys() {
    let answer = |c: &Command| {
        let mut rows = acting(c)?;
        if let Some(Event::Activity(rows)) = rows.first_mut() {
            rows.push(one("P-0004", 2, "u-tanaka", "10:31", ActivityKind::Updated));
            rows.push(one("P-0004", 1, "u-tanaka", "10:30", ActivityKind::Created));
            rows.push(one("P-0005", 2, "u-tanaka", "10:04", ActivityKind::Deleted));
            rows.push(one("P-0005", 1, "u-tanaka", "09:59", ActivityKind::Created));
        }
        Some(rows)
    };
    let play = |keys: &str| Play::new(120, 40).with(|p| p.fake = Fake::golden().answering(answer)).keys(keys);
    // Person, first moment and last moment: the plan, and its preview.
    let keys = "CjtjjjVjnp";
    assert!(super::script::inputs(keys).len() <= 15);
    let marked = play(keys.trim_end_matches("np"));
    assert!(marked.screen.contains("2 changes marked") && marked.screen.contains("●"), "{}", marked.screen);
    let played = play(keys);
    let previewed = played.commands.iter().find_map(|c| match c {
        Command::PreviewPlan { plan, .. } => Some(plan.work.clone()),
        _ => None,
    });
    let Some(Work::Rollback { how, .. }) = previewed else { panic!("{}", played.screen) };
    let said = Said::Window("2026-03-19T01:04:00.000Z".into(), "2026-03-19T01:30:00.000Z".into());
    let (from, to) = ("2026-03-19T01:04:00Z".parse().unwrap(), "2026-03-19T01:30:00Z".parse().unwrap());
    assert!(how.to == RollTo::Window { from, to } || how.to == RollTo::Said(said), "{:?}", how.to);
    assert_eq!(how.by, ["u-tanaka"]);
    // By the clock that is shown, too.
    assert!(play("C/10:3<ret>").screen.contains("1/2"), "{}", play("C/10:3<ret>").screen);
}

#[test]
fn one_key_lists_the_activity_of_what_is_under_the_cursor() {
    let of = |keys: &str| listed(&play((120, 40), keys)).clone();
    let module = of("C");
    assert!(module.among.module.is_some() && module.pk.is_none(), "{module:?}");
    let partition = of(":open PRODUCT#acme<ret>C");
    assert_eq!(partition.pk.as_ref().map(|pk| pk.as_str()), Some("PRODUCT#acme"));
    let entity = of(":open PRODUCT#acme P-0002<ret>C");
    assert_eq!(entity.sk.as_ref().map(|sk| sk.as_str()), Some("P-0002"));
    let tenant = of("lC");
    assert!(tenant.among.module.is_some() || tenant.among.tenant.is_some(), "{tenant:?}");
}
