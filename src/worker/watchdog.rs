//! The worker's clock: it ends the process when one piece of work takes too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, Thread};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::PATIENCE;

/// The exit code of a worker that ran out of time.
pub(super) const LATE: i32 = 75;
/// How often it looks while something is at work.
const LOOK: Duration = Duration::from_millis(100);
/// Nothing is at work.
const IDLE: u64 = u64::MAX;

/// Watches what the worker does. Processor time counts: a machine under load makes nothing late.
#[derive(Debug, Clone)]
pub(super) struct Watchdog {
    began: Arc<AtomicU64>,
    thread: Thread,
}

impl Watchdog {
    /// Begins to watch; nothing is at work yet.
    pub(super) fn start() -> std::io::Result<Self> {
        let began = Arc::new(AtomicU64::new(IDLE));
        let seen = Arc::clone(&began);
        let watching = Builder::new().name("watchdog".to_owned()).stack_size(128 << 10).spawn(move || watch(&seen))?;
        Ok(Self { began, thread: watching.thread().clone() })
    }

    /// A piece of work begins.
    pub(super) fn begin(&self) {
        if self.began.swap(spent(), Ordering::Relaxed) == IDLE {
            self.thread.unpark();
        }
    }

    /// Nothing is at work any more.
    pub(super) fn rest(&self) {
        self.began.store(IDLE, Ordering::Relaxed);
    }
}

fn watch(began: &AtomicU64) {
    loop {
        match began.load(Ordering::Relaxed) {
            IDLE => std::thread::park(),
            at if spent().saturating_sub(at) >= micros(PATIENCE) => std::process::exit(LATE),
            _ => std::thread::park_timeout(LOOK),
        }
    }
}

/// Processor time of this process so far, in microseconds.
fn spent() -> u64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(now.tv_sec), u64::try_from(now.tv_nsec));
    seconds.unwrap_or_default() * 1_000_000 + nanos.unwrap_or_default() / 1_000
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
