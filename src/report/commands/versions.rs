use std::collections::BTreeMap;

use super::super::lines::{ChangeLine, VersionLine};
use super::super::table::Table;
use super::{Context, Quit};
use crate::cli::Entity;
use crate::domain::diff::Change;
use crate::domain::key::{Version, meant};
use crate::domain::row::{Row, field};
use crate::domain::timeline::{BySource, VersionStatus};
use crate::domain::value::to_plain_json;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event, HistoryEntry, Side};

pub(super) async fn history(context: &mut Context, entity: &Entity, rows: bool) -> Result<(), Quit> {
    let entity = context.entity(entity).await?;
    let mut versions: BTreeMap<Version, HistoryEntry> = BTreeMap::new();
    let command = Command::History { entity: entity.clone(), resolve: rows };
    context
        .each(command, |_, event| {
            if let Event::Versions(entries) = event {
                versions.extend(entries.into_iter().map(|e| (e.version.version, e)));
            }
            Ok(())
        })
        .await?;
    if versions.is_empty() {
        let mut failure = Failure::new(ErrorCode::NotFound, format!("{} is in no table", entity.key));
        failure.hint = meant(&entity.key.pk, Some(entity.key.sk.as_str()));
        return Err(failure.at(entity.key.pk.as_str(), Some(entity.key.sk.as_str())).into());
    }
    let at = context.heading("at");
    let mut columns = vec!["version", &at, "by", "status", "found in", "request", "notes"];
    columns.extend(rows.then_some("attributes"));
    let mut table = Table::new(&columns);
    for h in versions.values() {
        context.out.line(&VersionLine::new(&entity, h, rows));
        context.end.rows += 1;
        let row = h.resolved.as_ref().or(h.version.row.as_ref()).filter(|_| rows);
        table
            .row(cells(context, h).into_iter().chain(rows.then(|| row.map(|row| attributes(row)).unwrap_or_default())));
    }
    context.out.table(&table);
    Ok(())
}

fn cells(context: &Context, h: &HistoryEntry) -> [String; 7] {
    let v = &h.version;
    let status = match v.status {
        VersionStatus::Published => "published",
        VersionStatus::Pending => "pending",
        VersionStatus::Failed => "failed",
        VersionStatus::Gap => "gap: in no table",
    };
    let mut notes = Vec::new();
    if v.current {
        notes.push("current".to_owned());
    }
    if v.deleted {
        notes.push("deleted".to_owned());
    }
    notes.extend(v.attributes_ref().map(|_| "attributes in S3".to_owned()));
    notes.extend(h.problem.clone());
    let by = v.by.clone().unwrap_or_default();
    [
        v.version.to_string(),
        context.at_some(v.at.as_deref()),
        // Without a command row the framework's own record of who is stale.
        if v.by_source == Some(BySource::Row) { format!("{by}?") } else { by },
        status.to_owned(),
        v.found.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(","),
        v.request_id.clone().unwrap_or_default(),
        notes.join(", "),
    ]
}

pub(super) async fn diff(context: &mut Context, entity: &Entity, from: u64, to: u64, all: bool) -> Result<(), Quit> {
    let entity = context.entity(entity).await?;
    let side = |version: u64| Side { entity: entity.clone(), version: Some(Version(version)) };
    context
        .each(Command::Diff { from: side(from), to: side(to), all }, |context, event| {
            if let Event::Diff(result) = event {
                for change in &result.changes {
                    context.out.line(&ChangeLine::new(&entity, from, to, change));
                    context.end.rows += 1;
                    context.out.text(&sentence(change));
                }
                if result.changes.is_empty() {
                    context.out.text("no differences");
                }
            }
            Ok(())
        })
        .await
}

/// Attributes of a row as JSON in one line; empty where it has none.
pub(super) fn attributes(row: &Row) -> String {
    row.get(field::ATTRIBUTES).map(to_plain_json).unwrap_or_default()
}

/// One change as a line for people: the path, then what was and what is.
pub(super) fn sentence(change: &Change) -> String {
    let json = |v: &Option<crate::domain::value::Value>| v.as_ref().map(to_plain_json).unwrap_or_default();
    let (before, after) = (json(&change.before), json(&change.after));
    match (change.kind, change.from_index) {
        (crate::domain::diff::ChangeKind::Added, _) => format!("+ {}  {after}", change.path),
        (crate::domain::diff::ChangeKind::Removed, _) => format!("- {}  {before}", change.path),
        (crate::domain::diff::ChangeKind::Moved, Some(index)) => {
            format!("> {}  {after}  (was at [{index}])", change.path)
        }
        _ => format!("~ {}  {before} -> {after}", change.path),
    }
}
