//! Lines of versions and of their differences.

use serde::Serialize;
use serde_json::Value as Json;

use super::{as_row, time};
use crate::domain::diff::{Change, ChangeKind};
use crate::domain::row::TableKind;
use crate::domain::timeline::{BySource, VersionStatus};
use crate::domain::value::value_to_ddb_json;
use crate::engine::protocol::{EntityRef, HistoryEntry};

#[derive(Debug, Serialize)]
pub(in crate::report) struct VersionLine<'a> {
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
    pub(in crate::report) fn new(entity: &'a EntityRef, h: &'a HistoryEntry, rows: bool) -> Self {
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
pub(in crate::report) struct ChangeLine<'a> {
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
    pub(in crate::report) fn new(entity: &'a EntityRef, from: u64, to: u64, change: &Change) -> Self {
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
