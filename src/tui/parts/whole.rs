//! The whole of a row that its line in a list had to cut.

use super::Rich;
use crate::domain::printable::printable;
use crate::tui::text;
use crate::tui::theme::Role;

/// Lines that it takes at most.
const MOST: usize = 3;

/// The parts of a line, each in full.
#[derive(Debug, Default)]
pub(crate) struct Whole(Vec<(Role, String)>);

impl Whole {
    /// With one more part, unless it is empty.
    #[must_use]
    pub(crate) fn with(mut self, role: Role, part: &str) -> Self {
        if !part.is_empty() {
            self.0.push((role, printable(part).into_owned()));
        }
        self
    }

    /// Lines that it needs where a line in so much room cuts a part of it; none where all of it is to be seen.
    pub(crate) fn height_below(&self, line: &Rich, room: usize) -> usize {
        let line = line.plain();
        let seen = text::cut(&line, room);
        if self.0.iter().all(|(_, part)| seen.contains(part.as_str())) { 0 } else { self.lines(room).len() }
    }

    /// Its lines; the last one may run over the edge, where it is cut with a sign.
    pub(crate) fn lines(&self, room: usize) -> Vec<Rich> {
        let mut line = Rich::default();
        for (i, (role, part)) in self.0.iter().enumerate() {
            line.push(Role::Text, if i > 0 { "  " } else { "" });
            line.push(*role, part);
        }
        let mut lines = line.wrapped(room);
        for rest in lines.split_off(MOST.min(lines.len())) {
            if let Some(last) = lines.last_mut() {
                last.append(&rest);
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_a_line_cuts_needs_the_lines_of_the_whole() {
        let whole =
            Whole::default().with(Role::Key, "PRODUCT#globex#P-000017").with(Role::Text, "").with(Role::Text, "Bolt");
        let line = Rich::of(Role::Key, "PRODUCT#globex#P-000017 Bolt");
        assert_eq!((whole.height_below(&line, 28), whole.height_below(&line, 27)), (0, 2));
        assert_eq!(whole.height_below(&Rich::of(Role::Key, "PRODUCT#glo… Bolt"), 40), 1);
        let lines: Vec<String> = whole.lines(8).iter().map(Rich::plain).collect();
        assert_eq!(lines, ["PRODUCT#", "globex#P", "-000017  Bolt"]);
    }
}
