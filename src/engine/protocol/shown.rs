//! Data that events of plans and runs carry.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{EntityRef, Level, Remembered};
use crate::domain::diff::Change;
use crate::domain::key::{EntityKey, Version};
use crate::domain::publish::PublishMode;
use crate::domain::row::{Row, TableKind};
use crate::domain::run::{Action, Outcome, Reason, RunId};
use crate::domain::undo_until::UndoUntil;

/// The planned change of a run to one item: exactly what will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Its number in the run, from 1.
    pub n: u64,
    /// The entity that would be written.
    pub entity: EntityRef,
    /// The entity that it is taken from; in place the same keys.
    pub source: EntityKey,
    /// Versions of the source, before and after.
    pub source_versions: (Version, Version),
    /// Whether the source alone would be written, and not the entity.
    pub only_source: bool,
    /// SHA-256 over what is shown, in hexadecimal.
    pub digest: String,
    /// The action that would be taken.
    pub action: Action,
    /// Why nothing would be written, where that is so.
    pub reason: Option<Reason>,
    /// In words, for people.
    pub message: Option<String>,
    /// The line of the file that it is taken from, where there is one.
    pub line: Option<u64>,
    /// Things to know before approving.
    pub warnings: Vec<String>,
    /// Version now, 0 when absent.
    pub version_before: Version,
    /// Version that would be written.
    pub version_after: Version,
    /// Version that the state is taken from.
    pub version_from: Version,
    /// Table that the state is taken from.
    pub found: Option<TableKind>,
    /// Data row now, attributes resolved.
    pub before: Option<Arc<Row>>,
    /// Data row as it would be, attributes resolved.
    pub after: Option<Arc<Row>>,
    /// Data row as an earlier run wrote it, where this item takes that back.
    pub wrote: Option<Arc<Row>>,
    /// Differences between the two.
    pub changes: Vec<Change>,
    /// How it would be published.
    pub publish: PublishMode,
    /// Write units at most (transactional writes cost two a kilobyte).
    pub write_units: u64,
    /// S3 objects that would be written.
    pub s3_objects: u64,
}

/// A batch that waits for a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalRequest {
    /// The run.
    pub run: RunId,
    /// The batch, from 1.
    pub batch: u32,
    /// The first batch of its run, small on purpose.
    pub canary: bool,
    /// It was held before and is asked for again.
    pub held: bool,
    /// Batches of the run that wait, this one and those that are held included.
    pub waiting: u64,
    /// Items that approving the rest would write: this batch's, and those of the batches that wait and are not held.
    pub rest: u64,
    /// Batches that are held, this one left out, and their items.
    pub held_back: (u64, u64),
    /// Decisions of an earlier start of the run. None of them counts for what is left.
    pub earlier: Vec<Approval>,
    /// Whether every item of the first batch is done or equal; `None` while it is not through.
    pub canary_is_clean: Option<bool>,
    /// SHA-256 over the items, in hexadecimal.
    pub digest: String,
    /// Text that must be typed on a protected profile; `None` otherwise.
    pub confirm: Option<String>,
    /// The last rehearsal of the plan; `None` where there was none.
    pub rehearsal: Option<Box<Remembered>>,
    /// Notes on the run as a whole, to be read before it is approved.
    pub notes: Vec<(Level, String)>,
    /// The items.
    pub items: Vec<Preview>,
}

/// A decision as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// RFC 3339, UTC, milliseconds.
    pub at: String,
    /// The operator of the profile in use.
    pub by: String,
    /// The batch; `None` for everything that waited.
    pub batch: Option<u32>,
    /// Digest that was approved: of the batch, or of the plan.
    pub digest: String,
    /// `approve` or `approve the rest`, with `but for 2 items` behind it where some were taken out.
    pub decision: String,
}

/// Stands between a decision and what it leaves out.
const BUT_FOR: &str = " but for ";

impl Approval {
    /// The approval in words: what was approved, by whom, and `at` as the time.
    #[must_use]
    pub fn words(&self, at: &str) -> String {
        let what = self.batch.map_or_else(|| "everything".to_owned(), |batch| format!("batch {batch}"));
        let but = self.decision.split_once(BUT_FOR).map(|(_, items)| format!("{BUT_FOR}{items}")).unwrap_or_default();
        let more = if self.is_of_the_rest() { " and everything after it" } else { "" };
        format!("{what}{but}{more} was approved by {} at {at}", self.by)
    }

    /// Whether everything after the batch was approved too.
    #[must_use]
    pub fn is_of_the_rest(&self) -> bool {
        self.decision.starts_with("approve the rest")
    }

    /// The words of a decision that leaves so many items out.
    #[must_use]
    pub fn in_part(decision: &str, out: usize) -> String {
        format!("{decision}{BUT_FOR}{out} {}", if out == 1 { "item" } else { "items" })
    }
}

