//! Writing a file as an export plan says.

use crate::domain::csv::Place;
use crate::domain::plan::{Plan, Work};
use crate::engine::protocol::{Command, Event, ExportWanted, Level, RequestId};
use crate::language::sentences;
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
        let words = tr!("exporting to %{place}…", place = to);
        self.tell(Level::Info, words.clone());
        self.say(words);
    }

    /// Writes the live entities of the open partition into a file.
    ///
    /// # Errors
    /// The reason why it cannot be done.
    pub(crate) fn export_partition(&mut self, to: &str) -> Result<(), String> {
        let Some(list) = &self.tenants.entities else { return Err(tr!("open a partition first").into_owned()) };
        let (module, pk) = (list.listing.module.clone(), list.listing.pk.clone());
        let to = match Place::parse(to).map_err(|bad| bad.to_string())? {
            Place::File(file) => Place::File(super::commands::path(&file).to_string_lossy().into_owned()),
            Place::S3 { .. } if !self.armed => {
                return Err(tr!("the console is read-only: an export to S3 writes there").into_owned());
            }
            s3 => s3,
        };
        self.tell(Level::Info, tr!("exporting %{pk} to %{place}…", pk = pk, place = to));
        let wanted = ExportWanted { pk, tenant: None, to, lossless: true, deleted: false };
        self.ask(None, Command::Export { module, wanted: Box::new(wanted) }, Self::export_answer);
        Ok(())
    }

    fn export_answer(&mut self, _: RequestId, event: Event) {
        match event {
            Event::Progress { done, .. } => {
                let rows = format::plural(done, text!("%{n} row"), text!("%{n} rows"));
                self.say(tr!("exporting: %{rows} so far", rows = rows));
            }
            Event::Exported(file) => {
                let (level, text) = lines::exported(&file);
                self.tell(level, text);
                let rows = tr!("%{n} rows in %{place}", n = format::count(file.rows), place = file.to).into_owned();
                self.say(sentences(std::iter::once(rows).chain(lines::left_out(&file))));
            }
            Event::Finding(finding) => self.found(&finding),
            Event::Failed(failure) => self.refuse(failure.message),
            Event::Finished { cancelled: true } => {
                self.tell(Level::Warning, tr!("the export was stopped: no file was left behind"));
            }
            _ => {}
        }
    }

    /// Sentence on what the plan in the form would write, where it is one that exports: it has no items to preview.
    pub(crate) fn exports(&self) -> Option<String> {
        let Work::Export { source, tenant, to, lossless } = &self.plan.form.as_ref()?.plan.as_deref()?.work else {
            return None;
        };
        let kind = source.entity_type.clone().unwrap_or_else(|| tr!("every type").into_owned());
        let place = to.as_ref().map_or_else(|| tr!("(export.to is missing)").into_owned(), Place::to_string);
        let columns = if *lossless { tr!("lossless") } else { tr!("the guide's columns alone") };
        let words = tr!(
            "would write %{kind} of %{source} for %{tenant} to %{place}, %{columns}: R writes it",
            kind = kind,
            source = source.tenant,
            tenant = tenant,
            place = place,
            columns = columns
        );
        Some(words.into_owned())
    }
}
