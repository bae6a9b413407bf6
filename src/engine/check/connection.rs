//! Where the profile leads, tried part by part: credentials, tables, bucket, user pool, backups, permissions. Nothing is written.

use super::doctor::{around, nowhere, tell};
use crate::domain::finding::FindingKind;
use crate::domain::key::PartitionKey;
use crate::domain::row::TableKind;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Event, Severity};
use crate::engine::read::identity;
use crate::engine::task::{Stop, Task};
use crate::store::Query;
use crate::store::error::StoreError;

const TABLES: [TableKind; 3] = [TableKind::Data, TableKind::Command, TableKind::History];
/// A partition that nobody has: reading it says whether it may be read, and costs half a unit.
const NOWHERE: &str = "TENANTRY#check";

/// Tries every part.
pub(in crate::engine) async fn run(task: &Task) -> Result<(), Stop> {
    let modules = identity::show(task).await?;
    let connected = &task.shared.connected;
    let endpoint = connected.pins.dynamodb.as_deref().unwrap_or("the service's own");
    well(task, "endpoint", endpoint.to_owned()).await?;
    let Some(modules) = modules else {
        let message = "the tables cannot be listed: none was tried";
        let hint = "the role needs dynamodb:ListTables; docs/permissions.md lists the minimal policies";
        return task.failed(Failure::new(ErrorCode::AccessDenied, message).hint(hint).not_fatal()).await;
    };
    for module in &modules {
        tables(task, module).await?;
    }
    bucket(task, &modules).await?;
    pool(task).await?;
    if around::backups(task, &modules).await? && !modules.is_empty() {
        well(task, "point-in-time recovery", "on for every table".to_owned()).await?;
    }
    around::permissions(task, &modules).await
}

async fn well(task: &Task, part: &str, told: String) -> Result<(), Stop> {
    task.emit(Event::Checked { part: part.to_owned(), told }).await
}

/// Whether the tables of a module are there and may be read.
async fn tables(task: &Task, module: &str) -> Result<(), Stop> {
    let pk = PartitionKey::new(NOWHERE);
    let mut read = Vec::new();
    for kind in TABLES {
        task.check()?;
        let fields = &["pk"];
        let query = Query { module, kind, pk: &pk, prefix: "", after: None, limit: Some(1), fields, consistent: false };
        match task.store().query(&query).await {
            Ok(_) => read.push(kind.as_str()),
            Err(error) => {
                let failure = Failure::from(error);
                if failure.code.is_lasting() {
                    return Err(failure.into());
                }
                let so = format!("the {} rows of {module} cannot be read", kind.as_str());
                task.failed(failure.so(&so).not_fatal()).await?;
            }
        }
    }
    if read.is_empty() {
        return Ok(());
    }
    well(task, &format!("module {module}"), format!("{} can be read", read.join(", "))).await
}

async fn bucket(task: &Task, modules: &[String]) -> Result<(), Stop> {
    task.check()?;
    let Some(bucket) = task.store().bucket().map(str::to_owned) else {
        return task
            .warn("the profile names no bucket: attributes that the application keeps in S3 cannot be read")
            .await;
    };
    let prefix = modules.first().map(|module| task.store().object_prefix(module, TableKind::Data)).unwrap_or_default();
    match task.store().objects(&prefix, None).await {
        Ok(_) => well(task, "bucket", format!("{bucket} can be listed")).await,
        Err(error) => beside(task, error, FindingKind::S3Missing, &format!("bucket {bucket}")).await,
    }
}

async fn pool(task: &Task) -> Result<(), Stop> {
    task.check()?;
    let Some(pool) = task.profile().user_pool_id.clone() else {
        return well(task, "user pool", "the profile names none".to_owned()).await;
    };
    match task.store().users(&pool, None).await {
        Ok(_) => well(task, "user pool", format!("users of {pool} can be listed")).await,
        Err(error) => beside(task, error, FindingKind::Missing, &format!("user pool {pool}")).await,
    }
}

/// Something that not every command needs: what may not be looked at is a warning, what is not there an error. Of what could not be
/// reached neither is said.
async fn beside(task: &Task, error: StoreError, kind: FindingKind, what: &str) -> Result<(), Stop> {
    let failure = Failure::from(error);
    if failure.code.is_lasting() && failure.code != ErrorCode::Region {
        return Err(failure.into());
    }
    let (kind, severity) = match failure.code {
        ErrorCode::AccessDenied | ErrorCode::Kms => (FindingKind::Permission, Severity::Warning),
        ErrorCode::NotFound => (kind, Severity::Error),
        _ => return task.failed(failure.so(&format!("{what} was not looked at")).not_fatal()).await,
    };
    let hint = failure.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    let message = format!("{what}: {}{hint}", failure.message);
    tell(task, kind, severity, nowhere(""), None, message).await
}
