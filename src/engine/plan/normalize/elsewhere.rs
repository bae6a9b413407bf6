//! Rows outside of what is moved whose partition carries a code: settings, counters, jobs.

use std::collections::BTreeMap;

use super::super::super::protocol::{EntityRef, Event, Finding, Severity};
use super::super::super::task::Stop;
use super::Scope;
use crate::domain::key::{EntityKey, KEY_SEPARATOR, PartitionKey, SortKey};
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
pub(super) async fn tell(scope: &Scope<'_>, moved: &BTreeMap<String, Vec<PartitionKey>>) -> Result<(), Stop> {
    let known = super::super::super::browse::modules(scope.task).await?;
    for (code, normal) in scope.codes.iter() {
        for (first, what) in OWN {
            let pk = PartitionKey::new(format!("{first}{KEY_SEPARATOR}{code}"));
            for module in known.iter().filter(|m| moved.get(*m).is_none_or(|pks| !pks.contains(&pk))) {
                if super::super::super::browse::has_partition(scope.task, module, &pk).await? {
                    let message = format!("{what}: they stay under {pk} and are not read for {normal}");
                    found(scope, module, &pk, "reference", message).await?;
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
            if count == 0 {
                continue;
            }
            let count = if count >= MOST { format!("{MOST} or more") } else { count.to_string() };
            let kind = if table == Aside::Sequences { "sequence" } else { "reference" };
            found(scope, table.suffix(), &pk, kind, format!("{count} {what} under {pk}")).await?;
        }
    }
    Ok(())
}

async fn found(
    scope: &Scope<'_>,
    module: &str,
    pk: &PartitionKey,
    kind: &'static str,
    message: String,
) -> Result<(), Stop> {
    let finding = Finding {
        kind,
        severity: Severity::Warning,
        entity: EntityRef { module: module.to_owned(), key: EntityKey { pk: pk.clone(), sk: SortKey::new("") } },
        path: Some("pk".to_owned()),
        message,
        repairable: false,
    };
    scope.task.emit(Event::Finding(Box::new(finding))).await
}
