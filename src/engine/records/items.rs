//! Items of a preview or of a run, page by page and one by one.

use std::sync::Arc;

use crate::domain::run::RunId;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::items::shown::shown;
use crate::engine::journal::{JournalError, Reader};
use crate::engine::protocol::{Event, ItemFilter};
use crate::engine::task::kept::{Kept, Listed, Listing};
use crate::engine::task::{Context, Stop, Task, blocking};

/// Keeps a preview in place of the one before.
pub(in crate::engine) async fn keep(task: &Task, kept: Kept) {
    let before = task.shared.kept.lock().await.replace(kept);
    task.shared.take_listing();
    if let Some(before) = before {
        before.journal.close().await;
    }
}

pub(in crate::engine) async fn reader(task: &Task, run: RunId) -> Result<Reader, Stop> {
    let kept = task.shared.kept.lock().await.as_ref().filter(|k| k.context.run == run).map(|k| k.path.clone());
    let state_dir = task.shared.state_dir.clone();
    let opened = blocking(move || match kept {
        Some(path) => Reader::open_file(&path),
        None => Reader::open(&state_dir, run),
    });
    Ok(opened.await??)
}

/// A page of a listing: arranged anew with `fresh`, or where another one was asked for last. Gives back how many there are in all.
pub(in crate::engine) async fn listed<T: Send + 'static>(
    task: &Task,
    run: RunId,
    of: Listed,
    fresh: bool,
    read: impl FnOnce(&Reader) -> Result<T, JournalError> + Send + 'static,
) -> Result<(u64, T), Stop> {
    let known = task.shared.take_listing().filter(|l| l.run == run && l.of == of && !fresh);
    let known = match known {
        Some(listing) => Ok(listing),
        None => Err(reader(task, run).await?),
    };
    let read = blocking(move || {
        let listing = match known {
            Ok(listing) => listing,
            Err(reader) => {
                let total = match &of {
                    Listed::Items(filter) => reader.arrange(filter)?,
                    Listed::Collisions(filter) => reader.arrange_collisions(filter)?,
                };
                Listing { run, total, of, reader }
            }
        };
        let page = read(&listing.reader)?;
        Ok::<_, JournalError>((listing, page))
    });
    let (listing, page) = read.await??;
    let total = listing.total;
    task.shared.put_listing(listing);
    Ok((total, page))
}

/// Where the page begins that holds a place; without one, where it was asked for from.
pub(super) fn page_of(from: u64, place: Option<u64>, limit: usize) -> u64 {
    let page = (limit as u64).max(1);
    place.map_or(from, |place| place / page * page)
}

/// A page of items, from a place on, or with an item.
pub(in crate::engine) async fn page(
    task: &Task,
    run: RunId,
    filter: ItemFilter,
    (from, near): (u64, Option<u64>),
    limit: usize,
    fresh: bool,
) -> Result<(), Stop> {
    let of = Listed::Items(filter);
    let read = move |reader: &Reader| {
        let place = near.map_or(Ok(None), |n| reader.place_of(n))?;
        let from = page_of(from, place, limit);
        Ok((from, reader.arranged(from, limit)?))
    };
    let (total, (from, items)) = listed(task, run, of, fresh, read).await?;
    task.emit(Event::Items { run, total, from, items }).await
}

/// One item with its rows and differences.
pub(in crate::engine) async fn show(task: &Task, run: RunId, n: u64) -> Result<(), Stop> {
    let kept = task.shared.kept.lock().await.as_ref().filter(|k| k.context.run == run).map(|k| k.context.clone());
    let reader = reader(task, run).await?;
    let read = blocking(move || {
        let context = match kept {
            Some(context) => Ok(context),
            None => Err((reader.info()?, reader.recorded()?)),
        };
        Ok::<_, JournalError>((context, reader.intended(n)?))
    });
    let (context, item) = read.await??;
    let context = context.unwrap_or_else(|(info, recorded)| Context::resumed(task, &info, &recorded));
    let Some(item) = item else {
        return Err(Failure::new(ErrorCode::NotFound, format!("run {run} has no item {n}")).into());
    };
    let store = task.store().clone();
    // Rows may be large, and their differences take time.
    let preview = blocking(move || shown(&store, &context, n, &item, true)).await?;
    task.emit(Event::Preview(Box::new(preview))).await
}

/// Forgets what is kept, and its files.
pub(in crate::engine) async fn forget(shared: &Arc<crate::engine::task::Shared>) {
    shared.take_listing();
    let kept = shared.kept.lock().await.take();
    if let Some(kept) = kept {
        kept.journal.close().await;
    }
}
