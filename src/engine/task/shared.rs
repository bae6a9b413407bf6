//! State that all work of an engine shares.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};

use super::control::Controls;
use super::kept::{Kept, Listing};
use crate::config::Profile;
use crate::domain::digest::part_digest;
use crate::domain::run::RunId;
use crate::domain::s3_prefix::S3Prefix;
use crate::engine::protocol::{Counters, Decision, Envelope, OpenStage, RequestId, RunCost};
use crate::store::publish::WriteStore;
use crate::store::{Connected, Meter};

/// A batch that waits for a decision.
#[derive(Debug)]
pub(in crate::engine) struct Waiting {
    pub(in crate::engine) digest: String,
    /// Numbers of its items and their digests, in their order.
    pub(in crate::engine) items: Vec<(u64, String)>,
    pub(in crate::engine) confirm: Option<String>,
    pub(in crate::engine) answer: oneshot::Sender<Decision>,
}

impl Waiting {
    /// The digest that a decision has to go with.
    pub(in crate::engine) fn digest_of(&self, decision: &Decision) -> String {
        match decision {
            Decision::ApprovePart { without, .. } => {
                part_digest(self.items.iter().map(|(n, digest)| (digest, without.contains(n))))
            }
            _ => self.digest.clone(),
        }
    }

    /// Why items cannot be taken out; `None` where they can.
    pub(in crate::engine) fn no_part(&self, decision: &Decision) -> Option<String> {
        let Decision::ApprovePart { without, .. } = decision else { return None };
        if let Some(n) = without.iter().find(|n| !self.items.iter().any(|(of, _)| of == *n)) {
            return Some(format!("item {n} is not in this batch"));
        }
        let left = self.items.iter().filter(|(n, _)| !without.contains(n)).count();
        (left == 0).then(|| "every item is taken out: skip the batch instead".to_owned())
    }
}

/// State that all work of an engine shares.
#[derive(Debug)]
pub(in crate::engine) struct Shared {
    pub(in crate::engine) profile: Profile,
    pub(in crate::engine) connected: Connected,
    pub(in crate::engine) state_dir: PathBuf,
    pub(in crate::engine) events: mpsc::Sender<Envelope>,
    pub(in crate::engine) counters: watch::Sender<Counters>,
    /// The store that writes, while the operator has armed the profile.
    armed: Mutex<Option<WriteStore>>,
    waiting: Mutex<HashMap<(RunId, u32), Waiting>>,
    pub(in crate::engine) controls: Controls,
    /// The preview that can be looked at.
    pub(in crate::engine) kept: tokio::sync::Mutex<Option<Kept>>,
    listing: Mutex<Option<Listing>>,
    modules: Mutex<Option<Vec<String>>>,
    /// Makes the services that plans are rehearsed on.
    pub(in crate::engine) stage: Option<OpenStage>,
    /// Whether this is a rehearsal: where its rows came from was looked at there.
    pub(in crate::engine) is_rehearsal: bool,
    /// Files with signatures for the runs to come.
    signed: Mutex<Vec<PathBuf>>,
    /// The meter of the run that began last.
    run: Mutex<Option<(RequestId, Arc<Meter>)>>,
    /// Where parts of plans keep their journals beside the state directory.
    journals: Mutex<Option<S3Prefix>>,
}

/// A poisoned lock only means that another task panicked while it held plain data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(in crate::engine) fn new(
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
            stage: None,
            is_rehearsal: false,
            signed: Mutex::default(),
            run: Mutex::default(),
            journals: Mutex::default(),
        }
    }

    pub(in crate::engine) fn with_stage(self, stage: Option<OpenStage>) -> Self {
        Self { stage, ..self }
    }

    pub(in crate::engine) fn for_rehearsal(self) -> Self {
        Self { is_rehearsal: true, ..self }
    }

    pub(in crate::engine) fn arm(&self, armed: bool) {
        *lock(&self.armed) = armed.then(|| self.connected.store.arm());
    }

    /// The store that writes; `None` while the profile is read-only.
    pub(super) fn writes(&self) -> Option<WriteStore> {
        lock(&self.armed).clone()
    }

    pub(in crate::engine) fn take_signed(&self, files: &[PathBuf]) {
        *lock(&self.signed) = files.to_vec();
    }

    pub(in crate::engine) fn keep_journals(&self, at: Option<S3Prefix>) {
        *lock(&self.journals) = at;
    }

    pub(in crate::engine) fn journals(&self) -> Option<S3Prefix> {
        lock(&self.journals).clone()
    }

    pub(in crate::engine) fn signed(&self) -> Vec<PathBuf> {
        lock(&self.signed).clone()
    }

    pub(in crate::engine) fn wait_for(&self, run: RunId, batch: u32, waiting: Waiting) {
        lock(&self.waiting).insert((run, batch), waiting);
    }

    pub(in crate::engine) fn take_waiting(&self, run: RunId, batch: u32) -> Option<Waiting> {
        lock(&self.waiting).remove(&(run, batch))
    }

    pub(in crate::engine) fn take_listing(&self) -> Option<Listing> {
        lock(&self.listing).take()
    }

    pub(in crate::engine) fn put_listing(&self, listing: Listing) {
        *lock(&self.listing) = Some(listing);
    }

    pub(in crate::engine) fn known_modules(&self) -> Option<Vec<String>> {
        lock(&self.modules).clone()
    }

    pub(in crate::engine) fn know_modules(&self, modules: &[String]) {
        *lock(&self.modules) = Some(modules.to_vec());
    }

    /// Counts the cost of a run from now on, in place of that of the one before.
    pub(in crate::engine) fn count_run(&self, request: RequestId, meter: &Arc<Meter>) {
        *lock(&self.run) = Some((request, Arc::clone(meter)));
    }

    fn run_cost(&self) -> Option<RunCost> {
        let run = lock(&self.run);
        let (request, meter) = run.as_ref()?;
        let reading = meter.reading();
        Some(RunCost { request: *request, write_units: reading.write_units, throttled: reading.throttled })
    }

    /// Lets who looks at the counters see what was sent meanwhile, also while nothing comes back.
    pub(in crate::engine) fn refresh(&self) {
        let reading = self.connected.store.meter().reading();
        let run = self.run_cost();
        self.counters.send_if_modified(|counters| {
            let session = self.connected.session_end();
            let is_new = counters.requests != reading.requests
                || counters.throttled != reading.throttled
                || counters.session != session;
            (counters.requests, counters.throttled) = (reading.requests, reading.throttled);
            (counters.run, counters.session) = (run, session);
            is_new
        });
    }

    /// Brings the counters up to date.
    pub(in crate::engine) fn count(&self, change: impl FnOnce(&mut Counters)) {
        let reading = self.connected.store.meter().reading();
        let run = self.run_cost();
        self.counters.send_modify(|counters| {
            counters.read_units = reading.read_units;
            counters.write_units = reading.write_units;
            counters.requests = reading.requests;
            counters.throttled = reading.throttled;
            counters.run = run;
            counters.session = self.connected.session_end();
            change(counters);
        });
    }
}
