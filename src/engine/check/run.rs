//! Reading back what a run wrote.

use futures::TryStreamExt;

use crate::domain::csv::application::is_from_reading;
use crate::domain::diff::Change;
use crate::domain::finding::FindingKind;
use crate::domain::item::{PlannedPart, Role};
use crate::domain::key::{EntityKey, Version};
use crate::domain::plan::Engine;
use crate::domain::publish::PublishMode;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::{Outcome, RunId};
use crate::domain::users::MODULE;
use crate::domain::value::to_plain_json;
use crate::domain::verify::{differences, history_differences, imported};
use crate::engine::failure::Failure;
use crate::engine::journal::{Reader, WrittenItem};
use crate::engine::protocol::{EntityRef, Event, Finding, Phase, RunInfo, Severity};
use crate::engine::read::seen::{Seen, Wanted, seen_pages};
use crate::engine::records::verified::Tally;
use crate::engine::task::place::pinned_by;
use crate::engine::task::{Stop, Task, blocking};
use crate::store::publish::{Snapshot, in_form};

/// Items looked at together.
const PAGE: usize = 100;
/// Differences of one entity that are told.
const TOLD: usize = 20;

/// Reads back a run that has ended, under the profile that it pinned.
pub(in crate::engine) async fn run(task: &Task, run: RunId) -> Result<(), Stop> {
    let state_dir = task.shared.state_dir.clone();
    let (info, recorded) = blocking(move || {
        let reader = Reader::open(&state_dir, run)?;
        Ok::<_, crate::engine::journal::JournalError>((reader.info()?, reader.recorded()?))
    })
    .await??;
    pinned_by(task, &info, &recorded.pins).await?;
    unwritten(task, &info).await?;
    written(task, run, None).await
}

/// Tells of items that nobody wrote: reading back what was written says nothing about them.
async fn unwritten(task: &Task, info: &RunInfo) -> Result<(), Stop> {
    let entity = EntityRef { module: String::new(), key: EntityKey::new("", "") };
    let failed = info.count(Outcome::Failed);
    let mut found = Vec::new();
    if failed > 0 {
        found.push(format!(
            "{failed} items of the run failed and were not written: `run --resume {} --retry` takes them up again",
            info.run
        ));
    }
    if info.left > 0 {
        found.push(format!("{} items of the run are not written yet: `run --resume {}`", info.left, info.run));
    }
    for message in found {
        let finding = error(FindingKind::Failed, &entity, message);
        task.emit(Event::Finding(Box::new(finding))).await?;
    }
    Ok(())
}

/// Compares every entity that a run, or one batch of it, wrote with what it is now.
pub(in crate::engine) async fn written(task: &Task, run: RunId, batch: Option<u32>) -> Result<(), Stop> {
    let state_dir = task.shared.state_dir.clone();
    let (reader, by) = blocking(move || {
        let reader = Reader::open(&state_dir, run)?;
        let recorded = reader.recorded()?;
        let is_pipeline = recorded.plan.as_ref().is_some_and(|plan| plan.run.engine == Engine::Pipeline);
        let by = By { mode: recorded.mode, is_pipeline };
        Ok::<_, crate::engine::journal::JournalError>((reader, by))
    })
    .await??;
    let mut tally = Tally::default();
    let mut pages = seen_pages(task, reader, move |reader, after| reader.done(batch, after, PAGE), wanted);
    while let Some((page, seen)) = pages.try_next().await? {
        task.check()?;
        compare(task, by, &page, &seen, &mut tally).await?;
        task.emit(Event::Progress { phase: Phase::Verify, done: tally.looked, total: None }).await?;
    }
    if batch.is_some() {
        return Ok(());
    }
    if tally.went_on > 0 {
        let n = tally.went_on;
        task.warn(format!("changed since the run: {n} of the entities; what it wrote is in their history")).await?;
    }
    tally.remember(task, run).await
}

/// Entities that the items of a page wrote.
fn wanted(page: &[WrittenItem]) -> Wanted {
    entities(page).map(|(module, part)| (module, &part.key)).collect()
}

fn entities(page: &[WrittenItem]) -> impl Iterator<Item = (&str, &PlannedPart)> {
    page.iter().flat_map(|written| {
        let parts = written.item.parts.iter().filter(|part| part.is_entity());
        parts.map(|part| (&*written.item.module, part))
    })
}

/// The way in which the entities were written.
#[derive(Debug, Clone, Copy)]
struct By {
    mode: PublishMode,
    /// The application's own import: its strategies leave marks of their own.
    is_pipeline: bool,
}

impl By {
    fn differences(self, wrote: &Row, now: &Row) -> Vec<Change> {
        if self.is_pipeline { as_read(wrote, now) } else { differences(wrote, now, self.mode) }
    }

    fn history_differences(self, wrote: &Row, row: &Row) -> Vec<Change> {
        if self.is_pipeline { as_read(wrote, row) } else { history_differences(wrote, row, self.mode) }
    }
}

/// Differences other than those from the way in which the application's import reads cells.
fn as_read(wrote: &Row, now: &Row) -> Vec<Change> {
    let mut changes = imported(wrote, now);
    changes.retain(|change| !is_from_reading(change, wrote));
    changes
}

