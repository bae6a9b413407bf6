//! A batch that is approved but for some of its items.

use super::{approval, open_items, unapproved};
use crate::domain::digest::part_digest;
use crate::domain::run::Outcome;
use crate::engine::items::ended::{ItemEnd, told};
use crate::engine::journal::{Journal, OpenItem};
use crate::engine::protocol::{Approval, BatchInfo, BatchState, Event};
use crate::engine::task::{Context, Stop, Task};

/// Keys that the record of the decision names; the items themselves say it of each.
const NAMED: usize = 20;
/// Message of an item that was taken out.
const TAKEN_OUT: &str = "taken out of its batch before that was approved; nothing was written";

/// Records the decision, skips what is taken out, and leaves the rest of the batch approved.
pub(super) async fn approve(
    task: &Task,
    journal: &Journal,
    context: &Context,
    batch: &BatchInfo,
    without: &[u64],
    rest: bool,
) -> Result<(), Stop> {
    let items = open_items(journal, batch.batch).await?;
    let is_out = |open: &OpenItem| without.contains(&open.n);
    let digest = part_digest(items.iter().map(|open| (open.digest.as_str(), is_out(open))));
    let batch = BatchInfo { digest, state: BatchState::Approved, ..batch.clone() };
    let out: Vec<&OpenItem> = items.iter().filter(|open| is_out(open)).collect();
    let decision = Approval::in_part(if rest { "approve the rest" } else { "approve" }, out.len());
    let end = ItemEnd { message: Some(TAKEN_OUT.to_owned()), ..unapproved(Outcome::Skipped) };
    let ended = out.iter().map(|open| end.ended(open.n)).collect();
    journal.approve_part(approval(task, &batch, &decision), ended, words(&batch, &out), rest).await?;
    for open in out {
        task.emit(Event::Item(Box::new(told(context, open, Some(&end))))).await?;
    }
    task.emit(Event::Batch(Box::new(batch))).await
}

/// `take 2 items out of batch 3 (…): item 7, PRODUCT#globex P-0007; …`.
fn words(batch: &BatchInfo, out: &[&OpenItem]) -> String {
    let written = |open: &OpenItem| if open.item.only_source() { &open.item.source } else { &open.item.target }.clone();
    let named = out.iter().take(NAMED).map(|open| format!("item {}, {}", open.n, written(open)));
    let more = out.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    let items = if out.len() == 1 { "1 item".to_owned() } else { format!("{} items", out.len()) };
    let named: Vec<String> = named.chain(more).collect();
    format!("take {items} out of batch {} ({}): {}", batch.batch, batch.digest, named.join("; "))
}
