//! All versions of an entity: the newest at once, the rest as they are read.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::key::{Version, version_of};
use crate::domain::row::{Row, TableKind};
use crate::domain::timeline::{EntityRows, VersionEntry, VersionStatus, entry};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::ReportedFailures;
use crate::engine::protocol::{EntityRef, Event, HistoryEntry};
use crate::engine::task::{Stop, Task};
use crate::store::error::ErrorKind;
use crate::store::{RowKey, RowPage};

/// Versions fetched by key before anything else: a screenful. Sort keys order as text, so a query backwards would begin with @9999.
const NEWEST: u64 = 40;
/// Commands looked for above the data row's version in that first step.
const ABOVE: u64 = 4;
/// Versions fetched by key at a time where only the newer ones are wanted.
const SINCE: usize = 40;
/// Entries told at a time.
const CHUNK: usize = 200;
/// Gaps told one by one.
const GAPS: usize = 20_000;

pub(in crate::engine) async fn history(task: &Task, entity: &EntityRef, resolve: bool) -> Result<(), Stop> {
    let mut reader = Reader::begin(task, entity, resolve).await?;
    reader.newest().await?;
    reader.rest().await?;
    reader.gaps().await
}

/// Versions by their numbers, as they are now, up to the newest there is.
pub(in crate::engine) async fn since(
    task: &Task,
    entity: &EntityRef,
    first: Version,
    last: Version,
) -> Result<(), Stop> {
    let mut reader = Reader::begin(task, entity, false).await?;
    let last = last.max(reader.current);
    // Few at a time: a burst may have brought thousands.
    for from in (first.0.max(1)..=last.0).step_by(SINCE) {
        task.check()?;
        reader.by_key(from, last.0.min(from + SINCE as u64 - 1)).await?;
    }
    Ok(())
}

impl<'a> Reader<'a> {
    /// Reads the data row.
    async fn begin(task: &'a Task, entity: &'a EntityRef, resolve: bool) -> Result<Self, Stop> {
        let data = task.store().data_row(&entity.module, &entity.key).await?;
        let current = match data.as_ref().map(Row::version).transpose() {
            Ok(version) => version.unwrap_or_default(),
            Err(error) => {
                // Without its version the data row has no place among the others; those are shown all the same.
                let failure = Failure::from(error).at(entity.key.pk.as_str(), Some(entity.key.sk.as_str()));
                task.failed(failure.not_fatal()).await?;
                Version(0)
            }
        };
        let data = data.filter(|row| row.version().is_ok()).map(Arc::new);
        let (known, told) = (BTreeMap::new(), ReportedFailures::default());
        Ok(Self { task, entity, resolve, data, current, has_next: true, known, told })
    }
}

struct Reader<'a> {
    task: &'a Task,
    entity: &'a EntityRef,
    resolve: bool,
    data: Option<Arc<Row>>,
    current: Version,
    /// The command right above the data row is there, or nobody has looked.
    has_next: bool,
    /// Versions told so far, and whether they are gaps as far as is known.
    known: BTreeMap<Version, bool>,
    told: ReportedFailures,
}

