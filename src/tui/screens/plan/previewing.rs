//! Previewing the plan in the pane, and reading the items of previews and runs that are on screen.

use crate::domain::plan::Plan;
use crate::domain::run::Action;
use crate::engine::protocol::{Command, Event, Level, RequestId};
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::pane::Pane;
use crate::tui::parts::problem::complaint;
use crate::tui::screens::item::ItemBox;
use crate::tui::screens::items::Items;
use crate::tui::screens::plan::preview::PlanPreview;
use crate::tui::screens::violations::Violations;

impl App {
    /// Finds out what the plan in the pane would do; one that is being found out is given up.
    pub(crate) fn preview_plan(&mut self) {
        if let Some(plan) = self.plan.own().cloned() {
            let repairs = self.plan.preview.as_ref().and_then(|preview| preview.repairs);
            self.preview_own(Box::new(plan)).repairs = repairs;
            return;
        }
        if let Some(words) = self.exports() {
            self.tell(Level::Info, words.clone());
            return self.say(words);
        }
        // Files that it names may have changed since it was read.
        if let Some(form) = &mut self.plan.form {
            form.check();
        }
        if let Some(problem) = self.plan.form.as_ref().and_then(|form| form.problem.as_ref()) {
            let words = tr!("the plan is not ready: %{message}", message = complaint(problem)).into_owned();
            return self.refuse(words);
        }
        let Some((plan, revision)) = self.plan.form.as_ref().and_then(|f| Some((f.plan.clone()?, f.revision))) else {
            return;
        };
        let decided = self.plan.form.as_ref().and_then(|f| f.decisions()).map(|(d, _)| d.to_vec());
        self.begin_preview(plan, revision).decided = decided.unwrap_or_default();
    }

    /// Finds out what a plan would do, in place of the preview before.
    pub(crate) fn begin_preview(&mut self, plan: Box<Plan>, revision: u64) -> &mut PlanPreview {
        self.end_preview();
        let request = self.ask(Pane::Plan, Command::PreviewPlan { plan, keep: true }, Self::preview_answer);
        self.plan.shows_preview = true;
        self.focus = Pane::Plan;
        self.plan.preview.insert(PlanPreview::begun(request, revision))
    }

    /// The preview goes; what it still waits for is given up.
    pub(crate) fn end_preview(&mut self) {
        if let Some(preview) = self.plan.preview.take() {
            self.give_up(preview.job.request);
        }
    }

    fn preview_answer(&mut self, request: RequestId, event: Event) {
        if let Event::Finding(finding) = &event {
            self.found(finding);
        }
        let now = self.now;
        let Some(preview) = self.plan.preview.as_mut().filter(|p| p.job.request == request) else { return };
        preview.job.take(&event, now);
        match event {
            Event::Progress { done, .. } => preview.found = done,
            Event::Finding(finding) => {
                preview.findings.take(*finding);
            }
            Event::Planned(summary) => {
                let mut items = Items::new(summary.run);
                // It may have been typed while they were found out.
                items.narrow(items.which(), preview.filter.text());
                preview.items = Some(items);
                preview.summary = Some(summary);
            }
            _ => {}
        }
    }

    /// The digest of the preview that is on screen, where it is one of the plan as it stands.
    pub(crate) fn fresh_digest(&self) -> Option<String> {
        let preview = self.plan.preview.as_ref()?;
        let is_fresh = match preview.own {
            // A plan of its own cannot change; it is the one that runs while it is on screen.
            Some(_) => self.plan.shows_preview,
            None => self.plan.form.as_ref().is_some_and(|f| f.revision == preview.revision),
        };
        preview.summary.as_ref().filter(|_| is_fresh).map(|s| s.digest.clone())
    }

    /// The listing of the preview.
    fn preview_items(&mut self) -> Option<&mut Items> {
        self.plan.preview.as_mut().and_then(|p| p.items.as_mut())
    }

