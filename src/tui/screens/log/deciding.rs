//! Batches of the run that is followed: how they wait, are decided about and end.

use std::sync::Arc;

use crate::engine::failure::Failure;
use crate::engine::protocol::{ApprovalRequest, BatchInfo, BatchState, Command, Decision, Event, Level, RequestId};
use crate::language::listed;
use crate::notify::News;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::screens::batch::Batch;
use crate::tui::screens::log::progress::Stage;

impl App {
    /// A batch waits: it is shown, unless the operator is at something else.
    pub(super) fn batch_waits(&mut self, request: RequestId, approval: ApprovalRequest) {
        let approval = Arc::new(approval);
        let batch = approval.batch;
        if let Some(run) = self.followed(request) {
            run.asks(approval);
        }
        self.tell(Level::Info, tr!("batch %{batch} waits for a decision", batch = batch));
        let words = tr!("batch %{batch} waits for your decision", batch = batch);
        self.tell_of_run(News::BatchWaits, "waiting", Some(batch), &words);
        // Keys that were meant for something else must not reach it.
        match self.is_busy() {
            true => self.say(tr!("batch %{batch} waits for your decision: B shows it", batch = batch)),
            false => self.show_batch(),
        }
    }

    /// Shows the batch that waits.
    pub(crate) fn show_batch(&mut self) {
        let Some(run) = &self.run else { return };
        if let Some(approval) = run.waiting.clone() {
            self.notice = None;
            self.stack.push(Batch::new(run.request, approval, &run.taken_out));
        }
    }

    /// Keeps in mind that an item of the run is taken out, or in again: its batch may be looked at later.
    pub(crate) fn keep_out(&mut self, request: RequestId, n: u64, is_out: bool) {
        if let Some(run) = self.followed(request) {
            if is_out {
                run.taken_out.insert(n)
            } else {
                run.taken_out.remove(&n)
            };
        }
    }

    /// Sends a decision about a batch of a run, with the digest that it goes with.
    pub(crate) fn decide_batch(&mut self, approval: &Arc<ApprovalRequest>, digest: String, decision: Decision) {
        let (run, batch) = (approval.run, approval.batch);
        let what = match decision {
            Decision::Approve { .. } => tr!("batch %{batch} approved: writing…", batch = batch),
            Decision::ApproveRest { .. } => tr!("everything approved: writing…"),
            Decision::ApprovePart { ref without, rest, .. } => {
                let out = format::plural(without.len() as u64, text!("%{n} item"), text!("%{n} items"));
                match rest {
                    true => tr!("everything approved but for %{out}: writing…", out = out),
                    false => tr!("batch %{batch} approved but for %{out}: writing…", batch = batch, out = out),
                }
            }
            Decision::Skip => tr!("batch %{batch} skipped", batch = batch),
            Decision::Hold => tr!("batch %{batch} held back", batch = batch),
            Decision::Split => tr!("batch %{batch} split: later ones count one more", batch = batch),
            Decision::Stop => tr!("ending the run…"),
        };
        let now = self.now;
        if let Some(progress) = &mut self.run {
            progress.decided = progress.waiting.take();
            progress.writing(now);
            if decision == Decision::Stop {
                progress.stage = Stage::Stopping;
            }
        }
        self.tell(Level::Info, what.clone());
        self.say(what);
        self.ask(None, Command::Decide { run, batch, digest, decision }, |app, _, event| {
            if let Event::Failed(failure) = event {
                app.decision_refused(&failure);
            }
        });
    }

    /// The engine did not take a decision: the batch goes on waiting.
    fn decision_refused(&mut self, failure: &Failure) {
        if let Some(run) = &mut self.run
            && let Some(approval) = run.decided.take()
        {
            run.waiting = Some(approval);
            run.stage = Stage::Waiting;
        }
        self.refuse(tr!("not decided: %{why}", why = failure.message));
    }

    /// Says what became of a batch.
    pub(super) fn batch_ended(&mut self, batch: &BatchInfo) {
        let counts: Vec<String> = batch.outcomes.iter().map(|(word, n)| format!("{n} {word}")).collect();
        let n = batch.batch;
        let what = match batch.state {
            BatchState::Done => tr!("batch %{n} is through: %{counts}", n = n, counts = listed(counts)),
            BatchState::Approved => tr!("batch %{n} is approved", n = n),
            BatchState::Skipped => tr!("batch %{n} is skipped", n = n),
            BatchState::Held => tr!("batch %{n} is held back", n = n),
            BatchState::Waiting => tr!("batch %{n} waits", n = n),
            BatchState::Stopped => tr!("batch %{n} was stopped", n = n),
        };
        self.tell(Level::Info, what);
    }
}
