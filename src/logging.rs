//! The log file: what the program does, never what customers store, and no credentials.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::engine::journal::private_dir;

/// Logs to `logs/tenantry.log` below the state directory, as `TENANTRY_LOG` says (`tenantry=debug`, for instance); not at all without it.
///
/// # Errors
/// When the file cannot be opened, or the filter cannot be read.
pub fn init(state_dir: &Path) -> color_eyre::Result<()> {
    let Some(filter) = std::env::var("TENANTRY_LOG").ok().filter(|f| !f.is_empty()) else { return Ok(()) };
    let dir = state_dir.join("logs");
    private_dir(&dir)?;
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(dir.join("tenantry.log"))?;
    let filter = EnvFilter::try_new(filter)?;
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).init();
    Ok(())
}
