//! Parts of every piece of work: its request, its store, its way to report, its end.

pub(super) mod context;
pub(super) mod control;
pub(super) mod kept;
pub(super) mod place;
mod shared;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::config::Profile;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Envelope, Event, Level, RequestId};
use crate::store::ReadStore;
use crate::store::publish::WriteStore;

pub(super) use context::Context;
pub(super) use shared::{Shared, Waiting};

/// One command at work.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Task {
    pub(in crate::engine) shared: Arc<Shared>,
    pub(in crate::engine) request: RequestId,
    pub(in crate::engine) cancel: CancellationToken,
    /// The store, with a meter for this command alone.
    store: Arc<ReadStore>,
}

/// Why a piece of work ended before its end.
#[derive(Debug)]
pub(in crate::engine) enum Stop {
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
    pub(in crate::engine) fn new(shared: &Arc<Shared>, request: RequestId, cancel: CancellationToken) -> Self {
        let store = Arc::new(shared.connected.store.metered());
        Self { shared: Arc::clone(shared), request, cancel, store }
    }

    pub(in crate::engine) fn store(&self) -> &ReadStore {
        &self.store
    }

    /// The store that writes, if the profile is armed.
    pub(in crate::engine) fn writes(&self) -> Option<WriteStore> {
        Some(self.shared.writes()?.counted_by(self.store.meter()))
    }

    /// The store that writes.
    pub(in crate::engine) fn armed(&self) -> Result<WriteStore, Stop> {
        self.writes().ok_or_else(|| {
            Failure::new(ErrorCode::Usage, "the profile is read-only until armed").hint("arm it first").into()
        })
    }

    pub(in crate::engine) fn profile(&self) -> &Profile {
        &self.shared.profile
    }

    /// Tells; waits while the listener is slow, and stops when it has gone.
    pub(in crate::engine) async fn emit(&self, event: Event) -> Result<(), Stop> {
        self.shared.count(|_| {});
        let envelope = Envelope { request: self.request, event };
        self.shared.events.send(envelope).await.map_err(|_| Stop::Cancelled)
    }

    pub(in crate::engine) async fn log(&self, text: impl Into<String>) -> Result<(), Stop> {
        self.emit(Event::Log(Level::Info, text.into())).await
    }

    pub(in crate::engine) async fn warn(&self, text: impl Into<String>) -> Result<(), Stop> {
        self.emit(Event::Log(Level::Warning, text.into())).await
    }

    pub(in crate::engine) async fn failed(&self, failure: Failure) -> Result<(), Stop> {
        self.emit(Event::Failed(Box::new(failure))).await
    }

    /// Looked at between two items, never inside a write.
    pub(in crate::engine) fn check(&self) -> Result<(), Stop> {
        if self.cancel.is_cancelled() { Err(Stop::Cancelled) } else { Ok(()) }
    }
}

/// Runs what blocks on the disk where blocking does no harm.
pub(in crate::engine) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Stop> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Failure::new(ErrorCode::Internal, e.to_string()).into())
}
