use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::run::RunId;
use crate::engine::protocol::Steering;

/// How a run is to go about it just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Control {
    pub(in crate::engine) paused: bool,
    pub(in crate::engine) stopped: bool,
    /// Items per second at most; 0 for no limit.
    pub(in crate::engine) rate: u32,
    /// Transactions in flight at most.
    pub(in crate::engine) concurrency: usize,
}

impl Control {
    fn steer(&mut self, steering: Steering) {
        match steering {
            Steering::Pause => self.paused = true,
            Steering::Continue => self.paused = false,
            Steering::Rate(rate) => self.rate = rate,
            Steering::Concurrency(concurrency) => self.concurrency = concurrency.max(1),
            Steering::Stop => self.stopped = true,
        }
    }
}

/// Runs that are under way in this process, and their controls.
#[derive(Debug, Default)]
pub(in crate::engine) struct Controls(Mutex<HashMap<RunId, watch::Sender<Control>>>);

impl Controls {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, watch::Sender<Control>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The control of a run that begins to be carried out, or goes on to be.
    pub(in crate::engine) fn take(&self, run: RunId, rate: u32, concurrency: usize) -> watch::Receiver<Control> {
        let fresh = Control { paused: false, stopped: false, rate, concurrency: concurrency.max(1) };
        self.lock().entry(run).or_insert_with(|| watch::channel(fresh).0).subscribe()
    }

    /// Forgets a run.
    pub(in crate::engine) fn drop_run(&self, run: RunId) {
        self.lock().remove(&run);
    }

    /// Ends every run that is under way, between two items.
    pub(in crate::engine) fn stop_all(&self) {
        self.lock().values().for_each(|sender| sender.send_modify(|control| control.steer(Steering::Stop)));
    }

    /// Changes a run that is under way; false when there is none.
    pub(in crate::engine) fn steer(&self, run: RunId, steering: Steering) -> bool {
        self.lock().get(&run).is_some_and(|sender| {
            sender.send_modify(|control| control.steer(steering));
            true
        })
    }
}
