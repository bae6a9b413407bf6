//! Runs and items as the journal of the fake engine has them.

use crate::domain::key::{EntityKey, Version};
use crate::domain::run::{Action, Operation, Outcome, RunId, RunState};
use crate::engine::protocol::{EntityRef, ItemResult, RunInfo};

pub(super) fn item(
    run: RunId,
    entity: &EntityRef,
    versions: (Version, Version),
    outcome: Option<Outcome>,
) -> ItemResult {
    ItemResult {
        name: None,
        run,
        batch: Some(1),
        n: 1,
        entity: entity.clone(),
        source: entity.key.clone(),
        source_versions: versions,
        only_source: false,
        taken_back: false,
        before: None,
        after: None,
        action: Action::Update,
        outcome,
        reason: None,
        message: None,
        line: None,
        warnings: vec![],
        version_before: versions.0,
        version_after: versions.1,
        attempts: 1,
        request_id: Some("REQ".into()),
    }
}

pub(crate) fn run_info(run: RunId, state: RunState, entity: &EntityRef) -> RunInfo {
    RunInfo {
        run,
        name: format!("rollback of {}", entity.key),
        operation: Operation::Rollback,
        reason: String::new(),
        source: "PRODUCT of acme".into(),
        target: "globex".into(),
        label: String::new(),
        part: None,
        profile: "sandbox".into(),
        environment: "dev".into(),
        app: "shop".into(),
        account: Some("000000000000".into()),
        region: Some("ap-northeast-1".into()),
        digest: "4f2a9c0d7be61835".repeat(4),
        started_at: "2026-03-20T01:02:03.000Z".into(),
        ended_at: Some("2026-03-20T01:02:04.000Z".into()),
        state,
        outcomes: vec![(Outcome::Done, 1)],
        undo_of: None,
        undone_by: None,
        journal: "/state/runs/journal.db".into(),
        operator: "u-tanaka".into(),
        left: 0,
        begun: true,
        retried: 0,
        chain: String::new(),
        approvals: vec![],
        undo_until: None,
        signatures: vec![],
    }
}

/// A run that was ended before its end.
pub(crate) fn stopped_run() -> RunInfo {
    let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0002") };
    run_info(RunId::from_parts(1_773_968_523_000, 9), RunState::Stopped, &entity)
}
