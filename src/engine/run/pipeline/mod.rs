//! The framework's own distributed import as the engine of a run: a file and a job for each batch, then the targets are looked at until
//! they are applied.

mod follow;
mod send;

use std::collections::BTreeMap;

use tokio::sync::watch;

use crate::domain::job::ImportJob;
use crate::engine::failure::Failure;
use crate::engine::journal::Journal;
use crate::engine::protocol::{Event, Steering, StopCause};
use crate::engine::read::identity::with_device;
use crate::engine::run::execute::Ended;
use crate::engine::run::troubles::Troubles;
use crate::engine::task::control::Control;
use crate::engine::task::{Context, Stop, Task};
use crate::store::publish::WriteStore;

/// Items looked at together.
const PAGE: usize = 300;

/// The jobs of a batch, by tenant and module.
type Jobs = BTreeMap<(String, String), ImportJob>;

/// Carries out the items of the approved batches, batch by batch.
pub(in crate::engine) async fn carry_out(
    task: &Task,
    journal: &Journal,
    store: &WriteStore,
    context: &Context,
    table: Option<&str>,
    total: Option<u64>,
) -> Result<Ended, Stop> {
    let settings = &context.settings;
    let control = task.shared.controls.take(context.run, settings.rate, settings.concurrency);
    let mut done = 0;
    let mut troubles = Troubles::so_far(journal, context).await?;
    loop {
        if let Some(cause) = gate(task, &control).await {
            return Ok(Ended::Stopped(cause));
        }
        let batch = match send::next(task, journal, store, context, table).await {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(Ended::Complete),
            // A batch that was handed over before is not handed over again.
            Err(Stop::Failed(failure)) if failure.code.is_of_the_way() => {
                match give_up(task, context, &control, *failure).await? {
                    Some(cause) => return Ok(Ended::Stopped(cause)),
                    None => continue,
                }
            }
            Err(stop) => return Err(stop),
        };
        let following = follow::Following { task, journal, context, control: &control, batch: &batch, total };
        if let Some(cause) = following.to_the_end(&mut done, &mut troubles).await? {
            return Ok(Ended::Stopped(cause));
        }
        if troubles.are_too_many(settings.stop_after_failures) {
            if let Some(first) = troubles.take_first() {
                task.warn(first).await.ok();
            }
            return Ok(Ended::Stopped(StopCause::Failures));
        }
    }
}

/// Waits while the run is paused; gives back why it ends instead of going on.
async fn gate(task: &Task, control: &watch::Receiver<Control>) -> Option<StopCause> {
    let mut changes = control.clone();
    loop {
        if let Some(cause) = stopped(task, control) {
            return Some(cause);
        }
        if !changes.borrow_and_update().paused {
            return None;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return Some(StopCause::Interrupted) },
            () = task.cancel.cancelled() => {}
        }
    }
}

/// Tells what stands in the way, and waits until whoever watches says to go on; gives back why the run ends instead.
async fn give_up(
    task: &Task,
    context: &Context,
    control: &watch::Receiver<Control>,
    failure: Failure,
) -> Result<Option<StopCause>, Stop> {
    task.shared.controls.steer(context.run, Steering::Pause);
    let failure = Box::new(with_device(task, failure).await);
    task.emit(Event::Paused { run: context.run, failure }).await?;
    Ok(gate(task, control).await.map(|cause| match cause {
        StopCause::Operator => StopCause::Service,
        other => other,
    }))
}

fn stopped(task: &Task, control: &watch::Receiver<Control>) -> Option<StopCause> {
    if task.cancel.is_cancelled() {
        return Some(StopCause::Interrupted);
    }
    control.borrow().stopped.then_some(StopCause::Operator)
}
