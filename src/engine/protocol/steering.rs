//! An operator's instructions to a run: decisions about its batches, and changes to how it goes about its work.

/// The operator's decision about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Write it. A protected profile wants the tenant's name (or the environment's, where there is none) typed.
    Approve {
        /// The text that was typed.
        confirm: Option<String>,
    },
    /// Write it and everything after it, without asking again.
    ApproveRest {
        /// The text that was typed.
        confirm: Option<String>,
    },
    /// Write it, or it and everything after it, but for some of its items, which are skipped for good. The digest that goes with it is
    /// [`part_digest`](crate::domain::digest::part_digest).
    ApprovePart {
        /// Numbers of the items that are taken out.
        without: Vec<u64>,
        /// Everything after it, too, without asking again.
        rest: bool,
        /// The text that was typed.
        confirm: Option<String>,
    },
    /// Write nothing of it and go on.
    Skip,
    /// Go on with the others, and ask for it again at the end.
    Hold,
    /// Ask for its first half alone, and for the rest afterwards.
    Split,
    /// Write nothing more and end the run.
    Stop,
}

/// A change to a run that is under way; it takes effect between two items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steering {
    /// Begin no further item until [`Steering::Continue`].
    Pause,
    /// Go on.
    Continue,
    /// Items per second at most; 0 for as fast as the table allows.
    Rate(u32),
    /// Transactions in flight at most.
    Concurrency(usize),
    /// Begin no further item and end the run.
    Stop,
}
