//! Lines of a text in a frame.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::scroll::draw_scrollbar;
use super::{Rich, Scroll, draw_line, hits};
use crate::tui::format;
use crate::tui::theme::{Role, Theme};

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

/// A line across above or below a text of which a part is shown: which part, and the key that shows more.
pub(crate) fn rule_of_part(shown: &Range<usize>, len: usize, key: &str, room: usize) -> Rich {
    if shown.len() >= len {
        return Rich::of(Role::Dim, &"─".repeat(room));
    }
    let (from, to) = (format::len(shown.start + 1), format::len(shown.end));
    let part = tr!("%{from}-%{to}/%{all}, %{key} scrolls", from = from, to = to, all = format::len(len), key = key);
    let mut line = Rich::of(Role::Dim, "── ").with(Role::Text, &part).with(Role::Dim, " ");
    let left = room.saturating_sub(line.width());
    line.push(Role::Dim, &"─".repeat(left));
    line
}

/// Draws as many lines as there is room for.
pub(crate) fn draw_lines(buffer: &mut Buffer, area: Rect, lines: &[Rich], theme: &Theme) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        draw_line(buffer, Rect { y, height: 1, ..area }, line, 0, theme, Style::default());
    }
}
