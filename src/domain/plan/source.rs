//! Entities that a plan is about, and the tenant that it writes to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Plan;
use super::PlanPart;
use crate::domain::key::PartitionKey;
use crate::domain::tenant::Spelling;

/// Modules that a plan covers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Modules {
    /// The one that the entity type tells: its name in lower case with `_` as `-`.
    #[default]
    ByType,
    /// These, as named.
    Named(Vec<String>),
    /// Every module of the application.
    All,
}

/// Treatment of soft-deleted sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeletedSources {
    /// They are left alone.
    #[default]
    Skip,
    /// They are written as deleted ones.
    Keep,
}

/// Partitions of a type and a tenant that a plan looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Partitions {
    /// Also those whose key has more segments than type and tenant: found by reading the keys of the module's whole table.
    #[default]
    All,
    /// The one that is spelled `TYPE#tenant`, without reading anything else.
    Exact,
}

/// An entity that a plan names by its whole key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamedEntity {
    /// Its module; the key tells it when `None`.
    pub module: Option<String>,
    /// Its partition key.
    pub pk: PartitionKey,
    /// Its sort key.
    pub sk: String,
}

/// Entities that a plan takes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Source {
    /// First segment of the partition key; `None` for every type.
    pub entity_type: Option<String>,
    /// Tenant code.
    pub tenant: String,
    /// Only sort keys that begin so; empty for all.
    pub sk_prefix: String,
    /// Only these sort keys; empty for all.
    pub keys: Vec<String>,
    /// Only these entities, of any partitions; empty where type, tenant and keys say it.
    #[serde(default)]
    pub entities: Vec<NamedEntity>,
    /// Treatment of soft-deleted entities.
    pub deleted: DeletedSources,
    /// Partitions that are looked for.
    pub partitions: Partitions,
    /// This partition alone, however its key is built: no other is looked for. No plan file says so; see [`Plan::rollback_of`].
    #[serde(default)]
    pub pk: Option<PartitionKey>,
    /// The directory of a snapshot that entities are read from; from the tables when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Only the entities of this part; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PlanPart>,
    /// Nothing is to be known of the other parts' entities: another run has them already. No plan file says so.
    #[serde(skip)]
    pub is_alone: bool,
}

impl Source {
    /// True for an entity of another part, of which nothing is to be known.
    #[must_use]
    pub fn is_of_another(&self, pk: &str, sk: &str) -> bool {
        self.is_alone && self.part.is_some_and(|part| !part.takes(pk, sk))
    }

    /// The sort keys that it names in a partition, in their order; `None` where it takes every one.
    #[must_use]
    pub fn named_in(&self, module: &str, pk: &PartitionKey) -> Option<BTreeSet<&str>> {
        let begins = |sk: &&str| sk.starts_with(&self.sk_prefix);
        if !self.entities.is_empty() {
            let is_there = |one: &&NamedEntity| one.pk == *pk && one.module.as_deref().is_none_or(|own| own == module);
            return Some(self.entities.iter().filter(is_there).map(|one| one.sk.as_str()).filter(begins).collect());
        }
        let is_named = !self.keys.is_empty();
        is_named.then(|| self.keys.iter().map(String::as_str).filter(begins).collect())
    }
}

/// Treatment of live targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Existing {
    /// They stay as they are.
    #[default]
    Skip,
    /// The source replaces them.
    Overwrite,
    /// The source's attributes are merged into theirs.
    Merge,
    /// One of them is enough for the plan not to run.
    Stop,
}

/// Where a plan writes to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Target {
    /// Tenant code.
    pub tenant: String,
    /// Treatment of live targets.
    pub existing: Existing,
    /// How its code may be spelled.
    #[serde(default)]
    pub spelling: Spelling,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_by_partition_and_module() {
        let named = |module: Option<&str>, pk: &str, sk: &str| NamedEntity {
            module: module.map(str::to_owned),
            pk: PartitionKey::new(pk),
            sk: sk.to_owned(),
        };
        let entities =
            vec![named(None, "A#acme", "2"), named(Some("m"), "A#acme", "1"), named(Some("other"), "A#acme", "3")];
        let source = Source { entities, ..Source::default() };
        let of = |source: &Source, pk: &str| {
            source
                .named_in("m", &PartitionKey::new(pk))
                .map(|sks| sks.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(of(&source, "A#acme"), Some(vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(of(&source, "B#acme"), Some(vec![]));
        let keys =
            Source { keys: vec!["b".into(), "a".into(), "x".into()], sk_prefix: String::new(), ..Source::default() };
        assert_eq!(of(&keys, "B#acme").map(|sks| sks.len()), Some(3));
        assert_eq!(of(&Source::default(), "A#acme"), None);
        // A plan that was recorded before it could name any.
        let mut recorded = serde_json::to_value(&keys).unwrap();
        assert!(recorded.as_object_mut().unwrap().remove("entities").is_some());
        assert_eq!(serde_json::from_value::<Source>(recorded).unwrap(), keys);
    }
}
