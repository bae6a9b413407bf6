//! What a rollback writes.

use super::key::Version;
use super::publish::NewState;
use super::row::{Attributes, BadRow, Row, TableKind, field};
use super::value::{Map, Value};

/// Attributes that say where a rolled-back state came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackStamp {
    /// The version that the entity had before: `_rolledBackFrom`.
    pub from: Version,
    /// The run's time in UTC with milliseconds: `_rolledBackAt`.
    pub at: String,
}

/// The state that takes an entity back to a version: name, code, type, seq, isDeleted and attributes as they were then; id and
/// tenant as they are now.
///
/// `version_row` may come from any of the three tables and has its attributes resolved.
///
/// # Errors
/// [`BadRow::Attributes`] when the version's attributes are no map: nothing can be stamped or stored then.
pub fn rollback_state(current: &Row, version_row: &Row, stamp: Option<&RollbackStamp>) -> Result<NewState, BadRow> {
    let mut state = NewState::of(version_row);
    // The data row never saw the input's other fields, and what it has of its own survives anyway.
    state.extra = Map::new();
    for name in [field::ID, field::TENANT_CODE] {
        if let Some(value) = current.get(name) {
            state.set(name, value.clone());
        }
    }
    let mut attributes = match version_row.attributes()? {
        Attributes::Inline(map) => map.clone(),
        Attributes::Absent if stamp.is_none() => return Ok(state),
        Attributes::Absent => Map::new(),
        Attributes::InS3(_) => {
            return Err(BadRow::Attributes { sk: version_row.sk().unwrap_or_default().to_owned(), found: "S" });
        }
    };
    if let Some(stamp) = stamp {
        attributes.insert("_rolledBackFrom".to_owned(), Value::n(stamp.from.0));
        attributes.insert("_rolledBackAt".to_owned(), Value::s(&stamp.at));
    }
    state.set(field::ATTRIBUTES, Value::M(attributes));
    Ok(state)
}

/// A row of any table as the data row that it stands for: command rows carry fields that never reach a data row.
#[must_use]
pub fn as_data_view(row: &Row, found: TableKind) -> Row {
    if found != TableKind::Command {
        return row.clone();
    }
    let hidden = [field::STATUS, field::SYNC_MODE, field::SOURCE, field::TASK_TOKEN];
    let known = |name: &str| !NewState::of(row).extra.contains_key(name) && !hidden.contains(&name);
    Row(row.0.iter().filter(|(name, _)| known(name)).map(|(n, v)| (n.clone(), v.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    #[test]
    fn the_state_of_then_under_the_identity_of_now() {
        let current = row(
            r#"{"id":"P#a#x","tenantCode":"a","name":"new","version":5,"isDeleted":true,"attributes":{"p":2,"q":1}}"#,
        );
        let then =
            row(r#"{"id":"stale","tenantCode":"A","name":"old","code":"c","seq":7,"version":2,"attributes":{"p":1}}"#);
        let stamp = RollbackStamp { from: Version(5), at: "2026-01-01T00:00:00.000Z".into() };
        let state = rollback_state(&current, &then, Some(&stamp)).unwrap();
        assert_eq!(
            Row(state.fields),
            row(r#"{"id":"P#a#x","tenantCode":"a","name":"old","code":"c","seq":7,
                "attributes":{"p":1,"_rolledBackFrom":5,"_rolledBackAt":"2026-01-01T00:00:00.000Z"}}"#)
        );
        let plain = rollback_state(&current, &then, None).unwrap();
        assert_eq!(plain.fields["attributes"], from_plain_json(r#"{"p":1}"#).unwrap());
    }

    #[test]
    fn a_command_row_hands_on_named_fields_only() {
        let command =
            row(r#"{"id":"i","name":"n","metadata":{"x":1},"status":"finish:FINISHED","version":2,"attributes":{}}"#);
        let state = rollback_state(&row(r#"{"id":"i"}"#), &command, None).unwrap();
        assert_eq!(Row(state.fields), row(r#"{"id":"i","name":"n","attributes":{}}"#));
        assert!(state.extra.is_empty());
        assert_eq!(
            as_data_view(&command, TableKind::Command),
            row(r#"{"id":"i","name":"n","version":2,"attributes":{}}"#)
        );
    }
}
