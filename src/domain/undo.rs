//! Rows that take an item of a run back.
//!
//! Pure: the caller has read the entities as they are now, the rules are here.

use std::collections::HashSet;
use std::sync::Arc;

use super::item::{PlannedItem, PlannedPart, Role};
use super::key::{EntityKey, Version};
use super::plan::Conflicts;
use super::publish::{NewState, PublishMode, Stamp};
use super::row::{Row, blocked, field};
use super::run::{Action, Reason};
use super::snapshot::{EntitySnapshot, PAST_TTL};
use super::transfer::{Side, data_row_of, is_same, take_bytes, write};
use super::value::{Map, Value};

/// Settings shared by all items of an undo.
#[derive(Debug, Clone)]
pub struct Undoing {
    /// requestId of everything that the run wrote.
    pub request_id: String,
    /// Whether the run finished commands that others had published.
    pub is_repair: bool,
    /// Ids of the jobs that wrote in its stead: the source of their command rows.
    pub jobs: HashSet<String>,
    /// Treatment of entities that were changed since.
    pub conflicts: Conflicts,
    /// How it is published.
    pub mode: PublishMode,
    /// Author, time and origin of the publish.
    pub stamp: Stamp,
    /// The undo's time, in UTC with milliseconds.
    pub at: String,
    /// Whether restored sources are marked with it.
    pub stamp_restored: bool,
}

/// One entity that the run wrote.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its role in the item.
    pub role: Role,
    /// Its keys.
    pub key: EntityKey,
    /// The version before the run, 0 where it was absent.
    pub version: Version,
    /// The data row before the run, attributes resolved; `None` where it was absent, or where it is lost.
    pub before: Option<Arc<Row>>,
    /// Row that the run wrote, attributes resolved.
    pub wrote: Option<Arc<Row>>,
    /// The reference to the attributes before the run, where they stood in S3.
    pub attributes_ref: Option<String>,
    /// Whether its journal says that the run wrote it.
    pub is_certain: bool,
    /// Whether a row of the version after, which is no longer the current one, carries the run's id.
    pub is_proven: bool,
    /// Whether history or command rows hold the row before as the journal has it.
    pub is_confirmed: bool,
    /// Whether the operator named this item, and trusts the journal where the tables prove nothing.
    pub is_forced: bool,
}

impl Written {
    /// Whether the run carried its attributes as bytes, or replaced some that were.
    #[must_use]
    pub fn has_bytes(&self) -> bool {
        self.before.iter().chain(&self.wrote).any(|row| row.attribute_bytes().is_some())
    }

    /// Doubt that the tables leave about it; `is_ours` where its current version is the run's.
    fn doubt(&self, is_ours: bool) -> Option<String> {
        let after = self.version.next();
        if !is_ours && !self.is_proven {
            return Some(format!("no row proves that the run wrote version {after}"));
        }
        let is_unconfirmed = self.before.is_some() && !self.is_confirmed;
        is_unconfirmed
            .then(|| format!("neither history nor command rows hold version {} as the journal has it", self.version))
    }

    /// Where the attributes that taking it back writes stand in S3: those before the run, or the present ones where it was absent.
    fn attributes_ref<'a>(&'a self, now: Side<'a>) -> Option<&'a str> {
        if self.before.is_some() { self.attributes_ref.as_deref() } else { now.seen.attributes_ref() }
    }
}

/// An entity that the run wrote, as it is now.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// The entity as the run wrote it.
    pub written: &'a Written,
    /// State of it that was read now.
    pub side: Side<'a>,
}

/// Why an entity is not written.
type Refusal = (Action, Reason, String);

