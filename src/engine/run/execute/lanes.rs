//! Lanes of a run: items that follow one another in one partition. Where a partition's pace is what the run waits for, items of the next
//! lanes begin beside its own.

use std::collections::VecDeque;

use crate::engine::journal::{EVERY, Place, Stretch};

/// Lanes that items are taken from at once at most.
const MOST: usize = 16;
/// Items that a lane loads together at least.
const LEAST: usize = 16;

/// Items that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lane {
    /// Module and partition key; none of items that nobody has looked at.
    partition: Option<(String, String)>,
    /// The place that the first one stands behind.
    from: Place,
    /// Place of the last one that was loaded.
    after: Place,
    /// Place of the last one.
    until: Place,
    /// Items that were loaded and did not begin yet.
    queued: usize,
}

impl Lane {
    fn unknown(after: Place) -> Self {
        Self { partition: None, from: after, after, until: EVERY, queued: 0 }
    }

    fn is_known(&self) -> bool {
        self.partition.is_some()
    }
}

/// Items to load: those behind a place, up to another, at most so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) after: Place,
    pub(super) until: Place,
    pub(super) limit: usize,
}

/// The lanes of a run, in the order of their items. What nobody has looked at is one lane and the last.
#[derive(Debug)]
pub(super) struct Lanes {
    open: Vec<Lane>,
    waiting: VecDeque<Lane>,
    /// Items that may be loaded and not begun.
    ahead: usize,
}

impl Lanes {
    /// One lane with every item: as long as no partition holds the run up, their order is all that counts.
    pub(super) fn whole(ahead: usize) -> Self {
        Self { open: vec![Lane::unknown((0, 0))], waiting: VecDeque::new(), ahead }
    }

    /// True once every item was loaded.
    pub(super) fn are_exhausted(&self) -> bool {
        self.open.is_empty()
    }

    /// Items to load next, where a lane runs short; the first of all are few.
    pub(super) fn wanted(&self, at_first: usize) -> Option<Load> {
        let share = (self.ahead / self.open.len().max(1)).max(LEAST);
        let lane = self.open.iter().min_by_key(|lane| lane.queued)?;
        let limit = if lane.after == (0, 0) { at_first.min(share) } else { share };
        (lane.queued < share / 2).then_some(Load { after: lane.after, until: lane.until, limit })
    }

    /// Takes over what was loaded: the place of the last item and how many they are; none where the lane has no more.
    pub(super) fn loaded(&mut self, load: Load, last: Option<Place>, items: usize) {
        let Some(at) = self.open.iter().position(|lane| (lane.after, lane.until) == (load.after, load.until)) else {
            return;
        };
        match (last, self.open.get_mut(at)) {
            (Some(last), Some(lane)) => {
                lane.after = last;
                lane.queued += items;
            }
            _ => {
                self.open.remove(at);
                self.open.extend(self.waiting.pop_front());
            }
        }
    }

    /// An item leaves the queue.
    pub(super) fn began(&mut self, at: Place) {
        if let Some(lane) = self.open.iter_mut().find(|lane| lane.from < at && at <= lane.until) {
            lane.queued = lane.queued.saturating_sub(1);
        }
    }

    /// Lets items of one more lane begin; false where the next one has to be looked at before.
    pub(super) fn widen(&mut self) -> bool {
        let is_known = self.waiting.front().is_some_and(Lane::is_known);
        if is_known && self.open.len() < MOST {
            self.open.extend(self.waiting.pop_front());
        }
        is_known
    }

    /// The place behind which nobody has looked, while there is room for more lanes.
    pub(super) fn unknown_after(&self) -> Option<Place> {
        let unknown = self.open.iter().chain(&self.waiting).find(|lane| !lane.is_known())?;
        (self.open.len() < MOST).then_some(unknown.after)
    }

