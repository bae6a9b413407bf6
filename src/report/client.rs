use std::collections::VecDeque;

use crate::engine::EngineHandle;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Counters, Envelope, Event, RequestId};

/// A headless driver of the engine: one command at a time.
#[derive(Debug)]
pub struct Client {
    handle: EngineHandle,
    next: u64,
    /// Events of a request that came while another one was listened to, oldest first.
    aside: VecDeque<Envelope>,
}

impl Client {
    /// Drives this engine.
    #[must_use]
    pub fn new(handle: EngineHandle) -> Self {
        Self { handle, next: 0, aside: VecDeque::new() }
    }

    /// Sends a command.
    ///
    /// # Errors
    /// A [`Failure`] when the engine has ended.
    pub async fn send(&mut self, command: Command) -> Result<RequestId, Failure> {
        self.next += 1;
        let request = RequestId(self.next);
        self.handle.commands.send((request, command)).await.map_err(|_| gone())?;
        Ok(request)
    }

    /// The next event of a request; events of others (decisions, cancellations) are passed over.
    ///
    /// # Errors
    /// A [`Failure`] when the engine has ended.
    pub async fn event(&mut self, request: RequestId) -> Result<Event, Failure> {
        let at = self.aside.iter().position(|envelope| envelope.request == request);
        if let Some(envelope) = at.and_then(|at| self.aside.remove(at)) {
            return Ok(envelope.event);
        }
        self.listen(request, None).await
    }

    /// The next event of a request that was begun beside another one, whose events wait for [`Client::event`].
    ///
    /// # Errors
    /// A [`Failure`] when the engine has ended.
    pub async fn event_beside(&mut self, request: RequestId, other: RequestId) -> Result<Event, Failure> {
        self.listen(request, Some(other)).await
    }

    async fn listen(&mut self, request: RequestId, other: Option<RequestId>) -> Result<Event, Failure> {
        loop {
            let envelope = self.handle.events.recv().await.ok_or_else(gone)?;
            match envelope.event {
                // Before any request: the demo data, for instance, could not be loaded.
                Event::Failed(failure) if envelope.request == RequestId(0) => return Err(*failure),
                event if envelope.request == request => return Ok(event),
                event if Some(envelope.request) == other => {
                    self.aside.push_back(Envelope { event, ..envelope });
                }
                _ => {}
            }
        }
    }

    /// Running totals.
    #[must_use]
    pub fn counters(&self) -> Counters {
        *self.handle.counters.borrow()
    }
}

fn gone() -> Failure {
    Failure::new(ErrorCode::Internal, "the engine has ended")
}
