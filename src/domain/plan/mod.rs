//! Contents of a plan file: which entities, where to, and how the run goes about it.
//!
//! A plan holds intentions only; what becomes of them is found out by a preview.

mod change;
mod part;
mod single;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::csv::Place;
use super::csv::encoding::Format;
use super::key::{PartitionKey, Version};
use super::publish::PublishMode;
use super::run::{Operation, RunId};
use super::tenant::Spelling;
use super::users::CodeChange;

pub use part::{NoPart, PlanPart};

pub use change::{By, ChainStep, Change, OnInvalid, Reference, SchemaFile, Validate};

/// Modules that a plan covers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Modules {
    /// The one that the entity type tells: its name in lower case with `_` as `-`.
    #[default]
    ByType,
    /// These, as named.
    Named(Vec<String>),
    /// Every module of the application.
    All,
}

/// Treatment of soft-deleted sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeletedSources {
    /// They are left alone.
    #[default]
    Skip,
    /// They are written as deleted ones.
    Keep,
}

/// Partitions of a type and a tenant that a plan looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Partitions {
    /// Also those whose key has more segments than type and tenant: found by reading the keys of the module's whole table.
    #[default]
    All,
    /// The one that is spelled `TYPE#tenant`, without reading anything else.
    Exact,
}

/// An entity that a plan names by its whole key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamedEntity {
    /// Its module; the key tells it when `None`.
    pub module: Option<String>,
    /// Its partition key.
    pub pk: PartitionKey,
    /// Its sort key.
    pub sk: String,
}

/// Entities that a plan takes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Source {
    /// First segment of the partition key; `None` for every type.
    pub entity_type: Option<String>,
    /// Tenant code.
    pub tenant: String,
    /// Only sort keys that begin so; empty for all.
    pub sk_prefix: String,
    /// Only these sort keys; empty for all.
    pub keys: Vec<String>,
    /// Only these entities, of any partitions; empty where type, tenant and keys say it.
    #[serde(default)]
    pub entities: Vec<NamedEntity>,
    /// Treatment of soft-deleted entities.
    pub deleted: DeletedSources,
    /// Partitions that are looked for.
    pub partitions: Partitions,
    /// This partition alone, however its key is built: no other is looked for. No plan file says so; see [`Plan::rollback_of`].
    #[serde(default)]
    pub pk: Option<PartitionKey>,
    /// The directory of a snapshot that entities are read from; from the tables when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Only the entities of this part; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PlanPart>,
    /// Nothing is to be known of the other parts' entities: another run has them already. No plan file says so.
    #[serde(skip)]
    pub is_alone: bool,
}

impl Source {
    /// True for an entity of another part, of which nothing is to be known.
    #[must_use]
    pub fn is_of_another(&self, pk: &str, sk: &str) -> bool {
        self.is_alone && self.part.is_some_and(|part| !part.takes(pk, sk))
    }

    /// The sort keys that it names in a partition, in their order; `None` where it takes every one.
    #[must_use]
    pub fn named_in(&self, module: &str, pk: &PartitionKey) -> Option<BTreeSet<&str>> {
        let begins = |sk: &&str| sk.starts_with(&self.sk_prefix);
        if !self.entities.is_empty() {
            let is_there = |one: &&NamedEntity| one.pk == *pk && one.module.as_deref().is_none_or(|own| own == module);
            return Some(self.entities.iter().filter(is_there).map(|one| one.sk.as_str()).filter(begins).collect());
        }
        let is_named = !self.keys.is_empty();
        is_named.then(|| self.keys.iter().map(String::as_str).filter(begins).collect())
    }
}

/// Treatment of live targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Existing {
    /// They stay as they are.
    #[default]
    Skip,
    /// The source replaces them.
    Overwrite,
    /// The source's attributes are merged into theirs.
    Merge,
    /// One of them is enough for the plan not to run.
    Stop,
}

/// Where a plan writes to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Target {
    /// Tenant code.
    pub tenant: String,
    /// Treatment of live targets.
    pub existing: Existing,
    /// How its code may be spelled.
    #[serde(default)]
    pub spelling: Spelling,
}

/// How many failed items end a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopAfter {
    /// This many.
    Count(u64),
    /// This share of those attempted, in hundredths of a percent, once [`StopAfter::RATIO_FROM`] were.
    Ratio(u32),
}

