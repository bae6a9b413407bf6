//! Findings of a look at the tables, as events carry them.

use serde::{Deserialize, Serialize};

use super::EntityRef;
use crate::domain::diff::Change;
use crate::domain::finding::FindingKind;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something is wrong.
    Error,
    /// Worth a look.
    Warning,
    /// Good to know.
    Note,
}

/// Something found by looking at the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The contract's word.
    pub kind: FindingKind,
    /// How bad.
    pub severity: Severity,
    /// The entity.
    pub entity: EntityRef,
    /// The field, as in a diff.
    pub path: Option<String>,
    /// In words.
    pub message: String,
    /// The expected and the actual value, where they were compared.
    pub change: Option<Box<Change>>,
    /// True where the program can mend it.
    pub repairable: bool,
}

impl Finding {
    /// One about an entity as a whole, which the program cannot mend.
    #[must_use]
    pub fn new(kind: FindingKind, severity: Severity, entity: EntityRef, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, severity, entity, path: None, message, change: None, repairable: false }
    }

    /// About this place in it.
    #[must_use]
    pub fn at(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }
}
