//! The limiter against partitions that take so many units a second, in simulated time.
//!
//! A partition is a bucket of tokens: it fills at its limit, holds so many seconds of it for bursts, and refuses what is not covered.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use super::{Limiter, Place};

/// A partition of the service.
#[derive(Debug, Clone)]
struct Partition {
    place: Place,
    /// Units a second.
    limit: f64,
    /// Seconds of unused units that are kept.
    burst: f64,
    tokens: f64,
    filled: Instant,
    taken: f64,
    refused: u64,
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

struct World {
    limiter: Limiter,
    partitions: Vec<Partition>,
    now: Instant,
    began: Instant,
    /// Units of an item.
    units: u64,
    /// How long a transaction takes.
    latency: Duration,
    /// Of a hundred items so many are refused, whatever their partition has left.
    refused: u64,
    /// Items on their way: when they arrive at the service, and of which partition.
    flying: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Items to send, by partition, and when they may be sent again.
    queue: VecDeque<(usize, Option<Instant>)>,
    chance: Chance,
}

impl World {
    fn new(partitions: usize, limit: f64, polite: Option<f64>, concurrency: usize) -> Self {
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
    fn pause(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.land(self.now);
    }

    /// Goes on for so long.
    fn run(&mut self, seconds: u64) {
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
    fn count_from_here(&mut self) {
        self.began = self.now;
        for partition in &mut self.partitions {
            (partition.taken, partition.refused, partition.sent) = (0.0, 0, 0);
        }
    }

    /// The share of what all partitions could take, and of requests refused.
    fn shares(&self) -> (f64, f64) {
        let seconds = self.now.duration_since(self.began).as_secs_f64();
        let able: f64 = self.partitions.iter().map(|p| p.limit * seconds).sum();
        let taken: f64 = self.partitions.iter().map(|p| p.taken).sum();
        let refused: u64 = self.partitions.iter().map(|p| p.refused).sum();
        let sent: u64 = self.partitions.iter().map(|p| p.sent).sum();
        (taken / able, refused as f64 / sent as f64)
    }
}

fn reaches(mut world: World, what: &str) -> World {
    world.run(12);
    world.count_from_here();
    world.run(20);
    let (reached, refused) = world.shares();
    eprintln!("{what}: {reached:.3} of the limit, {:.2} % refused", refused * 100.0);
    assert!(reached >= 0.95, "{what}: {reached:.3} of the limit");
    assert!(refused < 0.02, "{what}: {:.2} % refused", refused * 100.0);
    world
}

#[test]
fn a_partition_is_used_to_its_limit_and_hardly_refuses() {
    for (limit, units, latency) in [(1_000.0, 4, 12), (1_000.0, 24, 12), (1_000.0, 4, 60), (300.0, 4, 12)] {
        let mut world = World::new(1, limit, None, 32);
        (world.units, world.latency) = (units, Duration::from_millis(latency));
        reaches(world, &format!("limit {limit}, {units} units, {latency} ms"));
    }
}

#[test]
fn partitions_share_alike() {
    let world = reaches(World::new(30, 100.0, None, 128), "30 partitions");
    let taken = world.partitions.iter().map(|p| p.taken);
    let (least, most) = (taken.clone().fold(f64::INFINITY, f64::min), taken.fold(0.0, f64::max));
    assert!(least / most > 0.8, "{least} to {most} units");
}

#[test]
fn slow_partitions_are_used_to_their_limit_and_hardly_refuse() {
    for (partitions, limit) in [(1, 40.0), (1, 12.0), (8, 40.0), (100, 8.0), (100, 40.0)] {
        for burst in [1.0, 5.0] {
            let mut world = World::new(partitions, limit, None, 32);
            world.partitions.iter_mut().for_each(|partition| partition.burst = burst);
            world.run(60);
            world.count_from_here();
            world.run(120);
            let (reached, refused) = world.shares();
            let what =
                format!("{partitions} of {limit}, burst {burst}: {reached:.3}, {:.2} % refused", refused * 100.0);
            eprintln!("{what}");
            assert!(reached >= 0.95 && refused < 0.02, "{what}");
        }
    }
}

#[test]
fn a_low_limit_is_found_within_seconds() {
    for (partitions, limit) in [(1, 300.0), (1, 80.0), (1, 40.0), (8, 20.0)] {
        let mut world = World::new(partitions, limit, None, 32);
        world.run(2);
        world.count_from_here();
        world.run(8);
        let (reached, refused) = world.shares();
        assert!(reached >= 0.9 && refused < 0.1, "{partitions} of {limit}: {reached:.3}, {refused:.3} refused");
    }
}

#[test]
fn partitions_of_an_item_a_second_are_used_from_the_start() {
    let mut world = World::new(100, 4.0, None, 32);
    world.partitions.iter_mut().for_each(|partition| partition.burst = 5.0);
    world.run(20);
    world.count_from_here();
    world.run(100);
    let (reached, refused) = world.shares();
    assert!(reached >= 0.95 && refused < 0.05, "{reached:.3}, {refused:.3} refused");
}

#[test]
fn refusals_that_have_nothing_to_do_with_the_rate_do_not_stop_a_run() {
    let mut world = World::new(1, 1_000_000.0, None, 32);
    world.refused = 25;
    world.run(60);
    world.count_from_here();
    world.run(60);
    let items = world.partitions[0].taken / 60.0 / 4.0;
    assert!(items >= 10.0, "{items:.1} items a second");
}

#[test]
fn a_partition_that_took_nothing_for_a_while_is_soon_used_again() {
    for (seconds, limit, polite) in
        [(2, 1_000.0, None), (10, 1_000.0, None), (10, 200.0, None), (10, 40.0, None), (60, 200.0, Some(0.5))]
    {
        let mut world = World::new(1, limit, polite, 32);
        world.run(20);
        world.refused = 100;
        world.count_from_here();
        world.run(seconds);
        let knocks = world.partitions[0].refused;
        assert!(polite.is_some() || knocks <= 150 + 20 * seconds, "{limit}: {knocks} in vain in {seconds} s");
        world.refused = 0;
        world.run(10);
        world.count_from_here();
        world.run(20);
        let (reached, refused) = world.shares();
        let reached = reached / polite.unwrap_or(1.0);
        assert!(reached >= 0.95 && refused < 0.02, "{limit} after {seconds} s: {reached:.3}, {refused:.3} refused");
    }
}

#[test]
fn a_polite_run_keeps_to_its_share_of_a_limit_that_it_finds() {
    for limit in [300.0, 80.0, 20.0] {
        for polite in [0.25, 0.5, 0.9] {
            let mut world = World::new(1, limit, Some(polite), 32);
            world.run(15);
            world.count_from_here();
            world.run(60);
            let (reached, refused) = world.shares();
            assert!((reached / polite - 1.0).abs() < 0.05, "{limit}: {reached:.3} instead of {polite}");
            assert!(refused < 0.02, "{refused}");
        }
    }
}

#[test]
fn a_polite_run_that_is_paused_while_it_measures_measures_again() {
    let mut world = World::new(1, 80.0, Some(0.5), 32);
    world.run(1);
    world.pause(60);
    world.run(15);
    world.count_from_here();
    world.run(30);
    let (reached, _) = world.shares();
    assert!((reached / 0.5 - 1.0).abs() < 0.05, "{reached:.3} instead of 0.5");
}

#[test]
fn a_polite_run_makes_up_for_a_moment_without_answers_while_it_measures() {
    let mut world = World::new(1, 120.0, Some(0.5), 32);
    world.run(1);
    world.pause(1);
    world.run(10);
    world.count_from_here();
    world.run(30);
    let (reached, _) = world.shares();
    assert!((reached / 0.5 - 1.0).abs() < 0.05, "{reached:.3} instead of 0.5");
}

#[test]
fn a_polite_run_takes_a_slow_service_for_no_limit() {
    let mut world = World::new(1, 200.0, Some(0.5), 1);
    world.latency = Duration::from_millis(200);
    world.refused = 100;
    world.run(1);
    world.refused = 0;
    world.run(12);
    world.limiter.set(32, 0, world.now);
    world.latency = Duration::from_millis(12);
    world.run(10);
    world.count_from_here();
    world.run(30);
    let (reached, _) = world.shares();
    assert!((reached / 0.5 - 1.0).abs() < 0.05, "{reached:.3} instead of 0.5");
}

#[test]
fn a_polite_run_finds_a_limit_that_was_lowered_below_its_share() {
    let mut world = World::new(1, 1_000.0, Some(0.5), 32);
    world.run(10);
    world.partitions[0].limit = 300.0;
    world.run(10);
    world.count_from_here();
    world.run(30);
    let (reached, _) = world.shares();
    assert!((reached / 0.5 - 1.0).abs() < 0.05, "{reached:.3} instead of 0.5");
}

#[test]
fn a_limit_that_is_halved_is_found_again_and_so_is_one_that_is_doubled() {
    let mut world = World::new(1, 1_000.0, None, 64);
    world.run(20);
    world.partitions[0].limit = 500.0;
    world.count_from_here();
    world.run(5);
    let (_, refused) = world.shares();
    assert!(refused < 0.1, "{:.2} % refused while the new limit is found", refused * 100.0);
    let mut world = reaches(world, "halved");
    world.partitions[0].limit = 1_000.0;
    world.run(20);
    world.count_from_here();
    world.run(20);
    let (reached, _) = world.shares();
    assert!(reached >= 0.95, "{reached:.3} of the limit after it was doubled");
}

#[test]
fn a_polite_run_takes_its_share_and_no_more() {
    for polite in [0.25, 0.5, 0.9] {
        let mut world = World::new(1, 1_000.0, Some(polite), 32);
        world.run(5);
        world.count_from_here();
        world.run(20);
        let (reached, refused) = world.shares();
        assert!((reached / polite - 1.0).abs() < 0.05, "{reached:.3} instead of {polite}");
        assert!(refused < 0.001, "{refused}");
    }
}

#[test]
fn one_slow_partition_does_not_hold_up_the_others() {
    let mut world = World::new(4, 1_000.0, None, 64);
    world.partitions[0].limit = 20.0;
    world.run(20);
    world.count_from_here();
    world.run(30);
    let slow = world.partitions[0].taken / 30.0;
    assert!(slow >= 17.0, "{slow} units a second of 20");
    // Items come in turn, and the window of those that wait fills with the slow one's: the others have at least its pace.
    assert!(world.partitions.iter().all(|partition| partition.taken / 30.0 >= 17.0));
}
