use jiff::Timestamp;
use tokio::sync::oneshot;

use super::super::failure::{ErrorCode, Failure};
use super::super::journal::{Begun, Ended, Header, Journal, JournalError};
use super::super::protocol::{ApprovalRequest, Decision, EntityRef, Event, ItemResult};
use super::super::runs::{blocking, show_info};
use super::super::task::{Stop, Task, Waiting};
use super::plan::{Plan, plan};
use crate::domain::clock::utc_millis;
use crate::domain::key::Version;
use crate::domain::publish::PublishMode;
use crate::domain::run::{Action, Operation, Outcome, Reason, RunId, RunState};
use crate::store::error::ErrorKind;
use crate::store::publish::{Followed, Following, PublishOutcome, PublishRequest, Published, WriteStore};

/// The only batch, and the only item in it.
const BATCH: u32 = 1;
const ITEM: u64 = 1;

/// Looks, asks, and once approved writes: one entity, one publish, one journal.
pub(in super::super) async fn run(
    task: &Task,
    entity: &EntityRef,
    to: Version,
    expect: Option<Version>,
) -> Result<(), Stop> {
    armed(task)?;
    let run = RunId::generate();
    let plan = tokio::select! {
        plan = plan(task, entity, to, expect, run) => plan?,
        () = task.cancel.cancelled() => return Err(Stop::Cancelled),
    };
    if !plan.writes() {
        // Nothing to approve: the item says why, and no run is recorded.
        return task.emit(Event::Item(Box::new(unwritten(run, &plan)))).await;
    }
    let decision = ask(task, run, &plan).await?;
    let Decision::Approve { .. } = decision else {
        let mut item = unwritten(run, &plan);
        (item.outcome, item.reason) = (Some(Outcome::Skipped), Some(Reason::NotApproved));
        item.message = Some("not approved; nothing was written".to_owned());
        return task.emit(Event::Item(Box::new(item))).await;
    };
    // It may have been disarmed while the batch waited.
    let store = armed(task)?;
    // From here on nothing is cancelled: the write is one call, and its outcome is recorded.
    execute(task, &store, run, &plan, entity, to).await
}

fn armed(task: &Task) -> Result<WriteStore, Stop> {
    task.shared.writes().ok_or_else(|| {
        Failure::new(ErrorCode::Usage, "the profile is read-only until armed").hint("arm it first").into()
    })
}

/// Waits for a decision. Cancelled, or with nobody left to answer, there is none, and so no approval.
async fn ask(task: &Task, run: RunId, plan: &Plan) -> Result<Decision, Stop> {
    let confirm = task.profile().protected.then(|| plan.confirm_word(task));
    let (answer, decision) = oneshot::channel();
    task.shared.wait_for(run, BATCH, Waiting { digest: plan.preview.digest.clone(), confirm: confirm.clone(), answer });
    let request = ApprovalRequest {
        run,
        batch: BATCH,
        digest: plan.preview.digest.clone(),
        confirm,
        items: vec![plan.preview.clone()],
    };
    let asked = task.emit(Event::ApprovalNeeded(Box::new(request))).await;
    let decided = match asked {
        Err(stop) => Err(stop),
        Ok(()) => tokio::select! {
            decision = decision => decision.map_err(|_| Stop::Cancelled),
            () = task.cancel.cancelled() => Err(Stop::Cancelled),
            () = task.shared.events.closed() => Err(Stop::Cancelled),
        },
    };
    if decided.is_err() {
        task.shared.take_waiting(run, BATCH);
    }
    decided
}

async fn execute(
    task: &Task,
    store: &WriteStore,
    run: RunId,
    plan: &Plan,
    entity: &EntityRef,
    to: Version,
) -> Result<(), Stop> {
    let began = Timestamp::now();
    let Some(request) = plan.request(task, run, began)? else { return Ok(()) };
    let account = task.shared.connected.account().await.ok().flatten();
    let header = header(task, run, plan, entity, to, began, account);
    let written = plan.after(task, run, began)?;
    let state_dir = task.shared.state_dir.clone();
    let begun = {
        let (preview, uris) = (plan.preview.clone(), request.object_uris());
        move || {
            let journal = Journal::create(&state_dir, &header)?;
            journal.begin(&Begun {
                n: ITEM,
                batch: BATCH,
                entity: &preview.entity,
                action: preview.action,
                warnings: &preview.warnings,
                version_before: preview.version_before.0,
                version_after: preview.version_after.0,
                before: preview.before.as_deref(),
                after: Some(&written),
                objects: &uris,
                at: &header.started_at,
            })?;
            Ok::<_, JournalError>(journal)
        }
    };
    let journal = blocking(begun).await??;
    task.emit(Event::Run(Box::new(show_info(task, run).await?))).await.ok();
    let published = store.publish(&request).await;
    if let PublishOutcome::Failed(error) = &published.outcome
        && error.kind() == Some(ErrorKind::Credentials)
    {
        // Expired credentials fail no item: it stays without an outcome, and the run can be gone on with.
        stop(journal).await?;
        return Err(error.clone().into());
    }
    let mut item = result(run, plan, &published);
    if request.mode == PublishMode::Async && item.outcome == Some(Outcome::Done) {
        follow(task, store, &request, &mut item).await;
    }
    if let PublishOutcome::Unknown(_) = &published.outcome {
        // Recorded as begun and not ended: whoever looks later reads the rows.
        stop(journal).await?;
        task.emit(Event::Item(Box::new(item))).await.ok();
        return task.emit(Event::Run(Box::new(show_info(task, run).await?))).await;
    }
    let journal = record(journal, item.clone()).await?;
    // Recorded; if the interface has gone meanwhile, the journal still tells.
    task.emit(Event::Item(Box::new(item))).await.ok();
    drop(journal);
    task.emit(Event::Run(Box::new(show_info(task, run).await?))).await
}

