use std::time::{Duration, Instant};

use super::blast::Adder;
use super::claims::Claims;
use super::passing::passing;
use super::unknown::Unknown;
use super::validate::Checker;
use crate::domain::item::{PlannedItem, PlannedPart};
use crate::domain::plan::{Engine, PlanPart, Source};
use crate::domain::run::{Action, Operation, Reason};
use crate::domain::size::item_bytes;
use crate::domain::undo_until::UndoUntil;
use crate::engine::items::request::request;
use crate::engine::items::shown::shown;
use crate::engine::journal::{Elsewhere, Journal, NewItem};
use crate::engine::protocol::{Blast, Event, Phase, Violated};
use crate::engine::task::{Context, Stop, Task};

/// Items recorded with one commit.
const GROUP: usize = 256;
/// Bytes of attributes from S3 that wait to be recorded at most, beside those of the item that is looked at.
const BYTES: usize = 32 * 1024 * 1024;
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Totals and notes of a whole preview.
pub(super) struct Found {
    pub(super) blast: Blast,
    pub(super) tenant: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) violated: Vec<Violated>,
    pub(super) undo_until: UndoUntil,
}

/// Takes the items of a preview in their order: numbers them, gives each its batch, records and tells them.
pub(super) struct Sink<'a> {
    task: &'a Task,
    context: &'a Context,
    journal: &'a Journal,
    tell: bool,
    waiting: Vec<NewItem>,
    count: u64,
    writes: u64,
    adder: Adder,
    undo_until: UndoUntil,
    units_before: f64,
    told: Instant,
    checker: Option<Checker>,
    unchecked: Vec<PlannedItem>,
    claims: Claims,
    unknown: Unknown,
    /// Bytes of attributes from S3 among those that wait.
    held: usize,
    /// The part of the plan that is carried out; the whole of it when `None`.
    part: Option<PlanPart>,
    /// Items of other parts are not looked at: what is known of them stands in the journal already.
    is_alone: bool,
    elsewhere: Vec<Elsewhere>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(
        task: &'a Task,
        context: &'a Context,
        journal: &'a Journal,
        tell: bool,
        checker: Option<Checker>,
    ) -> Self {
        Self {
            task,
            context,
            journal,
            tell,
            waiting: Vec::with_capacity(GROUP),
            count: 0,
            writes: 0,
            adder: Adder::default(),
            undo_until: UndoUntil::default(),
            units_before: task.store().meter().reading().read_units,
            told: Instant::now(),
            checker,
            unchecked: Vec::new(),
            claims: Claims::default(),
            unknown: Unknown::default(),
            held: 0,
            part: None,
            is_alone: false,
            elsewhere: Vec::new(),
        }
    }

    /// Keeps items of other parts out of what is carried out.
    pub(super) fn of_part(mut self, source: Option<&Source>) -> Self {
        self.part = source.and_then(|source| source.part);
        self.is_alone = source.is_some_and(|source| source.is_alone);
        self
    }

    fn is_own(&self, item: &PlannedItem) -> bool {
        self.part.is_none_or(|part| part.takes(item.source.pk.as_str(), item.source.sk.as_str()))
    }

    /// Takes an item. One that does not hold what the plan checks, or cannot be built as it is, becomes invalid.
    pub(super) async fn add(&mut self, item: PlannedItem) -> Result<(), Stop> {
        if self.is_alone && !self.is_own(&item) {
            return Ok(());
        }
        if self.checker.is_none() {
            return self.take(item).await;
        }
        self.held += large(&item);
        self.unchecked.push(item);
        if self.unchecked.len() >= GROUP || self.held > BYTES { self.check().await } else { Ok(()) }
    }

    async fn check(&mut self) -> Result<(), Stop> {
        let mut items = std::mem::take(&mut self.unchecked);
        self.held = 0;
        if let Some(checker) = &mut self.checker {
            checker.check(self.task, &mut items).await?;
        }
        for item in items {
            self.take(item).await?;
        }
        Ok(())
    }

    async fn take(&mut self, mut item: PlannedItem) -> Result<(), Stop> {
        self.count += 1;
        let n = self.count;
        let is_own = self.is_own(&item);
        let mut objects = Vec::new();
        if let Some(key) = self.claims.taken(&item).cloned() {
            item = item.refused(
                Action::Conflict,
                Reason::Collision,
                format!("another item of this plan writes {key} already: preview again with one of the two left out"),
            );
            item.parts.iter_mut().for_each(|part| part.after = None);
        }
        if self.context.settings.engine == Engine::Pipeline && self.context.operation != Operation::Undo {
            item = passing(item);
        }
        if item.writes() {
            match request(self.task.store(), &item, n, self.context.run, &self.context.stamp, self.context.mode) {
                Ok(request) => {
                    if is_own {
                        objects = request.object_uris();
                        self.adder.add(self.context, &item, &request);
                        self.undo_until.add(&item);
                    }
                }
                Err(error) => {
                    let Some(reason) = error.item_reason() else { return Err(error.into()) };
                    item = item.refused(Action::Invalid, reason, error.to_string());
                    item.parts.iter_mut().for_each(|part| part.after = None);
                }
            }
        }
        self.claims.add(&item);
        if !is_own {
            let digest = item.digest(&self.context.time());
            self.elsewhere.push(Elsewhere::new(&item, digest));
            return if self.elsewhere.len() >= GROUP { self.flush().await } else { Ok(()) };
        }
        self.unknown.add(&item);
        let batch = item.writes().then(|| self.batch());
        if self.tell {
            let preview = shown(self.task.store(), self.context, n, &item, true);
            self.task.emit(Event::Preview(Box::new(preview))).await?;
        }
        let digest = item.digest(&self.context.time());
        self.held += large(&item);
        self.waiting.push(NewItem { n, batch, item, objects, digest });
        if self.waiting.len() >= GROUP || self.held > BYTES {
            self.flush().await?;
        }
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            self.task.emit(Event::Progress { phase: Phase::Preview, done: self.count, total: None }).await?;
        }
        Ok(())
    }

    fn batch(&mut self) -> u32 {
        let (canary, size) = (self.context.settings.canary as u64, self.context.settings.batch.max(1) as u64);
        let at = self.writes;
        self.writes += 1;
        let batch = if at < canary { 1 } else { 2 + (at - canary) / size };
        u32::try_from(batch).unwrap_or(u32::MAX)
    }

    async fn flush(&mut self) -> Result<(), Stop> {
        self.task.check()?;
        let items = std::mem::replace(&mut self.waiting, Vec::with_capacity(GROUP));
        self.held = 0;
        let elsewhere = std::mem::take(&mut self.elsewhere);
        if !elsewhere.is_empty() {
            self.journal.add_elsewhere(elsewhere).await?;
        }
        Ok(self.journal.add(items).await?)
    }

    /// Records what is left, and adds up; gives back what was found by checking, too.
    pub(super) async fn finish(mut self) -> Result<Found, Stop> {
        self.check().await?;
        self.flush().await?;
        let read = self.task.store().meter().reading().read_units - self.units_before;
        let mut notes = self.checker.as_ref().map(Checker::notes).unwrap_or_default();
        notes.extend(self.unknown.note());
        let violated = self.checker.as_mut().map(Checker::violated).unwrap_or_default();
        let tenant = self.adder.tenant();
        let blast = self.adder.finish(self.context, read);
        Ok(Found { blast, tenant, notes, violated, undo_until: self.undo_until })
    }
}

/// Bytes of an item's attributes that come from S3; others are bounded by what a row may take.
fn large(item: &PlannedItem) -> usize {
    let rows = |part: &PlannedPart| {
        let (before, after) = (part.before.as_ref(), part.after.as_ref());
        let is_large = part.in_s3.before.is_some() || part.in_s3.after;
        before.into_iter().chain(after).filter(|_| is_large).map(|row| item_bytes(&row.0)).sum::<usize>()
    };
    item.parts.iter().map(rows).sum()
}
