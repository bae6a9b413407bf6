//! Preview of a rollback of many entities, partition by partition.

mod then;
mod traces;

use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::refused_in_place;
use super::sink::Sink;
use super::walk::{Page, Walk};
use crate::domain::clock::{parse_time, utc_millis};
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, Version};
use crate::domain::plan::{DeletedSources, Modules, RollTo, Rollback, Source};
use crate::domain::publish::Ttls;
use crate::domain::rollback::{Aim, Rolling, Traces, aim};
use crate::domain::run::{Action, Reason};
use crate::domain::snapshot::EntitySnapshot;
use crate::domain::transfer::Side;
use crate::engine::read::scope::{Partition, nothing, partitions};
use crate::engine::task::{Context, Stop, Task};
use crate::store::publish::Snapshot;

/// Entities looked at together.
const PAGE: usize = 100;
/// Entities whose versions are read at once.
const AT_ONCE: usize = 16;

/// Adds the items of a rollback; gives back what is to be known before the run.
pub(super) async fn plan(
    task: &Task,
    context: &Context,
    modules: &Modules,
    source: &Source,
    how: &Rollback,
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let is_stamped = context.settings.stamp && task.profile().rollback_stamp;
    let rolling = Rolling {
        conflicts: how.conflicts,
        mode: context.mode,
        stamp: context.stamp.clone(),
        marks: is_stamped.then(|| context.time()),
        is_single: source.pk.is_some(),
        expect: how.expect,
    };
    let found = partitions(task, modules, source).await?;
    let mut told = Told::default();
    for partition in &found {
        let ttls = task.store().ttl_settings(&partition.module, &partition.pk).await?.at(context.at);
        let mut walk = Walk::new(task, source, partition, PAGE, true);
        let mut work = Work { task, rolling: &rolling, source, how, partition, ttls, told: &mut told };
        while let Some(page) = walk.next().await? {
            work.page(page, sink).await?;
        }
        let about = match how.to {
            RollTo::Version(_) | RollTo::Time(_) => None,
            _ => Some(how),
        };
        walk.unprocessed(&partition.pk, about, sink).await?;
    }
    if found.is_empty() {
        return nothing(task, source).await;
    }
    Ok(told.notes(how))
}

/// Facts about entities that became no items, for the notes of the plan.
#[derive(Default)]
struct Told {
    looked_at: u64,
    items: u64,
    /// Entities with versions whose command rows are gone, so that no window can tell when they were published.
    undated: u64,
    /// Times at which entities say that they were migrated: how many, the first, the last.
    migrated: (u64, Option<Timestamp>, Option<Timestamp>),
}

impl Told {
    fn migrated_at(&mut self, text: &str) {
        let Some(at) = parse_time(text) else { return };
        let (count, first, last) = &mut self.migrated;
        *count += 1;
        *first = Some(first.map_or(at, |f| f.min(at)));
        *last = Some(last.map_or(at, |l| l.max(at)));
    }

    fn notes(&self, how: &Rollback) -> Vec<String> {
        let mut notes = Vec::new();
        if matches!(how.to, RollTo::Version(_) | RollTo::Time(_)) {
            return notes;
        }
        notes.push(format!("entities looked at: {}; of them the plan is about {}", self.looked_at, self.items));
        if matches!(how.to, RollTo::Window { .. }) && self.undated > 0 {
            notes.push(format!(
                "entities with versions that have no command row any more: {}; whether those fall into the window is not known, and they are skipped",
                self.undated
            ));
        }
        if let (RollTo::BeforeMigratedAt(_), (count, Some(first), Some(last))) = (&how.to, self.migrated) {
            notes.push(format!(
                "versions that say when they were migrated: {count}, between {} and {}; a window takes several times at once",
                utc_millis(first),
                utc_millis(last)
            ));
        }
        notes
    }
}

/// One partition at work.
struct Work<'a> {
    task: &'a Task,
    rolling: &'a Rolling,
    source: &'a Source,
    how: &'a Rollback,
    partition: &'a Partition,
    ttls: Ttls,
    told: &'a mut Told,
}

