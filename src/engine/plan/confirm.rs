//! A journal's past held against the tables: nothing is written back that they do not confirm.

use std::collections::{BTreeMap, HashMap};

use super::undo::Taken;
use crate::domain::key::{EntityKey, PartitionKey, Version};
use crate::domain::publish::{NAMED_FIELDS, is_state};
use crate::domain::rollback::as_data_view;
use crate::domain::row::{Row, TableKind, field};
use crate::engine::task::{Stop, Task};
use crate::store::RowKey;

/// Marks the rows before that history or command rows hold as the journal has them.
pub(super) async fn confirm(task: &Task, items: &mut [Taken]) -> Result<(), Stop> {
    let mut wanted: BTreeMap<(String, PartitionKey), Vec<RowKey>> = BTreeMap::new();
    for item in items.iter() {
        for written in item.written.iter().filter(|w| w.before.is_some()) {
            let at = (item.module.clone(), written.key.pk.clone());
            let sk = written.key.sk.at(written.version);
            let keys = [(TableKind::History, sk.clone()), (TableKind::Command, sk)];
            wanted.entry(at).or_default().extend(keys);
        }
    }
    let mut found: HashMap<(String, EntityKey, TableKind, Version), Row> = HashMap::new();
    for ((module, pk), keys) in wanted {
        for ((kind, _), row) in task.store().batch_get(&module, &pk, &keys, &[], true).await? {
            let Some((base, version)) = crate::domain::key::split_versioned(row.sk()?) else { continue };
            found.insert((module.clone(), EntityKey::new(pk.as_str(), base), kind, version), row);
        }
    }
    for item in items.iter_mut() {
        for written in item.written.iter_mut() {
            let Some(before) = written.before.as_deref() else { continue };
            for kind in [TableKind::History, TableKind::Command] {
                let at = (item.module.clone(), written.key.clone(), kind, written.version);
                let Some(row) = found.get(&at) else { continue };
                let is_bytes = before.attribute_bytes().is_some();
                let Ok(row) = task.store().whole(row).await?.like(is_bytes) else { continue };
                written.is_confirmed = is_same(before, &as_data_view(&row, kind), kind);
                // A history row has everything: what it does not confirm, no command does.
                break;
            }
        }
    }
    Ok(())
}

/// A history row is the whole data row but for its sort key and its expiry; a command row has the fields that a publish hands on.
fn is_same(before: &Row, row: &Row, kind: TableKind) -> bool {
    match kind {
        TableKind::Command => {
            let is_bare = !before.0.keys().any(|name| is_state(name) && !NAMED_FIELDS.contains(&name.as_str()));
            is_bare && NAMED_FIELDS.iter().all(|name| before.get(name) == row.get(name))
        }
        _ => {
            let counts = |name: &&String| ![field::SK, field::TTL].contains(&name.as_str());
            let names = before.0.keys().chain(row.0.keys()).filter(counts);
            names.into_iter().all(|name| before.get(name) == row.get(name))
        }
    }
}
