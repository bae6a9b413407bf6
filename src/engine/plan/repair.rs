//! Preview of a repair: the items that would finish wedged entities.

use std::collections::{BTreeMap, BTreeSet};

use super::sink::Sink;
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, PartitionKey, SortKey};
use crate::domain::plan::{Modules, NamedEntity};
use crate::domain::repair;
use crate::domain::row::blocked;
use crate::domain::run::{Action, Reason};
use crate::domain::snapshot::EntitySnapshot;
use crate::domain::timeline::is_stuck;
use crate::domain::transfer::Side;
use crate::engine::check::doctor;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::task::{Context, Stop, Task};

/// Entities looked at together.
const PAGE: usize = 100;

/// Adds an item for each entity whose next command nothing will finish; of the named ones alone, where some are.
pub(super) async fn plan(
    task: &Task,
    context: &Context,
    (modules, only): (&Modules, Option<&Vec<NamedEntity>>),
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let known = doctor::known(task).await?;
    let wanted = match modules {
        Modules::Named(names) => names.clone(),
        Modules::All | Modules::ByType => known.clone(),
    };
    if let Some(name) = wanted.iter().find(|name| !known.contains(name)) {
        let failure = Failure::new(ErrorCode::NoTable, format!("there is no module {name}"));
        return Err(failure.hint(format!("the modules are {}", known.join(", "))).into());
    }
    for module in &wanted {
        let found = match only {
            Some(only) => named(only, module),
            None => doctor::wedged(task, module).await?,
        };
        for (pk, sks) in found {
            let sks: Vec<SortKey> = sks.into_iter().collect();
            for sks in sks.chunks(PAGE) {
                task.check()?;
                let seen = task.store().snapshots(module, &pk, sks).await?;
                for (sk, snapshot) in sks.iter().zip(seen) {
                    // An entity that cannot be worked with at all is for doctor to report.
                    let Ok(seen) = snapshot else { continue };
                    let key = EntityKey { pk: pk.clone(), sk: sk.clone() };
                    let is_wedged =
                        !seen.is_expired && !seen.is_past_ttl && seen.next_command.as_ref().is_some_and(is_stuck);
                    if is_wedged && blocked(&key, seen.data.as_deref()).is_none() {
                        sink.add(item(task, context, module, &pk, key, seen).await?).await?;
                    }
                }
            }
        }
    }
    Ok(Vec::new())
}

/// The named entities of a module by their partitions: nothing has to be looked for.
fn named(only: &[NamedEntity], module: &str) -> Vec<(PartitionKey, BTreeSet<SortKey>)> {
    let mut found: BTreeMap<PartitionKey, BTreeSet<SortKey>> = BTreeMap::new();
    for one in only.iter().filter(|one| one.module.as_deref() == Some(module)) {
        found.entry(one.pk.clone()).or_default().insert(SortKey::new(&one.sk));
    }
    found.into_iter().collect()
}

async fn item(
    task: &Task,
    context: &Context,
    module: &str,
    pk: &PartitionKey,
    key: EntityKey,
    seen: EntitySnapshot,
) -> Result<PlannedItem, Stop> {
    let command = seen.next_command.clone().unwrap_or_default();
    let invalid = |reason, message| {
        let part = PlannedPart::pinned(Role::Target, key.clone(), seen.version, seen.resolved.clone());
        PlannedItem::new(module, key.clone(), key.clone()).refused(Action::Invalid, reason, message).with(part)
    };
    let command = match task.store().readable(&command).await? {
        Ok(command) => command,
        Err(unreadable) => return Ok(invalid(unreadable.reason, unreadable.message)),
    };
    let ttls = task.store().ttl_settings(module, pk).await?.at(context.at);
    let side = Side { key: &key, seen: &seen, ttls };
    let gone = || invalid(Reason::MissingVersion, "the command is not there any more".to_owned());
    Ok(repair::item(module, side, &command).unwrap_or_else(gone))
}