impl Work<'_> {
    async fn page(&mut self, (sks, snapshots): Page, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let entities: Vec<(EntityKey, Snapshot)> =
            sks.into_iter().map(|sk| EntityKey { pk: self.partition.pk.clone(), sk }).zip(snapshots).collect();
        let aims = self.aims(&entities).await?;
        let wanted: Vec<(&EntityKey, Version)> = entities
            .iter()
            .zip(&aims)
            .filter_map(|((key, _), aim)| match aim {
                Aim::Back { to, .. } if *to > Version(0) => Some((key, *to)),
                _ => None,
            })
            .collect();
        let mut thens = then::rows(self.task, &self.partition.module, &wanted).await?;
        for ((key, snapshot), aim) in entities.into_iter().zip(aims) {
            self.told.looked_at += 1;
            if aim == Aim::Untouched {
                continue;
            }
            self.told.items += 1;
            let item = match snapshot {
                Err(unusable) => refused_in_place(&self.partition.module, key, unusable),
                Ok(seen) if self.is_left_out(&seen) => {
                    let message = "it is soft-deleted, and the plan skips those".to_owned();
                    let part = PlannedPart::pinned(Role::Target, key.clone(), seen.version, seen.resolved);
                    let item = PlannedItem::new(&self.partition.module, key.clone(), key);
                    item.refused(Action::Skip, Reason::Deleted, message).with(part)
                }
                Ok(seen) => {
                    let then = thens.remove(&key).transpose();
                    let side = Side { key: &key, seen: &seen, ttls: self.ttls };
                    self.rolling.item(
                        &self.partition.module,
                        side,
                        &aim,
                        then.as_ref().map(Option::as_ref).map_err(Clone::clone),
                    )
                }
            };
            sink.add(item).await?;
        }
        Ok(())
    }

    fn is_left_out(&self, seen: &EntitySnapshot) -> bool {
        self.source.deleted == DeletedSources::Skip && seen.resolved.as_ref().is_some_and(|row| row.is_deleted())
    }

    /// Where each entity is to go, in their order.
    async fn aims(&mut self, entities: &[(EntityKey, Snapshot)]) -> Result<Vec<Aim>, Stop> {
        if let RollTo::Version(_) = self.how.to {
            let none = Traces::new();
            let current = |snapshot: &Snapshot| snapshot.as_ref().map(|s| s.version).unwrap_or_default();
            return Ok(entities.iter().map(|(_, s)| aim(self.how, &none, current(s))).collect());
        }
        let (task, module, to) = (self.task, &self.partition.module, &self.how.to);
        // Made beforehand: the compiler cannot follow borrows through a stream of closures.
        let each: Vec<_> = entities.iter().map(|(key, seen)| traces::of(task, module, key, seen, to)).collect();
        let traces: Vec<Traces> = futures::stream::iter(each).buffered(AT_ONCE).try_collect().await?;
        let mut aims = Vec::with_capacity(entities.len());
        for ((_, snapshot), traces) in entities.iter().zip(&traces) {
            self.told.undated += u64::from(traces.values().any(|trace| !trace.has_command()));
            if let RollTo::BeforeMigratedAt(_) = to {
                for (version, trace) in traces {
                    let before = traces.get(&Version(version.0.saturating_sub(1)));
                    trace.migrated_at(before).take(1).for_each(|at| self.told.migrated_at(at));
                }
            }
            aims.push(match snapshot {
                Ok(seen) if seen.data.is_some() => aim(self.how, traces, seen.version),
                // It has its own reason for not being written; whether the plan is about it is known from its rows alone.
                Ok(_) | Err(_) => match aim(self.how, traces, Version(u64::MAX)) {
                    Aim::Untouched => Aim::Untouched,
                    _ => Aim::There(String::new()),
                },
            });
        }
        Ok(aims)
    }
}
