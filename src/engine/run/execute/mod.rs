//! The pool that carries approved items out.

mod lanes;
mod recording;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use lanes::{Lanes, Load};

use super::limiter::Limiter;
use super::round::{Pending, Round, round};
use super::troubles::Troubles;
use crate::domain::clock::utc_millis;
use crate::domain::key::EntityKey;
use crate::domain::plan::Engine;
use crate::domain::publish::PublishMode;
use crate::engine::failure::Failure;
use crate::engine::items::ended::ItemEnd;
use crate::engine::journal::{Journal, JournalError, OpenItem, Place, Stretch};
use crate::engine::protocol::{Event, ItemResult, Steering, StopCause};
use crate::engine::read::identity::with_device;
use crate::engine::run::pipeline;
use crate::engine::task::control::Control;
use crate::engine::task::{Context, Stop, Task};
use crate::store::backoff::delay;
use crate::store::error::{ErrorKind, StoreError};
use crate::store::publish::WriteStore;

/// Items begun ahead of their turn: enough that the journal's wait for the disk is never waited for, few enough to look up after a kill.
const AHEAD: usize = 256;
/// Outcomes that are recorded together at most, and how long the first of them waits for the others: each commit waits for the disk,
/// and nobody sees a difference of so little time.
const GROUP: usize = 128;
const GATHER: Duration = Duration::from_millis(25);
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// How carrying out ended.
#[derive(Debug)]
pub(in crate::engine) enum Ended {
    /// Every approved item has an outcome.
    Complete,
    /// Before that.
    Stopped(StopCause),
}

/// An answer of the journal for the queue.
enum Given {
    Items(Load, Vec<OpenItem>),
    /// Stretches of one partition each among the items behind a place.
    Stretches(Place, Vec<Stretch>),
}

type Loaded = Result<Given, JournalError>;
type Recorded = Result<(Vec<ItemResult>, Vec<u32>), JournalError>;

struct Pool<'a> {
    task: &'a Task,
    journal: &'a Journal,
    store: Arc<WriteStore>,
    context: Arc<Context>,
    control: watch::Receiver<Control>,
    limiter: Limiter,
    /// In async mode entities wait for the pipeline longer than for the table.
    slots: Arc<Semaphore>,
    queue: VecDeque<Pending>,
    busy: HashSet<EntityKey>,
    flying: JoinSet<(Pending, Round)>,
    lanes: Lanes,
    /// Items wait for their partition's turn while more could be on their way.
    is_held_up: bool,
    results: Vec<(OpenItem, ItemEnd)>,
    /// When the first of them is to be recorded at the latest.
    record_at: Option<Instant>,
    stopping: Option<StopCause>,
    troubles: Troubles,
    done: u64,
    total: Option<u64>,
    was_paused: bool,
    told: Instant,
    error: Option<JournalError>,
}

/// Carries out every item of the approved batches that has no outcome yet.
///
/// Cancelled, nothing further is begun; what is under way is waited for and recorded.
pub(in crate::engine) async fn carry_out(
    task: &Task,
    journal: &Journal,
    store: &WriteStore,
    context: &Context,
    total: Option<u64>,
) -> Result<Ended, Stop> {
    if context.settings.engine == Engine::Pipeline {
        return pipeline::carry_out(task, journal, store, context, context.import_table.as_deref(), total).await;
    }
    let settings = &context.settings;
    let control = task.shared.controls.take(context.run, settings.rate, settings.concurrency);
    let start = *control.borrow();
    let now = Instant::now();
    let mut pool = Pool {
        task,
        journal,
        store: Arc::new(store.clone()),
        context: Arc::new(context.clone()),
        limiter: Limiter::new(
            start.concurrency,
            start.rate,
            settings.polite.map(|parts| f64::from(parts) / 10_000.0),
            now,
        ),
        // In sync mode the pool itself counts; in async mode items stay in it while they wait for the pipeline.
        slots: Arc::new(Semaphore::new(match context.mode {
            PublishMode::Sync => Semaphore::MAX_PERMITS,
            PublishMode::Async => settings.concurrency,
        })),
        control,
        queue: VecDeque::new(),
        busy: HashSet::new(),
        flying: JoinSet::new(),
        lanes: Lanes::whole(AHEAD),
        is_held_up: false,
        results: Vec::new(),
        record_at: None,
        stopping: None,
        troubles: Troubles::so_far(journal, context).await?,
        done: 0,
        total,
        was_paused: false,
        told: now,
        error: None,
    };
    pool.run().await
}

async fn maybe<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

