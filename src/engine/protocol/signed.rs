//! Signatures over a plan, and the people who give them.

use serde::Serialize;

use crate::signing::{Policy, Subject};

/// A signature over a plan, and whether it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// Whose it is, as the file of signers says; `None` where that is not known.
    pub principal: Option<String>,
    /// The SHA-256 of the key; `None` where none can be read.
    pub key: Option<String>,
    /// When it was checked: RFC 3339, UTC, milliseconds.
    pub at: String,
    /// How long it counts, likewise; `None` for one that does not.
    pub until: Option<String>,
    /// Whether it counts.
    pub valid: bool,
    /// Why it does not.
    pub reason: Option<String>,
    /// The file that it is from; empty for one of the journal.
    pub file: String,
}

/// The subject to be signed, and whose signatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOff {
    /// The plan, and where it runs.
    pub subject: Subject,
    /// People whose signatures the profile asks for.
    pub required: usize,
    /// Whose count; the error says why that is not known.
    pub policy: Result<Policy, String>,
}
