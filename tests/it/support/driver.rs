//! An engine in this process, driven as the console drives it.

use std::time::Duration;

use tenantry::engine::protocol::{ApprovalRequest, Command, Decision, Envelope, Event, RequestId};
use tenantry::engine::{EngineHandle, boundary, serve};

use super::Stack;

pub struct Driver {
    handle: EngineHandle,
    engine: tokio::task::JoinHandle<()>,
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

    /// The next event of a request.
    pub async fn event(&mut self, request: RequestId) -> Event {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(30), self.handle.events.recv()).await;
            let Envelope { request: of, event } = next.unwrap().unwrap();
            if of == request {
                return event;
            }
        }
    }

    /// The events of a request up to the first one wanted.
    pub async fn until(&mut self, request: RequestId, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.event(request).await;
            if wanted(&event) {
                return event;
            }
            assert!(!matches!(event, Event::Finished { .. }), "ended before what was wanted");
        }
    }

    /// Waits until a batch of a request does.
    pub async fn asked(&mut self, request: RequestId) -> Box<ApprovalRequest> {
        match self.until(request, |e| matches!(e, Event::ApprovalNeeded(_))).await {
            Event::ApprovalNeeded(asked) => asked,
            other => panic!("{other:?}"),
        }
    }

    pub async fn approve_rest(&mut self, asked: &ApprovalRequest) {
        let decision = Decision::ApproveRest { confirm: None };
        let (run, batch, digest) = (asked.run, asked.batch, asked.digest.clone());
        self.send(Command::Decide { run, batch, digest, decision }).await;
    }

    /// The interface goes away; gives back once the engine has ended.
    pub async fn leave(self) {
        drop(self.handle);
        tokio::time::timeout(Duration::from_secs(30), self.engine).await.unwrap().unwrap();
    }
}
