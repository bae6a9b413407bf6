//! Looking for a text: an id directly, otherwise partition by partition, the nearest first.

mod ids;
mod pace;
mod readers;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::domain::find::{Matched, Needle, Place};
use crate::domain::key::{KEY_SEPARATOR, PartitionKey};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::tenant::tenant_of;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Event, FoundEntity, ReportedFailures, SearchEnd, Searched, Wanted};
use crate::engine::read::browse::{chosen_modules, passes, shown};
use crate::engine::read::partitions::{Head, Partitions, witness};
use crate::engine::task::{Stop, Task};
use crate::store::error::StoreError;
use pace::{AT_ONCE, Pace};
use readers::{Looked, Part, Reading};

/// How often it is said how far the search is.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// Partitions that may wait to be read.
const WAITING: usize = 256;
/// Pages that may wait to be told.
const PAGES: usize = 4;

/// Looks for a text. What was found before the request is cancelled has been told.
pub(in crate::engine) async fn find(task: &Task, wanted: &Wanted) -> Result<(), Stop> {
    if wanted.text.is_empty() {
        return Err(Failure::new(ErrorCode::Usage, "the text to find is empty").into());
    }
    let places = if wanted.places.is_empty() { Place::DEFAULT.to_vec() } else { wanted.places.clone() };
    let pace = Arc::new(Pace::new(task.store().meter(), wanted.max_units.map(f64::from)));
    let needle = Needle::new(&wanted.text, wanted.exact);
    let reading = Reading { task: task.clone(), pace, needle, places, deleted: wanted.deleted };
    let mut search = Search {
        task,
        wanted,
        reading: Arc::new(reading),
        searched: Searched::default(),
        done: BTreeSet::new(),
        told: ReportedFailures::default(),
        told_at: Instant::now(),
    };
    let ended = search.run().await;
    search.tell().await?;
    ended
}

struct Search<'a> {
    task: &'a Task,
    wanted: &'a Wanted,
    reading: Arc<Reading>,
    searched: Searched,
    /// Partitions that need not be looked at again.
    done: BTreeSet<(String, PartitionKey)>,
    told: ReportedFailures,
    told_at: Instant,
}

/// Which partitions of a module a stage is about.
enum Stage {
    /// These.
    Named(Vec<PartitionKey>),
    /// Those that are in scope, of this tenant where one is named.
    Listed(Option<String>),
    /// The whole table.
    Whole,
}

