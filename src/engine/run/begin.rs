use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::approve::drive;
use super::execute::Ended;
use super::parts::{self, Earlier};
use super::signed::{self, Signed};
use super::single::name_tenant;
use crate::domain::clock::{local_minutes, time_zone, utc_millis};
use crate::domain::plan::{Existing, OnInvalid, Plan, Verify, Work};
use crate::domain::run::{Reason, RunId, RunState};
use crate::engine::check;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::files::after_run;
use crate::engine::items::ended::{ItemEnd, told};
use crate::engine::journal::{Facts, Journal, Reader};
use crate::engine::plan::preview_into;
use crate::engine::protocol::{Event, Level, PlanSummary, StopCause};
use crate::engine::records::rehearsals;
use crate::engine::records::runs::{mark_undone, show_info};
use crate::engine::remote::{self, Keeping, Remote, await_canary};
use crate::engine::task::context::import_table;
use crate::engine::task::place::pinned_by;
use crate::engine::task::{Context, Stop, Task, blocking};

/// Items told at a time.
const PAGE: usize = 200;

/// Previews a plan into a new run's journal, asks, and carries out what is approved.
pub(in crate::engine) async fn start(task: &Task, plan: &Plan, expect: Option<String>, rows: bool) -> Result<(), Stop> {
    task.armed()?;
    let narrowed;
    let mut brought = None;
    let (plan, known) = match plan.work.part() {
        None if task.shared.journals().is_some() => return Err(parts::no_part().into()),
        None => (plan, None),
        Some(part) => {
            let digest = expect.as_deref().ok_or_else(|| parts::no_digest(part))?;
            if let Some(at) = task.shared.journals() {
                brought = Box::pin(remote::bring(task, &at, digest, part)).await?;
            }
            let other = match Box::pin(parts::earlier(task, part, digest)).await? {
                Earlier::Own(run) => return Box::pin(resume(task, run, rows, false)).await,
                Earlier::Other(journal) => Some(journal),
                Earlier::None => brought.as_ref().map(|other| other.journal.clone()),
            };
            match other {
                Some(journal) => {
                    narrowed = parts::alone(plan);
                    (&narrowed, Some((journal, part)))
                }
                None => (plan, None),
            }
        }
    };
    let mut context = Context::new(task, plan.work.operation(), plan.run.clone(), plan.work.target_tenant())?;
    context.rows = rows;
    context.import_table = import_table(&plan.work);
    if signed::is_hopeless(task).await? {
        return task.emit(Event::Stopped { run: context.run, cause: StopCause::Signature }).await;
    }
    let undo_of = match &plan.work {
        Work::Undo(undo) => Some(undo.run),
        _ => None,
    };
    // From here on it can be steered.
    let settings = &context.settings;
    drop(task.shared.controls.take(context.run, settings.rate, settings.concurrency));
    let header = context.header(task, plan.name.clone(), Some(plan), undo_of).await;
    let state_dir = task.shared.state_dir.clone();
    // A run that is being taken back is not gone on with meanwhile: its lock goes with the undo.
    let _undone = match undo_of {
        Some(run) => {
            let state_dir = state_dir.clone();
            blocking(move || crate::engine::journal::hold(&state_dir, run)).await??
        }
        None => None,
    };
    let journal = blocking(move || Journal::create(&state_dir, &header)).await??;
    // Nothing is written yet: it can be ended wherever it waits.
    let summary = tokio::select! {
        summary = async {
            Box::pin(parts::take_over(&journal, known)).await?;
            Box::pin(preview_into(task, plan, &context, &journal, false, true)).await
        } => summary,
        () = task.cancel.cancelled() => Err(Stop::Cancelled),
    };
    let previewed = match summary {
        Ok(summary) => {
            context.rehearsal = rehearsals::of(task, Some(plan), &summary.digest).await;
            accepted(task, plan, &mut context, &journal, summary, expect.as_deref()).await
        }
        Err(stop) => Err(stop),
    };
    let previewed = match previewed {
        Ok(Accepted::Yes) => name_tenant(task, Some(plan), &journal, &mut context).await.map(|()| Accepted::Yes),
        other => other,
    };
    if !matches!(previewed, Ok(Accepted::Yes)) {
        // A run that never came to be is not kept.
        task.shared.controls.drop_run(context.run);
        journal.close().await;
        let dir = crate::engine::journal::run_dir(&task.shared.state_dir, context.run);
        let _ = blocking(move || std::fs::remove_dir_all(dir)).await;
        previewed?;
        return task.emit(Event::Stopped { run: context.run, cause: StopCause::Signature }).await;
    }
    tell_run(task, context.run).await?;
    tell_unwritten(task, &journal, &context).await?;
    go_on(task, journal, &context).await
}

