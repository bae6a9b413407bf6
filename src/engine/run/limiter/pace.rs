//! How fast the items of one partition may begin, learned from what the service lets through.
//!
//! A partition takes a certain number of units a second, and the service does not say how many. Until it throttles, nothing is held
//! back. From then on items begin at about the rate that got through, which follows the curve of CUBIC (RFC 9438): from a little below the
//! last limit up to it, flat around it, and then upward, as the limit may have been raised.

use std::time::{Duration, Instant};

use super::lately::Lately;
use super::limit::{Known, Limit, SLOWEST};

/// The units of a partition that DynamoDB documents, a second.
const DOCUMENTED: f64 = 1_000.0;
/// Refusals this soon after the rate was lowered were on their way already.
const SETTLE: Duration = Duration::from_millis(300);
/// The peak after a rate that had crept up to the limit was refused, as a share of that rate.
const STEP: f64 = 0.985;
/// The share of a rate that must have got through for a refusal to be no surprise.
const SURPRISE: f64 = 0.7;
/// Items that a rate is measured by, within so many seconds.
const SAMPLE: f64 = 20.0;
const SAMPLED: (f64, f64) = (0.3, 20.0);
/// Refusals that have nothing to do with the rate would lower it without end. More than so many in a row, with fewer than so many items
/// between them, and those of a partition that lets nothing through, lower it to so many items a second at most: the pauses of each refused
/// item do the rest.
const IN_A_ROW: u32 = 6;
const BETWEEN: u32 = 24;
const AIMLESS: f64 = 20.0;
/// A polite run measures for so many seconds at least and at most, or until so many items got through.
const MEASURED: (f64, f64) = (1.0, 10.0);
const GOOD_SAMPLE: u32 = 40;
/// So many items at most get through between two refusals where it is the limit that holds them back.
const BETWEEN_REFUSED: u32 = 10;
const RIGHT_AFTER: u32 = 2;
/// It asks for so many times what it knows meanwhile.
const ABOVE: f64 = 1.5;
/// A turn that nobody took for so long: there was nothing to send.
const IDLE: Duration = Duration::from_secs(2);

/// A polite run that looks for the limit: it asks for more than that for a moment, and counts the items that get through.
#[derive(Debug, Clone, Copy, Default)]
struct Measuring {
    /// When the first of them got through.
    since: Option<Instant>,
    items: u32,
    /// Of them, since the last refusal.
    since_refused: u32,
}

/// Its result.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Measured {
    /// So many items a second.
    Limit(f64),
    /// Hardly one was refused: something else kept them back.
    Nothing,
}

impl Measuring {
    /// One more got through.
    fn add(&mut self, at: Instant) -> Option<Measured> {
        let since = *self.since.get_or_insert(at);
        let seconds = at.saturating_duration_since(since).as_secs_f64();
        let rate = f64::from(self.items) / seconds.max(0.001);
        self.items += 1;
        self.since_refused += 1;
        // The last refusal says that nothing is saved up, as at the first: whatever stood still in between was made up for.
        if seconds >= MEASURED.0 && self.items >= GOOD_SAMPLE && self.since_refused <= RIGHT_AFTER {
            return Some(Measured::Limit(rate));
        }
        let is_known = self.since_refused <= BETWEEN_REFUSED;
        (seconds >= MEASURED.1).then_some(if is_known { Measured::Limit(rate) } else { Measured::Nothing })
    }
}

/// One partition's pace.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    lately: Lately,
    limit: Option<Limit>,
    measuring: Option<Measuring>,
    /// Items that ended since the rate was last lowered, and refusals in a row with hardly one between them.
    since_lowered: u32,
    in_a_row: u32,
    /// Nothing gets through, however slow: that says nothing of the rate.
    is_closed: bool,
    /// Units of an item, as those that ended took them on average.
    units: Option<f64>,
    began: Instant,
    next: Instant,
    used: Instant,
}

impl Pace {
    pub(super) fn new(at: Instant) -> Self {
        Self {
            lately: Lately::new(at),
            limit: None,
            measuring: None,
            since_lowered: 0,
            in_a_row: 0,
            is_closed: false,
            units: None,
            began: at,
            next: at,
            used: at,
        }
    }

    /// Items a second that may begin now; none where nothing holds them back. `polite` is the share of the partition's limit to use.
    fn rate(&self, at: Instant, polite: Option<f64>) -> Option<f64> {
        let most = if self.is_closed { AIMLESS } else { f64::INFINITY };
        let learned = self.limit.map(|limit| limit.by(at).min(most));
        let Some(polite) = polite else { return learned };
        // Before the first item has ended it is taken for one of four units, as a small entity that is created.
        let documented = DOCUMENTED / self.units.unwrap_or(4.0);
        Some(match (learned, self.measuring) {
            (Some(learned), Some(_)) => documented.min(learned * ABOVE),
            (None, Some(_)) => documented.min(polite * documented * ABOVE),
            (learned, None) => polite * learned.map_or(documented, |learned| learned.min(documented)),
        })
    }

