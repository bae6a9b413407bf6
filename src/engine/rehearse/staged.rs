//! The engine at work on the copy, with everything approved.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::config::Profile;
use crate::domain::plan::Plan;
use crate::domain::run::{Outcome, RunId};
use crate::engine::check;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::private_dir;
use crate::engine::protocol::{
    Counters, Decision, Envelope, Event, ItemResult, RehearsalEvent, RehearsalStep, Severity, Stage, Steering,
};
use crate::engine::run;
use crate::engine::task::{Shared, Stop, Task, blocking};
use crate::store::{Reading, connect};

/// Events of the copy's engine that may wait.
const WAITING: usize = 256;
/// Where embedded services listen.
const LOOPBACK: &str = "http://127.0.0.1:";

/// An engine that reaches a stage and nothing else: the only one that a rehearsal writes with.
pub(super) struct Staged {
    /// Where what it does is told.
    outside: Task,
    task: Task,
    heard: tokio::sync::Mutex<mpsc::Receiver<Envelope>>,
    stage: Arc<dyn Stage>,
}

/// How a run on the copy ended.
#[derive(Debug, Clone)]
pub(super) struct Ran {
    pub(super) run: RunId,
    pub(super) digest: String,
    /// Items by outcome, those that are not written included.
    pub(super) outcomes: Vec<(Outcome, u64)>,
    /// Why it ended before its end.
    why: Option<String>,
}

impl Ran {
    pub(super) fn count(&self, words: &[Outcome]) -> u64 {
        self.outcomes.iter().filter(|(word, _)| words.contains(word)).map(|(_, count)| count).sum()
    }

    /// Why it ended before its end, to be put behind other words.
    pub(super) fn ended(&self) -> String {
        self.why.as_ref().map(|why| format!("; it ended early: {why}")).unwrap_or_default()
    }
}

/// Results that were heard while something was at work.
#[derive(Debug, Default)]
struct Heard {
    run: Option<RunId>,
    digest: String,
    outcomes: Vec<(Outcome, u64)>,
    why: Option<String>,
    looked: u64,
    differing: u64,
}

impl Staged {
    /// Refuses a stage that is not on this machine.
    pub(super) async fn new(outside: &Task, stage: Arc<dyn Stage>, dir: &Path) -> Result<Self, Stop> {
        let profile = stage.profile().clone();
        if !is_here(&profile) {
            return Err(
                Failure::new(ErrorCode::Internal, "the copy is not on this machine: nothing is rehearsed").into()
            );
        }
        let state_dir = dir.join("state");
        let made = state_dir.clone();
        blocking(move || private_dir(&made)).await??;
        let (events, heard) = mpsc::channel(WAITING);
        let (counters, _) = watch::channel(Counters::default());
        let mut connected = connect(&profile).await;
        connected.store = connected.store.without_tokens();
        let shared = Shared::new(profile, connected, state_dir, events, counters).for_rehearsal();
        shared.arm(true);
        let task = Task::new(&Arc::new(shared), outside.request, outside.cancel.child_token());
        Ok(Self { outside: outside.clone(), task, heard: tokio::sync::Mutex::new(heard), stage })
    }

    pub(super) fn stage(&self) -> Arc<dyn Stage> {
        Arc::clone(&self.stage)
    }

    pub(super) fn task(&self) -> &Task {
        &self.task
    }

    pub(super) fn state_dir(&self) -> PathBuf {
        self.task.shared.state_dir.clone()
    }

    pub(super) fn reading(&self) -> Reading {
        self.task.store().meter().reading()
    }

    /// Runs a plan with everything approved; `None` where there was nothing to run.
    pub(super) async fn run(&self, plan: &Plan, step: RehearsalStep) -> Result<Option<Ran>, Stop> {
        let (task, plan) = (self.task.clone(), plan.clone());
        let heard = self.follow(step, async move { Box::pin(run::start(&task, &plan, None, false)).await }).await?;
        let Heard { run, digest, outcomes, why, .. } = heard;
        Ok(run.map(|run| Ran { run, digest, outcomes, why }))
    }

    /// Reads back what a run wrote: how many entities, and how much is otherwise.
    pub(super) async fn verify(&self, run: RunId) -> Result<(u64, u64), Stop> {
        let task = self.task.clone();
        let work = async move { check::run::written(&task, run, None).await };
        let heard = self.follow(RehearsalStep::Verify, work).await?;
        Ok((heard.looked, heard.differing))
    }

