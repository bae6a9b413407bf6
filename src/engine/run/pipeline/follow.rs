//! Outcomes of a batch, by the targets: a job that says it is complete has only queued its rows.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::send::Sent;
use super::{PAGE, give_up, stopped};
use crate::domain::csv::application::is_from_reading;
use crate::domain::item::{PlannedPart, Role};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::{Outcome, Reason};
use crate::domain::timeline::is_failed;
use crate::domain::value::to_plain_json;
use crate::domain::verify::imported;
use crate::engine::failure::Failure;
use crate::engine::items::ended::{ItemEnd, told};
use crate::engine::journal::{Journal, OpenItem};
use crate::engine::protocol::{Event, Phase, StopCause};
use crate::engine::read::seen::{Seen, look_up};
use crate::engine::run::troubles::Troubles;
use crate::engine::task::control::Control;
use crate::engine::task::{Context, Stop, Task};
use crate::store::error::StoreError;

/// Pauses between two looks: short at first, longer while nothing lands.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);
/// How long rows of a failed job may still land.
const GRACE: Duration = Duration::from_secs(5);
/// Without a single answer for this long the run pauses instead of knocking on.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Following<'a> {
    pub(super) task: &'a Task,
    pub(super) journal: &'a Journal,
    pub(super) context: &'a Context,
    pub(super) control: &'a watch::Receiver<Control>,
    pub(super) batch: &'a Sent,
    pub(super) total: Option<u64>,
}

/// Counts of one look at a batch.
#[derive(Default)]
struct Look {
    landed: u64,
    waiting: u64,
}

