//! What the engine answers: to the log where it concerns everybody, and to whoever asked.

use crate::engine::protocol::{Connection, Envelope, Event};
use crate::tui::app::App;

impl App {
    pub(crate) fn engine(&mut self, envelope: Envelope) {
        let Envelope { request, event } = envelope;
        match &event {
            Event::Log(level, text) => self.tell(*level, text.clone()),
            Event::Failed(failure) => self.record(failure, None),
            Event::Armed(armed) => self.now_armed(*armed),
            _ => {}
        }
        let ended = matches!(event, Event::Finished { .. });
        // What nobody waits for any more is passed over.
        if let Some(answer) = self.requests.answer(request, ended) {
            answer(self, request, event);
        }
    }

    pub(crate) fn connected(&mut self, connection: Connection) {
        self.tenants.tree.know_modules(&connection.modules);
        self.tenants.tree.problem = None;
        let has_modules = !connection.modules.is_empty();
        self.recall(connection.account.clone());
        self.connection = Some(connection);
        if has_modules {
            self.list_partitions();
        }
    }
}
