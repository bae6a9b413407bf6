//! Recorded runs that nobody needs any more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use super::{JournalError, Reader, hold, io, journal_path, list, run_dir, runs_dir};
use crate::domain::clock::parse_time;
use crate::domain::run::{RunId, RunState};
use crate::engine::protocol::RunInfo;

/// How the directory of a run is called while it is removed: no run has such a name.
const GOING: &str = "going-";

/// Runs that ended before a moment, newest first. A run that takes another one back and that other one need each other: both are among
/// them, or neither. Blocks on the disk.
///
/// # Errors
/// [`JournalError::Io`] when the directory itself cannot be read.
pub fn prunable(state_dir: &Path, before: Timestamp) -> Result<Vec<RunInfo>, JournalError> {
    // One that cannot be read stays, and so does whatever is linked to it.
    let runs: BTreeMap<RunId, RunInfo> = list(state_dir)?.into_iter().flatten().map(|info| (info.run, info)).collect();
    let is_free = |run: &RunId| hold(state_dir, *run).is_ok();
    let mut going: BTreeSet<RunId> =
        runs.values().filter(|info| is_over(info, before)).map(|info| info.run).filter(is_free).collect();
    let stays = |run: &RunId| journal_path(state_dir, *run).exists();
    loop {
        let mut kept = BTreeSet::new();
        for info in runs.values() {
            for other in [info.undo_of, info.undone_by].into_iter().flatten().filter(stays) {
                if going.contains(&info.run) != going.contains(&other) {
                    kept.extend([info.run, other]);
                }
            }
        }
        let count = going.len();
        going.retain(|run| !kept.contains(run));
        if going.len() == count {
            break;
        }
    }
    Ok(runs.into_values().rev().filter(|info| going.contains(&info.run)).collect())
}

/// Every item has an outcome, and has had it for long enough.
fn is_over(info: &RunInfo, before: Timestamp) -> bool {
    let ended = info.ended_at.as_deref().and_then(parse_time);
    matches!(info.state, RunState::Done | RunState::Undone) && info.left == 0 && ended.is_some_and(|at| at < before)
}

/// Removes a run with everything in its directory; false where it was taken up meanwhile. Blocks on the disk.
///
/// # Errors
/// [`JournalError`] when it cannot be read or removed.
pub fn remove(state_dir: &Path, run: RunId, before: Timestamp) -> Result<bool, JournalError> {
    let _lock = match hold(state_dir, run) {
        Ok(lock) => lock,
        Err(JournalError::Locked { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    if !is_over(&Reader::open(state_dir, run)?.info()?, before) {
        return Ok(false);
    }
    let (dir, going) = (run_dir(state_dir, run), runs_dir(state_dir).join(format!("{GOING}{run}")));
    // In one stroke: half a journal is none.
    std::fs::rename(&dir, &going).map_err(io(&dir))?;
    std::fs::remove_dir_all(&going).map_err(io(&going))?;
    Ok(true)
}

/// Removes what a killed process left half removed. Blocks on the disk.
///
/// # Errors
/// [`JournalError::Io`].
pub fn sweep(state_dir: &Path) -> Result<(), JournalError> {
    let dir = runs_dir(state_dir);
    let Ok(entries) = std::fs::read_dir(&dir) else { return Ok(()) };
    for entry in entries.filter_map(Result::ok) {
        let is_going = |name: &str| name.strip_prefix(GOING).is_some_and(|run| run.parse::<RunId>().is_ok());
        if entry.file_name().to_str().is_some_and(is_going) {
            std::fs::remove_dir_all(entry.path()).map_err(io(&entry.path()))?;
        }
    }
    Ok(())
}
