//! Rehearsals: what a plan is about is copied into services of its own, and the plan, its undo and what they leave are tried there.
//! The real services are read and nothing else.

mod compare;
mod copy;
mod plans;
mod staged;
mod versions;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use crate::domain::clock::utc_millis;
use crate::domain::plan::{Plan, Undo, UndoFrom, Work};
use crate::domain::publish::PublishMode;
use crate::domain::run::Outcome;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{Reader, Scale, journal_path, private_dir};
use crate::engine::plan::seen;
use crate::engine::protocol::{Event, Rehearsal, RehearsalEvent, RehearsalStep, StageWanted, StepResult};
use crate::engine::records::rehearsals;
use crate::engine::task::kept::Kept;
use crate::engine::task::{Stop, Task, blocking};
use copy::Copying;
use staged::{Ran, Staged};

/// Prefix of a rehearsal's directory, with a name of its own behind it.
const REHEARSAL: &str = "rehearsal-";

/// Rehearses a plan and tells each step.
pub(super) async fn rehearse(task: &Task, plan: &Plan, data: Option<PathBuf>) -> Result<(), Stop> {
    let Some(open) = task.shared.stage else {
        let failure = Failure::new(ErrorCode::Usage, "this build has no embedded store to rehearse in");
        return Err(failure.hint("build with the default features").into());
    };
    if let Work::Export { .. } | Work::Repair | Work::RepairOf(_) = &plan.work {
        let message = format!("a plan that is no more than {} cannot be rehearsed", plan.work.operation());
        return Err(Failure::new(ErrorCode::Usage, message).hint("rehearse plans that write tables or users").into());
    }
    let began = Instant::now();
    let dir = directory(task, data.clone()).await?;
    let rehearsed = plans::rehearsed(task, plan, dir.path()).await?;
    let (kept, summary) = seen(task, &rehearsed, false).await?;
    let digest = summary.digest.clone();
    let is_async = kept.context.mode == PublishMode::Async || task.profile().publish == PublishMode::Async;
    let wanted = StageWanted {
        profile: task.profile().clone(),
        data,
        pool: plans::pool(task, &rehearsed).await,
        attributes: plans::attributes(&rehearsed),
        pipeline: is_async,
    };
    let told = async {
        task.emit(Event::Planned(Box::new(summary))).await?;
        let scale = scale(task, &kept).await?;
        let stage = blocking(move || open(wanted)).await?.map_err(Stop::Failed)?;
        let mut play = Play { task, plan: &rehearsed, kept: &kept, digest, scale, began };
        let staged = Staged::new(task, Arc::clone(&stage), dir.path()).await?;
        let result = play.whole(&staged).await;
        drop(staged);
        // Its services end in a thread that may wait.
        blocking(move || drop(stage)).await?;
        result
    };
    let result = Box::pin(told).await;
    kept.journal.close().await;
    let rehearsal = result?;
    if let Some(rehearsal) = rehearsal {
        rehearsals::remember(task, plan, rehearsal.clone()).await?;
        task.emit(Event::Rehearsal(Box::new(RehearsalEvent::Done(rehearsal)))).await?;
    }
    Ok(())
}

/// Where the rehearsal's own journals stand.
async fn directory(task: &Task, data: Option<PathBuf>) -> Result<tempfile::TempDir, Stop> {
    let place = data.unwrap_or_else(|| task.shared.state_dir.clone());
    let made = blocking(move || {
        private_dir(&place)?;
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        let dir = tempfile::Builder::new().prefix(REHEARSAL).permissions(private).tempdir_in(&place);
        dir.map_err(crate::engine::journal::io(&place))
    });
    Ok(made.await??)
}

async fn scale(task: &Task, kept: &Kept) -> Result<Scale, Stop> {
    let path = kept.path.clone();
    let scale = blocking(move || Reader::open_file(&path)?.scale()).await??;
    // A row is read with its own request's units, the versions of many together.
    let read_units = scale.entities + scale.bytes / 4_096;
    let Scale { items, entities, bytes } = scale;
    let told = RehearsalEvent::Scale { items, entities, bytes, read_units };
    task.emit(Event::Rehearsal(Box::new(told))).await?;
    Ok(scale)
}

/// One rehearsal.
struct Play<'a> {
    /// Where the rows come from.
    task: &'a Task,
    plan: &'a Plan,
    /// The plan as it was seen there.
    kept: &'a Kept,
    digest: String,
    scale: Scale,
    began: Instant,
}