impl Following<'_> {
    /// Looks until each item of the batch has an outcome; gives back why it ended before that.
    pub(super) async fn to_the_end(&self, done: &mut u64, troubles: &mut Troubles) -> Result<Option<StopCause>, Stop> {
        let mut settled: HashSet<u64> = HashSet::new();
        let (mut pause, mut moved) = (FIRST, Instant::now());
        let mut statuses = BTreeMap::new();
        loop {
            if let Some(cause) = stopped(self.task, self.control) {
                return Ok(Some(cause));
            }
            let looked = async {
                let look = self.look(&mut settled, &statuses, moved.elapsed(), troubles).await?;
                let now = if look.waiting > 0 { self.statuses().await? } else { BTreeMap::new() };
                Ok::<_, Stop>((look, now))
            };
            let (look, now) = match looked.await {
                Ok(looked) => looked,
                // Nothing is known against the items: whoever watches mends it, and it goes on.
                Err(Stop::Failed(failure)) if failure.code.is_of_the_way() => {
                    if failure.code.is_lasting() || moved.elapsed() > PATIENCE {
                        if let Some(cause) = self.paused(*failure).await? {
                            return Ok(Some(cause));
                        }
                        moved = Instant::now();
                    }
                    (Look { landed: 0, waiting: 1 }, statuses.clone())
                }
                Err(stop) => return Err(stop),
            };
            *done += look.landed;
            let progress = Event::Progress { phase: Phase::Run, done: *done, total: self.total };
            self.task.emit(progress).await?;
            if look.waiting == 0 {
                return Ok(None);
            }
            if look.landed > 0 || now != statuses {
                (pause, moved) = (FIRST, Instant::now());
            }
            statuses = now;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.task.cancel.cancelled() => {}
            }
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// Waits until whoever watches says to go on; the failure names the first item that waits.
    async fn paused(&self, failure: Failure) -> Result<Option<StopCause>, Stop> {
        let first = self.journal.batch_items(self.batch.batch, 0, 1).await?;
        let failure = match first.first().map(|open| &open.item.target) {
            Some(key) => failure.at(key.pk.as_str(), Some(key.sk.as_str())),
            None => failure,
        };
        give_up(self.task, self.context, self.control, failure).await
    }

    async fn statuses(&self) -> Result<BTreeMap<String, String>, Stop> {
        let mut statuses = BTreeMap::new();
        for job in self.batch.jobs.values() {
            let row = self.task.store().import_job(&job.entity()).await;
            let status = match row {
                Ok(row) => row.and_then(|row| row.text(field::STATUS).map(str::to_owned)),
                Err(StoreError::Service(error)) if error.is_transient() => None,
                Err(error) => return Err(error.into()),
            };
            statuses.insert(job.id(), status.unwrap_or_default());
        }
        Ok(statuses)
    }

    /// Looks once at every item that has no outcome yet, and records what it finds.
    async fn look(
        &self,
        settled: &mut HashSet<u64>,
        statuses: &BTreeMap<String, String>,
        still: Duration,
        troubles: &mut Troubles,
    ) -> Result<Look, Stop> {
        let mut look = Look::default();
        let mut after = 0;
        loop {
            let page = self.journal.batch_items(self.batch.batch, after, PAGE).await?;
            let ended = page.is_empty();
            after = page.last().map_or(after, |open| open.n);
            let open: Vec<OpenItem> =
                page.into_iter().filter(|open| open.begun && !settled.contains(&open.n)).collect();
            let seen =
                look_up(self.task, open.iter().map(|open| (&*open.item.module, &open.item.target)).collect()).await?;
            let mut ends = Vec::new();
            for open in open {
                match self.judge(&open, &seen, statuses, still).await? {
                    Some(end) => ends.push((open, end)),
                    None => look.waiting += 1,
                }
            }
            look.landed += ends.len() as u64;
            ends.iter().for_each(|(open, end)| troubles.ended(&open.item.target, end));
            self.record(ends, settled).await?;
            if ended {
                return Ok(look);
            }
        }
    }

    /// The end of an item; `None` while its outcome is not known.
    async fn judge(
        &self,
        open: &OpenItem,
        seen: &Seen,
        statuses: &BTreeMap<String, String>,
        still: Duration,
    ) -> Result<Option<ItemEnd>, Stop> {
        let Some(part) = open.item.part(Role::Target) else { return Ok(None) };
        let Some(id) = self.job_of(open, part) else { return Ok(None) };
        let failed = |reason, message| Some(ItemEnd::failed(reason, message));
        let snapshot = match seen.get(&(open.item.module.clone(), part.key.clone())) {
            Some(Ok(snapshot)) => snapshot,
            Some(Err(unusable)) => return Ok(failed(Reason::PipelineFailed, unusable.message.clone())),
            None => return Ok(None),
        };
        let is_of_job = |row: &Row| row.text(field::SOURCE) == Some(id.as_str());
        if snapshot.version > part.version {
            let first = part.version.next();
            let ours = match &snapshot.command {
                Some(command) if snapshot.version == first => is_of_job(command),
                _ => {
                    let (store, key) = (self.task.store(), &part.key);
                    let row =
                        store.get(&open.item.module, TableKind::Command, &key.pk, &key.sk.at(first), true).await?;
                    row.as_ref().is_some_and(is_of_job)
                }
            };
            if !ours {
                let message = format!("version {first} was written by someone else");
                return Ok(Some(ItemEnd {
                    outcome: Outcome::Conflict,
                    ..ItemEnd::failed(Reason::TargetChanged, message)
                }));
            }
            return Ok(Some(match (&part.after, &snapshot.resolved) {
                (Some(wrote), Some(now)) if snapshot.version == first => applied(wrote, now),
                _ => ItemEnd::done(),
            }));
        }
        if let Some(next) = snapshot.next_command.as_ref().filter(|next| is_of_job(next) && is_failed(next)) {
            let state = next.text(field::STATUS).unwrap_or("no status");
            return Ok(failed(Reason::PipelineFailed, format!("the pipeline failed at {state}")));
        }
        let status = statuses.get(&id).map_or("", String::as_str);
        if status == "FAILED" && still > GRACE {
            return Ok(failed(Reason::PipelineFailed, format!("the application's import says FAILED for job {id}")));
        }
        if still > self.context.settings.timeout {
            let message =
                format!("not applied in time; the job's status: {}", if status.is_empty() { "none" } else { status });
            return Ok(failed(Reason::Timeout, message));
        }
        Ok(None)
    }

    fn job_of(&self, open: &OpenItem, part: &PlannedPart) -> Option<String> {
        let tenant = part.after.as_deref()?.text(field::TENANT_CODE)?;
        self.batch.jobs.get(&(tenant.to_owned(), open.item.module.clone())).map(|job| job.id())
    }

    async fn record(&self, ends: Vec<(OpenItem, ItemEnd)>, settled: &mut HashSet<u64>) -> Result<(), Stop> {
        if ends.is_empty() {
            return Ok(());
        }
        let ended = ends.iter().map(|(open, end)| end.ended(open.n)).collect();
        let batches = self.journal.end(ended, vec![self.batch.batch]).await?;
        for (open, end) in ends {
            settled.insert(open.n);
            self.task.emit(Event::Item(Box::new(told(self.context, &open, Some(&end))))).await.ok();
        }
        for batch in batches {
            if let Some(info) = self.journal.batch(batch).await? {
                self.task.emit(Event::Batch(Box::new(info))).await.ok();
            }
        }
        Ok(())
    }
}

/// The application wrote it: as it was to be, or otherwise, and then the next batch would fare no better.
fn applied(wrote: &Row, now: &Row) -> ItemEnd {
    let mut changes = imported(wrote, now);
    changes.retain(|change| !is_from_reading(change, wrote));
    let Some(first) = changes.first() else { return ItemEnd::done() };
    let text = |value: &Option<_>| value.as_ref().map_or_else(|| "nothing".to_owned(), to_plain_json);
    let more = if changes.len() > 1 { format!(" (and {} more)", changes.len() - 1) } else { String::new() };
    let message = format!(
        "the application's strategy wrote it otherwise: {} should be {}, is {}{more}",
        first.path,
        text(&first.before),
        text(&first.after)
    );
    ItemEnd::failed(Reason::PipelineFailed, message)
}