impl Pool<'_> {
    async fn run(&mut self) -> Result<Ended, Stop> {
        let mut loading: Option<BoxFuture<'static, Loaded>> = None;
        let mut recording: Option<BoxFuture<'static, Recorded>> = None;
        loop {
            self.look_at_control();
            let mut wake = if self.stopping.is_none() { self.launch() } else { None };
            if self.stopping.is_none() && loading.is_none() {
                loading = self.load();
            }
            if recording.is_none() && self.error.is_none() {
                match self.record_at {
                    Some(at) if self.results.len() >= GROUP || self.flying.is_empty() || at <= Instant::now() => {
                        recording = Some(self.record());
                    }
                    Some(at) => wake = Some(wake.map_or(at, |w| w.min(at))),
                    None => {}
                }
            }
            let is_through = self.stopping.is_some() || (self.queue.is_empty() && self.lanes.are_exhausted());
            if is_through && self.flying.is_empty() && loading.is_none() && recording.is_none() {
                break;
            }
            tokio::select! {
                Some(landed) = self.flying.join_next() => match landed {
                    Ok((pending, round)) => self.landed(pending, round).await,
                    // A defect: what became of the item is not known, and the others are not risked.
                    Err(_) => { self.stopping.get_or_insert(StopCause::Failures); }
                },
                loaded = maybe(&mut loading) => {
                    loading = None;
                    self.loaded(loaded);
                }
                recorded = maybe(&mut recording) => {
                    recording = None;
                    self.recorded(recorded).await;
                }
                changed = self.control.changed() => {
                    if changed.is_err() {
                        self.stopping.get_or_insert(StopCause::Interrupted);
                    }
                }
                () = self.task.cancel.cancelled(), if self.stopping.is_none() => {
                    self.stopping = Some(StopCause::Interrupted);
                }
                () = tokio::time::sleep_until(wake.unwrap_or_else(Instant::now).into()), if wake.is_some() => {}
            }
        }
        self.task.shared.count(|counters| counters.concurrency = 0);
        // Items that were never sent were not begun.
        let unsent =
            self.queue.iter().filter(|p| p.attempts == 0 && !p.open.begun).map(|p| p.open.n).collect::<Vec<_>>();
        if self.error.is_none() && !unsent.is_empty() {
            self.journal.unbegin(unsent).await?;
        }
        match self.error.take() {
            Some(error) => Err(error.into()),
            None => Ok(self.stopping.map_or(Ended::Complete, Ended::Stopped)),
        }
    }

    fn look_at_control(&mut self) {
        let control = *self.control.borrow_and_update();
        self.limiter.set(control.concurrency, control.rate, Instant::now());
        if std::mem::replace(&mut self.was_paused, control.paused) && !control.paused {
            self.troubles.go_on();
        }
        if control.stopped {
            self.stopping.get_or_insert(self.troubles.cause());
        }
        if self.task.cancel.is_cancelled() {
            self.stopping.get_or_insert(StopCause::Interrupted);
        }
    }

    /// Begins what may begin now; gives back when to look again, where only time is in the way.
    fn launch(&mut self) -> Option<Instant> {
        self.is_held_up = false;
        if self.control.borrow().paused {
            return None;
        }
        let most = match self.context.mode {
            PublishMode::Sync => self.limiter.concurrency(),
            // Throttled, fewer commands are written, and so fewer wait.
            PublishMode::Async => self.limiter.share_of(self.context.settings.pending),
        };
        let mut wake: Option<Instant> = None;
        let (mut looked, mut held) = (0, 0);
        while self.flying.len() < most && looked < self.queue.len() {
            let now = Instant::now();
            if self.limiter.ready_at() > now {
                return Some(self.limiter.ready_at());
            }
            let Some(mut pending) = self.queue.pop_front() else { break };
            if let Some(at) = pending.not_before.filter(|at| *at > now) {
                wake = Some(wake.map_or(at, |w| w.min(at)));
                self.queue.push_back(pending);
                looked += 1;
                continue;
            }
            // One version of an entity in flight, whichever items it belongs to; and what is only pinned may be about to become what
            // was shown. One that comes round again has kept its entities to itself.
            if !pending.holds && pending.open.item.parts.iter().any(|part| self.busy.contains(&part.key)) {
                self.queue.push_back(pending);
                looked += 1;
                continue;
            }
            let place = self.limiter.place(&pending.open.item.module, pending.open.item.target.pk.as_str());
            if let Some(at) = self.limiter.turn_of(place).filter(|at| *at > now) {
                wake = Some(wake.map_or(at, |w| w.min(at)));
                self.queue.push_back(pending);
                looked += 1;
                held += 1;
                continue;
            }
            if pending.attempts == 0 {
                self.lanes.began((pending.open.batch, pending.open.n));
            }
            pending.holds = true;
            self.busy.extend(written(&pending.open));
            self.limiter.began(place, now);
            let (store, context) = (Arc::clone(&self.store), Arc::clone(&self.context));
            let (slots, cancel) = (Arc::clone(&self.slots), self.task.cancel.clone());
            self.flying.spawn(async move {
                let round = round(&store, &context, &mut pending, &slots, &cancel).await;
                (pending, round)
            });
        }
        self.is_held_up = self.flying.len() < most && held > looked / 2;
        wake
    }

    /// Asks the journal for what the queue wants: items where a lane runs short, and more lanes where a partition holds the run up.
    fn load(&mut self) -> Option<BoxFuture<'static, Loaded>> {
        let journal = self.journal.clone();
        if std::mem::take(&mut self.is_held_up)
            && !self.lanes.widen()
            && let Some(after) = self.lanes.unknown_after()
        {
            return Some(async move { Ok(Given::Stretches(after, journal.stretches(after).await?)) }.boxed());
        }
        // Few at first, so that the first transactions need not wait for many.
        let load = self.lanes.wanted(self.context.settings.concurrency)?;
        let items = async move {
            let at = utc_millis(Timestamp::now());
            Ok(Given::Items(load, journal.begin(load.after, load.until, load.limit, at).await?))
        };
        Some(items.boxed())
    }

    fn loaded(&mut self, loaded: Loaded) {
        match loaded {
            Ok(Given::Items(load, items)) => {
                // Fewer than asked for may come where their rows are large.
                self.lanes.loaded(load, items.last().map(|last| (last.batch, last.n)), items.len());
                self.queue.extend(items.into_iter().map(Pending::new));
            }
            Ok(Given::Stretches(after, stretches)) => self.lanes.split(after, &stretches),
            // Items that cannot be recorded as begun are not begun.
            Err(error) => self.broken(error),
        }
    }

    fn broken(&mut self, error: JournalError) {
        self.stopping.get_or_insert(StopCause::Failures);
        self.error.get_or_insert(error);
    }

    async fn landed(&mut self, mut pending: Pending, round: Round) {
        let place = self.limiter.place(&pending.open.item.module, pending.open.item.target.pk.as_str());
        match round {
            Round::Ended(end) => {
                for key in written(&pending.open) {
                    self.busy.remove(&key);
                }
                self.troubles.ended(&pending.open.item.target, &end);
                self.limiter.ended(place, pending.units, Instant::now());
                self.results.push((pending.open, end));
                self.record_at.get_or_insert_with(|| Instant::now() + GATHER);
                if self.troubles.are_too_many(self.context.settings.stop_after_failures) {
                    self.stopping.get_or_insert(StopCause::Failures);
                    if let Some(first) = self.troubles.take_first() {
                        self.task.warn(first).await.ok();
                    }
                }
            }
            Round::Again(error) => {
                match error.kind() {
                    Some(ErrorKind::Throttled) => self.limiter.throttled(place, Instant::now()),
                    _ => self.limiter.delayed(Instant::now()),
                }
                pending.attempts += 1;
                pending.rounds += 1;
                pending.not_before = Some(Instant::now() + delay(pending.rounds));
                let key = pending.open.item.target.clone();
                self.queue.push_front(pending);
                if self.troubles.last_too_long() {
                    self.pause(error, &key).await;
                }
            }
            Round::Stuck(error) => {
                pending.attempts += 1;
                let key = pending.open.item.target.clone();
                self.queue.push_front(pending);
                self.pause(error, &key).await;
            }
            Round::Open => {
                pending.attempts += 1;
                self.queue.push_front(pending);
            }
        }
    }

    /// Nothing gets through: whoever watches decides.
    async fn pause(&mut self, error: StoreError, key: &EntityKey) {
        if self.control.borrow().paused || self.stopping.is_some() {
            return;
        }
        self.troubles.give_up();
        self.task.shared.controls.steer(self.context.run, Steering::Pause);
        let failure = Failure::from(error).at(key.pk.as_str(), Some(key.sk.as_str()));
        let failure = Box::new(with_device(self.task, failure).await);
        let told = self.task.emit(Event::Paused { run: self.context.run, failure }).await;
        if told.is_err() {
            self.stopping.get_or_insert(StopCause::Interrupted);
        }
    }
}

fn written(open: &OpenItem) -> impl Iterator<Item = EntityKey> + '_ {
    open.item.parts.iter().filter(|part| part.after.is_some()).map(|part| part.key.clone())
}
