//! How a run goes about its plan.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::publish::PublishMode;

/// How many failed items end a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopAfter {
    /// This many.
    Count(u64),
    /// This share of those attempted, in hundredths of a percent, once [`StopAfter::RATIO_FROM`] were.
    Ratio(u32),
}

impl StopAfter {
    /// Attempts before a ratio counts.
    pub const RATIO_FROM: u64 = 20;

    /// True where a run with so many failed of so many attempted items ends.
    #[must_use]
    pub fn is_reached(self, failed: u64, attempted: u64) -> bool {
        match self {
            Self::Count(limit) => failed > 0 && failed >= limit,
            Self::Ratio(hundredths) => {
                failed > 0 && attempted >= Self::RATIO_FROM && failed * 10_000 >= attempted * u64::from(hundredths)
            }
        }
    }
}

/// When what was written is read back and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Verify {
    /// Not by itself.
    #[default]
    None,
    /// After each batch.
    Batch,
    /// Once, at the end.
    End,
}

/// Program that does the writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Engine {
    /// This program.
    #[default]
    Direct,
    /// The framework's own distributed import.
    Pipeline,
}

/// How a run goes about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSettings {
    /// Items of a batch.
    pub batch: usize,
    /// Items of the first batch.
    pub canary: usize,
    /// Transactions in flight at most.
    pub concurrency: usize,
    /// Items per second at most; 0 for as fast as the table allows.
    pub rate: u32,
    /// The share of what a partition takes to use, in ten thousandths; all of it when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polite: Option<u16>,
    /// How many failed items end the run.
    pub stop_after_failures: StopAfter,
    /// How it publishes; the profile's way when `None`.
    pub publish: Option<PublishMode>,
    /// The guide's marks are left in attributes.
    pub stamp: bool,
    /// How long the application's pipeline may take for an entity.
    pub timeout: Duration,
    /// Entities that may wait for the pipeline at once.
    pub pending: usize,
    /// When what was written is read back.
    pub verify: Verify,
    /// Program that does the writing.
    pub engine: Engine,
    /// The operator's own word for the run; empty for none.
    #[serde(default)]
    pub label: String,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            batch: 100,
            canary: 5,
            concurrency: 32,
            rate: 0,
            polite: None,
            stop_after_failures: StopAfter::Ratio(500),
            publish: None,
            stamp: true,
            timeout: Duration::from_secs(300),
            pending: 50,
            verify: Verify::None,
            engine: Engine::Direct,
            label: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_were_recorded_before_labels_have_none() {
        let mut recorded = serde_json::to_value(RunSettings { label: "old".to_owned(), ..Default::default() }).unwrap();
        assert_eq!(recorded.as_object_mut().unwrap().remove("label"), Some("old".into()));
        assert_eq!(serde_json::from_value::<RunSettings>(recorded).unwrap(), RunSettings::default());
    }

    #[test]
    fn a_ratio_counts_from_twenty_attempts_and_a_count_at_once() {
        let ratio = StopAfter::Ratio(500);
        assert!(!ratio.is_reached(19, 19));
        assert!(ratio.is_reached(1, 20));
        assert!(!ratio.is_reached(1, 21));
        assert!(!ratio.is_reached(0, 1_000));
        assert!(StopAfter::Count(2).is_reached(2, 2) && !StopAfter::Count(2).is_reached(1, 1));
        assert!(StopAfter::Count(0).is_reached(1, 1) && !StopAfter::Count(0).is_reached(0, 9));
    }
}
