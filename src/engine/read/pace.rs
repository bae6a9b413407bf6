//! How much is read at once by what reads many partitions, and how much in all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::store::error::{ErrorKind, StoreError};
use crate::store::{Meter, backoff};

/// Pages that are read side by side.
pub(super) const AT_ONCE: usize = 8;
/// Times that a throttled page is asked for again, each of them several times by the SDK.
const ATTEMPTS: u32 = 8;
/// Pages that are read without being throttled until one more is read at once.
const CALM: u32 = 32;
/// Bytes that half a read unit pays for.
const HALF_UNIT: f64 = 4096.0;
/// Units of a page that nothing limits: a megabyte, eventually consistent.
const WHOLE_PAGE: f64 = 128.0;
/// Units of the two command rows by which an entity's flags are told.
const SHOWN: f64 = 1.0;
/// How long to wait for pages that are being read to say what they took.
const MOMENT: Duration = Duration::from_millis(10);
/// The part of what is left that one page may take, so that pages side by side stay within it together.
const SHARE: f64 = 0.25;

/// Pace and budget of a command, shared by all that read for it.
#[derive(Debug)]
pub(super) struct Pace {
    permits: Arc<Semaphore>,
    meter: Arc<Meter>,
    /// Units used before it began.
    before: f64,
    max_units: Option<f64>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Permits there are, and permits there should be.
    permits: (usize, usize),
    /// Pages that were read since one was throttled or the last permit was added.
    calm: u32,
    /// Units of pages that are being read.
    reserved: f64,
    /// Units that showing what was found will take.
    owed: f64,
    rows: f64,
    bytes: f64,
    hits: f64,
    exhausted: bool,
}

/// Leave to read one page.
#[derive(Debug)]
pub(super) struct Leave {
    permit: OwnedSemaphorePermit,
    /// Rows at most.
    pub(super) rows: Option<usize>,
    reserved: f64,
}

