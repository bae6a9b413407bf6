//! Rows that a rollback writes.

mod aim;
mod said;
mod set;
#[cfg(test)]
mod tests;
mod trace;

use super::key::Version;
use super::publish::NewState;
use super::row::{Attributes, BadRow, Row, TableKind, field};
use super::value::{Map, Value};

pub use aim::{Aim, Other, aim, is_of};
pub use said::{BadMoment, in_time};
pub use set::{Rolling, Then};
pub use trace::{Trace, Traces};

/// Attributes that say where a rolled-back state came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackStamp {
    /// The version that the entity had before: `_rolledBackFrom`.
    pub from: Version,
    /// The run's time in UTC with milliseconds: `_rolledBackAt`.
    pub at: String,
}

impl RollbackStamp {
    fn put(&self, attributes: &mut Map) {
        attributes.insert("_rolledBackFrom".to_owned(), Value::n(self.from.0));
        attributes.insert("_rolledBackAt".to_owned(), Value::s(&self.at));
    }
}

/// The state that takes an entity back to a version: name, code, type, seq, isDeleted and attributes as they were then; id and
/// tenant as they are now.
///
/// `version_row` may come from any of the three tables and has its attributes resolved.
///
/// # Errors
/// [`BadRow::Attributes`] when the version's attributes are no map: nothing can be stamped or stored then.
pub fn rollback_state(current: &Row, version_row: &Row) -> Result<NewState, BadRow> {
    let mut state = NewState::of(version_row);
    // The data row never saw the input's other fields, and what it has of its own survives anyway.
    state.extra = Map::new();
    for name in [field::ID, field::TENANT_CODE] {
        if let Some(value) = current.get(name) {
            state.set(name, value.clone());
        }
    }
    match version_row.attributes()? {
        Attributes::Inline(_) | Attributes::Absent => Ok(state),
        Attributes::InS3(_) => {
            Err(BadRow::Attributes { sk: version_row.sk().unwrap_or_default().to_owned(), found: "S" })
        }
    }
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
