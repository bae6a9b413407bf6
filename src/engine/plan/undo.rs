//! Preview of the undo of a run, from its journal.

use std::collections::HashSet;
use std::path::Path;

use futures::TryStreamExt as _;

use super::confirm::confirm;
use super::expiry::Expiry;
use super::rows;
use super::sink::Sink;
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, PartitionKey};
use crate::domain::normalize::SEQUENCES;
use crate::domain::plan::{Engine, Plan, Undo, UndoFrom, Work};
use crate::domain::row::{TableKind, field};
use crate::domain::run::{Action, Operation, Outcome, Reason, RunId, RunState};
use crate::domain::transfer::Side;
use crate::domain::undo::{Now, Undoing, Written};
use crate::domain::users;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::items::job::job_of;
use crate::engine::journal::{Reader, WrittenItem};
use crate::engine::read::seen::{Seen, look_up, seen_pages};
use crate::engine::task::context::import_table;
use crate::engine::task::place::pinned_by;
use crate::engine::task::{Context, Stop, Task, blocking};
use crate::store::publish::{Unusable, in_form};

/// Items looked at together.
const PAGE: usize = 100;

/// Adds the items of an undo; gives back what is to be known before the run.
pub(super) async fn plan(
    task: &Task,
    context: &Context,
    undo: &Undo,
    is_held: bool,
    sink: &mut Sink<'_>,
) -> Result<Vec<String>, Stop> {
    let undoing = Undoing {
        request_id: undo.run.request_id(),
        is_repair: false,
        jobs: HashSet::new(),
        conflicts: undo.conflicts,
        mode: context.mode,
        stamp: context.stamp.clone(),
        at: context.time(),
        stamp_restored: context.settings.stamp,
    };
    let mut taker = Taker { task, undoing, is_held, expiry: Expiry::new(context.at) };
    match &undo.from {
        UndoFrom::Journal => {
            let (state_dir, run) = (task.shared.state_dir.clone(), undo.run);
            let reader = blocking(move || Reader::open(&state_dir, run)).await?;
            let reader = reader.map_err(|error| {
                let mut failure = Failure::from(error);
                if failure.code == ErrorCode::NotFound {
                    failure.hint = Some(
                        "bring its journal (--journal FILE), or find what it wrote in the rows (--pk or --module)"
                            .to_owned(),
                    );
                }
                failure
            })?;
            taker.journal(undo, reader, sink).await
        }
        UndoFrom::File(file) => {
            let file = Path::new(file).to_path_buf();
            // Whoever brings it answers for what it says; that it is whole can be seen.
            let reader = blocking(move || {
                let reader = Reader::open_file(&file)?;
                reader.check().map(|_| reader)
            });
            let reader = reader.await??;
            taker.journal(undo, reader, sink).await
        }
        UndoFrom::Partition { pk, module } => {
            rows::partition(&mut taker, &PartitionKey::new(pk.as_str()), module.clone(), sink).await
        }
        UndoFrom::Module(module) => rows::module(&mut taker, module, sink).await,
    }
}

/// Takes items back, whatever tells of them.
pub(super) struct Taker<'a> {
    pub(super) task: &'a Task,
    pub(super) undoing: Undoing,
    /// The run is in our own hands: whoever had it last has gone, whatever its journal says.
    is_held: bool,
    expiry: Expiry,
}

/// An item of the run: module, source, target, and the entities that it wrote.
pub(super) struct Taken {
    pub(super) module: String,
    pub(super) source: EntityKey,
    pub(super) target: EntityKey,
    pub(super) written: Vec<Written>,
}

