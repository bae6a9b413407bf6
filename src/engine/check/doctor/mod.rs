//! Looking for what is wrong: entities that nobody can publish to, attributes that are gone, settings that erase the past.
//!
//! Nothing is written. What a scan suggests is read again, consistently, before it is told: an application goes on publishing meanwhile.

pub(super) mod around;
mod objects;
mod survey;
mod suspects;

use crate::domain::doctor::Ailment;
use crate::domain::finding::FindingKind;
use crate::domain::key::EntityKey;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{EntityRef, Event, Finding, Phase, Severity};
use crate::engine::task::{Stop, Task};
use objects::References;
use survey::Survey;

pub(in crate::engine) use crate::engine::read::browse::modules as known;
pub(in crate::engine) use suspects::wedged;

/// Looks through a module, or through all of them: findings as they turn up.
pub(in crate::engine) async fn run(task: &Task, module: Option<String>) -> Result<(), Stop> {
    let wanted = covered(task, module).await?;
    let mut looked = 0;
    for module in &wanted {
        let mut references = References::default();
        if let Some(survey) = allowed(task, module, look(task, module, &mut references, &mut looked).await).await? {
            around::settings(task, module, &survey.settings).await?;
        }
        let objects = objects::compare(task, module, references).await;
        allowed(task, module, objects).await?;
    }
    around::backups(task, &wanted).await?;
    around::permissions(task, &wanted).await
}

async fn look(task: &Task, module: &str, references: &mut References, looked: &mut u64) -> Result<Survey, Stop> {
    let survey = Survey::of(task, module, references, looked).await?;
    suspects::judge(task, module, &survey).await?;
    survey.gaps(task, module).await?;
    Ok(survey)
}

async fn covered(task: &Task, module: Option<String>) -> Result<Vec<String>, Stop> {
    let known = known(task).await?;
    let Some(wanted) = module else { return Ok(known) };
    if known.contains(&wanted) {
        return Ok(vec![wanted]);
    }
    let failure = Failure::new(ErrorCode::NoTable, format!("there is no module {wanted}"));
    Err(failure.hint(format!("the modules are {}", known.join(", "))).into())
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
