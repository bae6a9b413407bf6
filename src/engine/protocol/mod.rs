//! The whole boundary between the engine and whoever drives it: commands in, events out.

mod acted;
mod browsed;
mod collisions;
mod command;
mod copied;
mod event;
mod evidence;
mod files;
mod finding;
mod found;
mod identity;
mod recorded;
mod rehearsed;
mod reported;
mod shown;
mod signed;
mod steering;
mod watched;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::key::{EntityKey, PartitionKey, Version};
use crate::domain::plan::Change;

pub use acted::{Activity, ActivityWanted};
pub use browsed::{
    Connection, DiffResult, EntitySummary, HistoryEntry, ListedPartition, MeasuredTable, TenantCount, Viewed,
};
pub use collisions::{Collision, CollisionFilter, CollisionKey, CollisionRow};
pub use command::{Command, JournalPlace, PartsAt};
pub use copied::{CopiedPart, CopySource, CopyWanted};
pub use event::Event;
pub use evidence::{Approved, Partitioned, Problem, RunReport, Steered, TimedBatch, Verified};
pub use files::{ExportWanted, ExportedFile};
pub use finding::{Finding, Severity};
pub use found::{Among, FoundEntity, Near, SearchEnd, Searched, Wanted};
pub use identity::{Identity, SessionEnd};
pub use recorded::{JoinedParts, RunInfo};
pub use rehearsed::{OpenStage, Rehearsal, RehearsalEvent, RehearsalStep, Remembered, Stage, StageWanted, StepResult};
pub(crate) use reported::ReportedFailures;
pub use shown::{
    Approval, ApprovalRequest, BatchInfo, BatchState, Blast, ItemFilter, ItemResult, Phase, PlanSummary, Preview,
    StopCause, Violated,
};
pub use signed::{SignOff, Signature};
pub use steering::{Decision, Steering};
pub use watched::{Watched, Watching};

/// Names a request; every event that answers it carries the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RequestId(pub u64);

/// Soft-deleted entities in a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeletedFilter {
    /// Live and deleted ones.
    #[default]
    Keep,
    /// Live ones only.
    Skip,
    /// Deleted ones only.
    Only,
}

impl DeletedFilter {
    /// Its word in options.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Skip => "skip",
            Self::Only => "only",
        }
    }

    /// Of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Keep, Self::Skip, Self::Only].into_iter().find(|one| one.as_str() == word)
    }
}

/// An entity together with the module whose tables hold it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityRef {
    /// Module name.
    pub module: String,
    /// Keys of the data row.
    pub key: EntityKey,
}

/// Where the next page of a listing begins: opaque, from [`Event::Page`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) at: CursorAt,
    /// Failures that the pages before have told.
    pub(crate) told: ReportedFailures,
    /// Another entity was seen there.
    pub(crate) is_sure: bool,
}

impl Cursor {
    /// True where another entity was seen behind the page; otherwise nobody knows yet whether one follows.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.is_sure
    }

    /// True where every row of the data table was read: entities that follow are known to command rows alone.
    #[must_use]
    pub fn is_behind_data(&self) -> bool {
        matches!(self.at, CursorAt::Commands(_))
    }
}

#[cfg(test)]
impl From<CursorAt> for Cursor {
    fn from(at: CursorAt) -> Self {
        let is_sure = matches!(at, CursorAt::Data(_));
        Self { at, told: ReportedFailures::default(), is_sure }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CursorAt {
    /// In the data table, after this sort key; from the beginning when `None`.
    Data(Option<String>),
    /// In the command table, after this sort key: entities that were never processed.
    Commands(Option<String>),
}

/// A listing of the entities of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Module; found from the key when `None` (see [`Command::Open`]).
    pub module: String,
    /// The partition.
    pub pk: PartitionKey,
    /// Only sort keys that begin so; empty for all.
    pub sk_prefix: String,
    /// Filter for soft-deleted entities.
    pub deleted: DeletedFilter,
    /// Rows with S3-stored attributes resolved, in [`EntitySummary::row`].
    pub resolve: bool,
    /// Rows as these changes would make them, in [`EntitySummary::row`] and [`EntitySummary::viewed`]; it wants `resolve` too.
    pub view: Option<Arc<Change>>,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The entity.
    pub entity: EntityRef,
    /// The version; `None` for the current one.
    pub version: Option<Version>,
}

/// How a log line reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// An ordinary event.
    Info,
    /// Worth a look.
    Warning,
    /// Went wrong.
    Error,
}

/// An event and the request that it answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The request.
    pub request: RequestId,
    /// The event.
    pub event: Event,
}

/// Cost of one run so far, whatever else is at work meanwhile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunCost {
    /// The request that began or resumed the run.
    pub request: RequestId,
    /// Write units consumed.
    pub write_units: f64,
    /// Requests that were throttled.
    pub throttled: u64,
}

/// Running totals, for the header; the latest value is all that counts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counters {
    /// Read units consumed.
    pub read_units: f64,
    /// Write units consumed.
    pub write_units: f64,
    /// Requests sent.
    pub requests: u64,
    /// Requests that were throttled.
    pub throttled: u64,
    /// Commands at work.
    pub active: usize,
    /// Transactions that a run may have in flight now: fewer while it is throttled; 0 while none is under way.
    pub concurrency: usize,
    /// Cost of the run that began last; `None` before there is one.
    pub run: Option<RunCost>,
    /// When the credentials in use end, as far as that is known.
    pub session: Option<SessionEnd>,
}
