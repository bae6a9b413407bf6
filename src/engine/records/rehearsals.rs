//! Rehearsals that are remembered, so that whoever approves knows of them.

use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::remembered;
use crate::domain::digest::hex;
use crate::domain::plan::{Plan, Work};
use crate::engine::journal::JournalError;
use crate::engine::protocol::{Rehearsal, Remembered};
use crate::engine::task::{Stop, Task, blocking};

/// Where they stand in the state directory.
const DIR: &str = "rehearsals";
/// How long one is worth knowing of.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Remembers a rehearsal of a plan at this place.
pub(in crate::engine) async fn remember(task: &Task, plan: &Plan, rehearsal: Rehearsal) -> Result<(), Stop> {
    let rehearsal = Rehearsal { plan: essence(plan), place: place(task).await, ..rehearsal };
    let state_dir = task.shared.state_dir.clone();
    Ok(blocking(move || write(&state_dir, &rehearsal)).await??)
}

/// The rehearsal of exactly what a plan would do; otherwise the last one of the same plan.
pub(in crate::engine) async fn of(task: &Task, plan: Option<&Plan>, digest: &str) -> Option<Box<Remembered>> {
    let plan = essence(plan.filter(|_| !task.shared.is_rehearsal)?);
    let (place, state_dir, digest) = (place(task).await, task.shared.state_dir.clone(), digest.to_owned());
    let found = blocking(move || {
        let mut all = read(&state_dir);
        all.retain(|one| one.place == place && (one.digest == digest || one.plan == plan));
        all.sort_by(|a, b| (a.digest == digest, &a.at).cmp(&(b.digest == digest, &b.at)));
        let rehearsal = all.pop()?;
        Some(Box::new(Remembered { is_changed: rehearsal.digest != digest, rehearsal }))
    });
    found.await.ok().flatten()
}

/// SHA-256 over the work of a plan, without its name and how its run goes about it.
fn essence(plan: &Plan) -> String {
    let mut work = plan.work.clone();
    if let Work::Import { rejects, .. } = &mut work {
        *rejects = None;
    }
    // Plans always serialise: journals keep them so.
    let text = serde_json::to_string(&(&plan.modules, &work, &plan.change)).unwrap_or_default();
    hex(&Sha256::digest(text))
}

async fn place(task: &Task) -> [String; 5] {
    let (profile, connected) = (task.profile(), &task.shared.connected);
    let account = connected.account().await.ok().flatten().unwrap_or_default();
    let region = connected.region.clone().unwrap_or_default();
    [profile.name.clone(), profile.environment.clone(), profile.app.clone(), account, region]
}

fn write(state_dir: &Path, rehearsal: &Rehearsal) -> Result<(), JournalError> {
    let dir = state_dir.join(DIR);
    let named = hex(&Sha256::digest(format!("{:?} {} {}", rehearsal.place, rehearsal.plan, rehearsal.digest)));
    remembered::write(&dir, &format!("{named}.json"), rehearsal)?;
    forget(&dir);
    Ok(())
}

fn read(state_dir: &Path) -> Vec<Rehearsal> {
    let Ok(entries) = std::fs::read_dir(state_dir.join(DIR)) else { return Vec::new() };
    entries.flatten().filter_map(|entry| remembered::read(&entry.path())).collect()
}

fn forget(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        if modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > KEPT) {
            // Whatever stands in the way then will do so the next time.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
