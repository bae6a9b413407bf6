//! Finding out what a plan would do: items with before and after, streamed into a journal. Nothing is written to any table.

mod alike;
mod blast;
mod claims;
mod confirm;
mod expiry;
mod import;
mod normalize;
mod passing;
mod repair;
mod rollback;
mod rows;
mod said;
mod sink;
mod transfer;
mod transform;
mod undo;
mod unknown;
mod unprocessed;
mod users;
mod validate;
mod walk;

use std::path::Path;
use std::time::Duration;

use crate::config::FrameworkVersion;
use crate::domain::csv::Place;
use crate::domain::finding::FindingKind;
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::key::EntityKey;
use crate::domain::plan::{Plan, Work};
use crate::domain::publish::PublishMode;
use crate::domain::run::Action;
use crate::domain::tenant::{oddity, refusal};
use crate::domain::transform::Changing;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::files::{Opened, begin_rejects, may_replace};
use crate::engine::journal::{Journal, private_dir};
use crate::engine::protocol::{EntityRef, Event, Finding, PlanSummary, Severity};
use crate::engine::records::items;
use crate::engine::task::kept::Kept;
use crate::engine::task::place::for_this_profile;
use crate::engine::task::{Context, Stop, Task, blocking};
use crate::store::publish::Unusable;
pub(super) use said::in_time;
use sink::Sink;
pub(super) use validate::Checker;

/// Prefix of a preview's directory, with a name of its own behind it.
const PREVIEW: &str = "preview-";
/// A preview takes minutes, for millions of items perhaps hours.
const LEFT_OVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Shows what a plan would do: items as they are found, in the end the whole.
pub(super) async fn preview(task: &Task, plan: &Plan, keep: bool) -> Result<(), Stop> {
    let (kept, summary) = seen(task, plan, !keep).await?;
    match keep {
        true => items::keep(task, kept).await,
        false => kept.journal.close().await,
    }
    task.emit(Event::Planned(Box::new(summary))).await
}

/// Previews a plan into a journal of its own, whose directory goes away with it; with `tell` each item is told as it is found.
pub(super) async fn seen(task: &Task, plan: &Plan, tell: bool) -> Result<(Kept, PlanSummary), Stop> {
    let context = Context::new(task, plan.work.operation(), plan.run.clone(), plan.work.target_tenant())?;
    let header = context.header(task, plan.name.clone(), Some(plan), None).await;
    let state_dir = task.shared.state_dir.clone();
    let (journal, path) = blocking(move || {
        private_dir(&state_dir)?;
        remove_left_over(&state_dir);
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        let dir = tempfile::Builder::new().prefix(PREVIEW).permissions(private).tempdir_in(&state_dir);
        let dir = dir.map_err(crate::engine::journal::io(&state_dir))?;
        let path = dir.path().join("journal.db");
        Journal::scratch(&path, &header, dir).map(|journal| (journal, path))
    })
    .await??;
    match preview_into(task, plan, &context, &journal, tell, false).await {
        Ok(summary) => Ok((Kept { context, journal, path }, summary)),
        Err(stop) => {
            journal.close().await;
            Err(stop)
        }
    }
}

fn no_file() -> Failure {
    let mut failure = Failure::new(ErrorCode::Plan, "source.file is missing: it is the CSV file that is read");
    failure.key = Some("source.file".to_owned());
    failure.hint("name it in the plan, or use `tenantry import FILE PLAN.toml`")
}

fn exports() -> Failure {
    Failure::new(ErrorCode::Usage, "an export has no items to preview: it writes a file and nothing else")
}

