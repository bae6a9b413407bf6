//! Journals of the parts of a plan in S3, for workers whose disk does not outlive them.
//!
//! Below the prefix that the workers share, for each plan by its digest: `DIGEST/3-of-8/RUN/journal.db` of a part, and `DIGEST/canary.json`,
//! which part 1 writes once its first batch is through. A journal that lacks the last items is no harm: rows that its run has written are
//! found to be its own. One that somebody changed is refused like any other: what it holds must give the digest that was approved.

mod canary;
mod keeping;

pub(in crate::engine) use canary::await_canary;
pub(in crate::engine) use keeping::{Keeping, record_again};

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::BufWriter;

use crate::domain::plan::PlanPart;
use crate::domain::run::RunId;
use crate::domain::s3_prefix::S3Prefix;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{self, private_dir};
use crate::engine::protocol::RunInfo;
use crate::engine::task::{Stop, Task, blocking};

/// The name of a journal's object.
const JOURNAL: &str = "journal.db";

/// A journal among those below a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct RemoteJournal {
    /// Key of the object.
    pub(in crate::engine) key: String,
    digest: String,
    part: PlanPart,
    run: RunId,
}

impl RemoteJournal {
    fn of(at: &S3Prefix, key: &str) -> Option<Self> {
        let mut words = at.below(key)?.split('/');
        let (digest, part, run) = (words.next()?, words.next()?, words.next()?);
        let is_journal = words.next() == Some(JOURNAL) && words.next().is_none();
        let part = part.replacen("-of-", "/", 1).parse().ok()?;
        let found = Self { key: key.to_owned(), digest: digest.to_owned(), part, run: run.parse().ok()? };
        is_journal.then_some(found)
    }

    fn below(digest: &str, part: PlanPart, run: RunId) -> String {
        format!("{digest}/{}-of-{}/{run}/{JOURNAL}", part.index(), part.count())
    }
}

/// A part's run with a place in S3 for its journal.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Remote {
    at: S3Prefix,
    digest: String,
    part: PlanPart,
    run: RunId,
}

impl Remote {
    /// `None` for a run whose journal stays on this machine.
    pub(in crate::engine) fn of(task: &Task, info: &RunInfo) -> Option<Self> {
        let (at, part) = (task.shared.journals()?, info.part?);
        Some(Self { at, digest: info.digest.clone(), part, run: info.run })
    }

    /// Copies the journal as it stands to S3.
    pub(in crate::engine) async fn keep(&self, task: &Task) -> Result<(), Stop> {
        let (state_dir, run) = (task.shared.state_dir.clone(), self.run);
        let copied = blocking(move || {
            // With the run goes what a kill leaves of it.
            let beside = journal::run_dir(&state_dir, run);
            let dir = tempfile::tempdir_in(&beside).map_err(|error| Box::new(io(&beside, &error)))?;
            let copy = dir.path().join(JOURNAL);
            let exported = journal::Reader::open(&state_dir, run).and_then(|journal| journal.export(&copy));
            exported.map_err(|error| Box::new(Failure::from(error)))?;
            Ok::<_, Box<Failure>>((dir, copy))
        });
        let (_dir, copy) = copied.await?.map_err(Stop::Failed)?;
        let key = self.at.key(&RemoteJournal::below(&self.digest, self.part, self.run));
        put_file(task, &self.at.bucket, &key, &copy).await
    }
}

fn io(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(ErrorCode::Io, format!("{}: {error}", path.display()))
}

async fn put_file(task: &Task, bucket: &str, key: &str, file: &Path) -> Result<(), Stop> {
    use tokio::io::AsyncReadExt as _;
    let store = task.armed()?;
    let mut from = tokio::fs::File::open(file).await.map_err(|error| io(file, &error))?;
    let mut upload = store.upload(bucket, key, "application/vnd.sqlite3");
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = from.read(&mut piece).await.map_err(|error| io(file, &error))?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        if let Err(error) = upload.write(bytes).await {
            upload.abort().await;
            return Err(error.into());
        }
    }
    Ok(upload.finish().await?)
}

