//! Options of the commands that read entities.

use std::path::PathBuf;

use clap::Args;

use crate::engine::protocol::DeletedFilter;

/// One entity.
#[derive(Debug, Clone, Args)]
pub struct Entity {
    /// Partition key, such as PRODUCT#acme.
    pub pk: String,
    /// Sort key.
    pub sk: String,
    /// The module, where the partition key does not name it.
    #[arg(long)]
    pub module: Option<String>,
}

/// Options of `entities`.
#[derive(Debug, Clone, Args)]
pub struct Entities {
    /// Partition key, such as PRODUCT#acme.
    pub pk: String,
    /// The module, where the partition key does not name it.
    #[arg(long)]
    pub module: Option<String>,
    /// Only sort keys that begin so.
    #[arg(long, value_name = "P", default_value = "")]
    pub sk_prefix: String,
    /// Soft-deleted entities: keep, skip or only.
    #[arg(long, value_name = "keep|skip|only", default_value = "keep", value_parser = deleted)]
    pub deleted: DeletedFilter,
    /// Entities at most.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// With rows; for people, attributes as JSON; S3-stored ones resolved.
    #[arg(long)]
    pub rows: bool,
    /// Rows as the operations of this file would make them (tables transform, or schema and chain); nothing is written.
    #[arg(long, value_name = "FILE")]
    pub view: Option<PathBuf>,
}

pub(super) fn deleted(text: &str) -> Result<DeletedFilter, String> {
    DeletedFilter::of(text).ok_or_else(|| "keep, skip or only".to_owned())
}
