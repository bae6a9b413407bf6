//! How well a limit was used.

use super::tally::{Part, Tally};

/// How long a share must hold before it counts as found, in tenths of a second.
const HOLDS: usize = 20;
/// The share of the limit that counts as found, and the share of requests that may be refused there.
const FOUND: f64 = 0.9;
const FEW: f64 = 0.05;

/// Use that partitions of one table made of their limit between two moments.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Of what all of them could take.
    pub share: f64,
    /// Of the requests.
    pub refused: f64,
    /// Of the partition that got least, next to the one that got most.
    pub fairness: f64,
}

impl Tally {
    /// Figures of partitions of a table that may take so many units a second each, from one tenth to before another.
    pub fn figures(&self, table: &str, pks: &[String], limit: f64, (from, to): (usize, usize)) -> Figures {
        let parts: Vec<Part> = pks.iter().map(|pk| self.of(table, pk, from, to)).collect();
        let seconds = to.saturating_sub(from).max(1) as f64 / 10.0;
        let units = parts.iter().map(|part| part.units);
        let (least, most) = (units.clone().fold(f64::INFINITY, f64::min), units.clone().fold(0.0, f64::max));
        Figures {
            share: units.sum::<f64>() / (limit * seconds * pks.len().max(1) as f64),
            refused: self.whole(from, to).share_refused(),
            fairness: if most > 0.0 { least / most } else { 0.0 },
        }
    }

    /// The tenths from the first write to the moment when the first of the partitions had its last.
    pub fn all_active(&self, table: &str, pks: &[String]) -> (usize, usize) {
        let spans: Vec<(usize, usize)> = pks.iter().filter_map(|pk| self.active(table, pk)).collect();
        let from = spans.iter().map(|(from, _)| *from).min().unwrap_or_default();
        (from, spans.iter().map(|(_, to)| *to).min().unwrap_or_default())
    }

    /// Seconds from one tenth until a share of the limit got through for a while with hardly a refusal; `None` where that never was.
    pub fn settled(&self, table: &str, pks: &[String], limit: f64, (from, to): (usize, usize)) -> Option<f64> {
        let last = to.checked_sub(HOLDS)?;
        let found = (from..=last).find(|at| {
            let figures = self.figures(table, pks, limit, (*at, at + HOLDS));
            figures.share >= FOUND && figures.refused <= FEW
        })?;
        Some((found - from) as f64 / 10.0)
    }
}
