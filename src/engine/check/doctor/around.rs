//! Settings around the rows: how long the past is kept, backups, permissions.

use std::collections::BTreeSet;

use super::{allowed, nowhere, tell};
use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, PartitionKey, SortKey};
use crate::domain::row::TableKind;
use crate::engine::failure::Failure;
use crate::engine::protocol::{EntityRef, Severity};
use crate::engine::task::{Stop, Task};
use crate::store::error::ErrorKind;

/// Days within which a migration should still be undone; what expires sooner is told.
const UNDO_WINDOW: i64 = 30;

/// Settings that erase history or commands before anyone would look for them, and such as do not say what they seem to.
pub(super) async fn settings(task: &Task, module: &str, settings: &BTreeSet<PartitionKey>) -> Result<(), Stop> {
    for pk in settings {
        task.check()?;
        let Some(found) = allowed(task, module, setting(task, module, pk).await).await? else { return Ok(()) };
        for kind in [TableKind::Data, TableKind::History, TableKind::Command] {
            let Some(kept) = found.of(kind) else { continue };
            let table = task.store().names().table(module, kind);
            let key = EntityKey { pk: pk.clone(), sk: SortKey::new(format!("TTL#{table}")) };
            let entity = EntityRef { module: "master".to_owned(), key };
            let mut warn = Vec::new();
            if let Some(oddity) = kept.oddity {
                warn.push(format!(
                    "the {} rows of {module} are kept for {} days: {oddity}",
                    kind.as_str(),
                    kept.stored
                ));
            }
            if kept.days().is_some_and(|days| kind != TableKind::Data && days < UNDO_WINDOW) {
                let days = &kept.stored;
                let what = match kind {
                    TableKind::History => "cannot be rolled back to",
                    _ => "no longer tells who published it and when",
                };
                warn.push(format!("{} rows of {module} expire after {days} days: what is older {what}", kind.as_str()));
            }
            for message in warn {
                let path = Some("attributes.days".to_owned());
                tell(task, FindingKind::Ttl, Severity::Warning, entity.clone(), path, message).await?;
            }
        }
    }
    Ok(())
}

async fn setting(task: &Task, module: &str, pk: &PartitionKey) -> Result<crate::store::TtlSettings, Stop> {
    Ok(task.store().ttl_settings(module, pk).await?)
}

/// Tables that cannot be restored to a moment of the last days; true where there are none.
pub(in crate::engine::check) async fn backups(task: &Task, modules: &[String]) -> Result<bool, Stop> {
    let mut are_all_on = true;
    for module in modules {
        for kind in [TableKind::Data, TableKind::History, TableKind::Command] {
            task.check()?;
            let table = task.store().names().table(module, kind);
            match task.store().has_point_in_time_recovery(module, kind).await {
                Ok(Some(true)) => continue,
                Ok(Some(false)) => {
                    let message = format!("point-in-time recovery of {table} is off: a lost table cannot be restored");
                    tell(task, FindingKind::Pitr, Severity::Warning, nowhere(module), None, message).await?;
                }
                Ok(None) => {
                    let message = "this service does not know point-in-time recovery: not looked at".to_owned();
                    tell(task, FindingKind::Pitr, Severity::Note, nowhere(""), None, message).await?;
                    return Ok(false);
                }
                Err(error) if error.kind() == Some(ErrorKind::AccessDenied) => {
                    let message = format!("whether {table} has point-in-time recovery is not known: {error}");
                    tell(task, FindingKind::Permission, Severity::Note, nowhere(module), None, message).await?;
                }
                Err(error) => return Err(error.into()),
            }
            are_all_on = false;
        }
    }
    Ok(are_all_on)
}

/// Reports the modules that an armed profile may not write. A read-only profile tries nothing.
pub(in crate::engine::check) async fn permissions(task: &Task, modules: &[String]) -> Result<(), Stop> {
    let Some(store) = task.writes() else { return Ok(()) };
    for module in modules {
        task.check()?;
        if let Err(error) = store.may_publish(module).await {
            if error.kind() != Some(ErrorKind::AccessDenied) {
                return Err(error.into());
            }
            let failure = Failure::from(error);
            let hint = failure.hint.clone().map(|h| format!("; {h}")).unwrap_or_default();
            let message = format!("{}{hint}", failure.message);
            tell(task, FindingKind::Permission, Severity::Warning, nowhere(module), None, message).await?;
        }
    }
    Ok(())
}
