//! Messages that `update` takes in, and effects that it wants done.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{MouseButton, MouseEventKind};
use ratatui::layout::Position;

use super::cache::{CachedCounts, Whose};
use super::keymap::Key;
use super::memory::{Memory, MemoryChange};
use super::reconfigure::{NotSaved, Saved};
use super::screens::history::blame_view::Blame;
use super::screens::history::diffs::{DiffKey, DiffView};
use super::screens::history::made::Made;
use super::screens::history::plan_view::ViewedRow;
use super::screens::profiles::Listed;
use super::screens::profiles::opened::Opening;
use crate::domain::key::Version;
use crate::domain::plan::Change;
use crate::domain::row::Row;
use crate::engine::protocol::{Command, Counters, DiffResult, Envelope, RequestId};
use crate::notify::Note;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Message {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something over a cell.
    Mouse(Mouse, Position),
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
    /// The memory of earlier sessions, of an account.
    Recalled(Option<String>, Memory),
    /// Something worked out beside the loop.
    Built(Built),
    /// The system has no clipboard for us: the terminal may have one.
    NoClipboard {
        /// The text.
        text: String,
        /// Description of the text.
        what: String,
    },
    /// A copy ended: how it went, in words.
    Copied(Result<String, String>),
    /// The terminal was asked to copy something: whether it did is not known.
    SentToTerminal {
        /// Description of the text.
        what: String,
        /// Characters of it.
        characters: usize,
    },
    /// A plan file was read: its text, or why not.
    PlanRead(PathBuf, Result<String, String>),
    /// A plan file was written.
    PlanSaved {
        /// The file.
        file: PathBuf,
        /// Text that was written.
        text: String,
        /// Why not.
        saved: Result<(), String>,
    },
    /// The files of a directory, by the text that was typed for it.
    Files(String, Vec<String>),
    /// The editor has ended: the text as it is now, or why there is none.
    PlanEdited(Result<String, String>),
    /// The profile's command says a line.
    CommandSaid(String),
    /// The profile's command has ended: whether well, in words.
    CommandEnded(Result<(), String>),
    /// Whoever is to be told of runs could not be, in words.
    NotTold(String),
    /// The window has the focus, or another one has.
    Focus(bool),
    /// Time has passed.
    Tick,
    /// The profiles were read.
    Profiles(Result<Listed, String>),
    /// The editor has ended: the configuration file, its text before, and the text as it is now, or why there is none.
    ConfigEdited(PathBuf, Option<String>, Result<String, String>),
    /// The configuration was written, or not.
    ConfigSaved(Result<Box<Saved>, NotSaved>),
}

/// Event of the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mouse {
    /// Its left button went down.
    Pressed,
    /// Its wheel was turned away from the operator.
    WheelUp,
    /// Its wheel was turned towards the operator.
    WheelDown,
}

impl Mouse {
    /// Direction of the wheel, if it was turned: -1 away from the operator, 1 towards the operator.
    pub(crate) fn notch(self) -> Option<isize> {
        match self {
            Self::Pressed => None,
            Self::WheelUp => Some(-1),
            Self::WheelDown => Some(1),
        }
    }

    /// Mouse event for one of the terminal, where that means something to us.
    pub(crate) fn of(kind: MouseEventKind) -> Option<Self> {
        match kind {
            MouseEventKind::Down(MouseButton::Left) => Some(Self::Pressed),
            MouseEventKind::ScrollUp => Some(Self::WheelUp),
            MouseEventKind::ScrollDown => Some(Self::WheelDown),
            _ => None,
        }
    }
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
        /// Description of the text, for the message afterwards.
        what: String,
    },
    /// Have the terminal put a text into its clipboard.
    CopyThroughTerminal {
        /// The text.
        text: String,
        /// Description of the text, for the message afterwards.
        what: String,
    },
    /// Write a text that was copied into a file of its own.
    WriteCopy {
        /// The text.
        text: String,
        /// Description of the text, for the file's name and for the message afterwards.
        what: String,
    },
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Read the counts of an earlier session, where they are of the same tables.
    ReadCache(Whose),
    /// Keep the counts for the next session.
    WriteCache(Whose, CachedCounts),
    /// Read what earlier sessions remembered of an account.
    ReadMemory(Option<String>),
    /// Remember something of an account for later sessions.
    Remember(Option<String>, MemoryChange),
    /// Work something out beside the loop.
    Build(Work),
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
    /// List the files of a directory.
    ListFiles {
        /// The directory.
        dir: PathBuf,
        /// Text that was typed for it.
        lead: String,
    },
    /// Write a report into a file, which must not be there.
    WriteReport {
        /// The file.
        file: PathBuf,
        /// Its text.
        text: String,
    },
    /// Edit a plan's text in the operator's editor, which takes the terminal meanwhile.
    EditPlan(String),
    /// Stop the program as a job of the shell.
    Suspend,
    /// Run a command line without a shell, and tell what it says.
    RunCommand(String),
    /// End the command that is at work.
    StopCommand,
    /// Tell the program that the configuration names.
    Notify(Vec<String>, Note),
    /// Read the profiles of a configuration file.
    ReadProfiles(PathBuf),
    /// Note that the profile was opened.
    NoteOpening(Opening),
    /// Open another profile in this window.
    OpenProfile(String),
    /// Edit a configuration file, or a text for it, in the operator's editor, which takes the terminal meanwhile.
    EditConfig(PathBuf, Option<String>),
    /// Check a text and write it in place of a configuration file's text.
    SaveConfig(PathBuf, Option<String>, String),
    /// Call the operator, who looks at another window, with these words; without any, that is over.
    Call(Option<String>),
}

/// Work that would hold the screen up.
#[derive(Debug)]
pub(crate) enum Work {
    /// Makes a comparison readable.
    Diff {
        /// The history it belongs to.
        generation: u64,
        /// Comparison that was asked for.
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
        rows: Vec<(Version, (Made, Arc<Row>))>,
    },
}

/// Result of some [`Work`].
#[derive(Debug)]
pub(crate) enum Built {
    /// A readable comparison.
    Diff(u64, DiffKey, Box<DiffView>),
    /// A row as a plan would make it.
    View(u64, DiffKey, Arc<Change>, Box<ViewedRow>),
    /// The last changes.
    LastChanges(u64, Blame),
}

impl Work {
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
            Self::LastChanges { generation, rows } => Built::LastChanges(generation, Blame::of(&rows)),
        }
    }
}

/// A line at the bottom of the screen, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// It tells of a failure.
    pub(crate) failed: bool,
    /// Its text.
    pub(crate) text: String,
}
