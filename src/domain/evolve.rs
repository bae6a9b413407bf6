//! Changing an entity's attributes in place.

use super::item::{PlannedItem, Role};
use super::plan::DeletedSources;
use super::publish::{NewState, PublishMode, Stamp};
use super::row::{blocked, field};
use super::run::{Action, Reason};
use super::snapshot::PAST_TTL;
use super::transfer::{Refusal, Side, attributes, data_row_of, pinned, undecided, write};
use super::transform::{Brought, Changing};
use super::value::{Map, Value};

/// Settings shared by all entities.
#[derive(Debug)]
pub struct Evolving {
    /// Changes of the attributes.
    pub changing: Changing,
    /// Treatment of soft-deleted entities.
    pub deleted: DeletedSources,
    /// How it is published.
    pub mode: PublishMode,
    /// Author, time and origin of the publish.
    pub stamp: Stamp,
}

impl Evolving {
    /// Plans the item of an entity.
    #[must_use]
    pub fn item(&self, module: &str, side: Side<'_>) -> PlannedItem {
        let mut item = PlannedItem { parts: vec![pinned(Role::Target, side)], ..undecided(module, side, side) };
        if let Err((action, reason, message)) = self.decide(&mut item, side) {
            (item.action, item.reason, item.message) = (action, Some(reason), Some(message));
        }
        item
    }

    fn decide(&self, item: &mut PlannedItem, side: Side<'_>) -> Result<(), Refusal> {
        let seen = side.seen;
        let Some(current) = seen.resolved.as_deref() else {
            return Err(match seen.blocked_by_command() {
                Some((reason @ Reason::Expired, message)) => (Action::Skip, reason, message),
                Some((_, message)) => (Action::Skip, Reason::Pending, message),
                None => (Action::Invalid, Reason::MissingSource, "the entity has no data row".to_owned()),
            });
        };
        if let Some(why) = blocked(side.key, Some(current)) {
            return Err((Action::Invalid, why.reason(), why.to_string()));
        }
        if seen.is_past_ttl {
            return Err((Action::Skip, Reason::Expired, PAST_TTL.to_owned()));
        }
        if current.is_deleted() && self.deleted == DeletedSources::Skip {
            return Err((Action::Skip, Reason::Deleted, "it is soft-deleted".to_owned()));
        }
        let before = attributes(current)?;
        let after = match self.changing.apply(&before) {
            Brought::Equal => return Ok(()),
            Brought::Refused(reason, message) => return Err((Action::Invalid, reason, message)),
            Brought::Changed(after) if after == before => return Ok(()),
            Brought::Changed(after) => after,
        };
        if let Some((reason, message)) = seen.blocked_by_command() {
            return Err((Action::Conflict, reason, message));
        }
        if self.mode == PublishMode::Async && seen.command.is_none() {
            let message = format!(
                "the command row of version {} is gone, and the application's pipeline needs it to go on",
                seen.version
            );
            return Err((Action::Invalid, Reason::MissingVersion, message));
        }
        let mut state = NewState::of(current);
        state.extra = Map::new();
        state.set(field::ATTRIBUTES, Value::M(after));
        item.action = Action::Update;
        write(item, Role::Target, side, data_row_of(side, &state, self.mode, &self.stamp), seen.is_in_s3());
        Ok(())
    }
}
