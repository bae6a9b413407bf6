//! Counters of sequences: the normal spelling gets the larger number, and the old one stays where it is.

use std::sync::Arc;

use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, PartitionKey, SortKey, Version};
use crate::domain::row::{Row, field};
use crate::domain::run::{Action, Reason};
use crate::domain::value::{Number, Value};

/// Name that counters stand under instead of a module: the last part of their table's name.
pub const SEQUENCES: &str = "sequences";

/// Plans the item of a counter; `new` is the one of the normal spelling, if there is one.
#[must_use]
pub fn counter(old: &Row, new: Option<&Row>, (code, normal): (&str, &str), target: &PartitionKey) -> PlannedItem {
    let text = |name: &str| old.text(name).unwrap_or_default();
    let source = EntityKey::new(text(field::PK), text(field::SK));
    let target = EntityKey { pk: target.clone(), sk: SortKey::new(text(field::SK)) };
    let part = |role, key: &EntityKey, row: Option<&Row>| {
        PlannedPart::pinned(role, key.clone(), Version(0), row.map(|r| Arc::new(r.clone())))
    };
    let parts = [part(Role::Counter, &target, new), part(Role::Source, &source, Some(old))];
    let mut item = PlannedItem::new(SEQUENCES, source, target);
    item.parts.extend(parts);
    let (Some(had), now) = (value(old), new.map(value)) else {
        item.action = Action::Invalid;
        item.reason = Some(Reason::KeyInvalid);
        item.message = Some("its seq is no whole number".to_owned());
        return item;
    };
    let after = match (now, new) {
        (Some(None), _) => {
            item.action = Action::Invalid;
            item.reason = Some(Reason::KeyInvalid);
            item.message = Some(format!("seq of {} is no whole number", item.target));
            return item;
        }
        (Some(Some(now)), Some(row)) if now < had => {
            item.action = Action::Update;
            item.message = Some(format!("{now} becomes {had}, the number of the old spelling"));
            let mut row = row.clone();
            row.0.insert(field::SEQ.to_owned(), Value::N(Number::from(had)));
            row
        }
        (Some(Some(now)), _) => {
            item.message = Some(format!("{now} stays: the old spelling got no further than {had}"));
            return item;
        }
        (None, _) => {
            item.action = Action::Create;
            item.message = Some(format!("goes on at {had}"));
            respelled(old, (code, normal), &item.target)
        }
    };
    if let Some(part) = item.parts.first_mut() {
        part.after = Some(Arc::new(after));
    }
    item.warnings.push("an undo leaves it: numbers may have been given out since".to_owned());
    item
}

/// The number of a counter.
#[must_use]
pub fn value(row: &Row) -> Option<i64> {
    row.get(field::SEQ).and_then(Value::as_number).and_then(Number::as_i64)
}

fn respelled(old: &Row, (code, normal): (&str, &str), target: &EntityKey) -> Row {
    let mut row = old.clone();
    row.0.insert(field::PK.to_owned(), Value::s(target.pk.as_str()));
    if row.text(field::TENANT_CODE) == Some(code) {
        row.0.insert(field::TENANT_CODE.to_owned(), Value::s(normal));
    }
    if row.text(field::ID).is_some() {
        row.0.insert(field::ID.to_owned(), Value::s(target.id()));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(pk: &str, seq: &str) -> Row {
        let json =
            format!(r#"{{"pk":"{pk}","sk":"ORDER","id":"{pk}#ORDER","code":"ORDER","tenantCode":"ACME","seq":{seq}}}"#);
        Row(from_plain_json(&json).unwrap().as_map().unwrap().clone())
    }

    fn of(old: &str, new: Option<&str>) -> (Action, Option<i64>) {
        let new = new.map(|seq| row("SEQ#acme", seq));
        let item = counter(&row("SEQ#ACME", old), new.as_ref(), ("ACME", "acme"), &PartitionKey::new("SEQ#acme"));
        assert_eq!(item.writes(), item.after().is_some());
        (item.action, item.after().and_then(|row| value(row)))
    }

    #[test]
    fn the_larger_number_wins_and_nothing_ever_counts_down() {
        assert_eq!(of("7", None), (Action::Create, Some(7)));
        assert_eq!(of("7", Some("3")), (Action::Update, Some(7)));
        assert_eq!(of("7", Some("7")), (Action::Equal, None));
        assert_eq!(of("7", Some("9")), (Action::Equal, None));
        assert_eq!(of("\"7\"", None), (Action::Invalid, None));
        assert_eq!(of("7", Some("\"x\"")), (Action::Invalid, None));
    }

    #[test]
    fn a_new_counter_carries_the_new_code() {
        let item = counter(&row("SEQ#ACME", "7"), None, ("ACME", "acme"), &PartitionKey::new("SEQ#acme"));
        let after = item.after().unwrap();
        let text = |name: &str| after.text(name).map(str::to_owned);
        assert_eq!(
            [text("pk"), text("id"), text("tenantCode")],
            [Some("SEQ#acme".into()), Some("SEQ#acme#ORDER".into()), Some("acme".into())]
        );
    }
}
