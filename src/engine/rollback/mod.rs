//! Taking one entity back to an earlier version: preview, approval, a journalled publish.

mod plan;
mod run;

use crate::domain::key::Version;
use crate::domain::plan::RunSettings;
use crate::domain::run::Operation;
use crate::engine::protocol::{EntityRef, Event};
use crate::engine::task::{Context, Stop, Task};

pub(super) use run::run;

/// Shows what a rollback would write.
pub(super) async fn preview(task: &Task, entity: &EntityRef, to: Version, expect: Option<Version>) -> Result<(), Stop> {
    let context = Context::new(task, Operation::Rollback, RunSettings::default(), None)?;
    let plan = plan::plan(task, &context, entity, to, expect).await?;
    task.emit(Event::Preview(Box::new(plan.preview))).await
}
