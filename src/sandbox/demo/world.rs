//! Chance and time: the same in every demo but for the day it is loaded on.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::retention;
use crate::domain::clock::{framework_time, time_zone};
use crate::domain::publish::{Stamp, Ttls};
use crate::sandbox::{SandboxError, TIMEZONE};

const SEED: u64 = 20_240_401;
/// Times in ULIDs, so that keys do not depend on the day: 2024-04-01 and the two years after it.
const ULID_FROM_MILLIS: u64 = 1_711_897_200_000;
const TWO_YEARS_MILLIS: u64 = 63_072_000_000;

/// Editors in the shops, and their addresses.
const EDITORS: [(&str, &str); 8] = [
    ("u-sato", "203.0.113.7"),
    ("u-tanaka", "203.0.113.12"),
    ("u-suzuki", "203.0.113.25"),
    ("u-watanabe", "198.51.100.4"),
    ("u-kobayashi", "198.51.100.17"),
    ("j.schneider", "192.0.2.33"),
    ("m.oconnor", "192.0.2.41"),
    ("batch-nightly", "10.0.12.8"),
];
const SOURCES: [&str; 4] = ["shop-admin", "shop-api", "shop-admin", "price-import"];

/// Chance and time that entities are made with.
pub(super) struct World {
    rng: fastrand::Rng,
    /// The beginning of the day: nothing in the demo is younger.
    today: Timestamp,
    zone: TimeZone,
}

impl World {
    /// The world as it stands at `now`.
    pub(super) fn new(now: Timestamp) -> Result<Self, SandboxError> {
        let failed = |message: String| SandboxError::Dynamo { action: "make up demo data".to_owned(), message };
        let zone = time_zone(TIMEZONE).map_err(|error| failed(error.to_string()))?;
        let today = now.to_zoned(zone.clone()).start_of_day().map_err(|error| failed(error.to_string()))?;
        Ok(Self { rng: fastrand::Rng::with_seed(SEED), today: today.timestamp(), zone })
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.rng.usize(..end.max(1))
    }

    /// One of a list.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.rng.usize(..list.len())]
    }

    /// A moment in the office hours of a day, counted back from today.
    pub(super) fn days_ago(&mut self, days: usize) -> Timestamp {
        let seconds = 9 * 3600 + self.below(9 * 3600);
        let back = days.max(1) as i64 * 86_400 - seconds as i64;
        self.today.saturating_sub(back.seconds()).unwrap_or(self.today)
    }

    /// So many moments between two days, the earliest first and no two alike.
    pub(super) fn moments(&mut self, count: usize, from_days_ago: usize, to_days_ago: usize) -> Vec<Timestamp> {
        let span = from_days_ago.saturating_sub(to_days_ago).max(1);
        let mut all: Vec<Timestamp> = (0..count)
            .map(|i| {
                let (begin, end) = (i * span / count.max(1), (i + 1) * span / count.max(1));
                let day = begin + self.below(end - begin);
                self.days_ago(from_days_ago - day.min(span))
            })
            .collect();
        all.sort_unstable();
        for i in 1..all.len() {
            if all[i] <= all[i - 1] {
                all[i] = all[i - 1].saturating_add(61.seconds()).unwrap_or(all[i]);
            }
        }
        all
    }

    /// A moment as the application writes it into a row.
    pub(super) fn text(&self, at: Timestamp) -> String {
        framework_time(at, &self.zone)
    }

    /// The calendar month of a moment, as `2024-05`.
    pub(super) fn month(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m").to_string()
    }

    /// Author, time and source of one edit.
    pub(super) fn stamp(&mut self, at: Timestamp) -> Stamp {
        let (by, ip) = *self.pick(&EDITORS);
        Stamp {
            at: self.text(at),
            by: by.to_owned(),
            ip: Some(ip.to_owned()),
            request_id: self.uuid(),
            source: (*self.pick(&SOURCES)).to_owned(),
        }
    }

    /// When rows of a tenant's module that are written at `at` expire.
    pub(super) fn ttls(&self, module: &str, tenant: &str, at: Timestamp) -> Ttls {
        retention::ttls(module, tenant, at, self.today)
    }

    /// A UUID.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.rng.u64(..), self.rng.u64(..));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }

    /// A ULID.
    pub(super) fn ulid(&mut self) -> String {
        let millis = ULID_FROM_MILLIS + self.rng.u64(..TWO_YEARS_MILLIS);
        ulid::Ulid::from_parts(millis, self.rng.u128(..)).to_string()
    }
}
