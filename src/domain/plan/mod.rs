//! Contents of a plan file: which entities, where to, and how the run goes about it.
//!
//! A plan holds intentions only; what becomes of them is found out by a preview.

mod backwards;
mod change;
mod normalize;
mod part;
mod settings;
mod single;
mod source;
mod work;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::publish::PublishMode;

pub use backwards::{Conflicts, RollTo, Rollback, Said, Undo, UndoFrom};
pub use change::{By, ChainStep, Change, OnInvalid, Reference, SchemaFile, Validate};
pub use normalize::{Collision, Decided, Normalize};
pub use part::{NoPart, PlanPart};
pub use settings::{Engine, RunSettings, StopAfter, Verify};
pub use source::{DeletedSources, Existing, Modules, NamedEntity, Partitions, Source, Target};
pub use work::Work;

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

/// Source of a plan that is of no one place, and of every module.
pub const EVERY_MODULE: &str = "every module";

impl Plan {
    /// Where it takes from and where it writes to, in a few words each: its modules, where it is of no one place in them.
    #[must_use]
    pub fn ends(&self) -> (String, String) {
        let (source, target) = self.work.ends();
        let is_of_modules = matches!(self.work, Work::Normalize { .. } | Work::Repair) && source.is_empty();
        match &self.modules {
            Modules::Named(names) if is_of_modules => (names.join(", "), target),
            Modules::All if is_of_modules => (EVERY_MODULE.to_owned(), target),
            _ => (source, target),
        }
    }

    /// The plan of an undo that no file describes.
    #[must_use]
    pub fn undo(undo: Undo) -> Self {
        Self {
            name: format!("undo of {}", undo.run),
            profile: None,
            reason: String::new(),
            modules: Modules::ByType,
            work: Work::Undo(undo),
            change: Change::default(),
            run: RunSettings::default(),
        }
    }

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

    /// The plan that finishes these entities alone, where they are wedged.
    #[must_use]
    pub fn repair_of(entities: Vec<NamedEntity>) -> Self {
        let name = match entities.as_slice() {
            [one] => format!("repair {} {}", one.pk, one.sk),
            several => format!("repair {} entities", several.len()),
        };
        let modules: BTreeSet<String> = entities.iter().filter_map(|one| one.module.clone()).collect();
        let modules = Modules::Named(modules.into_iter().collect());
        Self { name, modules, work: Work::RepairOf(entities), ..Self::repair(None) }
    }
}
