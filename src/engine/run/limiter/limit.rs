//! The rate that a partition takes, as far as it is known, and how it is tried again.

use std::time::Instant;

/// After a refusal that was expected, the rate begins this share of its peak lower and is back there after so many seconds.
const DIP: f64 = 0.03;
const BACK: f64 = 2.0;
/// Where items are few, each refusal weighs more: below so many a second the dip is deeper, and so many go by until the peak is reached,
/// within so many seconds.
const FEW_ITEMS: f64 = 100.0;
const DEEPEST: f64 = 0.15;
const ITEMS_BACK: f64 = 250.0;
const LONGEST_BACK: f64 = 30.0;
/// The same while the limit is only guessed: it is looked for in larger steps.
const GUESS_DIP: f64 = 0.2;
const GUESS_BACK: f64 = 0.7;
/// And once it is about known: in so many items, within so many seconds.
const NEAR_DIP: f64 = 0.1;
const NEAR_ITEMS: f64 = 30.0;
const NEAR_BACK: (f64, f64) = (1.5, 10.0);
/// How long a polite run keeps to the limit that it measured, in seconds: it cannot see that it was raised while it uses a share of it.
const KEPT: f64 = 300.0;
/// Above so many times the rate that once got through, nothing is held back any more.
const FREE: f64 = 16.0;
/// The slowest rate, in items a second: as slow as the pauses of a refused item.
pub(super) const SLOWEST: f64 = 0.2;

/// The rate at which the service throttled, and how it is approached again: fast, then flat where it is most likely, then faster and
/// faster, as it may have been raised.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// Items a second.
    pub(super) peak: f64,
    /// The share that it begins below the peak, and the seconds until it is reached.
    dip: f64,
    pub(super) back: f64,
    /// Seconds for which the peak is kept instead.
    kept: f64,
    pub(super) at: Instant,
    pub(super) known: Known,
}

/// How well a limit is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// By a first refusal.
    Guess,
    /// By what got through next to refusals.
    Near,
    /// By a rate that crept up to it.
    Well,
}

impl Limit {
    pub(super) fn guessed(peak: f64, at: Instant) -> Self {
        Self { peak, dip: GUESS_DIP, back: GUESS_BACK, kept: 0.0, at, known: Known::Guess }
    }

    pub(super) fn nearly_known(peak: f64, at: Instant) -> Self {
        let back = (NEAR_ITEMS / peak).clamp(NEAR_BACK.0, NEAR_BACK.1);
        Self { peak, dip: NEAR_DIP, back, kept: 0.0, at, known: Known::Near }
    }

    pub(super) fn well_known(peak: f64, at: Instant) -> Self {
        let dip = (DIP * (1.0 + FEW_ITEMS / peak)).min(DEEPEST);
        let back = (ITEMS_BACK / peak).clamp(BACK, LONGEST_BACK);
        Self { peak, dip, back, kept: 0.0, at, known: Known::Well }
    }

    /// That a polite run measured.
    pub(super) fn measured(peak: f64, at: Instant) -> Self {
        Self { peak, dip: DIP, back: BACK, kept: KEPT, at, known: Known::Well }
    }

    /// True where it was left so far behind that nothing is held back any more.
    pub(super) fn is_outgrown(&self, at: Instant) -> bool {
        self.by(at) > self.peak * FREE
    }

    /// The rate to try by now, in items a second.
    pub(super) fn by(&self, at: Instant) -> f64 {
        (self.peak * (1.0 + self.dip * self.along(at).powi(3))).max(SLOWEST)
    }

    /// How far along its curve a moment is: -1 where it begins, 0 at the peak.
    fn along(&self, at: Instant) -> f64 {
        let seconds = at.saturating_duration_since(self.at).as_secs_f64();
        if self.kept > 0.0 { (seconds - self.kept).max(0.0) / self.back } else { seconds / self.back - 1.0 }
    }
}