impl Reader<'_> {
    /// The newest versions by their keys, from all three tables.
    async fn newest(&mut self) -> Result<(), Stop> {
        let last = self.current.0 + ABOVE;
        let first = self.current.0.saturating_sub(NEWEST).max(1);
        self.by_key(first, last).await
    }

    /// Versions between two numbers, from all three tables; what is in none of them is not told.
    async fn by_key(&mut self, first: u64, last: u64) -> Result<(), Stop> {
        let sk = &self.entity.key.sk;
        let mut keys: Vec<RowKey> = (first..=last).map(|v| (TableKind::Command, sk.at(Version(v)))).collect();
        // Above the data row too: where that is gone, history may still be there.
        keys.extend((first..=last).map(|v| (TableKind::History, sk.at(Version(v)))));
        let next = (TableKind::Command, sk.at(self.current.next()));
        if !keys.contains(&next) {
            keys.push(next.clone());
        }
        let found = match self.task.store().batch_get(&self.entity.module, &self.entity.key.pk, &keys, &[], true).await
        {
            Ok(found) => found,
            // One of the tables is missing; reading them one by one says which.
            Err(error) if error.kind() == Some(ErrorKind::NoTable) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.has_next = found.contains_key(&next);
        let mut rows = self.empty();
        for ((kind, sk), row) in found {
            self.file(&mut rows, kind, &sk, row);
        }
        let newest = [rows.commands.keys().next_back(), rows.history.keys().next_back()].into_iter().flatten().max();
        let highest = newest.copied().unwrap_or_default().max(self.current).min(Version(last));
        let versions: Vec<Version> = (first..=highest.0).rev().map(Version).collect();
        // A hole here may still be filled from further up; it is only certain at the end.
        self.tell(&rows, versions.into_iter().filter(|v| v.0 > 0), false).await
    }

    /// Every other version. History and command rows have the same sort keys, so their pages come in step.
    async fn rest(&mut self) -> Result<(), Stop> {
        let mut history = Side::new(TableKind::History);
        let mut commands = Side::new(TableKind::Command);
        loop {
            self.task.check()?;
            let (h, c) = tokio::try_join!(history.fill(self.task, self.entity), commands.fill(self.task, self.entity))?;
            if !h && !c {
                return Ok(());
            }
            // Up to the smaller of the two last keys both tables are known.
            let bound = match (history.last_key(), commands.last_key()) {
                (Some(a), Some(b)) => Some(a.min(b).to_owned()),
                (Some(only), None) | (None, Some(only)) => Some(only.to_owned()),
                (None, None) => None,
            };
            let mut rows = self.empty();
            for side in [&mut history, &mut commands] {
                let kind = side.kind;
                for row in side.take(bound.as_deref()) {
                    let sk = row.sk()?.to_owned();
                    self.file(&mut rows, kind, &sk, row);
                }
            }
            let mut versions: Vec<Version> = rows.history.keys().chain(rows.commands.keys()).copied().collect();
            versions.sort_unstable_by(|a, b| b.cmp(a));
            versions.dedup();
            let new: Vec<Version> = versions.into_iter().filter(|v| self.known.get(v) != Some(&false)).collect();
            self.tell(&rows, new.into_iter(), false).await?;
        }
    }

    /// Shows the versions that no table has.
    async fn gaps(&mut self) -> Result<(), Stop> {
        let highest = self.known.keys().next_back().copied().unwrap_or_default().max(self.current);
        let rows = self.empty();
        let missing: Vec<Version> =
            (1..=highest.0).rev().map(Version).filter(|v| self.known.get(v) != Some(&false)).take(GAPS).collect();
        let told = self.known.values().filter(|is_gap| !**is_gap).count() as u64 + missing.len() as u64;
        self.tell(&rows, missing.into_iter(), true).await?;
        // A version that is no count (a time, for instance) would make gaps without end.
        match highest.0.saturating_sub(told) {
            0 => Ok(()),
            more => {
                let message = format!("{more} more versions of {} are in no table", self.entity.key);
                self.task.failed(Failure::new(ErrorCode::NotFound, message).not_fatal()).await
            }
        }
    }

    fn empty(&self) -> EntityRows {
        EntityRows { data: self.data.clone(), has_next: Some(self.has_next), ..EntityRows::default() }
    }

    fn file(&self, rows: &mut EntityRows, kind: TableKind, sk: &str, row: Row) {
        // Rows of another entity whose key begins alike are among those of a query.
        let Some(version) = version_of(&self.entity.key.sk, sk) else { return };
        match kind {
            TableKind::History => rows.history.insert(version, Arc::new(row)),
            TableKind::Command => rows.commands.insert(version, Arc::new(row)),
            TableKind::Data => None,
        };
    }

    async fn tell(
        &mut self,
        rows: &EntityRows,
        versions: impl Iterator<Item = Version>,
        with_gaps: bool,
    ) -> Result<(), Stop> {
        let mut chunk = Vec::new();
        for version in versions {
            let found = entry(rows, version, self.current);
            let is_gap = found.status == VersionStatus::Gap;
            self.known.insert(version, is_gap);
            if is_gap && !with_gaps {
                continue;
            }
            chunk.push(self.readable(found).await?);
            if chunk.len() >= CHUNK {
                self.task.check()?;
                self.task.emit(Event::Versions(std::mem::take(&mut chunk))).await?;
            }
        }
        if chunk.is_empty() {
            return Ok(());
        }
        self.task.emit(Event::Versions(chunk)).await
    }

    async fn readable(&mut self, version: VersionEntry) -> Result<HistoryEntry, Stop> {
        let Some(row) = version.row.clone() else { return Ok(HistoryEntry { version, resolved: None, problem: None }) };
        let mut problem = row.attributes().err().map(|e| e.to_string());
        let mut resolved = None;
        if self.resolve && problem.is_none() {
            match self.task.store().resolve(&row).await {
                Ok(whole) => resolved = Some(Arc::new(whole)),
                Err(error) => {
                    problem = Some(error.to_string());
                    self.told.unresolved(self.task, error).await?;
                }
            }
        }
        Ok(HistoryEntry { version, resolved, problem })
    }
}

/// One of the two tables, read page by page.
struct Side {
    kind: TableKind,
    rows: Vec<Row>,
    after: Option<String>,
    ended: bool,
}

impl Side {
    fn new(kind: TableKind) -> Self {
        Self { kind, rows: Vec::new(), after: None, ended: false }
    }

    /// Reads a page where nothing is left of the one before; `false` when there is nothing more at all.
    async fn fill(&mut self, task: &Task, entity: &EntityRef) -> Result<bool, Stop> {
        if self.rows.is_empty() && !self.ended {
            let read = task.store().versions_page(&entity.module, self.kind, &entity.key, self.after.as_deref()).await;
            let page = match read {
                Ok(page) => page,
                // The other table still has something to say.
                Err(error) if error.kind() == Some(ErrorKind::NoTable) => {
                    task.failed(Failure::from(error).not_fatal()).await?;
                    RowPage { rows: Vec::new(), next: None }
                }
                Err(error) => return Err(error.into()),
            };
            self.ended = page.next.is_none();
            self.after = page.next;
            self.rows = page.rows;
        }
        Ok(!self.rows.is_empty() || !self.ended)
    }

    /// The last key that is known; `None` when the table is read to its end, or has nothing at hand.
    fn last_key(&self) -> Option<&str> {
        if self.ended { None } else { self.rows.last().and_then(|row| row.sk().ok()).or(self.after.as_deref()) }
    }

    /// Takes the rows up to a key, all of them without one.
    fn take(&mut self, bound: Option<&str>) -> Vec<Row> {
        let cut = match bound {
            None => self.rows.len(),
            Some(bound) => self.rows.partition_point(|row| row.sk().is_ok_and(|sk| sk <= bound)),
        };
        self.rows.drain(..cut).collect()
    }
}
