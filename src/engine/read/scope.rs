//! Partitions that a plan's source covers.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, KEY_SEPARATOR, PartitionKey, SortKey};
use crate::domain::plan::{Modules, Partitions, Source};
use crate::domain::row::TableKind;
use crate::domain::tenant::{Tenant, tenant_of};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{EntityRef, Event, Finding, Severity};
use crate::engine::read::browse::{has_partition, modules};
use crate::engine::read::named_entities;
use crate::engine::read::partitions::{Head, Partitions as Listed, witness};
use crate::engine::task::{Stop, Task};

/// A partition and where its tenant stands in its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Partition {
    pub(in crate::engine) module: String,
    pub(in crate::engine) pk: PartitionKey,
    pub(in crate::engine) tenant: Tenant,
}

/// The partitions of a plan's source, by module and key; empty where there are none. One that is named by its key is not looked for: what
/// the plan is about there is read anyway.
pub(in crate::engine) async fn partitions(
    task: &Task,
    wanted: &Modules,
    source: &Source,
) -> Result<Vec<Partition>, Stop> {
    if let Some(partition) = named(wanted, source) {
        return Ok(vec![partition]);
    }
    if !source.entities.is_empty() {
        return named_entities::partitions(task, wanted, source).await;
    }
    let mut found = Vec::new();
    for module in covered(task, wanted, source).await? {
        task.check()?;
        let exact =
            source.entity_type.as_ref().map(|t| PartitionKey::new(format!("{t}{KEY_SEPARATOR}{}", source.tenant)));
        let mut here = Vec::new();
        if source.partitions == Partitions::All || exact.is_none() {
            here = scanned(task, &module, source).await?;
        }
        // Looked at also where it has commands alone, which no scan of the data table shows.
        if let Some(pk) = exact.filter(|pk| here.iter().all(|p: &Partition| p.pk != *pk))
            && has_partition(task, &module, &pk).await?
        {
            let tenant = tenant_of(&pk, None);
            here.insert(0, Partition { module, pk, tenant });
        }
        here.sort_by(|a, b| a.pk.cmp(&b.pk));
        found.extend(here);
    }
    Ok(found)
}

/// The partition that a plan names by module and key. Listing the tables takes a permission that is not needed for one entity.
fn named(wanted: &Modules, source: &Source) -> Option<Partition> {
    let (Modules::Named(modules), Some(pk)) = (wanted, &source.pk) else { return None };
    let module = modules.first()?.clone();
    Some(Partition { module, pk: pk.clone(), tenant: tenant_of(pk, None) })
}

/// Tells that a plan's source covers nothing: as a note for people, as a finding for programs.
pub(in crate::engine) async fn nothing(task: &Task, source: &Source) -> Result<Vec<String>, Stop> {
    let kind = source.entity_type.as_deref().unwrap_or("any type");
    let note = format!("there is nothing of {kind} under tenant {}", source.tenant);
    let pk = PartitionKey::new(format!("{}#{}", source.entity_type.as_deref().unwrap_or("*"), source.tenant));
    let finding = Finding::new(
        FindingKind::Missing,
        Severity::Warning,
        EntityRef { module: String::new(), key: EntityKey { pk, sk: SortKey::new("") } },
        note.clone(),
    );
    task.emit(Event::Finding(Box::new(finding))).await?;
    Ok(vec![note])
}

