//! Items of a rollback of many entities: the row that takes each of them back.

use super::{Aim, Other, RollbackStamp, as_data_view, rollback_state};
use crate::domain::item::{Origin, PlannedItem, Role};
use crate::domain::key::{Version, meant};
use crate::domain::plan::Conflicts;
use crate::domain::publish::{NAMED_FIELDS, NewState, PublishMode, Stamp};
use crate::domain::row::{Row, TableKind, blocked, field};
use crate::domain::run::{Action, Reason};
use crate::domain::snapshot::PAST_TTL;
use crate::domain::transfer::{Refusal, Side, data_row_of, undecided, write};
use crate::domain::value::{Map, Value};

/// Versions and people that a message names.
const NAMED: usize = 5;

/// Settings shared by all entities of a rollback.
#[derive(Debug, Clone)]
pub struct Rolling {
    /// Treatment of entities that others changed.
    pub conflicts: Conflicts,
    /// How it is published.
    pub mode: PublishMode,
    /// Author, time and origin of the publish.
    pub stamp: Stamp,
    /// The run's time in UTC with milliseconds, where entities are marked with it.
    pub marks: Option<String>,
    /// The one entity was named: what cannot be done with it is refused, where many are skipped.
    pub is_single: bool,
    /// The version that the entity was seen at.
    pub expect: Option<Version>,
}

/// The row of the version that an entity goes back to.
#[derive(Debug, Clone)]
pub struct Then {
    /// The table it was found in.
    pub found: TableKind,
    /// As stored, attributes in place.
    pub row: Row,
    /// Whether its attributes stand in S3.
    pub in_s3: bool,
}

/// Attributes that a rollback leaves, and that make no difference to what an entity was.
const OWN: [&str; 3] = ["_rolledBackFrom", "_rolledBackAt", "_restoredAt"];

impl Rolling {
    /// Plans the item of an entity; `then` is the row of the version that is aimed at, `Err` says why it cannot be had.
    #[must_use]
    pub fn item(
        &self,
        module: &str,
        side: Side<'_>,
        aim: &Aim,
        then: Result<Option<&Then>, (Reason, String)>,
    ) -> PlannedItem {
        let mut item = PlannedItem { parts: Vec::new(), ..undecided(module, side, side) };
        item.parts.push(crate::domain::transfer::pinned(Role::Target, side));
        if let Err((action, reason, message)) = self.decide(&mut item, side, aim, then) {
            (item.action, item.reason, item.message) = (action, Some(reason), Some(message));
        }
        item
    }

    fn decide(
        &self,
        item: &mut PlannedItem,
        side: Side<'_>,
        aim: &Aim,
        then: Result<Option<&Then>, (Reason, String)>,
    ) -> Result<(), Refusal> {
        let seen = side.seen;
        let Some(current) = seen.resolved.as_deref() else {
            return Err(match seen.blocked_by_command() {
                Some((reason, message)) if self.is_single => (Action::Conflict, reason, message),
                Some((reason, message)) => (Action::Skip, reason, message),
                None => {
                    let meant = meant(&side.key.pk, Some(side.key.sk.as_str())).map(|meant| format!("; {meant}"));
                    let message = format!("the entity has no data row{}", meant.unwrap_or_default());
                    (Action::Invalid, Reason::MissingSource, message)
                }
            });
        };
        if let Some(why) = blocked(side.key, Some(current)) {
            return Err((Action::Invalid, why.reason(), why.to_string()));
        }
        if let Some(expected) = self.expect.filter(|version| *version != seen.version) {
            let message = format!("the entity is at version {}, not at {expected} as expected", seen.version);
            return Err((Action::Conflict, Reason::TargetChanged, message));
        }
        if seen.is_past_ttl {
            return Err((Action::Skip, Reason::Expired, PAST_TTL.to_owned()));
        }
        if let Some((reason, message)) = seen.blocked_by_command() {
            return Err((Action::Conflict, reason, message));
        }
        let (to, others, warning) = match aim {
            Aim::Untouched => return equal(item, "the plan is not about it"),
            Aim::There(why) => return equal(item, why),
            Aim::Never(reason, message) if self.is_single => return Err((Action::Invalid, *reason, message.clone())),
            Aim::Never(reason, message) => return Err((Action::Skip, *reason, message.clone())),
            Aim::Unknown(reason, message) => return Err((Action::Invalid, *reason, message.clone())),
            Aim::Back { to, others, warning } => (*to, others, warning),
        };
        if self.mode == PublishMode::Async && seen.command.is_none() {
            let message = format!(
                "the command row of version {} is gone, and the application's pipeline needs it to go on",
                seen.version
            );
            return Err((Action::Invalid, Reason::MissingVersion, message));
        }
        let then = then.map_err(|(reason, message)| (Action::Invalid, reason, message))?;
        let state = state(current, to, then)?;
        if is_as_then(current, &state) {
            let why = match to {
                Version(0) => "it is soft-deleted already".to_owned(),
                to => format!("the entity already is as version {to} was"),
            };
            return equal(item, &why);
        }
        item.warnings.extend(warning.clone());
        if let Some(then) = then {
            if then.found == TableKind::Command {
                item.warnings
                    .push(format!("version {to} is no longer in history: its state is taken from its command row"));
            }
            let unsafe_value = |row: &Row| row.get(field::ATTRIBUTES).and_then(Value::why_not_json);
            if let (Some(what), None) = (unsafe_value(&then.row), unsafe_value(current)) {
                item.warnings.push(format!(
                    "that version holds {what}, which the current one does not; the application may not read it"
                ));
            }
        }
        let after = self.after(side, current, state);
        let action = match (current.is_deleted(), after.is_deleted()) {
            (true, false) => Action::Restore,
            (false, true) => Action::Delete,
            _ => Action::Update,
        };
        let in_s3 = then.map_or_else(|| seen.is_in_s3(), |then| then.in_s3);
        write(item, Role::Target, side, after, in_s3);
        if let Some(part) = item.parts.iter_mut().find(|part| part.role == Role::Target) {
            part.origin = then.map(|then| Origin { version: to, found: then.found });
        }
        if let Some(message) = changed_since(others) {
            if self.conflicts == Conflicts::Skip {
                return Err((Action::Conflict, Reason::TargetChanged, message));
            }
            item.warnings.push(message);
        }
        item.action = action;
        // An operator who named the version needs no word of it.
        item.message = (!self.is_single).then(|| match to {
            Version(0) => "it was created then, and is soft-deleted".to_owned(),
            to => format!("back to version {to}"),
        });
        if self.is_single {
            item.warnings.push(self.mode.consequence().to_owned());
        }
        Ok(())
    }

