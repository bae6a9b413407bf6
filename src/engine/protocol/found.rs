//! Data that the command and the events of a text search carry.

use super::{DeletedFilter, EntitySummary};
use crate::domain::find::{Matched, Place};
use crate::domain::key::PartitionKey;

/// Filter for the partitions of a command: everything where nothing is named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Among {
    /// Only this module.
    pub module: Option<String>,
    /// Only keys with this first segment.
    pub entity_type: Option<String>,
    /// Only this tenant's.
    pub tenant: Option<String>,
}

impl Among {
    /// True where only some partitions of the modules are in scope: how much of a table they are is not known before it is read.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        self.entity_type.is_some() || self.tenant.is_some()
    }
}

/// The place that is open on screen: a search looks there before all else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Near {
    /// A partition and its module.
    pub partition: Option<(String, PartitionKey)>,
    /// A tenant.
    pub tenant: Option<String>,
}

/// Parameters of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The text.
    pub text: String,
    /// Where in a row; [`Place::DEFAULT`] where it is empty.
    pub places: Vec<Place>,
    /// Only where it is the whole text.
    pub exact: bool,
    /// In which partitions.
    pub among: Among,
    /// Filter for soft-deleted entities.
    pub deleted: DeletedFilter,
    /// Entities at most.
    pub limit: Option<u64>,
    /// Read units at most.
    pub max_units: Option<u32>,
    /// Where to begin.
    pub near: Near,
}

/// An entity that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntity {
    /// The entity.
    pub entity: EntitySummary,
    /// Where the text stands in it.
    pub matched: Vec<Matched>,
}

/// Why a search ended before everything was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchEnd {
    /// As many were found as were asked for.
    Limit,
    /// As many units were used as were allowed.
    Units,
}

/// How far a search is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Searched {
    /// Rows looked at.
    pub rows: u64,
    /// Of them command rows, which tell of entities that have no data row.
    pub commands: u64,
    /// Rows whose attributes were asked for and stand in S3, where nobody looked.
    pub in_s3: u64,
    /// Entities found.
    pub found: u64,
    /// Read units used since it began.
    pub units: f64,
    /// Read units of all of the modules in scope, and of what is read twice, as far as that is known; `None` where a size is not.
    pub most: Option<f64>,
    /// Why it ended early.
    pub ended: Option<SearchEnd>,
    /// Places that were asked for and that no row which was looked at has; told at the end.
    pub absent: Vec<Place>,
}
