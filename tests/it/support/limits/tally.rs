//! The record of writes, in tenths of a second.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::cost::{Access, Charge};
use super::refusal::Refusal;

/// A tenth of a second, or several of them together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Part {
    /// Units that were let through.
    pub units: f64,
    /// Requests, those that were refused included.
    pub requests: u64,
    pub refused: u64,
}

impl Part {
    fn add(&mut self, other: Self) {
        self.units += other.units;
        self.requests += other.requests;
        self.refused += other.refused;
    }

    /// The share of requests that were refused.
    pub fn share_refused(&self) -> f64 {
        self.refused as f64 / self.requests.max(1) as f64
    }
}

/// By partition, and of all requests.
#[derive(Debug, Clone)]
pub struct Tally {
    began: Instant,
    partitions: BTreeMap<(String, String), Vec<Part>>,
    all: Vec<Part>,
}

fn at(parts: &mut Vec<Part>, tenth: usize) -> &mut Part {
    if parts.len() <= tenth {
        parts.resize(tenth + 1, Part::default());
    }
    &mut parts[tenth]
}

fn sum(parts: &[Part], from: usize, to: usize) -> Part {
    let mut sum = Part::default();
    let end = to.min(parts.len());
    parts.get(from.min(end)..end).into_iter().flatten().for_each(|part| sum.add(*part));
    sum
}

impl Tally {
    pub(super) fn new(began: Instant) -> Self {
        Self { began, partitions: BTreeMap::new(), all: Vec::new() }
    }

    /// The tenth that a moment is in.
    pub fn tenth(&self, at: Instant) -> usize {
        let elapsed = at.saturating_duration_since(self.began);
        usize::try_from(elapsed.as_millis() / Duration::from_millis(100).as_millis()).unwrap_or(usize::MAX)
    }

    pub(super) fn count(&mut self, charges: &[Charge], refusals: &[Option<Refusal>], now: Instant) {
        let tenth = self.tenth(now);
        let is_refused = refusals.iter().any(Option::is_some);
        let mut counted: Vec<(&str, &str)> = Vec::new();
        for charge in charges.iter().filter(|charge| charge.access == Access::Write) {
            let key = (charge.table.clone(), charge.pk.clone());
            let part = at(self.partitions.entry(key).or_default(), tenth);
            let units = if is_refused { 0.0 } else { charge.units };
            let is_first = !counted.contains(&(&charge.table, &charge.pk));
            counted.push((&charge.table, &charge.pk));
            part.add(Part { units, requests: u64::from(is_first), refused: u64::from(is_first && is_refused) });
            let whole = at(&mut self.all, tenth);
            let is_new = counted.len() == 1;
            whole.add(Part { units, requests: u64::from(is_new), refused: u64::from(is_new && is_refused) });
        }
    }

    /// The record of one partition, from one tenth to before another.
    pub fn of(&self, table: &str, pk: &str, from: usize, to: usize) -> Part {
        let parts = self.partitions.get(&(table.to_owned(), pk.to_owned()));
        parts.map_or_else(Part::default, |parts| sum(parts, from, to))
    }

    /// The same of all requests together.
    pub fn whole(&self, from: usize, to: usize) -> Part {
        sum(&self.all, from, to)
    }

    /// The tenths from the first to the last write of a partition that was let through.
    pub fn active(&self, table: &str, pk: &str) -> Option<(usize, usize)> {
        let parts = self.partitions.get(&(table.to_owned(), pk.to_owned()))?;
        let first = parts.iter().position(|part| part.units > 0.0)?;
        Some((first, parts.iter().rposition(|part| part.units > 0.0)? + 1))
    }
}