    /// Lets something work and hears what it tells until it has ended.
    async fn follow(
        &self,
        step: RehearsalStep,
        work: impl Future<Output = Result<(), Stop>> + Send + 'static,
    ) -> Result<Heard, Stop> {
        let mut heard = Heard::default();
        let mut events = self.heard.lock().await;
        let mut work = tokio::spawn(work);
        let ended = loop {
            tokio::select! {
                biased;
                Some(envelope) = events.recv() => {
                    if let Err(stop) = self.hear(step, envelope.event, &mut heard).await {
                        // Nobody listens any more; what is at work ends by itself.
                        self.task.cancel.cancel();
                        events.close();
                        let _ = work.await;
                        return Err(stop);
                    }
                }
                ended = &mut work => break ended,
            }
        };
        // The last events of the work.
        while let Ok(envelope) = events.try_recv() {
            self.hear(step, envelope.event, &mut heard).await?;
        }
        match ended {
            Ok(Ok(())) => Ok(heard),
            Ok(Err(stop)) => Err(stop),
            Err(error) => Err(Failure::new(ErrorCode::Internal, error.to_string()).into()),
        }
    }

    async fn hear(&self, step: RehearsalStep, event: Event, heard: &mut Heard) -> Result<(), Stop> {
        match event {
            Event::ApprovalNeeded(batch) => {
                if let Some(waiting) = self.task.shared.take_waiting(batch.run, batch.batch) {
                    // Whoever waited may have been cancelled meanwhile.
                    let _ = waiting.answer.send(Decision::ApproveRest { confirm: None });
                }
                Ok(())
            }
            Event::Item(item) => self.item(step, item, heard).await,
            Event::Run(info) => {
                heard.run = Some(info.run);
                heard.digest = info.digest;
                Ok(())
            }
            Event::Paused { run, failure } => {
                heard.why = Some(failure.message.clone());
                self.task.shared.controls.steer(run, Steering::Stop);
                Ok(())
            }
            Event::Stopped { cause, .. } => {
                let word = format!("{cause:?}").to_lowercase();
                heard.why.get_or_insert(word);
                Ok(())
            }
            Event::Finding(finding) if step == RehearsalStep::Verify => {
                heard.differing += u64::from(finding.severity == Severity::Error);
                self.outside.emit(Event::Finding(finding)).await
            }
            Event::Progress { phase, done, total } => {
                heard.looked = done;
                self.outside.emit(Event::Progress { phase, done, total }).await
            }
            Event::Failed(failure) => self.outside.emit(Event::Failed(failure)).await,
            // The other events of a preview were reported by that of the real rows.
            _ => Ok(()),
        }
    }

    async fn item(&self, step: RehearsalStep, item: Box<ItemResult>, heard: &mut Heard) -> Result<(), Stop> {
        let Some(outcome) = item.outcome else { return Ok(()) };
        match heard.outcomes.iter_mut().find(|(word, _)| *word == outcome) {
            Some((_, count)) => *count += 1,
            None => heard.outcomes.push((outcome, 1)),
        }
        let told = RehearsalEvent::Item { step, item };
        self.outside.emit(Event::Rehearsal(Box::new(told))).await
    }
}

fn is_here(profile: &Profile) -> bool {
    let at = &profile.endpoints;
    [&at.dynamodb, &at.s3, &at.cognito].iter().all(|url| url.as_ref().is_some_and(|url| url.starts_with(LOOPBACK)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Endpoints;

    #[test]
    fn a_copy_that_is_elsewhere_is_no_copy() {
        let at = |url: Option<&str>| {
            let here = Some("http://127.0.0.1:9".to_owned());
            let endpoints = Endpoints { dynamodb: here.clone(), s3: url.map(str::to_owned), cognito: here };
            Profile { endpoints, ..Profile::new("p", "dev", "shop") }
        };
        assert!(is_here(&at(Some("http://127.0.0.1:1"))));
        for elsewhere in [None, Some("https://s3.example.com"), Some("http://127.0.0.1.example.com:80")] {
            assert!(!is_here(&at(elsewhere)), "{elsewhere:?}");
        }
    }
}