impl StopAfter {
    /// Attempts before a ratio counts.
    pub const RATIO_FROM: u64 = 20;

    /// Whether a run with so many failed of so many attempted items ends.
    #[must_use]
    pub fn is_reached(self, failed: u64, attempted: u64) -> bool {
        match self {
            Self::Count(limit) => failed > 0 && failed >= limit,
            Self::Ratio(hundredths) => {
                failed > 0 && attempted >= Self::RATIO_FROM && failed * 10_000 >= attempted * u64::from(hundredths)
            }
        }
    }
}

/// When what was written is read back and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Verify {
    /// Not by itself.
    #[default]
    None,
    /// After each batch.
    Batch,
    /// Once, at the end.
    End,
}

/// Program that does the writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Engine {
    /// This program.
    #[default]
    Direct,
    /// The framework's own distributed import.
    Pipeline,
}

/// How a run goes about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSettings {
    /// Items of a batch.
    pub batch: usize,
    /// Items of the first batch.
    pub canary: usize,
    /// Transactions in flight at most.
    pub concurrency: usize,
    /// Items per second at most; 0 for as fast as the table allows.
    pub rate: u32,
    /// The share of what a partition takes to use, in ten thousandths; all of it when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polite: Option<u16>,
    /// How many failed items end the run.
    pub stop_after_failures: StopAfter,
    /// How it publishes; the profile's way when `None`.
    pub publish: Option<PublishMode>,
    /// Whether the guide's marks are left in attributes.
    pub stamp: bool,
    /// How long the application's pipeline may take for an entity.
    pub timeout: Duration,
    /// Entities that may wait for the pipeline at once.
    pub pending: usize,
    /// When what was written is read back.
    pub verify: Verify,
    /// Program that does the writing.
    pub engine: Engine,
    /// The operator's own word for the run; empty for none.
    #[serde(default)]
    pub label: String,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            batch: 100,
            canary: 5,
            concurrency: 32,
            rate: 0,
            polite: None,
            stop_after_failures: StopAfter::Ratio(500),
            publish: None,
            stamp: true,
            timeout: Duration::from_secs(300),
            pending: 50,
            verify: Verify::None,
            engine: Engine::Direct,
            label: String::new(),
        }
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

/// Treatment of rows of several spellings that want one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Collision {
    /// None of them is written: each is a conflict, to be decided.
    #[default]
    Block,
    /// The row whose code is spelled in lower case stays; where there is none, they are conflicts.
    Target,
    /// The one that was changed last stays.
    Newest,
    /// They are merged in the order of their last change, later ones win.
    Merge,
}

/// The operator's decision about one key that several rows want.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Partition key with the code in lower case.
    pub pk: String,
    /// Sort key.
    pub sk: String,
    /// Partition keys of the rows that the result is made from, in their order: later ones win. A single one is kept as it is.
    pub from: Vec<String>,
}

/// How tenant codes are normalised.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Normalize {
    /// The codes as they are spelled; `None` for each that is not lower-case.
    pub tenants: Option<Vec<String>>,
    /// Treatment of rows that want one key.
    pub collision: Collision,
    /// Keys inside attributes that contain a code are respelled too.
    pub rewrite_references: bool,
    /// Counters of sequences move too.
    pub sequences: bool,
    /// Decisions, key by key.
    pub decided: Vec<Decided>,
}

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
    /// Whether an item is taken back although the tables do not prove what its journal says: it is named, and forced.
    #[must_use]
    pub fn is_forced(&self, n: u64) -> bool {
        self.conflicts == Conflicts::Force && self.items.contains(&n)
    }

    /// Whether it is about an item.
    #[must_use]
    pub fn is_about(&self, n: u64) -> bool {
        self.items.is_empty() || self.items.contains(&n)
    }
}

