//! Looking for what is wrong: entities that nobody can publish to, attributes that are gone, settings that erase the past.
//!
//! Nothing is written. What a scan suggests is read again, consistently, before it is told: an application goes on publishing meanwhile.

pub(super) mod around;
mod objects;
mod survey;
mod suspects;

use std::sync::Arc;

use crate::domain::doctor::Ailment;
use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, PartitionKey};
use crate::engine::failure::ErrorCode;
use crate::engine::protocol::{Among, EntityRef, Event, Finding, Phase, ReportedFailures, Severity};
use crate::engine::read::among;
use crate::engine::task::{Stop, Task};
use objects::References;
use survey::Survey;

pub(in crate::engine) use crate::engine::read::browse::modules as known;
pub(in crate::engine) use suspects::wedged;

/// The partitions that are looked through; all of a module without any.
type Extent = Option<Arc<[PartitionKey]>>;

/// Looks through a module, or through all of them, or through the partitions of a type or a tenant: findings as they turn up.
pub(in crate::engine) async fn run(task: &Task, among: &Among) -> Result<(), Stop> {
    let wanted = among::modules(task, among, None).await?;
    let mut looked = 0;
    for module in &wanted {
        let Some(extent) = allowed(task, module, extent(task, module, among).await).await? else { continue };
        if extent.as_ref().is_some_and(|pks| pks.is_empty()) {
            continue;
        }
        let mut references = References::default();
        let survey = look(task, module, &extent, &mut references, &mut looked).await;
        if let Some(survey) = allowed(task, module, survey).await? {
            around::settings(task, module, &survey.settings).await?;
        }
        let objects = objects::compare(task, module, &extent, references).await;
        allowed(task, module, objects).await?;
    }
    around::backups(task, &wanted).await?;
    around::permissions(task, &wanted).await
}

/// The partitions of the type and the tenant that are named.
async fn extent(task: &Task, module: &str, among: &Among) -> Result<Extent, Stop> {
    if among.entity_type.is_none() && among.tenant.is_none() {
        return Ok(None);
    }
    let found = among::partitions(task, module, among, &mut ReportedFailures::default()).await?;
    Ok(Some(found.into_iter().collect()))
}

async fn look(
    task: &Task,
    module: &str,
    extent: &Extent,
    references: &mut References,
    looked: &mut u64,
) -> Result<Survey, Stop> {
    let survey = Survey::of(task, module, extent, references, looked).await?;
    suspects::judge(task, module, &survey).await?;
    survey.gaps(task, module, extent).await?;
    Ok(survey)
}

/// A missing permission is something to tell, and no reason to look at nothing else.
async fn allowed<T>(task: &Task, module: &str, result: Result<T, Stop>) -> Result<Option<T>, Stop> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Stop::Failed(failure)) if failure.code == ErrorCode::AccessDenied => {
            let hint = failure.hint.clone().map(|h| format!("; {h}")).unwrap_or_default();
            let message = format!("{}{hint}", failure.message);
            tell(task, FindingKind::Permission, Severity::Error, nowhere(module), None, message).await?;
            Ok(None)
        }
        Err(stop) => Err(stop),
    }
}

/// Stands for a module as a whole.
pub(super) fn nowhere(module: &str) -> EntityRef {
    EntityRef { module: module.to_owned(), key: EntityKey::new("", "") }
}

pub(super) async fn tell(
    task: &Task,
    kind: FindingKind,
    severity: Severity,
    entity: EntityRef,
    path: Option<String>,
    message: String,
) -> Result<(), Stop> {
    let finding = Finding { path, ..Finding::new(kind, severity, entity, message) };
    task.emit(Event::Finding(Box::new(finding))).await
}

async fn ailing(task: &Task, module: &str, key: EntityKey, ailment: &Ailment) -> Result<(), Stop> {
    let severity = match ailment {
        ailment if ailment.is_error() => Severity::Error,
        ailment if ailment.is_note() => Severity::Note,
        _ => Severity::Warning,
    };
    let entity = EntityRef { module: module.to_owned(), key };
    let finding = Finding::new(ailment.kind(), severity, entity, ailment.message());
    let finding = Finding { repairable: ailment.is_repairable(), ..finding };
    task.emit(Event::Finding(Box::new(finding))).await
}

async fn progress(task: &Task, looked: u64) -> Result<(), Stop> {
    task.emit(Event::Progress { phase: Phase::Scan, done: looked, total: None }).await
}
