//! Lines of runs.

use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json};

use crate::domain::run::{Operation, Outcome, RunId, RunState};
use crate::engine::protocol::{RunInfo, Signature};

/// Counts by word; every word appears, zeros too.
pub(super) fn all_words<W: Copy + PartialEq + std::fmt::Display>(
    words: &[W],
    counts: &[(W, u64)],
) -> JsonMap<String, Json> {
    words
        .iter()
        .map(|w| {
            let count = counts.iter().filter(|(word, _)| word == w).map(|(_, n)| n).sum::<u64>();
            (w.to_string(), Json::from(count))
        })
        .collect()
}

#[derive(Debug, Serialize)]
pub(in crate::report) struct RunLine<'a> {
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
    pub(in crate::report) fn new(r: &'a RunInfo) -> Self {
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
