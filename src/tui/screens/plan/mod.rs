//! The plan pane: a form over a plan file.

pub(crate) mod commands;
pub(crate) mod editing;
mod export;
pub(crate) mod form;
pub(crate) mod form_view;
pub(crate) mod pane;
pub(crate) mod preview;
pub(crate) mod preview_view;
mod previewing;
pub(crate) mod scanned;
pub(crate) mod step;
pub(crate) mod summary;

use form::Form;
use preview::PlanPreview;

use crate::domain::plan::Work;
use crate::engine::protocol::PlanSummary;
use crate::tui::parts::Scroll;
use crate::tui::parts::scroll::Step;
use crate::tui::screens::rehearsal::Rehearsing;

/// The pane.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The plan being built.
    pub(crate) form: Option<Form>,
    /// Preview of the plan as it stands or as it stood.
    pub(crate) preview: Option<PlanPreview>,
    /// The preview is on screen, not the form.
    pub(crate) shows_preview: bool,
    /// The last rehearsal, or the one that is under way.
    pub(crate) rehearsal: Option<Rehearsing>,
    /// The plan's text while it cannot be shown as a form, or what to do without a plan.
    pub(crate) text: Scroll,
    lines: usize,
}

impl Plan {
    /// Moves through what is shown.
    pub(crate) fn step(&mut self, step: Step) {
        if self.shows_preview {
            if let Some(items) = self.preview.as_mut().and_then(|p| p.items.as_mut()) {
                items.step(step);
            }
            return;
        }
        match &mut self.form {
            Some(form) if form.is_toml() => form.step(step),
            _ => self.text.slide(step, self.lines),
        }
    }

    /// The plan that is previewed, where it is on screen and not the one in the form.
    pub(crate) fn own(&self) -> Option<&crate::domain::plan::Plan> {
        self.preview.as_ref().filter(|_| self.shows_preview).and_then(|p| p.own.as_deref())
    }

    /// Whether there is a plan.
    pub(crate) fn is_begun(&self) -> bool {
        self.form.is_some() || self.own().is_some()
    }

    /// The work of the plan on screen.
    fn work(&self) -> Option<&Work> {
        let form = || self.form.as_ref().and_then(|f| f.plan.as_deref());
        self.own().or_else(form).map(|plan| &plan.work)
    }

    /// Results of the preview of the plan on screen.
    fn found(&self) -> Option<&PlanSummary> {
        let preview = self.preview.as_ref()?;
        let is_of_form = || preview.own.is_none() && self.form.as_ref().is_some_and(|f| f.revision == preview.revision);
        preview.summary.as_deref().filter(|_| self.shows_preview || is_of_form())
    }

    /// The tenant that the plan on screen would write to; the one that it reads, where it writes in place.
    pub(crate) fn target_tenant(&self) -> Option<&str> {
        // Where a plan names no tenant, such as one that takes a run back, its preview found the tenant.
        self.work()?.target_tenant().or_else(|| self.found()?.tenant.as_deref())
    }

    /// True where the preview on screen found entities of several tenants.
    pub(crate) fn is_for_several(&self) -> bool {
        let is_of_users = matches!(self.work(), Some(Work::Users { .. }));
        let finds_some = |found: &PlanSummary| found.actions.iter().any(|(_, n)| *n > 0);
        // A move writes to both of its ends.
        let is_of_both =
            matches!(self.work(), Some(Work::Move { .. })) && self.found().is_some_and(|f| f.tenant.is_none());
        !is_of_users && (is_of_both || self.target_tenant().is_none()) && self.found().is_some_and(finds_some)
    }

    /// Whether keys go to a value being typed.
    pub(crate) fn is_typing(&self) -> bool {
        self.form.as_ref().is_some_and(|f| f.editing.is_some())
    }

    /// Scrolls what is shown of the selected item.
    pub(crate) fn slide(&mut self, step: Step) {
        if let Some(items) = self.preview.as_mut().and_then(|p| p.items.as_mut()) {
            let len = items.described().map_or(0, |d| d.len());
            items.detail.slide(step, len);
        }
    }

    /// Whether the plan stands in no file as it is.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.form.as_ref().is_some_and(Form::is_unsaved)
    }

    /// Whether something would be lost with the plan.
    pub(crate) fn is_dirty(&self) -> bool {
        self.form.as_ref().is_some_and(Form::is_dirty)
    }
}
