//! Rules for an entity on its way to another tenant, whatever it is read or written for.

use std::sync::Arc;

use super::{Refusal, attributes};
use crate::domain::key::EntityKey;
use crate::domain::merge::merge;
use crate::domain::normalize::Codes;
use crate::domain::plan::{DeletedSources, Existing};
use crate::domain::publish::NewState;
use crate::domain::row::{Row, field};
use crate::domain::run::{Action, Operation};
use crate::domain::transform::{Brought, Changing};
use crate::domain::value::Value;

/// Settings of a plan for entities on their way; a comparison needs no more.
#[derive(Debug, Clone)]
pub struct Carry {
    /// Copy, move or normalize.
    pub operation: Operation,
    /// The target's tenant code.
    pub tenant: String,
    /// Treatment of live targets.
    pub existing: Existing,
    /// Treatment of soft-deleted sources.
    pub deleted: DeletedSources,
    /// Tenant codes that are respelled on the way; `None` where only the keys change.
    pub respell: Option<Respell>,
    /// Changes of attributes on the way.
    pub changing: Option<Arc<Changing>>,
}

/// How tenant codes inside a row are respelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respell {
    /// The codes.
    pub codes: Codes,
    /// Also where they are segments of keys inside the attributes.
    pub references: bool,
}

impl Carry {
    /// Whether sources are soft-deleted where they were.
    #[must_use]
    pub fn leaves_source(&self) -> bool {
        matches!(self.operation, Operation::Move | Operation::Normalize)
    }

    /// Whether attributes are carried as they are, and nothing but the keys is respelled.
    #[must_use]
    pub fn carries_as_it_is(&self) -> bool {
        self.changing.is_none() && self.respell.is_none() && self.existing != Existing::Merge
    }

    /// The state that the target is to have, without the run's marks.
    pub(in crate::domain) fn state(
        &self,
        row: &Row,
        key: &EntityKey,
        merged_into: Option<&Row>,
    ) -> Result<NewState, Refusal> {
        let mut state = NewState::of(row);
        if let Some(changing) = &self.changing {
            match changing.apply(&attributes(row)?) {
                Brought::Changed(map) => state.set(field::ATTRIBUTES, Value::M(map)),
                Brought::Equal => {}
                Brought::Refused(reason, message) => return Err((Action::Invalid, reason, message)),
            }
        }
        if let Some(now) = merged_into {
            let mut fields = NewState::of(now).fields;
            let own = match state.fields.get(field::ATTRIBUTES) {
                Some(Value::M(map)) => map.clone(),
                _ => attributes(row)?,
            };
            fields.extend(state.fields);
            fields.insert(field::ATTRIBUTES.to_owned(), Value::M(merge(&attributes(now)?, &own)));
            state.fields = fields;
        }
        state.set(field::ID, Value::s(key.id()));
        state.set(field::TENANT_CODE, Value::s(&self.tenant));
        self.respell(&mut state);
        Ok(state)
    }

    /// A type that is the tenant's code changes with it, and so do keys in the attributes where that is wanted.
    fn respell(&self, state: &mut NewState) {
        let Some(respell) = &self.respell else { return };
        let kind = state.fields.get(field::TYPE).and_then(Value::as_str);
        if let Some((_, new)) = respell.codes.iter().find(|(old, _)| Some(*old) == kind) {
            let new = Value::s(new);
            state.set(field::TYPE, new);
        }
        if let (true, Some(Value::M(map))) = (respell.references, state.fields.get(field::ATTRIBUTES)) {
            let map = Value::M(respell.codes.rewrite(map));
            state.set(field::ATTRIBUTES, map);
        }
    }
}
