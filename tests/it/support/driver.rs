//! The engine driven as an interface drives it.

use std::path::Path;
use std::time::Duration;

use tenantry::config::Profile;
use tenantry::domain::key::Version;
use tenantry::domain::plan::Plan;
use tenantry::engine::protocol::{
    ApprovalRequest, Command, Decision, EntityRef, Envelope, Event, ItemResult, RequestId,
};
use tenantry::engine::{EngineHandle, boundary, serve};

use super::Stack;

/// An interface without a screen.
pub struct Driver {
    pub handle: EngineHandle,
    pub engine: tokio::task::JoinHandle<()>,
    next: u64,
}

impl Driver {
    pub fn new(stack: &Stack) -> Self {
        Self::at(stack.profile.clone(), stack.state.path())
    }

    /// Anywhere.
    pub fn at(profile: Profile, state_dir: &Path) -> Self {
        let (handle, end) = boundary();
        #[cfg(feature = "sandbox")]
        let end = tenantry::engine::EngineEnd { stage: Some(tenantry::stage::open), ..end };
        let engine = tokio::spawn(serve(profile, state_dir.to_path_buf(), end));
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
            let next = tokio::time::timeout(Duration::from_secs(180), self.handle.events.recv()).await;
            let Envelope { request: of, event } = next.unwrap().unwrap();
            if of == request {
                return event;
            }
        }
    }

    /// The first event of a request that is wanted.
    pub async fn until(&mut self, request: RequestId, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.event(request).await;
            if wanted(&event) {
                return event;
            }
            assert!(!matches!(event, Event::Finished { .. }), "ended before what was wanted");
        }
    }

    /// The next batch that waits.
    pub async fn approval(&mut self, request: RequestId) -> Box<ApprovalRequest> {
        match self.until(request, |e| matches!(e, Event::ApprovalNeeded(_))).await {
            Event::ApprovalNeeded(asked) => asked,
            other => panic!("{other:?}"),
        }
    }

    /// Arms, and asks for a rollback, up to the approval.
    pub async fn asked(&mut self, entity: EntityRef, to: u64) -> (RequestId, Box<ApprovalRequest>) {
        self.send(Command::Arm { armed: true }).await;
        let request = self.send(rollback(&entity, to)).await;
        (request, self.approval(request).await)
    }

    /// Arms, runs a plan, approves its canary; gives back the canary and the batch that waits next.
    pub async fn past_canary(&mut self, plan: Box<Plan>) -> (RequestId, Box<ApprovalRequest>, Box<ApprovalRequest>) {
        self.send(Command::Arm { armed: true }).await;
        let request = self.send(Command::RunPlan { plan, expect: None, rows: false }).await;
        let canary = self.approval(request).await;
        self.decide(&canary, Decision::Approve { confirm: None }).await;
        let next = self.approval(request).await;
        (request, canary, next)
    }

    /// Answers a batch with the digest that was shown.
    pub async fn decide(&mut self, asked: &ApprovalRequest, decision: Decision) -> RequestId {
        let (run, batch, digest) = (asked.run, asked.batch, asked.digest.clone());
        self.send(Command::Decide { run, batch, digest, decision }).await
    }

    /// Approves a batch and everything after it.
    pub async fn approve_rest(&mut self, asked: &ApprovalRequest) {
        self.decide(asked, Decision::ApproveRest { confirm: None }).await;
    }

    /// The interface goes away; gives back once the engine has ended.
    pub async fn leave(self) {
        drop(self.handle);
        tokio::time::timeout(Duration::from_secs(120), self.engine).await.unwrap().unwrap();
    }

    /// Everything up to the end of a request.
    pub async fn rest(&mut self, request: RequestId) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.event(request).await;
            let is_last = matches!(event, Event::Finished { .. });
            events.push(event);
            if is_last {
                return events;
            }
        }
    }
}

/// Runs the plan that takes one entity back.
pub fn rollback(entity: &EntityRef, to: u64) -> Command {
    let plan = Box::new(Plan::rollback_of(&entity.module, &entity.key, Version(to), None));
    Command::RunPlan { plan, expect: None, rows: false }
}

/// Items among events.
pub fn items(events: &[Event]) -> Vec<&ItemResult> {
    events.iter().filter_map(|e| if let Event::Item(item) = e { Some(&**item) } else { None }).collect()
}
