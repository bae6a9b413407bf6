//! One stage of a search: partitions of a table, or all of it, read side by side.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Search;
use super::readers::{Looked, Part, TableOf};
use crate::domain::key::PartitionKey;
use crate::domain::row::TableKind;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::SearchEnd;
use crate::engine::read::pace::AT_ONCE;
use crate::engine::read::partitions::{Head, Partitions, is_of};
use crate::engine::task::Stop;
use crate::store::error::StoreError;

/// Partitions that may wait to be read.
const WAITING: usize = 256;
/// Pages that may wait to be reported.
const PAGES: usize = 4;
/// Partitions of a module that are remembered, so that nothing is listed or read a second time.
const REMEMBERED: usize = 50_000;
/// Units of a partition, on average, from which on a query for each costs next to nothing beside a scan of them all.
const LONG: f64 = 8.0;

/// The partitions of a table that a stage reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// These.
    Named(Vec<PartitionKey>),
    /// Those that are in scope, of this tenant where one is named.
    Listed(Option<String>),
    /// The whole table.
    Whole,
}

/// Partitions that a stage passed by while it listed those of a tenant.
#[derive(Debug, Default)]
pub(super) struct Others {
    pks: Vec<PartitionKey>,
    /// There were more than can be remembered.
    is_cut: bool,
    /// The list came to its end.
    is_listed: bool,
}

impl Search<'_> {
    /// Reads what a stage is about and was not read before.
    pub(super) async fn stage(&mut self, from: TableOf<'_>, stage: Stage) -> Result<(), Stop> {
        let stage = self.shortened(from, stage).await;
        let mut skipped = BTreeSet::new();
        let (mut listed, tenant, mut waiting) = match stage {
            Stage::Named(pks) => (None, None, pks.into_iter().map(Part::Partition).collect::<VecDeque<_>>()),
            Stage::Listed(tenant) => {
                let listed = Partitions::start(self.task, from.module, from.kind);
                (Some(listed), tenant, VecDeque::new())
            }
            Stage::Whole => {
                // All of it is read, also what was looked at before.
                let spent = self.spent.get(&(from.kind, from.module.to_owned())).copied().unwrap_or_default();
                self.searched.most = self.searched.most.map(|most| most + spent);
                let segments = AT_ONCE as i32;
                let own = self.done.iter().filter(|(kind, module, _)| *kind == from.kind && module == from.module);
                skipped.extend(own.map(|(.., pk)| pk.clone()));
                (None, None, (0..segments).map(|segment| Part::Segment(segment, segments)).collect())
            }
        };
        let skipped = Arc::new(skipped);
        let (sender, mut pages) = mpsc::channel::<Looked>(PAGES);
        let mut readers: JoinSet<Result<(), StoreError>> = JoinSet::new();
        let cancel = self.task.cancel.clone();
        let mut result = Ok(());
        loop {
            while readers.len() < AT_ONCE
                && let Some(part) = waiting.pop_front()
            {
                if let Part::Partition(pk) = &part
                    && !self.done.insert((from.kind, from.module.to_owned(), pk.clone()))
                {
                    continue;
                }
                let of = (from.module.to_owned(), from.kind);
                readers.spawn(Arc::clone(&self.reading).read(of, part, Arc::clone(&skipped), sender.clone()));
            }
            if readers.is_empty() && listed.is_none() {
                break;
            }
            tokio::select! {
                heads = next_of(&mut listed), if listed.is_some() && waiting.len() < WAITING => match heads? {
                    Some(heads) => self.wait_for(from, heads, tenant.as_deref(), &mut waiting).await?,
                    None => {
                        listed = None;
                        if tenant.is_some() {
                            self.others.entry(from.module.to_owned()).or_default().is_listed = true;
                        }
                    }
                },
                Some(looked) = pages.recv() => self.take(from, looked).await?,
                Some(ended) = readers.join_next() => {
                    ended.map_err(|e| Failure::new(ErrorCode::Internal, format!("a reader ended unexpectedly: {e}")))??;
                }
                () = cancel.cancelled() => {
                    result = Err(Stop::Cancelled);
                    break;
                }
            }
            if self.searched.ended.is_some() {
                break;
            }
            if self.reading.pace.is_used_up() && (listed.is_some() || !waiting.is_empty()) {
                self.reading.pace.exhaust();
                // Pages that are being read are paid for, and are looked at to their end.
                listed = None;
                waiting.clear();
            }
        }
        // Pages that were read are reported, whatever ended the search.
        while let Ok(looked) = pages.try_recv() {
            self.take(from, looked).await?;
        }
        if self.reading.pace.is_exhausted() && self.searched.ended.is_none() {
            self.searched.ended = Some(SearchEnd::Units);
        }
        result
    }

    /// The partitions that an earlier stage passed by, where it has listed the table already. Those of a whole table
    /// are read one by one only where they are long; otherwise a scan of it costs less, also where it reads a page of the nearest again.
    async fn shortened(&mut self, from: TableOf<'_>, stage: Stage) -> Stage {
        if from.kind != TableKind::Data || matches!(stage, Stage::Named(_) | Stage::Listed(Some(_))) {
            return stage;
        }
        let Some(Others { pks, is_cut: false, is_listed: true }) = self.others.remove(from.module) else {
            return stage;
        };
        let near = self.done.iter().filter(|(kind, module, _)| *kind == from.kind && module == from.module).count();
        let is_long = match stage {
            Stage::Whole => match self.task.store().table_size(from.module, from.kind).await {
                Ok(size) => size.units() >= LONG * (pks.len() + near) as f64,
                Err(_) => false,
            },
            _ => true,
        };
        if is_long { Stage::Named(pks) } else { stage }
    }

    /// Partitions that are in scope wait to be read.
    async fn wait_for(
        &mut self,
        from: TableOf<'_>,
        heads: Vec<Head>,
        tenant: Option<&str>,
        waiting: &mut VecDeque<Part>,
    ) -> Result<(), Stop> {
        let among = &self.wanted.among;
        for head in heads {
            if among.entity_type.as_ref().is_some_and(|kind| kind != head.pk.entity_type()) {
                continue;
            }
            let is_wanted = is_of(self.task, from.module, &head, None, tenant.or(among.tenant.as_deref())).await?;
            if is_wanted {
                waiting.push_back(Part::Partition(head.pk));
            } else if tenant.is_some() {
                let others = self.others.entry(from.module.to_owned()).or_default();
                others.is_cut |= others.pks.len() >= REMEMBERED;
                if !others.is_cut {
                    others.pks.push(head.pk);
                }
            }
        }
        Ok(())
    }
}

/// The next partitions of a list that is there.
async fn next_of(listed: &mut Option<Partitions>) -> Result<Option<Vec<Head>>, Stop> {
    match listed {
        Some(listed) => listed.next().await,
        None => Ok(None),
    }
}
