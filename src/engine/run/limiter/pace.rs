//! How fast the items of one partition may begin, learned from what the service lets through.
//!
//! A partition takes a certain number of units a second, and the service does not say how many. Until it throttles, nothing is held
//! back. From then on items begin at about the rate that got through, which follows the curve of CUBIC (RFC 9438): from a little below the
//! last limit up to it, flat around it, and then upward, as the limit may have been raised.

use std::time::{Duration, Instant};

/// The units of a partition that DynamoDB documents, a second.
const DOCUMENTED: f64 = 1_000.0;
/// Refusals this soon after the rate was lowered were on their way already.
const SETTLE: Duration = Duration::from_millis(300);
/// After a refusal that was expected, the rate begins this share of its peak lower and is back there after so many seconds.
const DIP: f64 = 0.03;
const BACK: f64 = 2.0;
/// Where items are few, each refusal weighs more: below so many a second the dip is deeper, and so many go by until the peak is reached,
/// within so many seconds.
const FEW_ITEMS: f64 = 100.0;
const DEEPEST: f64 = 0.15;
const ITEMS_BACK: f64 = 250.0;
const LONGEST_BACK: f64 = 20.0;
/// The same while the limit is only guessed: it is looked for in larger steps.
const GUESS_DIP: f64 = 0.2;
const GUESS_BACK: f64 = 0.7;
/// The peak after a rate that had crept up to the limit was refused, as a share of that rate.
const STEP: f64 = 0.985;
/// The share of a rate that must have got through for a refusal to be no surprise.
const SURPRISE: f64 = 0.7;
/// Above so many times the rate that once got through, nothing is held back any more.
const FREE: f64 = 16.0;
/// The slowest rate, in items a second. Refusals that have nothing to do with the rate would lower it without end; where a partition takes
/// less than this, the pauses of each refused item do the rest.
const SLOWEST: f64 = 20.0;

/// Items that ended lately, in tenths of a second.
#[derive(Debug, Clone)]
struct Lately {
    tenths: [u32; 16],
    /// The tenth that the newest count is of, from `began`.
    newest: u64,
    began: Instant,
}

impl Lately {
    fn new(at: Instant) -> Self {
        Self { tenths: [0; 16], newest: 0, began: at }
    }

    fn tenth(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.began).as_millis() / 100).unwrap_or(u64::MAX)
    }

    fn place(tenth: u64) -> usize {
        usize::try_from(tenth % 16).unwrap_or_default()
    }

    fn turn_to(&mut self, at: Instant) {
        let now = self.tenth(at);
        for tenth in (self.newest + 1..=now).rev().take(16) {
            self.tenths[Self::place(tenth)] = 0;
        }
        self.newest = self.newest.max(now);
    }

    fn add(&mut self, at: Instant) {
        self.turn_to(at);
        self.tenths[Self::place(self.newest)] += 1;
    }

    /// Items a second over the last `span`, of at most a second.
    fn rate(&self, at: Instant, span: Duration) -> f64 {
        let tenths = u64::try_from(span.as_millis().div_ceil(100)).unwrap_or(10).clamp(2, 10);
        let now = self.tenth(at);
        let since = now.saturating_sub(tenths);
        let of = |tenth: u64| if tenth > self.newest { 0 } else { self.tenths[Self::place(tenth)] };
        // The tenth under way is left out: it is not whole.
        let sum: u32 = (since..now).map(of).sum();
        if now == since { f64::from(of(now)) * 10.0 } else { f64::from(sum) * 10.0 / (now - since) as f64 }
    }
}

/// The rate at which the service throttled, and how it is approached again: fast, then flat where it is most likely, then faster and
/// faster, as it may have been raised.
#[derive(Debug, Clone, Copy)]
struct Limit {
    /// Items a second.
    peak: f64,
    /// The share that it begins below the peak, and the seconds until it is reached.
    dip: f64,
    back: f64,
    at: Instant,
    /// Nothing is known but a first refusal.
    is_guess: bool,
}

