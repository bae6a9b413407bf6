//! Failures that many rows share: reported once, however many rows they concern.

use crate::engine::failure::Failure;
use crate::engine::protocol::ReportedFailures;
use crate::engine::task::{Stop, Task};
use crate::store::error::StoreError;

impl ReportedFailures {
    /// Reports what cannot be shown and why, unless that was done already. The listing goes on.
    pub(super) async fn once(&mut self, task: &Task, effect: &str, error: StoreError) -> Result<(), Stop> {
        let kind = error.kind();
        let failure = Failure::from(error).so(effect).not_fatal();
        if self.is_new(effect, kind, failure.aws_code.as_deref()) { task.failed(failure).await } else { Ok(()) }
    }

    /// As [`Self::once`] for a row's attributes in S3. A fault of that one object is reported in the row's place alone.
    pub(super) async fn unresolved(&mut self, task: &Task, error: StoreError) -> Result<(), Stop> {
        match error {
            StoreError::Service(_) | StoreError::NoBucket => {
                self.once(task, "some attributes stored in S3 cannot be shown", error).await
            }
            _ => Ok(()),
        }
    }
}
