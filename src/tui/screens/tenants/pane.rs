//! The tenants pane: the tree, or the entities of one partition.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::entities::Entities;
use super::{entities_view, tree_view};
use crate::engine::protocol::DeletedFilter;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
use crate::tui::parts::Filter;
use crate::tui::parts::filter::Typed;
use crate::tui::parts::hits::Kind;
use crate::tui::parts::scroll::Step;
use crate::tui::screen::PaneScreen;

/// The pane.
pub(crate) struct TenantsPane;

impl PaneScreen for TenantsPane {
    fn context(&self, app: &App) -> Context {
        if app.tenants.entities.is_some() { Context::Entities } else { Context::Tree }
    }

    fn act(&self, app: &mut App, action: Action) -> bool {
        match (action, &mut app.tenants.entities) {
            (Action::Scan, _) => {
                let scope = app.scope_at_cursor();
                app.ask_to_count(scope);
            }
            (Action::DeletedFilter, Some(_)) => app.next_deleted(),
            (action, _) => return app.mark(action),
        }
        true
    }

    fn refusal(&self, app: &App, action: Action) -> Option<String> {
        match action {
            Action::Scan => app.no_engine(),
            Action::Mark | Action::MarkRange | Action::ClearMarks | Action::DeletedFilter
                if app.tenants.entities.is_none() =>
            {
                Some(tr!("no partition is open: choose one in the tree, or go straight to a key").into_owned())
            }
            _ => None,
        }
    }

    fn go(&self, app: &mut App, action: Action) -> bool {
        let is_listed = app.tenants.entities.is_some();
        match action {
            Action::Open | Action::Right if is_listed => app.open_selected_entity(),
            Action::Back if app.tenants.entities.as_mut().is_some_and(Entities::drop_range) => {
                app.say(tr!("the range is given up; marks stay"));
            }
            Action::Back | Action::Left if is_listed => app.close_list(),
            Action::Open => app.open_node(),
            Action::Right => app.turn_node(true),
            Action::Left => app.turn_node(false),
            Action::Back => {
                let tree = &app.tenants.tree;
                [tree.request, tree.list_request].into_iter().flatten().for_each(|request| app.give_up(request));
            }
            Action::Reload if is_listed => app.list_again(),
            Action::Reload => app.reconnect(),
            Action::Cancel => {
                if let Some(search) = app.tenants.entities.as_mut().and_then(|e| e.search.as_mut()) {
                    search.stop();
                }
                let waited = app.requests.of(Pane::Tenants);
                app.stop_waiting(waited);
            }
            // They slide over the selected version.
            Action::ScrollUp | Action::ScrollDown => return false,
            action => {
                let Some(step) = Step::of(action) else { return false };
                match &mut app.tenants.entities {
                    Some(list) => list.step(step),
                    None => app.tenants.tree.step(step),
                }
            }
        }
        true
    }

    fn slide(&self, app: &mut App, _: Kind, step: Step) {
        match &mut app.tenants.entities {
            Some(list) => list.step(step),
            None => app.tenants.tree.step(step),
        }
    }

    fn filter<'a>(&self, app: &'a mut App) -> Option<&'a mut Filter> {
        Some(match &mut app.tenants.entities {
            Some(entities) => &mut entities.filter,
            None => &mut app.tenants.tree.filter,
        })
    }

    fn filtered(&self, app: &mut App, typed: Typed) {
        match (&mut app.tenants.entities, typed) {
            (Some(list), Typed::Edited) => list.filter_typed(),
            (Some(list), Typed::Kept) => list.filter_kept(),
            (Some(list), _) => list.unfilter(),
            (None, _) => app.tenants.tree.refresh(),
        }
    }

    fn hints(&self, app: &App) -> &'static [Action] {
        if app.tenants.entities.is_none() {
            return &[Action::Open, Action::FindEntity, Action::Scan, Action::OpenKey, Action::Filter, Action::Zoom];
        }
        &[
            Action::Open,
            Action::Filter,
            Action::Mark,
            Action::MarkRange,
            Action::Signs,
            Action::DeletedFilter,
            Action::FindEntity,
            Action::Copy,
            Action::Back,
            Action::Watch,
            Action::Zoom,
        ]
    }

    fn draw(&self, app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        match app.tenants.entities {
            Some(_) => entities_view::draw(app, buffer, area),
            None => tree_view::draw(app, buffer, area),
        }
    }
}

impl App {
    /// Lists again with another choice of what to do with deleted entities.
    fn next_deleted(&mut self) {
        let Some(list) = &mut self.tenants.entities else { return };
        let mut listing = list.listing.clone();
        listing.deleted = list.next_deleted();
        let words = match listing.deleted {
            DeletedFilter::Keep => tr!("live and deleted entities"),
            DeletedFilter::Skip => tr!("live entities only"),
            DeletedFilter::Only => tr!("deleted entities only"),
        };
        let (tenant, marks, filter) = (list.tenant.clone(), list.marks.clone(), list.filter.clone());
        self.say(words);
        self.relist(listing, tenant);
        if let Some(list) = &mut self.tenants.entities {
            (list.marks, list.filter) = (marks, filter);
            list.filter_kept();
        }
    }

    /// Reads the open partition again; what was read before stays on screen until there is something newer.
    fn list_again(&mut self) {
        let generation = self.generation();
        let Some(list) = &mut self.tenants.entities else { return };
        let reading = list.reading;
        list.read_again(generation);
        if let Some((_, request)) = reading {
            self.give_up(request);
        }
    }
}