    /// When the next item may begin.
    pub(super) fn ready_at(&self) -> Instant {
        self.next
    }

    /// An item begins.
    pub(super) fn began(&mut self, at: Instant, polite: Option<f64>) {
        self.used = at;
        // Items that got through while there was nothing to send say nothing, and units were saved up meanwhile: the next refusal says when
        // they are gone.
        if at > self.next + IDLE {
            self.measuring = None;
        }
        if self.limit.is_some_and(|limit| limit.is_outgrown(at)) {
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
        self.since_lowered = self.since_lowered.saturating_add(1);
        if let Some(units) = units {
            let units = units as f64;
            self.units = Some(self.units.map_or(units, |mean| mean + (units - mean) * 0.05));
        }
        if std::mem::take(&mut self.is_closed)
            && let Some(limit) = self.limit
        {
            // Half of it, as it may also have become very low.
            self.hold_back(Limit::guessed((limit.peak / 2.0).max(SLOWEST), at));
        }
        if let Some(measured) = self.measuring.as_mut().and_then(|measuring| measuring.add(at)) {
            self.measuring = None;
            if let Measured::Limit(rate) = measured {
                self.hold_back(Limit::measured(rate.max(SLOWEST), at));
            }
        }
    }

    /// The service refused an item for being too much. Gives back whether the partition was held back already.
    pub(super) fn throttled(&mut self, at: Instant, polite: Option<f64>) -> bool {
        let was_paced = self.limit.is_some();
        if let Some(measuring) = &mut self.measuring {
            measuring.since_refused = 0;
        }
        if self.measuring.is_some() || self.limit.is_some_and(|limit| at.saturating_duration_since(limit.at) < SETTLE) {
            return was_paced;
        }
        if polite.is_some_and(|polite| polite < 1.0) {
            self.measuring = Some(Measuring::default());
            return was_paced;
        }
        let Some(limit) = self.limit else {
            // The first that got through were saved up.
            let since = at.saturating_duration_since(self.began);
            let peak = self.lately.rate(at, since.min(Duration::from_secs(1)));
            let peak = if peak > 0.0 { peak } else { AIMLESS };
            self.hold_back(Limit::guessed(peak, at));
            return false;
        };
        if self.since_lowered == 0 {
            self.is_closed = true;
            return true;
        }
        let since = at.saturating_duration_since(limit.at);
        let tried = limit.by(at);
        self.in_a_row = if self.since_lowered < BETWEEN { self.in_a_row + 1 } else { 0 };
        let sample = Duration::from_secs_f64((SAMPLE / tried).clamp(SAMPLED.0, SAMPLED.1));
        // The refused one would have got through a little later.
        let through = |span: Duration| {
            let span = since.min(span.max(sample));
            self.lately.rate(at, span) + 0.5 / span.as_secs_f64()
        };
        let is_on_the_way = since.as_secs_f64() < limit.back;
        let peak = if is_on_the_way {
            // Too much already.
            through(Duration::from_secs(1)).clamp(tried / 2.0, tried * 0.95)
        } else if limit.known == Known::Guess {
            // Units may have been saved up, and got through beyond the limit.
            through(SETTLE).clamp(tried / 4.0, tried * 0.6)
        } else if through(Duration::from_secs(1)) > tried * SURPRISE {
            tried * STEP
        } else {
            through(SETTLE).clamp(tried / 4.0, tried)
        };
        let peak = peak.max(if self.in_a_row > IN_A_ROW { AIMLESS } else { SLOWEST });
        self.hold_back(match limit.known {
            Known::Near if !is_on_the_way => Limit::well_known(peak, at),
            Known::Well => Limit::well_known(peak, at),
            Known::Guess | Known::Near => Limit::nearly_known(peak, at),
        });
        true
    }

    fn hold_back(&mut self, limit: Limit) {
        self.since_lowered = 0;
        self.limit = Some(limit);
        self.next = self.next.max(limit.at + Duration::from_secs_f64(1.0 / limit.by(limit.at)));
    }

    /// True where it has nothing to remember.
    pub(super) fn is_idle(&self, at: Instant) -> bool {
        self.limit.is_none() && at.saturating_duration_since(self.used) > Duration::from_secs(5)
    }
}
