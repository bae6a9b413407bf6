//! The plan of a rehearsal, and the plan that takes it back.

use std::path::Path;

use crate::domain::csv::Place;
use crate::domain::plan::{Conflicts, Plan, Undo, UndoFrom, Verify, Work};
use crate::domain::run::RunId;
use crate::domain::size::item_bytes;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::items::request::request;
use crate::engine::journal::Reader;
use crate::engine::task::kept::Kept;
use crate::engine::task::{Stop, Task, blocking};

/// Items looked at together.
const PAGE: usize = 256;

/// The plan without what is for the real run alone: its pace, its reading back, its file of rejects; a file in S3 is brought here.
pub(super) async fn rehearsed(task: &Task, plan: &Plan, dir: &Path) -> Result<Plan, Stop> {
    let mut plan = plan.clone();
    plan.run.rate = 0;
    plan.run.verify = Verify::None;
    if let Work::Import { file, rejects, .. } = &mut plan.work {
        *rejects = None;
        if let Some(Place::File(path)) = file
            && tokio::fs::metadata(&*path).await.is_ok_and(|metadata| !metadata.is_file())
        {
            let failure =
                Failure::new(ErrorCode::Usage, format!("{path} is no file: what comes through it comes once"));
            return Err(failure.hint("write it into a file, and name that").into());
        }
        if let Some(Place::S3 { bucket, key }) = file {
            let path = dir.join("source.csv");
            let io = |error: std::io::Error| Failure::new(ErrorCode::Io, format!("{}: {error}", path.display()));
            let mut copy = tokio::fs::File::create(&path).await.map_err(io)?;
            task.store().download(bucket, key, &mut copy).await?;
            *file = Some(Place::File(path.display().to_string()));
        }
    }
    Ok(plan)
}

/// The user pool that a plan names itself, or that the run it takes back had.
pub(super) async fn pool(task: &Task, plan: &Plan) -> Option<String> {
    match &plan.work {
        Work::Users { pool, .. } => pool.clone(),
        Work::Undo(Undo { run, from: UndoFrom::Journal, .. }) => {
            let (state_dir, run) = (task.shared.state_dir.clone(), *run);
            let read = blocking(move || Reader::open(&state_dir, run).ok()?.recorded().ok()).await.ok()??;
            match read.plan?.work {
                Work::Users { pool, .. } => pool.or(read.pins.user_pool),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Attributes of users that a plan changes.
pub(super) fn attributes(plan: &Plan) -> Vec<String> {
    match &plan.work {
        Work::Users { attributes, .. } => attributes.clone(),
        _ => Vec::new(),
    }
}

/// As `undo RUN` does it.
pub(super) fn undo(run: RunId) -> Plan {
    Plan::undo(Undo { run, conflicts: Conflicts::Skip, from: UndoFrom::Journal, items: Vec::new() })
}

/// Writes and bytes of the largest transaction that the plan sends; `None` where it sends none.
pub(super) async fn largest(task: &Task, kept: &Kept) -> Result<Option<(usize, usize)>, Stop> {
    let (path, context, store) = (kept.path.clone(), kept.context.clone(), task.store().clone());
    let largest = blocking(move || {
        let reader = Reader::open_file(&path)?;
        let (mut after, mut largest) = (0, None::<(usize, usize)>);
        loop {
            let page = reader.whole(after, PAGE)?;
            let Some(last) = page.last() else { return Ok::<_, crate::engine::journal::JournalError>(largest) };
            after = last.n;
            for written in page.iter().filter(|written| written.item.writes()) {
                // An item that cannot be built was found by the preview.
                let Ok(request) = request(&store, &written.item, written.n, context.run, &context.stamp, context.mode)
                else {
                    continue;
                };
                let rows = request.parts.iter().flat_map(|part| &part.rows);
                let bytes: usize = rows.clone().map(|(_, row)| item_bytes(&row.0)).sum();
                if bytes > 0 && largest.is_none_or(|(_, most)| bytes > most) {
                    largest = Some((rows.count(), bytes));
                }
            }
        }
    });
    Ok(largest.await??)
}
