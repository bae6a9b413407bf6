//! Filters and schemas in a process of their own: they may recurse, grow and run on without an end, and take nothing else along.
//!
//! The process is this program again, with a hidden command. It speaks frames over its pipes, sets limits on memory, stack and
//! time for itself, and is started again where it ended. Plans without filters and schemas start none.

mod child;
mod filters;
mod limits;
mod pool;
mod process;
mod schemas;
mod session;
mod violation;
mod watchdog;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

pub use child::serve;
pub use filters::{changing, check_filter};
pub use schemas::{Broken, Schemas, check_schema};

/// Processor time that a filter or a schema may take for one entity, and to be read.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// The command that the program is started with.
pub const COMMAND: &str = "worker";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Names the program that knows the hidden command. The first name stays.
pub fn use_program(path: impl AsRef<Path>) {
    let _ = PROGRAM.set(path.as_ref().to_path_buf());
}

/// Names the program that is running, also where its file is replaced meanwhile.
pub fn use_this_program() {
    let running = Path::new("/proc/self/exe");
    let path = if running.exists() { Some(running.to_path_buf()) } else { std::env::current_exe().ok() };
    if let Some(path) = path {
        use_program(path);
    }
}

fn program() -> Option<&'static Path> {
    PROGRAM.get().map(PathBuf::as_path)
}
