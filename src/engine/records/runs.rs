//! Recorded runs.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use crate::domain::plan::{Undo, UndoFrom, Work};
use crate::domain::run::{RunId, RunState};
use crate::engine::failure::Failure;
use crate::engine::journal;
use crate::engine::journal::Reader;
use crate::engine::protocol::{Event, JournalPlace, Level, RunInfo};
use crate::engine::task::{Stop, Task, blocking};

/// Items read at a time.
const PAGE: usize = 1_000;

pub(in crate::engine) async fn list(task: &Task) -> Result<(), Stop> {
    let state_dir = task.shared.state_dir.clone();
    for run in blocking(move || journal::list(&state_dir)).await?? {
        task.check()?;
        match run {
            Ok(info) => task.emit(Event::Run(Box::new(info))).await?,
            Err(error) => task.failed(Failure::from(error).not_fatal()).await?,
        }
    }
    Ok(())
}

/// A run as recorded now.
pub(in crate::engine) async fn show_info(task: &Task, run: RunId) -> Result<RunInfo, Stop> {
    let state_dir = task.shared.state_dir.clone();
    Ok(blocking(move || Reader::open(&state_dir, run)?.info()).await??)
}

pub(in crate::engine) async fn show(task: &Task, run: RunId) -> Result<(), Stop> {
    task.emit(Event::Run(Box::new(show_info(task, run).await?))).await?;
    let mut after = 0;
    loop {
        task.check()?;
        let state_dir = task.shared.state_dir.clone();
        let items = blocking(move || Reader::open(&state_dir, run)?.items(after, PAGE)).await??;
        let ended = items.len() < PAGE;
        for item in items {
            after = item.n;
            task.emit(Event::Item(Box::new(item))).await?;
        }
        if ended {
            return Ok(());
        }
    }
}

/// Writes a run's journal into a file of its own.
pub(in crate::engine) async fn export(task: &Task, run: RunId, file: PathBuf) -> Result<(), Stop> {
    let (state_dir, to) = (task.shared.state_dir.clone(), file.clone());
    blocking(move || Reader::open(&state_dir, run)?.export(&to)).await??;
    task.log(format!("run {run} written to {}", file.display())).await
}

/// Removes runs that ended long enough ago, or only tells which.
pub(in crate::engine) async fn prune(task: &Task, older: SignedDuration, dry_run: bool) -> Result<(), Stop> {
    let state_dir = task.shared.state_dir.clone();
    // No run is older than the earliest time that there is.
    let before = Timestamp::now().checked_sub(older).unwrap_or(Timestamp::MIN);
    let dir = state_dir.clone();
    for info in blocking(move || journal::prunable(&dir, before)).await?? {
        task.check()?;
        let (dir, run) = (state_dir.clone(), info.run);
        if dry_run || blocking(move || journal::remove(&dir, run, before)).await?? {
            task.emit(Event::Run(Box::new(info))).await?;
        }
    }
    if !dry_run {
        blocking(move || journal::sweep(&state_dir)).await??;
    }
    Ok(())
}

/// Checks that a journal is what was recorded.
pub(in crate::engine) async fn check(task: &Task, place: JournalPlace) -> Result<(), Stop> {
    let state_dir = task.shared.state_dir.clone();
    let checked = blocking(move || {
        let reader = match place {
            JournalPlace::Run(run) => Reader::open(&state_dir, run)?,
            JournalPlace::File(file) => Reader::open_file(&file)?,
        };
        let checked = reader.check()?;
        Ok::<_, journal::JournalError>((reader.info()?, checked))
    });
    let (info, checked) = checked.await??;
    task.emit(Event::Run(Box::new(info))).await?;
    task.emit(Event::ChainChecked { records: checked.records, head: checked.head }).await
}

/// When an undo is complete: the run that it took back says so, and the one that that had taken back counts again.
pub(in crate::engine) async fn mark_undone(task: &Task, run: RunId) -> Result<(), Stop> {
    let info = show_info(task, run).await?;
    let Some(undone) = info.undo_of else { return Ok(()) };
    let (state_dir, undo) = (task.shared.state_dir.clone(), run);
    let marked = blocking(move || {
        // An item that the undo did not take back still stands as the run wrote it.
        if Reader::open(&state_dir, undo)?.left_alone()? > 0 {
            return Ok(());
        }
        // One that looked at a part of the rows, or at a copy of the journal, may have missed some.
        let plan = Reader::open(&state_dir, undo)?.recorded()?.plan;
        let is_whole = |undo: &Undo| undo.from == UndoFrom::Journal && undo.items.is_empty();
        if !plan.is_some_and(|p| matches!(&p.work, Work::Undo(undo) if is_whole(undo))) {
            return Ok(());
        }
        let again = Reader::open(&state_dir, undone)?.info()?.undo_of;
        journal::mark(&state_dir, undone, RunState::Undone, Some(run))?;
        again.map_or(Ok(()), |first| journal::mark(&state_dir, first, RunState::Done, None))
    });
    match marked.await? {
        Ok(()) => Ok(()),
        // Its journal may be elsewhere; the tables know all the same.
        Err(error) => task.emit(Event::Log(Level::Warning, format!("not marked as undone: {error}"))).await,
    }
}
