//! The partitions of entities that a plan names by their whole keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::key::PartitionKey;
use crate::domain::plan::{Modules, Source};
use crate::domain::tenant::{Tenant, tenant_of};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::read::browse::{has_partition, modules};
use crate::engine::read::partitions::{Head, witness};
use crate::engine::read::scope::{Partition, covered};
use crate::engine::task::{Stop, Task};

/// They are not looked for: what the plan is about there is read anyway.
pub(super) async fn partitions(task: &Task, wanted: &Modules, source: &Source) -> Result<Vec<Partition>, Stop> {
    let covered = match wanted {
        Modules::ByType => modules(task).await?,
        wanted => covered(task, wanted, source).await?,
    };
    let mut found: BTreeSet<(String, PartitionKey)> = BTreeSet::new();
    let mut told: BTreeMap<&PartitionKey, String> = BTreeMap::new();
    for one in &source.entities {
        let module = match (&one.module, told.get(&one.pk)) {
            (Some(module), _) if covered.contains(module) => module.clone(),
            (Some(module), _) => {
                let message = format!("the module {module} of {} is none of {}", one.pk, covered.join(", "));
                return Err(refused(message).into());
            }
            (None, Some(module)) => module.clone(),
            (None, None) => {
                let module = module_of(task, &covered, &one.pk).await?;
                told.insert(&one.pk, module.clone());
                module
            }
        };
        found.insert((module, one.pk.clone()));
    }
    let mut partitions = Vec::with_capacity(found.len());
    for (module, pk) in found {
        task.check()?;
        let tenant = tenant(task, &module, &pk, source).await?;
        partitions.push(Partition { module, pk, tenant });
    }
    Ok(partitions)
}

/// The module that a key tells, otherwise the only one that has the partition.
async fn module_of(task: &Task, covered: &[String], pk: &PartitionKey) -> Result<String, Stop> {
    let hint = pk.module_hint();
    if covered.contains(&hint) {
        return Ok(hint);
    }
    if let [only] = covered {
        return Ok(only.clone());
    }
    let mut having = Vec::new();
    for module in covered {
        if has_partition(task, module, pk).await? {
            having.push(module.as_str());
        }
    }
    match having.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(refused(format!("no module has the partition {pk}")).into()),
        several => {
            let failure = refused(format!("{} have the partition {pk}", several.join(" and ")));
            Err(failure.hint("write the module beside pk and sk").into())
        }
    }
}

/// Where the tenant of a partition stands: the plan tells it, or rows of the partition do.
async fn tenant(task: &Task, module: &str, pk: &PartitionKey, source: &Source) -> Result<Tenant, Stop> {
    if source.tenant.is_empty() {
        let code = witness(task, module, &Head { pk: pk.clone(), code: None }).await?;
        return Ok(tenant_of(pk, code.as_deref()));
    }
    match pk.segments().skip(1).position(|segment| segment == source.tenant) {
        Some(at) => Ok(Tenant { code: source.tenant.clone(), segment: at + 1, confirmed: true }),
        None => Err(refused(format!("{pk} is not of source.tenant {}", source.tenant)).into()),
    }
}

fn refused(message: String) -> Failure {
    let mut failure = Failure::new(ErrorCode::Plan, message);
    failure.key = Some("source.entities".to_owned());
    failure
}
