//! Taking the open entity back to the selected version: a plan of one entity, previewed, approved and run as any other.

use crate::domain::key::Version;
use crate::domain::plan::Plan;
use crate::domain::run::Outcome;
use crate::engine::protocol::{Command, EntityRef, ItemResult, RequestId};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::pane::Pane;
use crate::tui::screens::item::ItemBox;
use crate::tui::screens::log::progress::Single;

fn plan(entity: &EntityRef, to: Version, expect: Option<Version>) -> Box<Plan> {
    Box::new(Plan::rollback_of(&entity.module, &entity.key, to, expect))
}

impl App {
    /// Shows what rolling back to the selected version would write.
    pub(crate) fn preview_selected(&mut self) {
        let Some(to) = self.target() else { return };
        let Some(entity) = self.history.opened.as_ref().map(|o| o.entity.clone()) else { return };
        let command = Command::PreviewPlan { plan: plan(&entity, to, None), keep: false };
        let request = self.ask_for_screen(command);
        self.stack.push(ItemBox::of_rollback(request, entity, to));
    }

    /// Runs the rollback to the selected version: the engine asks before it writes.
    pub(crate) fn roll_back_selected(&mut self) {
        let Some(to) = self.target() else { return };
        let Some(opened) = &self.history.opened else { return };
        // The version on screen is the one that is rolled back: a version written meanwhile is a conflict.
        let (entity, expect) = (opened.entity.clone(), opened.versions.current());
        self.begin_run(plan(&entity, to, expect), None);
        if let Some(run) = &mut self.run {
            run.single = Some(Single { entity, ended: None });
        }
        self.say(tr!("working out the rollback to version %{version}…", version = to));
    }

    /// `:rollback N`.
    pub(crate) fn roll_back_to(&mut self, to: Version) {
        self.go_to_version(to);
        if self.target() == Some(to) {
            self.perform(Action::Rollback);
        }
    }

    /// A rollback has ended: the operator is led back to the history that it was begun from, and reads what became of it.
    pub(crate) fn rolled_back(&mut self, request: RequestId) {
        let Some(run) = self.followed(request) else { return };
        let is_broken = run.problem.is_some();
        let Some(Single { entity, ended }) = run.single.take() else { return };
        let is_done = ended.as_ref().is_some_and(|item| item.outcome == Some(Outcome::Done));
        if let Some(opened) = self.history.opened.as_mut().filter(|opened| opened.entity == entity) {
            // The version that was written is looked at next.
            opened.chosen &= !is_done;
            if self.focus == Pane::Log {
                self.focus = Pane::History;
            }
        }
        match ended {
            Some(item) => self.say_outcome(&item),
            None if is_broken => {}
            None => self.say(tr!("nothing was written to %{entity}", entity = entity.key)),
        }
    }

    fn say_outcome(&mut self, item: &ItemResult) {
        let Some(outcome) = item.outcome else { return };
        let (key, why) = (&item.entity.key, item.message.clone().or_else(|| item.reason.map(|r| r.to_string())));
        let why = why.map(|w| format!(": {w}")).unwrap_or_default();
        match outcome {
            Outcome::Done => self.say(tr!(
                "done: %{entity} is at version %{version} now",
                entity = key,
                version = item.version_after
            )),
            Outcome::Equal => self.say(tr!("%{entity} is as wanted already%{why}", entity = key, why = why)),
            _ => self.refuse(tr!(
                "%{outcome}, nothing was written to %{entity}%{why}",
                outcome = outcome,
                entity = key,
                why = why
            )),
        }
    }
}
