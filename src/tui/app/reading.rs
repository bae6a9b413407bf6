//! What is read because it is on screen: pages, versions' differences, last changes.

use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, RequestId};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::message::Purpose;
use crate::tui::screens::history::diffs::Next;
use crate::tui::screens::history::{Shown, Wanted};

impl App {
    /// Asks for what the screen lacks. Called after every message, so nothing else needs to think of it.
    pub(crate) fn pump(&mut self) {
        if self.engine_gone {
            return;
        }
        self.pump_watch();
        self.pump_view();
        self.pump_pages();
        self.pump_diff();
        self.pump_items();
        self.screens_ask();
    }

    fn pump_diff(&mut self) {
        let Some(opened) = &mut self.history.opened else { return };
        if opened.shown == Shown::LastChanges {
            return;
        }
        let Wanted::Diff(key) = opened.wanted() else { return };
        match opened.diffs.next(&key) {
            Next::Nothing => {}
            Next::GiveUp(request) => self.give_up(request),
            Next::Ask => {
                let generation = opened.generation;
                let command = Command::Diff { from: key.from.clone(), to: key.to.clone(), all: key.all };
                let request = self.send(command, Purpose::Diff(generation, key.clone()));
                if let Some(opened) = &mut self.history.opened {
                    opened.diffs.ask(key, request);
                }
            }
        }
    }

    pub(crate) fn diff_ended(&mut self, generation: u64, request: RequestId, cancelled: bool) {
        let again = self.key_of(Context::Everywhere, Action::Reload);
        if let Some(opened) = self.history.opened.as_mut().filter(|o| o.generation == generation) {
            let otherwise =
                || Failure::new(ErrorCode::Internal, "the engine gave no answer").hint(format!("{again} asks again"));
            opened.diffs.finish(request, cancelled, otherwise);
        }
    }
}
