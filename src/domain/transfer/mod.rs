//! Rows that a copy or a move of an entity to another tenant writes.
//!
//! Pure: the caller has read both entities, the rules are here.

mod carry;

use std::sync::Arc;

pub use carry::{Carry, Respell};

use super::digest::STAMPS;
use super::item::{PlannedItem, PlannedPart, Role};
use super::key::EntityKey;
use super::plan::{DeletedSources, Existing};
use super::publish::{NewState, PublishMode, Stamp, Ttls, data_row, ttl_value};
use super::row::{Attributes, Row, blocked, field};
use super::run::{Action, Operation, Reason, RunId};
use super::snapshot::{EntitySnapshot, PAST_TTL};
use super::timeline::is_stuck;
use super::value::{Map, Value};

/// Settings shared by all items of a run that copies or moves.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Rules for entities on the way.
    pub carry: Carry,
    /// How it is published.
    pub mode: PublishMode,
    /// The guide's marks; `None` where the plan wants none.
    pub marks: Option<Marks>,
    /// Author, time and origin of the publish.
    pub stamp: Stamp,
    /// Sources may be their own targets: what a snapshot holds of an entity may go back into it.
    pub from_snapshot: bool,
}

/// Contents of a run's marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// The run.
    pub run: RunId,
    /// Its time, in UTC with milliseconds.
    pub at: String,
    /// The operator.
    pub by: String,
}

/// One entity of a transfer with what belongs to its table.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its keys.
    pub key: &'a EntityKey,
    /// State of it that was read.
    pub seen: &'a EntitySnapshot,
    /// When its rows expire.
    pub ttls: Ttls,
}

/// Why an item is not written.
pub(in crate::domain) type Refusal = (Action, Reason, String);

impl Transfer {
    /// Plans the item of one entity.
    #[must_use]
    pub fn item(&self, module: &str, source: Side<'_>, target: Side<'_>) -> PlannedItem {
        let mut item = undecided(module, source, target);
        if let Err((action, reason, message)) = self.decide(&mut item, source, target) {
            (item.action, item.reason, item.message) = (action, Some(reason), Some(message));
        }
        // Of a source that nothing is made of its keys and its version are enough.
        if !item.writes()
            && let Some(part) = item.parts.iter_mut().find(|p| p.role == Role::Source && p.after.is_none())
        {
            part.before = None;
        }
        item
    }

    fn decide(&self, item: &mut PlannedItem, source: Side<'_>, target: Side<'_>) -> Result<(), Refusal> {
        let row = self.usable_source(item, source)?;
        self.usable_target(source, target)?;
        let current = target.seen.resolved.as_deref();
        self.may_exist(target)?;
        let is_live = current.is_some_and(|row| !row.is_deleted());
        let is_merged = self.carry.existing == Existing::Merge && is_live;
        if is_merged {
            may_merge(&[source, target])?;
        }
        let state = self.carry.state(row, target.key, current.filter(|_| is_merged))?;
        let is_equal = current.is_some_and(|now| is_same(now, &state));
        if !is_equal {
            let after = self.target_row(source, target, state, row)?;
            item.action = match (current.map(Row::is_deleted), after.is_deleted()) {
                (None, _) => Action::Create,
                (Some(true), false) => Action::Restore,
                (Some(false), true) => Action::Delete,
                (Some(_), _) => Action::Update,
            };
            let in_s3 = source.seen.is_in_s3() || (is_merged && target.seen.is_in_s3());
            write(item, Role::Target, target, after, in_s3);
            take_bytes(item, Role::Target, source.seen.attributes_ref());
        }
        if self.carry.leaves_source() && !row.is_deleted() {
            if is_equal {
                item.action = Action::Delete;
                item.message = Some("the target is equal already: only the source is soft-deleted".to_owned());
            }
            let after = self.source_row(source, target, row)?;
            write(item, Role::Source, source, after, source.seen.is_in_s3());
            take_bytes(item, Role::Source, source.seen.attributes_ref());
        }
        Ok(())
    }

