//! Preview of a copy or a move, partition by partition.

use super::sink::Sink;
use super::transform::{attributes_of, prepare};
use super::walk::{Page, Walk};
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, PartitionKey, SortKey};
use crate::domain::plan::{Plan, Source, Target};
use crate::domain::publish::Ttls;
use crate::domain::run::{Action, Reason};
use crate::domain::tenant::with_tenant;
use crate::domain::transfer::{Side, Transfer};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::items::transfer::{carries_bytes, transfer_of};
use crate::engine::read::elsewhere::SourceSide;
use crate::engine::read::scope::{Partition, nothing, partitions};
use crate::engine::task::{Context, Stop, Task};
use crate::store::publish::{Snapshot, with_bytes};

/// Entities looked at together: with their commands and targets a few requests of a hundred keys each.
const PAGE: usize = 300;

/// Adds the items of a copy or a move; gives back what is to be known before the run.
pub(super) async fn plan(
    task: &Task,
    context: &Context,
    plan: &Plan,
    source: &Source,
    target: &Target,
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let transfer = transfer_of(context, plan, source, target)?;
    let from = SourceSide::of(task, source).await?;
    let found = partitions(from.task(), &plan.modules, source).await?;
    let mut taken: std::collections::HashMap<(&str, PartitionKey), &PartitionKey> = std::collections::HashMap::new();
    for partition in &found {
        let to = with_tenant(&partition.pk, &partition.tenant, &target.tenant);
        // Only entities that are named can be of such a partition; out of a snapshot they come back into their own.
        if partition.tenant.segment == 0 || (to == partition.pk && source.snapshot.is_none()) {
            let message = match partition.tenant.segment {
                0 => format!("{} has no tenant in its key that another could take the place of", partition.pk),
                _ => format!("{} is of the target tenant already", partition.pk),
            };
            return Err(Failure::new(ErrorCode::Plan, message).hint("take it out of source.entities").into());
        }
        if let Some(other) = taken.insert((&partition.module, to.clone()), &partition.pk) {
            let message = format!("{other} and {} would both become {to}: one of them would be lost", partition.pk);
            return Err(Failure::new(ErrorCode::Conflict, message)
                .hint("name one of them alone by module or type")
                .into());
        }
    }
    for partition in &found {
        let mut work = Work::new((task, &from), context, &transfer, target, partition).await?;
        // Bytes are carried from object to object, and those of a snapshot are not in the bucket.
        work.carries_bytes = carries_bytes(plan, &transfer.carry) && !from.is_snapshot();
        let mut walk = Walk::new(from.task(), source, partition, PAGE, transfer.carry.leaves_source());
        while let Some(page) = walk.next().await? {
            if let Some(changing) = &transfer.carry.changing {
                let attributes = page.1.iter().filter_map(|one| attributes_of(one, source.deleted));
                prepare(changing, attributes).await?;
            }
            work.page(page, sink).await?;
        }
        walk.unprocessed(&work.target, None, sink).await?;
    }
    if let Some(changing) = &transfer.carry.changing {
        super::tell_unmet(task, changing).await?;
    }
    let mut notes = if found.is_empty() { nothing(task, source).await? } else { Vec::new() };
    notes.extend(from.note());
    from.close().await?;
    Ok(notes)
}

/// An item whose source is in no table: nothing is pinned there, and nothing is compared with it when the item is carried out.
fn of_snapshot(mut item: PlannedItem) -> PlannedItem {
    item.parts.retain(|part| part.role != Role::Source);
    item
}

/// One partition at work.
struct Work<'a> {
    task: &'a Task,
    transfer: &'a Transfer,
    partition: &'a Partition,
    target: PartitionKey,
    target_ttls: Ttls,
    source_ttls: Ttls,
    carries_bytes: bool,
    is_snapshot: bool,
}

impl<'a> Work<'a> {
    async fn new(
        (task, from): (&'a Task, &SourceSide),
        context: &Context,
        transfer: &'a Transfer,
        target: &Target,
        partition: &'a Partition,
    ) -> Result<Self, Stop> {
        let to = with_tenant(&partition.pk, &partition.tenant, &target.tenant);
        let (target_ttls, source_ttls) = tokio::try_join!(
            task.store().ttl_settings(&partition.module, &to),
            from.task().store().ttl_settings(&partition.module, &partition.pk)
        )?;
        Ok(Self {
            task,
            transfer,
            partition,
            target: to,
            target_ttls: target_ttls.at(context.at),
            source_ttls: source_ttls.at(context.at),
            carries_bytes: false,
            is_snapshot: from.is_snapshot(),
        })
    }

    async fn page(&self, (sks, sources): Page, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let targets = self.task.store().snapshots(&self.partition.module, &self.target, &sks).await?;
        for ((sk, source), target) in sks.iter().zip(sources).zip(targets) {
            let mut item = self.item(sk, source, target);
            if self.is_snapshot {
                item = of_snapshot(item);
            }
            if let Some(changing) = &self.transfer.carry.changing {
                super::transform::unstuck(changing, &item)?;
            }
            sink.add(item).await?;
        }
        Ok(())
    }

    fn item(&self, sk: &SortKey, source: Snapshot, target: Snapshot) -> PlannedItem {
        let key = |pk: &PartitionKey| EntityKey { pk: pk.clone(), sk: sk.clone() };
        let (source_key, target_key) = (key(&self.partition.pk), key(&self.target));
        let form = |snapshot| if self.carries_bytes { with_bytes(snapshot) } else { snapshot };
        let (source, target) = match (form(source), form(target)) {
            (Ok(source), Ok(target)) => (source, target),
            (Err(unusable), target) => {
                let mut item = self.unusable(source_key, target_key, unusable.reason, unusable.message);
                let target = target.ok().unwrap_or_default();
                item.parts.push(PlannedPart::pinned(
                    Role::Target,
                    item.target.clone(),
                    target.version,
                    target.resolved,
                ));
                return item;
            }
            (Ok(_), Err(unusable)) => {
                let message = format!("the target cannot be worked with: {}", unusable.message);
                let version = unusable.version();
                let mut item = self.unusable(source_key, target_key, unusable.reason, message);
                item.parts.push(PlannedPart::pinned(Role::Target, item.target.clone(), version, unusable.data));
                return item;
            }
        };
        self.transfer.item(
            &self.partition.module,
            Side { key: &source_key, seen: &source, ttls: self.source_ttls },
            Side { key: &target_key, seen: &target, ttls: self.target_ttls },
        )
    }

    fn unusable(&self, source: EntityKey, target: EntityKey, reason: Reason, message: String) -> PlannedItem {
        PlannedItem::new(&self.partition.module, source, target).refused(Action::Invalid, reason, message)
    }
}
