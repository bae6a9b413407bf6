//! Data that the command and the event of an activity listing carry.

use jiff::Timestamp;

use super::{Among, EntityRef};
use crate::domain::activity::ActivityKind;
use crate::domain::key::{PartitionKey, SortKey, Version};
use crate::domain::path::Path;
use crate::domain::timeline::{BySource, VersionStatus};

/// Filter for activity; a list that is empty accepts all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActivityWanted {
    /// In which partitions.
    pub among: Among,
    /// Only this partition.
    pub pk: Option<PartitionKey>,
    /// Only this entity of it.
    pub sk: Option<SortKey>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Not after.
    pub until: Option<Timestamp>,
    /// By one of these.
    pub by: Vec<String>,
    /// In one of these requests.
    pub request: Vec<String>,
    /// With one of these as source.
    pub source: Vec<String>,
    /// Only what changed one of these places, or something inside.
    pub path: Vec<Path>,
    /// The newest so many.
    pub limit: Option<u64>,
}

/// One version as something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The entity.
    pub entity: EntityRef,
    /// Its version.
    pub version: Version,
    /// When, as stored.
    pub at: Option<String>,
    /// The publisher, as stored.
    pub by: Option<String>,
    /// From which address.
    pub ip: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// The source that published it, as the command row has it.
    pub source: Option<String>,
    /// Status of the version, by the tables.
    pub status: VersionStatus,
    /// The effect of the version on the entity.
    pub kind: ActivityKind,
    /// The entity's name then.
    pub name: Option<String>,
    /// Places that it changed.
    pub paths: Vec<Path>,
    /// Where who and when come from.
    pub by_source: BySource,
}
