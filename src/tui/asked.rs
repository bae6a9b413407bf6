//! Requests that the engine works on, and who takes their answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::app::App;
use super::pane::Pane;
use crate::domain::plan::Work;
use crate::engine::protocol::{Command, Event, RequestId};

/// Takes an answer; the last one of each request is [`Event::Finished`].
pub(crate) type Answer = Arc<dyn Fn(&mut App, RequestId, Event) + Send + Sync>;

/// A request that has not ended.
struct Asked {
    /// The pane whose `x` gives it up.
    by: Option<Pane>,
    /// Giving it up loses nothing but its answers.
    only_reads: bool,
    /// It carries out a plan.
    is_run: bool,
    answer: Answer,
}

/// The requests that have not ended.
#[derive(Default)]
pub(crate) struct Requests {
    asked: BTreeMap<RequestId, Asked>,
    last: u64,
}

impl Requests {
    fn add(&mut self, by: Option<Pane>, command: &Command, answer: Answer) -> RequestId {
        self.last += 1;
        let request = RequestId(self.last);
        let (is_run, only_reads) = (is_run(command), only_reads(command));
        self.asked.insert(request, Asked { by, only_reads, is_run, answer });
        request
    }

    /// Whether a request has not ended.
    pub(crate) fn has(&self, request: RequestId) -> bool {
        self.asked.contains_key(&request)
    }

    /// Whether a plan is being carried out.
    pub(crate) fn has_run(&self) -> bool {
        self.asked.values().any(|asked| asked.is_run)
    }

    /// Requests that a pane waits for and may give up.
    pub(crate) fn of(&self, pane: Pane) -> Vec<RequestId> {
        let own = self.asked.iter().filter(|(_, asked)| asked.by == Some(pane) && asked.only_reads);
        own.map(|(request, _)| *request).collect()
    }

    /// Everything that may be given up.
    pub(crate) fn reads(&self) -> Vec<RequestId> {
        self.asked.iter().filter(|(_, asked)| asked.only_reads).map(|(request, _)| *request).collect()
    }

    /// The engine has gone: nothing is answered any more.
    pub(crate) fn clear(&mut self) {
        self.asked.clear();
    }

    /// Whoever takes the answers to a request; for the last time where it has ended.
    pub(crate) fn answer(&mut self, request: RequestId, ended: bool) -> Option<Answer> {
        if ended {
            return self.asked.remove(&request).map(|asked| asked.answer);
        }
        self.asked.get(&request).map(|asked| asked.answer.clone())
    }
}

fn is_run(command: &Command) -> bool {
    match command {
        // An export writes a file, and no item waits for anybody.
        Command::RunPlan { plan, .. } => !matches!(plan.work, Work::Export { .. }),
        Command::ResumeRun { .. } => true,
        _ => false,
    }
}

fn only_reads(command: &Command) -> bool {
    !is_run(command)
        && !matches!(
            command,
            Command::Steer { .. } | Command::Decide { .. } | Command::Arm { .. } | Command::Cancel { .. }
        )
}

impl App {
    /// Asks the engine; the answers go to `answer`. Failures are in the log already when it gets them.
    pub(crate) fn ask(
        &mut self,
        by: impl Into<Option<Pane>>,
        command: Command,
        answer: impl Fn(&mut Self, RequestId, Event) + Send + Sync + 'static,
    ) -> RequestId {
        let request = self.requests.add(by.into(), &command, Arc::new(answer));
        self.effect(super::message::Effect::Send(request, command));
        request
    }

    /// Asks for a screen, which takes the answers by the request's id.
    pub(crate) fn ask_for_screen(&mut self, command: Command) -> RequestId {
        self.ask(None, command, Self::answer_to_screen)
    }

    /// Gives the engine an order: there is nothing to wait for but a refusal.
    pub(crate) fn order(&mut self, command: Command) -> RequestId {
        self.ask(None, command, |app, _, event| {
            if let Event::Failed(failure) = event {
                app.refuse(failure.message);
            }
        })
    }

    /// Asks the engine to give a request up.
    pub(crate) fn give_up(&mut self, request: RequestId) {
        if self.requests.has(request) {
            self.ask(None, Command::Cancel { request }, |_, _, _| {});
        }
    }

    /// Whether a run was asked for and has not ended.
    pub(crate) fn is_writing(&self) -> bool {
        self.requests.has_run()
    }
}
