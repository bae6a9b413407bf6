//! The plan pane: the form over a plan, or its preview.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{form_view, preview_view};
use crate::domain::csv::Place;
use crate::domain::plan::Work;
use crate::domain::run::Operation;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::pane::Pane;
use crate::tui::parts::Filter;
use crate::tui::parts::filter::Typed;
use crate::tui::parts::hits::Kind;
use crate::tui::parts::problem::complaint;
use crate::tui::parts::scroll::Step;
use crate::tui::screen::PaneScreen;

/// The pane.
pub(crate) struct PlanPane;

impl PaneScreen for PlanPane {
    fn context(&self, app: &App) -> Context {
        if app.plan.shows_preview { Context::Preview } else { Context::Plan }
    }

    fn act(&self, app: &mut App, action: Action) -> bool {
        match action {
            Action::RunPlan => app.run_plan(),
            Action::PreviewPlan => app.preview_plan(),
            Action::ShowPreview => app.plan.shows_preview = true,
            Action::Which => app.next_which(),
            Action::Summary => app.show_summary(),
            Action::Collisions => app.show_collisions(),
            Action::Findings => app.show_findings(),
            Action::Violations => app.show_violations(),
            Action::VerifyPlan => app.show_verification(),
            Action::Rehearse => app.rehearse(),
            Action::NewPlan
            | Action::OpenPlan
            | Action::SavePlan
            | Action::EditPlan
            | Action::NextWord
            | Action::ClearValue => app.plan_action(action),
            Action::RemoveStep | Action::StepUp | Action::StepDown => app.step_action(action),
            _ => return false,
        }
        true
    }

    fn refusal(&self, app: &App, action: Action) -> Option<String> {
        match action {
            Action::RunPlan => app
                .no_engine()
                .or_else(|| app.no_plan_to_run())
                // A file of this machine is no table: only what goes to S3 has to be armed.
                .or_else(|| {
                    let is_file = matches!(app.exports_to(), Some(Place::File(_)));
                    (!app.armed && !is_file).then(|| app.read_only())
                })
                .or_else(|| app.is_writing().then(|| tr!("a run is under way already").into_owned())),
            Action::PreviewPlan => app.no_engine().or_else(|| app.no_plan_to_run()),
            Action::Which | Action::Summary | Action::ShowPreview if app.plan.preview.is_none() => {
                Some(tr!("no plan was previewed yet").into_owned())
            }
            Action::Collisions => app.no_engine().or_else(|| app.no_collisions()),
            Action::Findings => app.no_findings(),
            Action::Violations => app.no_violations(),
            Action::VerifyPlan => app.no_engine().or_else(|| app.no_plan_to_run()).or_else(|| app.no_sides()),
            Action::Rehearse => app.no_rehearsal(),
            Action::ShowCommand
                if app.focus == Pane::Plan
                    && app.plan.own().is_some_and(|own| matches!(own.work, Work::RepairOf(_))) =>
            {
                Some(tr!("no command line does the same: there a repair is of whole modules").into_owned())
            }
            Action::SavePlan | Action::EditPlan => app.no_plan(),
            Action::NextWord | Action::ClearValue => app.no_plan().or_else(|| app.no_form()),
            Action::RemoveStep | Action::StepUp | Action::StepDown => app.no_plan().or_else(|| app.no_step()),
            Action::Filter if app.focus == Pane::Plan && !app.plan.shows_preview => {
                Some(tr!("the form has no list to filter; its preview has").into_owned())
            }
            _ => None,
        }
    }

    fn go(&self, app: &mut App, action: Action) -> bool {
        match (action, app.plan.shows_preview) {
            (Action::Back | Action::Left, true) => app.leave_preview(),
            (Action::Open | Action::Right, true) => app.open_item(),
            (Action::Back, false) => app.focus = Pane::Tenants,
            (Action::Open, false) => app.open_row(),
            (Action::Left | Action::Right, false) => {
                if let Some(form) = &mut app.plan.form {
                    form.turn(action == Action::Right);
                }
            }
            (Action::Cancel, _) => {
                let waited = app.requests.of(Pane::Plan);
                app.stop_waiting(waited);
            }
            (action, _) => match Step::of(action) {
                Some(step @ Step::HalfPages(_)) => app.plan.slide(step),
                Some(step) => app.plan.step(step),
                None => return false,
            },
        }
        true
    }