/// Tells what the preview found, and makes it a run unless the plan or whoever asked for it says no.
async fn accepted(
    task: &Task,
    plan: &Plan,
    context: &mut Context,
    journal: &Journal,
    summary: PlanSummary,
    expect: Option<&str>,
) -> Result<Accepted, Stop> {
    let refusal = refusal(plan, &summary, expect);
    let (digest, blast, undo_until) = (summary.digest.clone(), summary.blast, summary.undo_until.clone());
    task.emit(Event::Planned(Box::new(summary))).await?;
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    let subject = signed::of(task, plan.name.clone(), digest.clone()).await;
    let Signed::Enough(signatures) = signed::check(task, &subject, Vec::new()).await? else {
        return Ok(Accepted::Unsigned);
    };
    let facts = Facts { blast, undo_until, signatures };
    context.notes = notes(task, context, &facts);
    journal.previewed(&digest, facts, context.settings.canary, context.settings.batch).await?;
    Ok(Accepted::Yes)
}

/// Whether a plan that was previewed becomes a run.
enum Accepted {
    Yes,
    /// Not enough people signed it.
    Unsigned,
}

/// Notes on a run before it is approved: until when it can be undone, and who signed it off.
fn notes(task: &Task, context: &Context, facts: &Facts) -> Vec<(Level, String)> {
    let mut notes = context.undo_notes(task, &facts.undo_until);
    let people: Vec<&str> = facts.signatures.iter().map(|signature| signature.principal.as_str()).collect();
    if !people.is_empty() {
        notes.push((Level::Info, format!("signed off by {}", people.join(", "))));
    }
    notes
}