impl Limit {
    /// The rate to try by now, in items a second.
    fn by(&self, at: Instant) -> f64 {
        let seconds = at.saturating_duration_since(self.at).as_secs_f64();
        (self.peak * (1.0 + self.dip * (seconds / self.back - 1.0).powi(3))).max(SLOWEST)
    }
}

/// One partition's pace.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    lately: Lately,
    limit: Option<Limit>,
    /// Units of an item, as those that ended took them on average.
    units: Option<f64>,
    next: Instant,
    used: Instant,
}

impl Pace {
    pub(super) fn new(at: Instant) -> Self {
        Self { lately: Lately::new(at), limit: None, units: None, next: at, used: at }
    }

    /// Items a second that may begin now; none where nothing holds them back. `polite` is the share of the partition's limit to use.
    fn rate(&self, at: Instant, polite: Option<f64>) -> Option<f64> {
        let learned = self.limit.map(|limit| limit.by(at));
        let Some(polite) = polite else { return learned };
        // Before the first item has ended it is taken for one of four units, as a small entity that is created.
        let documented = DOCUMENTED / self.units.unwrap_or(4.0);
        Some(polite * learned.map_or(documented, |learned| learned.min(documented)))
    }

    /// When the next item may begin.
    pub(super) fn ready_at(&self) -> Instant {
        self.next
    }

    /// An item begins.
    pub(super) fn began(&mut self, at: Instant, polite: Option<f64>) {
        self.used = at;
        if self.limit.is_some_and(|limit| limit.by(at) > limit.peak * FREE) {
            self.limit = None;
        }
        if let Some(rate) = self.rate(at, polite) {
            // Missed turns are not made up for, but for the time between two looks.
            let missed = at.checked_sub(Duration::from_millis(20)).unwrap_or(at);
            self.next = self.next.max(missed) + Duration::from_secs_f64(1.0 / rate.max(0.01));
        }
    }

    /// An item has ended, for so many units of the partition; none where it was not sent.
    pub(super) fn ended(&mut self, at: Instant, units: Option<u64>) {
        self.lately.add(at);
        if let Some(units) = units {
            let units = units as f64;
            self.units = Some(self.units.map_or(units, |mean| mean + (units - mean) * 0.05));
        }
    }

    /// The service refused an item for being too much. Gives back whether the partition was held back already.
    pub(super) fn throttled(&mut self, at: Instant) -> bool {
        let Some(limit) = self.limit else {
            let peak = self.lately.rate(at, Duration::from_secs(1)).max(SLOWEST);
            self.hold_back(Limit { peak, dip: GUESS_DIP, back: GUESS_BACK, at, is_guess: true });
            return false;
        };
        let since = at.saturating_duration_since(limit.at);
        if since < SETTLE {
            return true;
        }
        let tried = limit.by(at);
        let through = |span: Duration| self.lately.rate(at, since.min(span));
        let peak = if since.as_secs_f64() < limit.back {
            // Too much already on the way back.
            through(Duration::from_secs(1)).clamp(tried / 2.0, tried * 0.95)
        } else if limit.is_guess {
            // Units may have been saved up, and got through beyond the limit.
            through(SETTLE).clamp(tried / 4.0, tried * 0.6)
        } else if through(Duration::from_secs(1)) > tried * SURPRISE {
            tried * STEP
        } else {
            through(SETTLE).clamp(tried / 4.0, tried)
        };
        let peak = peak.max(SLOWEST);
        let dip = (DIP * (1.0 + FEW_ITEMS / peak)).min(DEEPEST);
        self.hold_back(Limit { peak, dip, back: (ITEMS_BACK / peak).clamp(BACK, LONGEST_BACK), at, is_guess: false });
        true
    }

    fn hold_back(&mut self, limit: Limit) {
        self.limit = Some(limit);
        self.next = self.next.max(limit.at + Duration::from_secs_f64(1.0 / limit.by(limit.at)));
    }

    /// True where it has nothing to remember.
    pub(super) fn is_idle(&self, at: Instant) -> bool {
        self.limit.is_none() && at.saturating_duration_since(self.used) > Duration::from_secs(5)
    }
}
