//! Plans of one entity that somebody named.

use super::{Change, DeletedSources, Modules, Partitions, Plan, RollTo, Rollback, RunSettings, Source, Work};
use crate::domain::key::{EntityKey, PartitionKey, Version};
use crate::domain::tenant::tenant_of;

impl Plan {
    /// The plan that takes one entity back to a version; with `expect` it is a conflict unless the entity is at that version.
    ///
    /// Any partition key will do, also one that is not built as `TYPE#tenant`.
    #[must_use]
    pub fn rollback_of(module: &str, key: &EntityKey, to: Version, expect: Option<Version>) -> Self {
        let source = Source {
            entity_type: Some(key.pk.entity_type().to_owned()),
            tenant: tenant_of(&key.pk, None).named().unwrap_or_default().to_owned(),
            sk_prefix: String::new(),
            keys: vec![key.sk.to_string()],
            entities: Vec::new(),
            // A deleted entity that is named is meant.
            deleted: DeletedSources::Keep,
            partitions: Partitions::Exact,
            pk: Some(key.pk.clone()),
            snapshot: None,
            part: None,
            is_alone: false,
        };
        let how = Rollback { expect, ..Rollback::to(RollTo::Version(to)) };
        Self {
            name: format!("rollback {} {} to {to}", key.pk, key.sk),
            profile: None,
            reason: String::new(),
            modules: Modules::Named(vec![module.to_owned()]),
            work: Work::Rollback { source, how },
            change: Change::default(),
            run: RunSettings::default(),
        }
    }
}

impl Work {
    /// The partition of the one entity that it is about, where somebody named one.
    #[must_use]
    pub fn single(&self) -> Option<&PartitionKey> {
        match self {
            Self::Rollback { source, .. } => source.pk.as_ref(),
            Self::Copy { .. }
            | Self::Move { .. }
            | Self::Normalize { .. }
            | Self::Transform { .. }
            | Self::Import { .. }
            | Self::Export { .. }
            | Self::Users { .. }
            | Self::Undo(_)
            | Self::Repair
            | Self::RepairOf(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_key_makes_a_plan_and_only_a_second_segment_makes_a_tenant() {
        for (pk, tenant) in
            [("PRODUCT#acme", Some("acme")), ("LOG#acme#2024-05", Some("acme")), ("SINGLE", None), ("#", None)]
        {
            let key = EntityKey::new(pk, "a");
            let plan = Plan::rollback_of("product", &key, Version(4), Some(Version(5)));
            assert_eq!((plan.work.single(), plan.work.target_tenant()), (Some(&key.pk), tenant), "{pk}");
            // It stands in the journal of its run.
            let text = serde_json::to_string(&plan).unwrap();
            assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
        }
    }

    #[test]
    fn a_journal_from_before_names_no_single_entity() {
        let key = EntityKey::new("PRODUCT#acme", "a");
        let mut json = serde_json::to_value(Plan::rollback_of("product", &key, Version(4), None)).unwrap();
        let rollback = &mut json["work"]["Rollback"];
        for (table, field) in [("source", "pk"), ("how", "expect")] {
            assert!(rollback[table].as_object_mut().unwrap().remove(field).is_some());
        }
        assert_eq!(serde_json::from_value::<Plan>(json).unwrap().work.single(), None);
    }
}
