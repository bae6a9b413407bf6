use tokio::sync::oneshot;

use super::plan::{Plan, plan};
use crate::domain::key::Version;
use crate::domain::plan::RunSettings;
use crate::domain::run::{Operation, Outcome, Reason, RunId};
use crate::engine::items::request::request;
use crate::engine::journal::{Journal, NewItem};
use crate::engine::protocol::{ApprovalRequest, BatchState, Blast, Decision, EntityRef, Event, ItemResult};
use crate::engine::run::{armed, go_on, outcome_of};
use crate::engine::task::{Context, Stop, Task, Waiting, blocking};
use crate::store::publish::WriteStore;

/// The only batch, and the only item in it.
const BATCH: u32 = 1;
const ITEM: u64 = 1;

/// Looks, asks, and once approved writes: one entity, one publish, one journal.
pub(in crate::engine) async fn run(
    task: &Task,
    entity: &EntityRef,
    to: Version,
    expect: Option<Version>,
) -> Result<(), Stop> {
    armed(task)?;
    let context = Context::new(task, Operation::Rollback, RunSettings::default(), None)?;
    let run = context.run;
    let plan = tokio::select! {
        plan = plan(task, &context, entity, to, expect) => plan?,
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
    execute(task, &store, &plan, &context, to).await
}

/// Waits for a decision. Cancelled, or with nobody left to answer, there is none, and so no approval.
async fn ask(task: &Task, run: RunId, plan: &Plan) -> Result<Decision, Stop> {
    let confirm = task.profile().protected.then(|| plan.confirm_word(task));
    let (answer, decision) = oneshot::channel();
    task.shared.wait_for(run, BATCH, Waiting { digest: plan.preview.digest.clone(), confirm: confirm.clone(), answer });
    let request = ApprovalRequest {
        run,
        batch: BATCH,
        canary: false,
        held: false,
        waiting: 1,
        rest: 1,
        held_back: (0, 0),
        earlier: Vec::new(),
        canary_is_clean: None,
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

/// Records the rollback as a run of one item, already approved, and carries it out.
async fn execute(task: &Task, store: &WriteStore, plan: &Plan, context: &Context, to: Version) -> Result<(), Stop> {
    let Some(item) = plan.item(task, context)? else { return Ok(()) };
    let key = &plan.preview.entity.key;
    let name = format!("rollback {} {} to {to}", key.pk, key.sk);
    let header = context.header(task, name, None, None).await;
    let state_dir = task.shared.state_dir.clone();
    let journal = blocking(move || Journal::create(&state_dir, &header)).await??;
    let request = request(store.reads(), &item, ITEM, context.run, &context.stamp, context.mode)?;
    let (objects, digest) = (request.object_uris(), item.digest(&context.time()));
    journal.add(vec![NewItem { n: ITEM, batch: Some(BATCH), item, objects, digest }]).await?;
    let blast = Blast { entities: 1, tenants: 1, requests: 1, ..Blast::default() };
    journal.previewed(&plan.preview.digest, blast, 1, 1).await?;
    journal.set_batch(BATCH, BatchState::Approved).await?;
    go_on(task, journal, context, false).await
}

/// The item of a run that writes nothing.
fn unwritten(run: RunId, plan: &Plan) -> ItemResult {
    let p = &plan.preview;
    ItemResult {
        run,
        batch: None,
        n: ITEM,
        entity: p.entity.clone(),
        source: p.source.clone(),
        source_versions: (p.version_before, p.version_before),
        before: None,
        after: None,
        action: p.action,
        outcome: Some(outcome_of(p.action)),
        reason: p.reason,
        message: p.message.clone(),
        line: p.line,
        warnings: p.warnings.clone(),
        version_before: p.version_before,
        version_after: p.version_before,
        attempts: 0,
        request_id: None,
    }
}
