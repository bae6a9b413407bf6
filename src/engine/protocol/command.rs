//! Commands to the engine.

use std::path::PathBuf;

use jiff::SignedDuration;

use super::{
    ActivityWanted, Among, CollisionFilter, CopyWanted, Cursor, Decision, EntityRef, ExportWanted, ItemFilter, Listing,
    RequestId, Side, Steering, Wanted, Watched,
};
#[cfg(doc)]
use super::{CollisionKey, Event, PlanSummary};
use crate::domain::key::PartitionKey;
use crate::domain::plan::Plan;
use crate::domain::run::RunId;
use crate::domain::s3_prefix::S3Prefix;
use crate::domain::secret::OneTimeCode;

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
        /// The page with this item instead, where it is listed.
        near: Option<u64>,
        /// Items at most; pages are whole ones of so many.
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
        /// The page with the key of this item instead, where it is listed.
        near: Option<u64>,
        /// Keys at most; pages are whole ones of so many.
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
    /// Keeps the journals of parts of plans that run from now on in S3 as well, and takes up those that are there.
    KeepJournals {
        /// Below which key.
        at: S3Prefix,
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
        /// Where the workers keep them.
        at: PartsAt,
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

/// Where the journals of the parts of a plan are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartsAt {
    /// In state directories below a directory, at any depth.
    Dir(PathBuf),
    /// In S3.
    S3(S3Prefix),
}

/// Where a journal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalPlace {
    /// In the state directory.
    Run(RunId),
    /// In a file that `runs export` wrote.
    File(PathBuf),
}