    /// Takes over the stretches behind a place. Nothing may be being loaded: it could reach into the next lane.
    pub(super) fn split(&mut self, after: Place, stretches: &[Stretch]) {
        let end = stretches.last().map(|stretch| stretch.last);
        let mut stretches = stretches.iter();
        let mut from = after;
        if let Some(lane) = self.open.iter_mut().find(|lane| !lane.is_known()) {
            // It goes on as the first of them; without any it ends here.
            let first = stretches.next();
            lane.partition = Some(first.map(|first| first.partition.clone()).unwrap_or_default());
            lane.until = first.map_or(lane.after, |first| first.last);
            from = lane.until;
        } else {
            self.waiting.retain(Lane::is_known);
            // A long stretch is seen piece by piece.
            let before = self.open.iter_mut().chain(&mut self.waiting).find(|lane| lane.until == after);
            if let (Some(lane), Some(first)) = (before, stretches.clone().next())
                && lane.partition.as_ref() == Some(&first.partition)
            {
                (lane.until, from) = (first.last, first.last);
                stretches.next();
            }
        }
        for stretch in stretches {
            let (partition, until) = (Some(stretch.partition.clone()), stretch.last);
            self.waiting.push_back(Lane { partition, from, after: from, until, queued: 0 });
            from = until;
        }
        self.waiting.extend(end.map(Lane::unknown));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(places: &[(&str, Place)]) -> Vec<Stretch> {
        places.iter().map(|(pk, last)| Stretch { partition: ("m".into(), (*pk).into()), last: *last }).collect()
    }

    #[test]
    fn in_order_as_long_as_no_partition_is_waited_for() {
        let mut lanes = Lanes::whole(256);
        let first = lanes.wanted(32).unwrap();
        assert_eq!(first, Load { after: (0, 0), until: EVERY, limit: 32 });
        lanes.loaded(first, Some((3, 32)), 32);
        (0..16).for_each(|n| lanes.began((3, n + 1)));
        let next = lanes.wanted(32).unwrap();
        assert_eq!((next.after, next.until, next.limit), ((3, 32), EVERY, 256));
        lanes.loaded(next, Some((9, 288)), 256);
        assert_eq!(lanes.wanted(32), None, "enough is loaded");
        (0..200).for_each(|_| lanes.began((4, 100)));
        lanes.loaded(lanes.wanted(32).unwrap(), None, 0);
        assert!(lanes.are_exhausted());
    }

    #[test]
    fn partitions_that_are_waited_for_are_taken_beside_one_another() {
        let mut lanes = Lanes::whole(256);
        let first = lanes.wanted(32).unwrap();
        lanes.loaded(first, Some((2, 200)), 200);
        assert!(!lanes.widen(), "nobody knows where it ends");
        let after = lanes.unknown_after().unwrap();
        assert_eq!(after, (2, 200));
        lanes.split(after, &stretches(&[("A", (2, 250)), ("B", (3, 900)), ("C", (3, 950))]));
        assert!(lanes.widen());
        let second = lanes.wanted(32).unwrap();
        assert_eq!(second, Load { after: (2, 250), until: (3, 900), limit: 128 });
        lanes.loaded(second, Some((3, 400)), 128);
        assert!(lanes.widen());
        let third = lanes.wanted(32).unwrap();
        assert_eq!((third.after, third.until), ((3, 900), (3, 950)));
        lanes.loaded(third, Some((3, 950)), 50);
        (0..190).for_each(|n| lanes.began((1, n + 1)));
        let own = lanes.wanted(32).unwrap();
        assert_eq!((own.after, own.until), ((2, 200), (2, 250)), "the first lane ends where its partition does");
    }

    #[test]
    fn what_lies_behind_is_looked_at_later_and_a_long_stretch_stays_one() {
        let mut lanes = Lanes::whole(256);
        lanes.loaded(lanes.wanted(32).unwrap(), Some((1, 32)), 32);
        lanes.split((1, 32), &stretches(&[("A", (1, 10_000))]));
        assert!(!lanes.widen());
        assert_eq!(lanes.unknown_after(), Some((1, 10_000)));
        lanes.split((1, 10_000), &stretches(&[("A", (1, 20_000)), ("B", (1, 20_100))]));
        assert_eq!((lanes.open.len(), lanes.open[0].until), (1, (1, 20_000)), "still one lane");
        assert!(lanes.widen());
        assert_eq!(lanes.unknown_after(), Some((1, 20_100)));
        lanes.split((1, 20_100), &[]);
        assert_eq!((lanes.unknown_after(), lanes.waiting.len(), lanes.open.len()), (None, 0, 2));
        // Every item belongs to one lane.
        assert_eq!((lanes.open[1].from, lanes.open[1].until), ((1, 20_000), (1, 20_100)));
    }

    #[test]
    fn a_lane_that_has_ended_is_not_taken_for_the_next() {
        let mut lanes = Lanes::whole(256);
        lanes.split((0, 0), &stretches(&[("A", (1, 100)), ("B", (1, 200))]));
        lanes.loaded(lanes.wanted(100).unwrap(), Some((1, 100)), 100);
        lanes.widen();
        let second = lanes.wanted(100).unwrap();
        assert_eq!(second.until, (1, 200));
        lanes.loaded(second, Some((1, 180)), 80);
        assert_eq!(lanes.open.iter().map(|lane| lane.queued).collect::<Vec<_>>(), [100, 80]);
        // Where nothing is left, nobody looks for ever.
        let mut lanes = Lanes::whole(256);
        lanes.split((0, 0), &[]);
        assert_eq!(lanes.unknown_after(), None);
        lanes.loaded(lanes.wanted(32).unwrap(), None, 0);
        assert!(lanes.are_exhausted());
    }

    #[test]
    fn so_many_at_once_and_the_next_when_one_has_ended() {
        let mut lanes = Lanes::whole(256);
        let names: Vec<String> = (1..40).map(|n| format!("P{n}")).collect();
        let all: Vec<(&str, Place)> = names.iter().map(String::as_str).zip((1..).map(|n| (1, n * 100))).collect();
        lanes.split((0, 0), &stretches(&all));
        for _ in 0..100 {
            lanes.widen();
        }
        assert_eq!((lanes.open.len(), lanes.waiting.len()), (MOST, 40 - MOST));
        assert_eq!(lanes.unknown_after(), None, "there are enough");
        lanes.loaded(lanes.wanted(32).unwrap(), None, 0);
        assert_eq!((lanes.open.len(), lanes.waiting.len()), (MOST, 39 - MOST));
    }
}
