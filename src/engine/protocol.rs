//! The whole boundary between the engine and whoever drives it: commands in, events out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::domain::diff::Change;
use crate::domain::key::{EntityKey, PartitionKey, Version};
use crate::domain::publish::PublishMode;
use crate::domain::row::{Row, TableKind};
use crate::domain::run::{Action, Operation, Outcome, Reason, RunId, RunState};
use crate::domain::timeline::{Flag, VersionEntry};

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
pub struct Cursor(pub(crate) CursorAt);

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
    /// Which of the soft-deleted ones.
    pub deleted: DeletedFilter,
    /// Rows with S3-stored attributes resolved, in [`EntitySummary::row`].
    pub resolve: bool,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The entity.
    pub entity: EntityRef,
    /// The version; `None` for the current one.
    pub version: Option<Version>,
}

/// What the operator decides about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Write it. A protected profile wants the tenant's name (or the environment's, where there is none) typed.
    Approve {
        /// What was typed.
        confirm: Option<String>,
    },
    /// Write nothing of it and go on.
    Skip,
    /// Write nothing more and end the run.
    Stop,
}

/// What the engine can be asked to do. Each command is answered by events under its [`RequestId`], the last one
/// [`Event::Finished`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Finds the modules and whose account it is: [`Event::Connected`].
    Connect,
    /// Counts the entities of every partition by a segmented scan of the data tables: [`Event::Tenants`] again and again.
    ScanTenants {
        /// Only this module.
        module: Option<String>,
    },
    /// Finds the modules that have a partition, without any scan: [`Event::Opened`].
    Open {
        /// The partition.
        pk: PartitionKey,
        /// The module, where the operator names it.
        module: Option<String>,
    },
    /// Reads one page of a listing: [`Event::Page`]. After the data table come entities that were never processed.
    Page {
        /// What to list.
        listing: Listing,
        /// Where the page before ended; `None` for the first.
        after: Option<Cursor>,
        /// Entities at most.
        limit: usize,
    },
    /// Reads every version of an entity: [`Event::Versions`], the newest ones first, the rest in any order, gaps last.
    History {
        /// The entity.
        entity: EntityRef,
        /// Rows with S3-stored attributes resolved.
        resolve: bool,
    },
    /// Compares two versions, or two tenants' entities: [`Event::Diff`].
    Diff {
        /// Before.
        from: Side,
        /// After.
        to: Side,
        /// Bookkeeping fields too.
        all: bool,
    },
    /// Shows exactly what a rollback would write, and writes nothing: [`Event::Preview`].
    PreviewRollback {
        /// The entity.
        entity: EntityRef,
        /// The version to go back to.
        to: Version,
        /// A conflict unless the current version is this one.
        expect: Option<Version>,
    },
    /// Rolls an entity back as a journalled run: [`Event::ApprovalNeeded`], then, once approved, [`Event::Item`] and [`Event::Run`].
    Rollback {
        /// The entity.
        entity: EntityRef,
        /// The version to go back to.
        to: Version,
        /// Refuse unless the current version is this one.
        expect: Option<Version>,
    },
    /// Answers an [`Event::ApprovalNeeded`].
    Decide {
        /// The run.
        run: RunId,
        /// The batch.
        batch: u32,
        /// The digest that was shown; another one is refused.
        digest: String,
        /// The answer.
        decision: Decision,
    },
    /// Lists the recorded runs, newest first: [`Event::Run`].
    Runs,
    /// Shows a run and its items: [`Event::Run`], then [`Event::Item`].
    ShowRun {
        /// The run.
        run: RunId,
    },
    /// Allows or forbids writing. The engine starts read-only.
    Arm {
        /// Armed from now on, or read-only again.
        armed: bool,
    },
    /// Ends the work of an earlier request between two items: its [`Event::Finished`] says so.
    Cancel {
        /// The request to end.
        request: RequestId,
    },
}

/// The tables a profile leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Modules in alphabetical order.
    pub modules: Vec<String>,
    /// Account id; `None` when the credentials may not ask for it.
    pub account: Option<String>,
    /// Region in use.
    pub region: Option<String>,
}

/// One partition of a data table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantCount {
    /// Module.
    pub module: String,
    /// Partition key.
    pub pk: PartitionKey,
    /// First segment of the partition key.
    pub entity_type: String,
    /// Tenant code.
    pub tenant: String,
    /// Data rows so far.
    pub entities: u64,
    /// Of them soft-deleted.
    pub deleted: u64,
    /// Earliest `createdAt`, RFC 3339 in UTC.
    pub oldest: Option<String>,
    /// Latest `updatedAt`, RFC 3339 in UTC.
    pub newest: Option<String>,
}