/// Resumes a run that ended early, under the profile that it pinned. What was approved and not written is asked for again; with `retry`
/// failed items are taken up again, too.
pub(in crate::engine) async fn resume(task: &Task, run: RunId, rows: bool, retry: bool) -> Result<(), Stop> {
    task.armed()?;
    let state_dir = task.shared.state_dir.clone();
    // Held first: nobody changes afterwards what is read of it.
    let (journal, info, recorded) = blocking(move || {
        let journal = Journal::open(&state_dir, run)?;
        let reader = Reader::open(&state_dir, run)?;
        Ok::<_, crate::engine::journal::JournalError>((journal, reader.info()?, reader.recorded()?))
    })
    .await??;
    pinned_by(task, &info, &recorded.pins).await?;
    if let Some(profile) =
        recorded.plan.as_ref().and_then(|p| p.profile.as_ref()).filter(|p| **p != task.profile().name)
    {
        let failure = Failure::new(ErrorCode::Plan, format!("the plan of run {run} is for profile {profile}"));
        return Err(failure.hint(format!("use --profile {profile}")).into());
    }
    if !recorded.previewed {
        let failure = Failure::new(ErrorCode::NotFound, format!("the preview of run {run} was never complete"));
        return Err(failure.hint("nothing was written; run the plan again").into());
    }
    let mut context = Context::resumed(task, &info, &recorded);
    context.rows = rows;
    let state = info.state;
    // Refused ones among them.
    let (failed, _) = journal.failures().await?;
    if state == RunState::Undone || (state == RunState::Done && !(retry && failed > 0)) {
        if let Some(remote) = Remote::of(task, &info) {
            remote::record_again(task, &remote, &journal).await?;
        }
        journal.close().await;
        let hint = if failed > 0 && state == RunState::Done { "; --retry takes failed items up again" } else { "" };
        task.log(format!("run {run} has ended already ({state}){hint}")).await?;
        return tell_run(task, run).await;
    }
    if !journal.is_as_previewed().await? {
        let message = format!("the journal of run {run} was changed since its preview: nothing is written");
        let failure = Failure::new(ErrorCode::Conflict, message);
        return Err(failure.hint("preview the plan again, and run what it shows now").into());
    }
    context.rehearsal = rehearsals::of(task, recorded.plan.as_ref(), &info.digest).await;
    let facts = journal.facts().await?;
    let subject = signed::of(task, info.name.clone(), info.digest.clone()).await;
    let Signed::Enough(signatures) = signed::check(task, &subject, facts.signatures.clone()).await? else {
        journal.close().await;
        tell_run(task, run).await?;
        return task.emit(Event::Stopped { run, cause: StopCause::Signature }).await;
    };
    if signatures != facts.signatures {
        journal.sign(signatures.clone()).await?;
    }
    context.notes = notes(task, &context, &Facts { signatures, ..facts });
    context.earlier = journal.approvals().await?;
    let profile = task.profile();
    let zone = time_zone(&profile.timezone).unwrap_or(TimeZone::UTC);
    for approval in &context.earlier {
        let at = format!("{} ({})", local_minutes(&approval.at, &zone), profile.timezone);
        task.log(approval.words(&at)).await?;
    }
    let left = journal.ask_again(retry).await?;
    context.before = journal.failures().await?;
    name_tenant(task, recorded.plan.as_ref(), &journal, &mut context).await?;
    let retried = if left.retried > 0 { format!(", {} of them failed before", left.retried) } else { String::new() };
    task.log(format!("{} items of run {run} are left{retried}; they are asked for again", left.items)).await?;
    go_on(task, journal, &context).await
}

async fn go_on(task: &Task, journal: Journal, context: &Context) -> Result<(), Stop> {
    journal.set_state(RunState::Running, "").await?;
    let info = show_info(task, context.run).await?;
    let remote = Remote::of(task, &info);
    task.emit(Event::Run(Box::new(info))).await?;
    let ended = match shown_and_awaited(task, remote.as_ref(), context).await {
        Ok(None) => {
            let keeping = remote.clone().map(|remote| Keeping::begin(task, remote, journal.clone()));
            let ended = super::steered::recorded(task, &journal, context, drive(task, &journal, context)).await;
            if let Some(keeping) = keeping {
                keeping.end().await;
            }
            ended
        }
        Ok(Some(cause)) => Ok(Ended::Stopped(cause)),
        Err(stop) => Err(stop),
    };
    let is_complete = matches!(ended, Ok(Ended::Complete));
    let finished = finish(task, journal, context, ended).await;
    // Also of a run that stopped: another worker goes on from there.
    if let Some(remote) = remote
        && let Err(Stop::Failed(failure)) = remote.keep(task).await
    {
        task.failed(failure.so(&format!("the journal of run {} is not in S3 as it ended", context.run)).not_fatal())
            .await?;
    }
    finished?;
    if is_complete && context.settings.verify == Verify::End {
        check::run::written(task, context.run, None).await?;
    }
    Ok(())
}

/// Makes a part known to those who look at the others, and waits until it may begin.
async fn shown_and_awaited(task: &Task, remote: Option<&Remote>, context: &Context) -> Result<Option<StopCause>, Stop> {
    if let Some(remote) = remote {
        remote.keep(task).await?;
    }
    await_canary(task, remote, context).await
}

