//! Parts of rows under a mask: a key, or the value in one place, as a report shows them.

use super::super::key::EntityKey;
use super::super::path::{Path, Segment};
use super::super::row::{Row, TableKind, field};
use super::super::value::{Map, Value};
use super::Mask;
use super::values::REDACTED;

impl Mask {
    /// True where keys are masked: then texts that are made of them must not be shown either.
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

    /// A place of an entity's row, and the value there. Where the mask takes the place away, names below what is left of it may be data:
    /// the path ends there, and the value is redacted.
    #[must_use]
    pub fn at(&mut self, module: &str, key: &EntityKey, path: &Path, value: &Value) -> (Path, Value) {
        let redacted = |length: usize| (Path(path.0.iter().take(length).cloned().collect()), Value::s(REDACTED));
        match (path.0.split_first(), value) {
            (None, Value::M(whole)) => {
                (path.clone(), Value::M(self.row(module, TableKind::Data, Row(whole.clone())).0))
            }
            (Some((Segment::Name(name), inner)), value) => {
                let mut row = of_key(key);
                row.0.insert(name.clone(), wrapped(inner, value.clone()));
                let masked = self.row(module, TableKind::Data, row);
                match masked.get(name).map(|value| unwrapped(inner, value)) {
                    Some(Ok(value)) => (path.clone(), value.clone()),
                    Some(Err(depth)) => redacted(1 + depth),
                    None => redacted(1),
                }
            }
            _ => redacted(0),
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

/// The value where a path leads, or how many of its segments there still are.
fn unwrapped<'a>(path: &[Segment], value: &'a Value) -> Result<&'a Value, usize> {
    path.iter().enumerate().try_fold(value, |value, (depth, segment)| match (segment, value) {
        (Segment::Name(name), Value::M(map)) => map.get(name).ok_or(depth),
        (Segment::Index(_), Value::L(list)) => list.first().ok_or(depth),
        _ => Err(depth),
    })
}
