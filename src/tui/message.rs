//! What `update` takes in and what it wants done.

use std::path::PathBuf;
use std::sync::Arc;

use super::cache::CachedCounts;
use super::keymap::Key;
use super::screens::history::diffs::{DiffKey, DiffView};
use super::screens::history::document::Document;
use super::screens::history::plan_view::ViewedRow;
use crate::domain::key::{EntityKey, PartitionKey, Version};
use crate::domain::plan::Change;
use crate::domain::row::Row;
use crate::engine::protocol::{Command, Counters, DiffResult, EntityRef, Envelope, RequestId};

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Message {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The window has another size.
    Resize,
    /// The engine tells something.
    Engine(Envelope),
    /// The engine has ended.
    EngineGone,
    /// Newer totals.
    Counters(Counters),
    /// The counts that were kept from an earlier session.
    Cached(Option<CachedCounts>),
    /// Something worked out beside the loop.
    Built(Built),
    /// The system has no clipboard for us: the terminal may have one.
    NoClipboard {
        /// The text.
        text: String,
        /// What it is.
        what: String,
    },
    /// A copy to the clipboard ended: how it went, in words.
    Copied(Result<String, String>),
    /// A plan file was read: its text, or why not.
    PlanRead(PathBuf, Result<String, String>),
    /// A plan file was written.
    PlanSaved {
        /// The file.
        file: PathBuf,
        /// What was written.
        text: String,
        /// Why not.
        saved: Result<(), String>,
    },
    /// The editor has ended: the text as it is now, or why there is none.
    PlanEdited(Result<String, String>),
}

/// Something to do outside of the state.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Ask the engine.
    Send(RequestId, Command),
    /// Put a text into the clipboard.
    Copy {
        /// The text.
        text: String,
        /// What it is, for the message afterwards.
        what: String,
    },
    /// Have the terminal put a text into its clipboard.
    CopyThroughTerminal {
        /// The text.
        text: String,
        /// What it is, for the message afterwards.
        what: String,
    },
    /// Read the counts of an earlier session.
    ReadCache,
    /// Keep the counts for the next session.
    WriteCache(CachedCounts),
    /// Work something out beside the loop.
    Build(Job),
    /// Read a plan file.
    ReadPlan(PathBuf),
    /// Write a plan file.
    WritePlan {
        /// The file.
        file: PathBuf,
        /// Its text.
        text: String,
        /// Also over a file that is there already.
        over: bool,
    },
    /// Edit a plan's text in the operator's editor, which takes the terminal meanwhile.
    EditPlan(String),
}

/// Why the engine was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Modules and account.
    Connect,
    /// Counting the tenants.
    Scan,
    /// Which module has a partition.
    Open {
        /// The partition.
        pk: PartitionKey,
        /// The entity wanted in it.
        sk: Option<String>,
    },
    /// A page of the listing with this generation.
    Page {
        /// The listing.
        generation: u64,
        /// The page.
        page: usize,
    },
    /// The versions of the entity with this generation.
    History(u64),
    /// Its rows, for the last changes.
    Rows(u64),
    /// Following an entity or a partition.
    Watch,
    /// Looking for what is wrong.
    Doctor,
    /// A comparison.
    Diff(u64, DiffKey),
    /// The current row of an entity, to copy it.
    CopyRow,
    /// What the plan in the pane would do.
    PreviewPlan,
    /// Something that a screen lacks: it takes the answers itself.
    Screen,
    /// Something of the preview's listing of items.
    Items,
    /// A rollback.
    Rollback(EntityRef, Version),
    /// A plan's run.
    Run,
    /// How many items a run that is gone on with has.
    Left {
        /// The run's request.
        request: RequestId,
        /// Items that had an outcome before.
        behind: u64,
    },
    /// A change to a run that is under way.
    Steer,
    /// An answer to a batch of a plan's run.
    DecideBatch,
    /// An answer to an approval.
    Decide,
    /// Comparing both sides of a plan, or what a run wrote with what is there.
    Verify,
    /// Writing entities into a CSV file.
    ExportRows,
    /// Writing a run's journal into a file.
    Export,
    /// Arming or disarming.
    Arm,
    /// A cancellation.
    Cancel,
}

impl Purpose {
    /// Whether giving it up harms nobody.
    pub(crate) fn only_reads(&self) -> bool {
        !matches!(
            self,
            Self::Rollback(..) | Self::Run | Self::Steer | Self::DecideBatch | Self::Decide | Self::Arm | Self::Cancel
        )
    }

    /// The entity it is about, for the log.
    pub(crate) fn subject(&self) -> Option<&EntityKey> {
        match self {
            Self::Rollback(entity, _) => Some(&entity.key),
            _ => None,
        }
    }
}

/// Work that would hold the screen up.
#[derive(Debug)]
pub(crate) enum Job {
    /// Makes a comparison readable.
    Diff {
        /// The history it belongs to.
        generation: u64,
        /// What was asked.
        key: DiffKey,
        /// The answer.
        result: Box<DiffResult>,
    },
    /// Makes a row what a plan would make of it.
    View {
        /// The history it belongs to.
        generation: u64,
        /// The comparison whose selected row it is.
        key: DiffKey,
        /// The row.
        row: Arc<Row>,
        /// The plan's changes.
        change: Arc<Change>,
        /// The time of the look.
        now: String,
    },
    /// Finds the last change of each attribute.
    LastChanges {
        /// The history it belongs to.
        generation: u64,
        /// Rows in ascending order of versions.
        rows: Vec<(Version, Arc<Row>)>,
    },
}

/// What a [`Job`] came to.
#[derive(Debug)]
pub(crate) enum Built {
    /// A readable comparison.
    Diff(u64, DiffKey, Box<DiffView>),
    /// A row as a plan would make it.
    View(u64, DiffKey, Arc<Change>, Box<ViewedRow>),
    /// The last changes.
    LastChanges(u64, Document),
}

impl Job {
    /// Does the work.
    pub(crate) fn run(self) -> Built {
        match self {
            Self::Diff { generation, key, result } => {
                let view = DiffView::new(&key, *result);
                Built::Diff(generation, key, Box::new(view))
            }
            Self::View { generation, key, row, change, now } => {
                let viewed = ViewedRow::new(&row, &change, &now);
                Built::View(generation, key, change, Box::new(viewed))
            }
            Self::LastChanges { generation, rows } => {
                Built::LastChanges(generation, super::screens::history::document::last_changes(&rows))
            }
        }
    }
}

/// A line at the bottom of the screen, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// It tells of a failure.
    pub(crate) failed: bool,
    /// What it says.
    pub(crate) text: String,
}
