//! One item whole: its facts, its differences, and the row that would be written.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::preview::Described;
use super::{Kept, draw_text, step};
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::widgets::Scroll;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};

/// The item.
#[derive(Debug)]
pub(crate) struct ItemBox {
    described: Described,
    scroll: Scroll,
}

impl ItemBox {
    pub(crate) fn new(described: Described) -> Self {
        Self { described, scroll: Scroll::default() }
    }

    pub(super) fn key(&mut self, key: Key) -> Kept {
        if matches!(key.code, KeyCode::Esc | KeyCode::Char('q' | 'h') | KeyCode::Left) {
            return Kept::No;
        }
        if let Some(step) = step(key, true) {
            self.scroll.slide(step, self.described.len());
        }
        Kept::Yes
    }

    pub(super) fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 104, area.height.saturating_sub(1));
        let inner = framed(buffer, area, Frame::Dialog, "Item", "nothing is written by this", &app.theme);
        foot(buffer, area, &[("Esc", "close"), ("↑↓", "scroll")], &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let lines = self.described.lines(usize::from(inner.width).max(4));
        draw_text(buffer, area, inner, lines, &mut self.scroll, &app.theme);
        None
    }
}