    /// Whether the plan may write where something is already.
    pub(in crate::domain) fn may_exist(&self, target: Side<'_>) -> Result<(), Refusal> {
        let Some(now) = target.seen.resolved.as_deref() else { return Ok(()) };
        let is_live = !now.is_deleted();
        if matches!(self.carry.existing, Existing::Overwrite | Existing::Merge)
            || (!is_live && is_taken_back(target.seen))
        {
            return Ok(());
        }
        let version = target.seen.version;
        Err(match (is_live, self.carry.existing) {
            (true, Existing::Stop) => (
                Action::Conflict,
                Reason::Exists,
                format!("the target exists at version {version}, and the plan says to stop then"),
            ),
            (true, _) => (Action::Skip, Reason::Exists, format!("the target exists at version {version}")),
            (false, _) => (
                Action::Skip,
                Reason::Deleted,
                "the target is soft-deleted, and not by tenantry: existing = \"overwrite\" would write it".to_owned(),
            ),
        })
    }

    /// The source's data row, if it may be taken.
    pub(in crate::domain) fn usable_source<'s>(
        &self,
        item: &mut PlannedItem,
        source: Side<'s>,
    ) -> Result<&'s Row, Refusal> {
        let Some(row) = source.seen.resolved.as_deref() else {
            return Err(match source.seen.blocked_by_command() {
                Some((reason @ Reason::Expired, message)) => (Action::Skip, reason, message),
                Some(_) => (
                    Action::Skip,
                    Reason::Pending,
                    "it was published and never processed: there is no data row".to_owned(),
                ),
                None => (Action::Invalid, Reason::MissingSource, "there is no such entity".to_owned()),
            });
        };
        if let Some(why) = blocked(source.key, Some(row)) {
            return Err((Action::Invalid, why.reason(), why.to_string()));
        }
        if source.seen.is_past_ttl {
            return Err((Action::Skip, Reason::Expired, PAST_TTL.to_owned()));
        }
        if row.is_deleted() && self.carry.deleted == DeletedSources::Skip {
            return Err((Action::Skip, Reason::Deleted, "the source is soft-deleted".to_owned()));
        }
        if let Some(next) = &source.seen.next_command {
            let (reason, message) = source.seen.blocked_by_command().unwrap_or((Reason::Pending, String::new()));
            if self.carry.leaves_source() {
                return Err((Action::Conflict, reason, message));
            }
            let word = if is_stuck(next) { Reason::Wedged } else { Reason::Pending };
            item.warnings.push(word.to_string());
            item.message = Some(format!("the data row is copied as it is: {message}"));
        }
        let writes_source = self.carry.leaves_source() && !row.is_deleted();
        if self.mode == PublishMode::Async && writes_source && source.seen.command.is_none() {
            return Err(command_gone("source", source.seen));
        }
        Ok(row)
    }

    pub(in crate::domain) fn usable_target(&self, source: Side<'_>, target: Side<'_>) -> Result<(), Refusal> {
        if let Some(why) = blocked(target.key, target.seen.data.as_deref()) {
            return Err((Action::Invalid, why.reason(), format!("the target cannot be written: {why}")));
        }
        if source.key == target.key && !self.from_snapshot {
            return Err((Action::Invalid, Reason::KeyInvalid, "source and target are the same entity".to_owned()));
        }
        self.usable_as_target(target)
    }

    /// Whether nothing stands in the way of publishing on top of an entity.
    pub(in crate::domain) fn usable_as_target(&self, target: Side<'_>) -> Result<(), Refusal> {
        if let Some((reason, message)) = target.seen.blocked_by_command() {
            return Err((Action::Conflict, reason, format!("at the target, {message}")));
        }
        if self.mode == PublishMode::Async && target.seen.data.is_some() && target.seen.command.is_none() {
            return Err(command_gone("target", target.seen));
        }
        Ok(())
    }

    pub(in crate::domain) fn target_row(
        &self,
        source: Side<'_>,
        target: Side<'_>,
        mut state: NewState,
        row: &Row,
    ) -> Result<Row, Refusal> {
        let carried = std::mem::take(&mut state.extra);
        if let Some(marks) = &self.marks {
            let mut marked = match state.fields.get(field::ATTRIBUTES) {
                Some(Value::M(map)) => map.clone(),
                _ => Map::new(),
            };
            // Marks of an earlier migration tell of that one.
            marked.retain(|name, _| !STAMPS.contains(&name.as_str()));
            let id = row.text(field::ID).map_or_else(|| source.key.id(), str::to_owned);
            let mut mark = |name: &str, value: Value| marked.insert(name.to_owned(), value);
            mark("_migrated", Value::Bool(true));
            mark("_sourceKey", Value::s(source.key.id()));
            mark("_migratedFrom", Value::s(id));
            mark("_migratedAt", Value::s(&marks.at));
            mark("_migrationId", Value::s(marks.run.to_string()));
            mark("_migratedBy", Value::s(&marks.by));
            mark("_sourceVersion", Value::n(source.seen.version.0));
            if self.carry.operation == Operation::Normalize {
                mark("_migrationReason", Value::s("tenant_code_normalization"));
            }
            state.set(field::ATTRIBUTES, Value::M(marked));
        }
        state.extra = carried;
        Ok(self.unmarked_row(target, state))
    }

    /// The data row of a state as it is.
    pub(in crate::domain) fn unmarked_row(&self, target: Side<'_>, mut state: NewState) -> Row {
        let carried = std::mem::take(&mut state.extra);
        let mut after = self.data_row(target, &state);
        if self.mode == PublishMode::Sync {
            // Fields that the framework does not know would otherwise be lost on the way.
            for (name, value) in carried {
                after.0.entry(name).or_insert(value);
            }
        }
        after
    }

    pub(in crate::domain) fn source_row(&self, source: Side<'_>, target: Side<'_>, row: &Row) -> Result<Row, Refusal> {
        let mut state = NewState::of(row);
        state.extra = Map::new();
        state.set(field::IS_DELETED, Value::Bool(true));
        if let Some(marks) = &self.marks {
            let mut marked = attributes(row)?;
            marked.insert("_migratedTo".to_owned(), Value::s(target.key.id()));
            marked.insert("_deletedAt".to_owned(), Value::s(&marks.at));
            state.set(field::ATTRIBUTES, Value::M(marked));
        }
        Ok(self.data_row(source, &state))
    }

    fn data_row(&self, side: Side<'_>, state: &NewState) -> Row {
        data_row_of(side, state, self.mode, &self.stamp)
    }
}

