//! The whole boundary between the engine and whoever drives it: commands in, events out.

mod acted;
mod browsed;
mod collisions;
mod copied;
mod evidence;
mod files;
mod found;
mod identity;
mod rehearsed;
mod reported;
mod shown;
mod signed;
mod steering;
mod watched;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::domain::key::{EntityKey, PartitionKey, SortKey, Version};
use crate::domain::plan::{Change, Plan};
use crate::domain::run::RunId;
use crate::domain::secret::OneTimeCode;
use crate::domain::users::User;
use crate::engine::failure::Failure;

pub use acted::{Activity, ActivityWanted};
pub use browsed::{
    Connection, DiffResult, EntitySummary, HistoryEntry, ListedPartition, MeasuredTable, TenantCount, Viewed,
};
pub use collisions::{Collision, CollisionFilter, CollisionKey, CollisionRow};
pub use copied::{CopiedPart, CopySource, CopyWanted};
pub use evidence::{Approved, Problem, RunReport, Steered, TimedBatch, Verified};
pub use files::{ExportWanted, ExportedFile};
pub use found::{Among, FoundEntity, Near, SearchEnd, Searched, Wanted};
pub use identity::{Identity, SessionEnd};
pub use rehearsed::{OpenStage, Rehearsal, RehearsalEvent, RehearsalStep, Remembered, Stage, StageWanted, StepResult};
pub(crate) use reported::ReportedFailures;
pub use shown::{
    Approval, ApprovalRequest, BatchInfo, BatchState, Blast, Finding, ItemFilter, ItemResult, JoinedParts, Phase,
    PlanSummary, Preview, RunInfo, Severity, StopCause, Violated,
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
}

