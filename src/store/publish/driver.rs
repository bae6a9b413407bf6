use std::borrow::Cow;

use super::Shown;
use super::request::{Counter, Part, PublishRequest, Unfinished};
use super::transact::{Attempt, Purpose};
use super::{PublishOutcome, Published, WriteStore};
use crate::domain::item::Role;
use crate::domain::key::Version;
use crate::domain::normalize::counter_value;
use crate::domain::publish::NewState;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::Reason;
use crate::domain::timeline::is_stuck;
use crate::store::backoff::delay;
use crate::store::error::{ErrorKind, StoreError};

/// How often a publish is repeated before whoever asked for it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Attempts while another transaction holds the rows, or nobody answers.
    pub attempts: u32,
    /// Attempts while the service throttles.
    pub throttled: u32,
    /// Attempts after answers were lost.
    pub lost: u32,
}

impl Patience {
    /// For a publish that nobody repeats: with the pauses in between about half a minute.
    pub const ALONE: Self = Self { attempts: 14, throttled: 14, lost: 5 };
    /// For one of many: a run that is throttled slows the others down instead, and so wants to hear of the first refusal.
    pub const IN_RUN: Self = Self { attempts: 2, throttled: 1, lost: 2 };
}

impl Patience {
    fn attempts_after(self, error: &StoreError) -> u32 {
        if error.kind() == Some(ErrorKind::Throttled) { self.throttled } else { self.attempts }
    }
}

