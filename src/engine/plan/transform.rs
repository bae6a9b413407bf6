//! What changing attributes in place would do, partition by partition.

use std::collections::BTreeSet;

use super::super::failure::{ErrorCode, Failure};
use super::super::run::Context;
use super::super::task::{Stop, Task};
use super::scope::{Partition, partitions};
use super::sink::Sink;
use super::unprocessed::{Seen, Unprocessed};
use crate::domain::evolve::Evolving;
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, SortKey};
use crate::domain::plan::{Change, Plan, Source};
use crate::domain::publish::Ttls;
use crate::domain::row::TableKind;
use crate::domain::run::Action;
use crate::domain::transfer::Side;
use crate::domain::transform::Changing;
use crate::store::Query;
use crate::store::publish::Snapshot;

/// Entities looked at together.
const PAGE: usize = 300;

/// A plan's changes with the run's clock; `None` where it has none.
pub(super) fn changing(context: &Context, change: &Change) -> Result<Option<Changing>, Stop> {
    let changing = Changing::new(change, &context.time()).map_err(|bad| {
        let mut failure = Failure::new(ErrorCode::Plan, bad.to_string());
        failure.key = Some("transform.jq".to_owned());
        failure
    })?;
    Ok(Some(changing).filter(|changing| !changing.is_empty()))
}

/// Ends the plan at an entity whose filter did not come to an end: no other would fare better.
pub(super) fn unstuck(changing: &Changing, item: &PlannedItem) -> Result<(), Stop> {
    if !changing.is_stuck() {
        return Ok(());
    }
    let why = item.message.clone().unwrap_or_else(|| "a filter did not come to an end".to_owned());
    let mut failure = Failure::new(ErrorCode::Plan, format!("{}: {why}", item.source));
    failure.key = Some("transform.jq".to_owned());
    let failure = failure.at(item.source.pk.as_str(), Some(item.source.sk.as_str()));
    Err(failure.hint("the filter itself runs on and on: mend it, and preview again; nothing was written").into())
}

/// Adds the items of a plan that changes attributes in place; gives back what is to be known before the run.
pub(super) async fn plan(
    task: &Task,
    context: &Context,
    plan: &Plan,
    source: &Source,
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let Some(changing) = changing(context, &plan.change)? else { return Ok(Vec::new()) };
    let evolving = Evolving { changing, deleted: source.deleted, mode: context.mode, stamp: context.stamp.clone() };
    let found = partitions(task, &plan.modules, source).await?;
    for partition in &found {
        let ttls = task.store().ttl_settings(&partition.module, &source.tenant).await?.at(context.at);
        let work = Work { task, evolving: &evolving, source, partition, ttls };
        if source.keys.is_empty() {
            work.everything(sink).await?;
        } else {
            work.named(sink).await?;
        }
    }
    if found.is_empty() {
        let kind = source.entity_type.as_deref().unwrap_or("any type");
        return Ok(vec![format!("there is nothing of {kind} under tenant {}", source.tenant)]);
    }
    Ok(Vec::new())
}

/// One partition at work.
struct Work<'a> {
    task: &'a Task,
    evolving: &'a Evolving,
    source: &'a Source,
    partition: &'a Partition,
    ttls: Ttls,
}

impl Work<'_> {
    async fn everything(&self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut after: Option<String> = None;
        let mut seen = Seen::default();
        loop {
            self.task.check()?;
            let query = Query {
                module: &self.partition.module,
                kind: TableKind::Data,
                pk: &self.partition.pk,
                prefix: &self.source.sk_prefix,
                after: after.as_deref(),
                limit: Some(PAGE),
                fields: &[],
                consistent: true,
            };
            let page = self.task.store().query(&query).await?;
            let rows = page.rows.into_iter().map(|row| Ok((SortKey::new(row.sk()?), Some(row))));
            let rows = rows.collect::<Result<Vec<_>, Stop>>()?;
            rows.iter().for_each(|(sk, _)| seen.add(sk.as_str()));
            let sks: Vec<SortKey> = rows.iter().map(|(sk, _)| sk.clone()).collect();
            let (module, pk) = (&self.partition.module, &self.partition.pk);
            let sides = self.task.store().snapshots_of(module, pk, rows, true).await?;
            self.page(sks, sides, sink).await?;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let unprocessed = Unprocessed {
            task: self.task,
            module: &self.partition.module,
            pk: &self.partition.pk,
            prefix: &self.source.sk_prefix,
            target: &self.partition.pk,
        };
        unprocessed.tell(&seen, sink).await
    }

    async fn named(&self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let wanted: BTreeSet<&String> =
            self.source.keys.iter().filter(|k| k.starts_with(&self.source.sk_prefix)).collect();
        let sks: Vec<SortKey> = wanted.into_iter().map(|sk| SortKey::new(sk.as_str())).collect();
        for sks in sks.chunks(PAGE) {
            self.task.check()?;
            let sides = self.task.store().snapshots(&self.partition.module, &self.partition.pk, sks).await?;
            self.page(sks.to_vec(), sides, sink).await?;
        }
        Ok(())
    }

    async fn page(&self, sks: Vec<SortKey>, sides: Vec<Snapshot>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        for (sk, snapshot) in sks.into_iter().zip(sides) {
            let key = EntityKey { pk: self.partition.pk.clone(), sk };
            let item = match snapshot {
                Ok(seen) => {
                    let side = Side { key: &key, seen: &seen, ttls: self.ttls };
                    self.evolving.item(&self.partition.module, side)
                }
                Err(unusable) => {
                    let version = unusable.data.as_ref().and_then(|row| row.version().ok()).unwrap_or_default();
                    PlannedItem {
                        module: self.partition.module.clone(),
                        source: key.clone(),
                        target: key.clone(),
                        action: Action::Invalid,
                        reason: Some(unusable.reason),
                        message: Some(unusable.message),
                        line: None,
                        warnings: Vec::new(),
                        parts: vec![PlannedPart::pinned(Role::Target, key, version, unusable.data)],
                    }
                }
            };
            unstuck(&self.evolving.changing, &item)?;
            sink.add(item).await?;
        }
        Ok(())
    }
}
