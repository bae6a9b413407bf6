use proptest::prelude::*;

use super::*;
use crate::domain::key::Version;
use crate::domain::testing::any_value;
use crate::domain::value::from_plain_json;

fn row(json: &str) -> Row {
    Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
}

fn transfer(operation: Operation, existing: Existing) -> Transfer {
    Transfer {
        carry: Carry {
            operation,
            tenant: "b".into(),
            existing,
            deleted: DeletedSources::Skip,
            respell: None,
            changing: None,
        },
        mode: PublishMode::Sync,
        marks: None,
        stamp: Stamp {
            at: "T".into(),
            by: "me".into(),
            ip: None,
            request_id: "tenantry-RUN".into(),
            source: "tenantry copy".into(),
        },
        from_snapshot: false,
    }
}

/// An entity as it was read: its data row, the command of its version, the one above.
fn seen(data: Option<&str>, command: Option<&str>, next: Option<&str>) -> EntitySnapshot {
    let data = data.map(|json| Arc::new(row(json)));
    EntitySnapshot {
        resolved: data.clone(),
        version: data.as_ref().map(|r| r.version().unwrap()).unwrap_or_default(),
        data,
        command: command.map(row),
        next_command: next.map(row),
        ..EntitySnapshot::default()
    }
}

fn item(transfer: &Transfer, source: &EntitySnapshot, target: &EntitySnapshot) -> PlannedItem {
    let (a, b) = (EntityKey::new("P#a", "x"), EntityKey::new("P#b", "x"));
    let side = |key, seen| Side { key, seen, ttls: Ttls { data: Some(7), command: Some(8), history: Some(9) } };
    transfer.item("p", side(&a, source), side(&b, target))
}

fn verdict(transfer: &Transfer, source: &EntitySnapshot, target: &EntitySnapshot) -> (Action, Option<Reason>) {
    let item = item(transfer, source, target);
    (item.action, item.reason)
}

const SOURCE: &str =
    r#"{"pk":"P#a","sk":"x","id":"P#a#x","tenantCode":"a","name":"n","version":4,"seq":3,"attributes":{"p":1,"q":2}}"#;
const LIVE: &str =
    r#"{"pk":"P#b","sk":"x","id":"P#b#x","tenantCode":"b","name":"old","version":2,"attributes":{"p":0,"own":1}}"#;
const SAME: &str = r#"{"pk":"P#b","sk":"x","id":"P#b#x","tenantCode":"b","name":"n","version":2,"seq":3,"attributes":{"p":1,"q":2,"_migrated":true}}"#;
const DELETED: &str =
    r#"{"pk":"P#b","sk":"x","id":"P#b#x","tenantCode":"b","name":"n","version":2,"isDeleted":true,"attributes":{}}"#;

