//! Running a plan: beginning, steering, following.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::domain::clock::with_local_times;
use crate::domain::plan::{Plan, RunSettings, Work};
use crate::domain::run::{Operation, Outcome, RunId};
use crate::engine::failure::Failure;
use crate::engine::protocol::{
    ApprovalRequest, Command, Event, Finding, ItemFilter, ItemResult, Level, Phase, RequestId, RunInfo, Severity,
    Signature, Steering,
};
use crate::language::listed;
use crate::notify::News;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
use crate::tui::screens::discard::Next;
use crate::tui::screens::log::lines;
use crate::tui::screens::log::progress::{Progress, Stage};
use crate::tui::screens::paused::Paused;

/// Transactions at once at most, as plans have it.
const MOST: usize = 256;

impl App {
    /// Runs the plan in the pane: the engine asks for each batch. What its preview showed is pinned, where there is one of the plan as
    /// it stands.
    pub(crate) fn run_plan(&mut self) {
        let form = || self.plan.form.as_ref().and_then(|f| f.plan.clone());
        let Some(plan) = self.plan.own().cloned().map(Box::new).or_else(form) else { return };
        if matches!(plan.work, Work::Export { .. }) {
            return self.export_plan(plan);
        }
        let expect = self.fresh_digest();
        if self.plan.own().is_none()
            && let Some(form) = &mut self.plan.form
        {
            form.was_used();
        }
        self.begin_run(plan, expect);
    }

    /// Runs a plan and follows it; nothing is written unless its digest is the one that is expected.
    pub(crate) fn begin_run(&mut self, plan: Box<Plan>, expect: Option<String>) {
        let (name, settings) = (plan.name.clone(), plan.run.clone());
        let tenant = plan.work.target_tenant().map(str::to_owned);
        let request = self.ask(Pane::Log, Command::RunPlan { plan, expect, rows: false }, Self::run_answer);
        self.follow(request, name, Some(&settings)).writes_to(tenant.as_deref());
    }

    /// Goes on with a run that ended before its end.
    pub(crate) fn resume_run(&mut self, info: &RunInfo) {
        let request =
            self.ask(Pane::Log, Command::ResumeRun { run: info.run, rows: false, retry: false }, Self::run_answer);
        let run = self.follow(request, info.name.clone(), None);
        run.resumes(info);
        run.stage = Stage::Writing;
        run.writes_to(Some(info.target.as_str()).filter(|target| !target.is_empty()));
        // How much there is left to do is what the gauge counts.
        let behind = info.outcomes.iter().map(|(_, n)| n).sum();
        let filter = ItemFilter::default();
        let count = Command::Items { run: info.run, filter, from: 0, near: None, limit: 0, fresh: true };
        // Without the number there is no gauge, and the log says why.
        self.ask(None, count, move |app, _, event| {
            if let (Event::Items { total, .. }, Some(run)) = (event, app.followed(request)) {
                run.total = Some(total.saturating_sub(behind));
            }
        });
    }

    /// Takes what the engine reports of a run.
    pub(crate) fn run_answer(&mut self, request: RequestId, event: Event) {
        match event {
            Event::ApprovalNeeded(approval) => return self.batch_waits(request, *approval),
            Event::Item(item) => return self.run_item(request, *item),
            Event::Run(run) => return self.run_recorded(request, *run),
            Event::Batch(batch) => return self.batch_ended(&batch),
            Event::Finding(finding) => return self.found(&finding),
            Event::Paused { failure, .. } => return self.run_paused(request, *failure),
            Event::Signature(signature) => return self.signature_checked(&signature),
            Event::Finished { .. } => return self.run_ended(request),
            _ => {}
        }
        let Some(run) = self.followed(request) else { return };
        match event {
            Event::Progress { phase: Phase::Preview, done, .. } => run.found = done,
            Event::Planned(summary) => run.planned(&summary),
            Event::Stopped { cause, .. } => run.cause = Some(cause),
            Event::Failed(failure) if failure.fatal => run.problem = Some(failure),
            _ => {}
        }
    }

    fn follow(&mut self, request: RequestId, name: String, settings: Option<&RunSettings>) -> &mut Progress {
        let mut run = Progress::begun(request, name);
        run.concurrency = settings.map(|s| s.concurrency);
        run.rate = settings.map_or(0, |s| s.rate);
        self.focus = Pane::Log;
        self.say(tr!("the run begins: it asks before it writes"));
        self.run.insert(run)
    }

