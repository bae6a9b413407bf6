//! The items that the operator takes out of a batch before approving it.

use std::collections::BTreeSet;

use crate::domain::digest::part_digest;
use crate::engine::protocol::{ApprovalRequest, Decision};

/// Items that are taken out, by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part(BTreeSet<u64>);

impl Part {
    /// Of the items that were taken out before, those of this batch.
    pub(super) fn of(approval: &ApprovalRequest, out: &BTreeSet<u64>) -> Self {
        Self(approval.items.iter().map(|item| item.n).filter(|n| out.contains(n)).collect())
    }

    /// Takes an item out, or back in.
    pub(super) fn turn(&mut self, n: u64) {
        if !self.0.remove(&n) {
            self.0.insert(n);
        }
    }

    pub(super) fn is_out(&self, n: u64) -> bool {
        self.0.contains(&n)
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn is_nothing(&self, approval: &ApprovalRequest) -> bool {
        self.0.len() >= approval.items.len()
    }

    /// Approving what is left.
    pub(super) fn approve(&self, rest: bool, confirm: Option<String>) -> Decision {
        match (self.0.is_empty(), rest) {
            (true, false) => Decision::Approve { confirm },
            (true, true) => Decision::ApproveRest { confirm },
            (false, rest) => Decision::ApprovePart { without: self.0.iter().copied().collect(), rest, confirm },
        }
    }

    /// The digest that goes with a decision.
    pub(super) fn digest(&self, approval: &ApprovalRequest, decision: &Decision) -> String {
        match decision {
            Decision::ApprovePart { .. } => self.shown_digest(approval),
            _ => approval.digest.clone(),
        }
    }

    /// The digest of what would be approved now.
    pub(super) fn shown_digest(&self, approval: &ApprovalRequest) -> String {
        match self.0.is_empty() {
            true => approval.digest.clone(),
            false => part_digest(approval.items.iter().map(|item| (&item.digest, self.is_out(item.n)))),
        }
    }
}
