//! Normalising of tenant codes.

use serde::{Deserialize, Serialize};

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