/// Result of one item, journalled before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemResult {
    /// The run.
    pub run: RunId,
    /// Its batch, from 1; `None` for one that is not written.
    pub batch: Option<u32>,
    /// Its number in the run, from 1.
    pub n: u64,
    /// The entity written.
    pub entity: EntityRef,
    /// Its name, where items are listed; `None` where it has none, or rows too long to be looked into.
    pub name: Option<String>,
    /// The entity that it is taken from; in place the same keys.
    pub source: EntityKey,
    /// Versions of the source, before and after.
    pub source_versions: (Version, Version),
    /// Whether the source alone is meant to be written, and not the entity; also where it was not written in the end.
    pub only_source: bool,
    /// It takes an item of another run back.
    pub taken_back: bool,
    /// The data row before, where rows were asked for.
    pub before: Option<Arc<Row>>,
    /// The data row after, where rows were asked for.
    pub after: Option<Arc<Row>>,
    /// The planned action.
    pub action: Action,
    /// Its outcome; `None` while it has none: it waits, or it has begun and not ended.
    pub outcome: Option<Outcome>,
    /// Why, where it was not simply done.
    pub reason: Option<Reason>,
    /// In words.
    pub message: Option<String>,
    /// The line of the file that it is taken from, where there is one.
    pub line: Option<u64>,
    /// Warnings from the preview.
    pub warnings: Vec<String>,
    /// Version before.
    pub version_before: Version,
    /// Version after.
    pub version_after: Version,
    /// Writes attempted.
    pub attempts: u32,
    /// The service's request id of the last attempt.
    pub request_id: Option<String>,
}

/// Filter for the items of a preview or a run; of several kinds any will do, and none named means all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemFilter {
    /// Those with one of these actions.
    pub actions: Vec<Action>,
    /// Those with one of these outcomes.
    pub outcomes: Vec<Outcome>,
    /// Those with warnings.
    pub warned: bool,
    /// Of them only those with this text in their keys, reason, message or warnings.
    pub text: String,
}

/// Totals of a run: of what it would do, or of what it did.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Blast {
    /// Entities written.
    pub entities: u64,
    /// Tenants touched.
    pub tenants: u64,
    /// Requests that write.
    pub requests: u64,
    /// Read units.
    pub read_units: f64,
    /// Write units at most: transactional writes cost two a kilobyte.
    pub write_units: f64,
    /// S3 objects written.
    pub s3_objects: u64,
    /// Step Functions runs that the application's pipeline starts.
    pub step_functions: u64,
    /// Seconds at the chosen rate, or at what one partition can take, whichever is longer.
    pub seconds: f64,
}

/// Result of a preview.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanSummary {
    /// The run that would do it, or does.
    pub run: RunId,
    /// Plan digest.
    pub digest: String,
    /// Items by action; words without items are left out.
    pub actions: Vec<(Action, u64)>,
    /// Items by reason; words without items are left out.
    pub reasons: Vec<(Reason, u64)>,
    /// In total.
    pub blast: Blast,
    /// The tenant that is written to, where that is a single one.
    pub tenant: Option<String>,
    /// How it would be published.
    pub publish: PublishMode,
    /// Things to know before the run.
    pub notes: Vec<String>,
    /// Rules that items violate, those that most items violate first.
    pub violated: Vec<Violated>,
    /// Until when it could be undone.
    pub undo_until: UndoUntil,
}

impl PlanSummary {
    /// Items that it would write.
    #[must_use]
    pub fn to_write(&self) -> u64 {
        self.actions.iter().filter(|(action, _)| action.writes()).map(|(_, n)| n).sum()
    }
}

/// A rule that items did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violated {
    /// The file of the schema, or the reference.
    pub rule: String,
    /// The place in the schema, its last part the keyword, or a property that is missing; `None` for a reference.
    pub place: Option<String>,
    /// Items that did not hold it. Of each the first few violations count.
    pub items: u64,
    /// Some of them, with what is wrong.
    pub samples: Vec<(EntityRef, String)>,
    /// Text of an [`ItemFilter`] that finds these items.
    pub text: String,
}

impl Violated {
    /// Text of the one that counts the items that broke more rules than are counted one by one.
    pub const MORE: &str = "and more";

    /// True for the one that stands for rules not counted one by one.
    #[must_use]
    pub fn is_more(&self) -> bool {
        self.place.is_none() && self.text == Self::MORE
    }
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchState {
    /// Waits for a decision.
    Waiting,
    /// Being written.
    Approved,
    /// Left alone.
    Skipped,
    /// Asked for again at the end.
    Held,
    /// Every item has an outcome.
    Done,
    /// Ended before that.
    Stopped,
}

/// A batch of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchInfo {
    /// The run.
    pub run: RunId,
    /// Its number, from 1.
    pub batch: u32,
    /// The first batch of its run, small on purpose.
    pub canary: bool,
    /// Items in it.
    pub items: u64,
    /// SHA-256 over the items, in hexadecimal.
    pub digest: String,
    /// Where it stands.
    pub state: BatchState,
    /// Items by outcome; words without items are left out.
    pub outcomes: Vec<(Outcome, u64)>,
}

/// Phases of long work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Reading for a listing.
    Scan,
    /// Finding out what a plan would do.
    Preview,
    /// Writing.
    Run,
    /// Reading back.
    Verify,
    /// Writing a file.
    Export,
}

/// Why a run ended before all of its items had an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// The canary batch was not clean.
    Canary,
    /// Too many items failed.
    Failures,
    /// It was cancelled.
    Interrupted,
    /// Nobody approved.
    NotApproved,
    /// The operator ended it.
    Operator,
    /// Nothing got through to the service any more.
    Service,
    /// A signature that the profile asks for is missing or does not fit.
    Signature,
}
