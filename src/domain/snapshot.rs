//! An entity at one moment, as far as a publish needs it.

use std::sync::Arc;

use super::key::Version;
use super::row::{Row, field};
use super::run::Reason;
use super::timeline::{is_failed, is_stuck};
use super::value::Value;

/// Why an entity whose ttl has passed is not worked with.
pub const PAST_TTL: &str = "its ttl has passed: the application counts it as gone, and DynamoDB removes it within days";

/// Facts that a decision about an entity rests on, read consistently.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntitySnapshot {
    /// The data row as stored.
    pub data: Option<Arc<Row>>,
    /// The data row with its attributes in place.
    pub resolved: Option<Arc<Row>>,
    /// The data row with the name of its object's bytes in place of its attributes, where these say less than the bytes or cannot be
    /// stored anew: for work that changes no attribute.
    pub as_bytes: Option<Arc<Row>>,
    /// Its version, 0 where there is none.
    pub version: Version,
    /// The command row of that version.
    pub command: Option<Row>,
    /// The command row right above it.
    pub next_command: Option<Row>,
    /// Whether its ttl has passed: DynamoDB removes it within days, and the application counts it as gone.
    pub is_past_ttl: bool,
    /// Whether its ttl removed it while older commands still stand under its versions: see [`is_remnant`].
    pub is_expired: bool,
}

/// Whether commands without a data row are what an expired entity left, and not commands that were never applied. The data row and the
/// newest command row carry the same ttl and vanish together; older commands have one of their own, or none.
///
/// `first` is the command of version 1, `second` that of version 2, `has_history` whether version 1 stands in history.
#[must_use]
pub fn is_remnant(first: &Row, second: Option<&Row>, has_history: bool, now: i64) -> bool {
    // Whatever its last status: a version that history has, or that another was published upon, was applied.
    let is_followed = second.is_some_and(|row| row.text(field::SYNC_MODE) == Some("SYNC"));
    has_history || is_followed || is_past(first, now) || first.text(field::STATUS) == Some("finish:FINISHED")
}

/// Whether a row's ttl has passed; `now` in Unix seconds.
#[must_use]
pub fn is_past(row: &Row, now: i64) -> bool {
    row.get(field::TTL)
        .and_then(Value::as_number)
        .and_then(|n| n.as_str().parse::<f64>().ok())
        .is_some_and(|at| at < now as f64)
}

impl EntitySnapshot {
    /// The entity with its attributes as bytes, where they may have to be carried so.
    #[must_use]
    pub fn carried_as_bytes(&self) -> Option<Self> {
        let row = self.as_bytes.clone()?;
        Some(Self { resolved: Some(row), ..self.clone() })
    }

    /// The reference to the S3 object that its attributes stand in, as stored.
    #[must_use]
    pub fn attributes_ref(&self) -> Option<&str> {
        self.data.as_ref().and_then(|row| row.attributes_ref())
    }

    /// Whether its attributes stand in an S3 object.
    #[must_use]
    pub fn is_in_s3(&self) -> bool {
        self.attributes_ref().is_some()
    }

    /// Why nothing may be published on top of the entity; `None` when it may.
    #[must_use]
    pub fn blocked_by_command(&self) -> Option<(Reason, String)> {
        let next = self.next_command.as_ref()?;
        let version = self.version.next();
        if self.is_expired {
            let message = "the entity expired; older commands still stand under its versions, and nothing can be published there \
                           until they expire too";
            return Some((Reason::Expired, message.to_owned()));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    #[test]
    fn what_was_applied_and_is_gone_has_expired() {
        let failed = row(r#"{"status":"publish_sync:FAILED","syncMode":"SYNC","ttl":null}"#);
        let finished = row(r#"{"status":"finish:FINISHED","syncMode":"SYNC"}"#);
        assert!(!is_remnant(&failed, None, false, 100), "nothing tells that it was applied");
        assert!(is_remnant(&failed, None, true, 100), "history has it");
        assert!(is_remnant(&failed, Some(&finished), false, 100), "published upon");
        assert!(
            !is_remnant(&failed, Some(&row(r#"{"status":"check_version:FINISHED"}"#)), false, 100),
            "queued behind it"
        );
        assert!(is_remnant(&finished, None, false, 100));
        assert!(
            is_remnant(&row(r#"{"ttl":99}"#), None, false, 100)
                && !is_remnant(&row(r#"{"ttl":101}"#), None, false, 100)
        );
        let seen = EntitySnapshot { next_command: Some(failed), is_expired: true, ..EntitySnapshot::default() };
        assert_eq!(seen.blocked_by_command().unwrap().0, Reason::Expired);
    }
}
