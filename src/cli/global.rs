//! Options that every command has.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::domain::secret::OneTimeCode;

/// Options that may stand before or after the command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Configuration file.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Profile of the configuration file.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Work on embedded services with demo data.
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// Keep the sandbox's data in this directory; for `rehearse` without --sandbox: keep the copy there meanwhile, not in memory.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How long the sandbox's stand-in for the application's pipeline takes, in milliseconds, or off.
    #[arg(long, global = true, value_name = "MS|off", value_parser = pipeline)]
    pub pipeline: Option<Pipeline>,
    /// Directory for runs, caches and logs.
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Allow writing.
    #[arg(long, global = true)]
    pub arm: bool,
    /// Type the tenant's name for a protected profile.
    #[arg(long, global = true, value_name = "TENANT")]
    pub confirm: Option<String>,
    /// One-time code for an AWS profile with `mfa_serial`; on a terminal it is asked for.
    #[arg(long, global = true, value_name = "CODE")]
    pub mfa_code: Option<OneTimeCode>,
    /// Print JSON lines.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print a listing as CSV: tenants, entities, find, activity, history, runs and runs show.
    #[arg(long, global = true, conflicts_with = "json")]
    pub csv: bool,
}

impl Global {
    /// The words that a headless command for the same tables begins with.
    #[must_use]
    pub fn prefix(&self, profile: &str) -> Vec<String> {
        let mut words = vec!["tenantry".to_owned()];
        let mut option = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                words.extend([name.to_owned(), value]);
            }
        };
        let path = |p: &Option<PathBuf>| p.as_ref().map(|p| p.display().to_string());
        option("--config", path(&self.config));
        // Also where it was chosen otherwise: what is copied is run elsewhere, later, by others.
        option("--profile", (!self.sandbox).then(|| profile.to_owned()));
        option("--data", path(&self.data));
        option("--state", path(&self.state));
        if self.sandbox {
            words.insert(1, "--sandbox".to_owned());
        }
        words
    }
}

/// The value of `--pipeline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipeline(pub Option<Duration>);

fn pipeline(text: &str) -> Result<Pipeline, String> {
    if text == "off" {
        return Ok(Pipeline(None));
    }
    let millis: u64 = text.parse().map_err(|_| "milliseconds or off".to_owned())?;
    Ok(Pipeline(Some(Duration::from_millis(millis))))
}
