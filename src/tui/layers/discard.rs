//! Leaving a plan that is not saved.

use std::path::PathBuf;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Kept, draw_text};
use crate::domain::printable::printable;
use crate::domain::run::{Operation, RunId};
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::{Rich, Scroll};

/// What takes the plan's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// A new one, with what is on screen.
    New(Operation),
    /// A new one for the users of a pool; the profile's when `None`.
    Users(Option<String>),
    /// One from a file.
    Open(PathBuf),
    /// One that takes a run of a name back, previewed at once.
    Undo(RunId, String),
}

/// The question.
#[derive(Debug)]
pub(crate) struct Discard {
    next: Next,
}

impl Discard {
    pub(crate) fn new(next: Next) -> Self {
        Self { next }
    }

    pub(super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        match key.code {
            KeyCode::Char('D') => {
                app.take_up(self.next.clone());
                Kept::No
            }
            KeyCode::Esc => {
                app.say("the plan stays as it is");
                Kept::No
            }
            _ => Kept::Yes,
        }
    }

    pub(super) fn draw(&self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let width = 60.min(area.width);
        let room = usize::from(width.saturating_sub(4)).max(4);
        let name = app.plan.form.as_ref().map(|f| f.name()).unwrap_or_default();
        let words = format!("{name} has changes that are not saved. w in the plan pane saves them.");
        let lines: Vec<Rich> = text::wrap(&printable(&words), room).iter().map(|l| Rich::of(Role::Text, l)).collect();
        let area = centred(buffer, area, width, u16::try_from(lines.len()).unwrap_or(0) + 2);
        let inner = framed(buffer, area, Frame::Dialog, "Throw the plan away?", "", &app.theme);
        foot(buffer, area, &[("D", "throw it away"), ("Esc", "keep it")], &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
        None
    }
}
