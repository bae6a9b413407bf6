//! Partitions that take so many units a second, and items that are sent to them as the limiter lets them, in simulated time.
//!
//! A partition is a bucket of tokens: it fills at its limit, holds so many seconds of it for bursts, and refuses what is not covered.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use super::super::{Limiter, Place};

/// A partition of the service.
#[derive(Debug, Clone)]
pub(super) struct Partition {
    place: Place,
    /// Units a second.
    pub(super) limit: f64,
    /// Seconds of unused units that are kept.
    pub(super) burst: f64,
    tokens: f64,
    filled: Instant,
    pub(super) taken: f64,
    pub(super) refused: u64,
    sent: u64,
    ended: VecDeque<Instant>,
}

impl Partition {
    fn take(&mut self, units: f64, at: Instant) -> bool {
        let seconds = at.duration_since(self.filled).as_secs_f64();
        self.filled = at;
        self.tokens = (self.tokens + seconds * self.limit).min(self.limit * self.burst);
        self.sent += 1;
        if self.tokens < units {
            self.refused += 1;
            return false;
        }
        self.tokens -= units;
        self.taken += units;
        true
    }
}

/// The same load every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

pub(super) struct World {
    pub(super) limiter: Limiter,
    pub(super) partitions: Vec<Partition>,
    pub(super) now: Instant,
    began: Instant,
    /// Units of an item.
    pub(super) units: u64,
    /// How long a transaction takes.
    pub(super) latency: Duration,
    /// Of a hundred items so many are refused, whatever their partition has left.
    pub(super) refused: u64,
    /// Items on their way: when they arrive at the service, and of which partition.
    flying: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Items to send, by partition, and when they may be sent again.
    queue: VecDeque<(usize, Option<Instant>)>,
    chance: Chance,
}

impl World {
    pub(super) fn new(partitions: usize, limit: f64, polite: Option<f64>, concurrency: usize) -> Self {
        let now = Instant::now();
        let limiter = Limiter::new(concurrency, 0, polite, now);
        let partition = |at: usize| Partition {
            place: limiter.place("product", &format!("PRODUCT#{at}")),
            limit,
            burst: 1.0,
            tokens: 0.0,
            filled: now,
            taken: 0.0,
            refused: 0,
            sent: 0,
            ended: VecDeque::new(),
        };
        let partitions: Vec<Partition> = (0..partitions).map(partition).collect();
        Self {
            partitions,
            limiter,
            now,
            began: now,
            units: 4,
            latency: Duration::from_millis(12),
            refused: 0,
            flying: BinaryHeap::new(),
            queue: VecDeque::new(),
            chance: Chance(7),
        }
    }

    /// Items without end, of all partitions in turn.
    fn refill(&mut self, next: &mut usize) {
        while self.queue.len() < 256 {
            self.queue.push_back((*next, None));
            *next = (*next + 1) % self.partitions.len();
        }
    }

    fn launch(&mut self) {
        let mut looked = 0;
        while self.flying.len() < self.limiter.concurrency() && looked < self.queue.len() {
            let Some((at, not_before)) = self.queue.pop_front() else { break };
            let place = self.partitions[at].place;
            let turn = self.limiter.turn_of(place);
            if not_before.max(turn).is_some_and(|ready| ready > self.now) {
                self.queue.push_back((at, not_before));
                looked += 1;
                continue;
            }
            self.limiter.began(place, self.now);
            let jitter = Duration::from_micros(self.chance.below(4_000));
            self.flying.push(Reverse((self.now + self.latency + jitter, at)));
        }
    }

    /// When something may happen next.
    fn next_event(&self) -> Instant {
        let arrival = self.flying.peek().map(|Reverse((at, _))| *at);
        let is_full = self.flying.len() >= self.limiter.concurrency();
        let turns = self.queue.iter().filter(|_| !is_full).map(|(at, not_before)| {
            let turn = self.limiter.turn_of(self.partitions[*at].place);
            turn.max(*not_before).unwrap_or(self.now)
        });
        let next = turns.chain(arrival).min().unwrap_or(self.now);
        next.max(self.now + Duration::from_millis(1))
    }

    /// Items on their way arrive until then.
    fn land(&mut self, tick: Instant) {
        while let Some(Reverse((arrives, at))) = self.flying.peek().copied().filter(|Reverse((a, _))| *a <= tick) {
            self.flying.pop();
            let units = self.units as f64;
            let is_refused = self.chance.below(100) < self.refused;
            let partition = &mut self.partitions[at];
            if is_refused {
                (partition.sent, partition.refused) = (partition.sent + 1, partition.refused + 1);
            }
            if !is_refused && partition.take(units, arrives) {
                partition.ended.push_back(arrives);
                self.limiter.ended(partition.place, Some(self.units), arrives);
            } else {
                self.limiter.throttled(partition.place, arrives);
                self.queue.push_front((at, Some(arrives + Duration::from_millis(40))));
            }
        }
    }

    /// Nothing is begun for so long.
    pub(super) fn pause(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.land(self.now);
    }

    /// Goes on for so long.
    pub(super) fn run(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        let mut next = 0;
        while self.now < until {
            self.refill(&mut next);
            self.launch();
            let tick = self.next_event().min(until);
            self.land(tick);
            self.now = tick;
        }
    }

    /// Forgets what was counted so far.
    pub(super) fn count_from_here(&mut self) {
        self.began = self.now;
        for partition in &mut self.partitions {
            (partition.taken, partition.refused, partition.sent) = (0.0, 0, 0);
        }
    }

    /// The share of what all partitions could take, and of requests refused.
    pub(super) fn shares(&self) -> (f64, f64) {
        let seconds = self.now.duration_since(self.began).as_secs_f64();
        let able: f64 = self.partitions.iter().map(|p| p.limit * seconds).sum();
        let taken: f64 = self.partitions.iter().map(|p| p.taken).sum();
        let refused: u64 = self.partitions.iter().map(|p| p.refused).sum();
        let sent: u64 = self.partitions.iter().map(|p| p.sent).sum();
        (taken / able, refused as f64 / sent as f64)
    }
}
