//! The log file: what the program does, never what customers store, and no credentials.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::engine::journal::{private_dir, regular};

/// Logs to `logs/tenantry.log` below the state directory, as `TENANTRY_LOG` says (`tenantry=debug`, for instance); not at all without it.
///
/// # Errors
/// When the file cannot be opened, or the filter cannot be read.
pub fn init(state_dir: &Path) -> color_eyre::Result<()> {
    let Some(filter) = std::env::var("TENANTRY_LOG").ok().filter(|f| !f.is_empty()) else { return Ok(()) };
    let dir = state_dir.join("logs");
    private_dir(&dir)?;
    let path = dir.join("tenantry.log");
    // Opening a pipe would wait for someone at its other end.
    regular(&path)?;
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let wanted = EnvFilter::try_new(filter)?;
    // Only our own words: what the SDK logs of its requests may hold credentials and customers' values.
    let ours = filter_fn(|event| event.target().starts_with("tenantry"));
    let lines = fmt::layer().with_ansi(false).with_writer(Mutex::new(file)).with_filter(ours).with_filter(wanted);
    tracing_subscriber::registry().with(lines).init();
    Ok(())
}
