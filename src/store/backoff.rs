//! Pauses between attempts.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(40);
const LONGEST: Duration = Duration::from_secs(5);

/// The pause before attempt `attempt` (from 0): doubling, at most five seconds, anywhere between half and all of it so that
/// workers that were throttled together do not come back together.
#[must_use]
pub fn delay(attempt: u32) -> Duration {
    let full = FIRST.saturating_mul(1 << attempt.min(10)).min(LONGEST);
    // A fresh hasher is seeded at random, which is all the chance that is needed here.
    let chance = RandomState::new().hash_one(attempt) % 1_000;
    full / 2 + full / 2 * u32::try_from(chance).unwrap_or(0) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_vary() {
        for attempt in 0..40 {
            let pause = delay(attempt);
            assert!(pause >= FIRST / 2 && pause <= LONGEST, "{pause:?}");
        }
        assert!(delay(20) >= LONGEST / 2);
        let seen: std::collections::HashSet<_> = (0..20).map(|_| delay(10)).collect();
        assert!(seen.len() > 1);
    }
}
