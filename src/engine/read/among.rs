//! The modules and partitions that a scope takes in.

use std::collections::BTreeSet;

use crate::domain::key::PartitionKey;
use crate::domain::row::TableKind;
use crate::engine::failure::ErrorCode;
use crate::engine::protocol::{Among, ReportedFailures};
use crate::engine::read::browse::chosen_modules;
use crate::engine::read::partitions::{Partitions, add};
use crate::engine::task::{Stop, Task};
use crate::store::error::ErrorKind;

/// The module that is named, the one that a key or the type tells, or all of them.
///
/// # Errors
/// [`Stop`] where there is no such module.
pub(in crate::engine) async fn modules(
    task: &Task,
    among: &Among,
    pk: Option<&PartitionKey>,
) -> Result<Vec<String>, Stop> {
    let known = chosen_modules(task, among.module.clone()).await?;
    let of_type = among.entity_type.as_deref().map(PartitionKey::new);
    let hint = pk.or(of_type.as_ref()).map(PartitionKey::module_hint);
    Ok(match hint.filter(|hint| known.contains(hint)) {
        Some(hint) => vec![hint],
        None => known,
    })
}

/// Partitions of a module that are in scope, those that have commands alone included: a row or two of each partition are read, and none
/// besides.
///
/// # Errors
/// [`Stop`] when a call failed or the request was cancelled; commands that cannot be read are reported.
pub(in crate::engine) async fn partitions(
    task: &Task,
    module: &str,
    among: &Among,
    told: &mut ReportedFailures,
) -> Result<BTreeSet<PartitionKey>, Stop> {
    let mut found = BTreeSet::new();
    for kind in [TableKind::Data, TableKind::Command] {
        let mut listed = Partitions::start(task, module, kind);
        loop {
            let heads = match listed.next().await {
                Ok(Some(heads)) => heads,
                Ok(None) => break,
                Err(Stop::Failed(failure)) if kind == TableKind::Command => {
                    let what = format!("partitions of module {module} that have commands alone are not known");
                    let is_no_table = failure.code == ErrorCode::NoTable;
                    let cause = is_no_table.then_some(ErrorKind::NoTable);
                    if told.is_new(&what, cause, failure.aws_code.as_deref()) {
                        let failure = failure.so(&what).not_fatal();
                        task.failed(failure).await?;
                    }
                    break;
                }
                Err(stop) => return Err(stop),
            };
            let scope = (among.entity_type.as_deref(), among.tenant.as_deref());
            add(task, module, heads, scope, &mut found).await?;
        }
    }
    Ok(found)
}
