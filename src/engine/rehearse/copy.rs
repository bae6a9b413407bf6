//! Reading what a plan is about as it stands, and putting it on a stage.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use tokio::task::JoinHandle;

use crate::domain::item::{PlannedItem, Role};
use crate::domain::key::{EntityKey, PartitionKey, SortKey};
use crate::domain::normalize::SEQUENCES;
use crate::domain::plan::{By, Engine, Plan, Work};
use crate::domain::retention::settings_pk;
use crate::domain::row::{Row, TableKind, field};
use crate::engine::failure::Failure;
use crate::engine::journal::{Reader, WrittenItem};
use crate::engine::plan::Checker;
use crate::engine::protocol::{CopiedPart, Event, Phase, Stage};
use crate::engine::read::browse::modules;
use crate::engine::read::copied::{MASTER, SETTINGS, source};
use crate::engine::read::users::pool_of;
use crate::engine::task::{Stop, Task, blocking};
use crate::store::error::{ErrorKind, StoreError};
use crate::store::{Aside, Query, RowKey};

use super::versions;

/// Items whose entities are copied together.
const PAGE: usize = 500;
/// Partitions, and objects, that are read at once.
const AT_ONCE: usize = 8;
const KINDS: [TableKind; 3] = [TableKind::Data, TableKind::Command, TableKind::History];

/// Counts of the copied rows, objects and users.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) rows: u64,
    pub(super) objects: u64,
    pub(super) users: u64,
}

/// Entities of a module and a partition.
type Keys = BTreeMap<(String, PartitionKey), BTreeSet<SortKey>>;

/// A copy that is being made.
pub(super) struct Copying<'a> {
    task: &'a Task,
    plan: &'a Plan,
    stage: Arc<dyn Stage>,
    modules: Vec<String>,
    checker: Option<Checker>,
    /// Partitions whose settings were copied.
    settled: HashSet<PartitionKey>,
    /// Partitions that have a row in the copy.
    present: HashSet<(String, PartitionKey)>,
    /// Partitions whose counters were copied.
    counted: HashSet<PartitionKey>,
    counts: Counts,
    /// The task that puts parts on the stage while more is read.
    putting: Option<JoinHandle<Result<(), Box<Failure>>>>,
}

impl<'a> Copying<'a> {
    pub(super) async fn new(task: &'a Task, plan: &'a Plan, stage: Arc<dyn Stage>) -> Result<Self, Stop> {
        let modules = modules(task).await?;
        let mut from = source(task, &modules, BTreeSet::new()).await;
        if plan.run.engine == Engine::Pipeline {
            from.tables.push(format!("{}{}", task.store().names().prefix(), Aside::Imports.suffix()));
        }
        let mut copying = Self {
            task,
            plan,
            stage,
            modules,
            checker: Checker::new(task, plan)?,
            settled: HashSet::new(),
            present: HashSet::new(),
            counted: HashSet::new(),
            counts: Counts::default(),
            putting: None,
        };
        copying.put(vec![CopiedPart::Source(from)]).await?;
        Ok(copying)
    }

    /// Copies what the items of a preview are about.
    pub(super) async fn all(&mut self, preview: &Path, total: u64) -> Result<Counts, Stop> {
        if let Work::Users { pool, .. } = &self.plan.work {
            self.pool(&pool_of(self.task, pool.as_ref())?).await?;
        }
        let path = preview.to_path_buf();
        let (mut reader, mut after, mut done) = (blocking(move || Reader::open_file(&path)).await??, 0, 0);
        loop {
            self.task.check()?;
            let page;
            (page, reader) = blocking(move || (reader.whole(after, PAGE), reader)).await?;
            let page = page?;
            let Some(last) = page.last() else { break };
            after = last.n;
            done += page.len() as u64;
            self.page(&page).await?;
            self.task.emit(Event::Progress { phase: Phase::Scan, done, total: Some(total) }).await?;
        }
        self.put(Vec::new()).await?;
        self.settle().await?;
        Ok(self.counts)
    }

    async fn page(&mut self, page: &[WrittenItem]) -> Result<(), Stop> {
        let mut keys = Keys::new();
        for written in page {
            let item = &written.item;
            if let Some(part) = item.part(Role::User) {
                if !matches!(self.plan.work, Work::Users { .. }) {
                    self.user(&part.key).await?;
                }
            } else if item.module == SEQUENCES && item.part(Role::Counter).is_some() {
                self.counters(item).await?;
            } else if self.modules.contains(&item.module) {
                for key in keys_of(item) {
                    keys.entry((item.module.clone(), key.pk.clone())).or_default().insert(key.sk.clone());
                }
            }
        }
        let mut parts = Vec::new();
        for (module, pk) in keys.keys() {
            parts.extend(self.settings(pk).await?);
            parts.extend(self.witness(module, pk).await?);
        }
        parts.extend(self.referred(page).await?);
        let task = self.task;
        let each: Vec<_> = keys.iter().map(|((module, pk), sks)| entities(task, module, pk, sks)).collect();
        let read: Vec<Vec<CopiedPart>> = futures::stream::iter(each).buffered(AT_ONCE).try_collect().await?;
        parts.extend(read.into_iter().flatten());
        self.objects(&parts).await?;
        self.put(parts).await
    }

