//! The lines of a list: one of them under the cursor, a scrollbar where there are more than fit.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::scroll::draw_scrollbar;
use super::{Rich, Scroll, draw_line, hits};
use crate::tui::theme::{Role, Theme};

/// Where a list is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The frame that carries the scrollbar.
    pub(crate) frame: Rect,
    /// The lines.
    pub(crate) lines: Rect,
}

/// Draws the lines of a list of `len` that fit, each made by `line`; one that is not there yet stays empty.
pub(crate) fn draw_list(
    buffer: &mut Buffer,
    place: Place,
    scroll: &mut Scroll,
    len: usize,
    theme: &Theme,
    mut line: impl FnMut(usize) -> Option<Rich>,
) {
    let area = place.lines;
    let shown = scroll.window(len, usize::from(area.height));
    hits::list(area, &shown, scroll.cursor);
    for (y, i) in (area.y..area.bottom()).zip(shown.clone()) {
        let row = Rect { y, height: 1, ..area };
        let over = if i == scroll.cursor { theme.style(Role::Selected) } else { Style::default() };
        buffer.set_style(row, over);
        if let Some(line) = line(i) {
            draw_line(buffer, row, &line, 0, theme, over);
        }
    }
    draw_scrollbar(buffer, place.frame, &shown, len, theme);
}