    fn after(&self, side: Side<'_>, current: &Row, mut state: NewState) -> Row {
        if let Some(at) = &self.marks {
            let mut attributes = match state.fields.get(field::ATTRIBUTES) {
                Some(Value::M(map)) => map.clone(),
                _ => Map::new(),
            };
            let stamp = RollbackStamp { from: side.seen.version, at: at.clone() };
            stamp.put(&mut attributes);
            let was_moved =
                current.get(field::ATTRIBUTES).and_then(Value::as_map).is_some_and(|m| m.contains_key("_migratedTo"));
            let is_restored = current.is_deleted() && state.fields.get(field::IS_DELETED) != Some(&Value::Bool(true));
            if was_moved && is_restored {
                attributes.insert("_restoredAt".to_owned(), Value::s(at));
            }
            state.set(field::ATTRIBUTES, Value::M(attributes));
        }
        data_row_of(side, &state, self.mode, &self.stamp)
    }
}

/// Message about changes of others beside what is taken back; `None` where there are none.
fn changed_since(others: &[Other]) -> Option<String> {
    let versions = others.iter().take(NAMED).map(|other| other.version.to_string()).collect::<Vec<_>>().join(", ");
    let more = if others.len() > NAMED { " and more" } else { "" };
    let mut names: Vec<&str> = Vec::new();
    for by in others.iter().filter_map(|other| other.by.as_deref()) {
        if !names.contains(&by) && names.len() <= NAMED {
            names.push(by);
        }
    }
    let others_too = if names.len() > NAMED { " and others" } else { "" };
    names.truncate(NAMED);
    let by = names.join(", ");
    Some(match (others, by.as_str()) {
        ([], _) => return None,
        ([_], "") => format!("changed since: version {versions} would be taken back too"),
        ([_], by) => format!("changed since: version {versions} would be taken back too; it is by {by}"),
        (_, "") => format!("changed since: versions {versions}{more} would be taken back too"),
        (_, by) => {
            format!("changed since: versions {versions}{more} would be taken back too; they are by {by}{others_too}")
        }
    })
}

fn equal(item: &mut PlannedItem, why: &str) -> Result<(), Refusal> {
    item.action = Action::Equal;
    item.message = Some(why.to_owned());
    Ok(())
}

/// The state to go back to; one that was absent is soft-deleted as it is.
fn state(current: &Row, to: Version, then: Option<&Then>) -> Result<NewState, Refusal> {
    let bad = |error: crate::domain::row::BadRow| (Action::Invalid, Reason::KeyInvalid, error.to_string());
    if to == Version(0) {
        let mut state = NewState::of(current);
        state.extra = Map::new();
        state.set(field::IS_DELETED, Value::Bool(true));
        return Ok(state);
    }
    let Some(then) = then else {
        let message = format!("version {to} is in no table: it expired or was never written");
        return Err((Action::Invalid, Reason::MissingVersion, message));
    };
    rollback_state(current, &as_data_view(&then.row, then.found)).map_err(bad)
}

/// Whether an entity is as a state would leave it, whatever rollbacks have marked it with since.
fn is_as_then(current: &Row, state: &NewState) -> bool {
    let plain = |value: Option<&Value>| match value {
        Some(Value::M(map)) => {
            let own: Map =
                map.iter().filter(|(n, _)| !OWN.contains(&n.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect();
            (!own.is_empty()).then_some(Value::M(own))
        }
        other => other.cloned(),
    };
    NAMED_FIELDS.iter().all(|name| match *name {
        field::ATTRIBUTES => plain(current.get(name)) == plain(state.fields.get(*name)),
        name => current.get(name) == state.fields.get(name),
    })
}
