//! For tests: the process kills itself at a step of the journal, as if the power had gone.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Names the step to die at, from 1; without it nobody dies.
pub(crate) const DIE_AT: &str = "TENANTRY_TEST_DIE_AT";

static STEPS: AtomicU64 = AtomicU64::new(0);
static LAST: LazyLock<Option<u64>> = LazyLock::new(|| std::env::var(DIE_AT).ok()?.parse().ok());

/// How many steps there were so far: three while a journal is made, and three for each commit, before the work, before COMMIT and before
/// the answer.
#[cfg(feature = "sandbox")]
pub(crate) fn steps() -> u64 {
    STEPS.load(Ordering::SeqCst)
}

/// One step; where it is the one to die at, nothing of the process runs any more.
pub(super) fn step() {
    let step = STEPS.fetch_add(1, Ordering::SeqCst) + 1;
    if *LAST != Some(step) {
        return;
    }
    let killed = std::process::Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status();
    assert!(killed.is_ok(), "kill is missing");
    loop {
        std::thread::park();
    }
}
