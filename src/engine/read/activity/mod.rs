//! Activity with its authors, newest first, across partitions.

mod disk;
mod kept;
mod listing;
mod noted;
mod partition;
mod reading;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};

use crate::domain::key::PartitionKey;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Activity, ActivityWanted, Event, Phase};
use crate::engine::read::among;
use crate::engine::read::find::ids::candidates;
use crate::engine::read::pace::AT_ONCE;
use crate::engine::read::partitions::Head;
use crate::engine::task::{Stop, Task};
use kept::Kept;
use listing::{Listing, has_rows};
use noted::Noted;
use partition::Partition;
use reading::Reading;

/// Activity told at a time.
const CHUNK: u64 = 200;
/// Partitions that may wait to be read.
const WAITING: usize = 256;
/// Pages whose activity may wait to be kept.
const PAGES: usize = 4;
/// How often it is said how far it is.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// The newest that are listed of what was read until the command was cancelled.
const CANCELLED: u64 = 10_000;

/// Reads the versions of everything in scope, several partitions side by side, and lists them once their order is known. Of a command that
/// is cancelled, the newest of what was read are listed.
pub(in crate::engine) async fn activity(task: &Task, wanted: &ActivityWanted) -> Result<(), Stop> {
    if wanted.limit == Some(0) {
        return Err(Failure::new(ErrorCode::Usage, "the newest 0 are none: the limit is 1 at least").into());
    }
    let state_dir = &task.shared.state_dir;
    let mut work = Work {
        reading: Arc::new(Reading::new(task, wanted)),
        kept: Kept::create(state_dir)?,
        idle: (0..AT_ONCE).map(|_| Noted::new(state_dir)).collect(),
        ticks: tokio::time::interval(TELL_EVERY),
        has_failed: false,
    };
    work.ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let limit = wanted.limit.unwrap_or(u64::MAX);
    match work.all_or_as_id().await {
        Err(Stop::Cancelled) => {
            list(task, &mut work.kept, limit).await?;
            return Err(Stop::Cancelled);
        }
        ended => ended?,
    }
    let undated = work.reading.undated.load(Ordering::Relaxed);
    if undated > 0 {
        task.warn(format!("versions without a readable time, which no period can hold: {undated}")).await?;
    }
    list(task, &mut work.kept, limit).await
}

async fn list(task: &Task, kept: &mut Kept, limit: u64) -> Result<(), Stop> {
    kept.arrange(limit)?;
    let mut behind = 0;
    loop {
        let page = kept.page(behind, CHUNK)?;
        if page.is_empty() {
            return Ok(());
        }
        behind += page.len() as u64;
        task.emit(Event::Activity(page)).await?;
        if behind >= CANCELLED {
            task.check()?;
        }
    }
}

struct Work {
    reading: Arc<Reading>,
    kept: Kept,
    /// Of readers that have nothing to do.
    idle: Vec<Noted>,
    ticks: Interval,
    /// Not all of a module was read.
    has_failed: bool,
}

impl Work {
    /// Where no table has the partition, its key may be an entity's id.
    async fn all_or_as_id(&mut self) -> Result<(), Stop> {
        self.all().await?;
        let (task, wanted) = (self.reading.task.clone(), self.reading.wanted.clone());
        let Some(pk) = wanted.pk.as_ref().filter(|_| wanted.sk.is_none()) else { return Ok(()) };
        for key in candidates(pk.as_str()).into_iter().filter(|key| key.pk.segments().count() > 1) {
            if self.has_failed || self.has_read() {
                break;
            }
            let (pk, sk) = (Some(key.pk.clone()), Some(key.sk.clone()));
            self.reading = Arc::new(Reading::new(&task, &ActivityWanted { pk, sk, ..wanted.clone() }));
            self.all().await?;
            if self.has_read() {
                task.warn(format!("{} is taken for the id of {key}", key.id())).await?;
            }
        }
        Ok(())
    }

    fn has_read(&self) -> bool {
        self.reading.read.load(Ordering::Relaxed) > 0
    }

