//! Where else in the modules' rows the codes stand.

use super::{Moved, Scope};
use crate::domain::finding::FindingKind;
use crate::domain::key::EntityKey;
use crate::domain::normalize::{Occurrence, respelled};
use crate::domain::path::Path;
use crate::domain::publish::Ttls;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::tenant::tenant_of;
use crate::domain::transfer::Side;
use crate::engine::plan::sink::Sink;
use crate::engine::protocol::{EntityRef, Event, Finding, Severity};
use crate::engine::read::sweep::Sweep;
use crate::engine::task::Stop;

/// Tells the codes inside a row that is moved: its key and its attributes.
pub(super) async fn tell_moved(
    scope: &Scope<'_>,
    module: &str,
    key: &EntityKey,
    row: Option<&Row>,
) -> Result<(), Stop> {
    if let Some((code, _)) = scope.codes.within(key.sk.as_str()) {
        let message = format!("the sort key contains {code}, and stays as it is");
        tell(scope, module, key, Some("sk".to_owned()), message).await?;
    }
    for found in row.map(|row| within(scope, row)).unwrap_or_default() {
        tell_occurrence(scope, module, key, &found).await?;
    }
    Ok(())
}

fn within(scope: &Scope<'_>, row: &Row) -> Vec<Occurrence> {
    let path = Path::default().name(field::ATTRIBUTES);
    row.get(field::ATTRIBUTES).map(|value| scope.codes.find(value, &path)).unwrap_or_default()
}

async fn tell_occurrence(scope: &Scope<'_>, module: &str, key: &EntityKey, found: &Occurrence) -> Result<(), Stop> {
    let is_rewritten = found.is_key && scope.how.rewrite_references;
    if is_rewritten {
        return Ok(());
    }
    let message = match found.is_key {
        true => format!("refers to {}, which is not respelled", found.text),
        false => format!("holds the code {} itself, which is not respelled", found.text),
    };
    tell(scope, module, key, Some(found.path.to_string()), message).await
}

async fn tell(
    scope: &Scope<'_>,
    module: &str,
    key: &EntityKey,
    path: Option<String>,
    message: String,
) -> Result<(), Stop> {
    let finding = Finding {
        path,
        ..Finding::new(
            FindingKind::Reference,
            Severity::Warning,
            EntityRef { module: module.to_owned(), key: key.clone() },
            message,
        )
    };
    scope.task.emit(Event::Finding(Box::new(finding))).await
}

/// Looks through every other row of the modules; where references are rewritten, such a row becomes an item.
pub(super) async fn elsewhere_in_modules(scope: &Scope<'_>, moved: &Moved, sink: &mut Sink<'_>) -> Result<(), Stop> {
    for module in &scope.modules {
        let own = moved.get(module);
        let mut sweep = Sweep::start(scope.task, module, TableKind::Data, &[]);
        while let Some(rows) = sweep.next().await? {
            for row in rows {
                let key = row.data_key()?;
                let is_elsewhere = own.is_none_or(|pks| !pks.contains(&key.pk));
                if is_elsewhere && (row.attributes_ref().is_some() || !within(scope, &row).is_empty()) {
                    other(scope, module, &key, row, sink).await?;
                }
            }
        }
    }
    Ok(())
}

async fn other(scope: &Scope<'_>, module: &str, key: &EntityKey, row: Row, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let store = scope.task.store();
    let resolved = match row.attributes_ref() {
        // A row that cannot be read is no place where a code is known to stand; doctor reports it.
        Some(_) => match store.resolve(&row).await {
            Ok(row) => row,
            Err(_) => return Ok(()),
        },
        None => row,
    };
    let occurrences = within(scope, &resolved);
    for found in &occurrences {
        tell_occurrence(scope, module, key, found).await?;
    }
    if !scope.how.rewrite_references || !occurrences.iter().any(|o| o.is_key) {
        return Ok(());
    }
    let tenant = tenant_of(&key.pk, resolved.text(field::TENANT_CODE));
    let ttls: Ttls = store.ttl_settings(module, &key.pk).await?.at(scope.context.at);
    let snapshots = store.snapshots(module, &key.pk, std::slice::from_ref(&key.sk)).await?;
    for snapshot in snapshots.into_iter().flatten() {
        let transfer = scope.transfer(&tenant.code);
        let side = Side { key, seen: &snapshot, ttls };
        if let Some(item) = respelled(&transfer, &scope.codes, module, side) {
            sink.add(item).await?;
        }
    }
    Ok(())
}
