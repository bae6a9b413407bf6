//! Batches and their approval: nothing is written that nobody approved.

mod part;

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use super::execute::{Ended, carry_out};
use crate::domain::clock::utc_millis;
use crate::domain::digest::plan_digest;
use crate::domain::run::{Outcome, Reason};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::items::ended::{ItemEnd, told};
use crate::engine::items::shown::shown;
use crate::engine::journal::{Journal, OpenItem};
use crate::engine::protocol::{Approval, ApprovalRequest, BatchInfo, BatchState, Decision, Event, StopCause};
use crate::engine::task::control::Control;
use crate::engine::task::{Context, Stop, Task, Waiting};

/// Items of a batch read at a time.
const PAGE: usize = 200;

/// Asks for batch after batch and carries out what is approved, until none is left or someone says stop.
pub(super) async fn drive(task: &Task, journal: &Journal, context: &Context) -> Result<Ended, Stop> {
    let mut rest = false;
    // Held once more at the end: the others are asked for, and then the run waits.
    let mut held_again = 0;
    loop {
        let Some(batch) = journal.next_batch(held_again).await? else { break };
        if rest && batch.state == BatchState::Waiting {
            journal.approve_all().await?;
        }
        if (rest && batch.state == BatchState::Waiting) || batch.state == BatchState::Approved {
            match write(task, journal, context, &batch, rest).await? {
                Ended::Complete => continue,
                stopped => return Ok(stopped),
            }
        }
        match ask(task, journal, context, &batch).await? {
            Decision::Approve { .. } => {
                record(task, journal, &batch, "approve").await?;
                set(task, journal, &batch, BatchState::Approved).await?;
            }
            Decision::ApproveRest { .. } => {
                rest = true;
                record(task, journal, &batch, "approve the rest").await?;
                journal.approve_rest().await?;
                if batch.state == BatchState::Held {
                    set(task, journal, &batch, BatchState::Approved).await?;
                }
            }
            Decision::ApprovePart { without, rest: all, .. } => {
                part::approve(task, journal, context, &batch, &without, all).await?;
                rest |= all;
            }
            Decision::Skip => {
                said(task, journal, &batch, "skip", "").await?;
                skip(task, journal, context, &batch).await?;
            }
            Decision::Hold if batch.state == BatchState::Held => held_again = batch.batch,
            Decision::Hold => {
                said(task, journal, &batch, "hold", "").await?;
                set(task, journal, &batch, BatchState::Held).await?;
            }
            Decision::Split if open_in(&batch) > 1 => {
                // Those behind it are asked for, and recorded, under the next number from then on.
                said(task, journal, &batch, "split", "; later batches count one more").await?;
                journal.split_batch(batch.batch).await?;
            }
            Decision::Split => {}
            Decision::Stop => {
                tell_held(task, journal, context).await?;
                return Ok(Ended::Stopped(StopCause::NotApproved));
            }
        }
    }
    if held_again == 0 {
        return Ok(Ended::Complete);
    }
    tell_held(task, journal, context).await?;
    Ok(Ended::Stopped(StopCause::Operator))
}

async fn record(task: &Task, journal: &Journal, batch: &BatchInfo, decision: &str) -> Result<(), Stop> {
    Ok(journal.record_approval(approval(task, batch, decision)).await?)
}

/// A decision of the operator about a batch as it stands, made now.
fn approval(task: &Task, batch: &BatchInfo, decision: &str) -> Approval {
    Approval {
        at: utc_millis(Timestamp::now()),
        by: task.profile().operator.clone(),
        batch: Some(batch.batch),
        digest: batch.digest.clone(),
        decision: decision.to_owned(),
    }
}

/// Records what is said of a batch beside an approval.
async fn said(task: &Task, journal: &Journal, batch: &BatchInfo, decision: &str, more: &str) -> Result<(), Stop> {
    let words = format!("{decision} batch {} ({}){more}", batch.batch, batch.digest);
    Ok(journal.record_steering(&utc_millis(Timestamp::now()), &task.profile().operator, &words).await?)
}

async fn write(
    task: &Task,
    journal: &Journal,
    context: &Context,
    batch: &BatchInfo,
    rest: bool,
) -> Result<Ended, Stop> {
    // It may have been disarmed while the batch waited.
    let store = task.armed()?;
    let total = match rest {
        true => journal.open_in(BatchState::Approved, 0).await?.1,
        false => open_in(batch),
    };
    let ended = carry_out(task, journal, &store, context, Some(total)).await?;
    // A batch whose items all had outcomes before is done without any of them being recorded now.
    journal.end(Vec::new(), vec![batch.batch]).await?;
    if matches!(ended, Ended::Complete)
        && journal.batch(batch.batch).await?.is_some_and(|b| b.state == BatchState::Approved)
    {
        // A defect, which would otherwise go round for ever.
        let message = format!("batch {} of run {} is not complete, and nothing of it is left", batch.batch, batch.run);
        return Err(Failure::new(ErrorCode::Internal, message).into());
    }
    Ok(ended)
}

async fn set(task: &Task, journal: &Journal, batch: &BatchInfo, state: BatchState) -> Result<(), Stop> {
    journal.set_batch(batch.batch, state).await?;
    task.emit(Event::Batch(Box::new(BatchInfo { state, ..batch.clone() }))).await
}

