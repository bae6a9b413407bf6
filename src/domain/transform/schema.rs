//! Schema versions: a marker in the attributes, and the steps from one to the next.

use serde::{Deserialize, Serialize};

use super::literal::Literal;
use super::places::{get, set};
use super::{Transforms, Unfit};
use crate::domain::path::Path;
use crate::domain::run::Reason;
use crate::domain::value::{Map, Number, Value};

/// Version of the schema that an entity has, and the version that it is to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Where the marker stands.
    pub marker: Path,
    /// Version that counts where there is no marker.
    pub missing: Option<Literal>,
    /// The version that is wanted.
    pub current: Literal,
}

/// The way from one version to another.
#[derive(Debug)]
pub struct Step {
    /// The version that it begins at.
    pub from: i64,
    /// The version that it ends at.
    pub to: i64,
    /// Operations, one after another.
    pub transforms: Transforms,
}

/// Result for attributes that are brought to a schema version.
#[derive(Debug, Clone, PartialEq)]
pub enum Brought {
    /// They have it already.
    Equal,
    /// They get it.
    Changed(Map),
    /// They cannot be brought there.
    Refused(Reason, String),
}

impl Schema {
    /// Brings attributes to the current version: along the chain, or, where there is none, by `transforms` alone.
    ///
    /// # Errors
    /// [`Unfit`] when an operation does not fit them.
    pub fn bring(
        &self,
        chain: &[Step],
        transforms: &Transforms,
        attributes: &Map,
        now: &str,
    ) -> Result<Brought, Unfit> {
        let found = get(attributes, &self.marker).filter(|value| **value != Value::Null);
        let found = found.or(self.missing.as_ref().map(Literal::value));
        let wanted = self.current.value();
        let is_there = get(attributes, &self.marker) == Some(wanted);
        if chain.is_empty() {
            if is_there {
                return Ok(Brought::Equal);
            }
            let mut map = transforms.apply(attributes, now)?;
            set(&mut map, &self.marker, wanted.clone())?;
            return Ok(Brought::Changed(map));
        }
        let number = |value: Option<&Value>| value.and_then(Value::as_number).and_then(Number::as_i64);
        let Some(current) = number(Some(wanted)) else {
            return Ok(Brought::Refused(Reason::Schema, "the plan's current version is no whole number".to_owned()));
        };
        let Some(mut at) = number(found) else {
            let what = found.map_or_else(|| "missing".to_owned(), |value| format!("of type {}", value.type_name()));
            return Ok(Brought::Refused(Reason::Schema, format!("{} is {what}, not a whole number", self.marker)));
        };
        if at > current {
            let message = format!("{} is {at}, and the plan knows versions up to {current}", self.marker);
            return Ok(Brought::Refused(Reason::FutureVersion, message));
        }
        if at == current && is_there {
            return Ok(Brought::Equal);
        }
        let mut map = attributes.clone();
        while at < current {
            let Some(step) = chain.iter().find(|step| step.from == at && step.to <= current) else {
                let message = format!("the chain has no step from version {at} on the way to {current}");
                return Ok(Brought::Refused(Reason::ChainGap, message));
            };
            map = step.transforms.apply(&map, now)?;
            at = step.to;
        }
        set(&mut map, &self.marker, wanted.clone())?;
        Ok(Brought::Changed(map))
    }
}
