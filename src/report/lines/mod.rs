//! The JSON lines of the contract.

mod batch;
mod end;
mod identity;
mod joined;
mod rehearsal;
mod signature;
mod unmasked;

use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json};

use crate::domain::activity::ActivityKind;
use crate::domain::clock::normalise_time;
use crate::domain::diff::{Change, ChangeKind};
use crate::domain::find::Matched;
use crate::domain::row::{Row, TableKind};
use crate::domain::run::{Action, Operation, Outcome, Reason, RunId, RunState};
use crate::domain::timeline::{BySource, Flag, VersionStatus};
use crate::domain::value::{item_to_ddb_json, value_to_ddb_json};
use crate::engine::failure::Failure;
use crate::engine::protocol::{
    Activity, EntityRef, EntitySummary, FoundEntity, HistoryEntry, ItemResult, ListedPartition, Preview, RunInfo,
    Signature, TenantCount,
};

pub(super) use batch::{BatchLine, FindingLine};
pub use end::EndLine;
pub(super) use identity::WhoLine;
pub(super) use joined::JoinedLine;
pub(super) use rehearsal::RehearsalLine;
pub(super) use signature::SignatureLine;
pub(super) use unmasked::UnmaskedLine;

fn as_row(row: &Row) -> Json {
    item_to_ddb_json(&row.0)
}

fn time(text: &Option<String>) -> Option<String> {
    text.as_deref().map(normalise_time)
}

#[derive(Debug, Serialize)]
pub(super) struct TenantLine<'a> {
    event: &'static str,
    module: &'a str,
    pk: &'a str,
    r#type: &'a str,
    tenant: &'a str,
    entities: Option<u64>,
    deleted: Option<u64>,
    oldest: &'a Option<String>,
    newest: &'a Option<String>,
}

impl<'a> TenantLine<'a> {
    pub(super) fn new(t: &'a TenantCount) -> Self {
        Self {
            event: "tenant",
            module: &t.module,
            pk: t.pk.as_str(),
            r#type: &t.entity_type,
            tenant: &t.tenant,
            entities: Some(t.entities),
            deleted: Some(t.deleted),
            oldest: &t.oldest,
            newest: &t.newest,
        }
    }

    /// A partition whose rows nobody counted.
    pub(super) fn uncounted(p: &'a ListedPartition) -> Self {
        Self {
            event: "tenant",
            module: &p.module,
            pk: p.pk.as_str(),
            r#type: &p.entity_type,
            tenant: &p.tenant,
            entities: None,
            deleted: None,
            oldest: &None,
            newest: &None,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct EntityLine<'a> {
    event: &'static str,
    module: &'a str,
    pk: &'a str,
    sk: &'a str,
    id: &'a Option<String>,
    r#type: &'a Option<String>,
    tenant: &'a str,
    code: &'a Option<String>,
    name: &'a Option<String>,
    version: Option<u64>,
    deleted: bool,
    updated_at: Option<String>,
    updated_by: &'a Option<String>,
    flags: &'a [Flag],
    attributes_ref: &'a Option<String>,
    row: Option<Json>,
    problem: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<Vec<MatchedPart<'a>>>,
}

/// Where a text was found.
#[derive(Debug, Serialize)]
struct MatchedPart<'a> {
    path: String,
    value: &'a str,
}

impl<'a> EntityLine<'a> {
    /// An entity that holds a text.
    pub(super) fn found(found: &'a FoundEntity) -> Self {
        let part = |m: &'a Matched| MatchedPart { path: m.path.to_string(), value: &m.value };
        Self { matched: Some(found.matched.iter().map(part).collect()), ..Self::new(&found.entity, false) }
    }

