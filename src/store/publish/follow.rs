use std::time::{Duration, Instant};

use crate::domain::key::{EntityKey, Version};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::timeline::is_failed;
use crate::store::error::StoreError;
use crate::store::read::ReadStore;

/// How the application's own pipeline dealt with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// A consistent read of the data row shows the version.
    Applied,
    /// The pipeline looked at the command and left it: its version did not fit.
    Refused,
    /// It waits for an earlier command of the same entity, which may never end.
    Waiting,
    /// A step failed; the status says which.
    Failed(String),
    /// In the time given nothing was seen to happen; the last status, if any.
    Unknown(Option<String>),
}

/// How long and how often to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Following {
    /// Give up after this.
    pub timeout: Duration,
    /// A status that has not moved for this long is taken for the last one.
    pub settled: Duration,
}

impl Default for Following {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(300), settled: Duration::from_secs(10) }
    }
}

const FIRST_LOOK: Duration = Duration::from_millis(100);
const SLOWEST_LOOK: Duration = Duration::from_secs(2);

impl ReadStore {
    /// Follows a command until the data row shows its version, or the pipeline gave it up, or time is over.
    ///
    /// # Errors
    /// [`StoreError`] when a read failed: that is no outcome.
    pub async fn follow(
        &self,
        module: &str,
        key: &EntityKey,
        version: Version,
        following: Following,
    ) -> Result<Followed, StoreError> {
        let began = Instant::now();
        let mut pause = FIRST_LOOK;
        let (mut last, mut since) = (None::<String>, Instant::now());
        loop {
            let data = self.data_row(module, key).await?;
            if data.as_ref().map(Row::version).transpose()?.unwrap_or_default() >= version {
                return Ok(Followed::Applied);
            }
            let command = self.get(module, TableKind::Command, &key.pk, &key.sk.at(version), true).await?;
            let status = command.as_ref().and_then(|row| row.text(field::STATUS)).map(str::to_owned);
            if status != last {
                (last, since) = (status.clone(), Instant::now());
            }
            let settled = since.elapsed() >= following.settled;
            let over = began.elapsed() >= following.timeout;
            match status.as_deref() {
                // A failed step may have written the data row: it is read once more before that counts.
                Some(text) if command.as_ref().is_some_and(is_failed) && settled => {
                    return Ok(Followed::Failed(text.to_owned()));
                }
                Some("check_version:FINISHED") if settled => return Ok(Followed::Refused),
                Some("wait_prev_command:FINISHED") if over => return Ok(Followed::Waiting),
                Some(text) if command.as_ref().is_some_and(is_failed) && over => {
                    return Ok(Followed::Failed(text.to_owned()));
                }
                _ if over => return Ok(Followed::Unknown(status)),
                _ => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(SLOWEST_LOOK);
        }
    }
}
