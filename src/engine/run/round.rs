//! One item on its way: sent, judged, sent again.

use std::time::Instant;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::domain::item::Role;
use crate::domain::publish::PublishMode;
use crate::domain::run::{Outcome, Reason};
use crate::engine::items::ended::ItemEnd;
use crate::engine::items::ended::not_as_approved;
use crate::engine::items::request::request;
use crate::engine::journal::OpenItem;
use crate::engine::task::Context;
use crate::store::backoff::delay;
use crate::store::error::{ErrorKind, StoreError};
use crate::store::publish::{Followed, Following, Part, Patience, PublishOutcome, Published, WriteStore};

/// Reads in a row that may fail while a command is followed: with the pauses in between about a minute.
const FOLLOW_FAILURES: u32 = 16;

/// Rounds of an item after errors that nobody knows.
const ROUNDS_IN_THE_DARK: u32 = 3;

/// An item that waits for its turn.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) open: OpenItem,
    pub(super) attempts: u32,
    pub(super) rounds: u32,
    pub(super) not_before: Option<Instant>,
    /// Nobody else may touch its entities: it was sent, and is not over.
    pub(super) holds: bool,
    /// Units that its busiest partition takes for it, once it was built.
    pub(super) units: Option<u64>,
    /// Whether a round before this one, of this process or of one that was killed, may have written it.
    sent: bool,
}

impl Pending {
    pub(super) fn new(open: OpenItem) -> Self {
        let sent = open.begun;
        Self { open, attempts: 0, rounds: 0, not_before: None, holds: false, units: None, sent }
    }
}

/// Result of one round of an item.
pub(super) enum Round {
    Ended(ItemEnd),
    /// Nothing is known against it: once more, later.
    Again(StoreError),
    /// Nothing gets through, and asking again changes nothing: somebody has to mend it.
    Stuck(StoreError),
    /// The waiting for the pipeline was cut short.
    Open,
}

/// One round of an item: built, sent, and in async mode followed.
pub(super) async fn round(
    store: &WriteStore,
    context: &Context,
    pending: &mut Pending,
    slots: &Semaphore,
    cancel: &CancellationToken,
) -> Round {
    let open = &pending.open;
    if let Some(end) = not_as_approved(open, context) {
        return Round::Ended(end);
    }
    if let Some(part) = open.item.part(Role::User) {
        let (Some(before), Some(after)) = (&part.before, &part.after) else { return Round::Ended(unbuilt(&lost())) };
        let (pool, name) = (part.key.pk.as_str(), part.key.sk.as_str());
        let published = store.publish_user(pool, name, before, after, context.settings.rate == 0).await;
        return judged(&published, pending).unwrap_or_else(Round::Ended);
    }
    let built = request(store.reads(), &open.item, open.n, context.run, &context.stamp, context.mode);
    let request = match built {
        Ok(request) => request,
        Err(error) => return Round::Ended(unbuilt(&error)),
    };
    pending.units = request.busiest_units();
    let published = {
        // Never closed while the pool lives.
        let _slot = slots.acquire().await;
        match pending.sent {
            true => store.publish_again(&request, Patience::IN_RUN).await,
            false => store.publish(&request, Patience::IN_RUN).await,
        }
    };
    let mut end = match judged(&published, pending) {
        Ok(round) => return round,
        Err(end) => end,
    };
    if context.mode == PublishMode::Async && end.outcome == Outcome::Done {
        pending.sent = true;
        let following = Following { timeout: context.settings.timeout, ..Following::default() };
        for part in &request.parts {
            let followed = tokio::select! {
                followed = patiently(store, part, following) => followed,
                // The write is over; only the waiting ends, and is taken up again when the run is gone on with.
                () = cancel.cancelled() => return Round::Open,
            };
            match followed {
                Ok(followed) => end.followed(&followed),
                Err(error) => return once_more(error, pending),
            }
        }
    }
    Round::Ended(end)
}

/// The step after an attempt: another round, or the item's end.
fn judged(published: &Published, pending: &mut Pending) -> Result<Round, ItemEnd> {
    let Some(end) = ItemEnd::of(published, pending.attempts) else {
        pending.sent = true;
        let PublishOutcome::Unknown(error) = &published.outcome else { return Ok(Round::Open) };
        return Ok(once_more(error.clone(), pending));
    };
    let PublishOutcome::Failed(error) = &published.outcome else { return Err(end) };
    match error.kind() {
        Some(kind) if concerns_all(kind) => Ok(Round::Stuck(error.clone())),
        Some(ErrorKind::Throttled | ErrorKind::Busy | ErrorKind::Endpoint | ErrorKind::Unknown) => {
            Ok(Round::Again(error.clone()))
        }
        _ => Err(end),
    }
}

/// Causes that the next item would meet with as well, however often it is asked.
fn concerns_all(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Credentials
            | ErrorKind::SignIn
            | ErrorKind::Config
            | ErrorKind::Clock
            | ErrorKind::Proxy
            | ErrorKind::Region
    )
}

/// An item whose outcome is not known yet: asked again while that may help, and a few times where nobody knows whether it does.
fn once_more(error: StoreError, pending: &Pending) -> Round {
    match error.kind() {
        Some(kind) if concerns_all(kind) => Round::Stuck(error),
        // It cannot be seen whether it was written, and will not be.
        Some(ErrorKind::AccessDenied | ErrorKind::Kms) => Round::Stuck(error),
        Some(ErrorKind::Internal | ErrorKind::Invalid | ErrorKind::NoTable | ErrorKind::NotFound) | None
            if pending.rounds >= ROUNDS_IN_THE_DARK =>
        {
            Round::Stuck(error)
        }
        _ => Round::Again(error),
    }
}

fn lost() -> StoreError {
    StoreError::Build("the journal has no attributes for this user".to_owned())
}

/// The end of an item that was previewed and cannot be built any more: the profile changed in between.
fn unbuilt(error: &StoreError) -> ItemEnd {
    ItemEnd {
        outcome: Outcome::Invalid,
        reason: Some(error.item_reason().unwrap_or(Reason::KeyInvalid)),
        message: Some(error.to_string()),
        attempts: 0,
        request_id: None,
    }
}

/// Follows a command; reads that fail for a moment are repeated, and end nothing.
async fn patiently(store: &WriteStore, part: &Part, following: Following) -> Result<Followed, StoreError> {
    let mut failures = 0;
    loop {
        match store.reads().follow(&part.module, &part.key, part.version, following).await {
            Err(StoreError::Service(error)) if error.is_transient() && failures < FOLLOW_FAILURES => {
                failures += 1;
                tokio::time::sleep(delay(failures)).await;
            }
            other => return other,
        }
    }
}
