use serde::{Serialize, Serializer};

use super::all_words;
use crate::domain::run::{Action, Outcome, RunId};
use crate::engine::protocol::{Blast, StopCause};

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
    /// Size of what it would do, or did.
    pub blast: Blast,
    /// Why it ended early.
    pub stopped: Option<StopCause>,
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

    /// Counts items by what is intended for them.
    pub fn add_action(&mut self, action: Action, count: u64) {
        add(&mut self.actions, action, count);
    }

    /// Counts items by what became of them.
    pub fn add_outcome(&mut self, outcome: Outcome, count: u64) {
        add(&mut self.outcomes, outcome, count);
    }
}

fn add<W: PartialEq>(counts: &mut Vec<(W, u64)>, word: W, more: u64) {
    match counts.iter_mut().find(|(known, _)| *known == word) {
        Some((_, count)) => *count += more,
        None => counts.push((word, more)),
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
