//! Publishing: the one way in which anything is written to an application's tables.

mod carried;
mod driver;
mod follow;
mod form;
mod jobs;
mod objects;
mod probe;
mod request;
mod same_bytes;
mod shown;
mod snapshot;
mod transact;
mod upload;
mod users;

use std::sync::Arc;

use super::error::{ErrorKind, StoreError};
use super::meter::Meter;
use super::read::ReadStore;
use crate::domain::run::Reason;

pub use carried::Room;
pub use driver::Patience;
pub use follow::{Followed, Following};
pub use form::{in_form, with_bytes};
pub use request::{Counter, NewObjectName, Part, PreviousCommand, PublishRequest, Unfinished, VersionCheck};
pub use shown::Shown;
pub use snapshot::{Snapshot, Unusable};
pub use upload::Upload;
pub use users::Pacer;

/// A store that writes the application's tables. Only an armed [`ReadStore`] becomes one: a store that is not armed cannot write at all.
#[derive(Debug, Clone)]
pub struct WriteStore {
    read: ReadStore,
}

impl ReadStore {
    /// A store that may also write. Called where the operator has armed the profile, and nowhere else.
    #[must_use]
    pub fn arm(&self) -> WriteStore {
        WriteStore { read: self.clone() }
    }
}

impl WriteStore {
    /// The same store, whose requests are counted by another meter.
    #[must_use]
    pub fn counted_by(self, meter: &Arc<Meter>) -> Self {
        Self { read: ReadStore { meter: Arc::clone(meter), ..self.read } }
    }

    /// The reading half.
    #[must_use]
    pub fn reads(&self) -> &ReadStore {
        &self.read
    }
}

/// How a publish ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishOutcome {
    /// The rows are there. `already` when an earlier attempt had written them.
    Done {
        /// Whether they were there before this attempt.
        already: bool,
    },
    /// Nothing was written: someone else's change stands in between.
    Conflict(Reason, String),
    /// Nothing was written: the service refuses the rows as they are.
    Invalid(Reason, String),
    /// Nothing was written: the attempt failed for good.
    Failed(StoreError),
    /// The answers were lost and the rows cannot be seen; they may still appear.
    Unknown(StoreError),
}

/// How a publish ended and what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The end.
    pub outcome: PublishOutcome,
    /// Writes sent.
    pub attempts: u32,
    /// The service's request id of the last answer.
    pub request_id: Option<String>,
}

impl PublishOutcome {
    /// The contract's reason for it, where there is one.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Done { already } => already.then_some(Reason::AlreadyWritten),
            Self::Conflict(reason, _) | Self::Invalid(reason, _) => Some(*reason),
            Self::Failed(error) | Self::Unknown(error) => match error.kind() {
                Some(ErrorKind::AccessDenied | ErrorKind::Kms) => Some(Reason::AccessDenied),
                Some(ErrorKind::Throttled | ErrorKind::Busy) => Some(Reason::Throttled),
                Some(ErrorKind::Unknown) => Some(Reason::Timeout),
                // It is there, understood what was asked of it, and does not do it.
                Some(_) => Some(Reason::Refused),
                None => None,
            },
        }
    }
}
