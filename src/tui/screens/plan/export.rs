//! Writing a file as an export plan says.

use crate::domain::csv::Place;
use crate::domain::plan::{Plan, Work};
use crate::engine::protocol::{Command, Event, ExportWanted, Level, RequestId};
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::screens::log::lines;

impl App {
    /// The place that the plan in the form exports to, where it is a plan that exports.
    pub(crate) fn exports_to(&self) -> Option<&Place> {
        match self.plan.own().or_else(|| self.plan.form.as_ref()?.plan.as_deref()).map(|plan| &plan.work) {
            Some(Work::Export { to, .. }) => to.as_ref(),
            _ => None,
        }
    }

    /// Writes the file. There is no run: nothing of a table is written, and nothing is approved.
    pub(crate) fn export_plan(&mut self, plan: Box<Plan>) {
        let to = self.exports_to().map(Place::to_string).unwrap_or_default();
        self.ask(None, Command::RunPlan { plan, expect: None, rows: false }, Self::export_answer);
        self.tell(Level::Info, format!("exporting to {to}…"));
        self.say(format!("exporting to {to}…"));
    }

    /// Writes the live entities of the open partition into a file.
    ///
    /// # Errors
    /// The reason why it cannot be done.
    pub(crate) fn export_partition(&mut self, to: &str) -> Result<(), String> {
        let Some(list) = &self.tenants.entities else { return Err("open a partition first".to_owned()) };
        let (module, pk) = (list.listing.module.clone(), list.listing.pk.clone());
        let to = match Place::parse(to).map_err(|bad| bad.to_string())? {
            Place::File(file) => Place::File(super::commands::path(&file).to_string_lossy().into_owned()),
            Place::S3 { .. } if !self.armed => {
                return Err("the console is read-only: an export to S3 writes there".to_owned());
            }
            s3 => s3,
        };
        self.tell(Level::Info, format!("exporting {pk} to {to}…"));
        let wanted = ExportWanted { pk, tenant: None, to, lossless: true, deleted: false };
        self.ask(None, Command::Export { module, wanted: Box::new(wanted) }, Self::export_answer);
        Ok(())
    }

    fn export_answer(&mut self, _: RequestId, event: Event) {
        match event {
            Event::Progress { done, .. } => {
                self.say(format!("exporting: {} so far", format::plural(done, "row", "rows")));
            }
            Event::Exported(file) => {
                let (level, text) = lines::exported(&file);
                self.tell(level, text);
                self.say(format!("{} rows in {}", file.rows, file.to));
            }
            Event::Finding(finding) => self.found(&finding),
            Event::Failed(failure) => self.refuse(failure.message),
            Event::Finished { cancelled: true } => {
                self.tell(Level::Warning, "the export was stopped: no file was left behind");
            }
            _ => {}
        }
    }

    /// Sentence on what the plan in the form would write, where it is one that exports: it has no items to preview.
    pub(crate) fn exports(&self) -> Option<String> {
        let Work::Export { source, tenant, to, lossless } = &self.plan.form.as_ref()?.plan.as_deref()?.work else {
            return None;
        };
        let kind = source.entity_type.as_deref().unwrap_or("every type");
        let place = to.as_ref().map_or_else(|| "(export.to is missing)".to_owned(), Place::to_string);
        let columns = if *lossless { "lossless" } else { "the guide's columns alone" };
        Some(format!("would write {kind} of {} for {tenant} to {place}, {columns}: R writes it", source.tenant))
    }
}
