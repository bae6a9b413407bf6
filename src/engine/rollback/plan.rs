use std::sync::Arc;

use crate::domain::diff::diff_rows;
use crate::domain::digest::{ItemDigest, item_digest, plan_digest};
use crate::domain::item::{InS3, PlannedItem, PlannedPart, Role};
use crate::domain::key::{Version, meant};
use crate::domain::publish::{NewState, PublishMode, changes_anything};
use crate::domain::rollback::{RollbackStamp, rollback_state};
use crate::domain::row::{Row, blocked, field};
use crate::domain::run::{Action, Reason};
use crate::domain::snapshot::{EntitySnapshot, PAST_TTL};
use crate::domain::tenant::tenant_of;
use crate::domain::transfer::{Side, data_row_of};
use crate::domain::value::Value;
use crate::engine::items::request::request;
use crate::engine::protocol::{EntityRef, Preview};
use crate::engine::read::versions::{VersionRow, find};
use crate::engine::task::{Context, Stop, Task};
use crate::store::TtlSettings;

/// A rollback that was looked at: what it would write, and what it rests on.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) preview: Preview,
    /// What the rows are built from; `None` where nothing is to be written.
    basis: Option<Basis>,
}

#[derive(Debug)]
struct Basis {
    snapshot: EntitySnapshot,
    version: VersionRow,
    ttl: TtlSettings,
}

/// Why nothing is written.
struct Refusal {
    action: Action,
    reason: Option<Reason>,
    message: String,
}

fn refuse(action: Action, reason: Reason, message: impl Into<String>) -> Refusal {
    Refusal { action, reason: Some(reason), message: message.into() }
}

impl Plan {
    /// Whether approving it would write anything.
    pub(super) fn writes(&self) -> bool {
        self.basis.is_some()
    }

    /// The tenant's name, which a protected profile wants typed; the environment's where there is none.
    pub(super) fn confirm_word(&self, task: &Task) -> String {
        let row = self.preview.before.as_ref();
        let tenant = tenant_of(&self.preview.entity.key.pk, row.and_then(|r| r.text(field::TENANT_CODE)));
        if tenant.segment == 0 { task.profile().environment.clone() } else { tenant.code }
    }

    /// What is carried out, with the run's id and one time for all of it; `None` where nothing is to be written.
    pub(super) fn item(&self, task: &Task, context: &Context) -> Result<Option<PlannedItem>, Stop> {
        let Some(basis) = &self.basis else { return Ok(None) };
        item(task, context, &self.preview, basis).map(Some)
    }
}

/// Looks at a rollback. Nothing is written.
pub(super) async fn plan(
    task: &Task,
    context: &Context,
    entity: &EntityRef,
    to: Version,
    expect: Option<Version>,
) -> Result<Plan, Stop> {
    let snapshot = match task.store().snapshot(&entity.module, &entity.key).await {
        Ok(snapshot) => snapshot,
        Err(error) => {
            let Some(reason) = error.unreadable() else { return Err(error.into()) };
            let refusal = refuse(Action::Invalid, reason, error.to_string());
            return Ok(finish(empty_preview(task, entity, to, &EntitySnapshot::default(), refusal), None));
        }
    };
    match basis(task, entity, to, expect, snapshot.clone()).await? {
        Err(refusal) => Ok(finish(empty_preview(task, entity, to, &snapshot, refusal), None)),
        Ok(basis) => written(task, context, entity, to, basis),
    }
}

