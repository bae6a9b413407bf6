//! Whether what is stored is what was to be written.

use super::diff::{Change, diff_rows, is_bookkeeping};
use super::digest::STAMPS;
use super::key::EntityKey;
use super::path::Segment;
use super::plan::{DeletedSources, Existing};
use super::publish::{NAMED_FIELDS, NewState, PublishMode};
use super::row::{Row, blocked, field};
use super::transfer::Carry;
use super::value::{Map, Value};

/// Differences between a data row as it was to be written and as it was read back, every field and its type.
///
/// In async mode the application's pipeline writes the data row: times and the command's sort key are its own.
#[must_use]
pub fn differences(wrote: &Row, found: &Row, mode: PublishMode) -> Vec<Change> {
    let mut changes = diff_rows(wrote, found, true);
    if mode == PublishMode::Async {
        changes.retain(|change| !matches!(change.path.0.first(), Some(Segment::Name(name)) if is_bookkeeping(name) && name != field::VERSION));
    }
    changes
}

/// Differences between a data row as it was to be written and the history row that a later publish made of it. History rows
/// expire by a rule of their own.
#[must_use]
pub fn history_differences(wrote: &Row, found: &Row, mode: PublishMode) -> Vec<Change> {
    let mut changes = differences(wrote, found, mode);
    changes.retain(|change| !matches!(change.path.0.first(), Some(Segment::Name(name)) if name == field::TTL));
    changes
}

/// Differences between a row as it was to be written and as the application's own import wrote it: what an application stores, without
/// the marks that its strategies leave.
#[must_use]
pub fn imported(wrote: &Row, found: &Row) -> Vec<Change> {
    diff_rows(&business(&NewState::of(wrote), false), &business(&NewState::of(found), false), true)
}

/// Result of the comparison of an entity of a source with its target.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// The plan leaves it alone.
    LeftAlone,
    /// Not there, soft-deleted, or nothing that could be there: in words.
    Missing(String),
    /// There.
    There {
        /// Differences from what it should be.
        changes: Vec<Change>,
        /// Its source is still live although the plan moves.
        is_leftover: bool,
    },
}

/// Compares an entity with its source as the plan carries it; attributes are in place on both sides. `now` is the time of this look:
/// what a plan sets to the run's own time cannot be compared.
#[must_use]
pub fn transferred(carry: &Carry, source: &Row, key: &EntityKey, target: Option<&Row>, now: &str) -> Compared {
    let moved = moved_to(source) == Some(key.id().as_str());
    if source.is_deleted() && !moved && carry.deleted == DeletedSources::Skip {
        return Compared::LeftAlone;
    }
    let source_key = EntityKey::new(source.pk().unwrap_or_default(), source.sk().unwrap_or_default());
    if blocked(&source_key, Some(source)).is_some() {
        return Compared::LeftAlone;
    }
    let is_live = !source.is_deleted() || moved;
    let Some(target) = target.filter(|target| !target.is_deleted() || !is_live) else {
        let what = if target.is_some() { "the target is soft-deleted" } else { "there is no target" };
        return Compared::Missing(what.to_owned());
    };
    if !moved && carry.carries_as_it_is() && is_carried(carry, source, key, target) {
        let is_leftover = carry.leaves_source() && !source.is_deleted();
        return Compared::There { changes: Vec::new(), is_leftover };
    }
    let was = if moved { before_move(source) } else { source.clone() };
    let merged = (carry.existing == Existing::Merge).then_some(target);
    let state = match carry.state(&was, key, merged) {
        Ok(state) => state,
        Err((_, _, why)) => return Compared::Missing(format!("the source cannot be carried: {why}")),
    };
    let mut changes = diff_rows(&business(&state, moved), &business(&NewState::of(target), moved), true);
    changes.retain(|change| change.before.as_ref().and_then(Value::as_str) != Some(now));
    Compared::There { changes, is_leftover: carry.leaves_source() && !source.is_deleted() }
}

/// Whether a target holds what a plain copy of its source leaves: looked at in place, because nearly all do.
fn is_carried(carry: &Carry, source: &Row, key: &EntityKey, target: &Row) -> bool {
    NAMED_FIELDS.iter().all(|name| match *name {
        field::ID => target.text(field::ID).is_some_and(|id| key.is_id(id)),
        field::TENANT_CODE => target.text(field::TENANT_CODE) == Some(carry.tenant.as_str()),
        field::ATTRIBUTES => match (source.get(name), target.get(name)) {
            (Some(Value::M(a)), Some(Value::M(b))) => is_same_but_marks(a, b),
            (a, b) => a == b,
        },
        name => source.get(name) == target.get(name),
    })
}

fn is_same_but_marks(a: &Map, b: &Map) -> bool {
    let own = |map: &Map| map.keys().filter(|name| !STAMPS.contains(&name.as_str())).count();
    own(a) == own(b) && a.iter().all(|(name, value)| STAMPS.contains(&name.as_str()) || b.get(name) == Some(value))
}

fn moved_to(row: &Row) -> Option<&str> {
    let map = row.get(field::ATTRIBUTES).and_then(Value::as_map)?;
    map.get("_migratedTo").and_then(Value::as_str)
}

/// A source as it was before it was moved; whether it said that it was not deleted is not known any more.
fn before_move(row: &Row) -> Row {
    let mut map = row.0.clone();
    map.shift_remove(field::IS_DELETED);
    if let Some(Value::M(attributes)) = map.get_mut(field::ATTRIBUTES) {
        attributes.retain(|name, _| !["_migratedTo", "_deletedAt"].contains(&name.as_str()));
    }
    Row(map)
}

/// Fields that an application stored, without the marks of migrations.
fn business(state: &NewState, moved: bool) -> Row {
    let fields = state.fields.iter().filter(|(name, _)| !moved || *name != field::IS_DELETED);
    Row(fields
        .map(|(name, value)| match value {
            Value::M(map) if name == field::ATTRIBUTES => {
                let own = map.iter().filter(|(name, _)| !STAMPS.contains(&name.as_str()));
                (name.clone(), Value::M(own.map(|(n, v)| (n.clone(), v.clone())).collect()))
            }
            other => (name.clone(), other.clone()),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    #[test]
    fn a_value_a_type_and_a_bookkeeping_field_are_found() {
        let wrote =
            row(r#"{"pk":"a","sk":"x","name":"n","version":1,"ttl":5,"updatedAt":"T","attributes":{"p":1,"q":"1"}}"#);
        assert_eq!(differences(&wrote, &wrote, PublishMode::Sync), []);
        let found =
            row(r#"{"pk":"a","sk":"x","name":"n","version":1,"ttl":6,"updatedAt":"T","attributes":{"p":2,"q":1}}"#);
        let paths = |changes: Vec<Change>| changes.into_iter().map(|c| c.path.to_string()).collect::<Vec<_>>();
        assert_eq!(paths(differences(&wrote, &found, PublishMode::Sync)), ["ttl", "attributes.p", "attributes.q"]);
        assert_eq!(paths(history_differences(&wrote, &found, PublishMode::Sync)), ["attributes.p", "attributes.q"]);
        assert_eq!(paths(differences(&wrote, &found, PublishMode::Async)), ["attributes.p", "attributes.q"]);
        let later =
            row(r#"{"pk":"a","sk":"x","name":"n","version":2,"ttl":5,"updatedAt":"T","attributes":{"p":1,"q":"1"}}"#);
        assert_eq!(paths(differences(&wrote, &later, PublishMode::Async)), ["version"]);
    }
}
