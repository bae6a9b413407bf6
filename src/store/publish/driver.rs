use super::request::PublishRequest;
use super::transact::{Attempt, Purpose};
use super::{PublishOutcome, Published, WriteStore};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::Reason;
use crate::domain::timeline::is_stuck;
use crate::store::backoff::delay;
use crate::store::error::{ErrorKind, StoreError};

/// Attempts while the service throttles or another transaction holds the rows: with the pauses in between about half a minute.
const MAX_ATTEMPTS: u32 = 14;
/// Attempts after answers were lost.
const MAX_UNKNOWN: u32 = 5;

/// What the tables say of a request whose outcome is not known.
enum Seen {
    /// Its command rows are there.
    Ours,
    /// Someone else stands in between.
    Theirs(Reason, String),
    /// Everything is as it was.
    Nothing,
}

impl WriteStore {
    /// Publishes: S3 objects first, then the transaction, the same one again until its outcome is known.
    ///
    /// S3 objects are removed only when it is certain that nothing refers to them. Nothing here is cancelled in between: callers look at
    /// their token before, not during.
    pub async fn publish(&self, request: &PublishRequest) -> Published {
        if let Err(error) = self.put_objects(request).await {
            // The same request may have been published before, and its rows refer to the same objects.
            if matches!(self.look(request).await, Ok(Seen::Nothing | Seen::Theirs(..))) {
                self.remove_objects(request).await;
            }
            return Published { outcome: PublishOutcome::Failed(error), attempts: 0, request_id: None };
        }
        let published = self.publish_rows(request.clone()).await;
        match &published.outcome {
            PublishOutcome::Conflict(..) | PublishOutcome::Invalid(..) | PublishOutcome::Failed(_) => {
                self.remove_objects(request).await;
            }
            // Rows refer to them, or may yet.
            PublishOutcome::Done { .. } | PublishOutcome::Unknown(_) => {}
        }
        published
    }

    async fn publish_rows(&self, mut request: PublishRequest) -> Published {
        let (mut attempts, mut lost) = (0, 0);
        // Once an answer was lost, no later refusal proves that nothing was written: only the rows do.
        let mut reached = false;
        let mut transaction = self.transaction(&request);
        loop {
            attempts += 1;
            let attempt = match &transaction {
                Ok(transaction) => self.attempt(transaction).await,
                Err(error) => Attempt::Failed(error.clone()),
            };
            let end = |outcome, request_id: Option<String>| Published { outcome, attempts, request_id };
            match attempt {
                Attempt::Committed { request_id } => return end(PublishOutcome::Done { already: false }, request_id),
                Attempt::Invalid { message, request_id } => {
                    let outcome = self.settle(&request, reached, invalid(message)).await;
                    return end(outcome, request_id);
                }
                Attempt::Failed(error) => {
                    return end(self.settle(&request, reached, PublishOutcome::Failed(error)).await, None);
                }
                Attempt::Again(error) if attempts >= MAX_ATTEMPTS => {
                    return end(self.settle(&request, reached, PublishOutcome::Failed(error)).await, None);
                }
                Attempt::Again(_) => tokio::time::sleep(delay(attempts)).await,
                Attempt::Refused { failed, request_id } => {
                    // The previous command row vanished (expired) in between: once more without it, so that no stub appears.
                    if failed.iter().all(|p| *p == Purpose::Previous) {
                        request.parts.iter_mut().for_each(|part| part.previous = None);
                        transaction = self.transaction(&request);
                        continue;
                    }
                    return match self.look(&request).await {
                        Ok(Seen::Ours) => end(PublishOutcome::Done { already: true }, request_id),
                        Ok(Seen::Theirs(reason, message)) => end(PublishOutcome::Conflict(reason, message), request_id),
                        Ok(Seen::Nothing) => end(refused(&failed), request_id),
                        Err(error) => end(PublishOutcome::Unknown(error), request_id),
                    };
                }
                Attempt::Unknown(error) => {
                    lost += 1;
                    reached |= error.kind() != Some(ErrorKind::Endpoint);
                    match self.look(&request).await {
                        Ok(Seen::Ours) => return end(PublishOutcome::Done { already: false }, None),
                        Ok(Seen::Theirs(reason, message)) => {
                            return end(PublishOutcome::Conflict(reason, message), None);
                        }
                        Ok(Seen::Nothing) | Err(_) if lost < MAX_UNKNOWN => tokio::time::sleep(delay(attempts)).await,
                        // Nobody ever took a connection, so nothing can have been written.
                        Ok(Seen::Nothing) if !reached => {
                            return end(PublishOutcome::Failed(error), None);
                        }
                        Ok(Seen::Nothing) | Err(_) => return end(PublishOutcome::Unknown(error), None),
                    }
                }
            }
        }
    }

