//! Differences between two versions, or between two tenants.

use super::versions::load;
use crate::domain::diff::diff_rows;
use crate::engine::protocol::{DiffResult, Event, Side};
use crate::engine::task::{Stop, Task, blocking};

pub(in crate::engine) async fn diff(task: &Task, from: Side, to: Side, all: bool) -> Result<(), Stop> {
    let (before, after) = tokio::try_join!(load(task, &from.entity, from.version), load(task, &to.entity, to.version))?;
    task.check()?;
    let (old, new) = (before.row.clone(), after.row.clone());
    // Rows of 400 KB take a while to compare; the runtime has other things to do meanwhile.
    let changes = blocking(move || diff_rows(&old, &new, all)).await?;
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
