//! The traces of all versions of an entity.

use crate::domain::key::{EntityKey, Version, version_of};
use crate::domain::plan::RollTo;
use crate::domain::rollback::Traces;
use crate::domain::row::{Row, TableKind};
use crate::engine::task::{Stop, Task};
use crate::store::publish::Snapshot;

/// Reads them; of an entity at its first version the snapshot tells everything.
pub(super) async fn of(
    task: &Task,
    module: &str,
    key: &EntityKey,
    snapshot: &Snapshot,
    to: &RollTo,
) -> Result<Traces, Stop> {
    let mut traces = Traces::new();
    let data = match snapshot {
        Ok(seen) => seen.resolved.as_deref(),
        Err(unusable) => unusable.data.as_deref(),
    };
    if let Some((row, version)) = data.and_then(|row| Some((row, row.version().ok()?))) {
        traces.entry(version).or_default().add(TableKind::Data, row);
    }
    let is_first = matches!(snapshot, Ok(seen) if seen.version == Version(1) && seen.next_command.is_none());
    if let (true, Ok(seen)) = (is_first, snapshot) {
        if let Some(command) = &seen.command {
            traces.entry(Version(1)).or_default().add(TableKind::Command, &in_place(task, command, to).await?);
        }
        return Ok(traces);
    }
    for kind in [TableKind::History, TableKind::Command] {
        let mut after: Option<String> = None;
        loop {
            task.check()?;
            let page = task.store().versions_page(module, kind, key, after.as_deref()).await?;
            for row in &page.rows {
                // Rows of another entity whose key begins alike are among them.
                let Some(version) = version_of(&key.sk, row.sk()?) else { continue };
                traces.entry(version).or_default().add(kind, &in_place(task, row, to).await?);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(traces)
}

/// A row with its attributes in place where they may hold marks that are asked for.
async fn in_place(task: &Task, row: &Row, to: &RollTo) -> Result<Row, Stop> {
    if row.attributes_ref().is_none() || matches!(to, RollTo::Version(_) | RollTo::Time(_)) {
        return Ok(row.clone());
    }
    // Where they cannot be read its other fields still tell, and whoever needs its content hears why.
    Ok(task.store().readable(row).await?.unwrap_or_else(|_| row.clone()))
}
