//! The log file: what the program does, never what customers store, and no credentials.

mod rotating;

use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::domain::secret::redacted;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{private_dir, regular};
use rotating::Rotating;

/// Where lines go that hold neither keys nor values of customers: these alone are logged unless more is asked for.
pub const EVENTS: &str = "tenantry::events";
/// The variable that says what is logged.
const VARIABLE: &str = "TENANTRY_LOG";
/// Its word for nothing.
const OFF: &str = "off";

static PLACE: OnceLock<PathBuf> = OnceLock::new();

/// The log's file below a state directory.
#[must_use]
pub fn file(state_dir: &Path) -> PathBuf {
    state_dir.join("logs").join("tenantry.log")
}

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

/// Logs to a file below the state directory: what the program did and how it ended, and as `TENANTRY_LOG` says more (`tenantry=debug`, for
/// instance) or nothing (`off`).
///
/// # Errors
/// When the file cannot be opened, or the filter cannot be read; none where nobody asked for a log.
pub fn init(state_dir: &Path) -> color_eyre::Result<()> {
    let asked = std::env::var(VARIABLE).ok().filter(|filter| !filter.is_empty());
    match asked.as_deref() {
        Some(OFF) => Ok(()),
        Some(filter) => begin(state_dir, EnvFilter::try_new(filter)?),
        None => {
            // A machine without room for it is no reason to complain at each command.
            let _ = begin(state_dir, EnvFilter::new(format!("{EVENTS}=info")));
            Ok(())
        }
    }
}

fn begin(state_dir: &Path, wanted: EnvFilter) -> color_eyre::Result<()> {
    let path = file(state_dir);
    private_dir(&state_dir.join("logs"))?;
    // Opening a pipe would wait for someone at its other end.
    regular(&path)?;
    let file = Rotating::open(path.clone())?;
    // Only our own words: what the SDK logs of its requests may hold credentials and customers' values.
    let ours = filter_fn(|event| event.target().starts_with("tenantry"));
    let lines =
        fmt::layer().with_ansi(false).with_writer(Mutex::new(Redacting(file))).with_filter(ours).with_filter(wanted);
    tracing_subscriber::registry().with(lines).init();
    let _ = PLACE.set(path);
    Ok(())
}

/// Where the log is; `None` while none is written.
#[must_use]
pub fn place() -> Option<&'static Path> {
    PLACE.get().map(PathBuf::as_path)
}

/// A failure that is none of the operator's making names the log.
#[must_use]
pub fn with_place(failure: &Failure) -> Cow<'_, Failure> {
    match place().filter(|_| failure.code == ErrorCode::Internal) {
        Some(place) => Cow::Owned(naming(failure, place)),
        None => Cow::Borrowed(failure),
    }
}

fn naming(failure: &Failure, place: &Path) -> Failure {
    let log = format!("the log is {}; {VARIABLE}=tenantry=debug records more", place.display());
    let hint = failure.hint.as_ref().map_or_else(|| log.clone(), |hint| format!("{hint}; {log}"));
    failure.clone().hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_failure_names_the_log_behind_its_own_hint() {
        let place = Path::new("/state/logs/tenantry.log");
        let failure = Failure::new(ErrorCode::Internal, "no answer");
        let log = "the log is /state/logs/tenantry.log; TENANTRY_LOG=tenantry=debug records more";
        assert_eq!(naming(&failure, place).hint.as_deref(), Some(log));
        assert_eq!(naming(&failure.hint("ask again"), place).hint, Some(format!("ask again; {log}")));
    }

    #[test]
    fn a_line_is_written_without_its_secrets() {
        let mut out = Vec::new();
        Redacting(&mut out).write_all(b"sent x-amz-security-token:CANARY to http://user:pass@host\n").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "sent x-amz-security-token:[redacted] to http://host\n");
    }
}
