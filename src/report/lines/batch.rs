use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json};

use super::all_words;
use crate::domain::finding::FindingKind;
use crate::domain::run::{Outcome, RunId};
use crate::domain::value::value_to_ddb_json;
use crate::engine::protocol::{BatchInfo, BatchState, Finding, Severity};

#[derive(Debug, Serialize)]
pub(in super::super) struct BatchLine<'a> {
    event: &'static str,
    run: RunId,
    batch: u32,
    canary: bool,
    items: u64,
    digest: &'a str,
    state: BatchState,
    outcomes: JsonMap<String, Json>,
}

impl<'a> BatchLine<'a> {
    pub(in super::super) fn new(b: &'a BatchInfo) -> Self {
        Self {
            event: "batch",
            run: b.run,
            batch: b.batch,
            canary: b.canary,
            items: b.items,
            digest: &b.digest,
            state: b.state,
            outcomes: all_words(Outcome::ALL, &b.outcomes),
        }
    }
}

#[derive(Debug, Serialize)]
pub(in super::super) struct FindingLine<'a> {
    event: &'static str,
    kind: FindingKind,
    severity: Severity,
    module: Option<&'a str>,
    /// Null for a whole module.
    pk: Option<&'a str>,
    /// Null for a whole partition.
    sk: Option<&'a str>,
    path: &'a Option<String>,
    message: &'a str,
    before: Option<Json>,
    after: Option<Json>,
    repairable: bool,
}

impl<'a> FindingLine<'a> {
    pub(in super::super) fn new(f: &'a Finding) -> Self {
        Self {
            event: "finding",
            kind: f.kind,
            severity: f.severity,
            module: known(&f.entity.module),
            pk: known(f.entity.key.pk.as_str()),
            sk: known(f.entity.key.sk.as_str()),
            path: &f.path,
            message: &f.message,
            before: f.change.as_ref().and_then(|change| change.before.as_ref()).map(value_to_ddb_json),
            after: f.change.as_ref().and_then(|change| change.after.as_ref()).map(value_to_ddb_json),
            repairable: f.repairable,
        }
    }
}

fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
