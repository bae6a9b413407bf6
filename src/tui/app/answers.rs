//! What the engine tells.

use crate::engine::failure::Failure;
use crate::engine::protocol::{Command, Envelope, Event, Phase, RequestId, Steering};
use crate::tui::app::App;
use crate::tui::message::Purpose;
use crate::tui::screens::log::lines;

impl App {
    pub(crate) fn engine(&mut self, envelope: Envelope) {
        let request = envelope.request;
        let purpose = self.requests.get(&request).cloned();
        if purpose == Some(Purpose::Screen) {
            return self.screen_event(request, envelope.event);
        }
        match (envelope.event, purpose) {
            (Event::Log(level, text), purpose) => {
                match purpose {
                    Some(Purpose::Export) => self.say(text.clone()),
                    Some(Purpose::Verify) => self.verification_noted(request, text.clone()),
                    _ => {}
                }
                self.tell(level, text);
            }
            (Event::Armed(armed), _) => self.now_armed(armed),
            (Event::Failed(failure), purpose) => self.failed(request, *failure, purpose),
            (Event::Finished { cancelled }, purpose) => {
                self.requests.remove(&request);
                if let Some(purpose) = purpose {
                    self.finished(request, &purpose, cancelled);
                }
            }
            (Event::Connected(connection), _) => {
                self.tenants.tree.know_modules(&connection.modules);
                self.tenants.tree.problem = None;
                self.connection = Some(connection);
            }
            (Event::Tenants(counts), Some(Purpose::Scan)) => self.tenants.tree.apply(counts),
            (Event::Opened { modules }, Some(Purpose::Open { pk, sk })) => self.opened(pk, sk, modules),
            (Event::Page { entities, next }, Some(Purpose::Page { generation, page })) => {
                self.page(generation, page, entities, next);
            }
            (Event::Versions(entries), Some(Purpose::History(generation))) => self.versions(generation, entries),
            (Event::Versions(entries), Some(Purpose::Rows(generation))) => self.rows(request, generation, entries),
            (Event::Watching(state), Some(Purpose::Watch)) => self.watching(request, state),
            (Event::Versions(entries), Some(Purpose::Watch)) => self.watched_versions(request, entries),
            (Event::Changed { entities, gone }, Some(Purpose::Watch)) => self.watched_rows(request, entities, &gone),
            (Event::Diff(result), Some(Purpose::Diff(generation, key))) => self.diff(generation, key, result),
            (Event::Diff(result), Some(Purpose::CopyRow)) => self.copy_read_row(&result),
            (event @ (Event::Items { .. } | Event::Preview(_)), Some(Purpose::Items)) => {
                self.items_answer(request, event)
            }
            (Event::Progress { done, .. }, Some(Purpose::PreviewPlan)) => self.preview_found(request, done),
            (Event::Planned(summary), Some(Purpose::PreviewPlan)) => self.preview_planned(request, *summary),
            (Event::Items { total, .. }, Some(Purpose::Left { request, behind })) => {
                self.run_counted(request, total, behind);
            }
            (Event::Progress { phase: Phase::Preview, done, .. }, Some(Purpose::Run)) => {
                if let Some(run) = self.followed(request) {
                    run.found = done;
                }
            }
            (Event::Planned(summary), Some(Purpose::Run)) => {
                if let Some(run) = self.followed(request) {
                    run.planned(&summary);
                }
            }
            (Event::ApprovalNeeded(approval), Some(Purpose::Run)) => self.batch_waits(request, *approval),
            (Event::Item(item), Some(Purpose::Run)) => self.run_item(request, *item),
            (Event::Run(run), Some(Purpose::Run)) => self.run_recorded(request, *run),
            (Event::Batch(batch), Some(Purpose::Run)) => self.batch_ended(&batch),
            // They have a screen of their own, and may be thousands.
            (Event::Finding(finding), Some(Purpose::Doctor)) => self.doctor_found(request, *finding),
            (Event::Progress { done, .. }, Some(Purpose::Doctor)) => self.doctor_looked(request, done),
            (Event::Finding(finding), Some(Purpose::Verify)) => self.verification_found(request, *finding),
            (Event::Progress { done, .. }, Some(Purpose::Verify)) => self.verification_looked(request, done),
            (Event::Finding(finding), purpose) => {
                self.found(&finding);
                if purpose == Some(Purpose::PreviewPlan) {
                    self.preview_finding(request, *finding);
                }
            }
            (Event::Stopped { cause, .. }, Some(Purpose::Run)) => {
                if let Some(run) = self.followed(request) {
                    run.cause = Some(cause);
                }
            }
            (Event::Paused { failure, .. }, Some(Purpose::Run)) => self.run_paused(request, *failure),
            (Event::ApprovalNeeded(approval), Some(_)) => self.approval_needed(request, *approval),
            (Event::Item(item), _) => {
                let (level, text) = lines::item(&item);
                self.tell(level, text);
                self.item_ended(&item);
            }
            (Event::Run(run), _) => {
                let (level, text) = lines::run(&run);
                self.tell(level, text);
            }
            // Nothing gets through, and there is nothing to wait for here: the run ends and can be gone on with.
            (Event::Paused { run, failure }, purpose) => {
                self.failed(request, *failure, purpose);
                self.send(Command::Steer { run, steering: Steering::Stop }, Purpose::Decide);
            }
            (Event::Progress { done, .. }, Some(Purpose::ExportRows)) => self.export_got(done),
            (Event::Exported(file), _) => {
                let (level, text) = lines::exported(&file);
                self.tell(level, text);
                self.say(format!("{} rows in {}", file.rows, file.to));
            }
            // An answer that nobody waits for any more.
            _ => {}
        }
    }

