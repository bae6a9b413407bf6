//! The canary of a plan that runs in parts: the first batch of part 1, whose record the other parts wait for.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::Remote;
use crate::domain::clock::utc_millis;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::StopCause;
use crate::engine::task::{Context, Stop, Task};

/// The part whose first batch counts for all.
const FIRST: u32 = 1;
/// The name of the record's object.
const RECORD: &str = "canary.json";
/// Pause between two looks for the record.
const LOOK: Duration = Duration::from_secs(2);
/// How often those who wait are told so.
const TELL: Duration = Duration::from_secs(60);

/// The record, as it stands in S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Canary {
    /// Plan digest.
    digest: String,
    /// The run of part 1.
    run: String,
    /// Every item of the batch is done or equal.
    clean: bool,
    /// RFC 3339, UTC.
    at: String,
}

impl Remote {
    /// True for the part whose first batch is the canary of the whole plan.
    pub(super) fn is_first(&self) -> bool {
        self.part.index() == FIRST
    }

    fn canary_key(&self) -> String {
        self.at.key(&format!("{}/{RECORD}", self.digest))
    }

    /// Records how the first batch went; a record that is there already stays.
    pub(super) async fn record_canary(&self, task: &Task, clean: bool) -> Result<(), Stop> {
        if self.canary(task).await?.is_some() {
            return Ok(());
        }
        let at = utc_millis(jiff::Timestamp::now());
        let record = Canary { digest: self.digest.clone(), run: self.run.to_string(), clean, at };
        let bytes =
            serde_json::to_vec(&record).map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?;
        let mut upload = task.armed()?.upload(&self.at.bucket, &self.canary_key(), "application/json");
        upload.write(&bytes).await?;
        Ok(upload.finish().await?)
    }

    async fn canary(&self, task: &Task) -> Result<Option<Canary>, Stop> {
        let Some(bytes) = task.store().object_text(&self.at.bucket, &self.canary_key()).await? else { return Ok(None) };
        let unreadable = |error: &dyn std::fmt::Display| {
            Failure::new(ErrorCode::Io, format!("s3://{}/{}: {error}", self.at.bucket, self.canary_key()))
                .hint("remove the object and start part 1 again: it writes the record anew")
        };
        let record: Canary = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
        match record.digest == self.digest {
            true => Ok(Some(record)),
            false => Err(unreadable(&"it is of another plan").into()),
        }
    }
}

/// Waits until the canary of the plan is known, unless this part is the one that has it; gives back why nothing is begun instead.
pub(in crate::engine) async fn await_canary(
    task: &Task,
    remote: Option<&Remote>,
    context: &Context,
) -> Result<Option<StopCause>, Stop> {
    let Some(remote) = remote.filter(|remote| !remote.is_first()) else {
        return Ok(None);
    };
    let control = task.shared.controls.take(context.run, context.settings.rate, context.settings.concurrency);
    let mut told: Option<Instant> = None;
    loop {
        task.check()?;
        if control.borrow().stopped {
            return Ok(Some(StopCause::Operator));
        }
        match remote.canary(task).await? {
            Some(record) if record.clean => return Ok(None),
            Some(record) => {
                let words =
                    format!("the canary batch of run {} (part 1) was not clean: nothing is written", record.run);
                task.warn(words).await?;
                return Ok(Some(StopCause::Canary));
            }
            None => {}
        }
        if told.is_none_or(|at| at.elapsed() >= TELL) {
            told = Some(Instant::now());
            task.warn("waiting for the canary batch of part 1").await?;
        }
        tokio::select! {
            () = task.cancel.cancelled() => {}
            () = sleep(LOOK) => {}
        }
    }
}
