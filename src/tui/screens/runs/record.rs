//! The record of a run for a ticket: what `tenantry runs report` prints, in the clipboard.

use crate::domain::run::RunId;
use crate::engine::protocol::{Command, Event};
use crate::evidence::of_run;
use crate::tui::app::App;
use crate::tui::message::Effect;

impl App {
    /// Copies the record of a run, from its journal.
    pub(crate) fn copy_record(&mut self, run: RunId) {
        self.say(tr!("putting the record together…"));
        self.ask(None, Command::ReportRun { run }, |app, _, event| match event {
            Event::Reported(report) => {
                let text = of_run(&report, &app.headless_prefix).markdown();
                app.effect(Effect::Copy { text, what: tr!("record of the run, as Markdown").into_owned() });
            }
            Event::Failed(failure) => app.refuse(failure.message),
            _ => {}
        });
    }
}
