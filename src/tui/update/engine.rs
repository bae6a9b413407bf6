//! What the engine tells.

use crate::engine::failure::Failure;
use crate::engine::protocol::{Command, Envelope, Event, RequestId, Steering};
use crate::tui::app::App;
use crate::tui::layers::Layer;
use crate::tui::message::Purpose;
use crate::tui::panes::log::lines;

impl App {
    pub(super) fn engine(&mut self, envelope: Envelope) {
        let request = envelope.request;
        let purpose = self.requests.get(&request).cloned();
        match (envelope.event, purpose) {
            (Event::Log(level, text), _) => self.tell(level, text),
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
            (Event::Diff(result), Some(Purpose::Diff(generation, key))) => self.diff(generation, key, result),
            (Event::Diff(result), Some(Purpose::CopyRow)) => self.copy_read_row(&result),
            (Event::Preview(preview), Some(Purpose::Preview)) => self.previewed(request, *preview),
            (Event::ApprovalNeeded(approval), Some(_)) => self.approval_needed(request, *approval),
            (Event::Item(item), Some(Purpose::ShowRun(_))) => self.listed_item(request, *item),
            (Event::Item(item), _) => {
                let (level, text) = lines::item(&item);
                self.tell(level, text);
                self.item_ended(&item);
            }
            (Event::Run(run), Some(Purpose::Runs | Purpose::ShowRun(_))) => self.listed_run(request, *run),
            (Event::Run(run), _) => {
                let (level, text) = lines::run(&run);
                self.tell(level, text);
            }
            // Nothing gets through, and there is nothing to wait for here: the run ends and can be gone on with.
            (Event::Paused { run, failure }, purpose) => {
                self.failed(request, *failure, purpose);
                self.send(Command::Steer { run, steering: Steering::Stop }, Purpose::Decide);
            }
            // An answer that nobody waits for any more.
            _ => {}
        }
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
            Some(Purpose::Preview | Purpose::Runs | Purpose::ShowRun(_)) => {
                for layer in &mut self.layers {
                    layer.fail(request, &failure);
                }
            }
            // What goes on is on screen soon, and the log has what was wrong.
            Some(Purpose::Open { .. }) if !failure.fatal => {}
            Some(Purpose::Rollback(..) | Purpose::Decide | Purpose::Arm | Purpose::Open { .. } | Purpose::CopyRow) => {
                self.refuse(failure.message);
            }
            Some(Purpose::Cancel) | None => {}
        }
    }

    fn finished(&mut self, request: RequestId, purpose: &Purpose, cancelled: bool) {
        match purpose {
            Purpose::Scan => self.scan_ended(cancelled),
            Purpose::Page { generation, .. } => self.page_ended(*generation, request, cancelled),
            Purpose::History(generation) => self.versions_ended(*generation, request, cancelled),
            Purpose::Rows(generation) => self.rows_ended(*generation),
            Purpose::Diff(generation, _) => self.diff_ended(*generation, request, cancelled),
            Purpose::Preview | Purpose::Runs | Purpose::ShowRun(_) => {
                for layer in &mut self.layers {
                    layer.finish(request, cancelled);
                }
            }
            Purpose::Rollback(entity, _) => {
                // A batch that nobody decided about any more must not stay on screen.
                self.layers.retain(|l| !matches!(l, Layer::Approval(a) if a.request == request));
                self.written(&entity.clone());
            }
            Purpose::Connect | Purpose::Open { .. } | Purpose::CopyRow | Purpose::Decide | Purpose::Arm => {}
            Purpose::Cancel => {}
        }
    }
}
