//! Runs that carry out one part of a plan: what other parts recorded of the whole, and starting the same part again.
//!
//! The digest of a plan is over all of its items. Once another part has written, they cannot be looked at as they were; what they were
//! stands in that part's journal, and with the own items as they are now it must give the same digest.

use std::path::PathBuf;

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
    /// Another part of it was begun, and this is its journal.
    Other(PathBuf),
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
        (None, Some(other)) => Earlier::Other(journal::journal_path(&task.shared.state_dir, other.run)),
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
pub(super) async fn take_over(journal: &Journal, known: Option<(PathBuf, PlanPart)>) -> Result<(), Stop> {
    let Some((other, part)) = known else { return Ok(()) };
    let (pages, mut taken) = tokio::sync::mpsc::channel::<Vec<Elsewhere>>(WAITING);
    let reading = blocking(move || {
        Reader::open_copy(&other)?.not_of(part, |page| {
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

/// A journal that is to be kept for other workers, of a plan that has none.
pub(super) fn no_part() -> Failure {
    let failure = Failure::new(ErrorCode::Usage, "--journal-bucket is for the parts of a plan");
    failure.hint("give the worker its part with --part I/N or --part auto")
}

/// A part that is to be run without the digest of the whole.
pub(super) fn no_digest(part: PlanPart) -> Failure {
    let mut failure =
        Failure::new(ErrorCode::Usage, format!("part {part} runs only with the digest of the whole plan"));
    failure.key = Some("source.part".to_owned());
    failure.hint("preview the plan without a part, and give its digest to every worker with --expect DIGEST")
}
