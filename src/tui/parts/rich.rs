//! Lines of text with roles, drawn cell by cell.

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::printable::printable;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// A line whose pieces have roles. What is put in is made safe, so that a line can always be drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rich(Vec<(Role, Box<str>)>);

impl Rich {
    /// A line of one piece.
    pub(crate) fn of(role: Role, text: &str) -> Self {
        Self::default().with(role, text)
    }

    /// With one more piece.
    #[must_use]
    pub(crate) fn with(mut self, role: Role, text: &str) -> Self {
        self.push(role, text);
        self
    }

    /// Adds a piece.
    pub(crate) fn push(&mut self, role: Role, text: &str) {
        if !text.is_empty() {
            self.0.push((role, text::standing(printable(text)).into()));
        }
    }

    /// Adds blanks up to a column.
    pub(crate) fn pad_to(&mut self, column: usize) {
        let missing = column.saturating_sub(self.width());
        self.push(Role::Text, &" ".repeat(missing));
    }

    /// Adds another line's pieces.
    pub(crate) fn append(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// Cells that the line takes up.
    pub(crate) fn width(&self) -> usize {
        self.0.iter().map(|(_, t)| text::width(t)).sum()
    }

    /// The text without roles.
    pub(crate) fn plain(&self) -> String {
        self.0.iter().map(|(_, t)| t.as_ref()).collect()
    }

    /// The pieces before the last, where they end at a column, and the last one.
    pub(crate) fn columns(&self, column: usize) -> Option<(Self, Role, String)> {
        let ((role, text), head) = self.0.split_last()?;
        let head = Self(head.to_vec());
        (head.width() == column).then(|| (head, *role, text.to_string()))
    }

    /// At most so many bytes of the line; what was cut off is counted at its end.
    #[must_use]
    pub(crate) fn shortened(self, most: usize) -> Self {
        let all: usize = self.0.iter().map(|(_, t)| t.len()).sum();
        if all <= most {
            return self;
        }
        let (mut out, mut left) = (Self::default(), most);
        for (role, piece) in &self.0 {
            let end = piece.floor_char_boundary(left.min(piece.len()));
            out.push(*role, &piece[..end]);
            left -= end.min(left);
            if end < piece.len() {
                break;
            }
        }
        let kept: usize = out.0.iter().map(|(_, t)| t.len()).sum();
        let cut = crate::tui::format::len(all - kept);
        out.with(Role::Warning, &tr!("… %{n} more bytes; y copies all", n = cut))
    }

    /// The line in pieces of at most so many cells, those after the first indented to a column.
    pub(crate) fn hanging(&self, column: usize, room: usize) -> Vec<Self> {
        if self.width() <= room || room <= column * 2 {
            return self.wrapped(room);
        }
        let mut parts = self.wrapped(room).into_iter();
        let mut out: Vec<Self> = parts.next().into_iter().collect();
        let mut rest = Self::default();
        parts.for_each(|part| rest.append(&part));
        out.extend(rest.wrapped(room - column).into_iter().map(|part| {
            let mut line = Self::default();
            line.pad_to(column);
            line.append(&part);
            line
        }));
        out
    }

    /// The line in pieces of at most so many cells, which end behind a word where one ends in their last third.
    pub(crate) fn wrapped(&self, room: usize) -> Vec<Self> {
        let room = room.max(2);
        let pieces =
            || self.0.iter().flat_map(|(role, piece)| text::cells(piece).map(move |(cell, w)| (*role, cell, w)));
        let ends = ends(pieces().map(|(_, cell, w)| (cell == " ", w)), room);
        let (mut lines, mut line, mut run, mut last) = (Vec::new(), Self::default(), String::new(), Role::Text);
        let mut ends = ends.into_iter().peekable();
        for (at, (role, cell, _)) in pieces().enumerate() {
            let is_end = ends.next_if_eq(&at).is_some();
            if is_end || role != last {
                line.push(last, &std::mem::take(&mut run));
            }
            if is_end {
                lines.push(std::mem::take(&mut line));
            }
            last = role;
            run.push_str(cell);
        }
        line.push(last, &run);
        lines.push(line);
        lines
    }
}

/// Places at which a line ends and the next one begins; of each cell whether it is a blank, and its width.
fn ends(cells: impl Iterator<Item = (bool, usize)>, room: usize) -> Vec<usize> {
    let (mut ends, mut used, mut blank, mut blanks) = (Vec::new(), 0, None, 0);
    for (at, (is_blank, width)) in cells.enumerate() {
        if used + width > room {
            // Text behind the blank begins the next line; without one, or where too little would be left, a word is cut.
            let (end, kept) = blank.filter(|(_, kept)| !is_blank && kept * 3 >= room * 2).unwrap_or((at, used));
            ends.push(end);
            (used, blank) = (used - kept, None);
        }
        used += width;
        // More than two of them stand between columns, not between words.
        blanks = if is_blank { blanks + 1 } else { 0 };
        if is_blank {
            blank = if blanks > 2 { None } else { Some((at + 1, used)) };
        }
    }
    ends
}

/// Draws the part of a line that begins `skip` cells in. A wide character that is cut in two leaves blanks; an ellipsis tells that
/// more than blanks stands beyond the right edge.
pub(crate) fn draw_line(buffer: &mut Buffer, area: Rect, line: &Rich, skip: usize, theme: &Theme, over: Style) {
    if area.is_empty() {
        return;
    }
    let area = area.intersection(buffer.area);
    let mut column = 0;
    // Cells that the last character took up.
    let mut last = area.x..area.x;
    for (i, (role, piece)) in line.0.iter().enumerate() {
        let style = theme.style(*role).patch(over);
        let mut cells = text::cells(piece);
        while let Some((cell, w)) = cells.next() {
            let (from, to) = (column, column + w);
            column = to;
            if from < skip {
                continue;
            }
            if to - skip > usize::from(area.width) {
                let solid = |text: &str| !text.trim().is_empty();
                let more = solid(cell) || cells.any(|(cell, _)| solid(cell));
                if area.width > 1 && (more || line.0[i + 1..].iter().any(|(_, piece)| solid(piece))) {
                    // Half of a wide character cannot stay.
                    if last.end == area.right() {
                        last.for_each(|x| put(buffer, (x, area.y), " ", 1, style));
                    }
                    put(buffer, (area.right() - 1, area.y), text::CUT, 1, theme.style(Role::Dim).patch(over));
                }
                return;
            }
            let x = area.x + u16::try_from(from - skip).unwrap_or(u16::MAX);
            put(buffer, (x, area.y), cell, w, style);
            last = x..x + u16::try_from(w).unwrap_or(1);
        }
    }
}

/// Puts one piece of text into the cells that it takes up.
///
/// A piece that terminals disagree about carries its width: the output makes room for it and says anew where the next piece stands.
pub(crate) fn put(buffer: &mut Buffer, (x, y): (u16, u16), piece: &str, width: usize, style: Style) {
    let shape = text::shape(piece);
    let width = u16::try_from(width).unwrap_or(1).max(1);
    for i in 1..width {
        if let Some(cell) = buffer.cell_mut((x + i, y)) {
            cell.reset();
            cell.set_style(style);
            if !shape.is_sure {
                // It differs from a blank that comes later, which is drawn then: the terminal may have put a part of the piece here.
                cell.diff_option = CellDiffOption::ForcedWidth(NonZeroU16::MIN);
            }
        }
    }
    let Some(cell) = buffer.cell_mut((x, y)) else { return };
    cell.reset();
    cell.set_symbol(&shape.symbol).set_style(style);
    if !shape.is_sure {
        cell.diff_option = NonZeroU16::new(width).map_or(CellDiffOption::None, CellDiffOption::ForcedWidth);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(line: &Rich, width: u16, skip: usize) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        draw_line(&mut buffer, area, line, skip, &Theme::shipped(true).unwrap(), Style::default());
        let mut out = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, 0)].symbol();
            out.push_str(symbol);
            x += u16::try_from(text::width(symbol)).unwrap().max(1);
        }
        out
    }

    #[test]
    fn a_wide_character_cut_in_two_leaves_blanks() {
        let line = Rich::of(Role::Text, "aボルト").with(Role::Key, "z");
        assert_eq!(drawn(&line, 8, 0), "aボルトz");
        assert_eq!(drawn(&line, 6, 2), " ルトz");
        assert_eq!(drawn(&line, 3, 99), "   ");
    }

    #[test]
    fn what_stands_beyond_the_edge_is_told() {
        let line = Rich::of(Role::Text, "aボルト").with(Role::Key, "z");
        assert_eq!(drawn(&line, 4, 0), "aボ…");
        assert_eq!(drawn(&line, 3, 0), "a …");
        assert_eq!(drawn(&line, 7, 0), "aボル …");
        let blanks = Rich::of(Role::Text, "abc  ").with(Role::Key, "  ");
        assert_eq!(drawn(&blanks, 3, 0), "abc");
        assert_eq!(drawn(&blanks.with(Role::Text, "d"), 3, 0), "ab…");
    }

    #[test]
    fn wrapping_keeps_roles_and_cells() {
        let line = Rich::of(Role::Added, "ボルト").with(Role::Key, "M6");
        let wrapped = line.wrapped(5);
        assert_eq!(wrapped.iter().map(Rich::plain).collect::<Vec<_>>(), ["ボル", "トM6"]);
        assert_eq!(wrapped[1], Rich::of(Role::Added, "ト").with(Role::Key, "M6"));
    }

    #[test]
    fn wrapping_cuts_no_word_where_a_blank_stands_near_the_edge() {
        let line = Rich::of(Role::Text, "the entity was ").with(Role::Key, "changed").with(Role::Text, " since then");
        let wrapped = |room| line.wrapped(room).iter().map(Rich::plain).collect::<Vec<_>>();
        assert_eq!(wrapped(18), ["the entity was ", "changed since then"]);
        assert_eq!(wrapped(14), ["the entity was", " changed since", " then"]);
        assert_eq!(Rich::of(Role::Text, "at PRODUCT#globex#P-1").wrapped(12)[0].plain(), "at PRODUCT#g");
        assert_eq!(Rich::of(Role::Text, "id      \"PRODUCT\"").wrapped(10)[0].plain(), "id      \"P");
        assert_eq!(wrapped(9).concat(), line.plain());
    }

    #[test]
    fn endless_lines_are_cut_between_characters() {
        let line = Rich::of(Role::Key, "key ").with(Role::Text, &"ボ".repeat(1_000));
        assert_eq!(line.clone().shortened(8).plain(), "key ボ… 2,997 more bytes; y copies all");
        assert_eq!(line.clone().shortened(9_000), line);
    }

    #[test]
    fn what_is_put_in_is_safe() {
        assert_eq!(Rich::of(Role::Text, "a\u{1b}b").plain(), "a␛b");
    }
}
