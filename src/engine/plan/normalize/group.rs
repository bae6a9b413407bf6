//! The partitions of one tenant's spellings, read side by side.

use super::Scope;
use super::references;
use super::spellings::Spelling;
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, PartitionKey, SortKey};
use crate::domain::normalize::Normalizing;
use crate::domain::publish::Ttls;
use crate::domain::row::TableKind;
use crate::domain::run::{Action, Reason};
use crate::domain::transfer::{Side, Transfer};
use crate::engine::plan::sink::Sink;
use crate::engine::plan::unprocessed::{Seen, Unprocessed};
use crate::engine::task::Stop;
use crate::store::Query;
use crate::store::publish::Snapshot;

/// Entities looked at together.
const PAGE: usize = 300;

/// The spellings of one partition.
pub(super) struct Group<'a> {
    scope: &'a Scope<'a>,
    module: &'a str,
    target: &'a PartitionKey,
    spelled: &'a [Spelling],
    transfer: Transfer,
    target_ttls: Ttls,
    ttls: Vec<Ttls>,
}

impl<'a> Group<'a> {
    pub(super) async fn new(
        scope: &'a Scope<'a>,
        module: &'a str,
        target: &'a PartitionKey,
        spelled: &'a [Spelling],
    ) -> Result<Self, Stop> {
        let normal = spelled.first().map(|s| s.normal.clone()).unwrap_or_default();
        let store = scope.task.store();
        let target_ttls = store.ttl_settings(module, target).await?.at(scope.context.at);
        let mut ttls = Vec::with_capacity(spelled.len());
        for spelling in spelled {
            ttls.push(store.ttl_settings(module, &spelling.pk).await?.at(scope.context.at));
        }
        Ok(Self { scope, module, target, spelled, transfer: scope.transfer(&normal), target_ttls, ttls })
    }

