//! Keys that several rows want when codes are respelled: page by page, and one with its rows side by side.

use super::items::{listed, page_of, reader};
use crate::domain::item::{PlannedItem, PlannedPart, Role};
use crate::domain::normalize::differences;
use crate::domain::row::Row;
use crate::domain::run::{Action, Reason, RunId};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{JournalError, Reader};
use crate::engine::protocol::{Collision, CollisionFilter, CollisionRow, EntityRef, Event};
use crate::engine::task::kept::Listed;
use crate::engine::task::{Stop, Task, blocking};

/// A page of the keys, from a place on, or with the key of an item.
pub(in crate::engine) async fn page(
    task: &Task,
    run: RunId,
    filter: CollisionFilter,
    (from, near): (u64, Option<u64>),
    limit: usize,
) -> Result<(), Stop> {
    // From its beginning it is arranged anew: a run may have gone on meanwhile.
    let of = Listed::Collisions(filter);
    let read = move |reader: &Reader| {
        let place = near.map_or(Ok(None), |n| reader.place_of_collision(n))?;
        let from = page_of(from, place, limit);
        Ok((from, reader.collisions(from, limit)?))
    };
    let (total, (from, keys)) = listed(task, run, of, from == 0, read).await?;
    task.emit(Event::Collisions { run, total, from, keys }).await
}

/// The rows that want one key, side by side.
pub(in crate::engine) async fn show(task: &Task, run: RunId, items: Vec<u64>) -> Result<(), Stop> {
    let reader = reader(task, run).await?;
    // Rows may be large, and comparing them takes time.
    let read = blocking(move || {
        let found: Vec<PlannedItem> =
            items.into_iter().map(|n| reader.intended(n)).filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok::<_, JournalError>(side_by_side(&found))
    });
    let Some(collision) = read.await?? else {
        return Err(Failure::new(ErrorCode::NotFound, format!("run {run} has no such items")).into());
    };
    task.emit(Event::Collision(Box::new(collision))).await
}

fn side_by_side(items: &[PlannedItem]) -> Option<Collision> {
    let first = items.first()?;
    let mut rows = Vec::new();
    // The target's version is counted on where another item writes it: as it was seen is the lowest.
    let target = items.iter().filter_map(|i| i.part(Role::Target)).min_by_key(|part| part.version);
    rows.extend(target.filter(|part| part.before.as_ref().is_some_and(|row| !row.is_deleted())).map(row));
    let mut sources: Vec<CollisionRow> = Vec::new();
    for item in items.iter().filter(|item| wants_key(item)) {
        sources.extend(item.part(Role::Source).map(row));
    }
    sources.sort_by(|a, b| a.pk.cmp(&b.pk));
    rows.extend(sources);
    let decidable = rows.len() > 1 && rows.iter().all(|r| r.row.is_some());
    let all: Vec<&Row> = rows.iter().filter_map(|r| r.row.as_deref()).collect();
    let differences = if decidable { differences(&all) } else { Vec::new() };
    let unreadable = items.iter().find(|item| !decidable && item.action == Action::Invalid);
    let message = unreadable.unwrap_or(first).message.clone();
    let target = EntityRef { module: first.module.clone(), key: first.target.clone() };
    Some(Collision { target, rows, differences, message, decidable })
}

/// Whether the item's row takes part: what is skipped, or refused for itself, wants nothing. What cannot be read may.
fn wants_key(item: &PlannedItem) -> bool {
    let is_unread = item.action == Action::Invalid && item.part(Role::Target).is_none();
    item.writes() || item.reason == Some(Reason::Collision) || is_unread
}

fn row(part: &PlannedPart) -> CollisionRow {
    CollisionRow {
        pk: part.key.pk.clone(),
        version: part.version,
        changed: part.changed.clone(),
        row: part.before.clone(),
    }
}
