//! Decisions about batches that wait, and who makes them.

use std::io::{IsTerminal, Write};

use super::super::lines::BatchLine;
use super::versions::sentence;
use super::{Context, Quit};
use crate::cli::Approve;
use crate::domain::run::Outcome;
use crate::domain::value::{Value, to_plain_json_pretty};
use crate::engine::protocol::{ApprovalRequest, BatchInfo, BatchState, Command, Decision, Remembered, StopCause};

/// Items of a batch that are listed with the question.
const SHOWN: usize = 12;

/// Decides about batches as the command line says.
#[derive(Debug)]
pub(super) struct Approver {
    approve: Approve,
    /// Batches answered so far.
    asked: u64,
    /// Whether every item since the first answer is done or equal.
    is_clean: bool,
}

impl Approver {
    pub(super) fn new(approve: Approve) -> Self {
        Self { approve, asked: 0, is_clean: true }
    }

    /// Whether somebody is asked.
    pub(super) fn asks(&self) -> bool {
        self.approve == Approve::Ask && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// An item has its outcome.
    pub(super) fn saw(&mut self, outcome: Outcome) {
        if self.asked > 0 && !matches!(outcome, Outcome::Done | Outcome::Equal) {
            self.is_clean = false;
        }
    }

    /// Answers a batch that waits.
    pub(super) async fn decide(&mut self, context: &mut Context, batch: &ApprovalRequest) -> Result<(), Quit> {
        context.out.line(&BatchLine::new(&BatchInfo {
            run: batch.run,
            batch: batch.batch,
            canary: batch.canary,
            items: batch.items.len() as u64,
            digest: batch.digest.clone(),
            state: if batch.held { BatchState::Held } else { BatchState::Waiting },
            outcomes: Vec::new(),
        }));
        let decision = match self.refused(context, batch) {
            Some(cause) => {
                context.end.stopped = Some(cause);
                Decision::Stop
            }
            None => self.answer(context, batch).await,
        };
        self.asked += 1;
        let (run, batch, digest) = (batch.run, batch.batch, batch.digest.clone());
        context.client.send(Command::Decide { run, batch, digest, decision }).await?;
        Ok(())
    }

    /// Why nothing may be approved at all.
    fn refused(&self, context: &mut Context, batch: &ApprovalRequest) -> Option<StopCause> {
        if let Some(wanted) = batch.confirm.as_ref().filter(|w| context.global.confirm.as_ref() != Some(*w)) {
            let typed = context
                .global
                .confirm
                .as_ref()
                .map_or_else(|| "none was given".to_owned(), |c| format!("{c:?} was given"));
            context.out.note(&format!("this profile is protected: --confirm {wanted} is wanted, {typed}"));
            context.unconfirmed = Some(wanted.clone());
            return Some(StopCause::NotApproved);
        }
        match self.approve {
            Approve::Canary if batch.canary_is_clean == Some(false) || (self.asked > 0 && !self.is_clean) => {
                context
                    .out
                    .note("the canary batch was not clean: nothing more is written; look at it, then resume the run");
                Some(StopCause::Canary)
            }
            Approve::Ask if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) => {
                context
                    .out
                    .note("there is no terminal to ask on: nothing is approved; --approve canary or all does without");
                Some(StopCause::NotApproved)
            }
            _ => None,
        }
    }

    async fn answer(&self, context: &mut Context, batch: &ApprovalRequest) -> Decision {
        let confirm = context.global.confirm.clone();
        match self.approve {
            Approve::Canary if batch.canary_is_clean.is_none() => Decision::Approve { confirm },
            Approve::Canary | Approve::All => Decision::ApproveRest { confirm },
            Approve::Ask => ask(context, batch, confirm).await,
        }
    }
}

async fn ask(context: &mut Context, batch: &ApprovalRequest, confirm: Option<String>) -> Decision {
    list(context, batch, SHOWN);
    loop {
        let question =
            "approve [y], approve all the rest [a], skip [s], hold [h], split [p], differences [d], stop [q]? ";
        let _ = std::io::stderr().write_all(question.as_bytes());
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|n| (n > 0).then_some(line))
        });
        // The end of the input is no answer, and no answer is no approval.
        let line = match read.await {
            Ok(Ok(Some(line))) => line,
            _ => "q".to_owned(),
        };
        match line.trim() {
            "y" | "yes" => return Decision::Approve { confirm },
            "a" | "all" => return Decision::ApproveRest { confirm },
            "s" | "skip" => return Decision::Skip,
            "h" | "hold" => return Decision::Hold,
            "p" | "split" if batch.items.len() > 1 => return Decision::Split,
            "p" | "split" => context.out.note("one item cannot be split"),
            "d" => differences(context, batch),
            "q" | "stop" => {
                context.end.stopped = Some(StopCause::Operator);
                return Decision::Stop;
            }
            _ => {}
        }
    }
}

fn list(context: &mut Context, batch: &ApprovalRequest, most: usize) {
    let canary = if batch.canary { ", the first and small on purpose" } else { "" };
    let held = if batch.held { ", held before" } else { "" };
    let out = &mut context.out;
    out.note(&format!(
        "batch {}: {} items{canary}{held}; {} batches wait",
        batch.batch,
        batch.items.len(),
        batch.waiting
    ));
    for item in batch.items.iter().take(most) {
        let warnings =
            if item.warnings.is_empty() { String::new() } else { format!("  ({})", item.warnings.join(", ")) };
        out.note(&format!(
            "  {:<8} {}  {} -> {}{warnings}",
            item.action, item.entity.key, item.version_before, item.version_after
        ));
    }
    out.note(&format!("  {}", Remembered::words(batch.rehearsal.as_deref(), jiff::Timestamp::now())));
    if batch.items.len() > most {
        out.note(&format!("  and {} more", batch.items.len() - most));
    }
}

fn differences(context: &mut Context, batch: &ApprovalRequest) {
    for item in &batch.items {
        context.out.note(&format!("{} {}", item.action, item.entity.key));
        for change in &item.changes {
            context.out.note(&format!("  {}", sentence(change)));
        }
        // Where nothing was there before, all of it is new.
        if let (None, Some(after)) = (&item.before, &item.after) {
            let row = to_plain_json_pretty(&Value::M(after.0.clone()));
            row.lines().for_each(|line| context.out.note(&format!("  {line}")));
        }
    }
}