/// Verdict on one entity.
enum Verdict {
    /// Nothing of the run is there.
    Nothing(&'static str),
    /// It is written.
    Take(Box<NewState>),
    /// It is not.
    Refuse(Refusal),
}

impl Undoing {
    /// Plans the undo of an item of the run. Its entities are taken back together or not at all.
    #[must_use]
    pub fn item(&self, module: &str, source: &EntityKey, target: &EntityKey, entities: &[Now<'_>]) -> PlannedItem {
        let mut item = PlannedItem::new(module, source.clone(), target.clone());
        item.parts.extend(entities.iter().map(part));
        let mut refused = None;
        for now in entities {
            match self.judge(&mut item, now) {
                Verdict::Nothing(why) => item.message = Some(why.to_owned()),
                Verdict::Take(state) => {
                    self.give(&mut item, now, &state);
                }
                Verdict::Refuse(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        // A conflict still shows what taking it back would leave.
        if let Some((action, reason, message)) = refused {
            (item.action, item.reason, item.message) = (action, Some(reason), Some(message));
            return item;
        }
        let shown = item.parts.iter().find(|part| part.after.is_some());
        if let Some((before, after)) = shown.and_then(|part| Some((part.before.clone(), part.after.clone()?))) {
            item.message = None;
            item.action = match (before.is_some_and(|row| row.is_deleted()), after.is_deleted()) {
                (true, false) => Action::Restore,
                (false, true) => Action::Delete,
                _ => Action::Update,
            };
        }
        item
    }

    fn judge(&self, item: &mut PlannedItem, now: &Now<'_>) -> Verdict {
        let (written, seen) = (now.written, now.side.seen);
        let after = written.version.next();
        let Some(current) = seen.resolved.as_deref() else {
            return match (&written.before, seen.blocked_by_command()) {
                (_, Some((reason, message))) => Verdict::Refuse((Action::Conflict, reason, message)),
                (None, None) => Verdict::Nothing("the entity is not there"),
                (Some(_), None) => Verdict::Refuse((
                    Action::Invalid,
                    Reason::Expired,
                    "the entity is gone: it expired or was removed since".to_owned(),
                )),
            };
        };
        if let Some(why) = blocked(now.side.key, Some(current)) {
            return Verdict::Refuse((Action::Invalid, why.reason(), why.to_string()));
        }
        if seen.is_past_ttl {
            return Verdict::Refuse((Action::Invalid, Reason::Expired, PAST_TTL.to_owned()));
        }
        if let Some((reason, message)) = seen.blocked_by_command() {
            return Verdict::Refuse((Action::Conflict, reason, message));
        }
        // A row that a repair finished carries the id of whoever published it.
        let wrote = if self.is_repair {
            written.wrote.as_ref().and_then(|row| row.text(field::REQUEST_ID)).unwrap_or(&self.request_id)
        } else {
            &self.request_id
        };
        let source = seen.command.as_ref().and_then(|row| row.text(field::SOURCE));
        let is_ours = seen.version == after
            && (current.text(field::REQUEST_ID) == Some(wrote) || source.is_some_and(|id| self.jobs.contains(id)));
        if !is_ours && !written.is_certain {
            return Verdict::Nothing("the run did not get as far as writing it");
        }
        if !is_ours && seen.version <= written.version {
            return Verdict::Nothing("the entity is still as it was before the run");
        }
        let state = match self.state(written, seen, current) {
            Ok(state) => state,
            Err(refusal) => return Verdict::Refuse(refusal),
        };
        if is_same(current, &state) {
            return Verdict::Nothing("the entity is as it was before the run already");
        }
        if let Some(doubt) = written.doubt(is_ours) {
            if !written.is_forced {
                // Shown with what trusting the journal would leave.
                self.give(item, now, &state);
                return Verdict::Refuse((Action::Conflict, Reason::Unproven, doubt));
            }
            item.warnings.push(format!("{doubt}; it is taken from the journal all the same"));
        }
        if !is_ours {
            let by = seen.command.as_ref().and_then(|row| row.text(field::CREATED_BY)).unwrap_or("someone");
            let message =
                format!("changed since: the run wrote version {after}, now it is at {} by {by}", seen.version);
            if self.conflicts == Conflicts::Skip {
                // Shown with what taking it back would leave.
                self.give(item, now, &state);
                let reason = match written.role {
                    Role::Target | Role::User => Reason::TargetChanged,
                    Role::Source | Role::Witness | Role::Command | Role::Counter => Reason::SourceChanged,
                };
                return Verdict::Refuse((Action::Conflict, reason, message));
            }
            item.warnings.push(format!("{message}; that change is taken back too"));
        }
        Verdict::Take(Box::new(state))
    }

    /// Gives an entity the row that taking it back leaves.
    fn give(&self, item: &mut PlannedItem, now: &Now<'_>, state: &NewState) {
        let from = now.written.attributes_ref(now.side);
        write(item, now.written.role, now.side, self.row(now, state), from.is_some());
        take_bytes(item, now.written.role, from);
    }

    /// The data row that taking an entity back leaves. Fields that the framework does not know and that the run brought go again, and
    /// those that it changed are as they were.
    fn row(&self, now: &Now<'_>, state: &NewState) -> Row {
        let mut row = data_row_of(now.side, state, self.mode, &self.stamp);
        let (Some(before), Some(wrote)) = (&now.written.before, &now.written.wrote) else { return row };
        if self.mode == PublishMode::Sync {
            let unknown = |row: &Row| NewState::of(row).extra;
            for name in unknown(wrote).keys() {
                if before.get(name).is_none() {
                    row.0.shift_remove(name);
                }
            }
            row.0.extend(unknown(before));
        }
        row
    }

    /// The state before the run; one that was absent is soft-deleted as it is.
    fn state(&self, written: &Written, seen: &EntitySnapshot, current: &Row) -> Result<NewState, Refusal> {
        if self.mode == PublishMode::Async && seen.command.is_none() {
            return Err((
                Action::Invalid,
                Reason::MissingVersion,
                format!("the command row of version {} is gone, and the pipeline needs it to go on", seen.version),
            ));
        }
        let Some(before) = &written.before else {
            if written.version != Version(0) {
                return Err((
                    Action::Invalid,
                    Reason::MissingVersion,
                    format!("version {} is in no table: it expired", written.version),
                ));
            }
            let mut state = NewState::of(current);
            state.extra = Map::new();
            state.set(field::IS_DELETED, Value::Bool(true));
            return Ok(state);
        };
        let mut state = NewState::of(before);
        state.extra = Map::new();
        let marked = written.wrote.as_ref().is_some_and(|row| has_mark(row, "_migratedTo"));
        if marked && current.is_deleted() && !before.is_deleted() {
            let mut attributes = match state.fields.get(field::ATTRIBUTES) {
                Some(Value::M(map)) => map.clone(),
                _ => Map::new(),
            };
            for name in ["_migratedTo", "_deletedAt"] {
                attributes.shift_remove(name);
            }
            if self.stamp_restored {
                attributes.insert("_restoredAt".to_owned(), Value::s(&self.at));
            }
            state.set(field::ATTRIBUTES, Value::M(attributes));
        }
        Ok(state)
    }
}

fn has_mark(row: &Row, name: &str) -> bool {
    row.get(field::ATTRIBUTES).and_then(Value::as_map).is_some_and(|map| map.contains_key(name))
}

fn part(now: &Now<'_>) -> PlannedPart {
    let seen = now.side.seen;
    let mut part = PlannedPart::pinned(now.written.role, now.written.key.clone(), seen.version, seen.resolved.clone());
    part.wrote.clone_from(&now.written.wrote);
    part.in_s3.before = seen.attributes_ref().map(str::to_owned);
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::publish::Ttls;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Arc<Row> {
        Arc::new(Row(from_plain_json(json).unwrap().as_map().unwrap().clone()))
    }

    fn undoing() -> Undoing {
        Undoing {
            is_repair: false,
            jobs: HashSet::new(),
            request_id: "tenantry-RUN".into(),
            conflicts: Conflicts::Skip,
            mode: PublishMode::Sync,
            stamp: Stamp {
                at: "T".into(),
                by: "me".into(),
                ip: None,
                request_id: "tenantry-UNDO".into(),
                source: "tenantry undo".into(),
            },
            at: "2026-01-01T00:00:00.000Z".into(),
            stamp_restored: true,
        }
    }

    /// Verdict on a created entity that is now as `data` says.
    fn verdict(data: Option<&str>, is_certain: bool) -> (Action, Option<Reason>) {
        let key = EntityKey::new("P#b", "x");
        let written = Written {
            role: Role::Target,
            key: key.clone(),
            version: Version(0),
            before: None,
            wrote: Some(row(r#"{"id":"P#b#x","name":"n","version":1,"requestId":"tenantry-RUN"}"#)),
            attributes_ref: None,
            is_certain,
            is_proven: true,
            is_confirmed: true,
            is_forced: false,
        };
        let resolved = data.map(row);
        let version = resolved.as_ref().map(|r| r.version().unwrap()).unwrap_or_default();
        let seen = EntitySnapshot { data: resolved.clone(), resolved, version, ..EntitySnapshot::default() };
        let side = Side { key: &key, seen: &seen, ttls: Ttls::default() };
        let item = undoing().item("p", &key, &key, &[Now { written: &written, side }]);
        assert_eq!(item.writes(), item.part(Role::Target).unwrap().after.is_some() && item.reason.is_none());
        (item.action, item.reason)
    }

    #[test]
    fn only_what_the_run_itself_wrote_is_taken_back() {
        let ours = r#"{"id":"P#b#x","name":"n","version":1,"requestId":"tenantry-RUN"}"#;
        let theirs = r#"{"id":"P#b#x","name":"n","version":1,"requestId":"someone"}"#;
        let later = r#"{"id":"P#b#x","name":"m","version":2,"requestId":"someone"}"#;
        assert_eq!(verdict(Some(ours), true), (Action::Delete, None));
        assert_eq!(verdict(Some(ours), false), (Action::Delete, None));
        // Begun, never written, and then someone else created it: nothing of the run is there.
        assert_eq!(verdict(Some(theirs), false), (Action::Equal, None));
        assert_eq!(verdict(Some(theirs), true), (Action::Conflict, Some(Reason::TargetChanged)));
        assert_eq!(verdict(Some(later), true), (Action::Conflict, Some(Reason::TargetChanged)));
        assert_eq!(verdict(None, true), (Action::Equal, None));
        let deleted = r#"{"id":"P#b#x","name":"n","version":2,"isDeleted":true,"requestId":"someone"}"#;
        assert_eq!(verdict(Some(deleted), true), (Action::Equal, None));
    }
}
