//! Taking one entity back to an earlier version: preview, approval, a journalled publish.

mod plan;
mod run;

use super::protocol::{EntityRef, Event};
use super::task::{Stop, Task};
use crate::domain::key::Version;
use crate::domain::run::RunId;

pub(super) use run::run;

/// Shows what a rollback would write.
pub(super) async fn preview(task: &Task, entity: &EntityRef, to: Version, expect: Option<Version>) -> Result<(), Stop> {
    let plan = plan::plan(task, entity, to, expect, RunId::generate()).await?;
    task.emit(Event::Preview(Box::new(plan.preview))).await
}