/// Records how the run ended, and tells.
async fn finish(task: &Task, journal: Journal, context: &Context, ended: Result<Ended, Stop>) -> Result<(), Stop> {
    task.shared.controls.drop_run(context.run);
    let at = utc_millis(Timestamp::now());
    let is_complete = matches!(ended, Ok(Ended::Complete));
    let state = match is_complete {
        true => RunState::Done,
        // Nothing was written: it waits for whoever approves it later.
        false if !journal.has_begun().await.unwrap_or(true) => RunState::Waiting,
        false => RunState::Stopped,
    };
    // Before its end is recorded: a run that has ended is not gone on with, and what it took back would never say so.
    let marked = if is_complete { mark_undone(task, context.run).await } else { Ok(()) };
    // Likewise: its rejects would stay without the rows that it refused.
    let rejected = after_run(task, &journal, is_complete).await;
    let recorded = journal.set_state(state, &at).await;
    journal.close().await;
    tell_run(task, context.run).await.ok();
    marked?;
    recorded?;
    let ended = ended?;
    rejected?;
    match ended {
        Ended::Complete => Ok(()),
        Ended::Stopped(cause) => {
            task.emit(Event::Stopped { run: context.run, cause }).await.ok();
            if cause == StopCause::Interrupted { Err(Stop::Cancelled) } else { Ok(()) }
        }
    }
}

async fn tell_run(task: &Task, run: RunId) -> Result<(), Stop> {
    let info = show_info(task, run).await?;
    task.emit(Event::Run(Box::new(info))).await
}

/// Why a plan that was previewed does not run.
fn refusal(plan: &Plan, summary: &PlanSummary, expect: Option<&str>) -> Option<Failure> {
    if let Some(expected) = expect.filter(|digest| *digest != summary.digest) {
        let message = format!("the plan digest is {}, not {expected}: nothing was written", summary.digest);
        let failure = Failure::new(ErrorCode::Conflict, message);
        return Some(
            failure.hint("the data or the plan changed since; preview it again and approve what it shows now"),
        );
    }
    let stops = match &plan.work {
        Work::Copy { target, .. } | Work::Move { target, .. } | Work::Import { target, .. } => {
            target.existing == Existing::Stop
        }
        Work::Users { .. }
        | Work::Normalize { .. }
        | Work::Transform { .. }
        | Work::Export { .. }
        | Work::Rollback { .. }
        | Work::Undo(_)
        | Work::Repair
        | Work::RepairOf(_) => false,
    };
    let invalid: u64 = summary
        .reasons
        .iter()
        .filter(|(reason, _)| matches!(reason, Reason::Schema | Reason::Reference))
        .map(|(_, count)| *count)
        .sum();
    if plan.change.validate.on_invalid == OnInvalid::Stop && invalid > 0 {
        let message = format!("{invalid} items are invalid, and the plan says to stop then: nothing was written");
        let mut failure = Failure::new(ErrorCode::Conflict, message);
        failure.key = Some("validate.on_invalid".to_owned());
        return Some(failure.hint("preview shows which and why; on_invalid = \"skip\" leaves them out"));
    }
    let existing = summary.reasons.iter().find(|(reason, _)| *reason == Reason::Exists).map_or(0, |(_, n)| *n);
    (stops && existing > 0).then(|| {
        let message = format!("{existing} targets exist, and the plan says to stop then: nothing was written");
        let mut failure = Failure::new(ErrorCode::Conflict, message);
        failure.key = Some("target.existing".to_owned());
        failure.hint("preview shows which; skip, overwrite and merge go on")
    })
}

async fn tell_unwritten(task: &Task, journal: &Journal, context: &Context) -> Result<(), Stop> {
    let mut after = 0;
    loop {
        let page = journal.unwritten(after, PAGE).await?;
        for open in &page {
            after = open.n;
            let end = ItemEnd {
                outcome: open.item.action.unwritten(),
                reason: open.item.reason,
                message: None,
                attempts: 0,
                request_id: None,
            };
            task.emit(Event::Item(Box::new(told(context, open, Some(&end))))).await?;
        }
        if page.is_empty() {
            return Ok(());
        }
    }
}
