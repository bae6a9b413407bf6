//! Failures that many rows share: told once, however many rows they concern.

use super::failure::Failure;
use super::task::{Stop, Task};
use crate::store::error::{ErrorKind, StoreError};

/// What makes two failures the same one: what it leads to, and why. The service's own words are not part of it, they may name the row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cause {
    what: String,
    kind: Option<ErrorKind>,
    aws_code: Option<String>,
}

/// What a listing has told so far; it goes from page to page with the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told(Vec<Cause>);

impl Told {
    /// Tells what cannot be shown and why, unless that was told already. The listing goes on.
    pub(super) async fn once(&mut self, task: &Task, what: &str, error: StoreError) -> Result<(), Stop> {
        let kind = error.kind();
        let failure = Failure::from(error).so(what).not_fatal();
        let cause = Cause { what: what.to_owned(), kind, aws_code: failure.aws_code.clone() };
        if self.0.contains(&cause) {
            return Ok(());
        }
        self.0.push(cause);
        task.failed(failure).await
    }

    /// As [`Told::once`] for a row's attributes in S3. What is wrong with that one object is told in the row's place alone.
    pub(super) async fn unresolved(&mut self, task: &Task, error: StoreError) -> Result<(), Stop> {
        match error {
            StoreError::Service(_) | StoreError::NoBucket => {
                self.once(task, "some attributes stored in S3 cannot be shown", error).await
            }
            _ => Ok(()),
        }
    }
}
