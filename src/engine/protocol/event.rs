//! Events of the engine.

use super::{
    Activity, ApprovalRequest, BatchInfo, Collision, CollisionKey, Connection, CopiedPart, Cursor, DiffResult,
    EntitySummary, ExportedFile, Finding, FoundEntity, HistoryEntry, Identity, ItemResult, JoinedParts, Level,
    ListedPartition, MeasuredTable, Phase, PlanSummary, Preview, RehearsalEvent, RunInfo, RunReport, Searched, SignOff,
    Signature, StopCause, TenantCount, Watching,
};
#[cfg(doc)]
use super::{Command, Steering};
use crate::domain::key::SortKey;
use crate::domain::run::RunId;
use crate::domain::users::User;
use crate::engine::failure::Failure;

/// Events that the engine reports.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Answers [`Command::Connect`].
    Connected(Connection),
    /// Answers [`Command::WhoAmI`].
    Who(Box<Identity>),
    /// A one-time code would let the failed request succeed: the AWS profile has an `mfa_serial`. [`Event::Failed`] follows.
    CodeWanted,
    /// Answers [`Command::ListApplications`]: environment and name of each, joined as in `dev-shop`.
    Applications(Vec<String>),
    /// Something that [`Command::CheckConnection`] found to be well.
    Checked {
        /// The part that was tried, such as `bucket`.
        part: String,
        /// In words.
        told: String,
    },
    /// Counts so far of the partitions that changed since the last such event: replace what was known of them.
    Tenants(Vec<TenantCount>),
    /// Answers [`Command::Measure`].
    Measured(Vec<MeasuredTable>),
    /// Partitions that were found, each once and in no order.
    Partitions(Vec<ListedPartition>),
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
    /// Entities that hold the text of [`Command::Find`].
    Found(Vec<FoundEntity>),
    /// How far [`Command::Find`] is; the last one says how it ended.
    Searched(Searched),
    /// Answers [`Command::Activity`].
    Activity(Vec<Activity>),
    /// Versions of an entity; one sent again replaces the one sent before.
    Versions(Vec<HistoryEntry>),
    /// A part of what [`Command::Copy`] reads.
    Copied(Box<CopiedPart>),
    /// How [`Command::Watch`] goes.
    Watching(Watching),
    /// Data rows of a watched partition that are new or have another version now, and those that are gone.
    Changed {
        /// As they are now.
        entities: Vec<EntitySummary>,
        /// Sort keys.
        gone: Vec<SortKey>,
    },
    /// Answers [`Command::Diff`].
    Diff(Box<DiffResult>),
    /// An item of [`Command::PreviewPlan`], or the one of [`Command::ShowItem`].
    Preview(Box<Preview>),
    /// A batch waits: answer with [`Command::Decide`].
    ApprovalNeeded(Box<ApprovalRequest>),
    /// Answers [`Command::Items`].
    Items {
        /// The preview's or the run's id.
        run: RunId,
        /// Items that the filter accepts.
        total: u64,
        /// Place of the first of these.
        from: u64,
        /// The items; an outcome only where there is one.
        items: Vec<ItemResult>,
    },
    /// Answers [`Command::Collisions`].
    Collisions {
        /// The preview's or the run's id.
        run: RunId,
        /// Keys that the filter accepts.
        total: u64,
        /// Place of the first of these.
        from: u64,
        /// The keys.
        keys: Vec<CollisionKey>,
    },
    /// Answers [`Command::ShowCollision`].
    Collision(Box<Collision>),
    /// An item began or ended.
    Item(Box<ItemResult>),
    /// A run changed its state, or is listed.
    Run(Box<RunInfo>),
    /// A journal is what was recorded.
    ChainChecked {
        /// Records of its chain.
        records: u64,
        /// The SHA-256 of the last one.
        head: String,
    },
    /// The parts of a plan, as one.
    Joined(Box<JoinedParts>),
    /// How [`Command::Rehearse`] goes.
    Rehearsal(Box<RehearsalEvent>),
    /// Answers [`Command::ReportRun`].
    Reported(Box<RunReport>),
    /// A signature was checked.
    Signature(Box<Signature>),
    /// Answers [`Command::SignOff`].
    SignOff(Box<SignOff>),
    /// A preview is complete.
    Planned(Box<PlanSummary>),
    /// A batch changed its state, or is listed.
    Batch(Box<BatchInfo>),
    /// How far long work is.
    Progress {
        /// The phase that the work is in.
        phase: Phase,
        /// Items behind it.
        done: u64,
        /// Items in all, where that is known.
        total: Option<u64>,
    },
    /// A run begins no further item until [`Steering::Continue`] or [`Steering::Stop`]: credentials have expired, or nothing gets through.
    Paused {
        /// The run.
        run: RunId,
        /// Why.
        failure: Box<Failure>,
    },
    /// A run ended before all of its items had an outcome.
    Stopped {
        /// The run.
        run: RunId,
        /// Why.
        cause: StopCause,
    },
    /// Answers [`Command::Users`].
    Users {
        /// The pool.
        pool: String,
        /// The users, in the service's order.
        users: Vec<User>,
        /// Where the next page begins; `None` at the end.
        next: Option<String>,
    },
    /// A file was written.
    Exported(Box<ExportedFile>),
    /// Something found by looking at the tables.
    Finding(Box<Finding>),
    /// A line about the engine's work, for the progress log.
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
