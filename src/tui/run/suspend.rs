//! Stopping the program as a shell's job, and going on.

use std::io;
use std::time::Duration;

use rustix::process::{Signal as Sent, kill_current_process_group};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

/// Where no shell stands behind the program nothing stops it, and nothing continues it either.
const PATIENCE: Duration = Duration::from_millis(500);

/// Tells when the program was continued.
#[derive(Debug)]
pub(super) struct Continued(Signal);

impl Continued {
    /// Begins to listen.
    pub(super) fn new() -> io::Result<Self> {
        // The number has no name there, and is not the same everywhere.
        signal(SignalKind::from_raw(Sent::CONT.as_raw())).map(Self)
    }

    /// Until the next time.
    pub(super) async fn wait(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Stops the program together with what the shell started beside it, as the terminal itself would, and returns once it goes on.
pub(super) async fn suspend(continued: &mut Continued) -> io::Result<()> {
    kill_current_process_group(Sent::TSTP)?;
    // Another thread may be the one that is stopped first.
    let _ = timeout(PATIENCE, continued.wait()).await;
    Ok(())
}
