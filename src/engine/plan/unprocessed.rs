//! Entities of a partition that have commands and no data row: published, never processed.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use indexmap::IndexMap;

use super::sink::Sink;
use crate::domain::finding::FindingKind;
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, PartitionKey, SortKey, Version, split_versioned};
use crate::domain::plan::Rollback;
use crate::domain::rollback::{Trace, is_of};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::{Action, Reason};
use crate::engine::protocol::{EntityRef, Event, Finding, Severity};
use crate::engine::task::{Stop, Task};
use crate::store::{Query, RowKey};

/// Keys of commands read in one go.
const COMMAND_PAGE: usize = 2_000;

/// Data rows of a partition and their versions, at sixteen bytes each, so that their commands need no second look: two keys of a
/// million share a hash once in tens of millions of partitions.
#[derive(Default)]
pub(super) struct Seen {
    versions: HashMap<u64, u64>,
    hasher: RandomState,
}

impl Seen {
    /// Takes a data row in; one without a readable version counts as the newest there can be.
    pub(super) fn add(&mut self, sk: &str, version: Option<Version>) {
        self.versions.insert(self.hasher.hash_one(sk), version.map_or(u64::MAX, |v| v.0));
    }

    fn version(&self, sk: &str) -> Option<Version> {
        self.versions.get(&self.hasher.hash_one(sk)).copied().map(Version)
    }
}

/// One partition, and where its entities would go.
pub(super) struct Unprocessed<'a> {
    pub(super) task: &'a Task,
    pub(super) module: &'a str,
    pub(super) pk: &'a PartitionKey,
    pub(super) prefix: &'a str,
    pub(super) target: &'a PartitionKey,
}

impl Unprocessed<'_> {
    /// Adds an item that is skipped for each whose data row was not seen; with `about` only for those with a command row that the
    /// plan is about.
    pub(super) async fn tell(&self, seen: &Seen, about: Option<&Rollback>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        // Keys are all that is needed to see that something is there.
        let wanted: &[&str] = if about.is_some() { &[] } else { &[field::PK, field::SK] };
        let store = self.task.store();
        let (mut after, mut told) = (None::<String>, None::<String>);
        loop {
            self.task.check()?;
            let query = Query {
                module: self.module,
                kind: TableKind::Command,
                pk: self.pk,
                prefix: self.prefix,
                after: after.as_deref(),
                limit: Some(COMMAND_PAGE),
                fields: wanted,
                consistent: true,
            };
            let page = store.query(&query).await?;
            let mut newest: IndexMap<String, Version> = IndexMap::new();
            for row in &page.rows {
                let Some((base, version)) = split_versioned(row.sk()?) else { continue };
                if about.is_some_and(|how| !is_about(how, row)) {
                    continue;
                }
                // Its versions may go over from the page before.
                if told.as_deref() != Some(base) {
                    let known = newest.entry(base.to_owned()).or_insert(version);
                    *known = version.max(*known);
                }
            }
            told = newest.keys().last().cloned().or(told);
            for (base, version) in &newest {
                // The command right above it was looked at with the row itself.
                if let Some(current) = seen.version(base).filter(|v| *version > v.next()) {
                    self.above(base, current, *version).await?;
                }
            }
            newest.retain(|base, _| seen.version(base).is_none());
            let keys: Vec<RowKey> = newest.keys().map(|base| (TableKind::Data, base.clone())).collect();
            let fields = [field::PK, field::SK];
            let present = store.batch_get(self.module, self.pk, &keys, &fields, true).await?;
            newest.retain(|base, _| !present.contains_key(&(TableKind::Data, base.clone())));
            let sks: Vec<SortKey> = newest.keys().map(|base| SortKey::new(base.as_str())).collect();
            let snapshots = store.snapshots(self.module, self.pk, &sks).await?;
            for ((sk, version), snapshot) in sks.into_iter().zip(newest.into_values()).zip(snapshots) {
                let expired = snapshot.ok().filter(|seen| seen.is_expired).and_then(|seen| seen.blocked_by_command());
                let message = || format!("version {version} was published and never processed: there is no data row");
                let (reason, message) = expired.unwrap_or_else(|| (Reason::Pending, message()));
                sink.add(self.skipped(sk, reason, message)).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Tells of a command that stands above a data row with versions in between that no table has.
    async fn above(&self, base: &str, current: Version, version: Version) -> Result<(), Stop> {
        let key = EntityKey { pk: self.pk.clone(), sk: SortKey::new(base) };
        let message = format!(
            "a command of version {version} stands above version {current} with nothing in between: it was never applied, and is not taken along"
        );
        let finding = Finding::new(
            FindingKind::Pending,
            Severity::Warning,
            EntityRef { module: self.module.to_owned(), key },
            message,
        );
        self.task.emit(Event::Finding(Box::new(finding))).await
    }

    fn skipped(&self, sk: SortKey, reason: Reason, message: String) -> PlannedItem {
        let key = |pk: &PartitionKey| EntityKey { pk: pk.clone(), sk: sk.clone() };
        let source = key(self.pk);
        PlannedItem::new(self.module, source.clone(), key(self.target))
            .refused(Action::Skip, reason, message)
            .with(PlannedPart::pinned(Role::Source, source, Version(0), None))
    }
}

/// Whether a rollback is about a command row that was never applied: only the row itself tells.
fn is_about(how: &Rollback, row: &Row) -> bool {
    let mut trace = Trace::default();
    trace.add(TableKind::Command, row);
    is_of(how, &trace, None)
}
