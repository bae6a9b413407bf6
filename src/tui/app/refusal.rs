//! Why an action cannot be done right now: for the help, the palette, and the one who tries.

use crate::domain::csv::Place;
use crate::domain::key::Version;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
use crate::tui::screens::log::progress::Stage;

impl App {
    /// Why an action cannot be done; `None` when it can.
    pub(crate) fn refusal(&self, action: Action) -> Option<String> {
        let no_engine = || self.engine_gone.then(|| "the engine has ended".to_owned());
        let no_entity = || self.history.opened.is_none().then(|| "no entity is open: Enter on one opens it".to_owned());
        let no_list = || {
            let closed = self.tenants.entities.is_none();
            closed.then(|| "no partition is open: choose one in the tree, or go straight to a key".to_owned())
        };
        match action {
            Action::Scan | Action::Reload | Action::Runs | Action::Users | Action::OpenKey => no_engine(),
            Action::Mark | Action::ClearMarks | Action::DeletedFilter => no_list(),
            Action::StepOlder
            | Action::StepNewer
            | Action::MarkVersion
            | Action::CompareWith
            | Action::CompareTenant
            | Action::View
            | Action::Bookkeeping
            | Action::Wrap => no_entity(),
            Action::ScrollUp | Action::ScrollDown if self.focus != Pane::Plan => no_entity(),
            Action::RunPlan => no_engine()
                .or_else(|| self.no_plan_to_run())
                // A file of this machine is no table: only what goes to S3 has to be armed.
                .or_else(|| {
                    let is_file = matches!(self.exports_to(), Some(Place::File(_)));
                    (!self.armed && !is_file).then(|| self.read_only())
                })
                .or_else(|| self.is_writing().then(|| "a run is under way already".to_owned())),
            Action::Batch => {
                let waits = self.run.as_ref().is_some_and(|r| r.waiting.is_some());
                (!waits).then(|| "no batch waits for a decision".to_owned())
            }
            Action::PauseRun | Action::Faster | Action::Slower | Action::StopRun => {
                let is_steered = self.run.as_ref().is_some_and(|r| r.run.is_some() && r.stage != Stage::Ended);
                (!is_steered).then(|| "no run is under way here".to_owned())
            }
            Action::PreviewPlan => no_engine().or_else(|| self.no_plan_to_run()),
            Action::Which | Action::ShowPreview if self.plan.preview.is_none() => {
                Some("no plan was previewed yet".to_owned())
            }
            Action::Doctor => no_engine(),
            Action::Watch => no_engine().or_else(|| self.no_watch()),
            Action::PlanView => self.no_view(),
            Action::Collisions => no_engine().or_else(|| self.no_collisions()),
            Action::Findings => self.no_findings(),
            Action::Violations => self.no_violations(),
            Action::VerifyPlan => no_engine().or_else(|| self.no_plan_to_run()).or_else(|| self.no_sides()),
            Action::Preview => no_engine().or_else(no_entity).or_else(|| self.no_target()),
            Action::Rollback => no_engine()
                .or_else(no_entity)
                .or_else(|| self.no_target())
                .or_else(|| (!self.armed).then(|| self.read_only()))
                .or_else(|| self.is_writing().then(|| "a run is under way already".to_owned())),
            Action::Arm if !self.armed => no_engine(),
            Action::Disarm => {
                no_engine().or_else(|| (!self.armed).then(|| "the console is read-only already".to_owned()))
            }
            Action::Copy if self.tenants.entities.is_none() && self.history.opened.is_none() => {
                Some("there is nothing to copy yet".to_owned())
            }
            Action::SavePlan | Action::EditPlan => self.no_plan(),
            Action::NextWord | Action::ClearValue => self.no_plan().or_else(|| self.no_form()),
            Action::Filter if self.focus == Pane::Plan && !self.plan.shows_preview => {
                Some("the form has no list to filter; its preview has".to_owned())
            }
            _ => None,
        }
    }

    fn no_plan(&self) -> Option<String> {
        let key = self.keymap.key(Context::Plan, Action::NewPlan).map(|k| k.to_string()).unwrap_or_default();
        self.plan.form.is_none().then(|| format!("there is no plan yet: {key} in the plan pane begins one"))
    }

    /// Why there is nothing to preview or to run.
    fn no_plan_to_run(&self) -> Option<String> {
        if self.plan.own().is_some() { None } else { self.no_plan().or_else(|| self.not_ready()) }
    }

    fn no_form(&self) -> Option<String> {
        let broken = self.plan.form.as_ref().is_some_and(|f| !f.is_toml());
        broken.then(|| "the plan's text cannot be shown as a form: edit it first".to_owned())
    }

    /// Why the plan can neither be previewed nor run.
    fn not_ready(&self) -> Option<String> {
        let problem = self.plan.form.as_ref()?.problem.as_deref()?;
        Some(format!("the plan is not ready: {}", problem.message))
    }

    /// Why nothing is written, and what to do about it.
    pub(crate) fn read_only(&self) -> String {
        let key = self.keymap.key(self.context(), Action::Arm).map(|k| k.to_string()).unwrap_or_default();
        format!("the console is read-only: {key} allows writing (it asks first)")
    }

    /// The version that a rollback would go back to.
    pub(crate) fn target(&self) -> Option<Version> {
        self.history.opened.as_ref()?.selected
    }

    fn no_target(&self) -> Option<String> {
        let opened = self.history.opened.as_ref()?;
        let Some(selected) = opened.selected else { return Some("no version is selected".to_owned()) };
        let line = opened.versions.get(selected)?;
        if line.is_gap() {
            return Some(format!("version {selected} is in no table, so there is nothing to go back to"));
        }
        line.current.then(|| format!("version {selected} is the current one: choose an earlier version"))
    }
}