/// Work of a plan, with the settings of each operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Copies entities to another tenant.
    Copy {
        /// Entities to copy.
        source: Source,
        /// Where to.
        target: Target,
    },
    /// Copies entities to another tenant and soft-deletes them where they were.
    Move {
        /// Entities to move.
        source: Source,
        /// Where to.
        target: Target,
    },
    /// Spells tenant codes in lower case.
    Normalize {
        /// Entities to normalise; the tenant of this source is empty.
        source: Source,
        /// How.
        how: Normalize,
    },
    /// Changes attributes in place.
    Transform {
        /// Entities to change.
        source: Source,
    },
    /// Writes what a CSV file holds.
    Import {
        /// Entities of the file to write: by where they came from; an empty tenant for any.
        source: Source,
        /// Where to; an empty tenant for the one that each row names.
        target: Target,
        /// The file; `None` where the plan leaves it to the command line.
        file: Option<Place>,
        /// Where rows go that cannot be read or written, to be mended and fed again.
        rejects: Option<String>,
        /// The name under which the application registered its import; the module's when `None`. For its own import alone.
        table: Option<String>,
        /// How the file is to be read.
        #[serde(default)]
        format: Format,
    },
    /// Writes entities into a CSV file.
    Export {
        /// Entities to export.
        source: Source,
        /// The tenant that the file is for.
        tenant: String,
        /// Where to; `None` where the plan leaves it to the command line.
        to: Option<Place>,
        /// With the columns that lose nothing.
        lossless: bool,
    },
    /// Changes tenant codes of Cognito users.
    Users {
        /// The pool; the profile's when `None`.
        pool: Option<String>,
        /// Change of a code.
        change: CodeChange,
        /// The attributes that are looked at.
        attributes: Vec<String>,
    },
    /// Takes entities back to an earlier state.
    Rollback {
        /// Entities to take back.
        source: Source,
        /// How.
        how: Rollback,
    },
    /// Takes a run back.
    Undo(Undo),
    /// Finishes the commands of wedged entities.
    Repair,
}

impl Work {
    /// The contract's word for it.
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self {
            Self::Copy { .. } => Operation::Copy,
            Self::Move { .. } => Operation::Move,
            Self::Normalize { .. } => Operation::Normalize,
            Self::Transform { .. } => Operation::Transform,
            Self::Import { .. } => Operation::Import,
            Self::Export { .. } => Operation::Export,
            Self::Users { .. } => Operation::Users,
            Self::Rollback { .. } => Operation::Rollback,
            Self::Undo(_) => Operation::Undo,
            Self::Repair => Operation::Repair,
        }
    }

    /// The tenant that is written to, where the plan names one.
    #[must_use]
    pub fn target_tenant(&self) -> Option<&str> {
        match self {
            Self::Copy { target, .. } | Self::Move { target, .. } => Some(&target.tenant),
            Self::Transform { source } | Self::Rollback { source, .. } => {
                Some(&*source.tenant).filter(|code| !code.is_empty())
            }
            Self::Import { target, .. } => Some(&*target.tenant).filter(|code| !code.is_empty()),
            Self::Normalize { .. } | Self::Export { .. } | Self::Users { .. } | Self::Undo(_) | Self::Repair => None,
        }
    }

    /// The entities of work that takes those of a tenant; `None` for other work.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        match self {
            Self::Copy { source, .. }
            | Self::Move { source, .. }
            | Self::Normalize { source, .. }
            | Self::Transform { source }
            | Self::Import { source, .. }
            | Self::Export { source, .. }
            | Self::Rollback { source, .. } => Some(source),
            Self::Users { .. } | Self::Undo(_) | Self::Repair => None,
        }
    }

    /// The same, to be narrowed.
    pub fn source_mut(&mut self) -> Option<&mut Source> {
        match self {
            Self::Copy { source, .. }
            | Self::Move { source, .. }
            | Self::Normalize { source, .. }
            | Self::Transform { source }
            | Self::Import { source, .. }
            | Self::Export { source, .. }
            | Self::Rollback { source, .. } => Some(source),
            Self::Users { .. } | Self::Undo(_) | Self::Repair => None,
        }
    }

    /// The part of its entities that it is about; `None` for all.
    #[must_use]
    pub fn part(&self) -> Option<PlanPart> {
        self.source().and_then(|source| source.part)
    }

    /// Where it takes from and where it writes to, in a few words each; empty where that is not of one place.
    #[must_use]
    pub fn ends(&self) -> (String, String) {
        let entities = |source: &Source| {
            let part = source.part.map(|part| format!(", part {part}")).unwrap_or_default();
            let from =
                source.snapshot.as_ref().map(|dir| format!(" in the snapshot {dir}")).unwrap_or_default() + &part;
            match &source.entity_type {
                _ if source.entities.len() == 1 => format!("1 entity{from}"),
                _ if !source.entities.is_empty() => format!("{} entities{from}", source.entities.len()),
                Some(entity_type) => format!("{entity_type} of {}{from}", source.tenant),
                None => format!("{}{from}", source.tenant),
            }
        };
        let place = |place: &Option<Place>| place.as_ref().map(Place::to_string).unwrap_or_default();
        match self {
            Self::Copy { source, target } | Self::Move { source, target } => (entities(source), target.tenant.clone()),
            Self::Transform { source } | Self::Rollback { source, .. } => (entities(source), String::new()),
            Self::Import { file, target, .. } => (place(file), target.tenant.clone()),
            Self::Export { source, to, .. } => (entities(source), place(to)),
            Self::Users { pool, .. } => (pool.clone().unwrap_or_default(), String::new()),
            Self::Undo(undo) => (undo.run.to_string(), String::new()),
            Self::Normalize { .. } | Self::Repair => (String::new(), String::new()),
        }
    }
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// The profile it is for; any when `None`.
    pub profile: Option<String>,
    /// Ticket or why.
    pub reason: String,
    /// Modules that the plan covers.
    pub modules: Modules,
    /// Work that the plan does.
    pub work: Work,
    /// Changes of attributes on the way.
    #[serde(default)]
    pub change: Change,
    /// How a run goes about it.
    pub run: RunSettings,
}

