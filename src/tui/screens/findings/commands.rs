//! Looking for what is wrong, and previewing its repair.

use std::collections::BTreeSet;

use super::doctor::Doctor;
use super::{FindingsBox, found};
use crate::domain::plan::{NamedEntity, Plan};
use crate::engine::protocol::{Among, Command, Event, Level, RequestId};
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::pane::Pane;
use crate::tui::screens::options::Options;
use crate::tui::screens::plan::preview::PlanPreview;

impl App {
    /// Shows what the doctor found last; looks for the first time where it never did.
    pub(crate) fn show_doctor(&mut self) {
        match self.doctor.as_ref().map(|d| d.job.request) {
            Some(request) => self.show_findings_of(request),
            None => self.look(Among::default()),
        }
    }

    /// `:doctor …`.
    ///
    /// # Errors
    /// The right use of it.
    pub(crate) fn doctor_command(&mut self, words: &[String]) -> Result<(), String> {
        let options = Options::of(words, &["module", "type", "tenant"], &[])?;
        let module = match options.words.as_slice() {
            [] => options.value("module"),
            [module] => Some(module.clone()),
            _ => return Err(tr!("doctor wants one module at most").into_owned()),
        };
        self.look(Among { module, entity_type: options.value("type"), tenant: options.value("tenant") });
        Ok(())
    }

    /// Looks for what is wrong, in a module or in all of them, or among the partitions of a type or a tenant.
    pub(crate) fn look(&mut self, among: Among) {
        let request = self.begin_to_look(among);
        self.stack.close::<FindingsBox>();
        self.show_findings_of(request);
    }

    /// Looks, in place of the doctor before.
    pub(super) fn begin_to_look(&mut self, among: Among) -> RequestId {
        if let Some(request) = self.doctor.as_ref().map(|d| d.job.request) {
            self.give_up(request);
        }
        let request = self.ask(None, Command::Doctor { among: among.clone() }, Self::doctor_answer);
        let mut doctor = Doctor::begun(request, among);
        doctor.tried_writing = self.armed;
        self.doctor = Some(doctor);
        request
    }

    /// Shows the findings again that were left to look at an entity; false where they are gone.
    pub(crate) fn findings_again(&mut self, of: RequestId) -> bool {
        let is_there = found(self, of).is_some();
        let left = self.left_findings.take_if(|left| is_there && left.of == of);
        left.map(|left| self.stack.push(left)).is_some()
    }

    fn show_findings_of(&mut self, request: RequestId) {
        if self.stack.raise(|shown: &FindingsBox| shown.of == request) {
            return;
        }
        let left = self.left_findings.take().filter(|left| left.of == request);
        self.stack.push(left.unwrap_or_else(|| FindingsBox::new(request)));
    }

    fn doctor_answer(&mut self, request: RequestId, event: Event) {
        let now = self.now;
        let Some(doctor) = self.doctor.as_mut().filter(|d| d.job.request == request) else { return };
        let has_ended = doctor.job.take(&event, now);
        match event {
            Event::Finding(finding) => doctor.take(*finding),
            Event::Progress { done, .. } => doctor.looked = done,
            _ => {}
        }
        if has_ended {
            let found = format::plural(doctor.findings.total(), text!("%{n} finding"), text!("%{n} findings"));
            let looked = format::plural(doctor.looked, text!("%{n} row"), text!("%{n} rows"));
            let told = if doctor.job.is_complete() {
                tr!("doctor is through: %{found} in %{looked} looked at", found = found, looked = looked)
            } else {
                tr!("doctor stopped: %{found} in %{looked} looked at", found = found, looked = looked)
            };
            self.tell(Level::Info, told);
        }
    }

    /// Why there is nothing to repair.
    pub(crate) fn no_repair(&self) -> Option<String> {
        let Some(doctor) = &self.doctor else { return Some(tr!("the doctor has not looked yet").into_owned()) };
        if doctor.job.running {
            return Some(tr!("the doctor is still looking: x stops it").into_owned());
        }
        if doctor.repairable > 0 && (doctor.among.entity_type.is_some() || doctor.among.tenant.is_some()) {
            return Some(tr!("a repair is of whole modules: look through one with :doctor MODULE first").into_owned());
        }
        (doctor.repairable == 0).then(|| tr!("nothing of what was found can be repaired here").into_owned())
    }

    /// Shows what repairing would write, of some entities alone where these are given: a plan of its own, in no file.
    pub(crate) fn preview_repair(&mut self, only: Option<BTreeSet<NamedEntity>>) {
        let Some(doctor) = &self.doctor else { return };
        let plan = match only {
            Some(only) => Plan::repair_of(only.into_iter().collect()),
            None => Plan::repair(doctor.among.module.clone()),
        };
        let of = doctor.job.request;
        self.preview_own(Box::new(plan)).repairs = Some(of);
    }

    /// Leaves the preview: one level back from a repair are the findings that it is of.
    pub(crate) fn leave_preview(&mut self) {
        self.plan.shows_preview = false;
        let of = self.plan.preview.as_ref().and_then(|preview| preview.repairs);
        if let Some(of) = of.filter(|of| self.doctor.as_ref().is_some_and(|d| d.job.request == *of)) {
            self.show_findings_of(of);
        }
    }

    /// Previews a plan that no form is over.
    pub(crate) fn preview_own(&mut self, plan: Box<Plan>) -> &mut PlanPreview {
        let own = Some(plan.clone());
        let preview = self.begin_preview(plan, 0);
        preview.own = own;
        preview
    }

    /// The command line that looks, or that repairs.
    pub(crate) fn line_of_doctor(&self, repair: bool) -> String {
        let among = self.doctor.as_ref().map(|d| d.among.clone()).unwrap_or_default();
        let mut words = vec!["doctor"];
        for (name, value) in [("--module", &among.module), ("--type", &among.entity_type), ("--tenant", &among.tenant)]
        {
            words.extend(value.iter().flat_map(|value| [name, value.as_str()]));
        }
        if repair {
            words.extend(["--repair", "--arm"]);
        }
        self.line(&words)
    }

    /// Shows what the preview found beside its items.
    pub(crate) fn show_findings(&mut self) {
        let Some(request) = self.plan.preview.as_ref().map(|p| p.job.request) else { return };
        let left = self.left_findings.take().filter(|left| left.of == request);
        self.focus = Pane::Plan;
        self.plan.shows_preview = true;
        self.stack.push(left.unwrap_or_else(|| FindingsBox::new(request)));
    }

    /// Why there are no findings to look at.
    pub(crate) fn no_findings(&self) -> Option<String> {
        let Some(preview) = &self.plan.preview else { return Some(tr!("no plan was previewed yet").into_owned()) };
        let is_none = preview.findings.is_empty();
        is_none.then(|| match preview.job.running {
            true => tr!("nothing was found beside the items so far").into_owned(),
            false => tr!("the preview found nothing beside the items").into_owned(),
        })
    }
}
