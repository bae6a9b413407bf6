//! Who did what, newest first, whichever partitions it was in.

mod kept;
mod partition;

use std::collections::BTreeSet;

use crate::domain::key::PartitionKey;
use crate::engine::protocol::{ActivityWanted, Event, ReportedFailures};
use crate::engine::read::among;
use crate::engine::read::browse::has_partition;
use crate::engine::task::{Stop, Task};
use kept::{Kept, directory};
use partition::{Counted, Partition};

/// Activity told at a time.
const CHUNK: u64 = 200;

/// Reads the versions of everything in scope, and tells them once their order is known.
pub(in crate::engine) async fn activity(task: &Task, wanted: &ActivityWanted) -> Result<(), Stop> {
    let mut kept = Kept::open(directory(&task.shared.state_dir)?)?;
    let mut told = ReportedFailures::default();
    let mut counted = Counted::default();
    for module in among::modules(task, &wanted.among, wanted.pk.as_ref()).await? {
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
    among::partitions(task, module, &wanted.among, told).await
}