    /// How a request ended that was refused: as the refusal says, unless an earlier attempt may have got through.
    async fn settle(&self, request: &PublishRequest, reached: bool, refusal: PublishOutcome) -> PublishOutcome {
        if !reached {
            return refusal;
        }
        match self.look(request).await {
            Ok(Seen::Ours) => PublishOutcome::Done { already: false },
            Ok(Seen::Theirs(reason, message)) => PublishOutcome::Conflict(reason, message),
            Ok(Seen::Nothing) | Err(_) => match refusal {
                PublishOutcome::Failed(error) => PublishOutcome::Unknown(error),
                other => PublishOutcome::Unknown(StoreError::Build(format!("after a lost answer: {other:?}"))),
            },
        }
    }

    /// Reads the rows back, consistently. The data row comes first: when it has moved on and our command is not there afterwards,
    /// ours can never have been written.
    async fn look(&self, request: &PublishRequest) -> Result<Seen, StoreError> {
        for part in &request.parts {
            let sk = part.key.sk.at(part.version);
            let data = self.read.data_row(&part.module, &part.key).await?;
            let command = self.read.get(&part.module, TableKind::Command, &part.key.pk, &sk, true).await?;
            if command.as_ref().is_some_and(|row| row.text(field::REQUEST_ID) == Some(&request.request_id)) {
                return Ok(Seen::Ours);
            }
            let version = data.as_ref().map(Row::version).transpose()?.unwrap_or_default();
            if version != part.expected {
                let message = format!("the entity is at version {version}, not at {} as shown", part.expected);
                return Ok(Seen::Theirs(Reason::TargetChanged, message));
            }
            if let Some(row) = command {
                let by = row.text(field::CREATED_BY).unwrap_or("someone");
                let (reason, what) =
                    if is_stuck(&row) { (Reason::Wedged, "stands unfinished") } else { (Reason::Pending, "waits") };
                return Ok(Seen::Theirs(reason, format!("a command of {by} for version {} {what}", part.version)));
            }
        }
        for check in &request.checks {
            let row = self.read.data_row(&check.module, &check.key).await?;
            let found = row.as_ref().map(Row::version).transpose()?;
            if found != Some(check.version) {
                let now = found.map_or_else(|| "gone".to_owned(), |v| format!("at version {v}"));
                let message = format!("the source is {now}, not at version {} as shown", check.version);
                return Ok(Seen::Theirs(Reason::SourceChanged, message));
            }
        }
        Ok(Seen::Nothing)
    }
}

/// The service refused the rows: for their size, or for something else that no repetition mends.
fn invalid(message: String) -> PublishOutcome {
    let lower = message.to_lowercase();
    let is_size = ["size", "exceed", "too large"].iter().any(|word| lower.contains(word));
    PublishOutcome::Invalid(if is_size { Reason::TooLarge } else { Reason::KeyInvalid }, message)
}

/// A condition failed, and reading back shows no reason: the change was taken back in between.
fn refused(failed: &[Purpose]) -> PublishOutcome {
    let reason = if failed.contains(&Purpose::Source) { Reason::SourceChanged } else { Reason::TargetChanged };
    PublishOutcome::Conflict(reason, "someone else was writing the entity at the same moment".to_owned())
}
