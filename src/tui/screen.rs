//! What lies over the panes: one trait for all of it.

use std::any::Any;
use std::fmt::Debug;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::actions::Action;
use super::app::App;
use super::keymap::{Context, Key};
use crate::engine::protocol::{Event, RequestId};

/// Whether a screen stays after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Stay,
    Close,
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

    /// Takes an answer that it waits for.
    fn answer(&mut self, _app: &mut App, _request: RequestId, _event: Event) {}

    /// Asks the engine for what it lacks.
    fn ask(&mut self, _app: &mut App) {}

    /// Whether it goes when the work of a request is over.
    fn ends_with(&self, _request: RequestId) -> bool {
        false
    }

    /// Draws it and returns where the cursor is, if it has one.
    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)>;
}
