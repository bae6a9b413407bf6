use std::path::PathBuf;

use clap::Args;

/// Options of `rehearse`.
#[derive(Debug, Clone, Args)]
pub struct Rehearse {
    /// The plan file.
    pub plan: PathBuf,
    /// Where the copy is kept meanwhile; in memory when `None`. It is given as `--data`, which without `--sandbox` is meant so.
    #[arg(skip)]
    pub data: Option<PathBuf>,
}
