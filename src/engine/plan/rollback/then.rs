//! The rows of the versions that entities go back to.

use std::collections::HashMap;

use crate::domain::key::{EntityKey, Version};
use crate::domain::rollback::Then;
use crate::domain::row::TableKind;
use crate::domain::run::Reason;
use crate::engine::task::{Stop, Task};
use crate::store::RowKey;

/// A row, or why it cannot be had.
type Found = Result<Then, (Reason, String)>;

/// The rows of versions of entities of one partition, attributes in place; an entity whose version is in no table is missing.
pub(super) async fn rows(
    task: &Task,
    module: &str,
    wanted: &[(&EntityKey, Version)],
) -> Result<HashMap<EntityKey, Found>, Stop> {
    let mut out = HashMap::new();
    let Some((first, _)) = wanted.first() else { return Ok(out) };
    let pk = first.pk.clone();
    let history: Vec<RowKey> = wanted.iter().map(|(key, to)| (TableKind::History, key.sk.at(*to))).collect();
    let mut found = task.store().batch_get(module, &pk, &history, &[], true).await?;
    // Where history has forgotten it, the command may still be there.
    let rest: Vec<RowKey> =
        history.into_iter().filter(|key| !found.contains_key(key)).map(|(_, sk)| (TableKind::Command, sk)).collect();
    found.extend(task.store().batch_get(module, &pk, &rest, &[], true).await?);
    for (key, to) in wanted {
        let at = |kind| (kind, key.sk.at(*to));
        let row = [TableKind::History, TableKind::Command]
            .into_iter()
            .find_map(|kind| found.remove(&at(kind)).map(|row| (kind, row)));
        let Some((kind, row)) = row else { continue };
        let then = match task.store().readable(&row).await? {
            Ok(whole) => Ok(Then { found: kind, in_s3: row.attributes_ref().is_some(), row: whole }),
            Err(unreadable) => Err((unreadable.reason, unreadable.message)),
        };
        out.insert((*key).clone(), then);
    }
    Ok(out)
}
