//! Options of the commands that look for entities and for what became of them.

use clap::Args;

use super::entities::deleted;
use crate::domain::find::Place;
use crate::domain::path::Path;
use crate::engine::protocol::DeletedFilter;

/// Options of `find`.
#[derive(Debug, Clone, Args)]
pub struct Find {
    /// The text, or an id (pk#sk).
    pub text: String,
    /// Only this module.
    #[arg(long, value_name = "M")]
    pub module: Option<String>,
    /// Only keys with this first segment.
    #[arg(long, value_name = "T")]
    pub r#type: Option<String>,
    /// Only this tenant.
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
    /// Where to look: id, sk, code, name, attributes for every text and number in them, or a place such as attributes.email; may be
    /// given several times. Without it: id, sk, code and name. Attributes that are stored in S3 are not read.
    #[arg(long = "in", value_name = "id|sk|code|name|PATH")]
    pub places: Vec<Place>,
    /// Only where it is the whole text, not a part of it.
    #[arg(long)]
    pub exact: bool,
    /// Soft-deleted entities: keep, skip or only.
    #[arg(long, value_name = "keep|skip|only", default_value = "keep", value_parser = deleted)]
    pub deleted: DeletedFilter,
    /// Entities at most.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Read units at most: then it stops, and exits with 4.
    #[arg(long, value_name = "N")]
    pub max_units: Option<u32>,
}

/// Options of `activity`.
#[derive(Debug, Clone, Args)]
pub struct Activity {
    /// Partition key, such as PRODUCT#acme.
    pub pk: Option<String>,
    /// Sort key.
    pub sk: Option<String>,
    /// Only this module.
    #[arg(long, value_name = "M")]
    pub module: Option<String>,
    /// Only keys with this first segment.
    #[arg(long, value_name = "T", conflicts_with = "pk")]
    pub r#type: Option<String>,
    /// Only this tenant.
    #[arg(long, value_name = "T", conflicts_with = "pk")]
    pub tenant: Option<String>,
    /// Not before this moment: RFC 3339, a moment by the clock of the profile's time zone (2026-11-25 10:00, yesterday 10:00, 10:00),
    /// or an age (2h, 3d).
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Not after this moment, said in the same ways.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only what this user did; may be given several times.
    #[arg(long, value_name = "USER")]
    pub by: Vec<String>,
    /// Only what this request did; may be given several times.
    #[arg(long, value_name = "ID")]
    pub request: Vec<String>,
    /// Only what names this source; may be given several times.
    #[arg(long, value_name = "S")]
    pub source: Vec<String>,
    /// Only what changed this place or something inside it, such as attributes.price; may be given several times.
    #[arg(long, value_name = "PATH")]
    pub path: Vec<Path>,
    /// The newest so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
}
