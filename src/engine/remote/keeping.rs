//! A part's journal on its way to S3 while the part is at work.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Remote;
use crate::engine::journal::Journal;
use crate::engine::task::{Stop, Task};

/// Pause between two looks at how far the run is.
const LOOK: Duration = Duration::from_millis(500);
/// Time between two copies at least. A copy is of the whole journal: one that takes long is made less often.
const COPY: Duration = Duration::from_secs(20);
const SHARE: u32 = 20;

/// Copies that are made beside a run.
#[derive(Debug)]
pub(in crate::engine) struct Keeping {
    stop: CancellationToken,
    work: JoinHandle<()>,
}

impl Keeping {
    /// Begins beside a run whose journal was copied just now.
    pub(in crate::engine) fn begin(task: &Task, remote: Remote, journal: Journal) -> Self {
        let stop = CancellationToken::new();
        let work = tokio::spawn(keep(task.clone(), remote, journal, stop.clone()));
        Self { stop, work }
    }

    /// Ends once the copy under way is there; the last one is for the caller to make, when the journal is complete.
    pub(in crate::engine) async fn end(self) {
        self.stop.cancel();
        let _ = self.work.await;
    }
}

async fn keep(task: Task, remote: Remote, journal: Journal, stop: CancellationToken) {
    let mut canary_is_told = !remote.is_first();
    let mut next = Instant::now() + COPY;
    let mut is_failing = false;
    loop {
        let mut made = Ok(());
        if Instant::now() >= next {
            let began = Instant::now();
            made = remote.keep(&task).await;
            next = Instant::now() + COPY.max(began.elapsed() * SHARE);
        }
        if made.is_ok() && !canary_is_told {
            made = canary(&task, &remote, &journal, &mut canary_is_told).await;
        }
        // Told once: the run goes on, and the last copy fails aloud.
        if let Err(Stop::Failed(failure)) = &made
            && !std::mem::replace(&mut is_failing, true)
        {
            let _ = task.warn(format!("the journal could not be copied to S3: {}", failure.message)).await;
        }
        is_failing &= made.is_err();
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(LOOK) => {}
        }
    }
    // A part whose first batch was its last has ended by now.
    if !canary_is_told {
        let _ = canary(&task, &remote, &journal, &mut canary_is_told).await;
    }
}

/// Records the canary of a part that has ended, where the record is gone.
pub(in crate::engine) async fn record_again(task: &Task, remote: &Remote, journal: &Journal) -> Result<(), Stop> {
    match remote.is_first() {
        true => canary(task, remote, journal, &mut false).await,
        false => Ok(()),
    }
}

async fn canary(task: &Task, remote: &Remote, journal: &Journal, is_told: &mut bool) -> Result<(), Stop> {
    let has_none = journal.batch(1).await?.is_none();
    // A part without items shows nothing that the others would have to wait for.
    if let Some(clean) = if has_none { Some(true) } else { journal.canary_is_clean().await? } {
        remote.record_canary(task, clean).await?;
        *is_told = true;
    }
    Ok(())
}
