//! Entities that a run wrote, found in the rows alone: by the request id that every row of it carries.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::sink::Sink;
use super::undo::{Taken, Taker};
use crate::domain::item::Role;
use crate::domain::key::{EntityKey, PartitionKey, Version, split_versioned};
use crate::domain::row::{Row, TableKind};
use crate::domain::undo::Written;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{EntityRef, Event, Level, Phase};
use crate::engine::read::browse::{has_partition, modules};
use crate::engine::read::versions::find;
use crate::engine::task::{Stop, Task};
use crate::store::{Found, Search};

/// Items looked at together.
const PAGE: usize = 100;

/// Entities and the lowest version of each that carries the run's id.
type Versions = BTreeMap<EntityKey, Version>;

/// In one partition.
pub(super) async fn partition(
    taker: &mut Taker<'_>,
    pk: &PartitionKey,
    module: Option<String>,
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let module = match module {
        Some(module) => module,
        None => module_of(taker.task, pk).await?,
    };
    let note = cost(taker.task, &module, Some(pk)).await?;
    let found = search(taker, &module, Some(pk)).await?;
    add(taker, &module, found, sink).await?;
    Ok(vec![note])
}

/// In all partitions of a module.
pub(super) async fn module(taker: &mut Taker<'_>, module: &str, sink: &mut Sink<'_>) -> Result<Vec<String>, Stop> {
    let note = cost(taker.task, module, None).await?;
    let found = search(taker, module, None).await?;
    add(taker, module, found, sink).await?;
    Ok(vec![note])
}

async fn module_of(task: &Task, pk: &PartitionKey) -> Result<String, Stop> {
    let known = modules(task).await?;
    let hint = pk.module_hint();
    if known.contains(&hint) {
        return Ok(hint);
    }
    let mut having = Vec::new();
    for module in &known {
        if has_partition(task, module, pk).await? {
            having.push(module.clone());
        }
    }
    if having.len() == 1 {
        return Ok(having.remove(0));
    }
    let failure = Failure::new(ErrorCode::Usage, format!("{} modules have the partition {pk}", having.len()));
    Err(failure.hint(format!("name one with --module: {}", known.join(", "))).into())
}

/// Tells what the search will cost before it begins: it reads every command and history row of its scope.
async fn cost(task: &Task, module: &str, pk: Option<&PartitionKey>) -> Result<String, Stop> {
    let mut units = 0.0;
    let mut is_known = true;
    for kind in [TableKind::Command, TableKind::History] {
        match task.store().table_size(module, kind).await {
            // Consistent reads: a unit for four kilobytes.
            Ok(size) => units += 2.0 * size.units(),
            Err(_) => is_known = false,
        }
    }
    let scope = pk.map_or_else(|| format!("module {module}"), |pk| format!("partition {pk} of module {module}"));
    let most = if pk.is_some() { "at most " } else { "about " };
    let note = match is_known {
        true => format!("the search reads every command and history row of {scope}: {most}{units:.0} read units"),
        false => {
            format!("the search reads every command and history row of {scope}; what that costs could not be found out")
        }
    };
    task.emit(Event::Log(Level::Warning, note.clone())).await?;
    Ok(note)
}

async fn search(taker: &Taker<'_>, module: &str, pk: Option<&PartitionKey>) -> Result<Versions, Stop> {
    let mut versions = Versions::new();
    let mut looked = 0;
    for kind in [TableKind::Command, TableKind::History] {
        let mut at = None;
        loop {
            taker.task.check()?;
            let search = Search { module, kind, pk, request_id: &taker.undoing.request_id };
            let page = taker.task.store().search(&search, at).await?;
            looked += page.looked_at;
            for Found { pk, sk } in page.found {
                if let Some((base, version)) = split_versioned(&sk) {
                    let lowest = versions.entry(EntityKey::new(pk, base)).or_insert(version);
                    *lowest = version.min(*lowest);
                }
            }
            taker.task.emit(Event::Progress { phase: Phase::Scan, done: looked, total: None }).await?;
            match page.next {
                Some(next) => at = Some(next),
                None => break,
            }
        }
    }
    Ok(versions)
}

async fn add(taker: &mut Taker<'_>, module: &str, found: Versions, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut waiting = Vec::with_capacity(PAGE);
    for (key, lowest) in found {
        waiting.push(taken(taker.task, module, key, lowest).await?);
        if waiting.len() >= PAGE {
            taker.take(std::mem::take(&mut waiting), sink).await?;
        }
    }
    taker.take(waiting, sink).await
}

/// An entity whose version `lowest` was the first that the run wrote: the one before is what it goes back to.
async fn taken(task: &Task, module: &str, key: EntityKey, lowest: Version) -> Result<Taken, Stop> {
    let version = Version(lowest.0.saturating_sub(1));
    let entity = EntityRef { module: module.to_owned(), key: key.clone() };
    // Most entities were absent before; a few stood at version 0.
    let before = row(task, &entity, version).await?;
    let wrote = row(task, &entity, lowest).await?.map(|(row, _)| row);
    let (before, attributes_ref) = before.map_or((None, None), |(row, attributes_ref)| (Some(row), attributes_ref));
    let written = Written {
        role: Role::Target,
        key: key.clone(),
        version,
        before,
        wrote,
        attributes_ref,
        is_certain: true,
        is_proven: true,
        is_confirmed: true,
        is_forced: false,
    };
    Ok(Taken { module: module.to_owned(), source: key.clone(), target: key, written: vec![written] })
}

/// A version's row with its attributes, or their bytes where these say more, and where those stand in S3; `None` where it is in no table any more, or its S3 object is gone.
async fn row(task: &Task, entity: &EntityRef, version: Version) -> Result<Option<(Arc<Row>, Option<String>)>, Stop> {
    let data = task.store().data_row(&entity.module, &entity.key).await?;
    let Some(found) = find(task, entity, data.as_ref(), version).await? else { return Ok(None) };
    let attributes_ref = found.row.attributes_ref().map(str::to_owned);
    Ok(task.store().whole(&found.row).await?.like(true).ok().map(|row| (Arc::new(row), attributes_ref)))
}
