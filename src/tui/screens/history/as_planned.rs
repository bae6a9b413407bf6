//! Seeing rows as the plan in the form would make them.

use std::sync::Arc;

use crate::domain::clock::utc_millis;
use crate::domain::plan::Change;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::message::{Effect, Work};
use crate::tui::pane::Pane;
use crate::tui::parts::problem::complaint;
use crate::tui::screens::history::diffs::DiffKey;
use crate::tui::screens::history::plan_view::{PlanView, ViewedRow};
use crate::tui::screens::history::{Shown, Wanted};
use crate::worker;

fn is_empty(change: &Change) -> bool {
    change.transforms.is_empty() && change.schema.is_none()
}

impl App {
    /// Shows rows as the plan would make them, or as they are.
    pub(crate) fn toggle_view(&mut self) {
        if self.view.is_some() {
            self.end_view();
            return self.say(tr!("rows as they are stored"));
        }
        let Some(view) = self.own_view() else { return };
        if let Err(bad) = worker::changing(&view.change, &utc_millis(self.now)) {
            return self.refuse(bad.to_string());
        }
        self.say(tr!("rows as %{plan} would make them; nothing is written", plan = view.name));
        self.view = Some(view);
        self.look_again();
        if let Some(opened) = self.history.opened.as_mut().filter(|_| self.focus == Pane::History) {
            opened.shown = Shown::Row;
        }
    }

    /// View of rows through the plan in the form.
    fn own_view(&self) -> Option<PlanView> {
        let form = self.plan.form.as_ref()?;
        let plan = form.plan.as_ref().filter(|plan| !is_empty(&plan.change))?;
        let change = Arc::new(plan.change.clone());
        Some(PlanView { name: plan.name.clone(), revision: form.revision, change })
    }

    /// Why there is nothing to see rows through.
    pub(crate) fn no_view(&self) -> Option<String> {
        if self.view.is_some() {
            return None;
        }
        let key = |action| self.keymap.key(Context::Plan, action).map(|k| k.to_string()).unwrap_or_default();
        let Some(form) = &self.plan.form else {
            let new = key(Action::NewPlan);
            let words =
                tr!("there is no plan: %{new} in the plan pane begins one, with [[transform]] in its text", new = new);
            return Some(words.into_owned());
        };
        match &form.plan {
            None => form
                .problem
                .as_ref()
                .map(|problem| tr!("the plan is not ready: %{why}", why = complaint(problem)).into_owned()),
            Some(plan) if is_empty(&plan.change) => {
                let edit = key(Action::EditPlan);
                let words = tr!(
                    "the plan changes no attributes: add [[transform]], or [schema] with [[chain]] \
                     (%{edit} in the plan pane edits its text)",
                    edit = edit
                );
                Some(words.into_owned())
            }
            Some(_) => None,
        }
    }

    /// Rows are shown as they are stored from here on.
    pub(crate) fn end_view(&mut self) {
        if self.view.take().is_some() {
            self.look_again();
        }
    }

    /// Reads what is listed once more, through the view or without it.
    fn look_again(&mut self) {
        let view = self.view.as_ref().map(|v| v.change.clone());
        if let Some(opened) = &mut self.history.opened {
            opened.viewed = None;
            opened.viewing = None;
            opened.arranged.of = None;
        }
        let generation = self.generation();
        let Some(list) = &mut self.tenants.entities else { return };
        list.listing.resolve = view.is_some();
        list.listing.view = view;
        list.generation = generation;
        list.problem = None;
        list.pages.forget_all();
        if list.search.is_some() {
            list.filter_kept();
        }
        if let Some((_, request)) = list.reading.take() {
            self.give_up(request);
        }
    }

    /// Follows the plan as it is changed, and works out the row that is on screen.
    pub(crate) fn pump_view(&mut self) {
        let Some(view) = &self.view else { return };
        let form = self.plan.form.as_ref();
        if form.is_none_or(|f| f.revision != view.revision && f.plan.as_ref().is_some_and(|p| is_empty(&p.change))) {
            self.end_view();
            return self.say(tr!("rows as they are stored: the plan changes no attributes any more"));
        }
        if form.is_some_and(|f| f.revision != view.revision && f.plan.is_some()) {
            let is_same = |new: &PlanView| new.change == view.change;
            match self.own_view() {
                // The rows that are there were seen through the same operations.
                Some(new) if is_same(&new) => {
                    self.view = Some(PlanView { change: view.change.clone(), ..new });
                }
                new => {
                    self.view = new;
                    self.look_again();
                }
            }
        }
        let (Some(view), Some(opened)) = (&self.view, &mut self.history.opened) else { return };
        let Wanted::Diff(key) = opened.wanted() else { return };
        let is_there =
            opened.viewed.as_ref().is_some_and(|(of, _)| *of == key) || opened.viewing.as_ref() == Some(&key);
        let Some(diff) = opened.diffs.get(&key).filter(|_| opened.shown == Shown::Row && !is_there) else { return };
        opened.viewing = Some(key.clone());
        let job = Work::View {
            generation: opened.generation,
            key,
            row: diff.stored.clone(),
            change: view.change.clone(),
            now: utc_millis(self.now),
        };
        self.effect(Effect::Build(job));
    }

    /// A row was worked out.
    pub(crate) fn row_viewed(&mut self, generation: u64, key: DiffKey, change: &Arc<Change>, row: ViewedRow) {
        let is_own = self.view.as_ref().is_some_and(|view| Arc::ptr_eq(&view.change, change));
        let Some(opened) = self.history.opened.as_mut().filter(|o| is_own && o.generation == generation) else {
            return;
        };
        opened.viewing.take_if(|of| *of == key);
        opened.arranged.of = None;
        opened.viewed = Some((key, Arc::new(row)));
    }
}