/// The data row that a publish on top of an entity leaves.
#[must_use]
pub fn data_row_of(side: Side<'_>, state: &NewState, mode: PublishMode, stamp: &Stamp) -> Row {
    let version = side.seen.version.next();
    let csk = match mode {
        PublishMode::Sync => side.key.sk.as_str().to_owned(),
        PublishMode::Async => side.key.sk.at(version),
    };
    data_row(side.key, version, side.seen.resolved.as_deref(), state, &csk, stamp, side.ttls)
}

fn command_gone(which: &str, seen: &EntitySnapshot) -> Refusal {
    let message = format!(
        "the {which}'s command row of version {} is gone, and the application's pipeline needs it to go on",
        seen.version
    );
    (Action::Invalid, Reason::MissingVersion, message)
}

/// An item with both of its entities, neither of them written.
pub(in crate::domain) fn undecided(module: &str, source: Side<'_>, target: Side<'_>) -> PlannedItem {
    PlannedItem::new(module, source.key.clone(), target.key.clone())
        .with(pinned(Role::Target, target))
        .with(pinned(Role::Source, source))
}

pub(in crate::domain) fn pinned(role: Role, side: Side<'_>) -> PlannedPart {
    let mut part = PlannedPart::pinned(role, side.key.clone(), side.seen.version, side.seen.resolved.clone());
    part.in_s3.before = side.seen.attributes_ref().map(str::to_owned);
    part
}

