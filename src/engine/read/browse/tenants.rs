use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::domain::clock::{parse_time, utc_millis};
use crate::domain::key::PartitionKey;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::tenant::tenant_of;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Event, ListedPartition, TenantCount};
use crate::engine::read::partitions::{Head, Partitions};
use crate::engine::read::sweep::Sweep;
use crate::engine::task::{Stop, Task};

/// Fields that a count needs.
pub(super) const FIELDS: [&str; 6] =
    [field::PK, field::TENANT_CODE, field::IS_DELETED, field::CREATED_AT, field::UPDATED_AT, field::SK];
/// How often counts are told.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// The count of a partition so far.
#[derive(Debug, Default)]
pub(super) struct Count {
    tenant: Option<String>,
    entities: u64,
    deleted: u64,
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
    changed: bool,
}

impl Count {
    pub(super) fn add(&mut self, pk: &PartitionKey, row: &Row) {
        self.changed = true;
        self.entities += 1;
        self.deleted += u64::from(row.is_deleted());
        if self.tenant.is_none() {
            self.tenant = Some(tenant_of(pk, row.text(field::TENANT_CODE)).code);
        }
        if let Some(at) = row.text(field::CREATED_AT).and_then(parse_time) {
            self.oldest = Some(self.oldest.map_or(at, |known| known.min(at)));
        }
        if let Some(at) = row.text(field::UPDATED_AT).and_then(parse_time) {
            self.newest = Some(self.newest.map_or(at, |known| known.max(at)));
        }
    }

    pub(super) fn tell(&mut self, module: &str, pk: &str) -> TenantCount {
        self.changed = false;
        let pk = PartitionKey::new(pk);
        TenantCount {
            module: module.to_owned(),
            entity_type: pk.entity_type().to_owned(),
            tenant: self.tenant.clone().unwrap_or_else(|| tenant_of(&pk, None).code),
            entities: self.entities,
            deleted: self.deleted,
            oldest: self.oldest.map(utc_millis),
            newest: self.newest.map(utc_millis),
            pk,
        }
    }
}

/// Lists the partitions of the data tables, module by module, while they are found.
pub(in crate::engine) async fn list_partitions(task: &Task, module: Option<String>) -> Result<(), Stop> {
    let mut found = 0;
    for module in chosen_modules(task, module).await? {
        match list_module(task, &module).await {
            Ok(count) => found += count,
            Err(Stop::Failed(failure)) => task.failed(failure.not_fatal()).await?,
            Err(Stop::Cancelled) => return Err(Stop::Cancelled),
        }
    }
    task.log(format!("{found} partitions, {:.1} read units", task.store().meter().reading().read_units)).await
}

async fn list_module(task: &Task, module: &str) -> Result<u64, Stop> {
    let mut found = 0;
    let mut listed = Partitions::start(task, module, TableKind::Data);
    while let Some(heads) = listed.next().await? {
        found += heads.len() as u64;
        let partition = |head: Head| ListedPartition {
            module: module.to_owned(),
            entity_type: head.pk.entity_type().to_owned(),
            tenant: tenant_of(&head.pk, head.code.as_deref()).code,
            pk: head.pk,
        };
        task.emit(Event::Partitions(heads.into_iter().map(partition).collect())).await?;
    }
    Ok(found)
}

/// The module that is asked for, or all of them.
///
/// # Errors
/// [`Stop`] where there is no such module.
pub(in crate::engine) async fn chosen_modules(task: &Task, module: Option<String>) -> Result<Vec<String>, Stop> {
    let known = crate::engine::read::browse::modules(task).await?;
    match module {
        Some(module) if known.contains(&module) => Ok(vec![module]),
        Some(module) => {
            let failure = Failure::new(ErrorCode::NoTable, format!("there is no module {module}"));
            Err(failure.hint(format!("the modules are {}", known.join(", "))).into())
        }
        None => Ok(known),
    }
}

/// Scans the data tables, module by module, and tells the counts while they grow.
pub(in crate::engine) async fn scan_tenants(task: &Task, module: Option<String>) -> Result<(), Stop> {
    let wanted = chosen_modules(task, module).await?;
    let began = Instant::now();
    let mut rows = 0;
    for module in wanted {
        match scan_module(task, &module).await {
            Ok(count) => rows += count,
            // One table that may not be read does not hide the others.
            Err(Stop::Failed(failure)) => task.failed(failure.not_fatal()).await?,
            Err(Stop::Cancelled) => {
                task.log(format!("scan cancelled in {module}")).await?;
                return Err(Stop::Cancelled);
            }
        }
    }
    task.log(format!("scanned {rows} rows in {:.1} s", began.elapsed().as_secs_f64())).await
}

async fn scan_module(task: &Task, module: &str) -> Result<u64, Stop> {
    let mut counts: HashMap<String, Count> = HashMap::new();
    let mut told = Instant::now();
    let mut sweep = Sweep::start(task, module, TableKind::Data, &FIELDS);
    let rows = loop {
        match sweep.next().await {
            Ok(Some(page)) => {
                for row in &page {
                    let pk = row.pk()?;
                    let key = PartitionKey::new(pk);
                    counts.entry(pk.to_owned()).or_default().add(&key, row);
                }
            }
            Ok(None) => break Ok(sweep.rows()),
            Err(Stop::Cancelled) => break Err(Stop::Cancelled),
            Err(stop) => return Err(stop),
        }
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            tell(task, module, &mut counts).await?;
        }
    };
    tell(task, module, &mut counts).await?;
    rows
}

async fn tell(task: &Task, module: &str, counts: &mut HashMap<String, Count>) -> Result<(), Stop> {
    let mut changed: Vec<TenantCount> =
        counts.iter_mut().filter(|(_, count)| count.changed).map(|(pk, count)| count.tell(module, pk)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    changed.sort_by(|a, b| a.pk.cmp(&b.pk));
    task.emit(Event::Tenants(changed)).await
}
