//! Contents of a report about a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Remembered;
use super::recorded::RunInfo;
use super::shown::{Approval, ItemResult, Preview};
use crate::domain::key::PartitionKey;
use crate::domain::run::{Outcome, Reason};

/// An approval, and what became of the items that were begun under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved {
    /// The decision, with its approver, its time and its batch.
    pub approval: Approval,
    /// Items that were begun under it, and such as were not begun that no later one covers.
    pub items: u64,
    /// Counts of these items by outcome.
    pub outcomes: Vec<(Outcome, u64)>,
}

/// An operator's instruction to a run, other than an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steered {
    /// RFC 3339, UTC, milliseconds.
    pub at: String,
    /// The operator of the profile in use.
    pub by: String,
    /// The instruction in words, such as `rate 5`.
    pub words: String,
}

/// Items that have the same outcome for the same reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Their outcome.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<Reason>,
    /// How many they are.
    pub count: u64,
    /// The first of them.
    pub samples: Vec<ItemResult>,
}

/// Items of a run that are written from one partition into one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partitioned {
    /// The module.
    pub module: String,
    /// Where they come from.
    pub from: PartitionKey,
    /// Where they are written: often the same.
    pub to: PartitionKey,
    /// How many they are.
    pub items: u64,
}

/// Report about a run, for readers who did not see it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// The run.
    pub info: RunInfo,
    /// Records of its chain; the error names the first that does not fit.
    pub checked: Result<u64, String>,
    /// Partitions of the items that it writes or was to write, those with most items first; none of a run on users.
    pub partitions: Vec<Partitioned>,
    /// Approvals in their order.
    pub approvals: Vec<Approved>,
    /// Instructions other than approvals, in their order.
    pub steered: Vec<Steered>,
    /// Items that are neither done nor were as wanted already.
    pub problems: Vec<Problem>,
    /// Some of what was changed, with the differences.
    pub changed: Vec<Preview>,
    /// Some of what is left to do.
    pub left: Vec<ItemResult>,
    /// The rehearsal before it.
    pub rehearsal: Option<Box<Remembered>>,
    /// Its batches in the order in which they began, the first ones.
    pub timeline: Vec<TimedBatch>,
    /// The last reading back, where there was one.
    pub verified: Option<Verified>,
}

/// Work on the items of a batch, from the first that was begun to the last that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedBatch {
    /// Its number, from 1.
    pub batch: u32,
    /// Items that ended.
    pub items: u64,
    /// RFC 3339, UTC, milliseconds.
    pub from: String,
    /// Likewise.
    pub to: String,
}

/// A reading back of what a run wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// RFC 3339, UTC, milliseconds.
    pub at: String,
    /// The operator of the profile in use.
    pub by: String,
    /// Entities and users that were compared.
    pub looked: u64,
    /// Findings by kind.
    pub findings: BTreeMap<String, u64>,
}
