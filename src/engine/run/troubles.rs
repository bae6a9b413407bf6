//! Reasons against going on: items that failed, and a service that nothing gets through to.

use std::time::{Duration, Instant};

use crate::domain::key::EntityKey;
use crate::domain::plan::StopAfter;
use crate::domain::run::{Outcome, Reason};
use crate::engine::items::ended::ItemEnd;
use crate::engine::journal::{Journal, JournalError};
use crate::engine::protocol::StopCause;
use crate::engine::task::Context;

/// Without a single item getting through for this long the run pauses instead of knocking on.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kept by the pool while it carries items out.
#[derive(Debug)]
pub(super) struct Troubles {
    failed: u64,
    attempted: u64,
    first_failure: Option<String>,
    is_first_told: bool,
    last_success: Instant,
    gave_up: bool,
}

impl Troubles {
    /// Those of a run so far, but for what failed before this start of it.
    pub(super) async fn so_far(journal: &Journal, context: &Context) -> Result<Self, JournalError> {
        let (failed, attempted) = journal.failures().await?;
        let (before, attempted_before) = context.before;
        Ok(Self::new(failed.saturating_sub(before), attempted.saturating_sub(attempted_before), Instant::now()))
    }

    fn new(failed: u64, attempted: u64, now: Instant) -> Self {
        Self { failed, attempted, first_failure: None, is_first_told: false, last_success: now, gave_up: false }
    }

    /// An item has its end.
    pub(super) fn ended(&mut self, key: &EntityKey, end: &ItemEnd) {
        // A refusal is an answer too: the service is there.
        self.last_success = Instant::now();
        self.attempted += 1;
        // A request that the service refuses for its content is refused each time: that ends a run like failures do.
        if end.outcome == Outcome::Failed || end.reason == Some(Reason::Refused) {
            self.failed += 1;
            let message = end.message.as_deref().unwrap_or_default();
            self.first_failure.get_or_insert_with(|| format!("the first failure: {key}: {message}"));
        }
    }

    /// True once so many failed that the run ends.
    pub(super) fn are_too_many(&self, limit: StopAfter) -> bool {
        limit.is_reached(self.failed, self.attempted)
    }

    /// The first failure, once: it says most about why the others failed.
    pub(super) fn take_first(&mut self) -> Option<String> {
        let first = self.first_failure.take().filter(|_| !self.is_first_told);
        self.is_first_told |= first.is_some();
        first
    }

    /// True once nothing has got through for too long.
    pub(super) fn last_too_long(&self) -> bool {
        self.last_success.elapsed() > PATIENCE
    }

    /// It pauses because nothing gets through.
    pub(super) fn give_up(&mut self) {
        self.last_success = Instant::now();
        self.gave_up = true;
    }

    /// Somebody says that it may go on.
    pub(super) fn go_on(&mut self) {
        self.last_success = Instant::now();
        self.gave_up = false;
    }

    /// Why it ends when somebody ends it.
    pub(super) fn cause(&self) -> StopCause {
        if self.gave_up { StopCause::Service } else { StopCause::Operator }
    }
}
