//! The runs of the parts of a plan, whose workers kept their journals in state directories of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::domain::run::{RunId, RunState};
use crate::domain::s3_prefix::S3Prefix;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{JournalError, Reader};
use crate::engine::protocol::{Event, JoinedParts, PartsAt, RunInfo};
use crate::engine::remote;
use crate::engine::task::{Stop, Task, blocking};

/// Directories below the one that is named.
const DEPTH: usize = 8;
/// The name of a journal.
const JOURNAL: &str = "journal.db";
/// The directory above those of runs.
const RUNS: &str = "runs";

/// Parts by plan (its digest and their count) and index: the newest run of each.
type Plans = BTreeMap<(String, u32), BTreeMap<u32, RunInfo>>;

/// Shows the parts of the plans whose journals are in a place: the newest run of each.
pub(in crate::engine) async fn join(task: &Task, at: PartsAt, digest: Option<String>) -> Result<(), Stop> {
    let mut plans = Plans::new();
    let place = match &at {
        PartsAt::Dir(dir) => {
            in_directory(task, dir, digest.as_deref(), &mut plans).await?;
            dir.display().to_string()
        }
        PartsAt::S3(at) => {
            in_s3(task, at, digest.as_deref(), &mut plans).await?;
            at.to_string()
        }
    };
    if plans.is_empty() {
        let which = digest.map(|digest| format!(" of the plan with digest {digest}")).unwrap_or_default();
        let failure = Failure::new(ErrorCode::NotFound, format!("no parts{which} below {place}"));
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

async fn in_directory(task: &Task, dir: &Path, digest: Option<&str>, plans: &mut Plans) -> Result<(), Stop> {
    let place = dir.to_path_buf();
    let journals = blocking(move || below(&place)).await?.map_err(|error| {
        Failure::new(ErrorCode::NotFound, format!("{}: {error}", dir.display()))
            .hint("name the directory in which the workers keep what they got with --state")
    })?;
    for journal in journals {
        task.check()?;
        let read = blocking(move || opened(&journal)?.info()).await?;
        add(task, plans, digest, read.map_err(|error| Box::new(Failure::from(error)))).await?;
    }
    Ok(())
}

/// One after another: a journal may be large, and its place on the disk is given back.
async fn in_s3(task: &Task, at: &S3Prefix, digest: Option<&str>, plans: &mut Plans) -> Result<(), Stop> {
    for journal in remote::journals(task, at, digest).await? {
        task.check()?;
        let dir = tempfile::tempdir().map_err(|error| Failure::new(ErrorCode::Io, error.to_string()))?;
        let file = dir.path().join(JOURNAL);
        let read = match remote::fetch(task, at, &journal.key, &file).await {
            Ok(info) => Ok(info),
            Err(Stop::Failed(failure)) => Err(failure),
            Err(stop) => return Err(stop),
        };
        add(task, plans, digest, read).await?;
    }
    Ok(())
}

async fn add(
    task: &Task,
    plans: &mut Plans,
    digest: Option<&str>,
    read: Result<RunInfo, Box<Failure>>,
) -> Result<(), Stop> {
    let info = match read {
        Ok(info) => info,
        Err(failure) => return task.failed(failure.not_fatal()).await,
    };
    let Some(part) = info.part.filter(|_| digest.is_none_or(|digest| *digest == info.digest)) else { return Ok(()) };
    let parts = plans.entry((info.digest.clone(), part.count())).or_default();
    // Of two copies of one journal, the one that is further counts.
    let order = |info: &RunInfo| (info.run, std::cmp::Reverse(info.left));
    let is_newer = parts.get(&part.index()).is_none_or(|known| order(known) < order(&info));
    if is_newer {
        parts.insert(part.index(), info);
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
