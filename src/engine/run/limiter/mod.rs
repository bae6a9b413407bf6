//! How much of a run may be on its way at once, and when the next item may begin.

mod lately;
mod limit;
mod pace;
#[cfg(test)]
mod simulation;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use pace::Pace;

/// Partitions that are remembered; beyond them those that nothing holds back are forgotten.
const REMEMBERED: usize = 4_096;
/// Successes after which one more transaction may be in flight.
const RAISE_AFTER: usize = 4;
/// One bad moment lowers the concurrency once, however many transactions it hits.
const LOWER_EVERY: Duration = Duration::from_millis(500);

/// A partition that the service limits, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place(u64);

/// How many transactions may be in flight, and when the next may begin: fewer when the service is throttled, slowly more again
/// when it is not. Each partition has its own pace.
#[derive(Debug)]
pub(super) struct Limiter {
    most: usize,
    now: usize,
    successes: usize,
    lowered: Option<Instant>,
    rate: u32,
    next: Instant,
    /// The share of a partition's limit to use; all of it when none.
    polite: Option<f64>,
    paces: HashMap<Place, Pace>,
    places: RandomState,
}

impl Limiter {
    pub(super) fn new(concurrency: usize, rate: u32, polite: Option<f64>, at: Instant) -> Self {
        Self {
            most: concurrency,
            now: concurrency,
            successes: 0,
            lowered: None,
            rate,
            next: at,
            polite,
            paces: HashMap::new(),
            places: RandomState::new(),
        }
    }

    /// The number of a module's partition.
    pub(super) fn place(&self, module: &str, pk: &str) -> Place {
        Place(self.places.hash_one((module, pk)))
    }

    /// When the next item of a partition may begin.
    pub(super) fn turn_of(&self, place: Place) -> Option<Instant> {
        self.paces.get(&place).map(Pace::ready_at)
    }

    /// Takes over what the operator wants.
    pub(super) fn set(&mut self, concurrency: usize, rate: u32, at: Instant) {
        if concurrency != self.most {
            self.most = concurrency;
            self.now = self.now.min(concurrency).max(1);
        }
        if rate != self.rate {
            self.rate = rate;
            self.next = at;
        }
    }

    pub(super) fn concurrency(&self) -> usize {
        self.now
    }

    /// So much of a number as the concurrency is of what it may be; one at least.
    pub(super) fn share_of(&self, whole: usize) -> usize {
        (whole * self.now / self.most.max(1)).max(1)
    }

    /// When the next item may begin.
    pub(super) fn ready_at(&self) -> Instant {
        self.next
    }

    /// One item begins.
    pub(super) fn began(&mut self, place: Place, at: Instant) {
        if self.paces.len() >= REMEMBERED {
            self.paces.retain(|_, pace| !pace.is_idle(at));
        }
        let polite = self.polite;
        self.paces.entry(place).or_insert_with(|| Pace::new(at)).began(at, polite);
        if self.rate > 0 {
            // Missed turns are not made up for: a pause is no reason for a burst.
            self.next = self.next.max(at) + Duration::from_secs(1) / self.rate;
        }
    }

    /// An item has ended; `units` are those of its busiest partition, where it was sent.
    pub(super) fn ended(&mut self, place: Place, units: Option<u64>, at: Instant) {
        if let Some(pace) = self.paces.get_mut(&place) {
            pace.ended(at, units);
        }
        self.successes += 1;
        if self.successes >= RAISE_AFTER && self.now < self.most {
            self.successes = 0;
            self.now += 1;
        }
    }

    /// The service refused an item for being too much for its partition.
    pub(super) fn throttled(&mut self, place: Place, at: Instant) {
        let polite = self.polite;
        let is_paced = self.paces.get_mut(&place).is_some_and(|pace| pace.throttled(at, polite));
        // Once its partition has a pace of its own, the others need not wait for it.
        if !is_paced {
            self.delayed(at);
        }
    }

    /// An item has to be sent again.
    pub(super) fn delayed(&mut self, at: Instant) {
        self.successes = 0;
        if self.lowered.is_none_or(|last| at.duration_since(last) >= LOWER_EVERY) {
            self.lowered = Some(at);
            self.now = (self.now / 2).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_halves_once_a_while_and_success_raises_one_by_one() {
        let mut at = Instant::now();
        let mut limiter = Limiter::new(32, 0, None, at);
        let place = limiter.place("product", "PRODUCT#acme");
        limiter.throttled(place, at);
        limiter.throttled(place, at);
        assert_eq!(limiter.concurrency(), 16);
        at += LOWER_EVERY;
        limiter.delayed(at);
        assert_eq!(limiter.concurrency(), 8);
        for _ in 0..RAISE_AFTER {
            limiter.ended(place, None, at);
        }
        assert_eq!(limiter.concurrency(), 9);
        for _ in 0..1000 {
            limiter.ended(place, None, at);
        }
        assert_eq!(limiter.concurrency(), 32);
        for _ in 0..10 {
            at += LOWER_EVERY;
            limiter.throttled(place, at);
        }
        assert_eq!(limiter.concurrency(), 1);
    }

    #[test]
    fn a_rate_spaces_items_and_a_pause_is_not_made_up_for() {
        let began = Instant::now();
        let mut limiter = Limiter::new(8, 10, None, began);
        let place = limiter.place("product", "PRODUCT#acme");
        limiter.began(place, began);
        limiter.began(place, began);
        assert_eq!(limiter.ready_at() - began, Duration::from_millis(200));
        let later = began + Duration::from_secs(5);
        limiter.began(place, later);
        assert_eq!(limiter.ready_at() - later, Duration::from_millis(100));
        limiter.set(8, 1000, later);
        assert!(limiter.ready_at() <= later);
    }
}
