//! Keys that several rows want: opening their screen, and reading what it lacks.

use crate::engine::protocol::Command;
use crate::tui::app::App;
use crate::tui::layers::Layer;
use crate::tui::layers::collisions::{Collisions, Wanted};
use crate::tui::layers::findings::FindingsBox;
use crate::tui::message::Purpose;
use crate::tui::paged::PAGE;
use crate::tui::panes::Pane;

impl App {
    /// Shows the keys that several rows want.
    pub(super) fn show_collisions(&mut self) {
        let generation = self.generation();
        let run = self.plan.preview.as_ref().and_then(|p| p.summary.as_ref()).map(|s| s.run);
        if let Some(run) = run {
            self.focus = Pane::Plan;
            self.plan.shows_preview = true;
            self.layers.push(Layer::Collisions(Box::new(Collisions::new(run, generation))));
        }
    }

    /// Shows what the preview found beside its items.
    pub(super) fn show_findings(&mut self) {
        let Some(request) = self.plan.preview.as_ref().map(|p| p.request) else { return };
        let left = self.left_findings.take().filter(|left| left.of == request);
        self.focus = Pane::Plan;
        self.plan.shows_preview = true;
        self.layers.push(Layer::Findings(left.unwrap_or_else(|| Box::new(FindingsBox::new(request)))));
    }

    /// Why there are no keys to decide about.
    pub(super) fn no_collisions(&self) -> Option<String> {
        let Some(preview) = &self.plan.preview else { return Some("no plan was previewed yet".to_owned()) };
        if self.plan.form.as_ref().is_none_or(|f| f.decisions().is_none()) {
            return Some("only plans that normalise tenant codes have rows that want the same key".to_owned());
        }
        preview.summary.is_none().then(|| "the preview is not complete".to_owned())
    }

    /// Why there are no findings to look at.
    pub(super) fn no_findings(&self) -> Option<String> {
        let Some(preview) = &self.plan.preview else { return Some("no plan was previewed yet".to_owned()) };
        let is_none = preview.findings.is_empty();
        is_none.then(|| match preview.running {
            true => "nothing was found beside the items so far".to_owned(),
            false => "the preview found nothing beside the items".to_owned(),
        })
    }

    /// The screen with a generation.
    pub(super) fn collisions(&mut self, generation: u64) -> Option<&mut Collisions> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Collisions(collisions) if collisions.generation == generation => Some(collisions.as_mut()),
            _ => None,
        })
    }

    /// Asks for what the screen lacks.
    pub(super) fn pump_collisions(&mut self) {
        for _ in 0..2 {
            let Some(Layer::Collisions(collisions)) = self.layers.last_mut() else { return };
            let Some(wanted) = collisions.wanted() else { return };
            let (run, generation, filter) = (collisions.run, collisions.generation, collisions.filter());
            let command = match &wanted {
                Wanted::Page(page) => {
                    let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
                    Command::Collisions { run, filter, from: page * PAGE, limit }
                }
                Wanted::Rows(key) => Command::ShowCollision { run, items: key.items.clone() },
            };
            let request = self.send(command, Purpose::Collisions(generation));
            if let Some(collisions) = self.collisions(generation) {
                collisions.asked(wanted, request);
            }
        }
    }
}
