//! Rows outside of what is moved whose partition carries a code: settings, counters, jobs.

use std::collections::BTreeMap;

use super::{Moved, Scope};
use crate::domain::finding::FindingKind;
use crate::domain::item::PlannedItem;
use crate::domain::key::{EntityKey, KEY_SEPARATOR, PartitionKey, SortKey};
use crate::domain::normalize::{SEQUENCES, counter, counter_value};
use crate::domain::plan::Normalize;
use crate::engine::plan::sink::Sink;
use crate::engine::protocol::{EntityRef, Event, Finding, Severity};
use crate::engine::task::{Stop, Task};
use crate::store::Aside;
use crate::store::error::{ErrorKind, StoreError};

/// Partitions of the framework's other tables, by their first segment.
const ASIDE: [(&str, Aside, &str); 6] = [
    ("CSV_IMPORT", Aside::Imports, "import jobs"),
    ("ZIP_IMPORT", Aside::Imports, "import jobs"),
    ("IMPORT", Aside::Imports, "import rows"),
    ("TASK", Aside::Tasks, "tasks"),
    ("SFN_TASK", Aside::Tasks, "tasks"),
    ("SEQ", Aside::Sequences, "sequences"),
];
/// Partitions of modules' data tables that the framework itself reads by tenant.
const OWN: [(&str, &str); 2] =
    [("MASTER", "settings of the tenant, its expiry times (TTL#…) among them"), ("TENANT", "the tenant itself")];
/// Rows counted at most.
const MOST: usize = 1_000;

/// Tells what stays under the codes.
pub(super) async fn tell(scope: &Scope<'_>, moved: &Moved) -> Result<(), Stop> {
    let known = crate::engine::read::browse::modules(scope.task).await?;
    for (code, normal) in scope.codes.iter() {
        for (first, what) in OWN {
            let pk = PartitionKey::new(format!("{first}{KEY_SEPARATOR}{code}"));
            for module in known.iter().filter(|m| moved.get(*m).is_none_or(|pks| !pks.contains(&pk))) {
                if crate::engine::read::browse::has_partition(scope.task, module, &pk).await? {
                    let message = format!("{what}: they stay under {pk} and are not read for {normal}");
                    found(scope, module, &pk, FindingKind::Reference, message).await?;
                }
            }
        }
        for (first, table, what) in ASIDE {
            let pk = PartitionKey::new(format!("{first}{KEY_SEPARATOR}{code}"));
            let count = match scope.task.store().aside(table, &pk, MOST).await {
                Ok(rows) => rows.len(),
                Err(StoreError::Service(error)) if error.kind == ErrorKind::NoTable => 0,
                Err(error) => return Err(error.into()),
            };
            if count == 0 || (table == Aside::Sequences && scope.how.sequences) {
                continue;
            }
            let count = if count >= MOST { format!("{MOST} or more") } else { count.to_string() };
            let kind = if table == Aside::Sequences { FindingKind::Sequence } else { FindingKind::Reference };
            found(scope, table.suffix(), &pk, kind, format!("{what} stay under {pk}: {count}")).await?;
        }
    }
    Ok(())
}

async fn found(
    scope: &Scope<'_>,
    module: &str,
    pk: &PartitionKey,
    kind: FindingKind,
    message: String,
) -> Result<(), Stop> {
    let finding = Finding::new(
        kind,
        Severity::Warning,
        EntityRef { module: module.to_owned(), key: EntityKey { pk: pk.clone(), sk: SortKey::new("") } },
        message,
    );
    scope.task.emit(Event::Finding(Box::new(finding))).await
}

/// Codes, with their lower-case spelling, that only counters carry: no row of a module tells of them.
pub(super) async fn counted(task: &Task, how: &Normalize) -> Result<Vec<(String, String)>, Stop> {
    let found = match task.store().aside_partitions(Aside::Sequences).await {
        Ok(found) => found,
        Err(StoreError::Service(error)) if error.kind == ErrorKind::NoTable => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let codes = found.iter().filter_map(|pk| {
        let code = pk.as_str().strip_prefix("SEQ")?.strip_prefix(KEY_SEPARATOR)?;
        let normal = code.to_lowercase();
        let is_wanted = how.tenants.as_ref().is_none_or(|wanted| wanted.iter().any(|w| w == code));
        (normal != code && is_wanted).then(|| (code.to_owned(), normal))
    });
    Ok(codes.collect())
}

/// Adds an item for each counter that stands under a code.
pub(super) async fn counters(scope: &Scope<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    if !scope.how.sequences {
        return Ok(());
    }
    let store = scope.task.store();
    let mut wanted: BTreeMap<EntityKey, PlannedItem> = BTreeMap::new();
    for (code, normal) in scope.codes.iter() {
        let pk = |code: &str| PartitionKey::new(format!("SEQ{KEY_SEPARATOR}{code}"));
        let rows = match store.aside(Aside::Sequences, &pk(code), usize::MAX).await {
            Ok(rows) => rows,
            Err(StoreError::Service(error)) if error.kind == ErrorKind::NoTable => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for old in rows {
            let key = EntityKey { pk: pk(normal), sk: SortKey::new(old.sk()?) };
            let new = store.counter(&key).await?;
            let item = counter(&old, new.as_ref(), (code, normal), &key.pk);
            let message = format!("counter of {code}: {}", item.message.as_deref().unwrap_or_default());
            found(scope, SEQUENCES, &pk(code), FindingKind::Sequence, message).await?;
            // Of several spellings the largest number counts.
            let had = |item: &PlannedItem| item.after().and_then(|row| counter_value(row));
            match wanted.get(&key) {
                Some(known) if had(known) >= had(&item) => {}
                _ => drop(wanted.insert(key, item)),
            }
        }
    }
    for item in wanted.into_values() {
        sink.add(item).await?;
    }
    Ok(())
}
