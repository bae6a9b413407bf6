//! Comparing both sides of a plan, read side by side in key order.

mod kept;
mod ledger;
mod lines;
mod pair;

use jiff::Timestamp;

use crate::domain::clock::utc_millis;
use crate::domain::plan::{Plan, Work};
use crate::domain::tenant::with_tenant;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::items::transfer::{carries_bytes, carry};
use crate::engine::read::elsewhere::SourceSide;
use crate::engine::task::place::for_this_profile;
use crate::engine::task::{Stop, Task};
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
    let now = utc_millis(Timestamp::now());
    let carry = carry(plan, &now, source, target)?;
    let from = SourceSide::of(task, source).await?;
    let (mut ledger, partitions) = Ledger::open((task, from.task()), plan, source, resume).await?;
    for partition in &partitions {
        let Some(after) = ledger.left(partition) else { continue };
        let to = with_tenant(&partition.pk, &partition.tenant, &target.tenant);
        let settings = task.store().ttl_settings(&partition.module, &to).await?;
        let pair = Pair {
            task,
            from: from.task(),
            carry: &carry,
            source,
            partition,
            target: to,
            settings,
            now: now.clone(),
            carries_bytes: carries_bytes(plan, &carry) && !from.is_snapshot(),
        };
        pair.compare(after.as_deref(), &mut ledger).await?;
    }
    ledger.complete().await?;
    from.close().await
}
