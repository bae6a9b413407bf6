//! Finding entities: modules, tenants, partitions, pages.

mod counts;
mod page;
mod tenants;
mod unprocessed;
mod view;

use crate::domain::key::PartitionKey;
use crate::domain::row::TableKind;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Connection, Event, Level};
use crate::engine::task::{Stop, Task};
use crate::store::Query;
use crate::store::error::ErrorKind;

pub(in crate::engine) use counts::{count_partitions, measure};
pub(in crate::engine) use page::{page, passes, shown, some, waiting};
pub(in crate::engine) use tenants::{chosen_modules, list_partitions, scan_tenants};
#[cfg(test)]
pub(crate) use view::seen;

/// The profile's modules, asked for once.
pub(in crate::engine) async fn modules(task: &Task) -> Result<Vec<String>, Stop> {
    if let Some(known) = task.shared.known_modules() {
        return Ok(known);
    }
    let discovered = task.store().modules().await?;
    let app = &task.profile().app;
    for (other, modules) in &discovered.foreign {
        let first = modules.first().map_or("", String::as_str);
        let text = format!(
            "left out: {} belong to the application {app}-{other}; `tables = {{ \"{first}\" = \"{first}\" }}` in the profile takes them in",
            modules.join(", ")
        );
        task.emit(Event::Log(Level::Warning, text)).await?;
    }
    task.shared.know_modules(&discovered.modules);
    Ok(discovered.modules)
}

/// The applications whose tables there are.
pub(in crate::engine) async fn list_applications(task: &Task) -> Result<(), Stop> {
    let found = task.store().applications().await?;
    task.emit(Event::Applications(found)).await
}

pub(in crate::engine) async fn connect(task: &Task) -> Result<(), Stop> {
    let mut is_told = false;
    let modules = match modules(task).await {
        Err(Stop::Failed(failure)) if failure.code == ErrorCode::NoTable => {
            is_told = true;
            task.failed(failure.not_fatal()).await?;
            Vec::new()
        }
        modules => modules?,
    };
    let prefix = task.store().names().prefix().to_owned();
    let caller = match task.shared.connected.caller().await {
        Ok(caller) => caller,
        // The account is good to know, but nothing depends on it.
        Err(error) => {
            task.failed(Failure::from(error).not_fatal()).await?;
            None
        }
    };
    let (account, arn) = caller.map_or((None, None), |caller| (Some(caller.account), caller.arn));
    task.log(format!("{} modules in {prefix}*: {}", modules.len(), modules.join(", "))).await?;
    if modules.is_empty() && !is_told {
        let failure = Failure::new(ErrorCode::NoTable, format!("no tables are named {prefix}*-data"))
            .hint("check environment, app and region of the profile")
            .not_fatal();
        task.failed(failure).await?;
    }
    let region = task.shared.connected.region.clone();
    task.emit(Event::Connected(Connection { modules, account, arn, region })).await
}

/// The module equal to the key's first segment, otherwise those that have the partition.
pub(in crate::engine) async fn open(task: &Task, pk: &PartitionKey, module: Option<String>) -> Result<(), Stop> {
    let known = match (modules(task).await, &module) {
        (Ok(known), _) => known,
        // A caller who may not list tables can still name one.
        (Err(Stop::Failed(failure)), Some(module)) if failure.code == ErrorCode::AccessDenied => vec![module.clone()],
        (Err(stop), _) => return Err(stop),
    };
    if let Some(module) = module {
        let found = if known.contains(&module) { vec![module] } else { Vec::new() };
        return task.emit(Event::Opened { modules: found }).await;
    }
    let hint = pk.module_hint();
    if known.contains(&hint) {
        return task.emit(Event::Opened { modules: vec![hint] }).await;
    }
    let mut found = Vec::new();
    for module in &known {
        task.check()?;
        if has_partition(task, module, pk).await? {
            found.push(module.clone());
        }
    }
    task.emit(Event::Opened { modules: found }).await
}

pub(in crate::engine) async fn has_partition(task: &Task, module: &str, pk: &PartitionKey) -> Result<bool, Stop> {
    for kind in [TableKind::Data, TableKind::Command] {
        let query =
            Query { module, kind, pk, prefix: "", after: None, limit: Some(1), fields: &["pk"], consistent: false };
        match task.store().query(&query).await {
            Ok(page) if !page.rows.is_empty() => return Ok(true),
            Ok(_) => {}
            // Entities that were never processed are in the command table alone: without one nobody knows.
            Err(error) if kind == TableKind::Command && error.kind() == Some(ErrorKind::NoTable) => {
                let what = format!("whether commands of module {module} wait in {pk} is not known");
                task.failed(Failure::from(error).so(&what).not_fatal()).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}