/// The journals below a prefix, of one plan or of all.
pub(in crate::engine) async fn journals(
    task: &Task,
    at: &S3Prefix,
    digest: Option<&str>,
) -> Result<Vec<RemoteJournal>, Stop> {
    let prefix = at.key(&digest.map(|digest| format!("{digest}/")).unwrap_or_default());
    let mut found = Vec::new();
    let mut after = None;
    loop {
        task.check()?;
        let page = task.store().objects_in(&at.bucket, &prefix, after.as_deref()).await?;
        found.extend(page.objects.iter().filter_map(|object| RemoteJournal::of(at, &object.key)));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Copies a journal from S3 into a file, and reads it if it is what was recorded.
pub(in crate::engine) async fn fetch(task: &Task, at: &S3Prefix, key: &str, to: &Path) -> Result<RunInfo, Stop> {
    let file = journal::new_private_file(to).map_err(Failure::from)?;
    let mut file = BufWriter::new(tokio::fs::File::from_std(file));
    task.store().download(&at.bucket, key, &mut file).await?;
    let (file, uri) = (to.to_path_buf(), format!("s3://{}/{key}", at.bucket));
    let read = blocking(move || {
        let reader = journal::Reader::open_copy(&file)?;
        reader.check()?;
        reader.info()
    });
    match read.await? {
        Ok(info) => Ok(RunInfo { journal: uri, ..info }),
        Err(error) => Err(Failure::new(ErrorCode::Conflict, format!("{uri} is not what was recorded: {error}"))
            .hint("nothing was written; remove the object, and the part begins anew from what stands in the tables")
            .into()),
    }
}

/// A journal of another part: what it knows of the whole plan is looked at, and nothing of it is resumed here.
#[derive(Debug)]
pub(in crate::engine) struct Other {
    _dir: TempDir,
    /// Its file.
    pub(in crate::engine) journal: PathBuf,
}

/// Brings the newest journal of a part to where runs are kept, unless it is there already; where there is none, one of another part.
pub(in crate::engine) async fn bring(
    task: &Task,
    at: &S3Prefix,
    digest: &str,
    part: PlanPart,
) -> Result<Option<Other>, Stop> {
    let found = journals(task, at, Some(digest)).await?;
    if let Some(other) = found.iter().find(|journal| journal.part.count() != part.count()) {
        let message =
            format!("the parts of this plan below {at} are of {}, not of {}", other.part.count(), part.count());
        return Err(Failure::new(ErrorCode::Usage, message)
            .hint("a plan is divided once; take another prefix to begin anew")
            .into());
    }
    let own = found.iter().filter(|journal| journal.part == part).max_by_key(|journal| journal.run);
    let Some(journal) = own.or_else(|| found.iter().max_by_key(|journal| journal.run)) else { return Ok(None) };
    let state_dir = task.shared.state_dir.clone();
    let made = state_dir.clone();
    blocking(move || private_dir(&made)).await??;
    let dir = tempfile::tempdir_in(&state_dir).map_err(|error| io(&state_dir, &error))?;
    let file = dir.path().join(JOURNAL);
    if own.is_none() {
        fetch(task, at, &journal.key, &file).await?;
        return Ok(Some(Other { _dir: dir, journal: file }));
    }
    let to = journal::journal_path(&state_dir, journal.run);
    if to.exists() {
        return Ok(None);
    }
    // It gets its name once it is whole and was looked at.
    fetch(task, at, &journal.key, &file).await?;
    let run_dir = journal::run_dir(&state_dir, journal.run);
    blocking(move || private_dir(&run_dir)).await??;
    std::fs::rename(&file, &to).map_err(|error| io(&to, &error))?;
    task.log(format!("the journal of part {} was brought from {at}", journal.part)).await?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_known_by_its_key() {
        let at: S3Prefix = "s3://ops/parts".parse().unwrap();
        let run: RunId = "01M8NBTXE0FDDY3M1Z8W82YH3T".parse().unwrap();
        let part = "3/8".parse().unwrap();
        let key = at.key(&RemoteJournal::below("d1", part, run));
        assert_eq!(key, "parts/d1/3-of-8/01M8NBTXE0FDDY3M1Z8W82YH3T/journal.db");
        let found = RemoteJournal::of(&at, &key).unwrap();
        assert_eq!((found.digest.as_str(), found.part, found.run), ("d1", part, run));
        for other in
            ["parts/d1/canary.json", "d1/3-of-8/x/journal.db", "parts/d1/9-of-8/01M8NBTXE0FDDY3M1Z8W82YH3T/journal.db"]
        {
            assert_eq!(RemoteJournal::of(&at, other), None, "{other}");
        }
    }
}
