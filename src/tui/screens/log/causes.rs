//! Why items of a run were not written, grouped, with advice on each cause.

use super::progress::Progress;
use crate::domain::run::{Outcome, Reason};
use crate::engine::protocol::ItemResult;

/// Causes told apart; what comes after is counted together.
const CAUSES: usize = 20;
/// Characters of a message that tell causes apart.
const TOLD: usize = 80;

/// Why items were not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<Reason>,
    /// In words, of the first one.
    pub(crate) message: String,
    pub(crate) count: u64,
    /// The first one's key.
    pub(crate) example: String,
}

impl Progress {
    /// Counts an item among those of the same cause.
    pub(super) fn explain(&mut self, item: &ItemResult, outcome: Outcome) {
        let message: String = item.message.as_deref().unwrap_or_default().chars().take(TOLD).collect();
        // Of a known reason the words differ from item to item; without one they are all there is.
        let same = |c: &&mut Cause| {
            c.outcome == outcome && c.reason == item.reason && (item.reason.is_some() || c.message == message)
        };
        if let Some(known) = self.causes.iter_mut().find(same) {
            known.count += 1;
        } else if self.causes.len() < CAUSES {
            let example = item.entity.key.to_string();
            self.causes.push(Cause { outcome, reason: item.reason, message, count: 1, example });
        } else {
            self.other_causes += 1;
        }
    }
}

/// Advice on a cause, a text to be translated.
pub(crate) fn hint(cause: &Cause) -> &'static str {
    match cause.reason {
        Some(Reason::SourceChanged | Reason::TargetChanged) => {
            text!("changed since it was shown: preview the plan again and run what is left")
        }
        Some(Reason::Pending) => text!("let the application process its command, then run it again"),
        Some(Reason::Wedged) => text!("a failed command blocks it: it has to be repaired first"),
        Some(Reason::Throttled) => text!("slower (-) or fewer at once helps; resume the run afterwards"),
        Some(Reason::AccessDenied) => text!("ask for the permission, then resume the run"),
        Some(Reason::Unproven) => {
            text!("the tables do not prove what the journal says: name the item and force it to trust the journal")
        }
        Some(Reason::Timeout) => text!("the pipeline took too long: verify says what was applied in the end"),
        Some(Reason::PipelineFailed) => text!("the application's own pipeline refused it: its log says why"),
        Some(Reason::S3Missing) => text!("its attributes' object is gone from S3"),
        Some(Reason::TooLarge) => text!("the row would pass DynamoDB's limit"),
        Some(Reason::NotApproved) if cause.outcome == Outcome::Skipped => {
            text!("skipped or taken out, and not asked for again: another run of the plan would do it")
        }
        Some(Reason::NotApproved) => text!("resume the run to be asked again"),
        Some(Reason::Exists) => text!("target.existing decides what becomes of it"),
        _ => match cause.outcome {
            Outcome::Failed => text!("resume the run to try again"),
            Outcome::Held => text!("resume the run to be asked again"),
            _ => text!("open it to see what is wrong"),
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::run::Action;
    use crate::engine::protocol::RequestId;
    use crate::tui::screens::items::tests::item;

    #[test]
    fn failures_are_grouped_and_their_number_is_bounded() {
        let mut run = Progress::begun(RequestId(1), "n".into());
        for n in 0..10_000 {
            let mut failed = item(n, Action::Create, Some(Outcome::Failed));
            failed.message = Some(format!("cause {}", n % 50));
            run.item(&failed, Timestamp::UNIX_EPOCH);
            let mut conflict = item(n, Action::Create, Some(Outcome::Conflict));
            (conflict.reason, conflict.message) = (Some(Reason::TargetChanged), Some(format!("at version {n}")));
            run.item(&conflict, Timestamp::UNIX_EPOCH);
        }
        assert_eq!((run.causes.len(), run.attempted()), (CAUSES, 20_000));
        let conflicts = run.causes.iter().find(|c| c.reason == Some(Reason::TargetChanged)).unwrap();
        assert_eq!((conflicts.count, conflicts.message.as_str()), (10_000, "at version 0"));
        assert_eq!(run.causes.iter().map(|c| c.count).sum::<u64>() + run.other_causes, 20_000);
    }
}
