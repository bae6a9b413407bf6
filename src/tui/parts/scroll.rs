//! A cursor in a list, and the part of the list that is on screen.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::actions::Action;
use crate::tui::theme::{Role, Theme};

/// Cursor and first visible line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scroll {
    /// The selected line.
    pub(crate) cursor: usize,
    offset: usize,
    height: usize,
}

impl Default for Scroll {
    fn default() -> Self {
        Self { cursor: 0, offset: 0, height: 20 }
    }
}

/// How far to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Lines(isize),
    Pages(isize),
    HalfPages(isize),
    First,
    Last,
}

impl Step {
    /// The step that an action of a list or a text is.
    pub(crate) fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::Up => Self::Lines(-1),
            Action::Down => Self::Lines(1),
            Action::PageUp => Self::Pages(-1),
            Action::PageDown => Self::Pages(1),
            Action::ScrollUp => Self::HalfPages(-1),
            Action::ScrollDown => Self::HalfPages(1),
            Action::Top => Self::First,
            Action::Bottom => Self::Last,
            _ => return None,
        })
    }
}

impl Scroll {
    /// Moves the cursor of a list of `len` lines.
    pub(crate) fn step(&mut self, step: Step, len: usize) {
        self.cursor = self.target(self.cursor, step, len.saturating_sub(1));
    }

    /// Moves the window over a text of `len` lines that has no cursor.
    pub(crate) fn slide(&mut self, step: Step, len: usize) {
        self.offset = self.target(self.offset, step, len.saturating_sub(self.height));
        self.cursor = self.offset;
    }

    fn target(&self, from: usize, step: Step, last: usize) -> usize {
        let page = isize::try_from(self.height.max(2) - 1).unwrap_or(isize::MAX);
        let by = match step {
            Step::Lines(n) => n,
            Step::Pages(n) => n.saturating_mul(page),
            Step::HalfPages(n) => n.saturating_mul((page / 2).max(1)),
            Step::First => return 0,
            Step::Last => return last,
        };
        from.saturating_add_signed(by).min(last)
    }

    /// Lines on screen, as drawn last.
    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// The lines to draw in a window of `height` lines, the cursor among them.
    pub(crate) fn window(&mut self, len: usize, height: usize) -> Range<usize> {
        self.height = height;
        self.cursor = self.cursor.min(len.saturating_sub(1));
        self.offset = self.offset.min(self.cursor).max((self.cursor + 1).saturating_sub(height));
        self.offset = self.offset.min(len.saturating_sub(height));
        self.offset..(self.offset + height).min(len)
    }

    /// The lines to draw of a text without a cursor.
    pub(crate) fn text_window(&mut self, len: usize, height: usize) -> Range<usize> {
        self.height = height;
        self.offset = self.offset.min(len.saturating_sub(height));
        self.cursor = self.offset;
        self.offset..(self.offset + height).min(len)
    }

    /// The lines last drawn.
    pub(crate) fn visible(&self) -> Range<usize> {
        self.offset..self.offset + self.height
    }
}

/// Draws a scrollbar over the right border of an area, where there is more than fits.
pub(crate) fn draw_scrollbar(buffer: &mut Buffer, border: Rect, shown: &Range<usize>, len: usize, theme: &Theme) {
    let track = usize::from(border.height.saturating_sub(2));
    if shown.len() >= len || track < 2 || border.width < 2 {
        return;
    }
    let size = (track * shown.len() / len).clamp(1, track);
    let free = track - size;
    let hidden = len - shown.len();
    let from = (free * shown.start + hidden / 2) / hidden.max(1);
    for i in from..(from + size).min(track) {
        let y = border.y + 1 + u16::try_from(i).unwrap_or(0);
        if let Some(cell) = buffer.cell_mut((border.right() - 1, y)) {
            cell.set_symbol("█").set_style(theme.style(Role::Border));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_cursor() {
        let mut scroll = Scroll::default();
        assert_eq!(scroll.window(100, 10), 0..10);
        scroll.step(Step::Lines(12), 100);
        assert_eq!(scroll.window(100, 10), 3..13);
        scroll.step(Step::Pages(1), 100);
        assert_eq!((scroll.cursor, scroll.window(100, 10)), (21, 12..22));
        scroll.step(Step::Last, 100);
        assert_eq!(scroll.window(100, 10), 90..100);
        scroll.step(Step::First, 100);
        assert_eq!(scroll.window(100, 10), 0..10);
    }

    #[test]
    fn a_list_that_shrinks_keeps_the_cursor_inside() {
        let mut scroll = Scroll { cursor: 50, ..Scroll::default() };
        assert_eq!(scroll.window(3, 10), 0..3);
        assert_eq!(scroll.cursor, 2);
        assert_eq!(scroll.window(0, 10), 0..0);
        scroll.step(Step::Lines(-5), 0);
        assert_eq!(scroll.cursor, 0);
    }

    #[test]
    fn a_text_slides_no_further_than_its_end() {
        let mut scroll = Scroll::default();
        scroll.text_window(12, 10);
        scroll.slide(Step::Pages(3), 12);
        assert_eq!(scroll.text_window(12, 10), 2..12);
        scroll.slide(Step::Lines(-1), 12);
        assert_eq!(scroll.text_window(12, 10), 1..11);
    }
}
