//! What every piece of work has: its request, its store, its way to tell, its end.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::items::{Kept, Listing};
use super::protocol::{Counters, Decision, Envelope, Event, Level, RequestId};
use super::run::Controls;
use crate::config::Profile;
use crate::domain::run::RunId;
use crate::store::publish::WriteStore;
use crate::store::{Connected, ReadStore};

/// A batch that waits for a decision.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) digest: String,
    pub(super) confirm: Option<String>,
    pub(super) answer: oneshot::Sender<Decision>,
}

/// What all work of an engine shares.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) profile: Profile,
    pub(super) connected: Connected,
    pub(super) state_dir: PathBuf,
    pub(super) events: mpsc::Sender<Envelope>,
    pub(super) counters: watch::Sender<Counters>,
    /// The store that writes, while the operator has armed the profile.
    armed: Mutex<Option<WriteStore>>,
    waiting: Mutex<HashMap<(RunId, u32), Waiting>>,
    pub(super) controls: Controls,
    /// The preview that can be looked at.
    pub(super) kept: tokio::sync::Mutex<Option<Kept>>,
    listing: Mutex<Option<Listing>>,
    modules: Mutex<Option<Vec<String>>>,
}

/// A poisoned lock only means that another task panicked while it held plain data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(
        profile: Profile,
        connected: Connected,
        state_dir: PathBuf,
        events: mpsc::Sender<Envelope>,
        counters: watch::Sender<Counters>,
    ) -> Self {
        Self {
            profile,
            connected,
            state_dir,
            events,
            counters,
            armed: Mutex::default(),
            waiting: Mutex::default(),
            controls: Controls::default(),
            kept: tokio::sync::Mutex::default(),
            listing: Mutex::default(),
            modules: Mutex::default(),
        }
    }

    pub(super) fn arm(&self, armed: bool) {
        *lock(&self.armed) = armed.then(|| self.connected.store.arm());
    }

    /// The store that writes; `None` while the profile is read-only.
    pub(super) fn writes(&self) -> Option<WriteStore> {
        lock(&self.armed).clone()
    }

    pub(super) fn wait_for(&self, run: RunId, batch: u32, waiting: Waiting) {
        lock(&self.waiting).insert((run, batch), waiting);
    }

    pub(super) fn take_waiting(&self, run: RunId, batch: u32) -> Option<Waiting> {
        lock(&self.waiting).remove(&(run, batch))
    }

    pub(super) fn take_listing(&self) -> Option<Listing> {
        lock(&self.listing).take()
    }

    pub(super) fn put_listing(&self, listing: Listing) {
        *lock(&self.listing) = Some(listing);
    }

    pub(super) fn known_modules(&self) -> Option<Vec<String>> {
        lock(&self.modules).clone()
    }

    pub(super) fn know_modules(&self, modules: &[String]) {
        *lock(&self.modules) = Some(modules.to_vec());
    }

    /// Lets who looks at the counters see what was sent meanwhile, also while nothing comes back.
    pub(super) fn refresh(&self) {
        let reading = self.connected.store.meter().reading();
        self.counters.send_if_modified(|counters| {
            let is_new = counters.requests != reading.requests || counters.throttled != reading.throttled;
            (counters.requests, counters.throttled) = (reading.requests, reading.throttled);
            is_new
        });
    }

    /// Brings the counters up to date.
    pub(super) fn count(&self, change: impl FnOnce(&mut Counters)) {
        let reading = self.connected.store.meter().reading();
        self.counters.send_modify(|counters| {
            counters.read_units = reading.read_units;
            counters.write_units = reading.write_units;
            counters.requests = reading.requests;
            counters.throttled = reading.throttled;
            change(counters);
        });
    }
}

/// One command at work.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) shared: Arc<Shared>,
    pub(super) request: RequestId,
    pub(super) cancel: CancellationToken,
}

/// Why a piece of work ended before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// It failed.
    Failed(Box<Failure>),
    /// It was cancelled, or nobody listens any more.
    Cancelled,
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(Box::new(error.into()))
    }
}

impl Task {
    pub(super) fn store(&self) -> &ReadStore {
        &self.shared.connected.store
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.shared.profile
    }

    /// Tells; waits while the listener is slow, and stops when it has gone.
    pub(super) async fn emit(&self, event: Event) -> Result<(), Stop> {
        self.shared.count(|_| {});
        let envelope = Envelope { request: self.request, event };
        self.shared.events.send(envelope).await.map_err(|_| Stop::Cancelled)
    }

    pub(super) async fn log(&self, text: impl Into<String>) -> Result<(), Stop> {
        self.emit(Event::Log(Level::Info, text.into())).await
    }

    pub(super) async fn warn(&self, text: impl Into<String>) -> Result<(), Stop> {
        self.emit(Event::Log(Level::Warning, text.into())).await
    }

    pub(super) async fn failed(&self, failure: Failure) -> Result<(), Stop> {
        self.emit(Event::Failed(Box::new(failure))).await
    }

    /// Looked at between two items, never inside a write.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if self.cancel.is_cancelled() { Err(Stop::Cancelled) } else { Ok(()) }
    }
}
