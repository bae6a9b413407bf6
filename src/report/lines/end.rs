use serde::{Serialize, Serializer};

use super::all_words;
use crate::domain::run::{Action, Outcome, RunId};

/// Why a command ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// SIGINT or SIGTERM.
    Interrupted,
    /// Not armed, or not approved.
    NotApproved,
}

/// What a command would do, or did, in total.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Blast {
    /// Entities written.
    pub entities: u64,
    /// Tenants touched.
    pub tenants: u64,
    /// Requests that write.
    pub requests: u64,
    /// Read units.
    pub read_units: f64,
    /// Write units at most.
    pub write_units: f64,
    /// S3 objects written.
    pub s3_objects: u64,
    /// Step Functions runs started.
    pub step_functions: u64,
    /// Seconds at the chosen rate.
    pub seconds: f64,
}

/// The last line of every command.
#[derive(Debug, Clone, Serialize)]
pub struct EndLine {
    event: &'static str,
    /// The command's name.
    pub command: &'static str,
    /// Its exit code.
    pub exit: u8,
    /// The run it made.
    pub run: Option<RunId>,
    /// Plan digest.
    pub digest: Option<String>,
    /// Items by action.
    #[serde(serialize_with = "actions")]
    pub actions: Vec<(Action, u64)>,
    /// Items by outcome.
    #[serde(serialize_with = "outcomes")]
    pub outcomes: Vec<(Outcome, u64)>,
    /// Result lines.
    pub rows: u64,
    /// Of an exported file.
    pub sha256: Option<String>,
    /// Where a file went.
    pub to: Option<String>,
    /// What it would do, or did.
    pub blast: Blast,
    /// Why it ended early.
    pub stopped: Option<Stopped>,
}

impl EndLine {
    /// The end of a command that did nothing yet.
    #[must_use]
    pub fn new(command: &'static str) -> Self {
        Self {
            event: "end",
            command,
            exit: 0,
            run: None,
            digest: None,
            actions: Vec::new(),
            outcomes: Vec::new(),
            rows: 0,
            sha256: None,
            to: None,
            blast: Blast::default(),
            stopped: None,
        }
    }
}

#[expect(clippy::ptr_arg, reason = "serde hands over the field as it is")]
fn actions<S: Serializer>(counts: &Vec<(Action, u64)>, to: S) -> Result<S::Ok, S::Error> {
    all_words(Action::ALL, counts).serialize(to)
}

#[expect(clippy::ptr_arg, reason = "serde hands over the field as it is")]
fn outcomes<S: Serializer>(counts: &Vec<(Outcome, u64)>, to: S) -> Result<S::Ok, S::Error> {
    all_words(Outcome::ALL, counts).serialize(to)
}

/// The one line of `sandbox serve`.
#[derive(Debug, Serialize)]
pub struct SandboxLine<'a> {
    /// Always `sandbox`.
    pub event: &'static str,
    /// URL.
    pub dynamodb: &'a str,
    /// URL.
    pub s3: &'a str,
    /// URL.
    pub cognito: &'a str,
    /// Bucket.
    pub bucket: &'a str,
    /// Pool id.
    pub user_pool_id: &'a str,
    /// Region.
    pub region: &'a str,
    /// Environment.
    pub environment: &'a str,
    /// App.
    pub app: &'a str,
    /// Account.
    pub account: &'a str,
    /// Fixed key.
    pub access_key_id: &'a str,
    /// Fixed key.
    pub secret_access_key: &'a str,
}
