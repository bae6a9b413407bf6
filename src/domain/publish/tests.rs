//! Tests of the rows that a publish writes.

use super::*;
use crate::domain::value::from_plain_json;

fn row(json: &str) -> Row {
    Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
}

fn stamp() -> Stamp {
    Stamp { at: "T".into(), by: "me".into(), ip: None, request_id: "r".into(), source: "s".into() }
}

fn built(current: Option<&Row>, new: &str, mode: PublishMode) -> PublishRows {
    let new = NewState::of(&row(new));
    let ttls = Ttls { data: Some(10), command: Some(20), history: None };
    build(&EntityKey::new("P#a", "x"), current, &new, mode, &stamp(), ttls).unwrap()
}

#[test]
fn a_new_entity_has_no_history_and_no_previous_command() {
    let rows = built(None, r#"{"id":"P#a#x","name":"n","attributes":{"p":1}}"#, PublishMode::Sync);
    assert_eq!((rows.expected, rows.version), (Version(0), Version(1)));
    assert_eq!((rows.history, rows.previous_command_ttl), (None, None));
    assert_eq!(
        rows.data.unwrap(),
        row(
            r#"{"id":"P#a#x","name":"n","attributes":{"p":1},"pk":"P#a","sk":"x","version":1,"cpk":"P#a","csk":"x","ttl":10,
                "requestId":"r","createdAt":"T","createdBy":"me","updatedAt":"T","updatedBy":"me"}"#
        )
    );
}

#[test]
fn an_update_keeps_created_and_unknown_fields_and_drops_named_ones_it_lacks() {
    let current = row(
        r#"{"pk":"P#a","sk":"x","id":"P#a#x","name":"old","seq":3,"isDeleted":true,"version":4,"custom":"kept","ttl":null,
                "createdAt":"C","createdBy":"c","createdIp":"i","updatedAt":"U","updatedBy":"u","updatedIp":"i"}"#,
    );
    let rows = built(Some(&current), r#"{"id":"P#a#x","name":"new"}"#, PublishMode::Sync);
    assert_eq!(
        rows.data.unwrap(),
        row(
            r#"{"pk":"P#a","sk":"x","id":"P#a#x","name":"new","version":5,"custom":"kept","ttl":10,"cpk":"P#a","csk":"x","requestId":"r",
                "createdAt":"C","createdBy":"c","createdIp":"i","updatedAt":"T","updatedBy":"me"}"#
        )
    );
    let history = rows.history.unwrap();
    assert_eq!((history.text("sk"), history.get("ttl")), (Some("x@4"), Some(&Value::Null)));
    assert_eq!(rows.previous_command_ttl, Some(Value::n(20)));
}

#[test]
fn unknown_input_reaches_the_command_row_only_and_publish_fields_are_never_carried_over() {
    let input = r#"{"id":"P#a#x","metadata":{"a":1},"status":"sync_data:FAILED","taskToken":"t","syncMode":"SYNC","createdAt":"old","cpk":"c"}"#;
    let rows = built(None, input, PublishMode::Async);
    assert_eq!(
        rows.command,
        row(
            r#"{"id":"P#a#x","metadata":{"a":1},"pk":"P#a","sk":"x@1","version":1,"ttl":10,"source":"s","requestId":"r",
                "createdAt":"T","createdBy":"me","updatedAt":"T","updatedBy":"me"}"#
        )
    );
    assert_eq!((rows.data, rows.history), (None, None));
}

#[test]
fn rows_of_a_shown_data_row_are_those_that_were_built() {
    let current = row(
        r#"{"pk":"P#a","sk":"x","id":"P#a#x","name":"old","version":4,"custom":"kept","createdAt":"C","createdBy":"c"}"#,
    );
    let new = NewState::of(&row(r#"{"id":"P#a#x","name":"new","metadata":{"a":1}}"#));
    let ttls = Ttls { data: Some(10), command: Some(20), history: Some(30) };
    let key = EntityKey::new("P#a", "x");
    let built =
        build(&key, Some(&current), &NewState { extra: Map::new(), ..new }, PublishMode::Sync, &stamp(), ttls).unwrap();
    let shown = built.data.clone().unwrap();
    let again =
        rows_of(&key, Some(&current), &shown, PublishMode::Sync, &stamp(), Ttls { data: None, ..ttls }).unwrap();
    assert_eq!(again, built);
    let without_custom =
        Row(current.0.iter().filter(|(n, _)| *n != "custom").map(|(n, v)| (n.clone(), v.clone())).collect());
    let carried = rows_of(&key, Some(&without_custom), &shown, PublishMode::Sync, &stamp(), ttls).unwrap();
    assert_eq!(carried.command.get("custom"), Some(&Value::s("kept")));
}

#[test]
fn a_publish_that_changes_nothing_is_recognised() {
    let current = row(r#"{"id":"i","name":"n","ttl":null,"version":3,"attributes":{"a":1}}"#);
    let new = |json: &str| NewState::of(&row(json));
    assert!(!changes_anything(&current, &new(r#"{"id":"i","name":"n","attributes":{"a":1.0}}"#)));
    assert!(changes_anything(&current, &new(r#"{"id":"i","name":"n","isDeleted":false,"attributes":{"a":1}}"#)));
    assert!(changes_anything(&current, &new(r#"{"id":"i","name":"n"}"#)));
}
