//! The framework's own distributed import as the engine of a run: a file and a job for each batch, then the targets are looked at until
//! they are applied.

mod follow;
mod send;

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::failure::Failure;
use super::journal::Journal;
use super::protocol::{Event, Steering, StopCause};
use super::run::{Context, Control, Ended};
use super::task::{Stop, Task};
use crate::domain::job::ImportJob;
use crate::domain::run::RunId;
use crate::store::publish::WriteStore;

/// Items looked at together.
const PAGE: usize = 300;

/// The jobs of a batch, by tenant and module.
type Jobs = BTreeMap<(String, String), ImportJob>;

/// Carries out the items of the approved batches, batch by batch.
pub(super) async fn carry_out(
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
        if let Some(cause) = following.to_the_end(&mut done).await? {
            return Ok(Ended::Stopped(cause));
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
    task.emit(Event::Paused { run: context.run, failure: Box::new(failure) }).await?;
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

/// The job of a tenant's module in a batch: the same each time it is asked for, so that a run that is gone on with knows its jobs again.
pub(super) fn job_of(run: RunId, batch: u32, tenant: &str, table: &str, bucket: &str) -> ImportJob {
    let code = super::run::derived_ulid(run, &format!("{run} {batch} {tenant} {table}"));
    ImportJob {
        tenant: tenant.to_owned(),
        table: table.to_owned(),
        key: format!("migrations/{}/tenantry-{run}-{batch}-{table}-to-{tenant}.csv", run.unix_millis()),
        code,
        bucket: bucket.to_owned(),
    }
}
