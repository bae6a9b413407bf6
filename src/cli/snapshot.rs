use std::path::PathBuf;

use clap::Args;

/// Options of `snapshot`.
#[derive(Debug, Clone, Args)]
pub struct Snapshot {
    /// The directory, which must be missing or empty.
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    pub to: Option<PathBuf>,
    /// Only this module.
    #[arg(long, value_name = "M")]
    pub module: Option<String>,
    /// Only keys with this first segment.
    #[arg(long = "type", value_name = "T")]
    pub entity_type: Option<String>,
    /// Only this tenant.
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
    /// The users of the profile's pool too: of the tenant, where one is named.
    #[arg(long)]
    pub users: bool,
    /// Mask texts as this file says, so that the copy can be given to others.
    #[arg(long, value_name = "FILE")]
    pub mask: Option<PathBuf>,
    /// Read and list the texts that the mask leaves as they are, and write nothing.
    #[arg(long, requires = "mask")]
    pub check: bool,
}
