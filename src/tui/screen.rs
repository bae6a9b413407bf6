//! Screens over the panes: one trait for all of them.

use std::any::Any;
use std::fmt::Debug;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::actions::Action;
use super::app::App;
use super::keymap::{Context, Key};
use super::parts::Filter;
use super::parts::filter::Typed;
use crate::domain::run::RunId;
use crate::engine::protocol::{Event, RequestId};
use crate::tui::parts::hits::Kind;
use crate::tui::parts::scroll::Step;

/// Whether a screen stays after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Stay,
    Close,
    /// It goes and can be brought back as it is.
    Leave,
}

/// An action that a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Press {
    pub(crate) action: Action,
    /// Place of the key among those of its action, from 0.
    pub(crate) place: usize,
}

/// A screen with everything about it: its state, its keys, what it asked the engine, and how it is drawn.
///
/// While one works or is drawn, it is out of the stack, so that it may change anything else.
pub(crate) trait Screen: Any + Debug {
    /// The section of the keymap that its keys come from.
    fn context(&self) -> Context;

    /// Takes a key as text; `None` leaves it to the keymap.
    fn typed(&mut self, _app: &mut App, _key: Key) -> Option<Flow> {
        None
    }

    /// Does what a key of its context stands for.
    fn act(&mut self, app: &mut App, press: Press) -> Flow;

    /// Takes pasted text.
    fn paste(&mut self, _text: &str) {}

    /// Whether it waits for the answers to a request.
    fn waits_for(&self, _request: RequestId) -> bool {
        false
    }

    /// The palette opens over it.
    fn palette_opens(&mut self, _app: &mut App) {}

    /// The request of the list that it is, where it gives way to what a command of the palette does.
    fn list(&self) -> Option<RequestId> {
        None
    }

    /// Takes an answer that it waits for.
    fn answer(&mut self, _app: &mut App, _request: RequestId, _event: Event) {}

    /// Asks the engine for what it lacks.
    fn ask(&mut self, _app: &mut App) {}

    /// Whether it goes when the work of a request is over.
    fn ends_with(&self, _request: RequestId) -> bool {
        false
    }

    /// A run has written: what it shows may be from before.
    fn wrote(&mut self, _run: RunId) {}

    /// Whether it goes by itself, now that what it waited for is there.
    fn is_over(&self) -> bool {
        false
    }

    /// The tenants that it is about; `None` leaves that to the panes.
    fn scope(&self, _app: &App) -> Option<Scope> {
        None
    }

    /// Draws it and returns where the cursor is, if it has one.
    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)>;
}

/// The tenants that a screen is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    EveryTenant,
    /// One, by its code.
    Tenant(String),
}

impl Scope {
    /// That of a tenant, where one is named.
    pub(crate) fn of(tenant: Option<&str>) -> Self {
        tenant.map_or(Self::EveryTenant, |tenant| Self::Tenant(tenant.to_owned()))
    }
}

/// One of the four panes, with everything about it. Its state stands in the application, because the others look at it.
pub(crate) trait PaneScreen {
    /// The section of the keymap that its keys come from.
    fn context(&self, app: &App) -> Context;

    /// Does one of the pane's own actions, from whichever pane; false where it is none of them.
    fn act(&self, app: &mut App, action: Action) -> bool;

    /// Why one of its own actions cannot be done now.
    fn refusal(&self, app: &App, action: Action) -> Option<String>;

    /// Moves in it while it has the keys; false where the action is no move.
    fn go(&self, app: &mut App, action: Action) -> bool;

    /// Moves what the mouse is over, whoever has the keys.
    fn slide(&self, app: &mut App, over: Kind, step: Step);

    /// Gives the keys to what the mouse was pressed on.
    fn enter(&self, _app: &mut App, _over: Kind) {}

    /// Takes a key while a value is typed in it; false where it leaves the key to the keymap.
    fn typed(&self, _app: &mut App, _key: Key) -> bool {
        false
    }

    /// Whether a value or a filter is being typed in it.
    fn is_typing(&self, app: &mut App) -> bool {
        self.filter(app).is_some_and(|filter| filter.typing())
    }

    /// Takes pasted text while a value is typed in it.
    fn paste(&self, _app: &mut App, _text: &str) {}

    /// The filter of its list.
    fn filter<'a>(&self, app: &'a mut App) -> Option<&'a mut Filter>;

    /// The text of its filter has changed.
    fn filtered(&self, app: &mut App, typed: Typed);

    /// The actions whose keys its footer shows, the most needed first.
    fn hints(&self, app: &App) -> &'static [Action];

    /// Draws it and returns where the cursor is, if it has one.
    fn draw(&self, app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)>;
}
