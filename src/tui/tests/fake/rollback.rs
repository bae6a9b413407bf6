//! Plans of one entity as the fake engine previews and runs them: a rollback, up to its question and behind it.

use std::sync::Arc;

use super::Fake;
use super::records::{item, run_info};
use crate::domain::diff::diff_rows;
use crate::domain::key::{EntityKey, Version};
use crate::domain::plan::{Modules, Plan, RollTo, Work};
use crate::domain::publish::PublishMode;
use crate::domain::row::{TableKind, blocked, field};
use crate::domain::run::{Action, Outcome, RunId, RunState};
use crate::domain::undo_until::UndoUntil;
use crate::domain::value::Value;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{
    ApprovalRequest, Blast, Decision, EntityRef, Event, PlanSummary, Preview, RequestId, RunInfo, Side, StopCause,
};

impl Fake {
    /// A plan of one entity: its preview, or its run up to the question.
    pub(super) fn rollback(
        &mut self,
        request: RequestId,
        is_run: bool,
        entity: &EntityRef,
        to: Version,
    ) -> Vec<(RequestId, Event)> {
        let finished = Event::Finished { cancelled: false };
        let run = RunId::from_parts(1_773_968_523_000, 7);
        let state = |state, ended_at| Event::Run(Box::new(RunInfo { ended_at, ..run_info(run, state, entity) }));
        let found = self.preview(entity, to);
        let planned = Event::Planned(Box::new(PlanSummary {
            run,
            digest: "4f2a9c0d7be61835".repeat(4),
            actions: found.iter().map(|preview| (preview.action, 1)).collect(),
            reasons: vec![],
            blast: Blast::default(),
            tenant: None,
            publish: PublishMode::Sync,
            notes: vec![],
            violated: vec![],
            undo_until: UndoUntil::default(),
        }));
        let events = match found {
            Err(failure) => vec![Event::Failed(failure), finished],
            Ok(preview) if !is_run => vec![Event::Preview(Box::new(preview)), finished],
            Ok(preview) if preview.after.is_some() => {
                self.waiting.insert(run, (request, preview.clone()));
                let approval = ApprovalRequest {
                    run,
                    batch: 1,
                    canary: true,
                    held: false,
                    waiting: 1,
                    rest: 1,
                    held_back: (0, 0),
                    earlier: Vec::new(),
                    canary_is_clean: None,
                    digest: "4f2a9c0d7be61835".repeat(4),
                    confirm: self.confirm.clone(),
                    rehearsal: None,
                    notes: Vec::new(),
                    items: vec![preview],
                };
                vec![planned, state(RunState::Running, None), Event::ApprovalNeeded(Box::new(approval))]
            }
            Ok(preview) => {
                let mut ended = item(run, entity, (preview.version_before, preview.version_before), None);
                (ended.batch, ended.action, ended.reason) = (None, preview.action, preview.reason);
                (ended.outcome, ended.message) = (Some(preview.action.unwritten()), preview.message);
                let done = state(RunState::Done, Some("2026-03-20T01:02:04.000Z".into()));
                vec![planned, state(RunState::Running, None), Event::Item(Box::new(ended)), done, finished]
            }
        };
        events.into_iter().map(|event| (request, event)).collect()
    }

