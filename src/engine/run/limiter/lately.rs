//! Items that got through of late.

use std::time::{Duration, Instant};

/// Tenths of a second that are remembered.
const TENTHS: usize = 256;

/// Items that ended lately, in tenths of a second.
#[derive(Debug, Clone)]
pub(super) struct Lately {
    tenths: Box<[u16; TENTHS]>,
    /// The tenth that the newest count is of, from `began`.
    newest: u64,
    began: Instant,
}

impl Lately {
    pub(super) fn new(at: Instant) -> Self {
        Self { tenths: Box::new([0; TENTHS]), newest: 0, began: at }
    }

    fn tenth(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.began).as_millis() / 100).unwrap_or(u64::MAX)
    }

    fn place(tenth: u64) -> usize {
        usize::try_from(tenth % TENTHS as u64).unwrap_or_default()
    }

    fn turn_to(&mut self, at: Instant) {
        let now = self.tenth(at);
        for tenth in (self.newest + 1..=now).rev().take(TENTHS) {
            self.tenths[Self::place(tenth)] = 0;
        }
        self.newest = self.newest.max(now);
    }

    pub(super) fn add(&mut self, at: Instant) {
        self.turn_to(at);
        let tenth = &mut self.tenths[Self::place(self.newest)];
        *tenth = tenth.saturating_add(1);
    }

    /// Items a second over the last `span`, of what is remembered.
    pub(super) fn rate(&self, at: Instant, span: Duration) -> f64 {
        let tenths = u64::try_from(span.as_millis().div_ceil(100)).unwrap_or(10).clamp(2, TENTHS as u64 - 2);
        let now = self.tenth(at);
        let since = now.saturating_sub(tenths);
        let of = |tenth: u64| if tenth > self.newest { 0 } else { self.tenths[Self::place(tenth)] };
        // The tenth under way is left out: it is not whole.
        let sum: u32 = (since..now).map(|tenth| u32::from(of(tenth))).sum();
        if now == since { f64::from(of(now)) * 10.0 } else { f64::from(sum) * 10.0 / (now - since) as f64 }
    }
}
