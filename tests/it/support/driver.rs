use std::time::Duration;

use tenantry::domain::key::Version;
use tenantry::engine::protocol::{ApprovalRequest, Command, EntityRef, Envelope, Event, RequestId};
use tenantry::engine::{EngineHandle, boundary, serve};

use super::Stack;

/// An engine for a stack, driven as the console drives it.
pub struct Driver {
    pub handle: EngineHandle,
    pub engine: tokio::task::JoinHandle<()>,
    next: u64,
}

impl Driver {
    pub fn new(stack: &Stack) -> Self {
        let (handle, end) = boundary();
        let engine = tokio::spawn(serve(stack.profile.clone(), stack.state.path().to_path_buf(), end));
        Self { handle, engine, next: 0 }
    }

    pub async fn send(&mut self, command: Command) -> RequestId {
        self.next += 1;
        let request = RequestId(self.next);
        self.handle.commands.send((request, command)).await.unwrap();
        request
    }

    /// The events of a request up to the first one wanted.
    pub async fn until(&mut self, request: RequestId, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(30), self.handle.events.recv()).await;
            let Envelope { request: of, event } = next.unwrap().unwrap();
            if of == request && wanted(&event) {
                return event;
            }
            assert!(of != request || !matches!(event, Event::Finished { .. }), "ended before what was wanted");
        }
    }

    /// Arms, and asks for a rollback, up to the approval.
    pub async fn asked(&mut self, entity: EntityRef, to: u64) -> (RequestId, Box<ApprovalRequest>) {
        self.send(Command::Arm { armed: true }).await;
        let request = self.send(Command::Rollback { entity, to: Version(to), expect: None }).await;
        match self.until(request, |e| matches!(e, Event::ApprovalNeeded(_))).await {
            Event::ApprovalNeeded(asked) => (request, asked),
            other => panic!("{other:?}"),
        }
    }
}