    /// The run that a request belongs to.
    pub(crate) fn followed(&mut self, request: RequestId) -> Option<&mut Progress> {
        self.run.as_mut().filter(|r| r.request == request)
    }

    /// Whether something that the operator is at would take the keys meant for a dialog.
    pub(crate) fn is_busy(&mut self) -> bool {
        !self.stack.is_empty() || self.plan.is_typing() || self.filter().is_some_and(|f| f.typing())
    }

    /// Changes how the run goes about it.
    pub(crate) fn steer(&mut self, steering: Steering) {
        let Some(progress) = self.run.as_mut() else { return };
        let Some(run) = progress.run else { return };
        match steering {
            Steering::Pause => progress.paused = true,
            Steering::Continue => (progress.paused, progress.paused_by) = (false, None),
            Steering::Rate(rate) => progress.rate = rate,
            Steering::Concurrency(n) => progress.concurrency = Some(n),
            Steering::Stop => progress.stage = Stage::Stopping,
        }
        self.order(Command::Steer { run, steering });
    }

    /// Pauses the run, or lets it go on.
    pub(crate) fn pause_or_go_on(&mut self) {
        let Some(run) = &self.run else { return };
        if run.is_paused() {
            self.steer(Steering::Continue);
            self.say(tr!("going on…"));
        } else {
            self.steer(Steering::Pause);
            self.say(tr!("paused: what is in flight is finished, nothing further is begun"));
        }
    }

    /// Twice or half as quick.
    pub(crate) fn pace(&mut self, faster: bool) {
        let Some(run) = &self.run else { return };
        let (steering, words) = if run.rate > 0 {
            let rate = if faster { run.rate.saturating_mul(2) } else { (run.rate / 2).max(1) };
            (Steering::Rate(rate), tr!("at most %{rate} items a second", rate = rate))
        } else {
            let now = run.concurrency.or(Some(self.counters.concurrency).filter(|n| *n > 0));
            let now = now.unwrap_or(RunSettings::default().concurrency);
            let most = if faster { now.saturating_mul(2).min(MOST) } else { (now / 2).max(1) };
            (Steering::Concurrency(most), tr!("at most %{n} at once", n = most))
        };
        self.steer(steering);
        self.say(words);
    }

    fn run_paused(&mut self, request: RequestId, failure: Failure) {
        self.record(&failure, Some(&tr!("the run is paused")));
        let busy = self.is_busy();
        let Some(run) = self.followed(request) else { return };
        run.paused_by = Some(failure);
        self.tell_of_run(News::RunPaused, "paused", None, &tr!("a run is paused"));
        match busy {
            true => self.refuse(tr!("the run is paused: the progress log says why")),
            false => self.stack.push(Paused { request }),
        }
    }

    /// Takes files with signatures for the runs to come.
    pub(crate) fn take_signatures(&mut self, files: Vec<PathBuf>) {
        let text = format::plural(
            files.len() as u64,
            text!("%{n} signature taken for the next run"),
            text!("%{n} signatures taken for the next run"),
        );
        self.order(Command::TakeSignatures { files });
        self.say(text);
    }

    fn signature_checked(&mut self, signature: &Signature) {
        let file = if signature.file.is_empty() { tr!("the journal") } else { signature.file.as_str().into() };
        let known = signature.principal.as_deref().or(signature.key.as_deref());
        let whose = known.map_or_else(|| tr!("somebody"), Cow::Borrowed);
        match &signature.reason {
            None => self.tell(Level::Info, tr!("%{file}: signed by %{whose}", file = file, whose = whose)),
            Some(why) => {
                let text = tr!("%{file}: does not count (%{whose}): %{why}", file = file, whose = whose, why = why);
                self.tell(Level::Warning, text);
            }
        }
    }

    fn run_item(&mut self, request: RequestId, item: ItemResult) {
        let now = self.now;
        if let Some(run) = self.followed(request) {
            run.item(&item, now);
        }
        if let Some(doctor) = self.doctor.as_mut().filter(|_| item.outcome == Some(Outcome::Done)) {
            // A move writes both ends.
            doctor.was_written(&item.entity.module, &item.entity.key);
            doctor.was_written(&item.entity.module, &item.source);
        }
        self.log.push_item(now, item);
    }

