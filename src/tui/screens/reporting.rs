//! Reports as files: of a run, of the preview, and of what the doctor found.

use std::path::{Path, PathBuf};

use crate::domain::clock::utc_millis;
use crate::domain::run::{BadRunId, RunId};
use crate::engine::protocol::{Command, Event, RunReport};
use crate::evidence::{DoctorReport, PreviewItems, Report, of_doctor, of_preview, of_run, place_of};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::message::Effect;
use crate::tui::screens::plan::commands::path;

impl App {
    /// `:report RUN|preview|doctor FILE`.
    ///
    /// # Errors
    /// A message about the words that it wants instead.
    pub(crate) fn report_command(&mut self, what: &str, file: &str) -> Result<(), String> {
        let file = path(file);
        if !file.extension().is_some_and(|extension| extension == "md" || extension == "html") {
            return Err(tr!("report wants the name of a file that ends in .md or .html").into_owned());
        }
        match what {
            "preview" => self.report_preview(file),
            "doctor" => self.report_doctor(file),
            run => {
                let run = run.parse().map_err(|e: BadRunId| e.to_string())?;
                self.ask_report(run, move |app, report| {
                    app.write_report(&file, &of_run(&report, &app.headless_prefix))
                });
            }
        }
        Ok(())
    }

    fn ask_report(&mut self, run: RunId, then: impl Fn(&mut Self, RunReport) + Send + Sync + 'static) {
        self.ask(None, Command::ReportRun { run }, move |app, _, event| match event {
            Event::Reported(report) => then(app, *report),
            Event::Failed(failure) => app.refuse(failure.message),
            _ => {}
        });
    }

    fn report_preview(&mut self, file: PathBuf) {
        let Some(summary) = self.plan.preview.as_ref().and_then(|preview| preview.summary.clone()) else {
            let key = self.key_of(Context::Plan, Action::PreviewPlan);
            return self.refuse(tr!("there is no preview: %{key} in the plan makes one", key = key));
        };
        self.ask_report(summary.run, move |app, report| {
            let RunReport { info, problems, changed, .. } = report;
            let subject = place_of(&info, &summary.digest);
            let items = PreviewItems::of(problems, changed);
            let about = (info.operation.as_str(), info.reason.as_str(), info.started_at.as_str());
            let report = of_preview(&subject, about, &summary, items);
            app.write_report(&file, &report);
        });
    }

    fn report_doctor(&mut self, file: PathBuf) {
        let Some(doctor) = self.doctor.as_ref().filter(|doctor| !doctor.job.running) else {
            return self.refuse(tr!("the doctor has not looked yet: `:doctor` does"));
        };
        let mut report = DoctorReport::new(doctor.among.clone(), utc_millis(self.now));
        report.profile.clone_from(&self.profile.name);
        report.environment = format!("{} of {}", self.profile.environment, self.profile.app);
        report.looked = doctor.looked;
        doctor.findings.kept().iter().for_each(|finding| report.add(finding));
        self.write_report(&file, &of_doctor(report));
    }

    fn write_report(&mut self, file: &Path, report: &Report) {
        self.effect(Effect::WriteReport { file: file.to_path_buf(), text: report.for_file(file) });
    }
}
