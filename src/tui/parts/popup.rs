//! Framed boxes: panes and dialogs.

use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Clear, Widget as _};

use super::Hints;
use super::rich::{Rich, draw_line};
use crate::domain::printable::printable;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// Cells that a piece of text takes up at most, marks that nobody writes left out.
const WIDEST: usize = 8;

/// How a box is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A pane.
    Pane {
        /// It gets the keys.
        focused: bool,
    },
    /// A dialog that changes nothing.
    Dialog,
    /// The dialog that allows writing.
    Arm,
    /// The dialog that writes.
    Write,
    /// The dialog that ends a run.
    End,
}

impl Frame {
    fn look(self) -> (BorderType, Role, Role) {
        match self {
            Self::Pane { focused: false } => (BorderType::Plain, Role::Border, Role::Title),
            Self::Pane { focused: true } => (BorderType::Thick, Role::BorderFocus, Role::TitleFocus),
            Self::Dialog => (BorderType::Rounded, Role::BorderFocus, Role::TitleFocus),
            Self::Arm => (BorderType::QuadrantOutside, Role::ArmBorder, Role::ArmBorder),
            Self::End => (BorderType::HeavyTripleDashed, Role::ArmBorder, Role::ArmBorder),
            Self::Write => (BorderType::Double, Role::WriteBorder, Role::WriteBorder),
        }
    }
}

/// Draws a frame with a title on the left and a note on the right, and returns the room inside.
pub(crate) fn framed(buffer: &mut Buffer, area: Rect, frame: Frame, title: &str, note: &str, theme: &Theme) -> Rect {
    let (border, role, title_role) = frame.look();
    let block = Block::bordered().border_type(border).border_style(theme.style(role));
    let inner = block.inner(area);
    block.render(area, buffer);
    if area.width < 4 || area.height == 0 {
        return inner;
    }
    let room = usize::from(area.width) - 4;
    let title = printable(title);
    let title = text::cut(&title, room);
    let mut line = Rich::default();
    if !title.is_empty() {
        line = Rich::of(title_role, &format!(" {title} "));
    }
    let top = Rect { x: area.x + 1, y: area.y, width: area.width - 2, height: 1 };
    let used = line.width();
    draw_line(buffer, top, &line, 0, theme, Style::default());
    let free = usize::from(top.width).saturating_sub(used + 1);
    let note = printable(note);
    // A part of it might say the contrary.
    if !note.is_empty() && text::width(&note) + 2 <= free {
        let line = Rich::of(Role::Dim, &format!(" {note} "));
        let width = u16::try_from(line.width()).unwrap_or(0);
        let place = Rect { x: top.right().saturating_sub(width), width, ..top };
        draw_line(buffer, place, &line, 0, theme, Style::default());
    }
    inner
}

/// Writes hints into the bottom border of a dialog, as many as fit.
pub(crate) fn foot(buffer: &mut Buffer, area: Rect, hints: &Hints, theme: &Theme) {
    if area.height < 2 || area.width < 6 {
        return;
    }
    let line = hints.line(usize::from(area.width) - 2);
    let place = Rect { x: area.x + 1, y: area.bottom() - 1, width: area.width - 2, height: 1 };
    draw_line(buffer, place, &line, 0, theme, Style::default());
}

/// An area of the wanted size in the middle of another, with what was beneath cleared.
pub(crate) fn centred(buffer: &mut Buffer, outer: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(outer.width), height.min(outer.height));
    let area = Rect { x: outer.x + (outer.width - width) / 2, y: outer.y + (outer.height - height) / 2, width, height };
    // A wide character half under the box would be drawn over its border.
    for y in area.y..area.bottom() {
        let from = (outer.x..area.x).rev().take(WIDEST).find(|x| buffer[(*x, y)].cell_width() > area.x - x);
        for x in from.into_iter().flat_map(|from| from..area.x) {
            let style = buffer[(x, y)].style();
            buffer[(x, y)].reset();
            buffer[(x, y)].set_style(style);
        }
    }
    Clear.render(area, buffer);
    area
}