    fn run_recorded(&mut self, request: RequestId, info: RunInfo) {
        let (level, text) = lines::run(&info);
        self.tell(level, text);
        self.know_run(&info);
        if let Some(run) = self.followed(request) {
            run.recorded(info);
        }
    }

    /// Begins to take back the run that ended last: its undo is previewed.
    pub(crate) fn undo_last_run(&mut self) {
        let ended = self.run.as_ref().and_then(|run| Some((run.run?, run.info.as_ref()?.name.clone())));
        if let Some((run, name)) = ended {
            self.replace_plan(Next::Undo(run, name));
        }
    }

    pub(crate) fn found(&mut self, finding: &Finding) {
        let (level, text) = lines::finding(finding);
        self.tell(level, with_local_times(&text, &self.zone).into_owned());
        debug_assert!(finding.severity != Severity::Error || level == Level::Error);
    }

    /// A run that this console follows has ended.
    fn run_ended(&mut self, request: RequestId) {
        self.stack.end(request);
        if let Some(run) = self.followed(request) {
            run.ended();
            let words = run.run.map(|r| tr!("run %{run} has ended", run = r));
            let words = words.unwrap_or_else(|| tr!("the run did not begin"));
            match run.problem.as_ref().map(|p| p.message.clone()) {
                Some(problem) => self.refuse(problem),
                None => self.say(words),
            }
        }
        let state = self.followed(request).filter(|run| run.run.is_some()).map(|run| run.end_word());
        if let Some(state) = state {
            let words = tr!("a run has ended: %{state}", state = state);
            self.tell_of_run(News::RunEnded, state, None, &words);
        }
        let wrote = self.followed(request).and_then(|run| run.run.filter(|_| run.wrote()));
        if let Some(run) = wrote {
            self.stack.wrote(run);
            let doctor = self.doctor.as_mut().map(|d| &mut d.job);
            let verification = self.verification.as_mut().map(|v| &mut v.job);
            let preview = self.plan.preview.as_mut().map(|p| &mut p.job);
            doctor.into_iter().chain(verification).chain(preview).for_each(|job| job.before = wrote);
            self.tenants.tree.wrote(run);
            let is_repair = self.followed(request).and_then(|run| run.info.as_ref()).map(|info| info.operation);
            if is_repair == Some(Operation::Repair)
                && let Some(left) = &mut self.left_findings
            {
                left.unmark();
            }
        }
        if self.followed(request).is_some_and(|run| run.info.as_ref().is_some_and(|info| info.undo_of.is_some())) {
            self.look_for_unfinished();
        }
        self.rolled_back(request);
        self.switch_after(request);
        // The data on screen may be old.
        if self.history.opened.is_some() {
            self.reload_history();
        }
        if let Some(list) = &mut self.tenants.entities {
            list.pages.forget_all();
        }
    }

    /// Command line with the same effect as the approval of a batch.
    pub(crate) fn line_of_approval(&self, approval: &ApprovalRequest) -> String {
        let single = self.run.as_ref().is_some_and(|run| run.single.is_some());
        match approval.items.as_slice() {
            [item] if single => {
                self.line_of_rollback(&item.entity, item.version_from, Some(item.version_before), false)
            }
            _ => self.line_of_resume(approval.run),
        }
    }

    /// How to resume a run: on the command line, or here where nothing else knows of it.
    pub(crate) fn way_to_resume(&self, run: RunId) -> String {
        let resume = self.key_of(Context::Runs, Action::Resume);
        if self.forgets { listed([":runs", &resume]) } else { self.line_of_resume(run) }
    }

    /// How to take a run back, likewise.
    pub(crate) fn way_to_undo(&self, run: RunId) -> String {
        let undo = self.key_of(Context::Runs, Action::UndoRun);
        if self.forgets { listed([":runs", &undo]) } else { self.line_of_undo(run) }
    }

    /// How to resume a run, on the command line.
    pub(crate) fn line_of_resume(&self, run: RunId) -> String {
        self.line(&["run", "--resume", &run.to_string(), "--arm"])
    }

    /// How to take a run back, on the command line.
    pub(crate) fn line_of_undo(&self, run: RunId) -> String {
        self.line(&["undo", &run.to_string(), "--arm"])
    }
}
