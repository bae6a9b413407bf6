//! Entities as they are now, whichever partitions they are in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};

use crate::domain::key::{EntityKey, PartitionKey, SortKey};
use crate::engine::journal::{JournalError, Reader, WrittenItem};
use crate::engine::task::{Stop, Task, blocking};
use crate::store::publish::Snapshot;

/// Snapshots that were read, by module and key.
pub(in crate::engine) type Seen = HashMap<(String, EntityKey), Snapshot>;

/// Keys to be read, by module and partition; one that is named twice is read once.
#[derive(Debug, Default)]
pub(in crate::engine) struct Wanted(BTreeMap<(String, PartitionKey), BTreeSet<SortKey>>);

impl<'e> FromIterator<(&'e str, &'e EntityKey)> for Wanted {
    fn from_iter<I: IntoIterator<Item = (&'e str, &'e EntityKey)>>(keys: I) -> Self {
        let mut wanted = Self::default();
        for (module, EntityKey { pk, sk }) in keys {
            wanted.0.entry((module.to_owned(), pk.clone())).or_default().insert(sk.clone());
        }
        wanted
    }
}

/// Partitions that are read at once.
const AT_ONCE: usize = 8;
/// Pages of items whose entities are read while one is looked at.
const AHEAD: usize = 3;

/// Reads entities of any modules, each partition's together.
pub(in crate::engine) async fn look_up(task: &Task, wanted: Wanted) -> Result<Seen, Stop> {
    let each = wanted.0.into_iter().map(|((module, pk), sks)| {
        let store = task.store().clone();
        async move {
            let sks: Vec<SortKey> = sks.into_iter().collect();
            let snapshots = store.snapshots(&module, &pk, &sks).await?;
            let keys = sks.into_iter().map(|sk| (module.clone(), EntityKey { pk: pk.clone(), sk }));
            Ok::<Vec<_>, Stop>(keys.zip(snapshots).collect())
        }
    });
    // Made beforehand: the compiler cannot follow borrows through a stream of closures.
    let each: Vec<_> = each.collect();
    let read: Vec<Vec<_>> = stream::iter(each).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}

/// Pages of a journal's items with their entities as they are now: the next ones are read while one is looked at.
pub(in crate::engine) fn seen_pages(
    task: &Task,
    reader: Reader,
    page: impl Fn(&Reader, u64) -> Result<Vec<WrittenItem>, JournalError> + Clone + Send + 'static,
    wanted: impl Fn(&[WrittenItem]) -> Wanted + Send + 'static,
) -> BoxStream<'static, Result<(Vec<WrittenItem>, Seen), Stop>> {
    let task = task.clone();
    let pages = stream::try_unfold((reader, 0), move |(reader, after)| {
        let page = page.clone();
        async move {
            let (read, reader) = blocking(move || (page(&reader, after), reader)).await?;
            let read = read?;
            Ok::<_, Stop>(read.last().map(|last| last.n).map(|last| (read, (reader, last))))
        }
    });
    let looked_up = move |page: Vec<WrittenItem>| {
        let (task, wanted) = (task.clone(), wanted(&page));
        async move { Ok((page, look_up(&task, wanted).await?)) }
    };
    pages.map_ok(looked_up).try_buffered(AHEAD).boxed()
}
