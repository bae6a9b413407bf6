//! The work of a plan, with the settings of each operation.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{NamedEntity, Normalize, PlanPart, Rollback, Source, Target, Undo};
use crate::domain::csv::Place;
use crate::domain::csv::encoding::Format;
use crate::domain::run::Operation;
use crate::domain::users::CodeChange;

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
    /// The same for these entities alone. No plan file says so; see [`Plan::repair_of`](super::Plan::repair_of).
    RepairOf(Vec<NamedEntity>),
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
            Self::Repair | Self::RepairOf(_) => Operation::Repair,
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
            Self::Normalize { .. }
            | Self::Export { .. }
            | Self::Users { .. }
            | Self::Undo(_)
            | Self::Repair
            | Self::RepairOf(_) => None,
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
            Self::Users { .. } | Self::Undo(_) | Self::Repair | Self::RepairOf(_) => None,
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
            Self::Users { .. } | Self::Undo(_) | Self::Repair | Self::RepairOf(_) => None,
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
            Self::RepairOf(entities) if entities.len() == 1 => ("1 entity".to_owned(), String::new()),
            Self::RepairOf(entities) => (format!("{} entities", entities.len()), String::new()),
            Self::Normalize { source, .. } if !source.entities.is_empty() => (entities(source), String::new()),
            Self::Normalize { source, how } => {
                let kind = source.entity_type.clone().unwrap_or_default();
                match how.tenants.as_deref().unwrap_or_default() {
                    [] => (kind, String::new()),
                    codes if kind.is_empty() => (codes.join(", "), respelled(codes)),
                    codes => (format!("{kind} of {}", codes.join(", ")), respelled(codes)),
                }
            }
            Self::Repair => (String::new(), String::new()),
        }
    }
}

/// The code that several spellings of it become; empty for those of several codes.
fn respelled(codes: &[String]) -> String {
    let all: BTreeSet<String> = codes.iter().map(|code| code.to_lowercase()).collect();
    if all.len() == 1 { all.into_iter().collect() } else { String::new() }
}