/// The state of the tables for a request whose outcome is not known.
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
    pub async fn publish(&self, request: &PublishRequest, patience: Patience) -> Published {
        self.publish_from(request, patience, false).await
    }

    /// The same for a request that may have been sent before, by whomever: its rows may be there, or may yet appear.
    pub async fn publish_again(&self, request: &PublishRequest, patience: Patience) -> Published {
        self.publish_from(request, patience, true).await
    }

    async fn publish_from(&self, request: &PublishRequest, patience: Patience, sent: bool) -> Published {
        if request.is_read_first() {
            let outcome = match self.look(request).await {
                Ok(Seen::Theirs(reason, message)) => Some(PublishOutcome::Conflict(reason, message)),
                Ok(Seen::Ours | Seen::Nothing) => None,
                Err(error) if sent => Some(PublishOutcome::Unknown(error)),
                Err(error) => Some(PublishOutcome::Failed(error)),
            };
            if let Some(outcome) = outcome {
                return Published { outcome, attempts: 0, request_id: None };
            }
        }
        if let Err(error) = self.put_objects(request).await {
            let outcome = match self.look(request).await {
                Ok(Seen::Ours) => PublishOutcome::Done { already: true },
                Ok(Seen::Theirs(reason, message)) => {
                    self.remove_objects(request).await;
                    PublishOutcome::Conflict(reason, message)
                }
                Ok(Seen::Nothing) if !sent => {
                    self.remove_objects(request).await;
                    not_put(request, error)
                }
                Err(_) if !sent => PublishOutcome::Failed(error),
                Ok(Seen::Nothing) | Err(_) => PublishOutcome::Unknown(error),
            };
            return Published { outcome, attempts: 0, request_id: None };
        }
        let (published, reached) = self.publish_rows(Cow::Borrowed(request), patience, sent).await;
        match &published.outcome {
            PublishOutcome::Conflict(..) => self.remove_objects(request).await,
            PublishOutcome::Invalid(..) | PublishOutcome::Failed(_) if !reached => self.remove_objects(request).await,
            // Rows refer to them, or may yet.
            _ => {}
        }
        published
    }

    /// Gives back whether the rows may have reached the tables, too.
    async fn publish_rows(
        &self,
        mut request: Cow<'_, PublishRequest>,
        patience: Patience,
        // Once an answer was lost, no later refusal proves that nothing was written: only the rows do.
        mut reached: bool,
    ) -> (Published, bool) {
        let (mut attempts, mut lost) = (0, 0);
        let mut transaction = self.transaction(&request);
        loop {
            attempts += 1;
            let attempt = match &mut transaction {
                Ok(transaction) => self.attempt(transaction).await,
                Err(error) => Attempt::Failed(error.clone()),
            };
            let end = |outcome, request_id: Option<String>| (Published { outcome, attempts, request_id }, reached);
            match attempt {
                Attempt::Committed { request_id } => return end(PublishOutcome::Done { already: false }, request_id),
                Attempt::Invalid { message, request_id } => {
                    let outcome = self.settle(&request, reached, invalid(message)).await;
                    return end(outcome, request_id);
                }
                Attempt::Failed(error) => {
                    return end(self.settle(&request, reached, PublishOutcome::Failed(error)).await, None);
                }
                Attempt::Again(error) if attempts >= patience.attempts_after(&error) => {
                    return end(self.settle(&request, reached, PublishOutcome::Failed(error)).await, None);
                }
                Attempt::Again(_) => tokio::time::sleep(delay(attempts)).await,
                Attempt::Refused { failed, request_id } => {
                    // The previous command row vanished (expired) in between: once more without it, so that no stub appears.
                    if failed.iter().all(|p| *p == Purpose::Previous) {
                        request.to_mut().parts.iter_mut().for_each(|part| part.previous = None);
                        transaction = self.transaction(&request);
                        continue;
                    }
                    return match self.look(&request).await {
                        Ok(Seen::Ours) => end(PublishOutcome::Done { already: true }, request_id),
                        Ok(Seen::Theirs(reason, message)) => end(PublishOutcome::Conflict(reason, message), request_id),
                        Ok(Seen::Nothing) => end(refused(&request, &failed), request_id),
                        Err(error) => end(PublishOutcome::Unknown(error), request_id),
                    };
                }
                Attempt::Unknown(error) => {
                    lost += 1;
                    reached |= error.kind() != Some(ErrorKind::Endpoint);
                    let end =
                        |outcome, request_id: Option<String>| (Published { outcome, attempts, request_id }, reached);
                    match self.look(&request).await {
                        Ok(Seen::Ours) => return end(PublishOutcome::Done { already: false }, None),
                        Ok(Seen::Theirs(reason, message)) => {
                            return end(PublishOutcome::Conflict(reason, message), None);
                        }
                        Ok(Seen::Nothing) | Err(_) if lost < patience.lost => tokio::time::sleep(delay(attempts)).await,
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

    /// How a request ended that was refused. The rows say whether it was: an earlier attempt may have got through, and a middlebox may have
    /// sent this one twice, or answered with what it remembers of another.
    async fn settle(&self, request: &PublishRequest, reached: bool, refusal: PublishOutcome) -> PublishOutcome {
        // Sent under the same credentials, a look would be refused as well.
        let is_answer = matches!(&refusal, PublishOutcome::Invalid(..));
        if !reached && !is_answer {
            return refusal;
        }
        match self.look(request).await {
            Ok(Seen::Ours) => PublishOutcome::Done { already: false },
            Ok(Seen::Theirs(reason, message)) => PublishOutcome::Conflict(reason, message),
            // A request that the service refuses for its content was refused before, too.
            Ok(Seen::Nothing) if is_answer => refusal,
            Err(error) if is_answer => PublishOutcome::Unknown(error),
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
            if let Some(unfinished) = &part.finishes {
                if let Some(seen) = look_at_finished(part, unfinished, data.as_ref(), command.as_ref())? {
                    return Ok(seen);
                }
                continue;
            }
            if let Some(row) = command.as_ref().filter(|row| row.text(field::REQUEST_ID) == Some(&request.request_id)) {
                return Ok(match is_as_sent(part, row) {
                    true => Seen::Ours,
                    false => Seen::Theirs(
                        Reason::Collision,
                        format!("another item of this run wrote version {} of the entity", part.version),
                    ),
                });
            }
            let version = data.as_ref().map(Row::version).transpose()?.unwrap_or_default();
            if version != part.expected {
                return Ok(changed(part.role, version, part.expected));
            }
            if let Some(seen) = edited(part.role, part.shown.as_ref(), data.as_ref()) {
                return Ok(seen);
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
            let version = row.as_ref().map(Row::version).transpose()?.unwrap_or_default();
            if version != check.version {
                return Ok(changed(check.role, version, check.version));
            }
            if let Some(seen) = edited(check.role, check.shown.as_ref(), row.as_ref()) {
                return Ok(seen);
            }
        }
        for counter in &request.counters {
            if let Some(seen) = self.look_at_counter(counter).await? {
                return Ok(seen);
            }
        }
        Ok(Seen::Nothing)
    }

    async fn look_at_counter(&self, counter: &Counter) -> Result<Option<Seen>, StoreError> {
        let now = self.read.counter(&counter.key).await?.as_ref().and_then(counter_value);
        if now.is_some_and(|now| now >= counter.to) {
            return Ok(Some(Seen::Ours));
        }
        let theirs = |reason, now: Option<i64>| {
            let now = now.map_or_else(|| "gone".to_owned(), |n| format!("at {n}"));
            Ok(Some(Seen::Theirs(reason, format!("the counter is {now}, not as shown"))))
        };
        if now != counter.seen {
            return theirs(Reason::TargetChanged, now);
        }
        let old = self.read.counter(&counter.old.0).await?.as_ref().and_then(counter_value);
        if old != Some(counter.old.1) {
            return theirs(Reason::SourceChanged, old);
        }
        Ok(None)
    }
}

/// Whether a command row that carries the run's id is the one that this part sends, and not that of another item of the run. Later
/// publishes and the pipeline change its ttl and its status; nothing changes its state.
fn is_as_sent(part: &Part, found: &Row) -> bool {
    let Some((_, sent)) = part.rows.iter().find(|(kind, _)| *kind == TableKind::Command) else { return true };
    let (mut sent, mut found) = (NewState::of(sent), NewState::of(found));
    let is_reference = |state: &NewState| state.fields.get(field::ATTRIBUTES).is_some_and(|v| v.as_str().is_some());
    // Sent under another attribute limit, the same attributes stand elsewhere.
    if is_reference(&sent) != is_reference(&found) {
        sent.fields.shift_remove(field::ATTRIBUTES);
        found.fields.shift_remove(field::ATTRIBUTES);
    }
    sent == found
}

/// Whether a command that was to be finished is: whoever did it, the data row has its version then.
fn look_at_finished(
    part: &Part,
    unfinished: &Unfinished,
    data: Option<&Row>,
    command: Option<&Row>,
) -> Result<Option<Seen>, StoreError> {
    let version = data.map(Row::version).transpose()?.unwrap_or_default();
    let of = |row: &Row, name: &str| row.text(name).map(str::to_owned);
    if version == part.version && data.is_some_and(|row| of(row, field::REQUEST_ID) == unfinished.request_id) {
        return Ok(Some(Seen::Ours));
    }
    if version != part.expected {
        return Ok(Some(changed(part.role, version, part.expected)));
    }
    let is_as_seen = command.is_some_and(|row| {
        of(row, field::STATUS) == unfinished.status && of(row, field::REQUEST_ID) == unfinished.request_id
    });
    let message = format!("the command of version {} is no longer as shown", part.version);
    Ok((!is_as_seen).then_some(Seen::Theirs(Reason::TargetChanged, message)))
}

/// The end of a request whose objects could not be put, and of which nothing was written.
fn not_put(request: &PublishRequest, error: StoreError) -> PublishOutcome {
    match error {
        // The bytes that its rows were to refer to are not those that were shown.
        StoreError::S3Missing { .. } | StoreError::S3Changed { .. } => {
            let mut roles = request.parts.iter().map(|part| part.role).chain(request.checks.iter().map(|c| c.role));
            let is_of_source = roles.any(|role| role == Role::Source);
            let reason = if is_of_source { Reason::SourceChanged } else { Reason::TargetChanged };
            PublishOutcome::Conflict(reason, error.to_string())
        }
        error => PublishOutcome::Failed(error),
    }
}

/// The service refused the rows for what they are; sizes and keys were looked at before.
fn invalid(message: String) -> PublishOutcome {
    PublishOutcome::Invalid(Reason::Refused, message)
}

/// An entity that is no longer as it was shown.
fn changed(role: Role, now: Version, shown: Version) -> Seen {
    let (reason, which) = match role {
        Role::Target | Role::Command | Role::User | Role::Counter => (Reason::TargetChanged, "entity"),
        Role::Source => (Reason::SourceChanged, "source"),
        Role::Witness => (Reason::SourceChanged, "other row that it is made from"),
    };
    let was = |version: Version| match version {
        Version(0) => "absent".to_owned(),
        version => format!("at version {version}"),
    };
    Seen::Theirs(reason, format!("the {which} is {}, not {} as shown", was(now), was(shown)))
}

/// An entity that has the version that was shown, and other content.
fn edited(role: Role, shown: Option<&Shown>, row: Option<&Row>) -> Option<Seen> {
    let (shown, row) = (shown?, row?);
    if shown.is_held_by(row) {
        return None;
    }
    let Seen::Theirs(reason, _) = changed(role, Version(0), Version(0)) else { return None };
    let by = row.text(field::REQUEST_ID).unwrap_or("none");
    Some(Seen::Theirs(
        reason,
        format!("its content was changed under the same version since it was shown (request {by})"),
    ))
}

/// A condition failed, and reading back shows no reason: the change was taken back in between.
fn refused(request: &PublishRequest, failed: &[Purpose]) -> PublishOutcome {
    let is_source = failed.contains(&Purpose::Check) && request.checks.iter().any(|c| c.role != Role::Target);
    let reason = if is_source { Reason::SourceChanged } else { Reason::TargetChanged };
    PublishOutcome::Conflict(reason, "someone else was writing the entity at the same moment".to_owned())
}
