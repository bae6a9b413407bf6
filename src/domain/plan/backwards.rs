//! Rollback of entities, and undo of runs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Plan;
use crate::domain::key::Version;
use crate::domain::run::RunId;

/// How far back entities go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RollTo {
    /// To this version.
    Version(Version),
    /// To what was current at this moment.
    Time(Timestamp),
    /// To before what a run wrote: its id, a `_migrationId`, or what command rows name as their source.
    BeforeRun(String),
    /// To before the version that says `_migratedAt` (`_deletedAt`, or `metadata.migratedAt` of its command row).
    BeforeMigratedAt(String),
    /// To before the first version whose command row was published between two moments, both included.
    Window {
        /// The first moment.
        from: Timestamp,
        /// The last one.
        to: Timestamp,
    },
    /// To a moment that is said as people say it; it becomes a time before anything else is done.
    Said(Said),
}

/// Moments of a plan as people say them: what they mean depends on when and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// For [`RollTo::Time`].
    Time(String),
    /// For [`RollTo::BeforeMigratedAt`].
    BeforeMigratedAt(String),
    /// For [`RollTo::Window`]: the first and the last moment.
    Window(String, String),
}

/// How entities are rolled back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// How far.
    pub to: RollTo,
    /// Treatment of entities that others changed above it.
    pub conflicts: Conflicts,
    /// In a window only versions that bring the marks of a migration.
    pub only_marked: bool,
    /// In a window only versions published by one of these; by anyone where it is empty.
    #[serde(default)]
    pub by: Vec<String>,
    /// In a window only versions of one of these requests.
    #[serde(default)]
    pub request: Vec<String>,
    /// In a window only versions that name one of these as their source.
    #[serde(default)]
    pub source: Vec<String>,
    /// The version that the entity was seen at: another one is a conflict. No plan file says so; see [`Plan::rollback_of`].
    #[serde(default)]
    pub expect: Option<Version>,
}

impl Rollback {
    /// As far back as this, with everything else at its default.
    #[must_use]
    pub fn to(to: RollTo) -> Self {
        Self {
            to,
            conflicts: Conflicts::default(),
            only_marked: false,
            by: Vec::new(),
            request: Vec::new(),
            source: Vec::new(),
            expect: None,
        }
    }
}

/// Run that is taken back, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The run.
    pub run: RunId,
    /// Treatment of entities that were changed since the run.
    pub conflicts: Conflicts,
    /// Where what it wrote is found.
    pub from: UndoFrom,
    /// Numbers of the run's items that alone are taken back; all without any.
    pub items: Vec<u64>,
}

impl Undo {
    /// True where an item is taken back although the tables do not prove what its journal says: it is named, and forced.
    #[must_use]
    pub fn is_forced(&self, n: u64) -> bool {
        self.conflicts == Conflicts::Force && self.items.contains(&n)
    }

    /// True where the undo is about an item.
    #[must_use]
    pub fn is_about(&self, n: u64) -> bool {
        self.items.is_empty() || self.items.contains(&n)
    }
}

/// Treatment, by an undo, of entities that were changed since the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Conflicts {
    /// They are left alone.
    #[default]
    Skip,
    /// They are taken back all the same.
    Force,
}

/// Where an undo finds what a run wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum UndoFrom {
    /// The run's own journal.
    #[default]
    Journal,
    /// An exported journal: the file.
    File(String),
    /// The command and history rows of one partition.
    Partition {
        /// Its partition key.
        pk: String,
        /// The module; told by the key when `None`.
        module: Option<String>,
    },
    /// The command and history rows of a whole module.
    Module(String),
}