/// Removes what previews left behind that were killed a day ago or longer: they hold rows of customers.
fn remove_left_over(state_dir: &Path) {
    let Ok(entries) = std::fs::read_dir(state_dir) else { return };
    for entry in entries.flatten().filter(|e| e.file_name().to_string_lossy().starts_with(PREVIEW)) {
        let modified = entry.metadata().and_then(|m| m.modified()).ok();
        if modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > LEFT_OVER) {
            // Whatever stands in the way then will do so the next time.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// An entity that cannot be worked with where it stands.
fn refused_in_place(module: &str, key: EntityKey, unusable: Unusable) -> PlannedItem {
    let version = unusable.version();
    PlannedItem::new(module, key.clone(), key.clone())
        .refused(Action::Invalid, unusable.reason, unusable.message)
        .with(PlannedPart::pinned(Role::Target, key, version, unusable.data))
}

/// Refuses a target tenant that the application could not read; gives back what is odd about one that it can.
fn target_is_readable(task: &Task, plan: &Plan) -> Result<Option<String>, Stop> {
    let target = match &plan.work {
        Work::Copy { target, .. } | Work::Move { target, .. } | Work::Import { target, .. } => target,
        Work::Normalize { .. }
        | Work::Transform { .. }
        | Work::Export { .. }
        | Work::Users { .. }
        | Work::Rollback { .. }
        | Work::Undo(_)
        | Work::Repair
        | Work::RepairOf(_) => return Ok(None),
    };
    let reads_lower = task.profile().framework >= FrameworkVersion::LOWER_TENANTS;
    let Some(why) = refusal(&target.tenant, target.spelling, reads_lower) else { return Ok(oddity(&target.tenant)) };
    let mut failure = Failure::new(ErrorCode::Plan, why);
    failure.key = Some("target.tenant".to_owned());
    let meant = target.tenant.trim().to_lowercase();
    Err(failure.hint(format!("write {meant:?}; spelling = \"as-is\" takes other letters as they stand")).into())
}

/// Signatures that the profile asks for before a plan runs, in words.
fn sign_off(task: &Task) -> Option<String> {
    let (name, required) = (&task.profile().name, task.profile().sign_off.required);
    let people = match required {
        0 => return None,
        1 => "1 person signs".to_owned(),
        n => format!("{n} people sign"),
    };
    Some(format!(
        "profile {name} runs it when {people} this digest: `tenantry sign PLAN.toml --expect DIGEST --to FILE`"
    ))
}

/// Tells paths of the plan that no entity had: most likely they are misspelled.
async fn tell_unmet(task: &Task, changing: &Changing) -> Result<(), Stop> {
    for path in changing.unmet() {
        let entity = EntityRef { module: String::new(), key: EntityKey::new("", "") };
        let message = format!("no entity of the plan has {path}: nothing that the plan does there happens");
        let finding = Finding::new(FindingKind::UnusedPath, Severity::Warning, entity, message).at(path.to_string());
        task.emit(Event::Finding(Box::new(finding))).await?;
    }
    Ok(())
}

/// Fills a journal with the items of a plan; with `tell` each is told as it is found. `is_held` when the run that an undo takes back
/// is in this task's hands.
pub(super) async fn preview_into(
    task: &Task,
    plan: &Plan,
    context: &Context,
    journal: &Journal,
    tell: bool,
    is_held: bool,
) -> Result<PlanSummary, Stop> {
    for_this_profile(task, plan)?;
    let odd_target = target_is_readable(task, plan)?;
    let mut file = None;
    let opening = import::opening(&plan.work);
    if let (Work::Import { file: place, rejects, .. }, Some(opening)) = (&plan.work, opening) {
        let place = place.as_ref().ok_or_else(no_file)?;
        if let Some(rejects) = rejects {
            let from = if let Place::File(path) = place { Some(path.as_str()) } else { None };
            may_replace(rejects, from, opening.format.delimiter).await?;
        }
        file = Some(Opened::open(task, place, opening, journal.dir()).await?);
    }
    let checker = validate::Checker::new(task, plan)?;
    let mut sink = Sink::new(task, context, journal, tell, checker).of_part(plan.work.source());
    let found = match &plan.work {
        Work::Copy { source, target } | Work::Move { source, target } => {
            Box::pin(transfer::plan(task, context, plan, source, target, &mut sink)).await
        }
        Work::Normalize { source, how } => {
            Box::pin(normalize::plan(task, context, &plan.modules, source, how, &mut sink)).await
        }
        Work::Transform { source } => Box::pin(transform::plan(task, context, plan, source, &mut sink)).await,
        Work::Import { source, target, .. } => match &file {
            Some(file) => Box::pin(import::plan(task, context, plan, (source, target), file, &mut sink)).await,
            None => Err(no_file().into()),
        },
        Work::Export { .. } => Err(exports().into()),
        Work::Users { pool, change, attributes } => {
            Box::pin(users::plan(task, (pool.as_ref(), change, attributes), &mut sink)).await
        }
        Work::Rollback { source, how } => {
            Box::pin(rollback::plan(task, context, &plan.modules, source, how, &mut sink)).await
        }
        Work::Repair => Box::pin(repair::plan(task, context, (&plan.modules, None), &mut sink)).await,
        Work::RepairOf(only) => Box::pin(repair::plan(task, context, (&plan.modules, Some(only)), &mut sink)).await,
        Work::Undo(undo) => Box::pin(undo::plan(task, context, undo, is_held, &mut sink)).await,
    };
    let mut notes = found?;
    notes.extend(odd_target);
    notes.extend(passing::note(plan));
    let sink::Found { blast, tenant, notes: checked, violated, undo_until } = sink.finish().await?;
    notes.extend(checked);
    if let (Work::Import { rejects: Some(rejects), .. }, Some(file), Some(opening)) = (&plan.work, &file, opening) {
        let count = begin_rejects(journal, file, opening, rejects).await?;
        if count > 0 {
            notes.push(format!(
                "{count} rows of {} cannot be written: they stand in {rejects}, each with why",
                file.name()
            ));
        }
    }
    let digest = journal.digest().await?;
    let tally = journal.tally().await?;
    if blast.write_units > 0.0 {
        notes.push(match context.mode {
            PublishMode::Sync => context.mode.consequence().to_owned(),
            PublishMode::Async => {
                "only command rows are written; the application's own pipeline applies them".to_owned()
            }
        });
    }
    notes.extend(context.undo_notes(task, &undo_until).into_iter().map(|(_, words)| words));
    notes.extend(sign_off(task));
    Ok(PlanSummary {
        run: context.run,
        digest,
        actions: tally.actions,
        reasons: tally.reasons,
        blast,
        tenant,
        publish: context.mode,
        notes,
        violated,
        undo_until,
    })
}
