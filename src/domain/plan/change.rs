//! Changes of attributes, and the checks of entities before anything is written.

use serde::{Deserialize, Serialize};

use crate::domain::path::Path;
use crate::domain::transform::{Op, Schema, Transform};

/// A step from one schema version to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainStep {
    /// The version that it begins at.
    pub from: i64,
    /// The version that it ends at.
    pub to: i64,
    /// Operations, one after another.
    pub transforms: Vec<Transform>,
}

/// How attributes are changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Change {
    /// Operations, one after another.
    pub transforms: Vec<Transform>,
    /// The schema version that entities are brought to, in place.
    pub schema: Option<Schema>,
    /// The way there.
    pub chain: Vec<ChainStep>,
    /// Checks before anything is written.
    pub validate: Validate,
}

impl Change {
    /// Every operation, those of the chain included.
    pub fn all_transforms(&self) -> impl Iterator<Item = &Transform> + Clone {
        self.transforms.iter().chain(self.chain.iter().flat_map(|step| &step.transforms))
    }

    /// Whether a jq filter is among the operations.
    #[must_use]
    pub fn has_filters(&self) -> bool {
        self.all_transforms().any(|transform| matches!(transform.op, Op::Jq(_)))
    }
}

/// A JSON Schema for the attributes of an entity type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaFile {
    /// The type; every one when `None`.
    pub entity_type: Option<String>,
    /// The file, as the plan names it.
    pub file: String,
    /// Its text.
    pub document: String,
}

/// How a value names another entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum By {
    /// By its `id`.
    #[default]
    Id,
    /// By its `code`.
    Code,
    /// By its sort key.
    Sk,
}

/// A value that names another entity of the same tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Where it stands in the attributes.
    pub field: Path,
    /// The other's entity type.
    pub entity_type: String,
    /// The other's module; told by the type when `None`.
    pub module: Option<String>,
    /// How it is named.
    pub by: By,
    /// One of the common tenant will do.
    pub allow_common: bool,
}

/// Effect of an invalid item on the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnInvalid {
    /// It is left out.
    #[default]
    Skip,
    /// The plan does not run.
    Stop,
}

/// Checks of entities as they would be written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Validate {
    /// Schemas of their attributes.
    pub schemas: Vec<SchemaFile>,
    /// Values that name others.
    pub references: Vec<Reference>,
    /// Effect of an invalid entity on the plan.
    pub on_invalid: OnInvalid,
}

impl Validate {
    /// Whether nothing is checked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.schemas.is_empty() && self.references.is_empty()
    }
}
