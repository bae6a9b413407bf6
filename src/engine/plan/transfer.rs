//! What copying or moving would do, partition by partition.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::failure::{ErrorCode, Failure};
use super::super::run::Context;
use super::super::task::{Stop, Task};
use super::scope::{Partition, partitions};
use super::sink::Sink;
use super::unprocessed::{Seen, Unprocessed};
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, PartitionKey, SortKey};
use crate::domain::plan::{Plan, Source, Target};
use crate::domain::publish::Ttls;
use crate::domain::row::{Row, TableKind};
use crate::domain::run::{Action, Reason};
use crate::domain::tenant::with_tenant;
use crate::domain::transfer::{Marks, Side, Transfer};
use crate::store::Query;
use crate::store::publish::Snapshot;

/// Entities looked at together: with their commands and targets a few requests of a hundred keys each.
const PAGE: usize = 300;

/// What the run marks the entities with, where the plan wants that.
pub(super) fn marks(context: &Context) -> Option<Marks> {
    context.settings.stamp.then(|| Marks { run: context.run, at: context.time(), by: context.stamp.by.clone() })
}

/// The rules of a plan's copy or move.
pub(in super::super) fn transfer_of(
    context: &Context,
    plan: &Plan,
    source: &Source,
    target: &Target,
) -> Result<Transfer, Stop> {
    Ok(Transfer {
        operation: context.operation,
        tenant: target.tenant.clone(),
        existing: target.existing,
        deleted: source.deleted,
        mode: context.mode,
        marks: marks(context),
        respell: None,
        changing: super::transform::changing(context, &plan.change)?.map(Arc::new),
        stamp: context.stamp.clone(),
    })
}

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
    let found = partitions(task, &plan.modules, source).await?;
    let mut taken: std::collections::HashMap<(&str, PartitionKey), &PartitionKey> = std::collections::HashMap::new();
    for partition in &found {
        let to = with_tenant(&partition.pk, &partition.tenant, &target.tenant);
        if let Some(other) = taken.insert((&partition.module, to.clone()), &partition.pk) {
            let message = format!("{other} and {} would both become {to}: one of them would be lost", partition.pk);
            return Err(Failure::new(ErrorCode::Conflict, message)
                .hint("name one of them alone by module or type")
                .into());
        }
    }
    for partition in &found {
        let work = Work::new(task, context, &transfer, source, target, partition).await?;
        if source.keys.is_empty() {
            work.everything(sink).await?;
        } else {
            work.named(sink).await?;
        }
    }
    let mut notes = Vec::new();
    if found.is_empty() {
        let kind = source.entity_type.as_deref().unwrap_or("any type");
        notes.push(format!("there is nothing of {kind} under tenant {}", source.tenant));
    }
    Ok(notes)
}

/// One partition at work.
struct Work<'a> {
    task: &'a Task,
    transfer: &'a Transfer,
    source: &'a Source,
    partition: &'a Partition,
    target: PartitionKey,
    target_ttls: Ttls,
    source_ttls: Ttls,
}

impl<'a> Work<'a> {
    async fn new(
        task: &'a Task,
        context: &Context,
        transfer: &'a Transfer,
        source: &'a Source,
        target: &Target,
        partition: &'a Partition,
    ) -> Result<Self, Stop> {
        let (target_ttls, source_ttls) = tokio::try_join!(
            task.store().ttl_settings(&partition.module, &target.tenant),
            task.store().ttl_settings(&partition.module, &source.tenant)
        )?;
        Ok(Self {
            task,
            transfer,
            source,
            partition,
            target: with_tenant(&partition.pk, &partition.tenant, &target.tenant),
            target_ttls: target_ttls.at(context.at),
            source_ttls: source_ttls.at(context.at),
        })
    }

    /// Every entity of the partition.
    async fn everything(&self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut after: Option<String> = None;
        let mut seen = Seen::default();
        loop {
            self.task.check()?;
            let query = self.query(TableKind::Data, after.as_deref(), PAGE, &[]);
            let page = self.task.store().query(&query).await?;
            let rows = page.rows.into_iter().map(|row| Ok((SortKey::new(row.sk()?), Some(row))));
            let rows = rows.collect::<Result<Vec<_>, Stop>>()?;
            rows.iter().for_each(|(sk, _)| seen.add(sk.as_str()));
            self.rows(rows, sink).await?;
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
            target: &self.target,
        };
        unprocessed.tell(&seen, sink).await
    }

    /// The entities that the plan names.
    async fn named(&self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let wanted: BTreeSet<&String> =
            self.source.keys.iter().filter(|k| k.starts_with(&self.source.sk_prefix)).collect();
        let sks: Vec<SortKey> = wanted.into_iter().map(|sk| SortKey::new(sk.as_str())).collect();
        for sks in sks.chunks(PAGE) {
            self.task.check()?;
            let sources = self.task.store().snapshots(&self.partition.module, &self.partition.pk, sks).await?;
            self.items(sks, sources, sink).await?;
        }
        Ok(())
    }

    fn query<'q>(&'q self, kind: TableKind, after: Option<&'q str>, limit: usize, fields: &'q [&'q str]) -> Query<'q> {
        Query {
            module: &self.partition.module,
            kind,
            pk: &self.partition.pk,
            prefix: &self.source.sk_prefix,
            after,
            limit: Some(limit),
            fields,
            consistent: true,
        }
    }

    async fn rows(&self, rows: Vec<(SortKey, Option<Row>)>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let sks: Vec<SortKey> = rows.iter().map(|(sk, _)| sk.clone()).collect();
        let store = self.task.store();
        let is_written = self.transfer.leaves_source();
        let sources = store.snapshots_of(&self.partition.module, &self.partition.pk, rows, is_written).await?;
        self.items(&sks, sources, sink).await
    }

    async fn items(&self, sks: &[SortKey], sources: Vec<Snapshot>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let targets = self.task.store().snapshots(&self.partition.module, &self.target, sks).await?;
        for ((sk, source), target) in sks.iter().zip(sources).zip(targets) {
            let item = self.item(sk, source, target);
            if let Some(changing) = &self.transfer.changing {
                super::transform::unstuck(changing, &item)?;
            }
            sink.add(item).await?;
        }
        Ok(())
    }

    fn item(&self, sk: &SortKey, source: Snapshot, target: Snapshot) -> PlannedItem {
        let key = |pk: &PartitionKey| EntityKey { pk: pk.clone(), sk: sk.clone() };
        let (source_key, target_key) = (key(&self.partition.pk), key(&self.target));
        let (source, target) = match (source, target) {
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
                let mut item = self.unusable(source_key, target_key, unusable.reason, message);
                let version = unusable.data.as_ref().and_then(|row| row.version().ok()).unwrap_or_default();
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
        PlannedItem {
            module: self.partition.module.clone(),
            source,
            target,
            action: Action::Invalid,
            reason: Some(reason),
            message: Some(message),
            line: None,
            warnings: Vec::new(),
            parts: Vec::new(),
        }
    }
}
