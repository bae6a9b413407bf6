//! The engine's loop: commands to tasks, decisions to those that wait for them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::config::Profile;
use crate::domain::plan::Work;
use crate::domain::run::RunId;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Decision, Event, RequestId, Steering};
use crate::engine::read::{activity, browse, compare, copied, find, history, identity, users, watching};
use crate::engine::records::{collisions, items, join, report, runs};
use crate::engine::task::{Shared, Stop, Task};
use crate::engine::{EngineEnd, check, files, plan, rehearse, run};
use crate::logging::EVENTS;
use crate::store::connect;

/// Duration from which a command is worth a line of the log.
const LONG: Duration = Duration::from_secs(1);
/// How often the counters are brought up to date while something is at work.
const LOOK: Duration = Duration::from_secs(1);

/// Runs an engine for a profile until the interface has gone: then running work is cancelled between two items, and nothing that
/// waits is approved.
pub async fn serve(profile: Profile, state_dir: PathBuf, end: EngineEnd) {
    let EngineEnd { mut commands, events, counters, stage } = end;
    let connected = connect(&profile).await;
    let shared = Arc::new(Shared::new(profile, connected, state_dir, events, counters).with_stage(stage));
    let root = CancellationToken::new();
    let mut tokens: HashMap<RequestId, CancellationToken> = HashMap::new();
    let mut tasks: JoinSet<RequestId> = JoinSet::new();
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = look.tick(), if !tasks.is_empty() => shared.refresh(),
            command = commands.recv() => {
                let Some((request, command)) = command else { break };
                if let Command::Cancel { request: other } = &command
                    && let Some(token) = tokens.get(other)
                {
                    token.cancel();
                }
                // The next commands depend on it.
                if let Command::Arm { armed } = command {
                    shared.arm(armed);
                    if !armed {
                        shared.controls.stop_all();
                    }
                }
                if let Command::TakeSignatures { files } = &command {
                    shared.take_signed(files);
                }
                if let Command::KeepJournals { at } = &command {
                    shared.keep_journals(Some(at.clone()));
                }
                let cancel = root.child_token();
                tokens.insert(request, cancel.clone());
                let task = Task::new(&shared, request, cancel);
                if matches!(command, Command::RunPlan { .. } | Command::ResumeRun { .. }) {
                    shared.count_run(request, task.store().meter());
                }
                task.shared.count(|c| c.active += 1);
                let done = at_once(&task, &command);
                tasks.spawn(async move {
                    work(&task, command, done).await;
                    task.request
                });
            }
            Some(ended) = tasks.join_next() => {
                if let Ok(request) = ended {
                    tokens.remove(&request);
                }
            }
        }
    }
    root.cancel();
    while tasks.join_next().await.is_some() {}
    items::forget(&shared).await;
}

/// Carries out commands that take effect in their order: a decision or a change that overtook another would undo it.
fn at_once(task: &Task, command: &Command) -> Option<Result<(), Stop>> {
    match command {
        Command::Steer { run, steering } => Some(steer(task, *run, *steering)),
        Command::Decide { run, batch, digest, decision } => Some(decide(task, *run, *batch, digest, decision.clone())),
        _ => None,
    }
}

async fn work(task: &Task, command: Command, done: Option<Result<(), Stop>>) {
    let request = task.request.0;
    let began = std::time::Instant::now();
    let name = name_of(&command);
    tracing::debug!(request, command = name, "began");
    let result = {
        // These end by themselves: a scan tells what it has counted, and a write is never dropped halfway.
        let ends_itself = matches!(
            command,
            Command::ScanTenants { .. }
                | Command::Find { .. }
                | Command::Activity { .. }
                | Command::RunPlan { .. }
                | Command::Rehearse { .. }
                | Command::Export { .. }
                | Command::ResumeRun { .. }
        );
        match done {
            Some(result) => result,
            None => tokio::select! {
                result = perform(task, command) => result,
                () = task.cancel.cancelled(), if !ends_itself => Err(Stop::Cancelled),
            },
        }
    };
    let cancelled = match result {
        Ok(()) => false,
        Err(Stop::Cancelled) => true,
        Err(Stop::Failed(failure)) => {
            tracing::warn!(request, code = ?failure.code, message = %failure.message, "failed");
            // Without its message, which may hold keys and values.
            let (service, aws_code, id) = (&failure.service, &failure.aws_code, &failure.request_id);
            tracing::warn!(target: EVENTS, command = name, code = ?failure.code, ?service, ?aws_code, request_id = ?id, "failed");
            let _ = task.emit(Event::Failed(failure)).await;
            false
        }
    };
    task.shared.count(|c| c.active = c.active.saturating_sub(1));
    if began.elapsed() >= LONG {
        let reading = task.store().meter().reading();
        let (seconds, requests, throttled) = (began.elapsed().as_secs(), reading.requests, reading.throttled);
        tracing::info!(target: EVENTS, command = name, cancelled, seconds, requests, throttled, "ended");
    }
    let _ = task.emit(Event::Finished { cancelled }).await;
}

