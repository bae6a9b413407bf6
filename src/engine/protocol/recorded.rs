//! Runs as their journals record them, as events carry them.

use serde::Serialize;

use super::Approval;
use crate::domain::plan::PlanPart;
use crate::domain::run::{Operation, Outcome, RunId, RunState};

/// All parts of a plan together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JoinedParts {
    /// The digest of the whole plan.
    pub digest: String,
    /// The number of parts.
    pub count: u32,
    /// Those that have a journal.
    pub there: Vec<u32>,
    /// Those that have none: never begun, or their journals are elsewhere.
    pub missing: Vec<u32>,
    /// Items that have no outcome yet, in the parts that are there.
    pub left: u64,
    /// True when every part is there and done, with nothing that conflicts, is invalid or failed.
    pub complete: bool,
}

/// A run as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInfo {
    /// Its id.
    pub run: RunId,
    /// Its name.
    pub name: String,
    /// The kind of its work.
    pub operation: Operation,
    /// Ticket or why.
    pub reason: String,
    /// Where it takes from, in words; empty where that is not of one place.
    pub source: String,
    /// Where it writes to, likewise; empty for what is written in place.
    pub target: String,
    /// The operator's own word for it; empty for none.
    pub label: String,
    /// The part of its plan that it carries out; `None` for the whole.
    pub part: Option<PlanPart>,
    /// Profile it ran under.
    pub profile: String,
    /// Environment of the profile.
    pub environment: String,
    /// App of the profile.
    pub app: String,
    /// Account, where known.
    pub account: Option<String>,
    /// Region, where known.
    pub region: Option<String>,
    /// Plan digest.
    pub digest: String,
    /// RFC 3339, UTC, milliseconds.
    pub started_at: String,
    /// RFC 3339, UTC, milliseconds.
    pub ended_at: Option<String>,
    /// Where it stands.
    pub state: RunState,
    /// Items by outcome; words without items are left out.
    pub outcomes: Vec<(Outcome, u64)>,
    /// The run that this one takes back.
    pub undo_of: Option<RunId>,
    /// The run that took this one back.
    pub undone_by: Option<RunId>,
    /// Path of the journal.
    pub journal: String,
    /// The operator of its profile, who began it.
    pub operator: String,
    /// Items that are to be written and have no outcome yet.
    pub left: u64,
    /// An item of it was begun, so that something may have been written.
    pub begun: bool,
    /// Items that failed and were taken up again, counted each time.
    pub retried: u64,
    /// The head of its journal's chain: the SHA-256 of the last record.
    pub chain: String,
    /// Approvals with approver and time, in their order.
    pub approvals: Vec<Approval>,
    /// Until when it can be undone: RFC 3339, UTC, milliseconds; `None` where nothing that an undo needs expires.
    pub undo_until: Option<String>,
    /// Signatures of the people who signed it off.
    pub signatures: Vec<super::Signature>,
}

impl RunInfo {
    /// Items with an outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.iter().find(|(word, _)| *word == outcome).map_or(0, |(_, count)| *count)
    }

    /// True while something of it may still be written.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.state, RunState::Done | RunState::Undone)
    }

    /// True where something is left for a resume. A run of which nothing was begun, such as one that was declined, leaves nothing
    /// half done.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.is_open() && self.left > 0 && self.begun
    }

    /// True where no item was begun or written: there is nothing to take back.
    #[must_use]
    pub fn wrote_nothing(&self) -> bool {
        !self.begun && self.count(Outcome::Done) == 0
    }

    /// Items that nobody wrote although the plan meant to: conflict, invalid or failed.
    #[must_use]
    pub fn unclean(&self) -> u64 {
        [Outcome::Conflict, Outcome::Invalid, Outcome::Failed].into_iter().map(|outcome| self.count(outcome)).sum()
    }
}