/// One entity of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntitySummary {
    /// Where it is.
    pub entity: EntityRef,
    /// `id` as stored.
    pub id: Option<String>,
    /// `type` as stored.
    pub entity_type: Option<String>,
    /// Tenant code.
    pub tenant: String,
    /// `code` as stored.
    pub code: Option<String>,
    /// `name` as stored.
    pub name: Option<String>,
    /// Version of the data row; 0 for an entity that was never processed; `None` where it is no number.
    pub version: Option<Version>,
    /// Soft-deleted.
    pub deleted: bool,
    /// When the current version was published, as stored; from the command row where there is one.
    pub updated_at: Option<String>,
    /// Who published it.
    pub updated_by: Option<String>,
    /// What else there is to know.
    pub flags: Vec<Flag>,
    /// `s3://` reference of the attributes.
    pub attributes_ref: Option<String>,
    /// The data row (the newest command row for one never processed).
    pub row: Arc<Row>,
    /// What is wrong with the row, in words.
    pub problem: Option<String>,
}

/// One version with its row made readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The version.
    pub version: VersionEntry,
    /// The row with S3-stored attributes resolved, where that was asked for.
    pub resolved: Option<Arc<Row>>,
    /// What is wrong with it, in words (an S3 object that is gone, attributes of the wrong type).
    pub problem: Option<String>,
}

/// Two versions and what differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffResult {
    /// Before, its version filled in.
    pub from: Side,
    /// After, its version filled in.
    pub to: Side,
    /// Table that the row before came from.
    pub from_found: TableKind,
    /// Table that the row after came from.
    pub to_found: TableKind,
    /// The row before, attributes resolved.
    pub before: Arc<Row>,
    /// The row after, attributes resolved.
    pub after: Arc<Row>,
    /// The differences.
    pub changes: Vec<Change>,
}

/// What a run intends for one item: exactly what will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The entity that would be written.
    pub entity: EntityRef,
    /// SHA-256 over what is shown, in hexadecimal: the plan digest of a run with this item alone.
    pub digest: String,
    /// What would be done.
    pub action: Action,
    /// Why nothing would be written, where that is so.
    pub reason: Option<Reason>,
    /// In words, for people.
    pub message: Option<String>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// The run.
    pub run: RunId,
    /// The batch, from 1.
    pub batch: u32,
    /// SHA-256 over the items, in hexadecimal.
    pub digest: String,
    /// What must be typed on a protected profile; `None` otherwise.
    pub confirm: Option<String>,
    /// The items.
    pub items: Vec<Preview>,
}

/// What became of one item, journalled before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemResult {
    /// The run.
    pub run: RunId,
    /// Its batch, from 1.
    pub batch: u32,
    /// Its number in the run, from 1.
    pub n: u64,
    /// The entity written.
    pub entity: EntityRef,
    /// What was intended.
    pub action: Action,
    /// What became of it; `None` while it has begun and not ended.
    pub outcome: Option<Outcome>,
    /// Why, where it was not simply done.
    pub reason: Option<Reason>,
    /// In words.
    pub message: Option<String>,
    /// What was known before.
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

/// A run as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInfo {
    /// Its id.
    pub run: RunId,
    /// Its name.
    pub name: String,
    /// What it does.
    pub operation: Operation,
    /// Ticket or why.
    pub reason: String,
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
}

/// How a log line reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// What happened.
    Info,
    /// Worth a look.
    Warning,
    /// Went wrong.
    Error,
}

/// What the engine tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Answers [`Command::Connect`].
    Connected(Connection),
    /// Counts so far of the partitions that changed since the last such event: replace what was known of them.
    Tenants(Vec<TenantCount>),
    /// Answers [`Command::Open`]: modules that have the partition, the best guess first; empty when none has.
    Opened {
        /// The modules.
        modules: Vec<String>,
    },
    /// Entities of a listing, in sort key order.
    Page {
        /// The entities.
        entities: Vec<EntitySummary>,
        /// Where the next page begins; `None` when all were read.
        next: Option<Cursor>,
    },
    /// Versions of an entity; one sent again replaces the one sent before.
    Versions(Vec<HistoryEntry>),
    /// Answers [`Command::Diff`].
    Diff(Box<DiffResult>),
    /// Answers [`Command::PreviewRollback`].
    Preview(Box<Preview>),
    /// A batch waits: answer with [`Command::Decide`].
    ApprovalNeeded(Box<ApprovalRequest>),
    /// An item began or ended.
    Item(Box<ItemResult>),
    /// A run changed its state, or is listed.
    Run(Box<RunInfo>),
    /// What the engine does, for the progress log.
    Log(Level, String),
    /// Something failed; what follows says whether the request went on.
    Failed(Box<Failure>),
    /// Writing is allowed from now on, or not.
    Armed(bool),
    /// The request is answered.
    Finished {
        /// It was cancelled before it was complete.
        cancelled: bool,
    },
}

/// An event and the request that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The request.
    pub request: RequestId,
    /// The event.
    pub event: Event,
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
}
