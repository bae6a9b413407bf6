//! Data that events about key collisions carry: keys that several rows want.

use std::sync::Arc;

use super::EntityRef;
use crate::domain::item::Changed;
use crate::domain::key::{PartitionKey, Version};
use crate::domain::normalize::Difference;
use crate::domain::row::Row;

/// Filter for key collisions: keys that several rows want.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CollisionFilter {
    /// Only those that were not decided when the plan was previewed.
    pub open: bool,
    /// Of them only those with this text in the key, or in that of a row that wants it.
    pub text: String,
}

/// A key that several rows want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollisionKey {
    /// The key, with the code in lower case.
    pub target: EntityRef,
    /// Numbers of the preview's items about it: one for each row of another spelling.
    pub items: Vec<u64>,
    /// It was not decided when the plan was previewed.
    pub open: bool,
}

/// A key that several rows want, with the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The key, with the code in lower case.
    pub target: EntityRef,
    /// The rows that want it: the one that has it already comes first, the others follow by partition key.
    pub rows: Vec<CollisionRow>,
    /// Where the rows differ; values in the order of `rows`.
    pub differences: Vec<Difference>,
    /// The preview's message about it.
    pub message: Option<String>,
    /// A decision decides it: every row that wants the key could be read.
    pub decidable: bool,
}

/// One of the rows that want a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollisionRow {
    /// Its own partition key; its sort key is the target's.
    pub pk: PartitionKey,
    /// Its version.
    pub version: Version,
    /// Author and time of its last change; `None` where nothing shows them.
    pub changed: Option<Changed>,
    /// The row, attributes resolved; `None` where it could not be read.
    pub row: Option<Arc<Row>>,
}
