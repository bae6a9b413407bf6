//! Preview of changes to attributes in place, partition by partition.

use super::refused_in_place;
use super::sink::Sink;
use super::walk::{Page, Walk};
use crate::domain::evolve::Evolving;
use crate::domain::item::PlannedItem;
use crate::domain::key::EntityKey;
use crate::domain::plan::{DeletedSources, Plan, Source};
use crate::domain::publish::Ttls;
use crate::domain::row::{Attributes, Row};
use crate::domain::run::Reason;
use crate::domain::transfer::Side;
use crate::domain::transform::Changing;
use crate::domain::value::Map;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::items::transfer::changing;
use crate::engine::read::scope::{Partition, nothing, partitions};
use crate::engine::task::{Context, Stop, Task, blocking};
use crate::store::publish::Snapshot;

/// Entities looked at together.
const PAGE: usize = 300;

/// Works out what becomes of entities that will be asked for next: in a worker, where filters are among the changes.
pub(super) async fn prepare(changing: &Changing, attributes: impl Iterator<Item = Map>) -> Result<(), Stop> {
    if let Some(elsewhere) = changing.elsewhere() {
        let attributes: Vec<Map> = attributes.collect();
        blocking(move || elsewhere.prepare(&attributes)).await?;
    }
    Ok(())
}

/// The attributes that a data row's changes begin with, if any.
pub(super) fn attributes_of(snapshot: &Snapshot, deleted: DeletedSources) -> Option<Map> {
    let row = snapshot.as_ref().ok()?.resolved.as_deref()?;
    let is_taken = !row.is_deleted() || deleted != DeletedSources::Skip;
    is_taken.then(|| attributes_in(row)).flatten()
}

/// The attributes that a row holds itself.
pub(super) fn attributes_in(row: &Row) -> Option<Map> {
    match row.attributes() {
        Ok(Attributes::Inline(map)) => Some(map.clone()),
        Ok(Attributes::Absent) => Some(Map::new()),
        Ok(Attributes::InS3(_)) | Err(_) => None,
    }
}

/// Ends the plan where filters did not come to an end for many entities in a row: no other would fare better.
pub(super) fn unstuck(changing: &Changing, item: &PlannedItem) -> Result<(), Stop> {
    if !changing.is_hopeless() || item.reason != Some(Reason::Transform) {
        return Ok(());
    }
    let why = item.message.clone().unwrap_or_else(|| "a filter did not come to an end".to_owned());
    let mut failure = Failure::new(ErrorCode::Plan, format!("{}: {why}", item.source));
    failure.key = Some("transform.jq".to_owned());
    let failure = failure.at(item.source.pk.as_str(), Some(item.source.sk.as_str()));
    Err(failure
        .hint("the filter itself is at fault, entity after entity: mend it, and preview again; nothing was written")
        .into())
}

/// Adds the items of a plan that changes attributes in place; gives back what is to be known before the run.
pub(super) async fn plan(
    task: &Task,
    context: &Context,
    plan: &Plan,
    source: &Source,
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let Some(changing) = changing(&context.time(), &plan.change)? else { return Ok(Vec::new()) };
    let evolving = Evolving { changing, deleted: source.deleted, mode: context.mode, stamp: context.stamp.clone() };
    let found = partitions(task, &plan.modules, source).await?;
    for partition in &found {
        let ttls = task.store().ttl_settings(&partition.module, &partition.pk).await?.at(context.at);
        let mut walk = Walk::new(task, source, partition, PAGE, true);
        let work = Work { evolving: &evolving, partition, ttls };
        while let Some(page) = walk.next().await? {
            let attributes = page.1.iter().filter_map(|one| attributes_of(one, source.deleted));
            prepare(&evolving.changing, attributes).await?;
            work.page(page, sink).await?;
        }
        walk.unprocessed(&partition.pk, None, sink).await?;
    }
    if found.is_empty() {
        return nothing(task, source).await;
    }
    super::tell_unmet(task, &evolving.changing).await?;
    Ok(Vec::new())
}

/// One partition at work.
struct Work<'a> {
    evolving: &'a Evolving,
    partition: &'a Partition,
    ttls: Ttls,
}

impl Work<'_> {
    async fn page(&self, (sks, snapshots): Page, sink: &mut Sink<'_>) -> Result<(), Stop> {
        for (sk, snapshot) in sks.into_iter().zip(snapshots) {
            let key = EntityKey { pk: self.partition.pk.clone(), sk };
            let item = match snapshot {
                Ok(seen) => {
                    let side = Side { key: &key, seen: &seen, ttls: self.ttls };
                    self.evolving.item(&self.partition.module, side)
                }
                Err(unusable) => refused_in_place(&self.partition.module, key, unusable),
            };
            unstuck(&self.evolving.changing, &item)?;
            sink.add(item).await?;
        }
        Ok(())
    }
}
