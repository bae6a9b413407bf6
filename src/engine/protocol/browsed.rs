//! Data that events of browsing carry: tables, partitions, entities, versions, differences.

use std::sync::Arc;

use super::{EntityRef, Side};
use crate::domain::diff::Change;
use crate::domain::key::{PartitionKey, Version};
use crate::domain::row::{Row, TableKind};
use crate::domain::run::Reason;
use crate::domain::timeline::{Flag, VersionEntry};

/// The tables a profile leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Modules in alphabetical order.
    pub modules: Vec<String>,
    /// Account id; `None` when the credentials may not ask for it.
    pub account: Option<String>,
    /// The user or role, likewise.
    pub arn: Option<String>,
    /// Region in use.
    pub region: Option<String>,
}

/// One partition of a data table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantCount {
    /// Module.
    pub module: String,
    /// Partition key.
    pub pk: PartitionKey,
    /// First segment of the partition key.
    pub entity_type: String,
    /// Tenant code.
    pub tenant: String,
    /// Data rows so far.
    pub entities: u64,
    /// Of them soft-deleted.
    pub deleted: u64,
    /// Earliest `createdAt`, RFC 3339 in UTC.
    pub oldest: Option<String>,
    /// Latest `updatedAt`, RFC 3339 in UTC.
    pub newest: Option<String>,
}

/// One partition of a data table, whose rows nobody counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPartition {
    /// Module.
    pub module: String,
    /// Partition key.
    pub pk: PartitionKey,
    /// First segment of the partition key.
    pub entity_type: String,
    /// Tenant code, as the first row tells it.
    pub tenant: String,
}

/// How large the data table of a module is, as the service last counted it (every few hours).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredTable {
    /// Module.
    pub module: String,
    /// Rows.
    pub rows: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl MeasuredTable {
    /// Read units that counting all of it takes: half a unit for four kilobytes.
    #[must_use]
    pub fn units(&self) -> f64 {
        self.bytes as f64 / 8192.0
    }
}

/// One entity of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntitySummary {
    /// Where it is.
    pub entity: EntityRef,
    /// `id` as stored.
    pub id: Option<String>,
    /// `type` as stored.
    pub entity_type: Option<String>,
    /// Tenant code.
    pub tenant: String,
    /// `code` as stored.
    pub code: Option<String>,
    /// `name` as stored.
    pub name: Option<String>,
    /// Version of the data row; 0 for an entity that was never processed; `None` where it is no number.
    pub version: Option<Version>,
    /// Soft-deleted.
    pub deleted: bool,
    /// When the current version was published, as stored; from the command row where there is one.
    pub updated_at: Option<String>,
    /// The publisher of the current version, as stored.
    pub updated_by: Option<String>,
    /// Other facts about it.
    pub flags: Vec<Flag>,
    /// `s3://` reference of the attributes.
    pub attributes_ref: Option<String>,
    /// The data row (the newest command row for one never processed).
    pub row: Arc<Row>,
    /// The problem with the row, in words.
    pub problem: Option<String>,
    /// The effect of the listing's changes on it, where the listing has some.
    pub viewed: Option<Viewed>,
}

/// Effect of changes on an entity's attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewed {
    /// Nothing would change.
    Equal,
    /// This would, and the row is as it would be.
    Changed(Vec<Change>),
    /// They do not fit it, and the row is as it is: why, and in words.
    Refused(Reason, String),
}

/// One version with its row made readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The version.
    pub version: VersionEntry,
    /// The row with S3-stored attributes resolved, where that was asked for.
    pub resolved: Option<Arc<Row>>,
    /// The problem with it, in words (an S3 object that is gone, attributes of the wrong type).
    pub problem: Option<String>,
}

/// Two versions and what differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffResult {
    /// Before, its version filled in.
    pub from: Side,
    /// After, its version filled in.
    pub to: Side,
    /// Table that the row before came from.
    pub from_found: TableKind,
    /// Table that the row after came from.
    pub to_found: TableKind,
    /// The row before, attributes resolved.
    pub before: Arc<Row>,
    /// The row after, attributes resolved.
    pub after: Arc<Row>,
    /// The differences.
    pub changes: Vec<Change>,
}