    /// Adds the items; `used` says which decisions were.
    pub(super) async fn items(&self, sink: &mut Sink<'_>, used: &mut [bool]) -> Result<(), Stop> {
        for (i, spelling) in self.spelled.iter().enumerate() {
            let mut seen = Seen::default();
            let mut after: Option<String> = None;
            loop {
                self.scope.task.check()?;
                let page = self.scope.task.store().query(&self.query(&spelling.pk, after.as_deref())).await?;
                let mut rows = Vec::with_capacity(page.rows.len());
                for row in page.rows {
                    let sk = SortKey::new(row.sk()?);
                    seen.add(sk.as_str(), row.version().ok());
                    if self.is_wanted(&sk) {
                        rows.push((sk, Some(row)));
                    }
                }
                self.page(i, rows, sink, used).await?;
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            if self.scope.source.keys.is_empty() {
                let unprocessed = Unprocessed {
                    task: self.scope.task,
                    module: self.module,
                    pk: &spelling.pk,
                    prefix: &self.scope.source.sk_prefix,
                    target: self.target,
                };
                unprocessed.tell(&seen, None, sink).await?;
            }
        }
        Ok(())
    }

    fn is_wanted(&self, sk: &SortKey) -> bool {
        let keys = &self.scope.source.keys;
        keys.is_empty() || keys.iter().any(|key| key == sk.as_str())
    }

    fn query<'q>(&'q self, pk: &'q PartitionKey, after: Option<&'q str>) -> Query<'q> {
        Query {
            module: self.module,
            kind: TableKind::Data,
            pk,
            prefix: &self.scope.source.sk_prefix,
            after,
            limit: Some(PAGE),
            fields: &[],
            consistent: true,
        }
    }

    /// Rows of one spelling, with those of the others and of the target that want the same keys.
    async fn page(
        &self,
        i: usize,
        rows: Vec<(SortKey, Option<crate::domain::row::Row>)>,
        sink: &mut Sink<'_>,
        used: &mut [bool],
    ) -> Result<(), Stop> {
        let store = self.scope.task.store();
        let mut sks: Vec<SortKey> = rows.iter().map(|(sk, _)| sk.clone()).collect();
        let own = store.snapshots_of(self.module, &self.spelled[i].pk, rows, true).await?;
        let mut sides: Vec<Vec<(usize, Snapshot)>> = own.into_iter().map(|s| vec![(i, s)]).collect();
        for (j, other) in self.spelled.iter().enumerate().filter(|(j, _)| *j != i) {
            let seen = store.snapshots(self.module, &other.pk, &sks).await?;
            let mut kept = Vec::with_capacity(sks.len());
            for ((sk, mut side), snapshot) in sks.into_iter().zip(sides).zip(seen) {
                let is_there = !matches!(&snapshot, Ok(s) if s.data.is_none());
                // A row that an earlier spelling has too was dealt with there.
                if is_there && j < i {
                    continue;
                }
                if is_there {
                    side.push((j, snapshot));
                }
                kept.push((sk, side));
            }
            (sks, sides) = kept.into_iter().unzip();
        }
        let targets = store.snapshots(self.module, self.target, &sks).await?;
        for ((sk, sources), target) in sks.iter().zip(sides).zip(targets) {
            for item in self.key(sk, &sources, target, used) {
                sink.add(item).await?;
            }
            for (spelling, snapshot) in &sources {
                if let Ok(seen) = snapshot {
                    let key = EntityKey { pk: self.spelled[*spelling].pk.clone(), sk: sk.clone() };
                    let row = seen.resolved.as_deref();
                    references::tell_moved(self.scope, self.module, &key, row).await?;
                }
            }
        }
        Ok(())
    }

    /// Everything that wants one key.
    fn key(
        &self,
        sk: &SortKey,
        sources: &[(usize, Snapshot)],
        target: Snapshot,
        used: &mut [bool],
    ) -> Vec<PlannedItem> {
        let key = |pk: &PartitionKey| EntityKey { pk: pk.clone(), sk: sk.clone() };
        let target_key = key(self.target);
        let invalid = |source: EntityKey, reason: Reason, message: String| {
            let part = PlannedPart::pinned(Role::Source, source.clone(), Default::default(), None);
            let item = PlannedItem::new(self.module, source, target_key.clone());
            item.refused(Action::Invalid, reason, message).with(part)
        };
        let mut items = Vec::new();
        let unusable = sources.iter().filter_map(|(i, s)| Some((i, s.as_ref().err()?)));
        for (i, unusable) in unusable {
            items.push(invalid(key(&self.spelled[*i].pk), unusable.reason, unusable.message.clone()));
        }
        let keys: Vec<(EntityKey, usize)> = sources.iter().map(|(i, _)| (key(&self.spelled[*i].pk), *i)).collect();
        let usable = sources
            .iter()
            .zip(&keys)
            .filter_map(|((_, s), (key, i))| s.as_ref().ok().map(|seen| Side { key, seen, ttls: self.ttls[*i] }));
        let usable: Vec<Side<'_>> = usable.collect();
        // One of them that cannot be read may want the key too: then nobody gets it.
        if !items.is_empty() && !usable.is_empty() {
            let message = "another row that wants this key cannot be worked with";
            items.extend(usable.iter().map(|side| PlannedItem {
                action: Action::Conflict,
                ..invalid(side.key.clone(), Reason::Collision, message.to_owned())
            }));
            return items;
        }
        match target {
            Err(unusable) => {
                let message = format!("the target cannot be worked with: {}", unusable.message);
                items.extend(usable.iter().map(|s| invalid(s.key.clone(), unusable.reason, message.clone())));
            }
            Ok(seen) => {
                let decided =
                    self.scope.how.decided.iter().position(|d| d.pk == self.target.as_str() && d.sk == sk.as_str());
                let normalizing = Normalizing {
                    transfer: &self.transfer,
                    collision: self.scope.how.collision,
                    decided: decided.map(|i| &self.scope.how.decided[i]),
                };
                let target = Side { key: &target_key, seen: &seen, ttls: self.target_ttls };
                if let Some(used) = decided.and_then(|i| used.get_mut(i)) {
                    *used = normalizing.is_collision(target, &usable);
                }
                items.extend(normalizing.items(self.module, target, &usable));
            }
        }
        items
    }
}
