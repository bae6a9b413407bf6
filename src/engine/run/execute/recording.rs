//! Outcomes on their way into the journal, and told once they are there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::{GROUP, Pool, Recorded, TELL_EVERY};
use crate::domain::plan::Verify;
use crate::engine::check;
use crate::engine::items::ended::told;
use crate::engine::protocol::{Event, Phase, StopCause};
use crate::engine::task::Stop;

impl Pool<'_> {
    /// Records the outcomes that have come in.
    pub(super) fn record(&mut self) -> BoxFuture<'static, Recorded> {
        self.record_at = None;
        let results = std::mem::replace(&mut self.results, Vec::with_capacity(GROUP));
        let (journal, context) = (self.journal.clone(), Arc::clone(&self.context));
        async move {
            let batches: BTreeSet<u32> = results.iter().map(|(open, _)| open.batch).collect();
            let ended = results.iter().map(|(open, end)| end.ended(open.n)).collect();
            let done = journal.end(ended, batches.into_iter().collect()).await?;
            Ok((results.iter().map(|(open, end)| told(&context, open, Some(end))).collect(), done))
        }
        .boxed()
    }

    /// Tells what is on the disk; if the interface has gone meanwhile, the journal still tells.
    pub(super) async fn recorded(&mut self, recorded: Recorded) {
        let (items, batches) = match recorded {
            Ok(recorded) => recorded,
            Err(error) => return self.broken(error),
        };
        self.done += items.len() as u64;
        for item in items {
            self.task.emit(Event::Item(Box::new(item))).await.ok();
        }
        for batch in batches {
            if let Ok(Some(info)) = self.journal.batch(batch).await {
                self.task.emit(Event::Batch(Box::new(info))).await.ok();
            }
            if self.context.settings.verify == Verify::Batch {
                self.verify(batch).await;
            }
        }
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            let concurrency = self.limiter.concurrency();
            self.task.shared.count(|counters| counters.concurrency = concurrency);
            let progress = Event::Progress { phase: Phase::Run, done: self.done, total: self.total };
            self.task.emit(progress).await.ok();
        }
    }

    /// Reads a batch back. What cannot be read is told; it says nothing against what was written.
    async fn verify(&mut self, batch: u32) {
        match check::run::written(self.task, self.context.run, Some(batch)).await {
            Ok(_) => {}
            Err(Stop::Failed(failure)) => {
                self.task.failed(failure.not_fatal()).await.ok();
            }
            Err(Stop::Cancelled) => {
                self.stopping.get_or_insert(StopCause::Interrupted);
            }
        }
    }
}