#[test]
fn what_becomes_of_an_item_depends_on_its_target() {
    let source = seen(Some(SOURCE), None, None);
    let copy = |existing, target: &EntitySnapshot| verdict(&transfer(Operation::Copy, existing), &source, target);
    let nothing = EntitySnapshot::default();
    for existing in [Existing::Skip, Existing::Overwrite, Existing::Merge, Existing::Stop] {
        assert_eq!(copy(existing, &nothing), (Action::Create, None), "{existing:?}");
    }
    let live = seen(Some(LIVE), None, None);
    assert_eq!(copy(Existing::Skip, &live), (Action::Skip, Some(Reason::Exists)));
    assert_eq!(copy(Existing::Stop, &live), (Action::Conflict, Some(Reason::Exists)));
    assert_eq!(copy(Existing::Overwrite, &live), (Action::Update, None));
    assert_eq!(copy(Existing::Merge, &live), (Action::Update, None));
    assert_eq!(copy(Existing::Overwrite, &seen(Some(SAME), None, None)), (Action::Equal, None));
    // Deleted by the application, and deleted by taking a run back.
    let theirs = seen(Some(DELETED), Some(r#"{"source":"app"}"#), None);
    let ours = seen(Some(DELETED), Some(r#"{"source":"tenantry undo"}"#), None);
    assert_eq!(copy(Existing::Skip, &theirs), (Action::Skip, Some(Reason::Deleted)));
    assert_eq!(copy(Existing::Skip, &ours), (Action::Restore, None));
    assert_eq!(copy(Existing::Stop, &ours), (Action::Restore, None));
    assert_eq!(copy(Existing::Overwrite, &theirs), (Action::Restore, None));
    // A command above it.
    let waiting = seen(Some(LIVE), None, Some("{}"));
    assert_eq!(copy(Existing::Overwrite, &waiting), (Action::Conflict, Some(Reason::Pending)));
    let stuck = seen(None, None, Some(r#"{"syncMode":"SYNC"}"#));
    assert_eq!(copy(Existing::Skip, &stuck), (Action::Conflict, Some(Reason::Wedged)));
}

#[test]
fn what_becomes_of_an_item_depends_on_its_source() {
    let nothing = EntitySnapshot::default();
    let of = |operation, source: &EntitySnapshot| verdict(&transfer(operation, Existing::Skip), source, &nothing);
    let pending = seen(None, None, Some("{}"));
    assert_eq!(of(Operation::Copy, &pending), (Action::Skip, Some(Reason::Pending)));
    assert_eq!(of(Operation::Copy, &nothing), (Action::Invalid, Some(Reason::MissingSource)));
    let failed = seen(Some(SOURCE), None, Some(r#"{"status":"sync_data:FAILED"}"#));
    assert_eq!(of(Operation::Copy, &failed), (Action::Create, None));
    assert_eq!(item(&transfer(Operation::Copy, Existing::Skip), &failed, &nothing).warnings, ["wedged"]);
    assert_eq!(of(Operation::Move, &failed), (Action::Conflict, Some(Reason::Wedged)));
    let waiting = seen(Some(SOURCE), None, Some("{}"));
    assert_eq!(item(&transfer(Operation::Copy, Existing::Skip), &waiting, &nothing).warnings, ["pending"]);
    assert_eq!(of(Operation::Move, &waiting), (Action::Conflict, Some(Reason::Pending)));
    let mangled = seen(Some(r#"{"pk":"P#a","sk":"x","id":"P#a#x@y","version":1,"attributes":{}}"#), None, None);
    assert_eq!(of(Operation::Copy, &mangled), (Action::Invalid, Some(Reason::KeyInvalid)));
}

#[test]
fn a_move_whose_target_is_equal_deletes_the_source_alone() {
    let source = seen(Some(SOURCE), None, None);
    let target = seen(Some(SAME), None, None);
    let moved = item(&transfer(Operation::Move, Existing::Overwrite), &source, &target);
    assert_eq!((moved.action, moved.part(Role::Target).unwrap().after.is_some()), (Action::Delete, false));
    let after = moved.part(Role::Source).unwrap().after.clone().unwrap();
    assert_eq!((after.is_deleted(), after.version().unwrap().0, after.get("name")), (true, 5, Some(&Value::s("n"))));
    assert_eq!(moved.source_versions(), (Version(4), Version(5)));
    // A source that is deleted already is left as it is, and only its target is written.
    let mut keep = transfer(Operation::Move, Existing::Skip);
    keep.carry.deleted = DeletedSources::Keep;
    let gone = seen(Some(&SOURCE.replace("\"seq\"", "\"isDeleted\":true,\"seq\"")), None, None);
    let moved = item(&keep, &gone, &EntitySnapshot::default());
    assert_eq!((moved.action, moved.part(Role::Source).unwrap().after.is_some()), (Action::Create, false));
    assert!(moved.after().unwrap().is_deleted());
}

#[test]
fn merging_adds_and_replaces_and_never_removes() {
    let source = seen(Some(SOURCE), None, None);
    let target = seen(Some(LIVE), None, None);
    let merged = item(&transfer(Operation::Copy, Existing::Merge), &source, &target);
    let after = merged.after().unwrap();
    assert_eq!(after.get("attributes"), Some(&from_plain_json(r#"{"p":1,"own":1,"q":2}"#).unwrap()));
    assert_eq!((after.text("name"), after.text("id"), after.text("tenantCode")), (Some("n"), Some("P#b#x"), Some("b")));
    assert_eq!((after.version().unwrap().0, after.get("ttl")), (3, Some(&Value::n(7))));
    assert_eq!(merged.part(Role::Target).unwrap().ttl, (Some(8), Some(9)));
}

proptest! {
    /// Without marks a copy changes no attribute, of whatever type, and keeps fields that the framework does not know.
    #[test]
    fn a_copy_changes_no_value(value in any_value(), unknown in any_value(), deleted in proptest::option::of(any::<bool>())) {
        let mut data = row(SOURCE);
        data.0.insert("attributes".into(), Value::M(Map::from([("v".to_owned(), value)])));
        data.0.insert("custom".into(), unknown);
        if let Some(flag) = deleted {
            data.0.insert("isDeleted".into(), Value::Bool(flag));
        }
        let data = Arc::new(data);
        let source = EntitySnapshot { resolved: Some(Arc::clone(&data)), version: data.version().unwrap(), data: Some(Arc::clone(&data)), ..EntitySnapshot::default() };
        let mut copy = transfer(Operation::Copy, Existing::Skip);
        copy.carry.deleted = DeletedSources::Keep;
        let copied = item(&copy, &source, &EntitySnapshot::default());
        let after = copied.after().unwrap();
        for name in ["attributes", "custom", "isDeleted", "seq", "name"] {
            prop_assert_eq!(after.get(name), data.get(name), "{}", name);
        }
    }
}