/// Waits for a decision. Cancelled, or with nobody left to answer, there is none, and so no approval.
async fn ask(task: &Task, journal: &Journal, context: &Context, batch: &BatchInfo) -> Result<Decision, Stop> {
    let items = open_items(journal, batch.batch).await?;
    as_recorded(context, batch, &items)?;
    let digests = items.iter().map(|open| (open.n, open.digest.clone())).collect();
    let items: Vec<_> = items.into_iter().map(|open| shown(task.store(), context, open.n, &open.item, true)).collect();
    let settings = &context.settings;
    let mut control = task.shared.controls.take(context.run, settings.rate, settings.concurrency);
    let (answer, decision) = oneshot::channel();
    let (run, n, digest) = (context.run, batch.batch, batch.digest.clone());
    task.shared.wait_for(
        run,
        n,
        Waiting { digest: digest.clone(), items: digests, confirm: context.confirm.clone(), answer },
    );
    let (_, later) = journal.open_in(BatchState::Waiting, n).await?;
    let request = ApprovalRequest {
        run,
        batch: n,
        rest: items.len() as u64 + later,
        held_back: journal.open_in(BatchState::Held, n).await?,
        earlier: context.earlier.clone(),
        canary: batch.canary,
        held: batch.state == BatchState::Held,
        waiting: journal.waiting_batches().await?,
        canary_is_clean: journal.canary_is_clean().await?,
        digest,
        confirm: context.confirm.clone(),
        rehearsal: context.rehearsal.clone(),
        notes: context.notes.clone(),
        items,
    };
    let decided = match task.emit(Event::ApprovalNeeded(Box::new(request))).await {
        Err(stop) => Err(stop),
        Ok(()) => tokio::select! {
            decision = decision => decision.map_err(|_| Stop::Cancelled),
            () = stopped(&mut control) => Ok(Decision::Stop),
            () = task.cancel.cancelled() => Err(Stop::Cancelled),
            () = task.shared.events.closed() => Err(Stop::Cancelled),
        },
    };
    if !matches!(decided, Ok(ref d) if *d != Decision::Stop) {
        task.shared.take_waiting(run, n);
    }
    decided
}

/// How many items of a batch have no outcome yet.
fn open_in(batch: &BatchInfo) -> u64 {
    batch.items.saturating_sub(batch.outcomes.iter().map(|(_, n)| n).sum())
}

/// The items of a batch that have no outcome yet.
async fn open_items(journal: &Journal, batch: u32) -> Result<Vec<OpenItem>, Stop> {
    let mut items: Vec<OpenItem> = Vec::new();
    loop {
        let page = journal.batch_items(batch, items.last().map_or(0, |item| item.n), PAGE).await?;
        let ended = page.is_empty();
        items.extend(page);
        if ended {
            return Ok(items);
        }
    }
}

/// Refuses to ask for a batch whose items are not those of its preview: its digest is computed from the rows that would be sent.
fn as_recorded(context: &Context, batch: &BatchInfo, items: &[OpenItem]) -> Result<(), Stop> {
    let time = context.time();
    // An item that cannot be read is a conflict of its own, and stops no other.
    let is_readable = |open: &&OpenItem| open.item.reason != Some(Reason::MalformedJson) || open.item.writes();
    let changed = items.iter().filter(is_readable).find(|open| open.item.digest(&time) != open.digest);
    let digests = items.iter().map(|open| open.digest.as_str());
    if changed.is_none() && plan_digest(digests) == batch.digest {
        return Ok(());
    }
    let which = changed.map_or_else(String::new, |open| format!(", first in item {} ({})", open.n, open.item.target));
    let message =
        format!("the journal of run {} was changed since its preview{which}: nothing more is written", context.run);
    let failure = Failure::new(ErrorCode::Conflict, message);
    Err(failure.hint("preview the plan again, and run what it shows now").into())
}

/// Until the run is told to stop.
async fn stopped(control: &mut watch::Receiver<Control>) {
    if control.wait_for(|control| control.stopped).await.is_err() {
        // Nobody can steer it any more, and nobody needs to.
        std::future::pending().await
    }
}

/// Nothing of the batch is written, and the run goes on without it.
async fn skip(task: &Task, journal: &Journal, context: &Context, batch: &BatchInfo) -> Result<(), Stop> {
    let items = open_items(journal, batch.batch).await?;
    journal.skip_batch(batch.batch, utc_millis(Timestamp::now())).await?;
    for open in &items {
        task.emit(Event::Item(Box::new(told(context, open, Some(&unapproved(Outcome::Skipped)))))).await?;
    }
    task.emit(Event::Batch(Box::new(BatchInfo { state: BatchState::Skipped, ..batch.clone() }))).await
}

/// Items of batches that are held have no outcome yet; they are told as held, and the journal keeps them open.
async fn tell_held(task: &Task, journal: &Journal, context: &Context) -> Result<(), Stop> {
    for batch in journal.held_batches().await? {
        tell(task, journal, context, batch, &unapproved(Outcome::Held)).await?;
    }
    Ok(())
}

fn unapproved(outcome: Outcome) -> ItemEnd {
    ItemEnd {
        outcome,
        reason: Some(Reason::NotApproved),
        message: Some("not approved; nothing was written".to_owned()),
        attempts: 0,
        request_id: None,
    }
}

async fn tell(task: &Task, journal: &Journal, context: &Context, batch: u32, end: &ItemEnd) -> Result<(), Stop> {
    let mut after = 0;
    loop {
        let page = journal.batch_items(batch, after, PAGE).await?;
        for open in &page {
            after = open.n;
            task.emit(Event::Item(Box::new(told(context, open, Some(end))))).await?;
        }
        if page.is_empty() {
            return Ok(());
        }
    }
}