    fn typed(&self, app: &mut App, key: Key) -> bool {
        app.value_key(key)
    }

    fn is_typing(&self, app: &mut App) -> bool {
        app.plan.is_typing() || self.filter(app).is_some_and(|filter| filter.typing())
    }

    fn paste(&self, app: &mut App, text: &str) {
        app.value_pasted(text);
    }

    fn slide(&self, app: &mut App, over: Kind, step: Step) {
        match over {
            Kind::Text if app.plan.shows_preview => app.plan.slide(step),
            _ => app.plan.step(step),
        }
    }

    fn filter<'a>(&self, app: &'a mut App) -> Option<&'a mut Filter> {
        app.plan.preview.as_mut().filter(|_| app.plan.shows_preview).map(|p| &mut p.filter)
    }

    fn filtered(&self, app: &mut App, _: Typed) {
        app.preview_filter();
    }

    fn hints(&self, app: &App) -> &'static [Action] {
        if app.plan.preview.as_ref().is_some_and(|p| app.plan.shows_preview && p.has_nothing_to_run()) {
            return &[
                Action::PreviewPlan,
                Action::Findings,
                Action::Which,
                Action::Filter,
                Action::Open,
                Action::ScrollDown,
                Action::Back,
                Action::Zoom,
            ];
        }
        if app.plan.shows_preview {
            return &[
                Action::PreviewPlan,
                Action::RunPlan,
                Action::Collisions,
                Action::Findings,
                Action::Which,
                Action::Filter,
                Action::Open,
                Action::ScrollDown,
                Action::Back,
                Action::Zoom,
            ];
        }
        if app.plan.form.is_none() {
            return &[Action::NewPlan, Action::OpenPlan, Action::Zoom, Action::Back];
        }
        &[
            Action::PreviewPlan,
            Action::Open,
            Action::NextWord,
            Action::RunPlan,
            Action::StepUp,
            Action::StepDown,
            Action::RemoveStep,
            Action::SavePlan,
            Action::EditPlan,
            Action::OpenPlan,
            Action::NewPlan,
            Action::Zoom,
        ]
    }

    fn draw(&self, app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        match app.plan.shows_preview {
            true => preview_view::draw(app, buffer, area),
            false => form_view::draw(app, buffer, area),
        }
    }
}

impl App {
    fn no_plan(&self) -> Option<String> {
        let key = self.key_of(Context::Plan, Action::NewPlan);
        let words = || tr!("there is no plan yet: %{key} in the plan pane begins one", key = key).into_owned();
        self.plan.form.is_none().then(words)
    }

    /// Why there is nothing to preview or to run.
    fn no_plan_to_run(&self) -> Option<String> {
        if self.plan.own().is_some() { None } else { self.no_plan().or_else(|| self.not_ready()) }
    }

    /// Why the plan cannot be rehearsed.
    pub(crate) fn no_rehearsal(&self) -> Option<String> {
        self.no_engine().or_else(|| self.no_plan_to_run()).or_else(|| {
            let own = self.plan.own().or_else(|| self.plan.form.as_ref().and_then(|form| form.plan.as_deref()));
            let operation = own.map(|plan| plan.work.operation())?;
            let is_none = matches!(operation, Operation::Export | Operation::Repair);
            let words = || {
                tr!("a plan that is no more than %{operation} cannot be rehearsed", operation = operation).into_owned()
            };
            is_none.then(words)
        })
    }

    fn no_form(&self) -> Option<String> {
        let broken = self.plan.form.as_ref().is_some_and(|f| !f.is_toml());
        broken.then(|| tr!("the plan's text cannot be shown as a form: edit it first").into_owned())
    }

    /// Why the plan can neither be previewed nor run.
    fn not_ready(&self) -> Option<String> {
        let form = self.plan.form.as_ref()?;
        if form.lacks_file() {
            return Some(tr!("the plan is not ready: it names no file yet (source.file)").into_owned());
        }
        let problem = form.problem.as_deref()?;
        Some(tr!("the plan is not ready: %{message}", message = complaint(problem)).into_owned())
    }
}