impl Play<'_> {
    /// All steps; `None` where the plan has nothing to run.
    async fn whole(&mut self, staged: &Staged) -> Result<Option<Rehearsal>, Stop> {
        self.copy(staged).await?;
        let Some(run) = self.run(staged).await? else { return Ok(None) };
        let differing = self.verify(staged, &run).await?;
        let (undone, stuck) = self.undo(staged, &run).await?;
        let lost = self.compare(staged).await?;
        let done = run.count(&[Outcome::Done, Outcome::Equal]);
        Ok(Some(Rehearsal {
            at: utc_millis(Timestamp::now()),
            plan: String::new(),
            digest: run.digest,
            place: Default::default(),
            items: self.scale.items,
            done,
            undone: undone.min(done),
            differences: differing + stuck + lost,
            seconds: self.began.elapsed().as_secs_f64(),
        }))
    }

    async fn copy(&self, staged: &Staged) -> Result<(), Stop> {
        let (began, before) = (Instant::now(), self.task.store().meter().reading().read_units);
        if let Work::Undo(Undo { run, from: UndoFrom::Journal, .. }) = &self.plan.work {
            let (from, to, run) = (self.task.shared.state_dir.clone(), staged.state_dir(), *run);
            let brought = blocking(move || {
                let file = journal_path(&to, run);
                if let Some(dir) = file.parent() {
                    private_dir(dir)?;
                }
                Reader::open(&from, run)?.export(&file)
            });
            brought.await??;
        }
        let mut copying = Copying::new(self.task, self.plan, staged.stage()).await?;
        let total = self.scale.items;
        let copied = copying.all(&self.kept.path, total).await;
        // Parts that are still being put there would keep the stage, and with it the files, beyond the rehearsal.
        let settled = copying.settle().await;
        let counts = copied?;
        settled?;
        let units = self.task.store().meter().reading().read_units - before;
        let message = format!(
            "{} rows, {} objects and {} users copied with {units:.0} read units in {:.1} s",
            counts.rows,
            counts.objects,
            counts.users,
            began.elapsed().as_secs_f64()
        );
        self.told(RehearsalStep::Copy, Vec::new(), 0, message).await
    }

    async fn run(&self, staged: &Staged) -> Result<Option<Ran>, Stop> {
        let (began, before) = (Instant::now(), staged.reading());
        let ran = staged.run(self.plan, RehearsalStep::Run).await?;
        let Some(ran) = ran else { return Ok(None) };
        let after = staged.reading();
        let changed = ran.digest != self.digest;
        let mut message = format!(
            "{:.0} write units and {:.0} read units by the embedded store's count, in {:.1} s",
            after.write_units - before.write_units,
            after.read_units - before.read_units,
            began.elapsed().as_secs_f64()
        );
        if let Some((writes, bytes)) = plans::largest(self.task, self.kept).await? {
            message.push_str(&format!("; the largest transaction has {writes} writes of {}", kilobytes(bytes)));
        }
        if changed {
            message.push_str("; rows were changed while they were copied: rehearse again");
        }
        message.push_str(&ran.ended());
        self.told(RehearsalStep::Run, ran.outcomes.clone(), u64::from(changed), message).await?;
        Ok(Some(ran))
    }

    async fn verify(&self, staged: &Staged, ran: &Ran) -> Result<u64, Stop> {
        let (looked, differing) = staged.verify(ran.run).await?;
        let message = format!("{looked} entities read back");
        self.told(RehearsalStep::Verify, Vec::new(), differing, message).await?;
        Ok(differing)
    }

    /// Items taken back or with nothing to be, and items that could not be.
    async fn undo(&self, staged: &Staged, ran: &Ran) -> Result<(u64, u64), Stop> {
        let began = Instant::now();
        let Some(undo) = staged.run(&plans::undo(ran.run), RehearsalStep::Undo).await? else { return Ok((0, 0)) };
        let stuck = undo.count(&[Outcome::Conflict, Outcome::Invalid, Outcome::Failed]);
        let message = format!("the run taken back in {:.1} s{}", began.elapsed().as_secs_f64(), undo.ended());
        self.told(RehearsalStep::Undo, undo.outcomes.clone(), stuck, message).await?;
        // An item that was equal before the run is none of the undo's items.
        let undone = undo.count(&[Outcome::Done, Outcome::Equal, Outcome::Skipped]) + ran.count(&[Outcome::Equal]);
        Ok((undone, stuck))
    }

    async fn compare(&self, staged: &Staged) -> Result<u64, Stop> {
        let (entities, differences) = compare::all(self.task, staged.task(), &self.kept.path, self.scale.items).await?;
        let message = match differences {
            0 => format!("{entities} entities are as they were, and their versions only rose"),
            _ => format!("of {entities} entities compared, fields that are not as they were: {differences}"),
        };
        self.told(RehearsalStep::Compare, Vec::new(), differences, message).await?;
        Ok(differences)
    }

    async fn told(
        &self,
        step: RehearsalStep,
        outcomes: Vec<(Outcome, u64)>,
        differences: u64,
        message: String,
    ) -> Result<(), Stop> {
        let step = RehearsalEvent::Step(StepResult { step, outcomes, differences, message });
        self.task.emit(Event::Rehearsal(Box::new(step))).await
    }
}

fn kilobytes(bytes: usize) -> String {
    if bytes < 1_024 { format!("{bytes} bytes") } else { format!("{:.1} KB", bytes as f64 / 1_024.0) }
}
