//! Times that a plan's moments stand for, at the profile's place and now.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::domain::clock::{Now, time_zone};
use crate::domain::plan::{Plan, RollTo, Work};
use crate::domain::rollback::in_time as times;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::task::{Stop, Task};

/// The plan with times in place of moments, so that whoever resumes it means the same ones; reports what they were taken for.
pub(in crate::engine) async fn in_time<'p>(task: &Task, plan: &'p Plan) -> Result<Cow<'p, Plan>, Stop> {
    let Work::Rollback { how, .. } = &plan.work else { return Ok(Cow::Borrowed(plan)) };
    if !matches!(how.to, RollTo::Said(_)) {
        return Ok(Cow::Borrowed(plan));
    }
    let failure = |code, message: String| Failure::new(code, message);
    let zone = time_zone(&task.profile().timezone).map_err(|e| failure(ErrorCode::Config, e.to_string()))?;
    let now = Now { at: Timestamp::now(), zone };
    let (to, notes) = times(&how.to, &now).map_err(|e| failure(ErrorCode::Plan, e.to_string()))?;
    for note in notes {
        task.warn(note).await?;
    }
    let mut plan = plan.clone();
    if let Work::Rollback { how, .. } = &mut plan.work {
        how.to = to;
    }
    Ok(Cow::Owned(plan))
}
