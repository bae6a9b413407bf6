//! Comparing both sides of a plan, read side by side in key order.

mod kept;
mod ledger;
mod pair;

use crate::domain::plan::{Plan, Work};
use crate::domain::tenant::with_tenant;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::items::transfer::{carries_bytes, transfer_of};
use crate::engine::task::place::for_this_profile;
use crate::engine::task::{Context, Stop, Task};
use ledger::Ledger;
use pair::Pair;

/// Compares; each difference is a finding. `resume` goes on where an interrupted comparison of the same plan was: what that one
/// found is told first.
pub(in crate::engine) async fn run(task: &Task, plan: &Plan, resume: bool) -> Result<(), Stop> {
    for_this_profile(task, plan)?;
    let (source, target) = match &plan.work {
        Work::Copy { source, target } | Work::Move { source, target } => (source, target),
        other => {
            let message = format!("a {} plan has no two sides to compare", other.operation());
            let failure = Failure::new(ErrorCode::Usage, message);
            return Err(failure.hint("preview it: what is left to do is what it shows").into());
        }
    };
    let context = Context::new(task, plan.work.operation(), plan.run.clone(), plan.work.target_tenant())?;
    let transfer = transfer_of(&context, plan, source, target)?;
    let (mut ledger, partitions) = Ledger::open(task, plan, source, resume).await?;
    for partition in &partitions {
        let Some(after) = ledger.left(partition) else { continue };
        let to = with_tenant(&partition.pk, &partition.tenant, &target.tenant);
        let settings = task.store().ttl_settings(&partition.module, &to).await?;
        let pair = Pair {
            task,
            transfer: &transfer,
            source,
            partition,
            target: to,
            settings,
            now: context.time(),
            carries_bytes: carries_bytes(plan, &transfer),
        };
        pair.compare(after.as_deref(), &mut ledger).await?;
    }
    ledger.complete().await
}