/// Ends a run whose item has no known outcome.
async fn stop(journal: Journal) -> Result<(), Stop> {
    let stopped = move || journal.finish(RunState::Stopped, &utc_millis(Timestamp::now()));
    Ok(blocking(stopped).await??)
}

async fn record(journal: Journal, item: ItemResult) -> Result<Journal, Stop> {
    let ended = move || {
        let at = utc_millis(Timestamp::now());
        journal.end(&Ended {
            n: item.n,
            outcome: item.outcome.unwrap_or(Outcome::Failed),
            reason: item.reason,
            message: item.message.as_deref(),
            attempts: item.attempts,
            request_id: item.request_id.as_deref(),
            at: &at,
        })?;
        journal.finish(RunState::Done, &at)?;
        Ok::<_, JournalError>(journal)
    };
    Ok(blocking(ended).await??)
}

fn header(
    task: &Task,
    run: RunId,
    plan: &Plan,
    entity: &EntityRef,
    to: Version,
    began: Timestamp,
    account: Option<String>,
) -> Header {
    let profile = task.profile();
    Header {
        run,
        name: format!("rollback {} {} to {to}", entity.key.pk, entity.key.sk),
        operation: Operation::Rollback,
        reason: String::new(),
        profile: profile.name.clone(),
        environment: profile.environment.clone(),
        app: profile.app.clone(),
        account,
        region: task.shared.connected.region.clone(),
        endpoint: profile.endpoints.dynamodb.clone(),
        digest: plan.preview.digest.clone(),
        started_at: utc_millis(began),
    }
}

/// The item of a run that writes nothing.
fn unwritten(run: RunId, plan: &Plan) -> ItemResult {
    let p = &plan.preview;
    let outcome = match p.action {
        Action::Equal => Outcome::Equal,
        Action::Conflict => Outcome::Conflict,
        Action::Invalid => Outcome::Invalid,
        _ => Outcome::Skipped,
    };
    ItemResult {
        run,
        batch: BATCH,
        n: ITEM,
        entity: p.entity.clone(),
        action: p.action,
        outcome: Some(outcome),
        reason: p.reason,
        message: p.message.clone(),
        warnings: p.warnings.clone(),
        version_before: p.version_before,
        version_after: p.version_before,
        attempts: 0,
        request_id: None,
    }
}

fn result(run: RunId, plan: &Plan, published: &Published) -> ItemResult {
    let (outcome, message) = match &published.outcome {
        PublishOutcome::Done { .. } => (Outcome::Done, None),
        PublishOutcome::Conflict(_, message) => (Outcome::Conflict, Some(message.clone())),
        PublishOutcome::Invalid(_, message) => (Outcome::Invalid, Some(message.clone())),
        PublishOutcome::Failed(error) => (Outcome::Failed, Some(error.to_string())),
        PublishOutcome::Unknown(error) => {
            (Outcome::Failed, Some(format!("the outcome is not known, look at the entity: {error}")))
        }
    };
    let p = &plan.preview;
    ItemResult {
        outcome: Some(outcome),
        reason: published.outcome.reason(),
        message,
        version_after: if outcome == Outcome::Done { p.version_after } else { p.version_before },
        attempts: published.attempts,
        request_id: published.request_id.clone(),
        ..unwritten(run, plan)
    }
}

/// Waits until the application's pipeline has applied the command, and says what became of it.
async fn follow(task: &Task, store: &WriteStore, request: &PublishRequest, item: &mut ItemResult) {
    for part in &request.parts {
        task.log(format!("command {} written; waiting for the application's pipeline", part.key.sk.at(part.version)))
            .await
            .ok();
        let followed = tokio::select! {
            followed = store.reads().follow(&part.module, &part.key, part.version, Following::default()) => followed,
            // The write is over; only the waiting ends.
            () = task.cancel.cancelled() => Ok(Followed::Unknown(None)),
        };
        let (reason, message) = match followed {
            Ok(Followed::Applied) => continue,
            Ok(Followed::Refused) => {
                (Reason::PipelineFailed, "the pipeline refused the command: its version did not fit".to_owned())
            }
            Ok(Followed::Failed(state)) => (Reason::PipelineFailed, format!("the pipeline failed at {state}")),
            Ok(Followed::Waiting) => (Reason::Timeout, "the pipeline still waits for an earlier command".to_owned()),
            Ok(Followed::Unknown(state)) => {
                (Reason::Timeout, format!("not applied in time; last status: {}", state.as_deref().unwrap_or("none")))
            }
            Err(error) => (Reason::Timeout, format!("written, but could not be followed: {error}")),
        };
        item.outcome = Some(Outcome::Failed);
        item.reason = Some(reason);
        item.message = Some(message);
    }
}