async fn basis(
    task: &Task,
    entity: &EntityRef,
    to: Version,
    expect: Option<Version>,
    snapshot: EntitySnapshot,
) -> Result<Result<Basis, Refusal>, Stop> {
    let invalid = |reason, message: String| Ok(Err(refuse(Action::Invalid, reason, message)));
    let Some(data) = snapshot.data.clone() else {
        return Ok(Err(match snapshot.blocked_by_command() {
            Some((reason, message)) => refuse(Action::Conflict, reason, message),
            None => {
                let meant = meant(&entity.key.pk, Some(entity.key.sk.as_str())).map(|m| format!("; {m}"));
                let message = format!("the entity has no data row{}", meant.unwrap_or_default());
                refuse(Action::Invalid, Reason::MissingSource, message)
            }
        }));
    };
    if let Some(why) = blocked(&entity.key, Some(&data)) {
        return invalid(why.reason(), why.to_string());
    }
    if let Some(expected) = expect.filter(|v| *v != snapshot.version) {
        let message = format!("the entity is at version {}, not at {expected} as expected", snapshot.version);
        return Ok(Err(refuse(Action::Conflict, Reason::TargetChanged, message)));
    }
    if snapshot.is_past_ttl {
        return Ok(Err(refuse(Action::Skip, Reason::Expired, PAST_TTL)));
    }
    if let Some((reason, message)) = snapshot.blocked_by_command() {
        return Ok(Err(refuse(Action::Conflict, reason, message)));
    }
    if to == snapshot.version {
        let message = format!("version {to} is the current one");
        return Ok(Err(Refusal { action: Action::Equal, reason: None, message }));
    }
    if to > snapshot.version || to == Version(0) {
        let message = format!("there is no version {to}: the entity is at {}", snapshot.version);
        return invalid(Reason::MissingVersion, message);
    }
    if task.profile().publish == PublishMode::Async && snapshot.command.is_none() {
        let message = format!(
            "the command row of version {} is gone, and the application's pipeline needs it to go on",
            snapshot.version
        );
        return invalid(Reason::MissingVersion, message);
    }
    let Some(mut version) = find(task, entity, Some(&data), to).await? else {
        return invalid(
            Reason::MissingVersion,
            format!("version {to} is in no table: it expired or was never written"),
        );
    };
    match task.store().readable(&version.row).await? {
        Ok(row) => version.row = Arc::new(row),
        Err(unreadable) => return invalid(unreadable.reason, unreadable.message),
    }
    let ttl = task.store().ttl_settings(&entity.module, &entity.key.pk).await?;
    Ok(Ok(Basis { snapshot, version, ttl }))
}

/// The state that the version takes the entity back to.
fn state(basis: &Basis, stamp: Option<&RollbackStamp>) -> Result<NewState, Stop> {
    let current = basis.snapshot.resolved.as_deref().cloned().unwrap_or_default();
    Ok(rollback_state(&current, &basis.version.row, stamp)?)
}

/// The data row as it will be, attributes in place.
fn after(task: &Task, context: &Context, entity: &EntityRef, basis: &Basis) -> Result<Row, Stop> {
    let from = basis.snapshot.version;
    let marks = task.profile().rollback_stamp.then(|| RollbackStamp { from, at: context.time() });
    let side = Side { key: &entity.key, seen: &basis.snapshot, ttls: basis.ttl.at(context.at) };
    Ok(data_row_of(side, &state(basis, marks.as_ref())?, context.mode, &context.stamp))
}

fn item(task: &Task, context: &Context, preview: &Preview, basis: &Basis) -> Result<PlannedItem, Stop> {
    let entity = &preview.entity;
    let ttls = basis.ttl.at(context.at);
    Ok(PlannedItem {
        module: entity.module.clone(),
        source: entity.key.clone(),
        target: entity.key.clone(),
        action: preview.action,
        reason: None,
        message: None,
        line: preview.line,
        warnings: preview.warnings.clone(),
        parts: vec![PlannedPart {
            role: Role::Target,
            key: entity.key.clone(),
            version: basis.snapshot.version,
            before: basis.snapshot.resolved.clone(),
            after: Some(Arc::new(after(task, context, entity, basis)?)),
            wrote: None,
            previous_seen: basis.snapshot.command.is_some(),
            changed: None,
            ttl: (ttls.command, ttls.history),
            in_s3: InS3 {
                before: basis.snapshot.attributes_ref().map(str::to_owned),
                after: basis.version.in_s3,
                bytes_from: None,
            },
        }],
    })
}

