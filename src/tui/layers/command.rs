//! The command line that does the same as what is on screen.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Kept, draw_text};
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::message::Effect;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::{Rich, Scroll};

/// A command line to be read or copied.
#[derive(Debug)]
pub(crate) struct CommandBox {
    line: String,
}

impl CommandBox {
    pub(crate) fn new(line: String) -> Self {
        Self { line }
    }

    pub(super) fn key(&self, app: &mut App, key: Key) -> Kept {
        match key.code {
            KeyCode::Char('y') | KeyCode::Enter => {
                app.effect(Effect::Copy { text: self.line.clone(), what: "command line".to_owned() });
                Kept::No
            }
            KeyCode::Esc | KeyCode::Char('q' | 'Y') => Kept::No,
            _ => Kept::Yes,
        }
    }

    pub(super) fn draw(&self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let width = 90.min(area.width.saturating_sub(4)).max(10);
        let lines = text::wrap(&self.line, usize::from(width.saturating_sub(4)));
        let lines: Vec<Rich> = lines.iter().map(|line| Rich::of(Role::Strong, line)).collect();
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let area = centred(buffer, area, width, height);
        let inner = framed(buffer, area, Frame::Dialog, "The command line that does the same", "", &app.theme);
        foot(buffer, area, &[("y", "copy"), ("Esc", "close")], &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
        None
    }
}
