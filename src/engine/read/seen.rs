//! Entities as they are now, whichever partitions they are in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::key::{EntityKey, PartitionKey, SortKey};
use crate::engine::task::{Stop, Task};
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

/// Reads entities of any modules, each partition's together.
pub(in crate::engine) async fn look_up(task: &Task, wanted: Wanted) -> Result<Seen, Stop> {
    let mut seen = Seen::new();
    for ((module, pk), sks) in wanted.0 {
        let sks: Vec<SortKey> = sks.into_iter().collect();
        let snapshots = task.store().snapshots(&module, &pk, &sks).await?;
        for (sk, snapshot) in sks.into_iter().zip(snapshots) {
            seen.insert((module.clone(), EntityKey { pk: pk.clone(), sk }), snapshot);
        }
    }
    Ok(seen)
}