    pub(super) fn decide(&mut self, request: RequestId, run: RunId, decision: Decision) -> Vec<(RequestId, Event)> {
        let done = (request, Event::Finished { cancelled: false });
        let Some((of, preview)) = self.waiting.remove(&run) else { return vec![done] };
        let outcome = match decision {
            Decision::Approve { confirm } if confirm == self.confirm => Outcome::Done,
            _ => Outcome::Skipped,
        };
        let state = if outcome == Outcome::Done { RunState::Done } else { RunState::Waiting };
        let versions = (preview.version_before, preview.version_after);
        let mut out = vec![done];
        if outcome == Outcome::Done {
            let module = preview.entity.module.clone();
            let mut past = preview.before.clone().unwrap().as_ref().clone();
            past.0.insert("sk".into(), Value::s(preview.entity.key.sk.at(versions.0)));
            self.data.insert(&module, TableKind::History, past);
            let mut command = preview.after.clone().unwrap().as_ref().clone();
            for (name, value) in [
                ("sk", preview.entity.key.sk.at(versions.1)),
                ("createdAt", "2026-03-20T10:02:03+09:00".into()),
                ("createdBy", "u-tester".into()),
            ] {
                command.0.insert(name.into(), Value::s(value));
            }
            self.data.insert(&module, TableKind::Command, command);
            self.data.insert(&module, TableKind::Data, preview.after.clone().unwrap().as_ref().clone());
            out.push((of, Event::Item(Box::new(item(run, &preview.entity, versions, Some(outcome))))));
        }
        out.push((of, Event::Run(Box::new(run_info(run, state, &preview.entity)))));
        if outcome != Outcome::Done {
            out.push((of, Event::Stopped { run, cause: StopCause::NotApproved }));
        }
        out.push((of, Event::Finished { cancelled: false }));
        out
    }

    pub(super) fn preview(&self, entity: &EntityRef, to: Version) -> Result<Preview, Box<Failure>> {
        let gone = || Box::new(Failure::new(ErrorCode::NotFound, format!("version {to} is in no table")));
        let (now, _, before) = self.side(&Side { entity: entity.clone(), version: None }).ok_or_else(gone)?;
        let (_, found, state) = self.side(&Side { entity: entity.clone(), version: Some(to) }).ok_or_else(gone)?;
        let nothing = |action, reason, message: String| Preview {
            n: 1,
            source: entity.key.clone(),
            source_versions: (now, now),
            only_source: false,
            wrote: None,
            digest: "0".repeat(64),
            entity: entity.clone(),
            action,
            reason,
            message: Some(message),
            line: None,
            warnings: vec![],
            version_before: now,
            version_after: now,
            version_from: to,
            found: None,
            before: Some(before.clone()),
            after: None,
            changes: vec![],
            publish: PublishMode::Sync,
            write_units: 0,
            s3_objects: 0,
        };
        if let Some(why) = blocked(&entity.key, Some(&before)) {
            return Ok(nothing(Action::Invalid, Some(why.reason()), why.to_string()));
        }
        let mut after = before.as_ref().clone();
        for name in [field::NAME, field::CODE, field::TYPE, field::IS_DELETED, field::ATTRIBUTES] {
            match state.get(name) {
                Some(value) => after.0.insert(name.to_owned(), value.clone()),
                None => after.0.shift_remove(name),
            };
        }
        if after == *before {
            return Ok(nothing(Action::Equal, None, format!("the entity already is as version {to} was")));
        }
        after.0.insert(field::VERSION.into(), Value::n(now.next().0));
        after.0.insert(field::UPDATED_BY.into(), Value::s("u-tester"));
        Ok(Preview {
            n: 1,
            source: entity.key.clone(),
            source_versions: (now, now.next()),
            only_source: false,
            wrote: None,
            digest: "0".repeat(64),
            entity: entity.clone(),
            action: if before.is_deleted() { Action::Restore } else { Action::Update },
            reason: None,
            message: None,
            line: None,
            warnings: vec![PublishMode::Sync.consequence().to_owned()],
            version_before: now,
            version_after: now.next(),
            version_from: to,
            found: Some(found),
            changes: diff_rows(&before, &after, false),
            before: Some(before),
            after: Some(Arc::new(after)),
            publish: PublishMode::Sync,
            write_units: 12,
            s3_objects: 0,
        })
    }
}

/// The one entity that a plan takes back, and to what.
pub(super) fn single(plan: &Plan) -> Option<(EntityRef, Version)> {
    let Work::Rollback { source, how } = &plan.work else { return None };
    let (Modules::Named(modules), RollTo::Version(to)) = (&plan.modules, &how.to) else { return None };
    let key = EntityKey::new(source.pk.as_ref()?.as_str(), source.keys.first()?.as_str());
    Some((EntityRef { module: modules.first()?.clone(), key }, *to))
}
