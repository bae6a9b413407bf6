//! An entity's content as it was shown: what is written rests on it, not only on its version.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::publish::NAMED_FIELDS;
use crate::domain::row::{Row, field};
use crate::domain::size::item_bytes;
use crate::domain::value::{Map, Value};
use crate::store::convert::to_value;

/// Attributes that are larger are compared by reading the row right before it is written, not in the condition: a request takes 4 MB,
/// and a move has two entities.
const IN_A_CONDITION: usize = 128 * 1024;

/// Fields that a condition names: its text takes 4 KB.
const MOST_FIELDS: usize = 120;

/// The fields of the data row but for its keys, and absence of those that a publish would bring. Where attributes stand in S3, their
/// reference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    fields: Vec<(String, Option<Value>)>,
    is_large: bool,
}

impl Shown {
    /// Of a row with its attributes in place; `attributes_ref` where they stand in S3.
    #[must_use]
    pub fn of(row: &Row, attributes_ref: Option<&str>) -> Self {
        let value = |name: &str| match attributes_ref {
            Some(uri) if name == field::ATTRIBUTES => Some(Value::s(uri)),
            _ => row.get(name).cloned(),
        };
        let named = NAMED_FIELDS.into_iter().chain([field::REQUEST_ID]).filter(|name| row.get(name).is_none());
        let keys = [field::PK, field::SK, field::VERSION];
        let names = row.0.keys().map(String::as_str).filter(|name| !keys.contains(name)).chain(named);
        let fields: Vec<(String, Option<Value>)> = names.map(|name| (name.to_owned(), value(name))).collect();
        let present = fields.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        let is_large = item_bytes(&present.collect::<Map>()) > IN_A_CONDITION || fields.len() > MOST_FIELDS;
        Self { fields, is_large }
    }

    /// Whether a row still holds it.
    #[must_use]
    pub fn is_held_by(&self, row: &Row) -> bool {
        self.fields.iter().all(|(name, value)| row.get(name) == value.as_ref())
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
        for (i, (name, value)) in self.fields.iter().enumerate().take(MOST_FIELDS) {
            if self.is_large && name == field::ATTRIBUTES {
                continue;
            }
            names.insert(format!("#f{i}"), name.clone());
            match value {
                Some(value) => {
                    condition.push_str(&format!(" AND #f{i} = :f{i}"));
                    values.insert(format!(":f{i}"), to_value(value));
                }
                None => condition.push_str(&format!(" AND attribute_not_exists(#f{i})")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    #[test]
    fn every_field_that_a_publish_replaces_counts() {
        let base = r#"{"version":1,"name":"n","requestId":"r","ttl":5,"attributes":{"a":1}}"#;
        let shown = Shown::of(&row(base), None);
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
        let stored = Shown::of(&row(base), Some("s3://b/k"));
        assert!(stored.is_held_by(&row(&base.replace("{\"a\":1}", "\"s3://b/k\""))));
        assert!(!stored.is_held_by(&row(base)));
    }

    #[test]
    fn large_attributes_stand_outside_the_condition() {
        let large = format!(r#"{{"requestId":"r","attributes":{{"a":"{}"}}}}"#, "x".repeat(IN_A_CONDITION));
        let (mut condition, mut names, mut values) = (String::new(), HashMap::new(), HashMap::new());
        let shown = Shown::of(&row(&large), None);
        shown.condition(&mut condition, &mut names, &mut values);
        assert!(shown.is_large() && !names.values().any(|name| name == "attributes"));
        assert_eq!(values.len(), 1, "the request id");
    }
}
