//! What a report about a run holds.

use super::shown::{Approval, ItemResult, Preview, RunInfo};
use crate::domain::run::{Outcome, Reason};

/// An approval, and what became of what it was given for.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved {
    /// Who, when, and for what.
    pub approval: Approval,
    /// Items that it was given for.
    pub items: u64,
    /// What became of them.
    pub outcomes: Vec<(Outcome, u64)>,
}

/// What an operator said of a run beside approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steered {
    /// RFC 3339, UTC, milliseconds.
    pub at: String,
    /// The operator of the profile in use.
    pub by: String,
    /// What was said.
    pub words: String,
}

/// Items that have the same outcome for the same reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// What became of them.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<Reason>,
    /// How many they are.
    pub count: u64,
    /// The first of them.
    pub samples: Vec<ItemResult>,
}

/// What is to be known of a run by whoever did not see it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// The run.
    pub info: RunInfo,
    /// Records of its chain; the error names the first that does not fit.
    pub checked: Result<u64, String>,
    /// Approvals in their order.
    pub approvals: Vec<Approved>,
    /// What was said beside them.
    pub steered: Vec<Steered>,
    /// Items that are neither done nor were as wanted already.
    pub problems: Vec<Problem>,
    /// Some of what was changed, with the differences.
    pub changed: Vec<Preview>,
    /// Some of what is left to do.
    pub left: Vec<ItemResult>,
}