fn written(task: &Task, context: &Context, entity: &EntityRef, to: Version, basis: Basis) -> Result<Plan, Stop> {
    let current = basis.snapshot.resolved.clone().unwrap_or_default();
    if !changes_anything(&current, &state(&basis, None)?) {
        let message = format!("the entity already is as version {to} was");
        let refusal = Refusal { action: Action::Equal, reason: None, message };
        return Ok(finish(empty_preview(task, entity, to, &basis.snapshot, refusal), None));
    }
    let after = after(task, context, entity, &basis)?;
    let action = match (current.is_deleted(), after.is_deleted()) {
        (true, false) => Action::Restore,
        (false, true) => Action::Delete,
        _ => Action::Update,
    };
    let mut preview = Preview {
        n: 1,
        entity: entity.clone(),
        source: entity.key.clone(),
        source_versions: (basis.snapshot.version, basis.snapshot.version.next()),
        digest: String::new(),
        action,
        reason: None,
        message: None,
        line: None,
        warnings: warnings(task, &basis, &after),
        version_before: basis.snapshot.version,
        version_after: basis.snapshot.version.next(),
        version_from: to,
        found: Some(basis.version.found),
        changes: diff_rows(&current, &after, false),
        before: Some(current),
        after: Some(Arc::new(after)),
        wrote: None,
        publish: context.mode,
        write_units: 0,
        s3_objects: 0,
    };
    // The preview is the request itself: what is shown is what will be built again when it is approved.
    let item = item(task, context, &preview, &basis)?;
    match request(task.store(), &item, 1, context.run, &context.stamp, context.mode) {
        Ok(request) => {
            preview.write_units = request.write_units();
            preview.s3_objects = request.object_uris().len() as u64;
            Ok(finish(preview, Some(basis)))
        }
        Err(error) => match error.item_reason() {
            Some(reason) => {
                let refusal = refuse(Action::Invalid, reason, error.to_string());
                Ok(finish(empty_preview(task, entity, to, &basis.snapshot, refusal), None))
            }
            None => Err(error.into()),
        },
    }
}

fn warnings(task: &Task, basis: &Basis, after: &Row) -> Vec<String> {
    let mut out = Vec::new();
    if basis.version.found == crate::domain::row::TableKind::Command {
        out.push(format!(
            "version {} is no longer in history: its state is taken from its command row",
            basis.version.version
        ));
    }
    let unsafe_value = |row: &Row| row.get(field::ATTRIBUTES).and_then(Value::why_not_json);
    if let Some(what) = unsafe_value(after) {
        let before = basis.snapshot.resolved.as_deref().and_then(unsafe_value);
        if before.is_none() {
            out.push(format!(
                "that version holds {what}, which the current one does not; the application may not read it"
            ));
        }
    }
    match task.profile().publish {
        PublishMode::Sync => out.push(
            "written directly: copies that the application keeps elsewhere (relational tables, search) and notifications are not \
             updated until it runs reSyncData()"
                .to_owned(),
        ),
        PublishMode::Async => {
            out.push("only the command row is written; the application's own pipeline applies it".to_owned());
        }
    }
    out
}

fn empty_preview(task: &Task, entity: &EntityRef, to: Version, snapshot: &EntitySnapshot, why: Refusal) -> Preview {
    Preview {
        n: 1,
        entity: entity.clone(),
        source: entity.key.clone(),
        source_versions: (snapshot.version, snapshot.version),
        digest: String::new(),
        action: why.action,
        reason: why.reason,
        message: Some(why.message),
        line: None,
        warnings: Vec::new(),
        version_before: snapshot.version,
        version_after: snapshot.version,
        version_from: to,
        found: None,
        before: snapshot.resolved.clone(),
        after: None,
        wrote: None,
        changes: Vec::new(),
        publish: task.profile().publish,
        write_units: 0,
        s3_objects: 0,
    }
}

fn finish(mut preview: Preview, basis: Option<Basis>) -> Plan {
    let key = &preview.entity.key;
    let keys = (key.pk.as_str(), key.sk.as_str());
    let item = item_digest(&ItemDigest {
        module: &preview.entity.module,
        target: keys,
        source: keys,
        action: preview.action,
        reason: preview.reason,
        versions: (preview.version_before.0, preview.version_from.0),
        before: preview.before.as_deref(),
        after: preview.after.as_deref(),
        others: Vec::new(),
        now: None,
    });
    preview.digest = plan_digest([item.as_str()]);
    Plan { preview, basis }
}
