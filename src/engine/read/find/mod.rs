//! Looking for a text: an id directly, otherwise partition by partition, the nearest first.

mod commands;
pub(super) mod ids;
mod readers;
mod stage;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::find::{Matched, Needle, Place};
use crate::domain::key::{KEY_SEPARATOR, PartitionKey};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::tenant::tenant_of;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{EntitySummary, Event, FoundEntity, ReportedFailures, SearchEnd, Searched, Wanted};
use crate::engine::read::among;
use crate::engine::read::browse::{passes, shown, waiting};
use crate::engine::read::pace::Pace;
use crate::engine::task::{Stop, Task};
use readers::{Looked, Reading, TableOf};
use stage::{Others, Stage};

/// How often it is said how far the search is.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Looks for a text. What was found before the request is cancelled has been told.
pub(in crate::engine) async fn find(task: &Task, wanted: &Wanted) -> Result<(), Stop> {
    if wanted.text.is_empty() {
        return Err(Failure::new(ErrorCode::Usage, "the text to find is empty").into());
    }
    if wanted.limit == Some(0) || wanted.max_units == Some(0) {
        return Err(
            Failure::new(ErrorCode::Usage, "a search for nothing finds nothing: the limit is 1 at least").into()
        );
    }
    let places = if wanted.places.is_empty() { Place::DEFAULT.to_vec() } else { wanted.places.clone() };
    let pace = Arc::new(Pace::new(task.store().meter(), wanted.max_units.map(f64::from)));
    let needle = Needle::new(&wanted.text, wanted.exact);
    let had = places.iter().map(|_| AtomicBool::new(false)).collect();
    let reading = Reading { task: task.clone(), pace, needle, places, deleted: wanted.deleted, had };
    let mut search = Search {
        task,
        wanted,
        reading: Arc::new(reading),
        searched: Searched::default(),
        done: BTreeSet::new(),
        spent: BTreeMap::new(),
        others: BTreeMap::new(),
        known: HashSet::new(),
        hasher: RandomState::new(),
        is_by_text: false,
        told: ReportedFailures::default(),
        told_at: Instant::now(),
    };
    let ended = search.run().await;
    if !wanted.places.is_empty() && search.is_by_text && search.searched.rows > 0 {
        search.searched.absent = search.reading.absent();
    }
    search.tell().await?;
    ended
}

struct Search<'a> {
    task: &'a Task,
    wanted: &'a Wanted,
    reading: Arc<Reading>,
    searched: Searched,
    /// Partitions that need not be looked at again.
    done: BTreeSet<(TableKind, String, PartitionKey)>,
    /// Units used up in each table so far.
    spent: BTreeMap<(TableKind, String), f64>,
    /// By module, partitions that were listed on the way to nearer ones.
    others: BTreeMap<String, Others>,
    /// Entities that were found, by the hash of their keys: two of a million share one once in tens of millions of searches.
    known: HashSet<u64>,
    hasher: RandomState,
    /// The text is no id: rows are looked at.
    is_by_text: bool,
    told: ReportedFailures,
    told_at: Instant,
}