pub(in crate::engine) async fn covered(task: &Task, wanted: &Modules, source: &Source) -> Result<Vec<String>, Stop> {
    let known = modules(task).await?;
    match (wanted, &source.entity_type) {
        (Modules::All, _) => Ok(known),
        (Modules::Named(names), _) => match names.iter().find(|name| !known.contains(name)) {
            Some(name) => {
                let mut failure = Failure::new(ErrorCode::NoTable, format!("there is no module {name}"));
                failure.key = Some("module".to_owned());
                Err(failure.hint(format!("the modules are {}", known.join(", "))).into())
            }
            None => Ok(names.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect()),
        },
        (Modules::ByType, Some(entity_type)) => {
            let pk = PartitionKey::new(format!("{entity_type}{KEY_SEPARATOR}{}", source.tenant));
            let hint = pk.module_hint();
            if known.contains(&hint) {
                return Ok(vec![hint]);
            }
            let mut having = Vec::new();
            for module in &known {
                if has_partition(task, module, &pk).await? {
                    having.push(module.clone());
                }
            }
            if having.len() == 1 {
                return Ok(having);
            }
            let what =
                if having.is_empty() { "no module has".to_owned() } else { format!("{} have", having.join(" and ")) };
            let mut failure = Failure::new(ErrorCode::Plan, format!("{what} the partition {pk}"));
            failure.key = Some("module".to_owned());
            Err(failure.hint(format!("name one as module: {}", known.join(", "))).into())
        }
        (Modules::ByType, None) => {
            let mut failure = Failure::new(ErrorCode::Plan, "module is missing: every type is wanted");
            failure.key = Some("module".to_owned());
            Err(failure.hint("name modules, or \"*\" for all").into())
        }
    }
}

/// Partitions of a module whose key has more segments than the convention's two, or whose type is not named.
async fn scanned(task: &Task, module: &str, source: &Source) -> Result<Vec<Partition>, Stop> {
    let mut found: BTreeMap<String, Partition> = BTreeMap::new();
    let mut listed = Listed::start(task, module, TableKind::Data);
    while let Some(heads) = listed.next().await? {
        for head in heads.into_iter().filter(|head| may_cover(source, head)) {
            let code = witness(task, module, &head).await?;
            if covers(source, head.pk.as_str(), code.as_deref()) {
                let tenant = tenant_of(&head.pk, code.as_deref());
                found.insert(head.pk.to_string(), Partition { module: module.to_owned(), tenant, pk: head.pk });
            }
        }
    }
    Ok(found.into_values().collect())
}

/// Whether any row could make a partition one of the tenant's.
fn may_cover(source: &Source, head: &Head) -> bool {
    let is_type = source.entity_type.as_ref().is_none_or(|t| t == head.pk.entity_type());
    is_type && head.pk.segments().skip(1).any(|segment| segment == source.tenant)
}

fn covers(source: &Source, pk: &str, code: Option<&str>) -> bool {
    let pk = PartitionKey::new(pk);
    let tenant = tenant_of(&pk, code);
    let is_type = source.entity_type.as_ref().is_none_or(|t| t == pk.entity_type());
    is_type && tenant.segment > 0 && tenant.code == source.tenant
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_that_is_named_is_taken_as_it_is() {
        for pk in ["PRODUCT#acme", "LOG#2024-05#acme", "SINGLE", "#"] {
            let key = EntityKey::new(pk, "a");
            let plan = crate::domain::plan::Plan::rollback_of("m", &key, crate::domain::key::Version(1), None);
            let crate::domain::plan::Work::Rollback { source, .. } = &plan.work else { panic!() };
            let found = named(&plan.modules, source).unwrap();
            assert_eq!((found.module.as_str(), found.pk.as_str()), ("m", pk));
            assert_eq!(named(&plan.modules, &Source { pk: None, ..source.clone() }), None);
        }
    }

    #[test]
    fn longer_keys_and_any_type_are_covered_and_other_tenants_are_not() {
        let of = |t: Option<&str>| Source {
            entity_type: t.map(str::to_owned),
            tenant: "acme".to_owned(),
            ..Source::default()
        };
        assert!(covers(&of(Some("LOG")), "LOG#acme#2024-05", Some("acme")));
        assert!(covers(&of(Some("LOG")), "LOG#2024-05#acme", Some("acme")));
        assert!(covers(&of(None), "PRODUCT#acme", None));
        assert!(!covers(&of(None), "PRODUCT#acme2", None));
        assert!(!covers(&of(Some("LOG")), "PRODUCT#acme", Some("acme")));
        assert!(!covers(&of(None), "acme", Some("acme")));
        // Spelled otherwise it is another code.
        assert!(!covers(&of(None), "PRODUCT#ACME", Some("acme")));
    }
}