    /// What a screen asked for: it takes the answers itself, and failures are written down as all are.
    fn screen_event(&mut self, request: RequestId, event: Event) {
        match &event {
            Event::Failed(failure) => self.record(failure, None),
            Event::Finished { .. } => {
                self.requests.remove(&request);
            }
            Event::Log(level, text) => return self.tell(*level, text.clone()),
            _ => {}
        }
        self.answer_to_screen(request, event);
    }

    fn failed(&mut self, request: RequestId, failure: Failure, purpose: Option<Purpose>) {
        self.record(&failure, purpose.as_ref().and_then(Purpose::subject).map(ToString::to_string).as_deref());
        match purpose {
            Some(Purpose::Connect | Purpose::Scan) => self.tenants.tree.problem = Some(failure),
            Some(Purpose::Page { generation, .. }) => {
                if let Some(list) = self.tenants.entities.as_mut().filter(|l| l.generation == generation) {
                    list.problem = Some(failure);
                }
            }
            Some(Purpose::History(generation)) => {
                if let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) {
                    opened.problem = Some(failure);
                }
            }
            Some(Purpose::Rows(generation)) => self.rows_failed(generation, failure),
            Some(Purpose::Diff(generation, key)) => {
                if let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) {
                    opened.diffs.fail(key, failure);
                }
            }
            Some(Purpose::PreviewPlan) => self.preview_failed(request, failure),
            Some(Purpose::Items) => self.items_answer(request, Event::Failed(Box::new(failure))),
            Some(Purpose::Watch) => self.watch_failed(request, failure),
            Some(Purpose::Doctor) => self.doctor_failed(request, failure),
            Some(Purpose::Verify) => self.verification_failed(request, failure),
            // What goes on is on screen soon, and the log has what was wrong.
            Some(Purpose::Open { .. }) if !failure.fatal => {}
            Some(Purpose::Rollback(..) | Purpose::Decide | Purpose::Arm | Purpose::Open { .. } | Purpose::CopyRow) => {
                self.refuse(failure.message);
            }
            Some(Purpose::Run) if failure.fatal => {
                if let Some(run) = self.followed(request) {
                    run.problem = Some(Box::new(failure));
                }
            }
            Some(Purpose::DecideBatch) => self.decision_refused(&failure),
            Some(Purpose::Steer | Purpose::Export | Purpose::ExportRows) => self.refuse(failure.message),
            // Without the number there is no gauge, and the log says why.
            Some(Purpose::Run | Purpose::Left { .. } | Purpose::Cancel | Purpose::Screen) | None => {}
        }
    }

    fn finished(&mut self, request: RequestId, purpose: &Purpose, cancelled: bool) {
        match purpose {
            Purpose::Scan => self.scan_ended(cancelled),
            Purpose::Page { generation, .. } => self.page_ended(*generation, request, cancelled),
            Purpose::History(generation) => self.versions_ended(*generation, request, cancelled),
            Purpose::Rows(generation) => self.rows_ended(*generation),
            Purpose::Diff(generation, _) => self.diff_ended(*generation, request, cancelled),
            Purpose::PreviewPlan => self.preview_ended(request, cancelled),
            Purpose::Items => self.items_answer(request, Event::Finished { cancelled }),
            Purpose::Watch => self.watch_ended(request),
            Purpose::Doctor => self.doctor_ended(request, cancelled),
            Purpose::Verify => self.verification_ended(request, cancelled),
            Purpose::Rollback(entity, _) => {
                // A batch that nobody decided about any more must not stay on screen.
                self.stack.end(request);
                self.written(&entity.clone());
            }
            Purpose::Run => self.run_ended(request),
            Purpose::ExportRows => self.export_ended(cancelled),
            Purpose::Steer | Purpose::DecideBatch | Purpose::Export | Purpose::Left { .. } => {}
            Purpose::Connect | Purpose::Open { .. } | Purpose::CopyRow | Purpose::Decide | Purpose::Arm => {}
            Purpose::Cancel | Purpose::Screen => {}
        }
    }
}