async fn compare(task: &Task, by: By, page: &[WrittenItem], seen: &Seen, tally: &mut Tally) -> Result<(), Stop> {
    for item in page {
        let Some(part) = item.item.part(Role::User) else { continue };
        tally.looked += 1;
        for finding in user(task, part).await? {
            tally.report(task, finding).await?;
        }
    }
    for item in page.iter().filter(|w| !w.item.writes()) {
        let entity = EntityRef { module: item.item.module.clone(), key: item.item.target.clone() };
        let message = item.item.message.clone().unwrap_or_default();
        tally.report(task, error(FindingKind::Different, &entity, message)).await?;
    }
    for (module, part) in entities(page) {
        let Some(snapshot) = seen.get(&(module.to_owned(), part.key.clone())) else { continue };
        tally.looked += 1;
        tally.went_on += u64::from(snapshot.as_ref().is_ok_and(|now| now.version > part.version.next()));
        let entity = EntityRef { module: module.to_owned(), key: part.key.clone() };
        for finding in judge(task, by, &entity, part, snapshot).await? {
            tally.report(task, finding).await?;
        }
    }
    Ok(())
}

/// Differences of a user from what the run wrote.
async fn user(task: &Task, part: &PlannedPart) -> Result<Vec<Finding>, Stop> {
    let entity = EntityRef { module: MODULE.to_owned(), key: part.key.clone() };
    let Some(wrote) = part.after.as_deref() else { return Ok(Vec::new()) };
    let Some(now) = task.store().user(part.key.pk.as_str(), part.key.sk.as_str()).await? else {
        let message = "the run changed the user, and there is none of this name";
        return Ok(vec![error(FindingKind::Missing, &entity, message)]);
    };
    let text = |text: Option<&str>| text.map_or_else(|| "nothing".to_owned(), |text| format!("{text:?}"));
    let differing = wrote.0.keys().filter(|name| now.attributes.get(*name).map(String::as_str) != wrote.text(name));
    Ok(differing
        .map(|name| {
            let is = text(now.attributes.get(name).map(String::as_str));
            let message = format!("should be {}, is {is}", text(wrote.text(name)));
            error(FindingKind::Different, &entity, message).at(name)
        })
        .collect())
}

async fn judge(
    task: &Task,
    by: By,
    entity: &EntityRef,
    part: &PlannedPart,
    snapshot: &Snapshot,
) -> Result<Vec<Finding>, Stop> {
    let version = part.version.next();
    let Some(wrote) = part.after.as_deref() else { return Ok(Vec::new()) };
    let is_bytes = wrote.attribute_bytes().is_some();
    let seen = match in_form(snapshot, is_bytes) {
        Ok(seen) => seen,
        Err(unusable) => {
            return Ok(vec![error(FindingKind::Different, entity, unusable.message.clone())]);
        }
    };
    let Some(now) = seen.resolved.as_deref() else {
        let message = format!("the run wrote version {version}, and the entity is not there");
        return Ok(vec![error(FindingKind::Missing, entity, message)]);
    };
    if seen.version < version {
        let message = format!("the run wrote version {version}, and the entity is at {}", seen.version);
        return Ok(vec![error(FindingKind::Missing, entity, message)]);
    }
    if seen.version == version {
        let mut found = differing(entity, by.differences(wrote, now));
        if part.role == Role::Source && wrote.is_deleted() && !now.is_deleted() {
            let message = "the source of the move is still live".to_owned();
            found.push(error(FindingKind::Leftover, entity, message));
        }
        return Ok(found);
    }
    // Someone went on with it: what the run wrote is history, and the history row tells what it was.
    match history(task, entity, version, is_bytes).await? {
        Some(row) => Ok(differing(entity, by.history_differences(wrote, &row))),
        None => {
            let message = format!(
                "changed since, and version {version} is no longer in history: what the run wrote cannot be compared"
            );
            Ok(vec![Finding { severity: Severity::Note, ..error(FindingKind::Different, entity, message) }])
        }
    }
}

async fn history(task: &Task, entity: &EntityRef, version: Version, is_bytes: bool) -> Result<Option<Row>, Stop> {
    let EntityKey { pk, sk } = &entity.key;
    let Some(row) = task.store().get(&entity.module, TableKind::History, pk, &sk.at(version), true).await? else {
        return Ok(None);
    };
    let whole = task.store().whole(&row).await?;
    if let (true, Some(row)) = (is_bytes, whole.as_bytes) {
        return Ok(Some(row));
    }
    match task.store().resolve(&row).await {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.unreadable().is_some() => {
            task.failed(Failure::from(error).not_fatal()).await?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn differing(entity: &EntityRef, changes: Vec<Change>) -> Vec<Finding> {
    let text = |value: &Option<_>| value.as_ref().map_or_else(|| "nothing".to_owned(), to_plain_json);
    let one = |change: &Change| {
        let is_ttl = change.path.to_string() == field::TTL;
        let (kind, severity) =
            if is_ttl { (FindingKind::Ttl, Severity::Warning) } else { (FindingKind::Different, Severity::Error) };
        let message = format!("written {}, found {}", text(&change.before), text(&change.after));
        let found = Finding::new(kind, severity, entity.clone(), message).at(change.path.to_string());
        Finding { change: Some(Box::new(change.clone())), ..found }
    };
    changes.iter().take(TOLD).map(one).collect()
}

fn error(kind: FindingKind, entity: &EntityRef, message: impl Into<String>) -> Finding {
    Finding::new(kind, Severity::Error, entity.clone(), message)
}
