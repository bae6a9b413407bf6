//! Entities as they are now, whichever partitions they are in.

use std::collections::{BTreeMap, HashMap};

use super::task::{Stop, Task};
use crate::domain::key::{EntityKey, PartitionKey, SortKey};
use crate::store::publish::Snapshot;

/// What was read, by module and key.
pub(super) type Seen = HashMap<(String, EntityKey), Snapshot>;

/// Reads entities of any modules, each partition's together.
pub(super) async fn look(task: &Task, wanted: impl Iterator<Item = (&str, &EntityKey)>) -> Result<Seen, Stop> {
    let mut partitions: BTreeMap<(&str, &PartitionKey), Vec<SortKey>> = BTreeMap::new();
    for (module, EntityKey { pk, sk }) in wanted {
        partitions.entry((module, pk)).or_default().push(sk.clone());
    }
    let mut seen = Seen::new();
    for ((module, pk), sks) in partitions {
        let snapshots = task.store().snapshots(module, pk, &sks).await?;
        for (sk, snapshot) in sks.into_iter().zip(snapshots) {
            seen.insert((module.to_owned(), EntityKey { pk: pk.clone(), sk }), snapshot);
        }
    }
    Ok(seen)
}
