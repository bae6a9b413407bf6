//! The end of an item, for the journal and for whoever watches.

use jiff::Timestamp;

use crate::domain::clock::utc_millis;
use crate::domain::item::Role;
use crate::domain::run::{Operation, Outcome, Reason};
use crate::engine::journal::{EndedItem, OpenItem};
use crate::engine::protocol::{EntityRef, ItemResult};
use crate::engine::task::Context;
use crate::store::publish::{Followed, PublishOutcome, Published};

/// An outcome and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct ItemEnd {
    pub(in crate::engine) outcome: Outcome,
    pub(in crate::engine) reason: Option<Reason>,
    pub(in crate::engine) message: Option<String>,
    pub(in crate::engine) attempts: u32,
    pub(in crate::engine) request_id: Option<String>,
}

impl ItemEnd {
    /// Of a publish whose outcome is known; `None` where it may be repeated.
    pub(in crate::engine) fn of(published: &Published, attempts_before: u32) -> Option<Self> {
        let (outcome, message) = match &published.outcome {
            PublishOutcome::Done { .. } => (Outcome::Done, None),
            PublishOutcome::Conflict(_, message) => (Outcome::Conflict, Some(message.clone())),
            PublishOutcome::Invalid(_, message) => (Outcome::Invalid, Some(message.clone())),
            PublishOutcome::Failed(error) => (Outcome::Failed, Some(error.to_string())),
            PublishOutcome::Unknown(_) => return None,
        };
        Some(Self {
            outcome,
            reason: published.outcome.reason(),
            message,
            attempts: attempts_before + published.attempts,
            request_id: published.request_id.clone(),
        })
    }

    /// Takes over the pipeline's result for a command that was written; nothing changes for one that was applied.
    pub(in crate::engine) fn followed(&mut self, followed: &Followed) {
        let (reason, message) = match followed {
            Followed::Applied => return,
            Followed::Refused => {
                (Reason::PipelineFailed, "the pipeline refused the command: its version did not fit".to_owned())
            }
            Followed::Failed(state) => (Reason::PipelineFailed, format!("the pipeline failed at {state}")),
            Followed::Waiting => (Reason::Timeout, "the pipeline still waits for an earlier command".to_owned()),
            Followed::Unknown(state) => {
                (Reason::Timeout, format!("not applied in time; last status: {}", state.as_deref().unwrap_or("none")))
            }
        };
        (self.outcome, self.reason, self.message) = (Outcome::Failed, Some(reason), Some(message));
    }

    /// Of an item that was carried out by others.
    pub(in crate::engine) fn done() -> Self {
        Self { outcome: Outcome::Done, reason: None, message: None, attempts: 1, request_id: None }
    }

    /// Of an item that others did not carry out.
    pub(in crate::engine) fn failed(reason: Reason, message: String) -> Self {
        Self { outcome: Outcome::Failed, reason: Some(reason), message: Some(message), ..Self::done() }
    }

    pub(in crate::engine) fn ended(&self, n: u64) -> EndedItem {
        EndedItem {
            n,
            outcome: self.outcome,
            reason: self.reason,
            message: self.message.clone(),
            attempts: self.attempts,
            request_id: self.request_id.clone(),
            at: utc_millis(Timestamp::now()),
        }
    }
}

/// An item as it is told, with or without an outcome.
pub(in crate::engine) fn told(context: &Context, open: &OpenItem, result: Option<&ItemEnd>) -> ItemResult {
    let item = &open.item;
    let is_done = result.is_none_or(|r| r.outcome == Outcome::Done);
    let ended = |(before, after)| (before, if is_done { after } else { before });
    let (version_before, version_after) = ended(item.versions(Role::Target));
    let row = |row: Option<&std::sync::Arc<_>>| row.filter(|_| context.rows).cloned();
    ItemResult {
        name: None,
        run: context.run,
        batch: Some(open.batch).filter(|b| *b > 0),
        n: open.n,
        entity: EntityRef { module: item.module.clone(), key: item.target.clone() },
        source: item.source.clone(),
        source_versions: ended(item.source_versions()),
        only_source: item.only_source(),
        taken_back: context.operation == Operation::Undo,
        before: row(item.before()),
        after: row(item.after()),
        action: item.action,
        outcome: result.map(|r| r.outcome),
        reason: result.and_then(|r| r.reason).or(item.reason),
        message: result.and_then(|r| r.message.clone()).or_else(|| item.message.clone()),
        line: item.line,
        warnings: item.warnings.clone(),
        version_before,
        version_after,
        attempts: result.map_or(0, |r| r.attempts),
        request_id: result.and_then(|r| r.request_id.clone()),
    }
}

/// How an item ends that is not what was approved: its rows in the journal were changed since, or cannot be read.
pub(in crate::engine) fn not_as_approved(open: &OpenItem, context: &Context) -> Option<ItemEnd> {
    let (reason, message) = match (open.item.writes(), open.item.reason) {
        (false, Some(reason)) => (reason, open.item.message.clone()),
        _ if open.digest == open.item.digest(&context.time()) => return None,
        _ => (Reason::NotApproved, None),
    };
    let changed = || "its rows in the journal are not those that were approved: nothing of it was written".to_owned();
    Some(ItemEnd {
        outcome: Outcome::Conflict,
        reason: Some(reason),
        message: Some(message.unwrap_or_else(changed)),
        attempts: 0,
        request_id: None,
    })
}
