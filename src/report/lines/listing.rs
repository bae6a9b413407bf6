//! Lines of listings: tenants, entities, activity.

use serde::Serialize;
use serde_json::Value as Json;

use super::{as_row, time};
use crate::domain::activity::ActivityKind;
use crate::domain::find::Matched;
use crate::domain::timeline::{BySource, Flag, VersionStatus};
use crate::engine::protocol::{Activity, EntitySummary, FoundEntity, ListedPartition, TenantCount};

#[derive(Debug, Serialize)]
pub(in crate::report) struct TenantLine<'a> {
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
    pub(in crate::report) fn new(t: &'a TenantCount) -> Self {
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
    pub(in crate::report) fn uncounted(p: &'a ListedPartition) -> Self {
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
pub(in crate::report) struct EntityLine<'a> {
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
    pub(in crate::report) fn found(found: &'a FoundEntity) -> Self {
        let part = |m: &'a Matched| MatchedPart { path: m.path.to_string(), value: &m.value };
        Self { matched: Some(found.matched.iter().map(part).collect()), ..Self::new(&found.entity, false) }
    }

    pub(in crate::report) fn new(e: &'a EntitySummary, rows: bool) -> Self {
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
pub(in crate::report) struct ActivityLine<'a> {
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
    pub(in crate::report) fn new(a: &'a Activity) -> Self {
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
