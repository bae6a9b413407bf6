//! Cost of the requests.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Running totals of consumed capacity, shared by everything that sends requests.
#[derive(Debug, Default)]
pub struct Meter {
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
    /// Counts one request.
    pub fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one throttled request.
    pub fn throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let units: f64 = consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum();
        self.read_tenths.fetch_add(tenths(units), Ordering::Relaxed);
    }

    pub(super) fn wrote<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        let units: f64 = consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum();
        self.write_tenths.fetch_add(tenths(units), Ordering::Relaxed);
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
