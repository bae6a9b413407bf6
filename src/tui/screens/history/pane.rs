//! The history pane: the versions above, the selected one below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Compare, Half, Opened, view};
use crate::domain::key::Version;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
use crate::tui::parts::Filter;
use crate::tui::parts::filter::Typed;
use crate::tui::parts::hits::Kind;
use crate::tui::parts::scroll::Step;
use crate::tui::screen::PaneScreen;

/// Cells scrolled sideways at once.
const SIDEWAYS: usize = 8;

/// The pane.
pub(crate) struct HistoryPane;

impl PaneScreen for HistoryPane {
    fn context(&self, _: &App) -> Context {
        Context::History
    }

    fn act(&self, app: &mut App, action: Action) -> bool {
        match action {
            Action::StepOlder => app.step_version(Step::Lines(1)),
            Action::StepNewer => app.step_version(Step::Lines(-1)),
            Action::MarkVersion => app.mark_version(),
            Action::CompareWith => app.next_compare(),
            Action::View => app.next_view(),
            Action::SideBySide => app.toggle_sides(),
            Action::Preview => app.preview_selected(),
            Action::Rollback => app.roll_back_selected(),
            Action::Watch => app.toggle_watch(),
            Action::PlanView => app.toggle_view(),
            action => {
                let Some(opened) = &mut app.history.opened else { return false };
                match (action, Step::of(action)) {
                    (Action::Bookkeeping, _) => opened.all = !opened.all,
                    (Action::Wrap, _) => (opened.wrap, opened.sideways) = (!opened.wrap, 0),
                    // The view of the selected version slides from either half.
                    (Action::ScrollUp | Action::ScrollDown, Some(step)) => opened.slide(step),
                    _ => return false,
                }
            }
        }
        true
    }

    fn refusal(&self, app: &App, action: Action) -> Option<String> {
        let no_entity = || {
            let is_none = app.history.opened.is_none();
            is_none.then(|| tr!("no entity is open: Enter on one opens it").into_owned())
        };
        match action {
            Action::StepOlder
            | Action::StepNewer
            | Action::MarkVersion
            | Action::CompareWith
            | Action::CompareTenant
            | Action::View
            | Action::SideBySide
            | Action::Bookkeeping
            | Action::Wrap => no_entity(),
            Action::ScrollUp | Action::ScrollDown if app.focus != Pane::Plan => no_entity(),
            Action::Watch => app.no_engine().or_else(|| app.no_watch()),
            Action::PlanView => app.no_view(),
            Action::Preview => app.no_engine().or_else(no_entity).or_else(|| app.no_target()),
            Action::Rollback => app
                .no_engine()
                .or_else(no_entity)
                .or_else(|| app.no_target())
                .or_else(|| (!app.armed).then(|| app.read_only()))
                .or_else(|| app.is_writing().then(|| tr!("a run is under way already").into_owned())),
            _ => None,
        }
    }

    fn go(&self, app: &mut App, action: Action) -> bool {
        if action == Action::Cancel {
            let waited = app.requests.of(Pane::History);
            app.stop_waiting(waited);
            return true;
        }
        let is_at_top = app.history.opened.as_ref().is_some_and(|opened| opened.half == Half::List);
        if action == Action::Back && is_at_top && app.back_to_list() {
            return true;
        }
        let Some(opened) = &mut app.history.opened else {
            match action {
                Action::Back => app.focus = Pane::Tenants,
                Action::Left | Action::Right | Action::Open => {}
                action => return Step::of(action).is_some(),
            }
            return true;
        };
        match (action, opened.half) {
            (Action::Back | Action::Left, Half::List) => app.focus = Pane::Tenants,
            (Action::Back, Half::Detail) => opened.half = Half::List,
            (Action::Open, _) | (Action::Right, Half::List) => opened.half = Half::Detail,
            (Action::Right, Half::Detail) if !opened.wrap => opened.sideways += SIDEWAYS,
            (Action::Right, Half::Detail) => {}
            (Action::Left, Half::Detail) if opened.sideways > 0 => {
                opened.sideways = opened.sideways.saturating_sub(SIDEWAYS);
            }
            (Action::Left, Half::Detail) => opened.half = Half::List,
            (Action::Reload, _) => app.reload_history(),
            // They slide over the selected version from either half.
            (Action::ScrollUp | Action::ScrollDown, _) => return false,
            (action, half) => match (Step::of(action), half) {
                (Some(step), Half::Detail) => opened.slide(step),
                (Some(step), Half::List) => app.step_version(step),
                (None, _) => return false,
            },
        }
        true
    }

    fn slide(&self, app: &mut App, over: Kind, step: Step) {
        match (over, &mut app.history.opened) {
            (Kind::List(_), _) => app.step_version(step),
            (Kind::Text, Some(opened)) => opened.slide(step),
            (Kind::Text, None) => {}
        }
    }

    fn enter(&self, app: &mut App, over: Kind) {
        if let Some(opened) = &mut app.history.opened {
            opened.half = if over == Kind::Text { Half::Detail } else { Half::List };
        }
    }

    fn filter<'a>(&self, app: &'a mut App) -> Option<&'a mut Filter> {
        let opened = app.history.opened.as_mut()?;
        Some(match opened.half {
            Half::List => &mut opened.filter,
            Half::Detail => &mut opened.detail_filter,
        })
    }

    fn filtered(&self, app: &mut App, _: Typed) {
        let Some(opened) = &mut app.history.opened else { return };
        match opened.half {
            Half::List => {
                opened.versions.refilter(&opened.filter);
                opened.follow();
            }
            Half::Detail => opened.detail = Default::default(),
        }
    }

    fn hints(&self, _: &App) -> &'static [Action] {
        &[
            Action::StepOlder,
            Action::StepNewer,
            Action::Preview,
            Action::Rollback,
            Action::CompareWith,
            Action::View,
            Action::SideBySide,
            Action::Copy,
            Action::MarkVersion,
            Action::CompareTenant,
            Action::Bookkeeping,
            Action::Watch,
            Action::Signs,
        ]
    }

    fn draw(&self, app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        view::draw(app, buffer, area)
    }
}

impl Opened {
    /// Slides over what is shown of the selected version.
    fn slide(&mut self, step: Step) {
        let len = self.arranged.lines.len();
        self.detail.slide(step, len);
    }
}

impl App {
    fn next_compare(&mut self) {
        let Some(opened) = &mut self.history.opened else { return };
        opened.compare = opened.next_compare();
        let text = match opened.compare {
            Compare::Previous => tr!("compared with the version before"),
            Compare::Current => tr!("compared with the current version"),
            Compare::Marked => tr!("compared with the marked version"),
            Compare::Other(_) => tr!("compared with another partition"),
        };
        self.say(text);
    }

    /// The version that a rollback would go back to.
    pub(crate) fn target(&self) -> Option<Version> {
        self.history.opened.as_ref()?.selected
    }

    fn no_target(&self) -> Option<String> {
        let opened = self.history.opened.as_ref()?;
        let Some(selected) = opened.selected else { return Some(tr!("no version is selected").into_owned()) };
        let line = opened.versions.get(selected)?;
        if line.is_gap() {
            let words = tr!("version %{version} is in no table, so there is nothing to go back to", version = selected);
            return Some(words.into_owned());
        }
        let is_current =
            || tr!("version %{version} is the current one: choose an earlier version", version = selected).into_owned();
        line.current.then(is_current)
    }
}
