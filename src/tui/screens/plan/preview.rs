//! Preview of what the plan would do, as far as it was found out.

use crate::domain::plan::{Decided, Plan};
use crate::engine::protocol::{PlanSummary, RequestId};
use crate::tui::job::Job;
use crate::tui::parts::Filter;
use crate::tui::screens::findings::found::Findings;
use crate::tui::screens::items::Items;

/// A preview of the plan in the pane.
#[derive(Debug)]
pub(crate) struct PlanPreview {
    pub(crate) job: Job,
    /// The state of the plan's text that it is a preview of.
    pub(crate) revision: u64,
    /// Items found so far.
    pub(crate) found: u64,
    pub(crate) summary: Option<Box<PlanSummary>>,
    pub(crate) items: Option<Items>,
    pub(crate) filter: Filter,
    /// Findings beside the items.
    pub(crate) findings: Findings,
    /// The plan, where it is not the one in the form.
    pub(crate) own: Option<Box<Plan>>,
    /// The doctor's request, where it is the repair of what was found.
    pub(crate) repairs: Option<RequestId>,
    /// Decisions of the plan, key by key, when it was previewed.
    pub(crate) decided: Vec<Decided>,
}

impl PlanPreview {
    /// True where a run of it would come to nothing: it failed, or there is nothing to write.
    pub(crate) fn has_nothing_to_run(&self) -> bool {
        let is_empty = self.summary.as_ref().is_some_and(|summary| summary.to_write() == 0);
        self.job.problem.is_some() || is_empty
    }

    /// One that was asked for.
    pub(crate) fn begun(request: RequestId, revision: u64) -> Self {
        Self {
            job: Job::begun(request),
            revision,
            found: 0,
            summary: None,
            items: None,
            filter: Filter::default(),
            findings: Findings::default(),
            own: None,
            repairs: None,
            decided: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::failure::{ErrorCode, Failure};

    #[test]
    fn a_preview_that_failed_has_nothing_to_run_and_one_under_way_may_have() {
        let mut preview = PlanPreview::begun(RequestId(1), 1);
        assert!(!preview.has_nothing_to_run());
        preview.job.problem = Some(Failure::new(ErrorCode::Io, "no"));
        assert!(preview.has_nothing_to_run());
    }
}
