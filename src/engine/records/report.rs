//! A report about a run, from its journal alone.

use crate::domain::run::RunId;
use crate::engine::items::shown::shown;
use crate::engine::journal::JournalError;
use crate::engine::protocol::{Event, RunReport};
use crate::engine::task::{Context, Stop, Task, blocking};

/// Items told of each kind.
const SAMPLES: usize = 5;
/// Partitions, likewise one more than are shown.
const PARTITIONS: usize = 21;
/// Batches in the time line: one more than a report shows, so that it can say that there are more.
const BATCHES: usize = 51;

pub(in crate::engine) async fn report(task: &Task, run: RunId) -> Result<(), Stop> {
    let reader = super::items::reader(task, run).await?;
    let state_dir = task.shared.state_dir.clone();
    let read = blocking(move || {
        let checked = match reader.check() {
            Ok(checked) => Ok(checked.records),
            Err(error @ JournalError::Broken { .. }) => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        let mut done = Vec::new();
        // Of a preview that is kept, what it would do.
        let is_preview = reader.info()?.digest.is_empty();
        for n in if is_preview { reader.first_planned(SAMPLES)? } else { reader.first_done(SAMPLES)? } {
            done.extend(reader.intended(n)?.map(|item| (n, item)));
        }
        let report = RunReport {
            info: reader.info()?,
            checked,
            partitions: reader.partitions(PARTITIONS)?,
            approvals: reader.approved()?,
            steered: reader.steered()?,
            problems: reader.problems(SAMPLES)?,
            changed: Vec::new(),
            left: reader.first_left(SAMPLES)?,
            rehearsal: None,
            timeline: reader.timeline(BATCHES)?,
            verified: super::verified::of(&state_dir, run),
        };
        Ok::<_, JournalError>((report, reader.recorded().ok(), done))
    });
    let (mut report, recorded, done) = read.await??;
    if let Some(recorded) = recorded {
        let before = super::rehearsals::of(task, recorded.plan.as_ref(), &report.info.digest).await;
        report.rehearsal = before.filter(|remembered| remembered.rehearsal.at <= report.info.started_at);
        let context = Context::resumed(task, &report.info, &recorded);
        let store = task.store().clone();
        // Rows may be large, and their differences take time.
        report.changed =
            blocking(move || done.iter().map(|(n, item)| shown(&store, &context, *n, item, true)).collect()).await?;
    }
    task.emit(Event::Reported(Box::new(report))).await
}
