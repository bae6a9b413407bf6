//! Rehearsals: a plan and its undo, carried out on a copy.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CopiedPart, ItemResult};
use crate::config::Profile;
use crate::domain::clock::{age, parse_time};
use crate::domain::grouped::grouped;
use crate::domain::run::Outcome;
use crate::engine::failure::Failure;

/// Services of their own that copies of rows are put into; nothing of it is left once it is dropped.
pub trait Stage: std::fmt::Debug + Send + Sync {
    /// The profile that leads to them, and nowhere else.
    fn profile(&self) -> &Profile;
    /// Takes a part. It may wait for a disk.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be kept.
    fn take(&self, part: CopiedPart) -> Result<(), Box<Failure>>;
}

/// Requirements for a stage.
#[derive(Debug, Clone)]
pub struct StageWanted {
    /// The profile whose rows are copied.
    pub profile: Profile,
    /// Where they are kept meanwhile; in memory when `None`.
    pub data: Option<PathBuf>,
    /// The user pool, where users are copied.
    pub pool: Option<String>,
    /// Attributes of users beside the usual ones.
    pub attributes: Vec<String>,
    /// Commands alone are written, and somebody has to apply them.
    pub pipeline: bool,
}

/// Makes a stage.
pub type OpenStage = fn(StageWanted) -> Result<Arc<dyn Stage>, Box<Failure>>;

/// A step of a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RehearsalStep {
    /// Rows in scope are read and put into the embedded store.
    Copy,
    /// The plan runs there.
    Run,
    /// Everything that the run wrote is read back.
    Verify,
    /// The run is taken back there.
    Undo,
    /// Every entity is compared with what it was before.
    Compare,
}

impl RehearsalStep {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Run => "run",
            Self::Verify => "verify",
            Self::Undo => "undo",
            Self::Compare => "compare",
        }
    }
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepResult {
    /// The step.
    pub step: RehearsalStep,
    /// Items by outcome, of the run and of its undo; words without items are left out.
    pub outcomes: Vec<(Outcome, u64)>,
    /// Count of the things that are not as they should be.
    pub differences: u64,
    /// In words.
    pub message: String,
}

/// Events of a rehearsal.
#[derive(Debug, Clone, PartialEq)]
pub enum RehearsalEvent {
    /// How much is about to be read, about.
    Scale {
        /// Items of the plan.
        items: u64,
        /// Entities that they are about.
        entities: u64,
        /// Bytes of their rows.
        bytes: u64,
        /// Read units that copying them takes.
        read_units: u64,
    },
    /// An item of the run or of its undo has ended.
    Item {
        /// Of which of the two.
        step: RehearsalStep,
        /// The item; its run is the rehearsal's own.
        item: Box<ItemResult>,
    },
    /// A step is over.
    Step(StepResult),
    /// All of it is over.
    Done(Rehearsal),
}

/// A rehearsal as it is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// RFC 3339, UTC, milliseconds.
    pub at: String,
    /// The rehearsed plan: SHA-256 over its work, without its name and how its run goes about it.
    pub plan: String,
    /// Plan digest.
    pub digest: String,
    /// Profile, environment, app, account and region of the rows.
    pub place: [String; 5],
    /// Items of the plan.
    pub items: u64,
    /// Of them done, or equal already.
    pub done: u64,
    /// Items that the undo took back or that had nothing to be taken back.
    pub undone: u64,
    /// Items that the undo could not take back, and fields that it did not give back.
    pub differences: u64,
    /// Seconds.
    pub seconds: f64,
}

impl Rehearsal {
    /// Whether everything was done, and all of it taken back.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.done == self.items && self.differences == 0
    }

    /// The result, in words.
    #[must_use]
    pub fn outcome(&self) -> String {
        let (done, items) = (grouped(self.done), grouped(self.items));
        match (self.undone == self.done, self.differences) {
            (true, 0) => format!("{done} of {items} done and undone"),
            (_, 0) => format!("{done} of {items} done, {} undone", grouped(self.undone)),
            (_, more) => {
                format!("{done} of {items} done, {} undone, differences left {}", grouped(self.undone), grouped(more))
            }
        }
    }
}

/// A rehearsal that somebody who approves should know of.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    /// The rehearsal.
    pub rehearsal: Rehearsal,
    /// Rows were changed since: what would be written now is something else.
    pub is_changed: bool,
}

impl Remembered {
    /// Age and result of the last rehearsal, in words.
    #[must_use]
    pub fn words(remembered: Option<&Self>, now: Timestamp) -> String {
        let Some(Self { rehearsal, is_changed }) = remembered else { return "not rehearsed".to_owned() };
        let ago = parse_time(&rehearsal.at).map_or_else(|| "before".to_owned(), |at| age(at, now));
        let changed = if *is_changed { "; rows were changed since" } else { "" };
        format!("rehearsed {ago}, {}{changed}", rehearsal.outcome())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_says_when_it_was_rehearsed_and_how_it_went() {
        let at = "2026-03-10T00:00:00.000Z";
        let rehearsal = Rehearsal {
            at: at.to_owned(),
            plan: String::new(),
            digest: String::new(),
            place: Default::default(),
            items: 3_420,
            done: 3_420,
            undone: 3_420,
            differences: 0,
            seconds: 1.0,
        };
        let words = |rehearsal: &Rehearsal, minutes: i64, is_changed| {
            let now = at.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minutes);
            Remembered::words(Some(&Remembered { rehearsal: rehearsal.clone(), is_changed }), now)
        };
        assert_eq!(words(&rehearsal, 12, false), "rehearsed 12 min ago, 3,420 of 3,420 done and undone");
        assert_eq!(
            words(&rehearsal, 180, true),
            "rehearsed 3 h ago, 3,420 of 3,420 done and undone; rows were changed since"
        );
        let bad = Rehearsal { done: 3_400, undone: 3_399, differences: 1_002, ..rehearsal };
        assert_eq!(
            words(&bad, 0, false),
            "rehearsed just now, 3,400 of 3,420 done, 3,399 undone, differences left 1,002"
        );
        assert_eq!(Remembered::words(None, Timestamp::now()), "not rehearsed");
    }
}