impl Taker<'_> {
    async fn journal(&mut self, undo: &Undo, reader: Reader, sink: &mut Sink<'_>) -> Result<Vec<String>, Stop> {
        let (info, recorded, reader) = blocking(move || {
            let (info, recorded) = (reader.info()?, reader.recorded()?);
            Ok::<_, crate::engine::journal::JournalError>((info, recorded, reader))
        })
        .await??;
        if info.run != undo.run {
            let message = format!("{} is the journal of run {}, not of {}", info.journal, info.run, undo.run);
            return Err(Failure::new(ErrorCode::Usage, message).into());
        }
        pinned_by(self.task, &info, &recorded.pins).await?;
        self.undoing.is_repair = info.operation == Operation::Repair && !matches!(undo.from, UndoFrom::File(_));
        let is_pipeline = recorded.plan.as_ref().is_some_and(|plan| plan.run.engine == Engine::Pipeline);
        let table = recorded.plan.as_ref().and_then(|plan| import_table(&plan.work));
        match info.state {
            RunState::Running if !self.is_held => {
                let failure = Failure::new(ErrorCode::Locked, format!("run {} is under way", info.run));
                return Err(failure.hint("wait until it has ended, or end it there").into());
            }
            RunState::Undone => {
                let by = info.undone_by.map_or_else(|| "another run".to_owned(), |run| format!("run {run}"));
                let failure =
                    Failure::new(ErrorCode::Conflict, format!("run {} was taken back by {by} already", info.run));
                return Err(failure.hint("to take that back, undo the undo").into());
            }
            RunState::Waiting | RunState::Running | RunState::Stopped | RunState::Done => {}
        }
        let about = undo.clone();
        let wanted = move |page: &[WrittenItem]| {
            let items = page.iter().filter(|written| about.is_about(written.n) && !is_unreadable(&written.item));
            let parts = items.flat_map(|written| written.item.parts.iter().map(|part| (&*written.item.module, part)));
            parts.filter(|(_, part)| part.is_entity()).map(|(module, part)| (module, &part.key)).collect()
        };
        let mut pages = seen_pages(self.task, reader, |reader, after| reader.written(after, PAGE), wanted);
        while let Some((mut page, seen)) = pages.try_next().await? {
            self.task.check()?;
            page.retain(|item| undo.is_about(item.n));
            if is_pipeline {
                self.undoing.jobs.extend(page.iter().filter_map(|written| job(info.run, written, table.as_deref())));
            }
            let (users, entities): (Vec<_>, Vec<_>) =
                page.into_iter().partition(|written| written.item.part(Role::User).is_some());
            for written in users {
                self.user(&written, undo, recorded.plan.as_ref(), sink).await?;
            }
            // An item that cannot be read, or is not what was recorded, is a conflict of its own and stops no other.
            let (readable, unreadable): (Vec<_>, Vec<_>) =
                entities.into_iter().partition(|written| !is_unreadable(&written.item));
            for written in unreadable {
                sink.add(PlannedItem { parts: Vec::new(), ..written.item }).await?;
            }
            let mut taken: Vec<Taken> = readable.into_iter().map(|written| taken(written, undo)).collect();
            confirm(self.task, &mut taken).await?;
            self.take_seen(taken, &seen, sink).await?;
        }
        Ok(Vec::new())
    }

    async fn user(
        &self,
        written: &WrittenItem,
        undo: &Undo,
        plan: Option<&Plan>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Stop> {
        let Some(part) = written.item.part(Role::User) else { return Ok(()) };
        let now = self.task.store().user(part.key.pk.as_str(), part.key.sk.as_str()).await?;
        let is_certain = written.outcome == Some(Outcome::Done);
        let item = users::undone(part, now.as_ref(), self.undoing.conflicts, is_certain);
        let is_taken_back = matches!(plan.map(|plan| &plan.work), Some(Work::Undo(_)));
        let rule = plan.and_then(|plan| rule_of(&plan.work));
        // An undo has no rule of its own: its own journal is trusted, a brought one is not.
        let is_own = is_taken_back && undo.from == UndoFrom::Journal;
        let doubt = if is_own { None } else { users::doubt(part, rule.as_ref()) };
        sink.add(match doubt {
            Some(doubt) if item.writes() && !undo.is_forced(written.n) => {
                item.refused(Action::Conflict, Reason::Unproven, doubt)
            }
            _ => item,
        })
        .await
    }

    /// Looks at the entities of some items as they are now, and adds what becomes of them.
    pub(super) async fn take(&mut self, items: Vec<Taken>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let wanted = items.iter().flat_map(|item| item.written.iter().map(|written| (&*item.module, &written.key)));
        let seen = look_up(self.task, wanted.collect()).await?;
        self.take_seen(items, &seen, sink).await
    }

    /// Adds what becomes of items whose entities were looked at.
    async fn take_seen(&mut self, items: Vec<Taken>, seen: &Seen, sink: &mut Sink<'_>) -> Result<(), Stop> {
        for mut item in items {
            let planned = self.one(&mut item, seen).await?;
            sink.add(planned).await?;
        }
        Ok(())
    }

    async fn one(&mut self, item: &mut Taken, seen: &Seen) -> Result<PlannedItem, Stop> {
        for written in item.written.iter_mut().filter(|w| !w.is_proven) {
            let after = written.version.next();
            if let Some(Ok(snapshot)) = seen.get(&(item.module.clone(), written.key.clone()))
                && snapshot.version > after
            {
                // Someone went on with it: whether on top of what the run wrote, the rows of that version tell.
                written.is_proven = self.is_ours(&item.module, written).await?;
                written.is_certain |= written.is_proven;
            }
        }
        let mut found = Vec::with_capacity(item.written.len());
        for written in &item.written {
            let Some(snapshot) = seen.get(&(item.module.clone(), written.key.clone())) else { continue };
            match in_form(snapshot, written.has_bytes()) {
                Ok(snapshot) => found.push((written, snapshot)),
                Err(unusable) => return Ok(invalid(item, unusable)),
            }
        }
        let mut sides = Vec::with_capacity(found.len());
        for (written, snapshot) in &found {
            let ttls = self.expiry.of(self.task, &item.module, &written.key.pk).await?;
            sides.push(Now { written, side: Side { key: &written.key, seen: snapshot, ttls } });
        }
        let mut planned = self.undoing.item(&item.module, &item.source, &item.target, &sides);
        if item.written.is_empty() && item.module == SEQUENCES {
            planned.action = Action::Skip;
            planned.message = Some("a counter is not taken back: numbers may have been given out since".to_owned());
        }
        Ok(planned)
    }

    /// Whether the version that the journal names is the run's: its command row says so, or its history row.
    async fn is_ours(&self, module: &str, written: &Written) -> Result<bool, Stop> {
        let (key, version) = (&written.key, written.version.next());
        let wrote =
            written.wrote.as_ref().and_then(|row| row.text(field::REQUEST_ID)).filter(|_| self.undoing.is_repair);
        let id = wrote.unwrap_or(&self.undoing.request_id);
        for kind in [TableKind::Command, TableKind::History] {
            let Some(row) = self.task.store().get(module, kind, &key.pk, &key.sk.at(version), true).await? else {
                continue;
            };
            let is_job = row.text(field::SOURCE).is_some_and(|source| self.undoing.jobs.contains(source));
            if is_job || row.text(field::REQUEST_ID) == Some(id) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether the journal's own record of an item is no good.
fn is_unreadable(item: &PlannedItem) -> bool {
    !item.writes() && matches!(item.reason, Some(Reason::MalformedJson | Reason::NotApproved))
}

/// The rule by which a run of users changed codes.
fn rule_of(work: &Work) -> Option<users::Changing> {
    match work {
        Work::Users { change, attributes, .. } => {
            Some(users::Changing { pool: String::new(), change: change.clone(), attributes: attributes.clone() })
        }
        _ => None,
    }
}

/// The id of the job that wrote an item.
fn job(run: RunId, written: &WrittenItem, table: Option<&str>) -> Option<String> {
    let after = written.item.part(Role::Target)?.after.as_deref()?;
    let tenant = after.text(field::TENANT_CODE)?;
    let table = table.unwrap_or(&written.item.module);
    // Its id names no place of the file.
    Some(job_of(run, written.batch?, tenant, table, "").id())
}

fn taken(written: WrittenItem, undo: &Undo) -> Taken {
    let WrittenItem { n, item, outcome, .. } = written;
    let is_forced = undo.is_forced(n);
    let is_certain = outcome == Some(Outcome::Done);
    let parts = item.parts.into_iter().filter(PlannedPart::is_entity);
    let written = parts.map(|part| Written {
        role: part.role,
        key: part.key,
        version: part.version,
        before: part.before,
        wrote: part.after,
        attributes_ref: part.in_s3.before,
        is_certain,
        is_proven: false,
        is_confirmed: false,
        is_forced,
    });
    let mut written: Vec<Written> = written.collect();
    // Where the run wrote nothing but a source, taking that back is in place: the item's versions are that entity's.
    if let [only] = &mut written[..]
        && only.role == Role::Source
    {
        only.role = Role::Target;
        return Taken { module: item.module, source: only.key.clone(), target: only.key.clone(), written };
    }
    Taken { module: item.module, source: item.source, target: item.target, written }
}

fn invalid(item: &Taken, unusable: &Unusable) -> PlannedItem {
    let planned = PlannedItem::new(&item.module, item.source.clone(), item.target.clone());
    planned.refused(Action::Invalid, unusable.reason, unusable.message.clone())
}