impl Pace {
    pub(super) fn new(meter: &Arc<Meter>, max_units: Option<f64>) -> Self {
        let state = State {
            permits: (AT_ONCE, AT_ONCE),
            calm: 0,
            reserved: 0.0,
            owed: 0.0,
            rows: 0.0,
            bytes: 0.0,
            hits: 0.0,
            exhausted: false,
        };
        Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            meter: Arc::clone(meter),
            before: meter.reading().read_units,
            max_units,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Units used since it began.
    pub(super) fn used(&self) -> f64 {
        self.meter.reading().read_units - self.before
    }

    /// Whether somebody wanted to read more than is allowed.
    pub(super) fn is_exhausted(&self) -> bool {
        self.state().exhausted
    }

    /// Whether nothing more may be read.
    pub(super) fn is_used_up(&self) -> bool {
        self.max_units.is_some_and(|max| self.used() >= max)
    }

    /// Notes that there is more than may be read.
    pub(super) fn exhaust(&self) {
        self.state().exhausted = true;
    }

    /// Waits for leave to read a page; `None` when the units are used up.
    pub(super) async fn leave(&self) -> Option<Leave> {
        loop {
            let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
            let Some(max) = self.max_units else { return Some(Leave { permit, rows: None, reserved: 0.0 }) };
            if let Some((rows, reserved)) = self.reserve(max)? {
                return Some(Leave { permit, rows, reserved });
            }
            drop(permit);
            tokio::time::sleep(MOMENT).await;
        }
    }

    /// Rows and units of the next page: `None` when the units are used up, nothing inside while pages that are being read may leave some.
    fn reserve(&self, max: f64) -> Option<Option<(Option<usize>, f64)>> {
        let left = max - self.used();
        let mut state = self.state();
        if left <= 0.0 {
            state.exhausted = true;
            return None;
        }
        let left = left - state.reserved - state.owed;
        if left <= 0.0 {
            return Some(None);
        }
        // Before anything is known every row is long, and found.
        let of = |sum: f64, unknown: f64| if state.rows > 0.0 { sum / state.rows } else { unknown };
        let each: f64 = of(state.bytes, HALF_UNIT) / (2.0 * HALF_UNIT) + of(state.hits, 1.0) * SHOWN;
        let wanted = (left * SHARE).max(each).max(0.5);
        // Small and never negative.
        let rows = (wanted / each.max(0.001)).max(1.0) as usize;
        state.reserved += wanted;
        Some(Some(((wanted < WHOLE_PAGE).then_some(rows), wanted)))
    }

    /// So many entities of a page are shown now.
    pub(super) fn shown(&self, hits: usize) {
        let mut state = self.state();
        state.owed = (state.owed - hits as f64 * SHOWN).max(0.0);
    }

    /// A page was read, with so many rows that hold the text.
    pub(super) fn read(&self, leave: Leave, (rows, hits): (usize, usize), bytes: usize) {
        let mut state = self.state();
        state.hits += hits as f64;
        state.owed += hits as f64 * SHOWN;
        state.rows += rows as f64;
        state.bytes += bytes as f64;
        state.calm = state.calm.saturating_add(1);
        if state.calm >= CALM && state.permits.1 < AT_ONCE {
            state.calm = 0;
            state.permits.1 += 1;
        }
        self.give_back(state, leave);
    }

    /// A page was throttled: half as many are read side by side from now on.
    fn throttled(&self, leave: Leave) {
        let mut state = self.state();
        state.permits.1 = (state.permits.1 / 2).max(1);
        state.calm = 0;
        self.give_back(state, leave);
    }

    /// A page could not be read.
    pub(super) fn failed(&self, leave: Leave) {
        self.give_back(self.state(), leave);
    }

    fn give_back(&self, mut state: MutexGuard<'_, State>, leave: Leave) {
        state.reserved = (state.reserved - leave.reserved).max(0.0);
        if state.permits.0 > state.permits.1 {
            state.permits.0 -= 1;
            leave.permit.forget();
        } else if state.permits.0 < state.permits.1 {
            state.permits.0 += 1;
            self.permits.add_permits(1);
        }
    }

    /// As [`asks_again`], once the leave is given back.
    pub(super) async fn repeats(&self, leave: Leave, error: &StoreError, attempt: &mut u32) -> bool {
        if is_throttled(error) {
            self.throttled(leave)
        } else {
            self.failed(leave)
        }
        asks_again(&self.meter, error, attempt).await
    }
}

fn is_throttled(error: &StoreError) -> bool {
    error.kind() == Some(ErrorKind::Throttled)
}

/// Whether to ask once more after an error: where the page was throttled, after a pause, and not for ever.
pub(in crate::engine) async fn asks_again(meter: &Meter, error: &StoreError, attempt: &mut u32) -> bool {
    if !is_throttled(error) {
        return false;
    }
    meter.throttled();
    if *attempt >= ATTEMPTS {
        return false;
    }
    tokio::time::sleep(backoff::delay(*attempt)).await;
    *attempt += 1;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn throttling_halves_what_is_read_at_once_and_leaves_one() {
        let pace = Pace::new(&Arc::default(), None);
        for left in [AT_ONCE - 1, AT_ONCE - 2] {
            let leave = pace.leave().await.unwrap();
            pace.throttled(leave);
            assert_eq!(pace.permits.available_permits(), left);
        }
        for _ in 0..2 * AT_ONCE {
            let leave = pace.leave().await.unwrap();
            pace.throttled(leave);
        }
        assert_eq!((pace.permits.available_permits(), pace.state().permits), (1, (1, 1)));
    }

    #[tokio::test]
    async fn calm_brings_the_pace_back_step_by_step() {
        let pace = Pace::new(&Arc::default(), None);
        for _ in 0..2 * AT_ONCE {
            let leave = pace.leave().await.unwrap();
            pace.throttled(leave);
        }
        for wanted in 2..=AT_ONCE + 1 {
            for _ in 0..CALM {
                let leave = pace.leave().await.unwrap();
                pace.read(leave, (1, 0), 100);
            }
            let wanted = wanted.min(AT_ONCE);
            assert_eq!((pace.permits.available_permits(), pace.state().permits), (wanted, (wanted, wanted)));
        }
    }

    #[tokio::test]
    async fn pages_side_by_side_stay_within_the_units() {
        let pace = Pace::new(&Arc::default(), Some(4.0));
        let mut reserved = 0.0;
        let mut leaves = Vec::new();
        for _ in 0..AT_ONCE {
            let Ok(Some(leave)) = tokio::time::timeout(MOMENT, pace.leave()).await else { break };
            reserved += leave.reserved;
            leaves.push(leave);
        }
        // The last page may need more than is left: it has one row at least.
        assert!(reserved <= 4.0 + 1.5, "{reserved}");
        assert_eq!(leaves[0].rows, Some(1));
        let first = leaves.remove(0);
        // A hundred rows of 40 bytes: more of them go into the next page.
        pace.read(first, (100, 0), 4_000);
        leaves.pop().map(|leave| pace.read(leave, (0, 0), 0)).unwrap();
        assert!(pace.leave().await.unwrap().rows > Some(80));
        assert!(!pace.is_exhausted() && !pace.is_used_up());
    }
}
