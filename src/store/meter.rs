//! Cost of the requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Running totals of consumed capacity, of everything that sends requests or of one part of it.
#[derive(Debug, Default)]
pub struct Meter {
    /// Counts everything that this one counts, too.
    whole: Option<Arc<Meter>>,
    // Tenths of a unit: DynamoDB counts eventually consistent reads in halves.
    read_tenths: AtomicU64,
    write_tenths: AtomicU64,
    requests: AtomicU64,
    throttled: AtomicU64,
}

/// Totals at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reading {
    /// Read units.
    pub read_units: f64,
    /// Write units.
    pub write_units: f64,
    /// Requests sent.
    pub requests: u64,
    /// Requests that were throttled.
    pub throttled: u64,
}

fn tenths(units: f64) -> u64 {
    // Capacity is never negative and far below the range of a u64.
    (units * 10.0).round().max(0.0) as u64
}

impl Meter {
    /// A meter that begins at nothing, for a part of what `whole` goes on counting.
    #[must_use]
    pub fn part_of(whole: &Arc<Self>) -> Self {
        Self { whole: Some(Arc::clone(whole)), ..Self::default() }
    }

    fn add(&self, total: impl Fn(&Self) -> &AtomicU64, n: u64) {
        let mut meter = Some(self);
        while let Some(one) = meter {
            total(one).fetch_add(n, Ordering::Relaxed);
            meter = one.whole.as_deref();
        }
    }

    /// Counts one request.
    pub fn request(&self) {
        self.add(|meter| &meter.requests, 1);
    }

    /// Counts one throttled request.
    pub fn throttled(&self) {
        self.add(|meter| &meter.throttled, 1);
    }

    pub(super) fn read<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let units: f64 = consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum();
        self.add(|meter| &meter.read_tenths, tenths(units));
    }

    pub(super) fn wrote<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let units: f64 = consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum();
        self.add(|meter| &meter.write_tenths, tenths(units));
    }

    /// The totals now.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading {
            read_units: self.read_tenths.load(Ordering::Relaxed) as f64 / 10.0,
            write_units: self.write_tenths.load(Ordering::Relaxed) as f64 / 10.0,
            requests: self.requests.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_counts_its_own_and_the_whole_counts_all() {
        let consumed = |units| ConsumedCapacity::builder().capacity_units(units).build();
        let whole = Arc::new(Meter::default());
        let [first, second] = [(); 2].map(|()| Meter::part_of(&whole));
        first.read([&consumed(12.5)]);
        second.read([&consumed(0.5), &consumed(1.0)]);
        second.wrote([&consumed(2.0)]);
        second.request();
        first.throttled();
        let reading =
            |read_units, write_units, requests, throttled| Reading { read_units, write_units, requests, throttled };
        assert_eq!(first.reading(), reading(12.5, 0.0, 0, 1));
        assert_eq!(second.reading(), reading(1.5, 2.0, 1, 0));
        assert_eq!(whole.reading(), reading(14.0, 2.0, 1, 1));
    }
}
