//! The rules that a plan gives its items.

use std::sync::Arc;

use crate::domain::plan::{Change, Engine, Plan, Source, Target};
use crate::domain::transfer::{Carry, Marks, Transfer};
use crate::domain::transform::Changing;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::task::{Context, Stop};
use crate::worker;

/// Marks that the run puts on the entities, where the plan wants them.
pub(in crate::engine) fn marks(context: &Context) -> Option<Marks> {
    context.settings.stamp.then(|| Marks { run: context.run, at: context.time(), by: context.stamp.by.clone() })
}

/// The plan's rules for entities on their way to a target; `at` is the time that its changes see.
pub(in crate::engine) fn carry(plan: &Plan, at: &str, source: &Source, target: &Target) -> Result<Carry, Stop> {
    Ok(Carry {
        operation: plan.work.operation(),
        tenant: target.tenant.clone(),
        existing: target.existing,
        deleted: source.deleted,
        respell: None,
        changing: changing(at, &plan.change)?.map(Arc::new),
    })
}

/// The rules of a plan's copy or move.
pub(in crate::engine) fn transfer_of(
    context: &Context,
    plan: &Plan,
    source: &Source,
    target: &Target,
) -> Result<Transfer, Stop> {
    Ok(Transfer {
        carry: carry(plan, &context.time(), source, target)?,
        mode: context.mode,
        marks: marks(context),
        stamp: context.stamp.clone(),
        from_snapshot: source.snapshot.is_some(),
    })
}

/// Whether a plan's copy or move looks at no attribute, so that those which cannot be read may be carried as bytes. The application's
/// own import reads them.
pub(in crate::engine) fn carries_bytes(plan: &Plan, carry: &Carry) -> bool {
    carry.carries_as_it_is() && !plan.run.stamp && plan.change.validate.is_empty() && plan.run.engine == Engine::Direct
}

/// A plan's changes, for which it is `at`; `None` where it has none.
pub(in crate::engine) fn changing(at: &str, change: &Change) -> Result<Option<Changing>, Stop> {
    let changing = worker::changing(change, at).map_err(|bad| {
        let mut failure = Failure::new(ErrorCode::Plan, bad.to_string());
        failure.key = Some("transform.jq".to_owned());
        failure
    })?;
    Ok(Some(changing).filter(|changing| !changing.is_empty()))
}
