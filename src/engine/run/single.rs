//! Runs of one entity that somebody named.

use crate::domain::plan::Plan;
use crate::domain::row::field;
use crate::domain::tenant::tenant_of;
use crate::engine::journal::Journal;
use crate::engine::task::{Context, Stop, Task};

/// Its only batch.
const BATCH: u32 = 1;

/// Makes the tenant that the entity's own row confirms the one that a protected profile wants typed: the key alone may mislead.
pub(super) async fn name_tenant(
    task: &Task,
    plan: Option<&Plan>,
    journal: &Journal,
    context: &mut Context,
) -> Result<(), Stop> {
    let Some(pk) = plan.and_then(|plan| plan.work.single()).filter(|_| context.confirm.is_some()) else {
        return Ok(());
    };
    // Without an item that is still to be written nothing is asked.
    let Some(open) = journal.batch_items(BATCH, 0, 1).await?.pop() else { return Ok(()) };
    let tenant = tenant_of(pk, open.item.before().and_then(|row| row.text(field::TENANT_CODE)));
    context.confirm = Some(tenant.named().unwrap_or(&task.profile().environment).to_owned());
    Ok(())
}
