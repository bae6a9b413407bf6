//! The last reading back of each run, so that reports show it.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::remembered;
use crate::domain::clock::utc_millis;
use crate::domain::run::RunId;
use crate::engine::journal::run_dir;
use crate::engine::protocol::{Event, Finding, Verified};
use crate::engine::task::{Stop, Task, blocking};

/// It stands beside the run's journal and goes with it.
const FILE: &str = "verified.json";

/// Findings of a reading back, counted while they are reported.
#[derive(Debug, Default)]
pub(in crate::engine) struct Tally {
    pub(in crate::engine) looked: u64,
    /// Entities with a version above the one that the run wrote.
    pub(in crate::engine) went_on: u64,
    findings: BTreeMap<String, u64>,
}

impl Tally {
    pub(in crate::engine) async fn report(&mut self, task: &Task, finding: Finding) -> Result<(), Stop> {
        *self.findings.entry(finding.kind.to_string()).or_default() += 1;
        task.emit(Event::Finding(Box::new(finding))).await
    }

    /// Remembers that the whole run was read back. A disk that takes nothing more spoils no verification.
    pub(in crate::engine) async fn remember(self, task: &Task, run: RunId) -> Result<(), Stop> {
        let by = task.profile().operator.clone();
        let verified = Verified { at: utc_millis(Timestamp::now()), by, looked: self.looked, findings: self.findings };
        let dir = run_dir(&task.shared.state_dir, run);
        if let Err(error) = blocking(move || remembered::write(&dir, FILE, &verified)).await? {
            tracing::warn!(%error, "the verification is not remembered");
        }
        Ok(())
    }
}

/// The last one. Blocks on the disk.
pub(super) fn of(state_dir: &Path, run: RunId) -> Option<Verified> {
    remembered::read(&run_dir(state_dir, run).join(FILE))
}
