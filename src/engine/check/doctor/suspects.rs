//! A closer, consistent look at entities whose commands look ill.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::survey::{Survey, sort_keys};
use super::{ailing, tell};
use crate::domain::doctor::{Ailment, of_commands};
use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, PartitionKey, SortKey, Version, split_versioned};
use crate::domain::row::{Row, TableKind, blocked, field};
use crate::domain::timeline::is_stuck;
use crate::engine::protocol::{EntityRef, Severity};
use crate::engine::read::sweep::Sweep;
use crate::engine::task::{Stop, Task};
use crate::store::RowKey;

/// Entities looked at together.
const PAGE: usize = 100;

/// Tells what is wrong with them.
pub(super) async fn judge(task: &Task, module: &str, survey: &Survey) -> Result<(), Stop> {
    let now = Timestamp::now();
    for (pk, bases) in &survey.suspects {
        for sks in sort_keys(bases).chunks(PAGE) {
            task.check()?;
            let seen = task.store().snapshots(module, pk, sks).await?;
            let far = |sk: &SortKey, version: Version| {
                let above = bases.get(sk.as_str()).into_iter().flatten();
                above.filter(move |v| **v > version.next()).map(|v| (*v, sk.at(*v))).collect::<Vec<_>>()
            };
            let versions = |s: &crate::store::publish::Snapshot| s.as_ref().map(|s| s.version).unwrap_or_default();
            let wanted: Vec<RowKey> = sks
                .iter()
                .zip(&seen)
                .flat_map(|(sk, s)| far(sk, versions(s)))
                .map(|(_, sk)| (TableKind::Command, sk))
                .collect();
            let mut rows = task.store().batch_get(module, pk, &wanted, &[], true).await?;
            for (sk, snapshot) in sks.iter().zip(seen) {
                let key = EntityKey { pk: pk.clone(), sk: sk.clone() };
                let seen = match snapshot {
                    Ok(seen) => seen,
                    Err(unusable) => {
                        let entity = EntityRef { module: module.to_owned(), key };
                        tell(task, FindingKind::Mangled, Severity::Error, entity, None, unusable.message).await?;
                        continue;
                    }
                };
                // A data row that is mangled was told when it was seen.
                if let Some(why) = blocked(&key, seen.data.as_deref()) {
                    if seen.data.is_none() {
                        ailing(task, module, key, &Ailment::Mangled(why)).await?;
                    }
                    continue;
                }
                let above: Vec<(Version, Row)> = far(sk, seen.version)
                    .into_iter()
                    .filter_map(|(version, sk)| Some((version, rows.remove(&(TableKind::Command, sk))?)))
                    .collect();
                for ailment in of_commands(&seen, &above, now) {
                    ailing(task, module, key.clone(), &ailment).await?;
                }
            }
        }
    }
    Ok(())
}

/// Entities of a module whose next command nothing will finish, by a scan of its commands alone: they are looked at again before
/// anything is made of them.
pub(in crate::engine) async fn wedged(
    task: &Task,
    module: &str,
) -> Result<Vec<(PartitionKey, BTreeSet<SortKey>)>, Stop> {
    const FIELDS: &[&str] = &[field::PK, field::SK, field::STATUS, field::SYNC_MODE];
    let mut found: std::collections::BTreeMap<PartitionKey, BTreeSet<SortKey>> = Default::default();
    let mut sweep = Sweep::start(task, module, TableKind::Command, FIELDS);
    while let Some(rows) = sweep.next().await? {
        for row in rows {
            // Everything that was published directly says SYNC: only what did not come to its end matters.
            let is_finished = row.text(field::STATUS) == Some("finish:FINISHED");
            if is_finished || !is_stuck(&row) {
                continue;
            }
            if let Some((base, _)) = split_versioned(row.sk()?) {
                found.entry(PartitionKey::new(row.pk()?)).or_default().insert(SortKey::new(base));
            }
        }
    }
    Ok(found.into_iter().collect())
}
