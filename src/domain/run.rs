//! The words of the contract for runs, items and their outcomes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::words::words;

/// Identifies a run: a ULID, so runs sort by the time they began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(ulid::Ulid);

/// A text that is not a run id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a run id (26 letters and digits, as `tenantry runs` prints them)")]
pub struct BadRunId(pub String);

impl RunId {
    /// A new id for a run that begins now.
    #[must_use]
    pub fn generate() -> Self {
        Self(ulid::Ulid::generate())
    }

    /// The id for a given time and random part, for tests and repeatable demo data.
    #[must_use]
    pub fn from_parts(unix_millis: u64, random: u128) -> Self {
        Self(ulid::Ulid::from_parts(unix_millis, random))
    }

    /// When the run was made, in milliseconds since 1970.
    #[must_use]
    pub fn unix_millis(self) -> u64 {
        self.0.timestamp_ms()
    }

    /// The `requestId` in the framework's rows of everything that the run writes.
    #[must_use]
    pub fn request_id(self) -> String {
        format!("tenantry-{self}")
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RunId {
    type Err = BadRunId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ulid::Ulid::from_str(text).map(Self).map_err(|_| BadRunId(text.to_owned()))
    }
}

impl TryFrom<String> for RunId {
    type Error = BadRunId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.to_string()
    }
}

words! {
    /// Action that a run intends for an item.
    Action {
        /// Nothing is there yet.
        Create = "create",
        /// A new version over a live one.
        Update = "update",
        /// A soft delete.
        Delete = "delete",
        /// A live version over a soft-deleted one.
        Restore = "restore",
        /// Already as wanted.
        Equal = "equal",
        /// Not changed on purpose, as the plan says.
        Skip = "skip",
        /// Someone else's change stands in between.
        Conflict = "conflict",
        /// Cannot be written.
        Invalid = "invalid",
    }
}

impl Action {
    /// True where carrying it out writes anything.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete | Self::Restore)
    }

    /// Outcome of an item that is not written.
    #[must_use]
    pub fn unwritten(self) -> Outcome {
        match self {
            Self::Equal => Outcome::Equal,
            Self::Conflict => Outcome::Conflict,
            Self::Invalid => Outcome::Invalid,
            Self::Create | Self::Update | Self::Delete | Self::Restore | Self::Skip => Outcome::Skipped,
        }
    }
}

words! {
    /// Outcome of an item.
    Outcome {
        /// Written.
        Done = "done",
        /// Was already as wanted.
        Equal = "equal",
        /// Not changed on purpose.
        Skipped = "skipped",
        /// Not written: someone else's change stands in between.
        Conflict = "conflict",
        /// Not written: it cannot be.
        Invalid = "invalid",
        /// Not written: the attempt failed.
        Failed = "failed",
        /// Waits for a decision.
        Held = "held",
    }
}

words! {
    /// Why an item was not simply written.
    Reason {
        /// The target exists.
        Exists = "exists",
        /// The source or target is soft-deleted.
        Deleted = "deleted",
        /// A command waits for the application's pipeline.
        Pending = "pending",
        /// A failed command blocks the entity.
        Wedged = "wedged",
        /// The sort key contains `@`.
        AtSign = "at_sign",
        /// Two sources want one target.
        Collision = "collision",
        /// The source is no longer at the version shown.
        SourceChanged = "source_changed",
        /// The target is no longer at the version shown.
        TargetChanged = "target_changed",
        /// This run had already written it.
        AlreadyWritten = "already_written",
        /// The tables do not prove what a journal says of it.
        Unproven = "unproven",
        /// Nobody approved it.
        NotApproved = "not_approved",
        /// The source is gone.
        MissingSource = "missing_source",
        /// The version is in no table.
        MissingVersion = "missing_version",
        /// The version, or the entity, has passed its ttl.
        Expired = "expired",
        /// The schema refuses the result.
        Schema = "schema",
        /// A reference leads nowhere.
        Reference = "reference",
        /// The transform failed.
        Transform = "transform",
        /// The chain lacks a step.
        ChainGap = "chain_gap",
        /// Its schema version is higher than the plan's.
        FutureVersion = "future_version",
        /// A JSON text cannot be read.
        MalformedJson = "malformed_json",
        /// The row would be larger than DynamoDB allows.
        TooLarge = "too_large",
        /// The keys do not fit together.
        KeyInvalid = "key_invalid",
        /// The S3 object of the attributes is gone.
        S3Missing = "s3_missing",
        /// The S3 object is there and holds no attributes object.
        S3Unreadable = "s3_unreadable",
        /// A value that DynamoDB or the framework cannot hold.
        Unsupported = "unsupported",
        /// The credentials lack a permission.
        AccessDenied = "access_denied",
        /// The service refused it as it is.
        Refused = "refused",
        /// The service kept throttling.
        Throttled = "throttled",
        /// No outcome in time.
        Timeout = "timeout",
        /// The application's pipeline refused or failed.
        PipelineFailed = "pipeline_failed",
        /// The CSV row cannot be read.
        Csv = "csv",
    }
}

words! {
    /// Where a run stands.
    RunState {
        /// Waits for approval.
        Waiting = "waiting",
        /// Writes.
        Running = "running",
        /// Ended before all items had an outcome.
        Stopped = "stopped",
        /// Every item has an outcome.
        Done = "done",
        /// Another run took it back.
        Undone = "undone",
    }
}

words! {
    /// Kind of work that a run does.
    Operation {
        /// Copies entities to another tenant.
        Copy = "copy",
        /// Copies, and soft-deletes the source.
        Move = "move",
        /// Puts tenant codes in lower case.
        Normalize = "normalize",
        /// Changes attributes in place.
        Transform = "transform",
        /// Reads a CSV file.
        Import = "import",
        /// Writes a CSV file.
        Export = "export",
        /// Changes tenant codes of Cognito users.
        Users = "users",
        /// Takes entities back to an earlier version.
        Rollback = "rollback",
        /// Takes a run back.
        Undo = "undo",
        /// Finishes commands that nothing else will; no plan file says so.
        Repair = "repair",
    }
}

impl Operation {
    /// Those that a plan file may name.
    pub fn planned() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|operation| *operation != Self::Repair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(*reason));
            assert_eq!(serde_json::to_string(reason).unwrap(), format!("\"{reason}\""));
        }
        assert_eq!("no".parse::<Outcome>(), Err("no".to_owned()));
    }

    #[test]
    fn run_ids_are_checked() {
        let id = RunId::from_parts(1_767_225_600_000, 7);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.request_id().len(), 35);
        assert!("../../etc/passwd".parse::<RunId>().is_err());
    }
}
