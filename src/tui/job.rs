//! Work that the engine does for a while.

use jiff::Timestamp;

use crate::domain::run::RunId;
use crate::engine::failure::Failure;
use crate::engine::protocol::{Event, RequestId};

/// How a piece of work stands.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) request: RequestId,
    pub(crate) running: bool,
    /// It was given up before its end.
    pub(crate) cancelled: bool,
    /// Why it ended before its end.
    pub(crate) problem: Option<Failure>,
    pub(crate) ended: Option<Timestamp>,
    /// A run has written since: what was found is from before it.
    pub(crate) before: Option<RunId>,
}

impl Job {
    /// Work that was asked for.
    pub(crate) fn begun(request: RequestId) -> Self {
        Self { request, running: true, cancelled: false, problem: None, ended: None, before: None }
    }

    /// Takes the events that end it; true with the last one.
    pub(crate) fn take(&mut self, event: &Event, now: Timestamp) -> bool {
        match event {
            Event::Failed(failure) if failure.fatal => self.problem = Some((**failure).clone()),
            Event::Finished { cancelled } => {
                (self.running, self.cancelled, self.ended) = (false, *cancelled, Some(now));
                return true;
            }
            _ => {}
        }
        false
    }

    /// Whether it came to its end.
    pub(crate) fn is_complete(&self) -> bool {
        !self.running && !self.cancelled && self.problem.is_none()
    }
}
