//! Runs that carry out one part of a plan: what other parts recorded of the whole, and starting the same part again.
//!
//! The digest of a plan is over all of its items. Once another part has written, they cannot be looked at as they were; what they were
//! stands in that part's journal, and with the own items as they are now it must give the same digest.

use crate::domain::plan::{Plan, PlanPart};
use crate::domain::run::RunId;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{self, Elsewhere, Journal, JournalError, Reader};
use crate::engine::task::{Stop, Task, blocking};

/// Pages of items on their way from one journal to another.
const WAITING: usize = 4;

/// Earlier runs in this state directory for a plan with a digest.
pub(super) enum Earlier {
    /// Nothing: the plan is looked at whole.
    None,
    /// Another part of it was begun.
    Other(RunId),
    /// This part was begun: it is resumed.
    Own(RunId),
}

/// Looks for runs of parts of the same plan.
pub(super) async fn earlier(task: &Task, part: PlanPart, digest: &str) -> Result<Earlier, Stop> {
    let state_dir = task.shared.state_dir.clone();
    let runs = blocking(move || journal::list(&state_dir)).await??;
    // One that cannot be read is told of where runs are listed.
    let of_plan = runs.into_iter().flatten().filter(|run| run.digest == digest && run.part.is_some());
    let of_plan: Vec<_> = of_plan.collect();
    let own = of_plan.iter().find(|run| run.part == Some(part));
    Ok(match (own, of_plan.first()) {
        (Some(own), _) => Earlier::Own(own.run),
        (None, Some(other)) => Earlier::Other(other.run),
        (None, None) => Earlier::None,
    })
}

/// The plan, without a look at the entities of other parts.
pub(super) fn alone(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    if let Some(source) = plan.work.source_mut() {
        source.is_alone = true;
    }
    plan
}

/// Takes over what another part's run knows of the items that this one does not carry out.
pub(super) async fn take_over(task: &Task, journal: &Journal, known: Option<(RunId, PlanPart)>) -> Result<(), Stop> {
    let Some((run, part)) = known else { return Ok(()) };
    let state_dir = task.shared.state_dir.clone();
    let (pages, mut taken) = tokio::sync::mpsc::channel::<Vec<Elsewhere>>(WAITING);
    let reading = blocking(move || {
        Reader::open(&state_dir, run)?.not_of(part, |page| {
            // Nobody takes it any more when this run has ended meanwhile.
            let _ = pages.blocking_send(page);
            Ok::<(), JournalError>(())
        })
    });
    let writing = async {
        while let Some(page) = taken.recv().await {
            journal.add_elsewhere(page).await?;
        }
        Ok::<(), Stop>(())
    };
    let (read, written) = tokio::join!(reading, writing);
    read??;
    written
}

/// A part that is to be run without the digest of the whole.
pub(super) fn no_digest(part: PlanPart) -> Failure {
    let mut failure =
        Failure::new(ErrorCode::Usage, format!("part {part} runs only with the digest of the whole plan"));
    failure.key = Some("source.part".to_owned());
    failure.hint("preview the plan without a part, and give its digest to every worker with --expect DIGEST")
}
