//! Options of the commands that write and read CSV files.

use std::path::PathBuf;

use clap::Args;

use super::Approve;

/// Options of `export`.
#[derive(Debug, Clone, Args)]
pub struct Export {
    /// Partition key, such as PRODUCT#acme.
    pub pk: String,
    /// Where to: a file, or s3://BUCKET/KEY (needs --arm); where it ends in / the guide's name is given.
    #[arg(long, value_name = "FILE|s3://BUCKET/[KEY]")]
    pub to: String,
    /// The module, where the partition key does not name it.
    #[arg(long, value_name = "M")]
    pub module: Option<String>,
    /// The tenant that the file is for; its own without it.
    #[arg(long, value_name = "TENANT")]
    pub target_tenant: Option<String>,
    /// Soft-deleted entities: skip or keep.
    #[arg(long, value_name = "skip|keep", default_value = "skip", value_parser = ["skip", "keep"])]
    pub deleted: String,
    /// The guide's columns alone, without those that lose nothing.
    #[arg(long)]
    pub plain: bool,
}

/// Options of `import`.
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// The CSV file, s3://BUCKET/KEY, or - for standard input.
    pub file: String,
    /// The plan file: its source.file is this one.
    pub plan: PathBuf,
    /// Refuse unless the plan digest is this one.
    #[arg(long, value_name = "DIGEST")]
    pub expect: Option<String>,
    /// A signature over this plan, as `sign` makes it; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub signed: Vec<PathBuf>,
    /// How batches are approved.
    #[arg(long, value_enum, default_value_t)]
    pub approve: Approve,
    /// Items with their rows.
    #[arg(long)]
    pub rows: bool,
}
