//! A STAND-IN for the application's stream and Step Functions pipeline, so that commands published asynchronously get
//! processed in the sandbox. Real applications bring their own: it copies to relational databases, sends notifications
//! and runs the application's handlers, none of which happens here.

mod imports;
mod inserts;
mod steps;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Objects, SandboxError, Tables};
use imports::Imports;
use inserts::Inserts;
use steps::{Job, Step, Steps};

/// Action of the stand-in on a command row that it finds.
///
/// A row whose attributes hold the text `fail` or `stall` under `_pipeline` gets that, whatever the mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PipelineMode {
    /// Takes it through all steps.
    #[default]
    Apply,
    /// Stops at `sync_data:FAILED`, with the history row but without the data row.
    Fail,
    /// Leaves it as inserted.
    Stall,
}

impl PipelineMode {
    fn from_u8(number: u8) -> Self {
        match number {
            1 => Self::Fail,
            2 => Self::Stall,
            _ => Self::Apply,
        }
    }
}

/// The stand-in's thread; it stops and is joined when dropped.
#[derive(Debug)]
pub(super) struct Pipeline {
    mode: Arc<AtomicU8>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Pipeline {
    /// Starts the stand-in, which applies a command about `delay` after it was inserted.
    pub(super) fn start(tables: Tables, objects: Objects, delay: Duration) -> Result<Self, SandboxError> {
        let mode = Arc::new(AtomicU8::new(PipelineMode::Apply as u8));
        let (stop, stopped) = channel();
        let works = Works {
            inserts: Inserts::new(tables.clone()),
            imports: Imports::new(tables.clone(), objects.clone()),
            steps: Steps::new(tables, objects)?,
            delay,
            mode: Arc::clone(&mode),
            jobs: BinaryHeap::new(),
        };
        let thread = std::thread::Builder::new()
            .name("sandbox-pipeline".to_owned())
            .spawn(move || works.run(&stopped))
            .map_err(|source| SandboxError::Thread { service: "pipeline", source })?;
        Ok(Self { mode, stop: Some(stop), thread: Some(thread) })
    }

    pub(super) fn set_mode(&self, mode: PipelineMode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }

    pub(super) fn mode(&self) -> PipelineMode {
        PipelineMode::from_u8(self.mode.load(Ordering::SeqCst))
    }

    /// Stops before the next step and waits; a sandbox that starts on the same directory goes on from there.
    pub(super) fn stop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the sandbox's pipeline stand-in ended with a panic");
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Suffix of the table of import jobs, behind the application's name.
const IMPORTS: &str = "-import_tmp";
/// How long after a command the next is expected soon.
const BUSY_FOR: Duration = Duration::from_secs(3);

struct Works {
    inserts: Inserts,
    imports: Imports,
    steps: Steps,
    delay: Duration,
    mode: Arc<AtomicU8>,
    /// The next step of each command, the earliest on top; the step breaks ties so that order is total.
    jobs: BinaryHeap<Reverse<(Instant, Step, Job)>>,
}

impl Works {
    fn run(mut self, stopped: &Receiver<()>) {
        // Looking costs a few queries: often enough to be near the delay, seldom while nothing happens.
        let busy = (self.delay / 5).clamp(Duration::from_millis(5), Duration::from_millis(50));
        let idle = (self.delay / 2).clamp(busy, Duration::from_millis(100));
        let mut next_look = Instant::now();
        let mut last_found = Instant::now();
        loop {
            let now = Instant::now();
            if now >= next_look {
                if self.look(now) {
                    last_found = now;
                }
                next_look = now + if now - last_found < BUSY_FOR { busy } else { idle };
            }
            self.work(now, stopped);
            let wake = self.jobs.peek().map_or(next_look, |Reverse((due, ..))| next_look.min(*due));
            match stopped.recv_timeout(wake.saturating_duration_since(Instant::now())) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Takes up the commands inserted since the last look; false when there were none.
    fn look(&mut self, now: Instant) -> bool {
        let mode = PipelineMode::from_u8(self.mode.load(Ordering::SeqCst));
        let inserted = self.inserts.next();
        let found = !inserted.is_empty();
        for (table, image) in inserted {
            if table.ends_with(IMPORTS) {
                if let Err(error) = self.imports.take(&table, &image, mode) {
                    tracing::warn!(%error, "a job is stuck in the sandbox's import stand-in");
                }
                continue;
            }
            if let Some(job) = self.steps.take_up(table, image, mode) {
                self.jobs.push(Reverse((now + Step::FIRST.after(self.delay), Step::FIRST, job)));
            }
        }
        found
    }

    /// Does every step that is due, unless it is told to stop in between.
    fn work(&mut self, now: Instant, stopped: &Receiver<()>) {
        while self.jobs.peek().is_some_and(|Reverse((due, ..))| *due <= now) {
            if stopped.try_recv() != Err(TryRecvError::Empty) {
                return;
            }
            let Some(Reverse((due, step, job))) = self.jobs.pop() else { return };
            match self.steps.take(step, &job) {
                Ok(Some(next)) => {
                    let started = due.checked_sub(step.after(self.delay)).unwrap_or(due);
                    self.jobs.push(Reverse((started + next.after(self.delay), next, job)));
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, ?job, "a command is stuck in the sandbox's pipeline stand-in"),
            }
        }
    }
}