/// Gives an item's entity the row that it is to have; `in_s3` where the attributes that it is made from stand in S3.
pub(super) fn write(item: &mut PlannedItem, role: Role, side: Side<'_>, after: Row, in_s3: bool) {
    if let Some(part) = item.parts.iter_mut().find(|part| part.role == role) {
        part.after = Some(Arc::new(after));
        part.in_s3.after = in_s3;
        let ttl = side.seen.command.as_ref().map(|row| row.get(field::TTL));
        part.previous_seen = ttl.is_some();
        part.previous_stays = ttl == Some(Some(&ttl_value(side.ttls.command)));
        part.ttl = (side.ttls.command, side.ttls.history);
    }
}

/// Notes the object whose bytes an entity gets, where its row names bytes in place of attributes.
pub(super) fn take_bytes(item: &mut PlannedItem, role: Role, from: Option<&str>) {
    for part in item.parts.iter_mut().filter(|part| part.role == role) {
        let is_bytes = part.after.as_ref().is_some_and(|row| row.attribute_bytes().is_some());
        part.in_s3.bytes_from = from.filter(|_| is_bytes).map(str::to_owned);
    }
}

/// Attributes of one row may be joined with those of another unless that took digits which JavaScript cannot hold from a row into an S3
/// object, or the other way round.
pub(in crate::domain) fn may_merge(sides: &[Side<'_>]) -> Result<(), Refusal> {
    let is_in_s3 = |side: &Side<'_>| side.seen.is_in_s3();
    if sides.iter().all(is_in_s3) || !sides.iter().any(is_in_s3) {
        return Ok(());
    }
    let what = |side: &Side<'_>| side.seen.resolved.as_deref()?.get(field::ATTRIBUTES)?.why_not_json();
    match sides.iter().find_map(|side| Some((side, what(side)?))) {
        None => Ok(()),
        Some((side, what)) => Err((
            Action::Invalid,
            Reason::Unsupported,
            format!(
                "{} holds {what}, and only one of the rows to be merged has its attributes in S3: merged, it would change its place",
                side.key
            ),
        )),
    }
}

/// Attributes that are in place; none count as an empty map.
pub(in crate::domain) fn attributes(row: &Row) -> Result<Map, Refusal> {
    match row.attributes() {
        Ok(Attributes::Inline(map)) => Ok(map.clone()),
        Ok(Attributes::Absent) => Ok(Map::new()),
        Ok(Attributes::InS3(uri)) => {
            Err((Action::Invalid, Reason::S3Missing, format!("the attributes are at {uri} and were not read")))
        }
        Err(error) => Err((Action::Invalid, Reason::KeyInvalid, error.to_string())),
    }
}

/// Whether a soft-deleted entity was deleted by taking a run of ours back: then it counts as absent.
pub(in crate::domain) fn is_taken_back(seen: &EntitySnapshot) -> bool {
    let source = seen.command.as_ref().and_then(|row| row.text(field::SOURCE));
    [Operation::Undo, Operation::Rollback].iter().any(|op| source == Some(format!("tenantry {op}").as_str()))
}

/// Whether a row holds a state already, marks of any run aside.
#[must_use]
pub fn is_same(now: &Row, state: &NewState) -> bool {
    let plain = |value: Option<&Value>| match value {
        Some(Value::M(map)) => {
            let own: Map = map
                .iter()
                .filter(|(n, _)| !STAMPS.contains(&n.as_str()))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect();
            (!own.is_empty()).then_some(Value::M(own))
        }
        other => other.cloned(),
    };
    super::publish::NAMED_FIELDS.iter().all(|name| match *name {
        field::ATTRIBUTES => plain(now.get(name)) == plain(state.fields.get(*name)),
        name => now.get(name) == state.fields.get(name),
    })
}

#[cfg(test)]
mod tests;
