//! How often a watch looks.

use std::time::Duration;

/// While something changes.
const SHORTEST: Duration = Duration::from_secs(2);
/// While nothing does.
const LONGEST: Duration = Duration::from_secs(10);
/// While the service throttles, or cannot be reached.
const SLOWEST: Duration = Duration::from_secs(60);

/// The time between two looks.
#[derive(Debug)]
pub(super) struct Pace(Duration);

impl Default for Pace {
    fn default() -> Self {
        Self(SHORTEST)
    }
}

impl Pace {
    /// How long to wait now.
    pub(super) fn pause(&self) -> Duration {
        self.0
    }

    /// Something changed.
    pub(super) fn changed(&mut self) {
        self.0 = SHORTEST;
    }

    /// Nothing changed.
    pub(super) fn quiet(&mut self) {
        // Back from a slower pace at once: the reason for that is gone.
        self.0 = if self.0 > LONGEST { LONGEST } else { (self.0 + self.0 / 4).min(LONGEST) };
    }

    /// The service wants less of this.
    pub(super) fn back_off(&mut self) {
        self.0 = (self.0 * 2).min(SLOWEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_slows_down_while_nothing_happens_and_more_while_it_is_throttled() {
        let mut pace = Pace::default();
        assert_eq!(pace.pause(), Duration::from_secs(2));
        let mut seen = Vec::new();
        for _ in 0..12 {
            pace.quiet();
            seen.push(pace.pause());
        }
        assert!(seen.is_sorted() && seen[0] < Duration::from_secs(3), "{seen:?}");
        assert_eq!(seen.last(), Some(&Duration::from_secs(10)));
        for _ in 0..5 {
            pace.back_off();
        }
        assert_eq!(pace.pause(), Duration::from_secs(60));
        pace.quiet();
        assert_eq!(pace.pause(), Duration::from_secs(10));
        pace.changed();
        assert_eq!(pace.pause(), Duration::from_secs(2));
    }
}
