//! The entities of a partition that a plan takes, page by page: all of them, or those that it names.

use std::collections::BTreeSet;
use std::vec::IntoIter;

use super::super::task::{Stop, Task};
use super::scope::Partition;
use super::sink::Sink;
use super::unprocessed::{Seen, Unprocessed};
use crate::domain::key::{PartitionKey, SortKey};
use crate::domain::plan::{Rollback, Source};
use crate::domain::row::TableKind;
use crate::store::Query;
use crate::store::publish::Snapshot;

/// A partition being walked through.
pub(super) struct Walk<'a> {
    task: &'a Task,
    source: &'a Source,
    partition: &'a Partition,
    /// Entities looked at together.
    size: usize,
    /// Whether what would be published upon is read with them.
    is_written: bool,
    at: At,
}

/// Where it is.
enum At {
    /// Among all entities: behind a sort key, with those seen so far.
    All { after: Option<String>, is_over: bool, seen: Seen },
    /// Among those that the plan names.
    Named(IntoIter<SortKey>),
}

/// Entities, and what was read of each.
pub(super) type Page = (Vec<SortKey>, Vec<Snapshot>);

impl<'a> Walk<'a> {
    pub(super) fn new(
        task: &'a Task,
        source: &'a Source,
        partition: &'a Partition,
        size: usize,
        is_written: bool,
    ) -> Self {
        let at = if source.keys.is_empty() {
            At::All { after: None, is_over: false, seen: Seen::default() }
        } else {
            let wanted: BTreeSet<&String> = source.keys.iter().filter(|k| k.starts_with(&source.sk_prefix)).collect();
            At::Named(wanted.into_iter().map(|sk| SortKey::new(sk.as_str())).collect::<Vec<_>>().into_iter())
        };
        Self { task, source, partition, size, is_written, at }
    }

    /// The next entities in key order; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, Stop> {
        self.task.check()?;
        let (store, module, pk) = (self.task.store(), &self.partition.module, &self.partition.pk);
        match &mut self.at {
            At::All { is_over: true, .. } => Ok(None),
            At::All { after, is_over, seen } => {
                let query = Query {
                    module,
                    kind: TableKind::Data,
                    pk,
                    prefix: &self.source.sk_prefix,
                    after: after.as_deref(),
                    limit: Some(self.size),
                    fields: &[],
                    consistent: true,
                };
                let page = store.query(&query).await?;
                *is_over = page.next.is_none();
                *after = page.next;
                let rows = page.rows.into_iter().map(|row| Ok((SortKey::new(row.sk()?), Some(row))));
                let rows = rows.collect::<Result<Vec<_>, Stop>>()?;
                rows.iter()
                    .for_each(|(sk, row)| seen.add(sk.as_str(), row.as_ref().and_then(|row| row.version().ok())));
                let sks = rows.iter().map(|(sk, _)| sk.clone()).collect();
                Ok(Some((sks, store.snapshots_of(module, pk, rows, self.is_written).await?)))
            }
            At::Named(left) => {
                let sks: Vec<SortKey> = left.take(self.size).collect();
                if sks.is_empty() {
                    return Ok(None);
                }
                let snapshots = store.snapshots(module, pk, &sks).await?;
                Ok(Some((sks, snapshots)))
            }
        }
    }

    /// Tells of entities that have commands and no data row, once all others were walked through; of those that a rollback is about, where
    /// it is given. What the plan names was looked at itself.
    pub(super) async fn unprocessed(
        &self,
        target: &PartitionKey,
        about: Option<&Rollback>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Stop> {
        let At::All { seen, .. } = &self.at else { return Ok(()) };
        let (module, pk, prefix) = (&self.partition.module, &self.partition.pk, &self.source.sk_prefix);
        Unprocessed { task: self.task, module, pk, prefix, target }.tell(seen, about, sink).await
    }
}