    pub(super) fn new(e: &'a EntitySummary, rows: bool) -> Self {
        Self {
            event: "entity",
            module: &e.entity.module,
            pk: e.entity.key.pk.as_str(),
            sk: e.entity.key.sk.as_str(),
            id: &e.id,
            r#type: &e.entity_type,
            tenant: &e.tenant,
            code: &e.code,
            name: &e.name,
            version: e.version.map(|v| v.0),
            deleted: e.deleted,
            updated_at: time(&e.updated_at),
            updated_by: &e.updated_by,
            flags: &e.flags,
            attributes_ref: &e.attributes_ref,
            row: rows.then(|| as_row(&e.row)),
            problem: &e.problem,
            matched: None,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct VersionLine<'a> {
    event: &'static str,
    module: &'a str,
    pk: &'a str,
    sk: &'a str,
    version: u64,
    found: &'a [TableKind],
    status: VersionStatus,
    state: &'a Option<String>,
    at: Option<String>,
    by: &'a Option<String>,
    ip: &'a Option<String>,
    by_source: Option<BySource>,
    request_id: &'a Option<String>,
    source: &'a Option<String>,
    deleted: bool,
    current: bool,
    attributes_ref: Option<&'a str>,
    row: Option<Json>,
    problem: &'a Option<String>,
}

impl<'a> VersionLine<'a> {
    pub(super) fn new(entity: &'a EntityRef, h: &'a HistoryEntry, rows: bool) -> Self {
        let v = &h.version;
        let row = h.resolved.as_ref().or(v.row.as_ref()).filter(|_| rows);
        Self {
            event: "version",
            module: &entity.module,
            pk: entity.key.pk.as_str(),
            sk: entity.key.sk.as_str(),
            version: v.version.0,
            found: &v.found,
            status: v.status,
            state: &v.state,
            at: time(&v.at),
            by: &v.by,
            ip: &v.ip,
            by_source: v.by_source,
            request_id: &v.request_id,
            source: &v.source,
            deleted: v.deleted,
            current: v.current,
            attributes_ref: v.attributes_ref(),
            row: row.map(|r| as_row(r)),
            problem: &h.problem,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ActivityLine<'a> {
    event: &'static str,
    module: &'a str,
    pk: &'a str,
    sk: &'a str,
    version: u64,
    at: Option<String>,
    by: &'a Option<String>,
    ip: &'a Option<String>,
    request_id: &'a Option<String>,
    source: &'a Option<String>,
    status: VersionStatus,
    kind: ActivityKind,
    name: &'a Option<String>,
    paths: Vec<String>,
    by_source: BySource,
}

impl<'a> ActivityLine<'a> {
    pub(super) fn new(a: &'a Activity) -> Self {
        Self {
            event: "activity",
            module: &a.entity.module,
            pk: a.entity.key.pk.as_str(),
            sk: a.entity.key.sk.as_str(),
            version: a.version.0,
            at: time(&a.at),
            by: &a.by,
            ip: &a.ip,
            request_id: &a.request_id,
            source: &a.source,
            status: a.status,
            kind: a.kind,
            name: &a.name,
            paths: a.paths.iter().map(ToString::to_string).collect(),
            by_source: a.by_source,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ChangeLine<'a> {
    event: &'static str,
    pk: &'a str,
    sk: &'a str,
    from: u64,
    to: u64,
    path: String,
    kind: ChangeKind,
    before: Option<Json>,
    after: Option<Json>,
    from_index: Option<usize>,
}

impl<'a> ChangeLine<'a> {
    pub(super) fn new(entity: &'a EntityRef, from: u64, to: u64, change: &Change) -> Self {
        Self {
            event: "change",
            pk: entity.key.pk.as_str(),
            sk: entity.key.sk.as_str(),
            from,
            to,
            path: change.path.to_string(),
            kind: change.kind,
            before: change.before.as_ref().map(value_to_ddb_json),
            after: change.after.as_ref().map(value_to_ddb_json),
            from_index: change.from_index,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ItemLine<'a> {
    event: &'static str,
    run: Option<RunId>,
    batch: Option<u32>,
    n: u64,
    line: Option<u64>,
    module: &'a str,
    pk: &'a str,
    sk: &'a str,
    target_pk: &'a str,
    target_sk: &'a str,
    action: Action,
    outcome: Option<Outcome>,
    reason: Option<Reason>,
    message: &'a Option<String>,
    warnings: &'a [String],
    version_before: u64,
    version_after: u64,
    source_version_before: u64,
    source_version_after: u64,
    before: Option<Json>,
    after: Option<Json>,
    wrote: Option<Json>,
    attempts: u32,
    request_id: &'a Option<String>,
}

impl<'a> ItemLine<'a> {
    /// An item of a preview: nothing has become of it.
    pub(super) fn preview(p: &'a Preview) -> Self {
        Self {
            event: "item",
            run: None,
            batch: None,
            n: p.n,
            line: p.line,
            module: &p.entity.module,
            pk: p.source.pk.as_str(),
            sk: p.source.sk.as_str(),
            target_pk: p.entity.key.pk.as_str(),
            target_sk: p.entity.key.sk.as_str(),
            action: p.action,
            outcome: None,
            reason: p.reason,
            message: &p.message,
            warnings: &p.warnings,
            version_before: p.version_before.0,
            version_after: p.version_after.0,
            source_version_before: p.source_versions.0.0,
            source_version_after: p.source_versions.1.0,
            before: p.before.as_deref().map(as_row),
            after: p.after.as_deref().map(as_row),
            wrote: p.wrote.as_deref().map(as_row),
            attempts: 0,
            request_id: &None,
        }
    }

    /// An item that is not written and that no run records: because there is nothing to write, or because of `why` in spite of what was
    /// shown.
    pub(super) fn unwritten(p: &'a Preview, why: Option<(Reason, &'a Option<String>)>) -> Self {
        let line = Self {
            outcome: Some(p.action.unwritten()),
            version_after: p.version_before.0,
            source_version_after: p.source_versions.0.0,
            ..Self::preview(p)
        };
        match why {
            Some((reason, message)) => Self { reason: Some(reason), message, ..line },
            None => Self { before: None, after: None, ..line },
        }
    }

    /// Line about the result of an item.
    pub(super) fn result(i: &'a ItemResult) -> Self {
        Self {
            event: "item",
            run: Some(i.run),
            batch: i.batch,
            n: i.n,
            line: i.line,
            module: &i.entity.module,
            pk: i.source.pk.as_str(),
            sk: i.source.sk.as_str(),
            target_pk: i.entity.key.pk.as_str(),
            target_sk: i.entity.key.sk.as_str(),
            action: i.action,
            outcome: i.outcome,
            reason: i.reason,
            message: &i.message,
            warnings: &i.warnings,
            version_before: i.version_before.0,
            version_after: i.version_after.0,
            source_version_before: i.source_versions.0.0,
            source_version_after: i.source_versions.1.0,
            before: i.before.as_deref().map(as_row),
            after: i.after.as_deref().map(as_row),
            wrote: None,
            attempts: i.attempts,
            request_id: &i.request_id,
        }
    }
}

/// Counts by word; every word appears, zeros too.
fn all_words<W: Copy + PartialEq + std::fmt::Display>(words: &[W], counts: &[(W, u64)]) -> JsonMap<String, Json> {
    words
        .iter()
        .map(|w| {
            let count = counts.iter().filter(|(word, _)| word == w).map(|(_, n)| n).sum::<u64>();
            (w.to_string(), Json::from(count))
        })
        .collect()
}

#[derive(Debug, Serialize)]
pub(super) struct RunLine<'a> {
    event: &'static str,
    run: RunId,
    name: &'a str,
    operation: Operation,
    reason: &'a str,
    label: &'a str,
    part: Option<String>,
    profile: &'a str,
    environment: &'a str,
    app: &'a str,
    account: &'a Option<String>,
    region: &'a Option<String>,
    digest: Option<&'a str>,
    started_at: &'a str,
    ended_at: &'a Option<String>,
    state: RunState,
    outcomes: JsonMap<String, Json>,
    undo_of: Option<RunId>,
    undone_by: Option<RunId>,
    journal: &'a str,
    operator: &'a str,
    left: u64,
    failed: u64,
    retried: u64,
    chain: &'a str,
    signatures: &'a [Signature],
    undo_until: &'a Option<String>,
}

impl<'a> RunLine<'a> {
    pub(super) fn new(r: &'a RunInfo) -> Self {
        Self {
            event: "run",
            run: r.run,
            name: &r.name,
            operation: r.operation,
            reason: &r.reason,
            label: &r.label,
            part: r.part.map(String::from),
            profile: &r.profile,
            environment: &r.environment,
            app: &r.app,
            account: &r.account,
            region: &r.region,
            digest: Some(r.digest.as_str()).filter(|d| !d.is_empty()),
            started_at: &r.started_at,
            ended_at: &r.ended_at,
            state: r.state,
            outcomes: all_words(Outcome::ALL, &r.outcomes),
            undo_of: r.undo_of,
            undone_by: r.undone_by,
            journal: &r.journal,
            operator: &r.operator,
            left: r.left,
            failed: r.count(Outcome::Failed),
            retried: r.retried,
            chain: &r.chain,
            signatures: &r.signatures,
            undo_until: &r.undo_until,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ProgressLine {
    pub(super) event: &'static str,
    pub(super) phase: &'static str,
    pub(super) done: u64,
    pub(super) total: Option<u64>,
    pub(super) per_second: f64,
    pub(super) read_units: f64,
    pub(super) write_units: f64,
}

/// The `error` line.
#[derive(Debug, Serialize)]
pub struct ErrorLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    failure: &'a Failure,
}

impl<'a> ErrorLine<'a> {
    /// The line of a failure.
    #[must_use]
    pub fn new(failure: &'a Failure) -> Self {
        Self { event: "error", failure }
    }
}