impl Search<'_> {
    async fn run(&mut self) -> Result<(), Stop> {
        let modules = self.modules().await?;
        if self.by_id(&modules).await? {
            return Ok(());
        }
        for (module, stage) in self.stages(&modules) {
            self.task.check()?;
            if self.searched.ended.is_some() {
                break;
            }
            match self.stage(&module, stage).await {
                Err(Stop::Failed(failure)) => {
                    let failure = failure.so(&format!("not all of module {module} was looked at"));
                    self.task.failed(failure.not_fatal()).await?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// The module that is named, the one that the type tells, or all of them.
    async fn modules(&self) -> Result<Vec<String>, Stop> {
        let among = &self.wanted.among;
        let known = chosen_modules(self.task, among.module.clone()).await?;
        let hint = among.entity_type.as_deref().map(|kind| PartitionKey::new(kind).module_hint());
        Ok(match hint.filter(|hint| known.contains(hint)) {
            Some(hint) => vec![hint],
            None => known,
        })
    }

    /// What is looked at, in this order.
    fn stages(&self, modules: &[String]) -> Vec<(String, Stage)> {
        let (among, near) = (&self.wanted.among, &self.wanted.near);
        let mut stages = Vec::new();
        let is_in_scope = |pk: &PartitionKey| self.is_in_scope(pk, &tenant_of(pk, None).code);
        if let Some((module, pk)) = near.partition.as_ref().filter(|(m, pk)| modules.contains(m) && is_in_scope(pk)) {
            stages.push((module.clone(), Stage::Named(vec![pk.clone()])));
        }
        let each = |stage: &dyn Fn() -> Stage| modules.iter().map(|m| (m.clone(), stage())).collect::<Vec<_>>();
        if let (Some(kind), Some(tenant)) = (&among.entity_type, &among.tenant) {
            let exact = PartitionKey::new(format!("{kind}{KEY_SEPARATOR}{tenant}"));
            stages.extend(each(&|| Stage::Named(vec![exact.clone()])));
        }
        if let (Some(tenant), None) = (&near.tenant, &among.tenant) {
            stages.extend(each(&|| Stage::Listed(Some(tenant.clone()))));
        }
        let is_whole = among.entity_type.is_none() && among.tenant.is_none();
        stages.extend(each(&|| if is_whole { Stage::Whole } else { Stage::Listed(None) }));
        stages
    }

    fn is_in_scope(&self, pk: &PartitionKey, tenant: &str) -> bool {
        let among = &self.wanted.among;
        among.entity_type.as_ref().is_none_or(|kind| kind == pk.entity_type())
            && among.tenant.as_ref().is_none_or(|wanted| wanted == tenant)
    }

    /// The entity whose id the text is, in a single read where its partition key tells the module.
    async fn by_id(&mut self, modules: &[String]) -> Result<bool, Stop> {
        for key in ids::candidates(&self.wanted.text) {
            let hint = key.pk.module_hint();
            let modules = if modules.contains(&hint) { std::slice::from_ref(&hint) } else { modules };
            for module in modules {
                self.task.check()?;
                let row = match self.task.store().data_row(module, &key).await {
                    Ok(row) => row,
                    Err(error) => {
                        self.task.failed(Failure::from(error).not_fatal()).await?;
                        continue;
                    }
                };
                let tenant = |row: &Row| tenant_of(&key.pk, row.text(field::TENANT_CODE)).code;
                let wanted =
                    row.filter(|row| passes(self.wanted.deleted, row) && self.is_in_scope(&key.pk, &tenant(row)));
                if let Some(row) = wanted {
                    let mut matched = Needle::new(&key.id(), true).find(&row, &[Place::Id]);
                    // A row without an id of its own.
                    if matched.is_empty() {
                        matched = Needle::new(key.sk.as_str(), true).find(&row, &[Place::Sk]);
                    }
                    let looked = Looked { hits: vec![(row, matched)], rows: 1, in_s3: 0 };
                    self.take(module, looked).await?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn stage(&mut self, module: &str, stage: Stage) -> Result<(), Stop> {
        let mut skipped = BTreeSet::new();
        let (mut listed, tenant, mut waiting) = match stage {
            Stage::Named(pks) => (None, None, pks.into_iter().map(Part::Partition).collect::<VecDeque<_>>()),
            Stage::Listed(tenant) => {
                (Some(Partitions::start(self.task, module, TableKind::Data)), tenant, VecDeque::new())
            }
            Stage::Whole => {
                let segments = AT_ONCE as i32;
                skipped.extend(self.done.iter().filter(|(m, _)| m == module).map(|(_, pk)| pk.clone()));
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
                    && !self.done.insert((module.to_owned(), pk.clone()))
                {
                    continue;
                }
                readers.spawn(Arc::clone(&self.reading).read(
                    module.to_owned(),
                    part,
                    Arc::clone(&skipped),
                    sender.clone(),
                ));
            }
            if readers.is_empty() && listed.is_none() {
                break;
            }
            tokio::select! {
                heads = next_of(&mut listed), if listed.is_some() && waiting.len() < WAITING => match heads? {
                    Some(heads) => self.wait_for(module, heads, tenant.as_deref(), &mut waiting).await?,
                    None => listed = None,
                },
                Some(looked) = pages.recv() => self.take(module, looked).await?,
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
                // What is being read is paid for, and is looked at to its end.
                listed = None;
                waiting.clear();
            }
        }
        // What was read is told, whatever ended the search.
        while let Ok(looked) = pages.try_recv() {
            self.take(module, looked).await?;
        }
        if self.reading.pace.is_exhausted() && self.searched.ended.is_none() {
            self.searched.ended = Some(SearchEnd::Units);
        }
        result
    }

    /// Partitions that are in scope wait to be read.
    async fn wait_for(
        &self,
        module: &str,
        heads: Vec<Head>,
        tenant: Option<&str>,
        waiting: &mut VecDeque<Part>,
    ) -> Result<(), Stop> {
        let among = &self.wanted.among;
        let by_tenant = tenant.or(among.tenant.as_deref());
        for head in heads {
            let may_be = among.entity_type.as_ref().is_none_or(|kind| kind == head.pk.entity_type())
                && by_tenant.is_none_or(|tenant| head.pk.segments().any(|segment| segment == tenant));
            if !may_be {
                continue;
            }
            let code = match by_tenant {
                Some(_) => witness(self.task, module, &head).await?,
                None => head.code.clone(),
            };
            let own = tenant_of(&head.pk, code.as_deref()).code;
            if by_tenant.is_none_or(|tenant| tenant == own) {
                waiting.push_back(Part::Partition(head.pk));
            }
        }
        Ok(())
    }

    /// Tells what a page holds.
    async fn take(&mut self, module: &str, looked: Looked) -> Result<(), Stop> {
        self.searched.rows += looked.rows;
        self.searched.in_s3 += looked.in_s3;
        let mut hits = looked.hits.into_iter().peekable();
        while let Some((row, _)) = hits.peek() {
            let pk = PartitionKey::new(row.pk()?);
            let (mut rows, mut places) = (Vec::new(), Vec::new());
            while let Some((row, matched)) = hits.next_if(|(row, _)| row.pk() == Ok(pk.as_str())) {
                rows.push(row);
                places.push(matched);
            }
            self.found(module, &pk, rows, places).await?;
        }
        if self.told_at.elapsed() >= TELL_EVERY {
            self.tell().await?;
        }
        Ok(())
    }

    async fn found(
        &mut self,
        module: &str,
        pk: &PartitionKey,
        mut rows: Vec<Row>,
        places: Vec<Vec<Matched>>,
    ) -> Result<(), Stop> {
        let left = self.wanted.limit.map(|limit| limit.saturating_sub(self.searched.found));
        if let Some(left) = left {
            rows.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.searched.found += rows.len() as u64;
        if self.wanted.limit.is_some_and(|limit| self.searched.found >= limit) {
            self.searched.ended = Some(SearchEnd::Limit);
        }
        let hits = rows.len();
        let entities = shown(self.task, module, pk, rows, &mut self.told).await?;
        self.reading.pace.shown(hits);
        let found = entities.into_iter().zip(places).map(|(entity, matched)| FoundEntity { entity, matched });
        self.task.emit(Event::Found(found.collect())).await
    }

    async fn tell(&mut self) -> Result<(), Stop> {
        self.told_at = Instant::now();
        self.searched.units = self.reading.pace.used();
        self.task.emit(Event::Searched(self.searched)).await
    }
}

/// The next partitions of a list that is there.
async fn next_of(listed: &mut Option<Partitions>) -> Result<Option<Vec<Head>>, Stop> {
    match listed {
        Some(listed) => listed.next().await,
        None => Ok(None),
    }
}