impl Search<'_> {
    async fn run(&mut self) -> Result<(), Stop> {
        let modules = among::modules(self.task, &self.wanted.among, None).await?;
        if self.by_id(&modules).await? {
            return Ok(());
        }
        self.is_by_text = true;
        let by_id = self.reading.pace.used();
        self.searched.most = self.cost(&modules).await.map(|units| units + by_id);
        self.tell().await?;
        let stages = self.stages(&modules);
        for (from, stage) in stages {
            self.task.check()?;
            if self.searched.ended.is_some() {
                break;
            }
            let before = self.reading.pace.used();
            let ended = self.stage(from, stage).await;
            *self.spent.entry((from.kind, from.module.to_owned())).or_default() += self.reading.pace.used() - before;
            match ended {
                Err(Stop::Failed(failure)) if from.kind == TableKind::Command => {
                    let what =
                        format!("entities of module {} that have commands alone were not all looked at", from.module);
                    self.task.failed(failure.so(&what).not_fatal()).await?;
                }
                Err(Stop::Failed(failure)) => {
                    let failure = failure.so(&format!("not all of module {} was looked at", from.module));
                    self.task.failed(failure.not_fatal()).await?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// Units of all that may be read; `None` where the size of a table is not known.
    async fn cost(&self, modules: &[String]) -> Option<f64> {
        let mut units = 0.0;
        for module in modules {
            units += self.task.store().table_size(module, TableKind::Data).await.ok()?.units();
            // A module may have no commands.
            units += self.task.store().table_size(module, TableKind::Command).await.map_or(0.0, |size| size.units());
        }
        Some(units)
    }

    /// The order of reading: data rows first, the nearest before others; then commands, for entities that have nothing else.
    fn stages<'m>(&self, modules: &'m [String]) -> Vec<(TableOf<'m>, Stage)> {
        let (among, near) = (&self.wanted.among, &self.wanted.near);
        let is_in_scope = |pk: &PartitionKey| self.is_in_scope(pk, &tenant_of(pk, None).code);
        let open = near.partition.as_ref().filter(|(_, pk)| is_in_scope(pk));
        let open = open.and_then(|(module, pk)| Some((modules.iter().find(|known| *known == module)?, pk)));
        let exact = among.entity_type.as_ref().zip(among.tenant.as_ref());
        let exact = exact.map(|(kind, tenant)| PartitionKey::new(format!("{kind}{KEY_SEPARATOR}{tenant}")));
        let is_whole = among.entity_type.is_none() && among.tenant.is_none();
        let mut stages = Vec::new();
        for kind in [TableKind::Data, TableKind::Command] {
            let from = |module: &'m String| TableOf { module, kind };
            stages.extend(open.map(|(module, pk)| (from(module), Stage::Named(vec![pk.clone()]))));
            if let Some(exact) = &exact {
                stages.extend(modules.iter().map(|module| (from(module), Stage::Named(vec![exact.clone()]))));
            }
            if let (Some(tenant), None, TableKind::Data) = (&near.tenant, &among.tenant, kind) {
                stages.extend(modules.iter().map(|module| (from(module), Stage::Listed(Some(tenant.clone())))));
            }
            let rest = if is_whole { Stage::Whole } else { Stage::Listed(None) };
            stages.extend(modules.iter().map(|module| (from(module), rest.clone())));
        }
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
                    self.take(TableOf { module, kind: TableKind::Data }, looked).await?;
                    return Ok(true);
                }
            }
        }
        self.by_id_of_a_command(modules).await
    }

    /// Tells what a page holds.
    async fn take(&mut self, from: TableOf<'_>, looked: Looked) -> Result<(), Stop> {
        self.searched.rows += looked.rows;
        if from.kind == TableKind::Command {
            self.searched.commands += looked.rows;
        }
        self.searched.in_s3 += looked.in_s3;
        let mut hits = looked.hits.into_iter().peekable();
        while let Some((row, _)) = hits.peek() {
            let pk = PartitionKey::new(row.pk()?);
            let (mut rows, mut places) = (Vec::new(), Vec::new());
            while let Some((row, matched)) = hits.next_if(|(row, _)| row.pk() == Ok(pk.as_str())) {
                rows.push(row);
                places.push(matched);
            }
            match from.kind {
                TableKind::Command => self.commands(from.module, &pk, rows).await?,
                _ => self.found(from.module, &pk, rows, places).await?,
            }
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
        rows.truncate(self.room());
        if rows.is_empty() {
            return Ok(());
        }
        let hits = rows.len();
        let entities = shown(self.task, module, pk, rows, &mut self.told).await?;
        self.reading.pace.shown(hits);
        self.show(module, entities.into_iter().zip(places).collect()).await
    }

    /// Entities that may still be found.
    fn room(&self) -> usize {
        let left = self.wanted.limit.map(|limit| limit.saturating_sub(self.searched.found));
        left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Reports entities; they are known from now on.
    async fn show(&mut self, module: &str, found: Vec<(EntitySummary, Vec<Matched>)>) -> Result<(), Stop> {
        self.searched.found += found.len() as u64;
        if self.wanted.limit.is_some_and(|limit| self.searched.found >= limit) {
            self.searched.ended = Some(SearchEnd::Limit);
        }
        let mut entities = Vec::with_capacity(found.len());
        for (entity, matched) in found {
            let key = &entity.entity.key;
            self.known.insert(self.hasher.hash_one((module, key.pk.as_str(), key.sk.as_str())));
            entities.push(FoundEntity { entity, matched });
        }
        self.task.emit(Event::Found(entities)).await
    }

    async fn tell(&mut self) -> Result<(), Stop> {
        self.told_at = Instant::now();
        self.searched.units = self.reading.pace.used();
        self.task.emit(Event::Searched(self.searched.clone())).await
    }
}
