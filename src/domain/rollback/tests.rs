//! Tests of the rows that rollbacks write, and of how far back they go.

use std::sync::Arc;

use super::*;
use crate::domain::clock::{Now, time_zone};
use crate::domain::item::{Origin, PlannedItem, Role};
use crate::domain::key::EntityKey;
use crate::domain::plan::{Conflicts, RollTo, Rollback, Said};
use crate::domain::publish::{PublishMode, Stamp, Ttls};
use crate::domain::run::{Action, Reason};
use crate::domain::snapshot::EntitySnapshot;
use crate::domain::transfer::Side;
use crate::domain::value::from_plain_json;

fn row(json: &str) -> Row {
    Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
}

#[test]
fn the_state_of_then_under_the_identity_of_now() {
    let current =
        row(r#"{"id":"P#a#x","tenantCode":"a","name":"new","version":5,"isDeleted":true,"attributes":{"p":2,"q":1}}"#);
    let then =
        row(r#"{"id":"stale","tenantCode":"A","name":"old","code":"c","seq":7,"version":2,"attributes":{"p":1}}"#);
    let state = rollback_state(&current, &then).unwrap();
    assert_eq!(
        Row(state.fields),
        row(r#"{"id":"P#a#x","tenantCode":"a","name":"old","code":"c","seq":7,"attributes":{"p":1}}"#)
    );
    assert!(rollback_state(&current, &row(r#"{"sk":"x@2","attributes":"s3://b/k"}"#)).is_err());
}

#[test]
fn a_command_row_hands_on_named_fields_only() {
    let command =
        row(r#"{"id":"i","name":"n","metadata":{"x":1},"status":"finish:FINISHED","version":2,"attributes":{}}"#);
    let state = rollback_state(&row(r#"{"id":"i"}"#), &command).unwrap();
    assert_eq!(Row(state.fields), row(r#"{"id":"i","name":"n","attributes":{}}"#));
    assert!(state.extra.is_empty());
    assert_eq!(as_data_view(&command, TableKind::Command), row(r#"{"id":"i","name":"n","version":2,"attributes":{}}"#));
}

fn traces(versions: &[(u64, Option<&str>, Option<&str>)]) -> Traces {
    let mut traces = Traces::new();
    for (version, command, data) in versions {
        let trace = traces.entry(Version(*version)).or_default();
        if let Some(json) = command {
            trace.add(TableKind::Command, &row(json));
        }
        if let Some(json) = data {
            trace.add(TableKind::History, &row(json));
        }
    }
    traces
}

fn aim(to: &RollTo, only_marked: bool, traces: &Traces, current: Version) -> Aim {
    super::aim(&Rollback { only_marked, ..Rollback::to(to.clone()) }, traces, current)
}

fn back(to: u64, others: &[u64]) -> Aim {
    let other = |version: &u64| Other { version: Version(*version), by: None };
    Aim::Back { to: Version(to), others: others.iter().map(other).collect(), warning: None }
}

fn back_past(to: u64, (version, by): (u64, &str)) -> Aim {
    let others = vec![Other { version: Version(version), by: Some(by.to_owned()) }];
    Aim::Back { to: Version(to), others, warning: None }
}

const FIRST: &str = r#"{"createdAt":"2026-03-01T09:00:00+09:00","requestId":"r-1"}"#;
const SECOND: &str = r#"{"createdAt":"2026-03-10T09:00:00+09:00","requestId":"r-2","source":"job-1"}"#;
const THIRD: &str = r#"{"createdAt":"2026-03-20T09:00:00+09:00","requestId":"r-3"}"#;

fn time(text: &str) -> RollTo {
    RollTo::Time(text.parse().unwrap())
}

#[test]
fn a_moment_lies_between_two_versions() {
    let all = traces(&[(1, Some(FIRST), None), (2, Some(SECOND), None), (3, Some(THIRD), None)]);
    let at = |text: &str, traces: &Traces| aim(&time(text), false, traces, Version(3));
    assert_eq!(at("2026-03-15T00:00:00Z", &all), back(2, &[]));
    // The very second of a publish: it was current.
    assert_eq!(at("2026-03-10T00:00:00Z", &all), back(2, &[]));
    assert_eq!(at("2026-03-09T23:59:59Z", &all), back(1, &[]));
    assert_eq!(at("2026-02-01T00:00:00Z", &all), back(0, &[]));
    assert!(matches!(at("2026-04-01T00:00:00Z", &all), Aim::There(_)));
    // A version that is gone may have been current then.
    let holes = traces(&[(1, Some(FIRST), None), (3, Some(THIRD), None)]);
    assert!(matches!(at("2026-03-15T00:00:00Z", &holes), Aim::Unknown(..)));
    // A row's own time may be older than its publish: told.
    let uncertain = traces(&[(1, None, Some(r#"{"updatedAt":"2026-03-01T09:00:00+09:00"}"#)), (3, Some(THIRD), None)]);
    let mut uncertain = uncertain;
    uncertain.insert(Version(2), traces(&[(2, Some(SECOND), None)])[&Version(2)].clone());
    let Aim::Back { to, warning, .. } = at("2026-03-05T00:00:00Z", &uncertain) else { panic!() };
    assert_eq!(to, Version(1));
    assert!(warning.unwrap().contains("command row of version 1 is gone"));
}

#[test]
fn a_run_is_found_by_request_source_or_a_mark_that_it_brought() {
    let mark = r#"{"requestId":"x","attributes":{"_migrationId":"M"}}"#;
    let all = traces(&[
        (1, Some(FIRST), None),
        (2, Some(SECOND), None),
        (3, Some(mark), Some(mark)),
        // Carried on by someone else.
        (4, Some(mark), None),
    ]);
    let before = |run: &str| aim(&RollTo::BeforeRun(run.to_owned()), false, &all, Version(4));
    assert_eq!(before("job-1"), back(1, &[3, 4]));
    assert_eq!(before("M"), back(2, &[4]));
    assert_eq!(before("N"), Aim::Untouched);
    let id = crate::domain::run::RunId::from_parts(1_767_225_600_000, 7);
    let ours = format!(r#"{{"requestId":"{}"}}"#, id.request_id());
    let mut written = all.clone();
    written.insert(Version(5), traces(&[(5, None, Some(&ours))])[&Version(5)].clone());
    assert_eq!(aim(&RollTo::BeforeRun(id.to_string()), false, &written, Version(5)), back(4, &[]));
    // Published and never applied: the entity itself says what stands in the way.
    assert!(matches!(aim(&RollTo::BeforeRun(id.to_string()), false, &written, Version(4)), Aim::There(_)));
}

#[test]
fn a_window_takes_both_of_its_ends_and_only_what_a_command_dates() {
    let mut all = traces(&[(1, Some(FIRST), None), (2, Some(SECOND), None), (3, Some(THIRD), None)]);
    let window = |from: &str, to: &str| RollTo::Window { from: from.parse().unwrap(), to: to.parse().unwrap() };
    let second = window("2026-03-10T00:00:00Z", "2026-03-10T00:00:00Z");
    assert_eq!(aim(&second, false, &all, Version(3)), back(1, &[3]));
    assert_eq!(aim(&second, true, &all, Version(3)), Aim::Untouched);
    assert_eq!(aim(&window("2026-03-10T00:00:00Z", "2026-03-20T00:00:00Z"), false, &all, Version(3)), back(1, &[]));
    let row_only = traces(&[(2, None, Some(r#"{"updatedAt":"2026-03-10T09:00:00+09:00"}"#))]);
    all.insert(Version(2), row_only[&Version(2)].clone());
    assert_eq!(aim(&second, false, &all, Version(3)), Aim::Untouched);
    let metadata = r#"{"createdAt":"2026-03-10T09:00:00+09:00","metadata":{"migratedAt":"2026-03-10T00:00:00.000Z"}}"#;
    let marked = traces(&[(1, Some(metadata), None)]);
    assert_eq!(aim(&second, true, &marked, Version(1)), back(0, &[]));
    let at = RollTo::BeforeMigratedAt("2026-03-10T09:00:00+09:00".to_owned());
    assert_eq!(aim(&at, false, &marked, Version(1)), back(0, &[]));
}

const NOW: &str = r#"{"pk":"P#a","sk":"x","id":"P#a#x","version":5,"name":"new","attributes":{"p":2}}"#;
const THEN: &str = r#"{"pk":"P#a","sk":"x@4","id":"P#a#x","version":4,"name":"old","attributes":{"p":1}}"#;

fn seen(json: Option<&str>, next: Option<&str>) -> EntitySnapshot {
    let data = json.map(|json| Arc::new(row(json)));
    EntitySnapshot {
        resolved: data.clone(),
        version: data.as_ref().and_then(|row| row.version().ok()).unwrap_or_default(),
        command: data.as_deref().cloned(),
        next_command: next.map(row),
        data,
        ..EntitySnapshot::default()
    }
}

/// The item of one entity that goes back to a version; `is_single` where it was named.
fn item(is_single: bool, expect: Option<u64>, seen: &EntitySnapshot, to: u64) -> PlannedItem {
    let rolling = rolling(is_single, expect);
    let key = EntityKey::new("P#a", "x");
    let side = Side { key: &key, seen, ttls: Ttls::default() };
    let aim = aim(&RollTo::Version(Version(to)), false, &Traces::new(), seen.version);
    let then = Then { found: TableKind::Command, row: row(THEN), in_s3: false };
    rolling.item("p", side, &aim, Ok((to == 4).then_some(&then)))
}

fn rolling(is_single: bool, expect: Option<u64>) -> Rolling {
    Rolling {
        conflicts: Conflicts::Skip,
        mode: PublishMode::Sync,
        stamp: Stamp {
            at: "T".into(),
            by: "u".into(),
            ip: None,
            request_id: "tenantry-RUN".into(),
            source: "tenantry rollback".into(),
        },
        marks: Some("2026-01-01T00:00:00.000Z".to_owned()),
        is_single,
        expect: expect.map(Version),
    }
}

#[test]
fn what_goes_back_is_marked_and_says_where_its_state_comes_from() {
    for is_single in [true, false] {
        let item = item(is_single, Some(5), &seen(Some(NOW), None), 4);
        assert_eq!((item.action, item.reason), (Action::Update, None));
        let part = item.part(Role::Target).unwrap();
        assert_eq!(part.origin, Some(Origin { version: Version(4), found: TableKind::Command }));
        let attributes = r#"{"p":1,"_rolledBackFrom":5,"_rolledBackAt":"2026-01-01T00:00:00.000Z"}"#;
        assert_eq!(part.after.as_ref().unwrap().get("attributes"), Some(&from_plain_json(attributes).unwrap()));
        assert!(item.warnings[0].contains("version 4 is no longer in history"), "{:?}", item.warnings);
        // Of many it stands once, beside the whole; who named the version needs no word of it.
        assert_eq!(item.warnings.iter().any(|w| w.contains("reSyncData()")), is_single);
        assert_eq!(item.message.is_none(), is_single);
    }
}

#[test]
fn what_was_named_is_refused_where_many_are_skipped() {
    let (now, absent) = (seen(Some(NOW), None), seen(None, Some(r#"{"sk":"x@1","version":1}"#)));
    let of = |is_single, expect, seen, to| {
        let item = item(is_single, expect, seen, to);
        (item.action, item.reason, item.message.unwrap_or_default())
    };
    for (to, words) in [(6, "there is no version 6: the entity is at 5"), (0, "there is no version 0")] {
        let (action, reason, message) = of(true, None, &now, to);
        assert_eq!((action, reason), (Action::Invalid, Some(Reason::MissingVersion)));
        assert!(message.starts_with(words), "{message}");
    }
    assert_eq!(of(false, None, &now, 6).0, Action::Skip);
    assert_eq!((of(true, None, &absent, 1).0, of(false, None, &absent, 1).0), (Action::Conflict, Action::Skip));
    let (action, reason, message) = of(true, Some(4), &now, 4);
    assert_eq!((action, reason), (Action::Conflict, Some(Reason::TargetChanged)));
    assert_eq!(message, "the entity is at version 5, not at 4 as expected");
}

#[test]
fn a_window_is_narrowed_by_who_published_by_which_request_and_from_where() {
    let by = |at: &str, by: &str, id: &str| {
        format!(
            r#"{{"createdAt":"2026-03-{at}T09:00:00+09:00","createdBy":"{by}","requestId":"{id}","source":"job-{by}"}}"#
        )
    };
    let (a, b, c) = (by("01", "a", "r-1"), by("02", "b", "r-2"), by("03", "a", "r-3"));
    let all = traces(&[(1, Some(&a), None), (2, Some(&b), None), (3, Some(&c), None)]);
    let (from, to) = ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-03-04T00:00:00Z".parse().unwrap());
    let window = Rollback::to(RollTo::Window { from, to });
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let aim = |how: Rollback| super::aim(&how, &all, Version(3));
    assert_eq!(aim(window.clone()), back(0, &[]));
    assert_eq!(aim(Rollback { by: texts(&["b"]), ..window.clone() }), back_past(1, (3, "a")));
    assert_eq!(aim(Rollback { request: texts(&["r-3", "r-9"]), ..window.clone() }), back(2, &[]));
    assert_eq!(aim(Rollback { source: texts(&["job-b"]), ..window.clone() }), back_past(1, (3, "a")));
    assert_eq!(aim(Rollback { by: texts(&["a"]), request: texts(&["r-2"]), ..window }), Aim::Untouched);
}

#[test]
fn who_changed_an_entity_since_is_named() {
    let rolled = |conflicts, others: &[(u64, Option<&str>)]| {
        let rolling = Rolling { conflicts, ..rolling(false, None) };
        let key = EntityKey::new("P#a", "x");
        let seen = seen(Some(NOW), None);
        let side = Side { key: &key, seen: &seen, ttls: Ttls::default() };
        let other =
            |(version, by): &(u64, Option<&str>)| Other { version: Version(*version), by: by.map(str::to_owned) };
        let aim = Aim::Back { to: Version(4), others: others.iter().map(other).collect(), warning: None };
        let then = Then { found: TableKind::History, row: row(THEN), in_s3: false };
        rolling.item("p", side, &aim, Ok(Some(&then)))
    };
    let others = [(5, Some("u-sato")), (6, None), (7, Some("u-abe")), (8, Some("u-sato"))];
    let refused = rolled(Conflicts::Skip, &others);
    assert_eq!((refused.action, refused.reason), (Action::Conflict, Some(Reason::TargetChanged)));
    let message = "changed since: versions 5, 6, 7, 8 would be taken back too; they are by u-sato, u-abe";
    assert_eq!(refused.message.as_deref(), Some(message));
    let forced = rolled(Conflicts::Force, &others[..1]);
    let warning = "changed since: version 5 would be taken back too; it is by u-sato".to_owned();
    assert!(forced.action == Action::Update && forced.warnings.contains(&warning), "{:?}", forced.warnings);
    let unknown = rolled(Conflicts::Skip, &others[1..2]).message;
    assert_eq!(unknown.as_deref(), Some("changed since: version 6 would be taken back too"));
}

#[test]
fn moments_that_are_said_become_times() {
    let now = Now { at: "2026-11-25T03:00:00Z".parse().unwrap(), zone: time_zone("Asia/Tokyo").unwrap() };
    let (to, notes) = in_time(&RollTo::Said(Said::Time("yesterday 10:00".to_owned())), &now).unwrap();
    assert_eq!(to, RollTo::Time("2026-11-24T01:00:00Z".parse().unwrap()));
    assert!(
        notes[0].starts_with("rollback.to_time: \"yesterday 10:00\" is taken for 2026-11-24T01:00:00.000Z"),
        "{notes:?}"
    );
    let window = |from: &str, to: &str| in_time(&RollTo::Said(Said::Window(from.to_owned(), to.to_owned())), &now);
    assert_eq!(window("3h", "10:00").unwrap().1.len(), 2);
    assert!(matches!(window("10:00", "3h"), Err(BadMoment::Backwards(_))));
    let (to, _) = in_time(&RollTo::Said(Said::BeforeMigratedAt("10:00".to_owned())), &now).unwrap();
    assert_eq!(to, RollTo::BeforeMigratedAt("2026-11-25T01:00:00.000Z".to_owned()));
    let as_it_is = RollTo::BeforeRun("x".to_owned());
    assert_eq!(in_time(&as_it_is, &now).unwrap(), (as_it_is, Vec::new()));
}