#[cfg(test)]
impl From<CursorAt> for Cursor {
    fn from(at: CursorAt) -> Self {
        Self { at, told: ReportedFailures::default() }
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

/// Commands to the engine. Each command is answered by events under its [`RequestId`], the last one
/// [`Event::Finished`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Finds the modules and whose account it is: [`Event::Connected`].
    Connect,
    /// Finds out who is signed in, and to what: [`Event::Who`], also where it then fails.
    WhoAmI,
    /// Looks for credentials anew, after somebody signed in again or keys were rotated: [`Event::Who`]. Nothing changes where they lead
    /// elsewhere than those before. A run that is paused goes on with them after [`Steering::Continue`].
    SignInAgain {
        /// From the operator's device, where the AWS profile wants one.
        code: Option<OneTimeCode>,
    },
    /// Finds the applications whose tables there are, whatever the profile says: [`Event::Applications`].
    ListApplications,
    /// Tries what the profile leads to, and writes nothing: [`Event::Who`], [`Event::Checked`] for what is well, [`Event::Failed`] for what
    /// every command needs, [`Event::Finding`] for the rest. What is armed also tries whether it may write.
    CheckConnection,
    /// Counts the entities of every partition by a segmented scan of the data tables: [`Event::Tenants`] again and again.
    ScanTenants {
        /// Only this module.
        module: Option<String>,
    },
    /// Counts the entities of these partitions alone: [`Event::Tenants`] again and again.
    CountPartitions {
        /// Their module.
        module: String,
        /// Their keys.
        pks: Vec<PartitionKey>,
    },
    /// Finds out how large data tables are, before they are counted: [`Event::Measured`]. It reads no row.
    Measure {
        /// Their modules; all of them when empty.
        modules: Vec<String>,
    },
    /// Lists the partitions of the data tables without counting, a small page for each: [`Event::Partitions`] again and again.
    ListPartitions {
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
        /// The listing to read from.
        listing: Listing,
        /// Where the page before ended; `None` for the first.
        after: Option<Cursor>,
        /// Entities at most.
        limit: usize,
    },
    /// Looks for a text in the data rows, the nearest partitions first: [`Event::Found`] and [`Event::Searched`] again and again. A text
    /// that is an entity's id is read directly.
    Find {
        /// The text, the places to look in, and the limits of the cost.
        wanted: Box<Wanted>,
    },
    /// Reads every version of an entity: [`Event::Versions`], the newest ones first, the rest in any order, gaps last.
    History {
        /// The entity.
        entity: EntityRef,
        /// Rows with S3-stored attributes resolved.
        resolve: bool,
    },
    /// Lists who did what, from the versions of everything in scope: [`Event::Activity`] again and again, the newest first.
    Activity {
        /// Of what, when, and by whom.
        wanted: Box<ActivityWanted>,
    },
    /// Reads everything in scope as it stands, and writes nothing: [`Event::Copied`] again and again.
    Copy {
        /// The scope of the copy.
        wanted: CopyWanted,
    },
    /// Follows an entity or a partition until it is cancelled, with a cheap consistent reading every few seconds: [`Event::Watching`],
    /// then [`Event::Versions`] of an entity or [`Event::Changed`] of a partition, for what changed since.
    Watch {
        /// The entity or the partition to follow.
        what: Box<Watched>,
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
    /// Finds out what a plan would do, and writes nothing: [`Event::Preview`] for each item, then [`Event::Planned`].
    PreviewPlan {
        /// The plan.
        plan: Box<Plan>,
        /// Keep it for [`Command::Items`] and [`Command::ShowItem`], under the run of its [`PlanSummary`], until another preview is
        /// kept; its items are not told then.
        keep: bool,
    },
    /// Reads a page of the items of a kept preview or of a run, problems first: [`Event::Items`].
    Items {
        /// The preview's or the run's id.
        run: RunId,
        /// Filter for the items.
        filter: ItemFilter,
        /// Place of the first one wanted, from 0.
        from: u64,
        /// Items at most.
        limit: usize,
        /// Look at the outcomes anew; otherwise the places stay as they were for the page before.
        fresh: bool,
    },
    /// Shows one item of a kept preview or of a run with its rows and differences: [`Event::Preview`].
    ShowItem {
        /// The preview's or the run's id.
        run: RunId,
        /// The item's number.
        n: u64,
    },
    /// Reads a page of the keys that several rows want, of a kept preview or of a run that normalises codes:
    /// [`Event::Collisions`], undecided ones first.
    Collisions {
        /// The preview's or the run's id.
        run: RunId,
        /// Filter for the keys.
        filter: CollisionFilter,
        /// Place of the first one wanted, from 0.
        from: u64,
        /// Keys at most.
        limit: usize,
    },
    /// Shows the rows that want one key: [`Event::Collision`].
    ShowCollision {
        /// The preview's or the run's id.
        run: RunId,
        /// Numbers of its items, as in [`CollisionKey`].
        items: Vec<u64>,
    },
    /// Runs a plan: previewed into the run's journal ([`Event::Planned`]), then batch by batch [`Event::ApprovalNeeded`],
    /// [`Event::Item`], [`Event::Batch`], and [`Event::Run`] when its state changes.
    RunPlan {
        /// The plan.
        plan: Box<Plan>,
        /// Nothing is written unless the plan digest is this one.
        expect: Option<String>,
        /// Items with their rows.
        rows: bool,
    },
    /// Resumes a run that ended early: what is left is asked for as in a first run.
    ResumeRun {
        /// The run.
        run: RunId,
        /// Items with their rows.
        rows: bool,
        /// Failed items are taken up again, too.
        retry: bool,
    },
    /// Takes files with signatures for the runs that begin from now on, in place of those before. They are read and checked when a run
    /// begins: [`Event::Signature`] for each.
    TakeSignatures {
        /// The files.
        files: Vec<PathBuf>,
    },
    /// Tells what is to be signed for a plan: [`Event::SignOff`].
    SignOff {
        /// The plan's name.
        plan: String,
        /// Its digest.
        digest: String,
    },
    /// Changes how a run that is under way goes about it.
    Steer {
        /// The run.
        run: RunId,
        /// The change to make.
        steering: Steering,
    },
    /// Writes a run's journal into a file of its own, to be undone elsewhere: [`Event::Log`].
    ExportRun {
        /// The run.
        run: RunId,
        /// The file, which must not exist.
        file: PathBuf,
    },
    /// Puts together what is to be known of a run, from its journal: [`Event::Reported`].
    ReportRun {
        /// The run.
        run: RunId,
    },
    /// Checks that a journal is what was recorded: [`Event::Run`], then [`Event::Checked`].
    CheckRun {
        /// Of what.
        journal: JournalPlace,
    },
    /// Shows the runs of the parts of a plan: [`Event::Run`] for each, then [`Event::Joined`] for each plan.
    JoinRuns {
        /// Where the state directories of the workers are.
        dir: PathBuf,
        /// Only the plan with this digest.
        digest: Option<String>,
    },
    /// Reads back what a run wrote and compares every field: [`Event::Finding`].
    VerifyRun {
        /// The run.
        run: RunId,
    },
    /// Compares what a plan is about with what it should have left, both sides in key order: [`Event::Finding`].
    VerifyPlan {
        /// The plan: a copy or a move.
        plan: Box<Plan>,
        /// Go on where an interrupted comparison of the same plan was; what that one found is told first.
        resume: bool,
    },
    /// Writes the entities of a partition into a file: [`Event::Exported`]. A plan that exports is run with [`Command::RunPlan`].
    Export {
        /// Module.
        module: String,
        /// The partition, and the place of the file.
        wanted: Box<ExportWanted>,
    },
    /// Looks for what is wrong and writes nothing: [`Event::Finding`]. Where it is about a type or a tenant, no rows of others are read.
    /// An armed profile also tries whether it may write.
    Doctor {
        /// In which partitions.
        among: Among,
    },
    /// Reads one page of the users of a Cognito pool: [`Event::Users`].
    Users {
        /// The pool; the profile's when `None`.
        pool: Option<String>,
        /// Where the page before ended, from [`Event::Users`]; `None` for the first.
        after: Option<String>,
    },
    /// Carries a plan and its undo out on a copy of the rows that they are about, and writes nothing else: [`Event::Planned`], then
    /// [`Event::Rehearsal`] again and again.
    Rehearse {
        /// The plan.
        plan: Box<Plan>,
        /// Where the copy is kept meanwhile; in memory when `None`.
        data: Option<PathBuf>,
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
    /// Removes recorded runs that ended and are this old: [`Event::Run`] for each. Those that another run took back, or that take one
    /// back, go together or not at all.
    PruneRuns {
        /// How long ago they ended, at least.
        older: SignedDuration,
        /// Only tell which.
        dry_run: bool,
    },
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

/// Where a journal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalPlace {
    /// In the state directory.
    Run(RunId),
    /// In a file that `runs export` wrote.
    File(PathBuf),
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

/// An event and the request that it answers.
#[derive(Debug, Clone, PartialEq)]
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
    /// Transactions that a run may have in flight now: fewer while it is throttled; 0 while none is under way.
    pub concurrency: usize,
    /// When the credentials in use end, as far as that is known.
    pub session: Option<SessionEnd>,
}