    /// Asks for what the listing of the preview lacks.
    pub(crate) fn pump_items(&mut self) {
        // A page and an item may be asked for at once.
        for _ in 0..2 {
            let Some(items) = self.preview_items() else { return };
            let Some(wanted) = items.wanted() else { return };
            let command = items.command(&wanted);
            let request = self.ask(None, command, Self::items_answer);
            if let Some(items) = self.preview_items() {
                items.asked(&wanted, request);
            }
        }
    }

    /// Takes an answer for the listing of the preview; one that it does not wait for any more is passed over.
    fn items_answer(&mut self, request: RequestId, event: Event) {
        if let Some(items) = self.preview_items().filter(|items| items.waits_for(request)) {
            items.answer(request, event);
        }
    }

    /// Shows the selected item whole.
    pub(crate) fn open_item(&mut self) {
        let described = self.preview_items().and_then(|items| items.described().map(|d| d.whole()));
        match described {
            Some(described) => self.stack.push(ItemBox::new(described)),
            None => self.say(tr!("its rows are being read")),
        }
    }

    /// Lists other items of the preview.
    pub(crate) fn next_which(&mut self) {
        let Some(preview) = &mut self.plan.preview else { return };
        let text = preview.filter.text().to_owned();
        let Some(items) = &mut preview.items else { return };
        let which = items.which().next();
        items.narrow(which, &text);
        self.say(tr!("items: %{which}", which = which.word()));
    }

    /// Shows what items do not hold.
    pub(crate) fn show_violations(&mut self) {
        self.stack.push(Violations::default());
    }

    /// Shows the violations again that were left to look at an entity; false where another preview has come since.
    pub(crate) fn violations_again(&mut self, of: RequestId) -> bool {
        let is_there = self.plan.preview.as_ref().is_some_and(|p| p.job.request == of);
        let is_back = is_there && self.stack.bring_back::<Violations>();
        if is_back {
            self.focus = Pane::Plan;
        }
        is_back
    }

    /// Why there is nothing that items do not hold.
    pub(crate) fn no_violations(&self) -> Option<String> {
        let Some(preview) = &self.plan.preview else { return Some(tr!("no plan was previewed yet").into_owned()) };
        let Some(summary) = &preview.summary else { return Some(tr!("the preview is not complete").into_owned()) };
        if !summary.violated.is_empty() {
            return None;
        }
        let plan = self.plan.form.as_ref().and_then(|f| f.plan.as_ref()).filter(|_| preview.own.is_none());
        let checks = plan.is_some_and(|p| !p.change.validate.is_empty());
        let invalid = summary.actions.iter().find(|(action, _)| *action == Action::Invalid).map_or(0, |(_, n)| *n);
        Some(match (checks, invalid) {
            (false, _) => tr!("the plan checks nothing: [validate] in its text does").into_owned(),
            (true, 0) => tr!("no item violates what the plan checks").into_owned(),
            (true, n) => format::plural(
                n,
                text!("no item violates what the plan checks; %{n} item is invalid for other reasons"),
                text!("no item violates what the plan checks; %{n} items are invalid for other reasons"),
            ),
        })
    }

    /// Lists the items that a text finds.
    pub(crate) fn only_items(&mut self, text: &str) {
        let Some(preview) = &mut self.plan.preview else { return };
        preview.filter.clear();
        preview.filter.paste(text);
        if let Some(items) = &mut preview.items {
            items.narrow(crate::tui::screens::items::Which::All, text);
        }
        self.plan.shows_preview = true;
        self.focus = crate::tui::pane::Pane::Plan;
    }

    /// The text behind `/` may have another value.
    pub(crate) fn preview_filter(&mut self) {
        let Some(preview) = &mut self.plan.preview else { return };
        let text = preview.filter.text().to_owned();
        if let Some(items) = preview.items.as_mut().filter(|items| items.text() != text) {
            items.narrow(items.which(), &text);
        }
    }
}
