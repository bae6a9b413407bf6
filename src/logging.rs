//! The log file: what the program does, never what customers store, and no credentials.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::domain::secret::redacted;
use crate::engine::journal::{private_dir, regular};

/// Takes secrets out of each line: whoever writes it need not think of them.
struct Redacting<W>(W);

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.write_all(redacted(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

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
    let lines =
        fmt::layer().with_ansi(false).with_writer(Mutex::new(Redacting(file))).with_filter(ours).with_filter(wanted);
    tracing_subscriber::registry().with(lines).init();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_without_its_secrets() {
        let mut out = Vec::new();
        Redacting(&mut out).write_all(b"sent x-amz-security-token:CANARY to http://user:pass@host\n").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "sent x-amz-security-token:[redacted] to http://host\n");
    }
}
