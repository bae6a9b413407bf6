//! Lines of items, previewed or ended.

use serde::Serialize;
use serde_json::Value as Json;

use super::as_row;
use crate::domain::run::{Action, Outcome, Reason, RunId};
use crate::engine::protocol::{ItemResult, Preview};

#[derive(Debug, Serialize)]
pub(in crate::report) struct ItemLine<'a> {
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
    pub(in crate::report) fn preview(p: &'a Preview) -> Self {
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
    pub(in crate::report) fn unwritten(p: &'a Preview, why: Option<(Reason, &'a Option<String>)>) -> Self {
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
    pub(in crate::report) fn result(i: &'a ItemResult) -> Self {
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
