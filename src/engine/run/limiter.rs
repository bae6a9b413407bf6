use std::time::{Duration, Instant};

/// Successes after which one more transaction may be in flight.
const RAISE_AFTER: usize = 4;
/// One bad moment lowers the concurrency once, however many transactions it hits.
const LOWER_EVERY: Duration = Duration::from_millis(500);

/// How many transactions may be in flight, and when the next may begin: fewer when the service is throttled, slowly more again
/// when it is not.
#[derive(Debug)]
pub(super) struct Limiter {
    most: usize,
    now: usize,
    successes: usize,
    lowered: Option<Instant>,
    rate: u32,
    next: Instant,
}

impl Limiter {
    pub(super) fn new(concurrency: usize, rate: u32, at: Instant) -> Self {
        Self { most: concurrency, now: concurrency, successes: 0, lowered: None, rate, next: at }
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
    pub(super) fn began(&mut self, at: Instant) {
        if self.rate > 0 {
            // What was missed is not made up for: a pause is no reason for a burst.
            self.next = self.next.max(at) + Duration::from_secs(1) / self.rate;
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.successes += 1;
        if self.successes >= RAISE_AFTER && self.now < self.most {
            self.successes = 0;
            self.now += 1;
        }
    }

    pub(super) fn throttled(&mut self, at: Instant) {
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
        let mut limiter = Limiter::new(32, 0, at);
        limiter.throttled(at);
        limiter.throttled(at);
        assert_eq!(limiter.concurrency(), 16);
        at += LOWER_EVERY;
        limiter.throttled(at);
        assert_eq!(limiter.concurrency(), 8);
        for _ in 0..RAISE_AFTER {
            limiter.succeeded();
        }
        assert_eq!(limiter.concurrency(), 9);
        for _ in 0..1000 {
            limiter.succeeded();
        }
        assert_eq!(limiter.concurrency(), 32);
        for _ in 0..10 {
            at += LOWER_EVERY;
            limiter.throttled(at);
        }
        assert_eq!(limiter.concurrency(), 1);
    }

    #[test]
    fn a_rate_spaces_items_and_a_pause_is_not_made_up_for() {
        let began = Instant::now();
        let mut limiter = Limiter::new(8, 10, began);
        limiter.began(began);
        limiter.began(began);
        assert_eq!(limiter.ready_at() - began, Duration::from_millis(200));
        let later = began + Duration::from_secs(5);
        limiter.began(later);
        assert_eq!(limiter.ready_at() - later, Duration::from_millis(100));
        limiter.set(8, 1000, later);
        assert!(limiter.ready_at() <= later);
    }
}
