//! Pulse of the loop: what it has handed over and taken in, and whether it is at rest.

use super::frames::Frames;
use super::{Console, Host};

/// State that a test may look at while the loop runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// Commands handed to the engine.
    pub(crate) sent: u64,
    /// Events taken in.
    pub(crate) received: u64,
    /// Nothing is left to be done, drawn or handed over.
    pub(crate) quiet: bool,
}

impl<H: Host> Console<H> {
    pub(super) fn beat(&mut self, frames: &Frames) {
        let Some(watch) = &self.watch else { return };
        self.pulse.quiet =
            frames.due.is_none() && self.outbox.is_empty() && self.working == 0 && self.engine.events.is_empty();
        watch.send_replace(self.pulse);
    }
}