    /// Puts rows on the stage while the next are read.
    async fn put(&mut self, parts: Vec<CopiedPart>) -> Result<(), Stop> {
        self.settle().await?;
        for part in &parts {
            if let CopiedPart::Rows { rows, .. } = part {
                self.counts.rows += rows.len() as u64;
            }
        }
        let stage = Arc::clone(&self.stage);
        let put = move || parts.into_iter().try_for_each(|part| stage.take(part));
        self.putting = Some(tokio::task::spawn_blocking(put));
        Ok(())
    }

    /// Waits until everything is on the stage that was handed over.
    pub(super) async fn settle(&mut self) -> Result<(), Stop> {
        let Some(putting) = self.putting.take() else { return Ok(()) };
        match putting.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => Err(Stop::Failed(failure)),
            Err(error) => Err(Failure::new(crate::engine::failure::ErrorCode::Internal, error.to_string()).into()),
        }
    }

    /// Attributes that rows refer to. What is not there is not there in the copy either.
    async fn objects(&mut self, parts: &[CopiedPart]) -> Result<(), Stop> {
        let rows = parts.iter().flat_map(|part| match part {
            CopiedPart::Rows { rows, .. } => rows.as_slice(),
            _ => &[],
        });
        let uris: BTreeSet<&str> = rows.filter_map(Row::attributes_ref).collect();
        let store = self.task.store();
        let each: Vec<_> = uris.into_iter().map(|uri| store.attributes_bytes(uri)).collect();
        let mut read = futures::stream::iter(each).buffer_unordered(AT_ONCE);
        while let Some(object) = read.next().await {
            self.task.check()?;
            match object {
                Ok((key, body)) => {
                    self.counts.objects += 1;
                    let stage = Arc::clone(&self.stage);
                    blocking(move || stage.take(CopiedPart::Object { key, body })).await?.map_err(Stop::Failed)?;
                }
                Err(
                    StoreError::S3Missing { .. } | StoreError::S3Malformed { .. } | StoreError::BadReference { .. },
                ) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// How long rows of a partition are kept.
    async fn settings(&mut self, pk: &PartitionKey) -> Result<Option<CopiedPart>, Stop> {
        let pk = settings_pk(pk);
        if !self.modules.iter().any(|module| module == MASTER) || !self.settled.insert(pk.clone()) {
            return Ok(None);
        }
        let query = Query {
            module: MASTER,
            kind: TableKind::Data,
            pk: &pk,
            prefix: SETTINGS,
            after: None,
            limit: None,
            fields: &[],
            consistent: true,
        };
        match self.task.store().query(&query).await {
            Ok(page) => Ok(self.rows(MASTER, TableKind::Data, page.rows)),
            Err(error) if error.kind() == Some(ErrorKind::NoTable) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// One row of a partition: that there are some tells which module it belongs to, and whose it is.
    async fn witness(&mut self, module: &str, pk: &PartitionKey) -> Result<Option<CopiedPart>, Stop> {
        if !self.present.insert((module.to_owned(), pk.clone())) {
            return Ok(None);
        }
        let query = Query {
            module,
            kind: TableKind::Data,
            pk,
            prefix: "",
            after: None,
            limit: Some(1),
            fields: &[],
            consistent: true,
        };
        match self.task.store().query(&query).await {
            Ok(page) => Ok(self.rows(module, TableKind::Data, page.rows)),
            Err(error) if error.kind() == Some(ErrorKind::NoTable) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn rows(&self, module: &str, kind: TableKind, rows: Vec<Row>) -> Option<CopiedPart> {
        let table = self.task.store().names().table(module, kind);
        (!rows.is_empty()).then_some(CopiedPart::Rows { table, kind, rows })
    }

    /// Entities that the items refer to.
    async fn referred(&mut self, page: &[WrittenItem]) -> Result<Vec<CopiedPart>, Stop> {
        let Some(checker) = self.checker.take() else { return Ok(Vec::new()) };
        let mut wanted: BTreeMap<(String, PartitionKey), (BTreeSet<String>, HashSet<String>)> = BTreeMap::new();
        for written in page {
            for found in checker.referred(self.task, &written.item).await? {
                let (sks, codes) = wanted.entry((found.module, found.pk)).or_default();
                match found.by {
                    By::Id | By::Sk => drop(sks.insert(found.own)),
                    By::Code => drop(codes.insert(found.own)),
                }
            }
        }
        self.checker = Some(checker);
        let mut parts = Vec::new();
        for ((module, pk), (sks, codes)) in wanted {
            parts.extend(self.witness(&module, &pk).await?);
            let keys: Vec<RowKey> = sks.into_iter().map(|sk| (TableKind::Data, sk)).collect();
            let found = self.task.store().batch_get(&module, &pk, &keys, &[], true).await?;
            parts.extend(self.rows(&module, TableKind::Data, found.into_values().collect()));
            if !codes.is_empty() {
                parts.extend(self.coded(&module, &pk, &codes).await?);
            }
        }
        Ok(parts)
    }

    /// Rows of a partition that have one of the codes.
    async fn coded(
        &self,
        module: &str,
        pk: &PartitionKey,
        codes: &HashSet<String>,
    ) -> Result<Option<CopiedPart>, Stop> {
        let (mut rows, mut after) = (Vec::new(), None::<String>);
        loop {
            self.task.check()?;
            let query = Query {
                module,
                kind: TableKind::Data,
                pk,
                prefix: "",
                after: after.as_deref(),
                limit: None,
                fields: &[],
                consistent: true,
            };
            let page = self.task.store().query(&query).await?;
            rows.extend(page.rows.into_iter().filter(|row| row.text(field::CODE).is_some_and(|c| codes.contains(c))));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(self.rows(module, TableKind::Data, rows)),
            }
        }
    }

    /// Counters that stand under any spelling of an item's code.
    async fn counters(&mut self, item: &PlannedItem) -> Result<(), Stop> {
        let mut pks: BTreeSet<PartitionKey> = [&item.source.pk, &item.target.pk].into_iter().cloned().collect();
        pks.extend(item.parts.iter().map(|part| part.key.pk.clone()));
        if self.counted.is_empty() {
            pks.extend(self.task.store().aside_partitions(Aside::Sequences).await?);
        }
        let normal = item.target.pk.as_str().to_lowercase();
        for pk in pks {
            if self.counted.contains(&pk) || pk.as_str().to_lowercase() != normal {
                continue;
            }
            let rows = self.task.store().aside(Aside::Sequences, &pk, usize::MAX).await?;
            let table = format!("{}{}", self.task.store().names().prefix(), Aside::Sequences.suffix());
            self.put(vec![CopiedPart::Rows { table, kind: TableKind::Data, rows }]).await?;
            self.counted.insert(pk);
        }
        Ok(())
    }

    async fn user(&mut self, key: &EntityKey) -> Result<(), Stop> {
        if let Some(user) = self.task.store().user(key.pk.as_str(), key.sk.as_str()).await? {
            self.counts.users += 1;
            self.put(vec![CopiedPart::Users(vec![user])]).await?;
        }
        Ok(())
    }

    async fn pool(&mut self, pool: &str) -> Result<(), Stop> {
        let mut after = None;
        loop {
            self.task.check()?;
            let page = self.task.store().users(pool, after).await?;
            self.counts.users += page.users.len() as u64;
            self.put(vec![CopiedPart::Users(page.users)]).await?;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

/// Entities that an item is about, as far as they have keys at all.
fn keys_of(item: &PlannedItem) -> impl Iterator<Item = &EntityKey> {
    let keys = [&item.source, &item.target].into_iter().chain(item.parts.iter().map(|part| &part.key));
    keys.filter(|key| !key.pk.as_str().is_empty() && !key.sk.as_str().is_empty())
}

/// All rows of some entities of a partition.
async fn entities(
    task: &Task,
    module: &str,
    pk: &PartitionKey,
    sks: &BTreeSet<SortKey>,
) -> Result<Vec<CopiedPart>, Stop> {
    let sks: Vec<SortKey> = sks.iter().cloned().collect();
    let keys: Vec<RowKey> = sks.iter().map(|sk| (TableKind::Data, sk.as_str().to_owned())).collect();
    let data = async {
        let found = task.store().batch_get(module, pk, &keys, &[], true).await?;
        Ok::<_, Stop>(found.into_values().collect::<Vec<Row>>())
    };
    let of = |kind| versions::of(task, module, kind, pk, &sks);
    let (data, command, history) = tokio::try_join!(data, of(TableKind::Command), of(TableKind::History))?;
    let part = |(kind, rows): (TableKind, Vec<Row>)| {
        let table = task.store().names().table(module, kind);
        (!rows.is_empty()).then_some(CopiedPart::Rows { table, kind, rows })
    };
    Ok(KINDS.into_iter().zip([data, command, history]).filter_map(part).collect())
}