/// A command without what it is about: keys, plans and typed names stay out of the log.
fn name_of(command: &Command) -> String {
    let text = format!("{command:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

async fn perform(task: &Task, command: Command) -> Result<(), Stop> {
    match command {
        Command::Connect => identity::or_code(task, browse::connect(task).await).await,
        Command::WhoAmI => identity::show(task).await.map(drop),
        Command::SignInAgain { code } => identity::or_code(task, identity::sign_in_again(task, code).await).await,
        Command::ListApplications => browse::list_applications(task).await,
        Command::CheckConnection => check::connection::run(task).await,
        Command::ScanTenants { module } => browse::scan_tenants(task, module).await,
        Command::CountPartitions { module, pks } => browse::count_partitions(task, &module, pks).await,
        Command::Measure { modules } => browse::measure(task, modules).await,
        Command::ListPartitions { module } => browse::list_partitions(task, module).await,
        Command::Open { pk, module } => browse::open(task, &pk, module).await,
        Command::Page { listing, after, limit } => browse::page(task, &listing, after, limit).await,
        Command::Find { wanted } => find::find(task, &wanted).await,
        Command::History { entity, resolve } => history::history(task, &entity, resolve).await,
        Command::Copy { wanted } => copied::copy(task, &wanted).await,
        Command::Activity { wanted } => activity::activity(task, &wanted).await,
        Command::Watch { what } => watching::run(task, &what).await,
        Command::Diff { from, to, all } => compare::diff(task, from, to, all).await,
        Command::PreviewPlan { plan, keep } => {
            let plan = plan::in_time(task, &plan).await?;
            plan::preview(task, &plan, keep).await
        }
        Command::Items { run, filter, from, near, limit, fresh } => {
            items::page(task, run, filter, (from, near), limit, fresh).await
        }
        Command::ShowItem { run, n } => items::show(task, run, n).await,
        Command::Collisions { run, filter, from, near, limit } => {
            collisions::page(task, run, filter, (from, near), limit).await
        }
        Command::ShowCollision { run, items } => collisions::show(task, run, items).await,
        Command::RunPlan { plan, .. } if matches!(plan.work, Work::Export { .. }) => files::run(task, &plan).await,
        Command::RunPlan { plan, expect, rows } => {
            let plan = plan::in_time(task, &plan).await?;
            Box::pin(run::start(task, &plan, expect, rows)).await
        }
        Command::Rehearse { plan, data } => {
            let plan = plan::in_time(task, &plan).await?;
            rehearse::rehearse(task, &plan, data).await
        }
        Command::ResumeRun { run, rows, retry } => run::resume(task, run, rows, retry).await,
        Command::SignOff { plan, digest } => run::subject(task, plan, digest).await,
        Command::ExportRun { run, file } => runs::export(task, run, file).await,
        Command::ReportRun { run } => report::report(task, run).await,
        Command::JoinRuns { at, digest } => join::join(task, at, digest).await,
        Command::CheckRun { journal } => runs::check(task, journal).await,
        Command::VerifyRun { run } => check::run::run(task, run).await,
        Command::Export { module, wanted } => files::partition(task, module, &wanted).await,
        Command::VerifyPlan { plan, resume } => check::plan::run(task, &plan, resume).await,
        Command::Doctor { among } => check::doctor::run(task, &among).await,
        Command::Users { pool, after } => users::page(task, pool.as_ref(), after).await,
        Command::Runs => runs::list(task).await,
        Command::PruneRuns { older, dry_run } => runs::prune(task, older, dry_run).await,
        Command::ShowRun { run } => runs::show(task, run).await,
        Command::Arm { armed } => task.emit(Event::Armed(armed)).await,
        // Done already, in the order of the commands.
        Command::Cancel { .. }
        | Command::Steer { .. }
        | Command::Decide { .. }
        | Command::TakeSignatures { .. }
        | Command::KeepJournals { .. } => Ok(()),
    }
}

fn steer(task: &Task, run: RunId, steering: Steering) -> Result<(), Stop> {
    if task.shared.controls.steer(run, steering) {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::NotFound, format!("run {run} is not under way here")).not_fatal().into())
}

/// Hands a decision to the batch that waits for it. One for another digest, or without the word that a protected profile wants, is
/// refused, and the batch goes on waiting.
fn decide(task: &Task, run: RunId, batch: u32, digest: &str, decision: Decision) -> Result<(), Stop> {
    let conflict = |message: String| Stop::from(Failure::new(ErrorCode::Conflict, message).not_fatal());
    let Some(waiting) = task.shared.take_waiting(run, batch) else {
        return Err(conflict(format!("batch {batch} of run {run} does not wait for a decision")));
    };
    let refusal = match &decision {
        decision if waiting.digest_of(decision) != digest && !matches!(decision, Decision::Stop) => {
            Some("what was shown is not what would be written now: look at it again".to_owned())
        }
        Decision::Approve { confirm } | Decision::ApproveRest { confirm } | Decision::ApprovePart { confirm, .. }
            if waiting.confirm.is_some() && waiting.confirm != *confirm =>
        {
            let wanted = waiting.confirm.as_deref().unwrap_or_default();
            Some(format!("this profile is protected: type {wanted} to approve"))
        }
        decision => waiting.no_part(decision),
    };
    if let Some(message) = refusal {
        task.shared.wait_for(run, batch, waiting);
        return Err(conflict(message));
    }
    // Whoever waited may have been cancelled meanwhile; then there is nothing to decide.
    let _ = waiting.answer.send(decision);
    Ok(())
}
