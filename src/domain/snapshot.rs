//! An entity at one moment, as far as a publish needs it.

use std::sync::Arc;

use super::key::Version;
use super::row::Row;
use super::run::Reason;
use super::timeline::{is_failed, is_stuck};

/// What a decision about an entity rests on, read consistently.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntitySnapshot {
    /// The data row as stored.
    pub data: Option<Arc<Row>>,
    /// The data row with its attributes in place.
    pub resolved: Option<Arc<Row>>,
    /// Its version, 0 where there is none.
    pub version: Version,
    /// The command row of that version.
    pub command: Option<Row>,
    /// The command row right above it.
    pub next_command: Option<Row>,
}

impl EntitySnapshot {
    /// Why nothing may be published on top of the entity; `None` when it may.
    #[must_use]
    pub fn blocked_by_command(&self) -> Option<(Reason, String)> {
        let next = self.next_command.as_ref()?;
        let version = self.version.next();
        let state = next.text("status").unwrap_or("no status yet");
        Some(if is_stuck(next) {
            let what = if is_failed(next) { "failed" } else { "was never finished" };
            (
                Reason::Wedged,
                format!("the command of version {version} {what} ({state}) and blocks every later publish"),
            )
        } else {
            (Reason::Pending, format!("the command of version {version} waits to be processed ({state})"))
        })
    }
}
