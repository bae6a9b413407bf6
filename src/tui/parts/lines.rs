//! Lines of a text in a frame.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::scroll::draw_scrollbar;
use super::{Rich, Scroll, draw_line, hits};
use crate::tui::theme::Theme;

/// Draws lines with a scrollbar on the frame round them.
pub(crate) fn draw_text(
    buffer: &mut Buffer,
    frame: Rect,
    inner: Rect,
    lines: &[Rich],
    scroll: &mut Scroll,
    theme: &Theme,
) {
    let shown = scroll.text_window(lines.len(), usize::from(inner.height));
    hits::text(inner, &shown);
    draw_lines(buffer, inner, &lines[shown.clone()], theme);
    draw_scrollbar(buffer, frame, &shown, lines.len(), theme);
}

/// Draws as many lines as there is room for.
pub(crate) fn draw_lines(buffer: &mut Buffer, area: Rect, lines: &[Rich], theme: &Theme) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        draw_line(buffer, Rect { y, height: 1, ..area }, line, 0, theme, Style::default());
    }
}
