//! Differences between two versions, or between two tenants.

use super::protocol::{DiffResult, Event, Side};
use super::task::{Stop, Task};
use super::versions::load;
use crate::domain::diff::diff_rows;

pub(super) async fn diff(task: &Task, from: Side, to: Side, all: bool) -> Result<(), Stop> {
    let (before, after) = tokio::try_join!(load(task, &from.entity, from.version), load(task, &to.entity, to.version))?;
    task.check()?;
    let (old, new) = (before.row.clone(), after.row.clone());
    // Rows of 400 KB take a while to compare; the runtime has other things to do meanwhile.
    let changes = tokio::task::spawn_blocking(move || diff_rows(&old, &new, all))
        .await
        .map_err(|e| super::failure::Failure::new(super::failure::ErrorCode::Internal, e.to_string()))?;
    let result = DiffResult {
        from: Side { version: Some(before.version), ..from },
        to: Side { version: Some(after.version), ..to },
        from_found: before.found,
        to_found: after.found,
        before: before.row,
        after: after.row,
        changes,
    };
    task.emit(Event::Diff(Box::new(result))).await
}
