//! Previews, rollbacks, approvals and recorded runs.

use std::path::PathBuf;

use crate::domain::key::Version;
use crate::domain::run::{Outcome, RunId, RunState};
use crate::engine::protocol::{ApprovalRequest, Command, Decision, EntityRef, ItemResult, Preview, RequestId, RunInfo};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::layers::Layer;
use crate::tui::layers::approval::Approval;
use crate::tui::layers::preview::PreviewBox;
use crate::tui::layers::runs::Runs;
use crate::tui::message::Purpose;

impl App {
    /// Shows what rolling back to the selected version would write.
    pub(super) fn preview_selected(&mut self) {
        let Some(to) = self.target() else { return };
        let Some(entity) = self.history.opened.as_ref().map(|o| o.entity.clone()) else { return };
        let request =
            self.send(Command::PreviewRollback { entity: entity.clone(), to, expect: None }, Purpose::Preview);
        self.layers.push(Layer::Preview(PreviewBox::reading(request, entity, to)));
    }

    pub(super) fn previewed(&mut self, request: RequestId, preview: Preview) {
        for layer in &mut self.layers {
            if let Layer::Preview(shown) = layer {
                shown.take(request, &preview);
            }
        }
    }

    /// Asks the engine to roll back to the selected version; it answers with an approval to decide.
    pub(crate) fn roll_back_selected(&mut self) {
        let Some(to) = self.target() else { return };
        let Some(opened) = &self.history.opened else { return };
        // What is on screen is what is rolled back: a version written meanwhile is a conflict.
        let (entity, expect) = (opened.entity.clone(), opened.versions.current());
        let purpose = Purpose::Rollback(entity.clone(), to);
        self.send(Command::Rollback { entity, to, expect }, purpose);
        self.say(format!("working out the rollback to version {to}…"));
    }

    /// `:rollback N`.
    pub(crate) fn roll_back_to(&mut self, to: Version) {
        self.go_to_version(to);
        if self.target() == Some(to) {
            self.perform(Action::Rollback);
        }
    }

    pub(super) fn approval_needed(&mut self, request: RequestId, approval: ApprovalRequest) {
        self.notice = None;
        // A decision stands above everything else that is open.
        self.layers.push(Layer::Approval(Box::new(Approval::new(request, approval))));
    }

    /// Sends a decision.
    pub(crate) fn decide(&mut self, approval: &ApprovalRequest, decision: Decision) {
        let (run, batch, digest) = (approval.run, approval.batch, approval.digest.clone());
        match decision {
            Decision::Approve { .. } => self.say("approved: writing…"),
            _ => self.say("stopped: nothing is written"),
        }
        self.send(Command::Decide { run, batch, digest, decision }, Purpose::Decide);
    }

    pub(super) fn item_ended(&mut self, item: &ItemResult) {
        let Some(outcome) = item.outcome else { return };
        let (key, why) = (&item.entity.key, item.message.clone().or_else(|| item.reason.map(|r| r.to_string())));
        let why = why.map(|w| format!(": {w}")).unwrap_or_default();
        match outcome {
            Outcome::Done => self.say(format!("done: {key} is at version {} now", item.version_after)),
            Outcome::Equal => self.say(format!("{key} is as wanted already{why}")),
            _ => self.refuse(format!("{outcome}, nothing was written to {key}{why}")),
        }
    }

    /// A rollback ended: what is on screen of its entity may be old.
    pub(super) fn written(&mut self, entity: &EntityRef) {
        if self.history.opened.as_ref().is_some_and(|o| o.entity == *entity) {
            if let Some(opened) = &mut self.history.opened {
                opened.chosen = false;
            }
            self.reload_history();
        }
        if let Some(list) = self.tenants.entities.as_mut().filter(|l| l.listing.pk == entity.key.pk) {
            list.pages.forget_all();
        }
    }

    /// Lists the recorded runs.
    pub(super) fn show_runs(&mut self) {
        let request = self.send(Command::Runs, Purpose::Runs);
        self.layers.push(Layer::Runs(Box::new(Runs::reading(request))));
    }

    /// Writes a run's journal into a file.
    pub(crate) fn export_run(&mut self, run: RunId, file: PathBuf) {
        self.send(Command::ExportRun { run, file }, Purpose::Export);
    }

    /// Why a run cannot be gone on with.
    pub(crate) fn no_resume(&self, info: &RunInfo) -> Option<String> {
        match info.state {
            RunState::Done | RunState::Undone => {
                Some(format!("run {} is {}: there is nothing to go on with", info.run, info.state))
            }
            _ if !self.armed => Some(self.read_only()),
            _ if self.is_writing() => Some("a run is under way already".to_owned()),
            _ => None,
        }
    }

    pub(super) fn listed_run(&mut self, request: RequestId, run: RunInfo) {
        if let Some(runs) = self.runs_layer() {
            runs.take_run(request, run);
        }
    }

    pub(super) fn runs_layer(&mut self) -> Option<&mut Runs> {
        self.layers.iter_mut().find_map(|l| match l {
            Layer::Runs(runs) => Some(runs.as_mut()),
            _ => None,
        })
    }
}
