//! The record of a run for a ticket: what `tenantry runs report` prints, in the clipboard.

use crate::domain::run::RunId;
use crate::engine::protocol::{Command, Event, RunReport};
use crate::tui::app::App;
use crate::tui::message::Effect;

/// Makes the text of a record.
pub(crate) type Write = fn(&RunReport) -> String;

/// Where nobody says how to write one.
pub(crate) fn unwritten(report: &RunReport) -> String {
    format!("# {} {}: {}\n", report.info.operation, report.info.run, report.info.name)
}

impl App {
    /// Copies the record of a run, from its journal.
    pub(crate) fn copy_record(&mut self, run: RunId) {
        self.say("putting the record together…");
        self.ask(None, Command::ReportRun { run }, |app, _, event| match event {
            Event::Reported(report) => {
                let text = (app.record_of)(&report);
                app.effect(Effect::Copy { text, what: "record of the run, as Markdown".to_owned() });
            }
            Event::Failed(failure) => app.refuse(failure.message),
            _ => {}
        });
    }
}