    async fn all(&mut self) -> Result<(), Stop> {
        let reading = Arc::clone(&self.reading);
        let (task, wanted) = (&reading.task, &reading.wanted);
        for module in among::modules(task, &wanted.among, wanted.pk.as_ref()).await? {
            match self.module(&module).await {
                // One table that may not be read does not hide the others.
                Err(Stop::Failed(failure)) => {
                    self.has_failed = true;
                    let what = format!("not all of the activity of module {module} was read");
                    task.failed(failure.so(&what).not_fatal()).await?;
                }
                other => other?,
            }
        }
        tell(&reading).await
    }

    /// Reads a module's partitions in scope, each from the moment on that it is known of.
    async fn module(&mut self, module: &str) -> Result<(), Stop> {
        let (sender, mut found) = mpsc::channel(PAGES);
        let mut readers = JoinSet::new();
        let ended = self.partitions(module, &sender, &mut found, &mut readers).await;
        // Whatever ended it: what was read counts.
        while let Ok(activity) = found.try_recv() {
            self.kept.add(activity)?;
        }
        // Readers that were cut off keep what they had noted to themselves.
        self.idle.resize_with(AT_ONCE, || Noted::new(&self.reading.task.shared.state_dir));
        ended
    }

    async fn partitions(
        &mut self,
        module: &str,
        sender: &mpsc::Sender<Vec<Activity>>,
        found: &mut mpsc::Receiver<Vec<Activity>>,
        readers: &mut JoinSet<(Noted, Result<(), Stop>)>,
    ) -> Result<(), Stop> {
        let reading = Arc::clone(&self.reading);
        let (task, wanted) = (&reading.task, &reading.wanted);
        let (mut known, mut waiting) = (BTreeSet::new(), VecDeque::new());
        let mut listing = match &wanted.pk {
            Some(pk) => {
                waiting.extend(has_rows(task, module, pk).await?.then(|| pk.clone()));
                None
            }
            None => Some(Listing::start(task, module)),
        };
        loop {
            while let Some(noted) = self.idle.pop() {
                let Some(pk) = waiting.pop_front() else {
                    self.idle.push(noted);
                    break;
                };
                readers.spawn(read(Arc::clone(&reading), module.to_owned(), pk, noted, sender.clone()));
            }
            if readers.is_empty() && listing.is_none() {
                return Ok(());
            }
            tokio::select! {
                heads = next_of(&mut listing, &reading), if listing.is_some() && waiting.len() < WAITING => match heads? {
                    Some(heads) => {
                        for head in heads {
                            if !known.contains(&head.pk) && listing::is_in_scope(task, module, &head, &wanted.among).await? {
                                known.insert(head.pk.clone());
                                waiting.push_back(head.pk);
                            }
                        }
                    }
                    None => listing = None,
                },
                Some(activity) = found.recv() => self.kept.add(activity)?,
                Some(ended) = readers.join_next() => {
                    let ended = ended.map_err(|e| Failure::new(ErrorCode::Internal, format!("a reader ended unexpectedly: {e}")))?;
                    self.idle.push(ended.0);
                    ended.1?;
                }
                _ = self.ticks.tick() => tell(&reading).await?,
                () = task.cancel.cancelled() => return Err(Stop::Cancelled),
            }
        }
    }
}

async fn tell(reading: &Reading) -> Result<(), Stop> {
    let done = reading.read.load(Ordering::Relaxed);
    reading.task.emit(Event::Progress { phase: Phase::Scan, done, total: None }).await
}

/// Reads one partition; what it could not read is reported, and hides nothing of the others.
async fn read(
    reading: Arc<Reading>,
    module: String,
    pk: PartitionKey,
    mut noted: Noted,
    found: mpsc::Sender<Vec<Activity>>,
) -> (Noted, Result<(), Stop>) {
    let own = Partition { reading: &reading, module: &module, pk: &pk, noted: &mut noted, found: &found };
    let ended = match own.read().await {
        Err(Stop::Failed(failure)) => {
            let failure = failure.so(&format!("the activity of {pk} is not complete")).at(pk.as_str(), None);
            reading.task.failed(failure.not_fatal()).await
        }
        other => other,
    };
    (noted, ended)
}

/// The next partitions of a list that is there.
async fn next_of(listing: &mut Option<Listing>, reading: &Reading) -> Result<Option<Vec<Head>>, Stop> {
    match listing {
        Some(listing) => listing.next(reading).await,
        None => Ok(None),
    }
}
