//! Who did what, newest first, whichever partitions it was in.

mod kept;
mod partition;

use std::collections::BTreeSet;

use crate::domain::key::PartitionKey;
use crate::domain::row::TableKind;
use crate::engine::failure::ErrorCode;
use crate::engine::protocol::{ActivityWanted, Event, ReportedFailures};
use crate::engine::read::browse::{chosen_modules, has_partition};
use crate::engine::read::partitions::{Partitions, is_of};
use crate::engine::task::{Stop, Task};
use crate::store::error::ErrorKind;
use kept::{Kept, directory};
use partition::{Counted, Partition};

/// Activity told at a time.
const CHUNK: u64 = 200;

/// Reads the versions of everything in scope, and tells them once their order is known.
pub(in crate::engine) async fn activity(task: &Task, wanted: &ActivityWanted) -> Result<(), Stop> {
    let mut kept = Kept::open(directory(&task.shared.state_dir)?)?;
    let mut told = ReportedFailures::default();
    let mut counted = Counted::default();
    for module in modules(task, wanted).await? {
        let listed = match partitions(task, wanted, &module, &mut told).await {
            Ok(listed) => listed,
            // One table that may not be read does not hide the others.
            Err(Stop::Failed(failure)) => {
                task.failed(failure.not_fatal()).await?;
                continue;
            }
            Err(stop) => return Err(stop),
        };
        for pk in listed {
            let kept = &mut kept;
            let (told, counted) = (&mut told, &mut counted);
            let mut partition = Partition { task, wanted, module: &module, pk: &pk, kept, told, counted };
            match partition.read().await {
                Err(Stop::Failed(failure)) => {
                    let failure = failure.so(&format!("the activity of {pk} is not complete")).at(pk.as_str(), None);
                    task.failed(failure.not_fatal()).await?;
                }
                other => other?,
            }
        }
    }
    if counted.undated > 0 {
        let text = format!("versions without a readable time, which no period can hold: {}", counted.undated);
        task.warn(text).await?;
    }
    tell(task, &mut kept, wanted.limit.unwrap_or(u64::MAX)).await
}

async fn tell(task: &Task, kept: &mut Kept, limit: u64) -> Result<(), Stop> {
    kept.arrange(limit)?;
    let mut behind = 0;
    loop {
        task.check()?;
        let page = kept.page(behind, CHUNK)?;
        if page.is_empty() {
            return Ok(());
        }
        behind += page.len() as u64;
        task.emit(Event::Activity(page)).await?;
    }
}

async fn modules(task: &Task, wanted: &ActivityWanted) -> Result<Vec<String>, Stop> {
    let known = chosen_modules(task, wanted.among.module.clone()).await?;
    let of_type = wanted.among.entity_type.as_deref().map(PartitionKey::new);
    let hint = wanted.pk.as_ref().or(of_type.as_ref()).map(PartitionKey::module_hint);
    Ok(match hint.filter(|hint| known.contains(hint)) {
        Some(hint) => vec![hint],
        None => known,
    })
}

/// Partitions in scope, those of the data table and those that have commands alone.
async fn partitions(
    task: &Task,
    wanted: &ActivityWanted,
    module: &str,
    told: &mut ReportedFailures,
) -> Result<BTreeSet<PartitionKey>, Stop> {
    if let Some(pk) = &wanted.pk {
        let is_there = has_partition(task, module, pk).await?;
        return Ok(is_there.then(|| pk.clone()).into_iter().collect());
    }
    let among = &wanted.among;
    let mut found = BTreeSet::new();
    for kind in [TableKind::Data, TableKind::Command] {
        let mut listed = Partitions::start(task, module, kind);
        loop {
            let heads = match listed.next().await {
                Ok(Some(heads)) => heads,
                Ok(None) => break,
                Err(Stop::Failed(failure)) if kind == TableKind::Command => {
                    let what = format!("partitions of module {module} that have commands alone are not known");
                    let is_no_table = failure.code == ErrorCode::NoTable;
                    let cause = is_no_table.then_some(ErrorKind::NoTable);
                    if told.is_new(&what, cause, failure.aws_code.as_deref()) {
                        let failure = failure.so(&what).not_fatal();
                        task.failed(failure).await?;
                    }
                    break;
                }
                Err(stop) => return Err(stop),
            };
            for head in heads {
                let (kind, tenant) = (among.entity_type.as_deref(), among.tenant.as_deref());
                if !found.contains(&head.pk) && is_of(task, module, &head, kind, tenant).await? {
                    found.insert(head.pk);
                }
            }
        }
    }
    Ok(found)
}
