//! Parts of rows under a mask: a key, or the value in one place, as a report shows them.

use super::super::key::EntityKey;
use super::super::path::{Path, Segment};
use super::super::row::{Row, TableKind, field};
use super::super::value::{Map, Value};
use super::Mask;
use super::values::REDACTED;

impl Mask {
    /// Whether keys are masked: then texts that are made of them must not be shown either.
    #[must_use]
    pub fn hides_keys(&self) -> bool {
        self.rules.masks_keys()
    }

    /// The key of an entity.
    #[must_use]
    pub fn key(&mut self, module: &str, key: &EntityKey) -> EntityKey {
        let row = self.row(module, TableKind::Data, of_key(key));
        EntityKey::new(row.text(field::PK).unwrap_or(REDACTED), row.text(field::SK).unwrap_or(REDACTED))
    }

    /// The value in a place of an entity's row; a place that the mask's transforms take away is redacted.
    #[must_use]
    pub fn at(&mut self, module: &str, key: &EntityKey, path: &Path, value: &Value) -> Value {
        let redacted = || Value::s(REDACTED);
        let mut row = of_key(key);
        match (path.0.split_first(), value) {
            (None, Value::M(whole)) => Value::M(self.row(module, TableKind::Data, Row(whole.clone())).0),
            (Some((Segment::Name(name), inner)), value) => {
                row.0.insert(name.clone(), wrapped(inner, value.clone()));
                let masked = self.row(module, TableKind::Data, row);
                masked.get(name).and_then(|value| unwrapped(inner, value)).cloned().unwrap_or_else(redacted)
            }
            _ => redacted(),
        }
    }
}

fn of_key(key: &EntityKey) -> Row {
    let fields = [(field::PK, key.pk.as_str()), (field::SK, key.sk.as_str())];
    Row(fields.into_iter().map(|(name, text)| (name.to_owned(), Value::s(text))).collect())
}

/// A value where a path leads; the lists on the way hold nothing else.
fn wrapped(path: &[Segment], value: Value) -> Value {
    path.iter().rev().fold(value, |value, segment| match segment {
        Segment::Name(name) => Value::M(Map::from_iter([(name.clone(), value)])),
        Segment::Index(_) => Value::L(vec![value]),
    })
}

fn unwrapped<'a>(path: &[Segment], value: &'a Value) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, segment| match (segment, value) {
        (Segment::Name(name), Value::M(map)) => map.get(name),
        (Segment::Index(_), Value::L(list)) => list.first(),
        _ => None,
    })
}
