//! Changes between two states of an entity.

mod apply;
mod list;
mod words;

use serde::{Deserialize, Serialize};

use super::path::Path;
use super::row::{Row, field};
use super::value::{Map, Value};

pub use apply::{CannotApply, apply};
pub use words::{Span, words};

/// How a place changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Not there before.
    Added,
    /// No longer there.
    Removed,
    /// Another value of the same type.
    Changed,
    /// A value of another type.
    Type,
    /// The same list element at another position.
    Moved,
}

/// One change.
///
/// Positions in `path` count in the state after the change, except for removed elements, which are only in the state before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub path: Path,
    /// How.
    pub kind: ChangeKind,
    /// The value before; `None` where it was added.
    pub before: Option<Value>,
    /// The value after; `None` where it was removed.
    pub after: Option<Value>,
    /// For moved elements the position before.
    pub from_index: Option<usize>,
}

impl Change {
    fn new(path: Path, kind: ChangeKind, before: Option<&Value>, after: Option<&Value>) -> Self {
        Self { path, kind, before: before.cloned(), after: after.cloned(), from_index: None }
    }
}

/// All differences between two maps, names in order of their first appearance (before, then after).
#[must_use]
pub fn diff_maps(before: &Map, after: &Map) -> Vec<Change> {
    let mut out = Vec::new();
    maps(&Path::default(), before, after, &mut out);
    out
}

/// All differences between two values at a place.
#[must_use]
pub fn diff_values(path: &Path, before: &Value, after: &Value) -> Vec<Change> {
    let mut out = Vec::new();
    values(path, before, after, &mut out);
    out
}

fn maps(path: &Path, before: &Map, after: &Map, out: &mut Vec<Change>) {
    for (name, old) in before {
        match after.get(name) {
            Some(new) => values(&path.name(name), old, new, out),
            None => out.push(Change::new(path.name(name), ChangeKind::Removed, Some(old), None)),
        }
    }
    for (name, new) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        out.push(Change::new(path.name(name), ChangeKind::Added, None, Some(new)));
    }
}

fn values(path: &Path, before: &Value, after: &Value, out: &mut Vec<Change>) {
    match (before, after) {
        _ if before == after => {}
        (Value::M(old), Value::M(new)) => maps(path, old, new, out),
        (Value::L(old), Value::L(new)) => list::lists(path, old, new, out),
        _ => {
            let same_type = before.type_name() == after.type_name();
            let kind = if same_type { ChangeKind::Changed } else { ChangeKind::Type };
            out.push(Change::new(path.clone(), kind, Some(before), Some(after)));
        }
    }
}

/// Fields that differ between any two versions and say nothing about the entity.
const BOOKKEEPING: [&str; 14] = [
    field::VERSION,
    field::CPK,
    field::CSK,
    field::TTL,
    field::REQUEST_ID,
    field::CREATED_AT,
    field::CREATED_BY,
    field::CREATED_IP,
    field::UPDATED_AT,
    field::UPDATED_BY,
    field::UPDATED_IP,
    field::STATUS,
    field::SYNC_MODE,
    field::SOURCE,
];

/// Whether a field is bookkeeping that a diff leaves out unless all of it is asked for.
#[must_use]
pub fn is_bookkeeping(name: &str) -> bool {
    BOOKKEEPING.contains(&name)
}

/// Differences between two versions of one entity, or the same sort key of two tenants.
///
/// The keys take no part (rows of the history table carry the version in theirs); bookkeeping does only when `all` is set.
#[must_use]
pub fn diff_rows(before: &Row, after: &Row, all: bool) -> Vec<Change> {
    let view = |row: &Row| -> Map {
        let wanted = |name: &str| name != field::PK && name != field::SK && (all || !is_bookkeeping(name));
        row.0.iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    diff_maps(&view(before), &view(after))
}

#[cfg(test)]
mod tests;
