//! The entities of a partition that a plan takes, page by page: all of them, or those that it names.

use std::collections::VecDeque;
use std::vec::IntoIter;

use super::sink::Sink;
use super::unprocessed::{Seen, Unprocessed};
use crate::domain::key::{PartitionKey, SortKey};
use crate::domain::plan::{Rollback, Source};
use crate::domain::row::{Row, TableKind};
use crate::domain::size::item_bytes;
use crate::engine::read::scope::Partition;
use crate::engine::task::{Stop, Task};
use crate::store::Query;
use crate::store::publish::Snapshot;

/// Entities with attributes in S3 that are looked at together before it is known how large those are.
const FIRST_LARGE: usize = 8;
/// Bytes of attributes from S3 that are looked at together.
const BYTES: usize = 32 * 1024 * 1024;

/// A partition being walked through.
pub(super) struct Walk<'a> {
    task: &'a Task,
    source: &'a Source,
    partition: &'a Partition,
    /// Entities looked at together.
    size: usize,
    /// The same where attributes stand in S3: as many as fit into memory, by what was read so far.
    large: usize,
    /// Whether what would be published upon is read with them.
    is_written: bool,
    at: At,
}

/// Where it is.
enum At {
    /// Among all entities: behind a sort key, with those seen so far.
    All { after: Option<String>, is_over: bool, seen: Seen, rows: VecDeque<Row> },
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
        let at = match source.named_in(&partition.module, &partition.pk) {
            None => At::All { after: None, is_over: false, seen: Seen::default(), rows: VecDeque::new() },
            Some(named) => {
                let own = named.into_iter().filter(|sk| !source.is_of_another(partition.pk.as_str(), sk));
                At::Named(own.map(SortKey::new).collect::<Vec<_>>().into_iter())
            }
        };
        Self { task, source, partition, size, large: size.min(FIRST_LARGE), is_written, at }
    }

    /// The next entities in key order; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, Stop> {
        self.task.check()?;
        let (store, module, pk) = (self.task.store(), &self.partition.module, &self.partition.pk);
        match &mut self.at {
            At::All { is_over: true, rows, .. } if rows.is_empty() => Ok(None),
            At::All { after, is_over, seen, rows } => {
                if rows.is_empty() {
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
                    rows.extend(page.rows);
                }
                let mut taken = Vec::new();
                let mut left = self.large;
                while let Some(row) = rows.front() {
                    if row.attributes_ref().is_some() {
                        if left == 0 {
                            break;
                        }
                        left -= 1;
                    }
                    let sk = SortKey::new(row.sk()?);
                    seen.add(sk.as_str(), row.version().ok());
                    let row = rows.pop_front();
                    if !self.source.is_of_another(self.partition.pk.as_str(), sk.as_str()) {
                        taken.extend(row.map(|row| (sk, Some(row))));
                    }
                }
                let sks: Vec<SortKey> = taken.iter().map(|(sk, _)| sk.clone()).collect();
                let snapshots = store.snapshots_of(module, pk, taken, self.is_written).await?;
                if let Some(average) = average(&snapshots) {
                    self.large = (BYTES / average.max(1)).clamp(1, self.size);
                }
                Ok(Some((sks, snapshots)))
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

/// Bytes of the attributes that came from S3, on average.
fn average(snapshots: &[Snapshot]) -> Option<usize> {
    let sizes = snapshots.iter().filter_map(|snapshot| {
        let seen = snapshot.as_ref().ok().filter(|seen| seen.is_in_s3())?;
        Some(item_bytes(&seen.resolved.as_deref()?.0))
    });
    let (count, sum) = sizes.fold((0, 0), |(count, sum), size| (count + 1, sum + size));
    (count > 0).then(|| sum / count)
}
