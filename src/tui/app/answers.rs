//! Answers of the engine: to the log where they concern everybody, and to whoever asked.

use super::heard::heard;
use crate::domain::clock::utc_millis;
use crate::engine::protocol::{Connection, Envelope, Event};
use crate::tui::app::App;
use crate::tui::cache::Whose;
use crate::tui::message::Effect;
use crate::tui::screens::profiles::opened::Opening;

impl App {
    pub(crate) fn engine(&mut self, envelope: Envelope) {
        let Envelope { request, event } = envelope;
        let event = heard(event, &self.zone);
        match &event {
            Event::Log(level, text) => self.tell(*level, text.clone()),
            Event::Failed(failure) => self.record(failure, None),
            Event::Armed(armed) => self.now_armed(*armed),
            _ => {}
        }
        let ended = matches!(event, Event::Finished { .. });
        // An answer that nobody waits for any more is skipped.
        if let Some(answer) = self.requests.answer(request, ended) {
            answer(self, request, event);
        }
    }

    pub(crate) fn connected(&mut self, connection: Connection) {
        self.signing.needed = false;
        self.tenants.tree.know_modules(&connection.modules);
        self.tenants.tree.problem = None;
        let at = utc_millis(self.now);
        let opening = Opening { at, account: connection.account.clone(), region: connection.region.clone() };
        self.effect(Effect::NoteOpening(opening));
        let has_modules = !connection.modules.is_empty();
        self.recall(connection.account.clone());
        if self.profile.account.is_none() {
            let (account, region) = (connection.account.clone(), connection.region.clone());
            self.effect(Effect::ReadCache(Whose { account, region }));
        }
        self.connection = Some(connection);
        if has_modules {
            self.list_partitions();
        }
    }
}
