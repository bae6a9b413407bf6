//! Batches of a run of the fake engine: asked about one by one, decided and written, up to the end of the run.

use super::{Answer, Plans, finished, result};
use crate::domain::run::{Outcome, Reason, RunState};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{ApprovalRequest, BatchInfo, BatchState, Decision, Event, RequestId, RunInfo, StopCause};

impl Plans {
    /// The next batch, or the end.
    pub(super) fn ask(&mut self) -> Answer {
        let Some(run) = &self.run else { return vec![] };
        let Some((n, items)) = run.waiting.front().cloned() else { return self.end(RunState::Done, None) };
        let approval = ApprovalRequest {
            run: run.info.run,
            batch: n,
            canary: n == 1,
            held: false,
            waiting: run.waiting.len() as u64,
            rest: run.waiting.iter().map(|(_, items)| items.len() as u64).sum(),
            held_back: (0, 0),
            earlier: vec![],
            canary_is_clean: run.clean,
            digest: format!("{n:064x}"),
            confirm: run.confirm.clone(),
            rehearsal: None,
            notes: vec![],
            items,
        };
        vec![(run.request, Event::ApprovalNeeded(Box::new(approval)))]
    }

    pub(super) fn decide(&mut self, request: RequestId, decision: &Decision) -> Answer {
        let mut out = Vec::new();
        let Some(run) = &mut self.run else { return vec![finished(request)] };
        if let Decision::Approve { confirm } | Decision::ApproveRest { confirm } | Decision::ApprovePart { confirm, .. } =
            decision
            && *confirm != run.confirm
        {
            let failure = Failure::new(ErrorCode::Conflict, "this profile is protected: type the tenant to approve");
            return vec![(request, Event::Failed(Box::new(failure.not_fatal()))), finished(request)];
        }
        out.push(finished(request));
        match decision {
            Decision::Approve { .. } => out.extend(self.write()),
            Decision::ApproveRest { .. } => {
                while self.run.as_ref().is_some_and(|r| !r.waiting.is_empty()) {
                    out.extend(self.write());
                }
            }
            Decision::ApprovePart { without, rest, .. } => {
                if let Some((_, items)) = run.waiting.front_mut() {
                    let (left, gone) = items.drain(..).partition(|item| !without.contains(&item.n));
                    *items = left;
                    for item in &gone {
                        let ended = result(item, Some(Outcome::Skipped), Some(Reason::NotApproved));
                        out.push((run.request, Event::Item(Box::new(ended))));
                    }
                }
                out.extend(self.write());
                while *rest && self.run.as_ref().is_some_and(|r| !r.waiting.is_empty()) {
                    out.extend(self.write());
                }
            }
            Decision::Skip => {
                run.waiting.pop_front();
                out.extend(self.ask());
            }
            Decision::Hold => {
                let batch = run.waiting.pop_front();
                run.waiting.extend(batch);
                out.extend(self.ask());
            }
            Decision::Split => {
                if let Some((n, mut items)) = run.waiting.pop_front() {
                    let rest = items.split_off(items.len().div_ceil(2));
                    run.waiting.push_front((n + 100, rest));
                    run.waiting.push_front((n, items));
                }
                out.extend(self.ask());
            }
            Decision::Stop => out.extend(self.end(RunState::Stopped, Some(StopCause::NotApproved))),
        }
        out
    }

    /// Writes the batch at the front.
    pub(super) fn write(&mut self) -> Answer {
        let mut out = Vec::new();
        let Some(run) = &mut self.run else { return out };
        let Some((n, items)) = run.waiting.front().cloned() else { return out };
        if let Some(failure) = &self.paused_by {
            let paused = Event::Paused { run: run.info.run, failure: Box::new(failure.clone()) };
            return vec![(run.request, paused)];
        }
        run.waiting.pop_front();
        let mut outcomes: Vec<(Outcome, u64)> = Vec::new();
        for item in &items {
            let (outcome, reason) = self.outcomes.pop_front().unwrap_or((Outcome::Done, None));
            out.push((run.request, Event::Item(Box::new(result(item, Some(outcome), reason)))));
            for counts in [&mut outcomes, &mut run.info.outcomes] {
                match counts.iter_mut().find(|(o, _)| *o == outcome) {
                    Some((_, n)) => *n += 1,
                    None => counts.push((outcome, 1)),
                }
            }
        }
        if run.clean.is_none() {
            run.clean = Some(outcomes.iter().all(|(o, _)| matches!(o, Outcome::Done | Outcome::Equal)));
        }
        let batch = BatchInfo {
            run: run.info.run,
            batch: n,
            canary: n == 1,
            items: items.len() as u64,
            digest: format!("{n:064x}"),
            state: BatchState::Done,
            outcomes,
        };
        out.push((run.request, Event::Batch(Box::new(batch))));
        out.extend(self.ask());
        out
    }

    pub(super) fn end(&mut self, state: RunState, cause: Option<StopCause>) -> Answer {
        let Some(run) = self.run.take() else { return vec![] };
        let _ = run.batches;
        let info = RunInfo { state, ended_at: Some("2026-03-20T01:02:09.000Z".into()), ..run.info };
        let mut out = vec![(run.request, Event::Run(Box::new(info.clone())))];
        out.extend(cause.map(|cause| (run.request, Event::Stopped { run: info.run, cause })));
        out.push(finished(run.request));
        out
    }
}
