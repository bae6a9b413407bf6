//! The runs of the parts of a plan, whose workers kept their journals in state directories of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::domain::run::{RunId, RunState};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{JournalError, Reader};
use crate::engine::protocol::{Event, JoinedParts, RunInfo};
use crate::engine::task::{Stop, Task, blocking};

/// Directories below the one that is named.
const DEPTH: usize = 8;
/// The name of a journal.
const JOURNAL: &str = "journal.db";
/// The directory above those of runs.
const RUNS: &str = "runs";

/// Shows the parts of the plans below a directory: the newest run of each.
pub(in crate::engine) async fn join(task: &Task, dir: PathBuf, digest: Option<String>) -> Result<(), Stop> {
    let place = dir.clone();
    let journals = blocking(move || below(&place)).await?.map_err(|error| {
        Failure::new(ErrorCode::NotFound, format!("{}: {error}", dir.display()))
            .hint("name the directory in which the workers keep what they got with --state")
    })?;
    let mut plans: BTreeMap<(String, u32), BTreeMap<u32, RunInfo>> = BTreeMap::new();
    for journal in journals {
        task.check()?;
        let info = match blocking(move || opened(&journal)?.info()).await? {
            Ok(info) => info,
            Err(error) => {
                task.failed(Failure::from(error).not_fatal()).await?;
                continue;
            }
        };
        let Some(part) = info.part.filter(|_| digest.as_ref().is_none_or(|digest| *digest == info.digest)) else {
            continue;
        };
        let parts = plans.entry((info.digest.clone(), part.count())).or_default();
        let is_newer = parts.get(&part.index()).is_none_or(|known| known.run < info.run);
        if is_newer {
            parts.insert(part.index(), info);
        }
    }
    if plans.is_empty() {
        let which = digest.map(|digest| format!(" of the plan with digest {digest}")).unwrap_or_default();
        let failure = Failure::new(ErrorCode::NotFound, format!("no parts{which} below {}", dir.display()));
        return Err(failure.hint("parts are begun with `run PLAN.toml --part I/N --expect DIGEST`").into());
    }
    for ((digest, count), parts) in plans {
        let joined = joined(digest, count, &parts);
        for info in parts.into_values() {
            task.emit(Event::Run(Box::new(info))).await?;
        }
        task.emit(Event::Joined(Box::new(joined))).await?;
    }
    Ok(())
}

fn joined(digest: String, count: u32, parts: &BTreeMap<u32, RunInfo>) -> JoinedParts {
    let missing: Vec<u32> = (1..=count).filter(|index| !parts.contains_key(index)).collect();
    let is_done = |info: &RunInfo| info.state == RunState::Done && info.unclean() == 0;
    JoinedParts {
        digest,
        count,
        there: parts.keys().copied().collect(),
        left: parts.values().map(|info| info.left).sum(),
        complete: missing.is_empty() && parts.values().all(is_done),
        missing,
    }
}

/// The journals below a directory, symbolic links not followed.
fn below(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut todo = vec![(dir.to_path_buf(), 0)];
    while let Some((dir, depth)) = todo.pop() {
        for entry in std::fs::read_dir(&dir)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() && depth < DEPTH {
                todo.push((entry.path(), depth + 1));
            } else if kind.is_file() && entry.file_name() == JOURNAL {
                found.push(entry.path());
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// A journal in its state directory, so that it is known whether somebody works on it; elsewhere a file like any other.
fn opened(journal: &Path) -> Result<Reader, JournalError> {
    let run_dir = journal.parent();
    let run: Option<RunId> = run_dir.and_then(|dir| dir.file_name()?.to_str()?.parse().ok());
    let runs = run_dir.and_then(Path::parent).filter(|dir| dir.file_name().is_some_and(|name| name == RUNS));
    match (run, runs.and_then(Path::parent)) {
        (Some(run), Some(state_dir)) => Reader::open(state_dir, run),
        _ => Reader::open_file(journal),
    }
}
