//! Options of `sign`.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use super::runs::duration;
use crate::signing::LONGEST;

/// Options of `sign`.
#[derive(Debug, Clone, Args)]
pub struct Sign {
    /// The plan file, or a run: then what is signed is its undo.
    #[arg(value_name = "PLAN.toml|RUN")]
    pub plan: PathBuf,
    /// The digest that was looked at; refused unless it is what the plan would do now.
    #[arg(long, value_name = "DIGEST")]
    pub expect: String,
    /// The key: its public half, for the SSH agent to sign with, or the private one, for ssh-keygen. Without it the agent's key that
    /// may sign is taken.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The file for the signature, which must not exist; without it the signature is printed.
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// How long it counts: 24h, 3d or 1w, 7 days at most.
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = validity)]
    pub valid: SignedDuration,
    /// Print the lines that are signed, for `ssh-keygen -Y sign -n tenantry`, and sign nothing.
    #[arg(long, conflicts_with_all = ["key", "to"])]
    pub print: bool,
}

fn validity(text: &str) -> Result<SignedDuration, String> {
    match duration(text)? {
        valid if valid <= LONGEST && !valid.is_zero() => Ok(valid),
        _ => Err("7 days at most".to_owned()),
    }
}