impl Plan {
    /// The plan that finishes wedged entities: of one module, or of all.
    #[must_use]
    pub fn repair(module: Option<String>) -> Self {
        Self {
            name: module.as_ref().map_or_else(|| "repair".to_owned(), |module| format!("repair {module}")),
            profile: None,
            reason: String::new(),
            modules: module.map_or(Modules::All, |module| Modules::Named(vec![module])),
            work: Work::Repair,
            change: Change::default(),
            // Nothing is inserted that a pipeline would take up: the rows are written directly, whatever the profile's way is.
            run: RunSettings { publish: Some(PublishMode::Sync), ..RunSettings::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_were_recorded_before_labels_have_none() {
        let mut recorded = serde_json::to_value(RunSettings { label: "old".to_owned(), ..Default::default() }).unwrap();
        assert_eq!(recorded.as_object_mut().unwrap().remove("label"), Some("old".into()));
        assert_eq!(serde_json::from_value::<RunSettings>(recorded).unwrap(), RunSettings::default());
    }

    #[test]
    fn keys_are_named_by_partition_and_module() {
        let named = |module: Option<&str>, pk: &str, sk: &str| NamedEntity {
            module: module.map(str::to_owned),
            pk: PartitionKey::new(pk),
            sk: sk.to_owned(),
        };
        let entities =
            vec![named(None, "A#acme", "2"), named(Some("m"), "A#acme", "1"), named(Some("other"), "A#acme", "3")];
        let source = Source { entities, ..Source::default() };
        let of = |source: &Source, pk: &str| {
            source
                .named_in("m", &PartitionKey::new(pk))
                .map(|sks| sks.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(of(&source, "A#acme"), Some(vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(of(&source, "B#acme"), Some(vec![]));
        let keys =
            Source { keys: vec!["b".into(), "a".into(), "x".into()], sk_prefix: String::new(), ..Source::default() };
        assert_eq!(of(&keys, "B#acme").map(|sks| sks.len()), Some(3));
        assert_eq!(of(&Source::default(), "A#acme"), None);
        // A plan that was recorded before it could name any.
        let mut recorded = serde_json::to_value(&keys).unwrap();
        assert!(recorded.as_object_mut().unwrap().remove("entities").is_some());
        assert_eq!(serde_json::from_value::<Source>(recorded).unwrap(), keys);
    }

    #[test]
    fn a_ratio_counts_from_twenty_attempts_and_a_count_at_once() {
        let ratio = StopAfter::Ratio(500);
        assert!(!ratio.is_reached(19, 19));
        assert!(ratio.is_reached(1, 20));
        assert!(!ratio.is_reached(1, 21));
        assert!(!ratio.is_reached(0, 1_000));
        assert!(StopAfter::Count(2).is_reached(2, 2) && !StopAfter::Count(2).is_reached(1, 1));
        assert!(StopAfter::Count(0).is_reached(1, 1) && !StopAfter::Count(0).is_reached(0, 9));
    }
}
