//! How far a run is: what became of its items, how quick it is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::causes::Cause;
use crate::domain::run::{Outcome, RunId, RunState};
use crate::engine::failure::Failure;
use crate::engine::protocol::{ApprovalRequest, EntityRef, ItemResult, PlanSummary, RequestId, RunInfo, StopCause};
use crate::language::comma;
use crate::tui::{format, subject};

/// Seconds that the rate is taken over.
const WINDOW: f64 = 10.0;
/// Seconds between two samples of it.
const SAMPLE: f64 = 0.25;

/// Stage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its items are being found.
    Previewing,
    /// A batch waits for a decision.
    Waiting,
    /// Approved items are being written.
    Writing,
    /// It ends between two items.
    Stopping,
    /// It has ended.
    Ended,
}

/// The one entity that a run takes back, from whose history it was begun.
#[derive(Debug)]
pub(crate) struct Single {
    pub(crate) entity: EntityRef,
    /// Its result, once there is one.
    pub(crate) ended: Option<Box<ItemResult>>,
}

/// A run that this console follows.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) request: RequestId,
    pub(crate) run: Option<RunId>,
    name: String,
    /// The tenant that is written to, where that is one.
    tenant: Option<String>,
    /// The tenants of the batch that was asked about last.
    asked_for: BTreeSet<String>,
    pub(crate) stage: Stage,
    /// Items found while it is previewed.
    pub(crate) found: u64,
    /// Items to be written in all, where that is known.
    pub(crate) total: Option<u64>,
    /// Of a resumed run: items done before, and all that it was to write.
    pub(crate) before: Option<(u64, u64)>,
    /// Outcomes of items to be written.
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
    /// Outcomes of items that are not written, as the preview found.
    pub(crate) unwritten: BTreeMap<Outcome, u64>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) other_causes: u64,
    /// The batch that waits for a decision.
    pub(crate) waiting: Option<Arc<ApprovalRequest>>,
    /// The batch that was decided about last, until the engine goes on: it may refuse the decision.
    pub(crate) decided: Option<Arc<ApprovalRequest>>,
    /// Items that the operator takes out of their batches, by their numbers.
    pub(crate) taken_out: BTreeSet<u64>,
    /// Why the engine pauses it.
    pub(crate) paused_by: Option<Failure>,
    /// Nothing further is begun for now.
    pub(crate) paused: bool,
    /// Transactions at once and items a second, as the operator wants them; unknown for a run taken up again.
    pub(crate) concurrency: Option<usize>,
    pub(crate) rate: u32,
    samples: VecDeque<(Timestamp, u64)>,
    pub(crate) info: Option<Box<RunInfo>>,
    pub(crate) cause: Option<StopCause>,
    pub(crate) problem: Option<Box<Failure>>,
    pub(crate) single: Option<Single>,
}

impl Progress {
    /// A run that was asked for.
    pub(crate) fn begun(request: RequestId, name: String) -> Self {
        Self {
            request,
            run: None,
            name,
            tenant: None,
            asked_for: BTreeSet::new(),
            stage: Stage::Previewing,
            found: 0,
            total: None,
            before: None,
            outcomes: BTreeMap::new(),
            unwritten: BTreeMap::new(),
            causes: Vec::new(),
            other_causes: 0,
            waiting: None,
            decided: None,
            taken_out: BTreeSet::new(),
            paused_by: None,
            paused: false,
            concurrency: None,
            rate: 0,
            samples: VecDeque::new(),
            info: None,
            cause: None,
            problem: None,
            single: None,
        }
    }

    /// The tenant that it writes to, where that is one; of a run that names none, the tenant of the batch it asks about.
    pub(crate) fn tenant(&self) -> Option<&str> {
        let asked = self.asked_for.first().filter(|_| self.asked_for.len() == 1);
        self.tenant.as_deref().or(asked.map(String::as_str))
    }

    /// True where the batch that it asks about is of several tenants.
    pub(crate) fn asks_for_several(&self) -> bool {
        self.asked_for.len() > 1
    }

