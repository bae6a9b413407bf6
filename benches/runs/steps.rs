//! One step that an engine carries out: its time, and the memory that this process holds meanwhile.

use std::time::{Duration, Instant};

use tenantry::domain::run::{Outcome, RunId};
use tenantry::engine::protocol::{Command, Decision, Envelope, Event, Phase};
use tenantry::report::Keeper;

use crate::{Driver, peak_mb};

/// A command, and how it is seen how far it is.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) command: Command,
    /// The phase whose progress counts; where it writes, the items that are done count.
    pub(crate) phase: Phase,
    /// Count at the end.
    pub(crate) total: usize,
    /// Takes what is copied.
    pub(crate) keeper: Option<Box<dyn Keeper>>,
}

/// Result of a step.
pub(crate) struct Taken {
    pub(crate) name: &'static str,
    /// From the approval on, where there was one.
    pub(crate) took: Duration,
    /// The run that a plan was previewed for.
    pub(crate) run: Option<RunId>,
    pub(crate) memory: Peaks,
}

/// Peak resident memory of a step, in megabytes.
pub(crate) struct Peaks {
    /// Of all of it, the preview before an approval included.
    pub(crate) most: f64,
    /// Of its first half and of its second, where both can be told apart.
    pub(crate) halves: Option<(f64, f64)>,
}

impl Step {
    pub(crate) fn new(name: &'static str, command: Command, phase: Phase, total: usize) -> Self {
        Self { name, command, phase, total, keeper: None }
    }

    /// Carries it out to its end, and approves all that it asks for.
    pub(crate) async fn take(self, driver: &mut Driver) -> Taken {
        let Self { name, command, phase, total, mut keeper } = self;
        let total = total as u64;
        let mut memory = Memory::new(total / 2);
        let mut began = Instant::now();
        let request = driver.send(command).await;
        let (mut done, mut run) = (0u64, None);
        while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
            match event {
                Event::Planned(summary) => {
                    run = Some(summary.run);
                    if phase == Phase::Preview {
                        done = summary.actions.iter().map(|(_, count)| *count).sum();
                    }
                }
                Event::ApprovalNeeded(batch) => {
                    memory.turn();
                    began = Instant::now();
                    let decision = Decision::ApproveRest { confirm: None };
                    let (run, batch, digest) = (batch.run, batch.batch, batch.digest);
                    driver.send(Command::Decide { run, batch, digest, decision }).await;
                }
                Event::Item(item) if item.outcome == Some(Outcome::Done) => {
                    done += 1;
                    memory.at(done);
                }
                Event::Progress { phase: now, done: behind, .. } if now == phase && phase != Phase::Run => {
                    done = behind;
                    memory.at(done);
                }
                Event::Exported(file) => done = file.rows,
                Event::Copied(part) => {
                    if let Some(keeper) = &mut keeper {
                        tokio::task::block_in_place(|| keeper.take(*part)).expect("a disk");
                    }
                }
                Event::Finding(finding) => panic!("{finding:?}"),
                Event::Failed(failure) | Event::Paused { failure, .. } => panic!("{failure}"),
                Event::Finished { .. } if of == request => break,
                _ => {}
            }
        }
        if let Some(keeper) = keeper {
            keeper.finish().expect("a disk");
        }
        let taken = Taken { name, took: began.elapsed(), run, memory: memory.end() };
        assert_eq!(done, total, "{name}");
        println!("  {name}: {:.1} s, peak {:.0} MB", taken.took.as_secs_f64(), taken.memory.most);
        taken
    }
}

/// Waits until a command is answered; gives back the number of runs that the answer tells of.
pub(crate) async fn answered(driver: &mut Driver, command: Command) -> usize {
    let request = driver.send(command).await;
    let mut runs = 0;
    while let Some(Envelope { request: of, event }) = driver.handle.events.recv().await {
        match event {
            Event::Run(_) if of == request => runs += 1,
            Event::Failed(failure) => panic!("{failure}"),
            Event::Finished { .. } if of == request => break,
            _ => {}
        }
    }
    runs
}

/// Peaks while a step goes on.
struct Memory {
    most: f64,
    first: Option<f64>,
    /// Count at which the second half begins.
    half: u64,
}

impl Memory {
    fn new(half: u64) -> Self {
        resets_peak();
        Self { most: 0.0, first: None, half }
    }

    /// So many items are behind the step.
    fn at(&mut self, done: u64) {
        if done >= self.half {
            self.half = u64::MAX;
            self.first = self.turn();
        }
    }

    /// Measures anew from here; gives back the peak until here, where the next one will be told apart from it.
    fn turn(&mut self) -> Option<f64> {
        let peak = peak_mb();
        self.most = self.most.max(peak);
        resets_peak().then_some(peak)
    }

    fn end(self) -> Peaks {
        let last = peak_mb();
        Peaks { most: self.most.max(last), halves: self.first.map(|first| (first, last)) }
    }
}

/// Has the peak of this process begin at what it holds now; not every kernel can.
pub(crate) fn resets_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}
