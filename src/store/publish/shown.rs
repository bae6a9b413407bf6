//! An entity's content as it was shown: what is written rests on it, not only on its version.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::publish::{NAMED_FIELDS, is_state};
use crate::domain::row::{Row, field};
use crate::domain::size::value_bytes;
use crate::domain::value::Value;
use crate::store::convert::to_value;

/// Attributes that are larger are compared by reading the row right before it is written, not in the condition: a request takes 4 MB,
/// and a move has two entities.
const IN_A_CONDITION: usize = 128 * 1024;

/// Fields that a condition names: its text takes 4 KB.
const MOST_FIELDS: usize = 120;

/// Fields that say where a row stands: nothing that is made from it takes them over.
const PLACE: [&str; 6] = [field::PK, field::SK, field::VERSION, field::ID, field::TENANT_CODE, field::TYPE];

/// The fields of a data row but for its keys. Where attributes stand in S3, their reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    row: Arc<Row>,
    reference: Option<Value>,
    is_written: bool,
    is_large: bool,
}

impl Shown {
    /// Of a row that is written: everything in it counts, and absence of what a publish would bring.
    #[must_use]
    pub fn written(row: Arc<Row>, attributes_ref: Option<&str>) -> Self {
        Self::new(row, attributes_ref, true)
    }

    /// Of a row that others are made from: what they take from it counts, and the request that wrote it.
    #[must_use]
    pub fn read(row: Arc<Row>, attributes_ref: Option<&str>) -> Self {
        Self::new(row, attributes_ref, false)
    }

    fn new(row: Arc<Row>, attributes_ref: Option<&str>, is_written: bool) -> Self {
        let mut shown = Self { row, reference: attributes_ref.map(Value::s), is_written, is_large: false };
        let bytes: usize = shown.fields().map(|(name, value)| name.len() + value.map_or(0, value_bytes)).sum();
        shown.is_large = bytes > IN_A_CONDITION || shown.fields().count() > MOST_FIELDS;
        shown
    }

    /// Bytes of the row as it is stored.
    pub(super) fn stored_bytes(&self) -> usize {
        let stored = |name: &str, value| {
            if name == field::ATTRIBUTES { self.reference.as_ref().unwrap_or(value) } else { value }
        };
        self.row.0.iter().map(|(name, value)| name.len() + value_bytes(stored(name, value))).sum()
    }

    /// The fields that count, and their values; `None` where the row has none.
    fn fields(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        let counts = |name: &str| match self.is_written {
            true => ![field::PK, field::SK, field::VERSION].contains(&name),
            false => is_state(name) && !PLACE.contains(&name),
        };
        let of_row = self.row.0.keys().map(String::as_str).filter(move |name| counts(name));
        let named: &[&str] = if self.is_written { &NAMED_FIELDS } else { &[field::IS_DELETED] };
        let others = named.iter().copied().filter(|name| self.row.get(name).is_none());
        let request = (!self.is_written || self.row.get(field::REQUEST_ID).is_none()).then_some(field::REQUEST_ID);
        of_row.chain(others).chain(request).map(|name| match &self.reference {
            Some(reference) if name == field::ATTRIBUTES => (name, Some(reference)),
            _ => (name, self.row.get(name)),
        })
    }

    /// Whether a row still holds it.
    #[must_use]
    pub fn is_held_by(&self, row: &Row) -> bool {
        self.fields().all(|(name, value)| row.get(name) == value)
    }

    /// Whether the condition leaves attributes out, so that the row has to be read before it is written.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.is_large
    }

    /// A condition on top of `condition`, with its names and values.
    pub(super) fn condition(
        &self,
        condition: &mut String,
        names: &mut HashMap<String, String>,
        values: &mut HashMap<String, AttributeValue>,
    ) {
        for (i, (name, value)) in self.fields().enumerate().take(MOST_FIELDS) {
            if self.is_large && name == field::ATTRIBUTES {
                continue;
            }
            let token = format!("#f{i}");
            let (before, after) = if value.is_some() { (" AND ", " = :") } else { (" AND attribute_not_exists(", ")") };
            condition.extend([before, &token, after]);
            if let Some(value) = value {
                condition.push_str(&token[1..]);
                values.insert(format!(":f{i}"), to_value(value));
            }
            names.insert(token, name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Arc<Row> {
        Arc::new(Row(from_plain_json(json).unwrap().as_map().unwrap().clone()))
    }

    #[test]
    fn of_a_row_that_is_only_read_its_content_counts() {
        let base = r#"{"version":1,"name":"n","requestId":"r","ttl":5,"updatedAt":"u","attributes":{"a":1}}"#;
        let shown = Shown::read(row(base), None);
        for (from, to) in [("\"n\"", "\"m\""), ("\"r\"", "\"s\""), ("{\"a\":1}", "{\"a\":2}")] {
            assert!(!shown.is_held_by(&row(&base.replace(from, to))), "{to}");
        }
        assert!(!shown.is_held_by(&row(&base.replace("\"ttl\"", "\"isDeleted\":true,\"ttl\""))));
        assert!(shown.is_held_by(&row(&base.replace("\"ttl\":5", "\"ttl\":6"))));
    }

    #[test]
    fn every_field_that_a_publish_replaces_counts() {
        let base = r#"{"version":1,"name":"n","requestId":"r","ttl":5,"attributes":{"a":1}}"#;
        let shown = Shown::written(row(base), None);
        for (from, to) in [
            ("\"n\"", "\"m\""),
            ("\"r\"", "\"s\""),
            ("{\"a\":1}", "{\"a\":2}"),
            ("\"ttl\":5", "\"ttl\":5,\"seq\":5"),
            ("\"ttl\":5", "\"ttl\":6"),
            ("\"ttl\":5", "\"ttl\":5,\"code\":\"c\""),
        ] {
            assert!(!shown.is_held_by(&row(&base.replace(from, to))), "{to}");
        }
        let stored = Shown::written(row(base), Some("s3://b/k"));
        assert!(stored.is_held_by(&row(&base.replace("{\"a\":1}", "\"s3://b/k\""))));
        assert!(!stored.is_held_by(&row(base)));
    }

    #[test]
    fn large_attributes_stand_outside_the_condition() {
        let large = format!(r#"{{"requestId":"r","attributes":{{"a":"{}"}}}}"#, "x".repeat(IN_A_CONDITION));
        let (mut condition, mut names, mut values) = (String::new(), HashMap::new(), HashMap::new());
        let shown = Shown::written(row(&large), None);
        shown.condition(&mut condition, &mut names, &mut values);
        assert!(shown.is_large() && !names.values().any(|name| name == "attributes"));
        assert_eq!(values.len(), 1, "the request id");
    }
}