    /// A batch waits for a decision.
    pub(crate) fn asks(&mut self, approval: Arc<ApprovalRequest>) {
        self.run = Some(approval.run);
        self.asked_for = approval.items.iter().flat_map(subject::tenants).collect();
        self.waiting = Some(approval);
        self.decided = None;
        self.stage = Stage::Waiting;
    }

    /// The state that it ended in, as far as that was recorded, in the contract's word.
    pub(crate) fn end_word(&self) -> &'static str {
        match &self.info {
            Some(info) => info.state.as_str(),
            None if self.problem.is_some() => "failed",
            None => "ended",
        }
    }

    /// It writes to a tenant.
    pub(crate) fn writes_to(&mut self, tenant: Option<&str>) {
        self.tenant = tenant.map(str::to_owned);
    }

    /// Its operation and name, to stand before more words.
    pub(crate) fn what(&self) -> String {
        // A name often begins with what is done.
        let operation = self.info.as_ref().map(|i| i.operation.as_str()).filter(|o| !self.name.starts_with(o));
        let name = Some(self.name.as_str()).filter(|name| !name.is_empty());
        operation.into_iter().chain(name).map(|word| format!("{word}{}", comma())).collect()
    }

    /// True where nothing further of it is begun for now, whoever said so.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused || self.paused_by.is_some()
    }

    /// Its state while it is under way, where its record says less.
    pub(crate) fn state_now(&self) -> Option<&'static str> {
        match self.stage {
            Stage::Ended => None,
            _ if self.is_paused() => Some("paused"),
            Stage::Waiting => Some(RunState::Waiting.as_str()),
            Stage::Previewing | Stage::Writing | Stage::Stopping => None,
        }
    }

    /// Items with an outcome.
    pub(crate) fn attempted(&self) -> u64 {
        self.outcomes.iter().filter(|(o, _)| **o != Outcome::Held).map(|(_, n)| n).sum()
    }

    /// Whether it has changed anything.
    pub(crate) fn wrote(&self) -> bool {
        self.outcomes.contains_key(&Outcome::Done)
    }

    /// True where something of it is there to be taken back: of a resumed run, what was done before counts too.
    pub(crate) fn has_written(&self) -> bool {
        self.wrote() || self.before.is_some_and(|(done, _)| done > 0)
    }

    /// It is resumed: what was done before is no part of the gauge, and is said beside it.
    pub(crate) fn resumes(&mut self, info: &RunInfo) {
        let is_settled = |outcome: Outcome| !matches!(outcome, Outcome::Skipped | Outcome::Held);
        let settled: u64 = info.outcomes.iter().filter(|(o, _)| is_settled(*o)).map(|(_, n)| n).sum();
        self.run = Some(info.run);
        self.before = Some((info.count(Outcome::Done), settled + info.left));
    }

    /// Items done before it was resumed, in words.
    pub(crate) fn done_before(&self) -> Option<Cow<'static, str>> {
        let (done, all) = self.before?;
        Some(tr!("%{done} of %{all} done before", done = format::count(done), all = format::count(all)))
    }

    /// Items that still have none, where the number of all is known.
    pub(crate) fn left(&self) -> Option<u64> {
        self.total.map(|total| total.saturating_sub(self.attempted()))
    }

    /// Takes in the result of its preview.
    pub(crate) fn planned(&mut self, summary: &PlanSummary) {
        self.run = Some(summary.run);
        self.tenant = self.tenant.take().or_else(|| summary.tenant.clone());
        self.total = Some(summary.to_write());
    }

    /// It is recorded in another state.
    pub(crate) fn recorded(&mut self, info: RunInfo) {
        self.run = Some(info.run);
        if self.name.is_empty() {
            self.name.clone_from(&info.name);
        }
        self.info = Some(Box::new(info));
    }

    /// An item began or ended.
    pub(crate) fn item(&mut self, item: &ItemResult, now: Timestamp) {
        let Some(outcome) = item.outcome else { return };
        if let Some(single) = &mut self.single {
            single.ended = Some(Box::new(item.clone()));
        }
        if item.batch.is_none() {
            *self.unwritten.entry(outcome).or_default() += 1;
            return;
        }
        *self.outcomes.entry(outcome).or_default() += 1;
        if !matches!(outcome, Outcome::Done | Outcome::Equal) {
            self.explain(item, outcome);
        }
        self.sample(now);
    }

    fn sample(&mut self, now: Timestamp) {
        let since = |at: Timestamp| now.duration_since(at).as_secs_f64();
        if self.samples.back().is_none_or(|(at, _)| since(*at) >= SAMPLE) {
            let attempted = self.attempted();
            self.samples.push_back((now, attempted));
            while self.samples.len() > 2 && self.samples.front().is_some_and(|(at, _)| since(*at) > WINDOW) {
                self.samples.pop_front();
            }
        }
    }

    /// A decision was made: what came before it says nothing of how quick writing is.
    pub(crate) fn writing(&mut self, now: Timestamp) {
        self.stage = Stage::Writing;
        self.samples.clear();
        self.samples.push_back((now, self.attempted()));
    }

    /// Items a second lately; `None` while that cannot be told.
    pub(crate) fn per_second(&self, now: Timestamp) -> Option<f64> {
        let (at, before) = self.samples.front()?;
        let seconds = Some(now.duration_since(*at).as_secs_f64()).filter(|s| *s >= 1.0)?;
        let done = self.attempted().saturating_sub(*before);
        (self.stage == Stage::Writing && done > 0).then(|| done as f64 / seconds)
    }

    /// It has ended.
    pub(crate) fn ended(&mut self) {
        self.stage = Stage::Ended;
        self.waiting = None;
        self.decided = None;
        self.paused_by = None;
        self.paused = false;
    }

    /// Whether it can be gone on with.
    pub(crate) fn is_resumable(&self) -> bool {
        let state = self.info.as_ref().map(|i| i.state);
        matches!(state, Some(RunState::Stopped | RunState::Waiting | RunState::Running))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::Action;
    use crate::tui::screens::items::tests::item;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_773_968_523 + seconds).unwrap()
    }

    #[test]
    fn the_rate_is_the_last_seconds_and_unknown_before_one_has_gone_by() {
        let mut run = Progress::begun(RequestId(1), "n".into());
        run.total = Some(1_000);
        run.writing(at(0));
        assert_eq!(run.per_second(at(5)), None);
        for n in 0..100 {
            run.item(&item(n, Action::Create, Some(Outcome::Done)), at(2));
        }
        assert_eq!((run.per_second(at(2)), run.left()), (Some(50.0), Some(900)));
        for s in 3..40 {
            run.item(&item(s as u64, Action::Create, Some(Outcome::Done)), at(s));
        }
        assert!((0.9..1.2).contains(&run.per_second(at(39)).unwrap()));
        run.ended();
        assert_eq!(run.per_second(at(40)), None);
    }

    #[test]
    fn the_end_of_a_run_is_one_word_in_every_language() {
        use crate::language::{Language, tests::speaking};
        let begun = Progress::begun(RequestId(1), "n".into());
        assert_eq!(speaking(Language::Japanese, || begun.end_word()), "ended");
    }

    #[test]
    fn what_is_not_written_is_no_part_of_the_gauge() {
        let mut run = Progress::begun(RequestId(1), "n".into());
        run.total = Some(2);
        let mut skipped = item(1, Action::Skip, Some(Outcome::Skipped));
        skipped.batch = None;
        run.item(&skipped, at(0));
        run.item(&item(2, Action::Create, Some(Outcome::Held)), at(0));
        assert_eq!((run.attempted(), run.left()), (0, Some(2)));
        let mut conflict = item(3, Action::Conflict, Some(Outcome::Conflict));
        conflict.batch = None;
        run.item(&conflict, at(0));
        assert_eq!(run.unwritten, BTreeMap::from([(Outcome::Skipped, 1), (Outcome::Conflict, 1)]));
    }
}
