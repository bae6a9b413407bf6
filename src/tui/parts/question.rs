//! A question in a box as large as its words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::lines::draw_text;
use super::popup::{Frame, centred, foot, framed};
use super::{Hints, Rich, Scroll};
use crate::domain::printable::printable;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// The box.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) frame: Frame,
    pub(crate) title: &'a str,
    /// Cells at most.
    pub(crate) width: u16,
    /// Cells between the frame and the words.
    pub(crate) margin: u16,
}

impl Question<'_> {
    /// Cells that the words have in an area.
    pub(crate) fn room(&self, area: Rect) -> usize {
        usize::from(self.width.min(area.width).saturating_sub(2 + 2 * self.margin)).max(4)
    }

    /// Draws it with its answers at the foot.
    pub(crate) fn draw(&self, buffer: &mut Buffer, area: Rect, lines: &[Rich], answers: &Hints, theme: &Theme) {
        let height = u16::try_from(lines.len()).unwrap_or(0).saturating_add(2);
        let area = centred(buffer, area, self.width.min(area.width), height);
        let inner = framed(buffer, area, self.frame, self.title, "", theme);
        foot(buffer, area, answers, theme);
        let margin = self.margin;
        let inner = Rect { x: inner.x + margin, width: inner.width.saturating_sub(2 * margin), ..inner };
        draw_text(buffer, area, inner, lines, &mut Scroll::default(), theme);
    }
}

/// Words in lines of so many cells.
pub(crate) fn words(text: &str, role: Role, room: usize) -> Vec<Rich> {
    text::wrap(&printable(text), room).iter().map(|line| Rich::of(role, line)).collect()
}
