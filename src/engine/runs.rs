//! Recorded runs.

use super::failure::{ErrorCode, Failure};
use super::journal;
use super::protocol::{Event, RunInfo};
use super::task::{Stop, Task};
use crate::domain::run::RunId;

/// Runs what blocks on the disk where blocking does no harm.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Failure::new(ErrorCode::Internal, e.to_string()).into())
}

pub(super) async fn list(task: &Task) -> Result<(), Stop> {
    let state_dir = task.shared.state_dir.clone();
    for run in blocking(move || journal::list(&state_dir)).await?? {
        task.check()?;
        match run {
            Ok(info) => task.emit(Event::Run(Box::new(info))).await?,
            Err(error) => task.failed(Failure::from(error).not_fatal()).await?,
        }
    }
    Ok(())
}

/// A run as recorded now.
pub(super) async fn show_info(task: &Task, run: RunId) -> Result<RunInfo, Stop> {
    let state_dir = task.shared.state_dir.clone();
    Ok(blocking(move || journal::show(&state_dir, run)).await??.0)
}

pub(super) async fn show(task: &Task, run: RunId) -> Result<(), Stop> {
    let state_dir = task.shared.state_dir.clone();
    let (info, items) = blocking(move || journal::show(&state_dir, run)).await??;
    task.emit(Event::Run(Box::new(info))).await?;
    for item in items {
        task.check()?;
        task.emit(Event::Item(Box::new(item))).await?;
    }
    Ok(())
}
