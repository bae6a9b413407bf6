//! Where lists and texts were drawn last, so that it is known what the mouse is over.
//!
//! That is known while a frame is drawn and not before, deep inside of panes and dialogs; a frame is drawn by one thread alone.

use std::cell::RefCell;
use std::ops::Range;

use ratatui::layout::{Position, Rect};

use super::scroll::Step;

thread_local! {
    static DRAWN: RefCell<Vec<Hit>> = const { RefCell::new(Vec::new()) };
}

/// Lines that were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    area: Rect,
    first: usize,
    end: usize,
    pub(crate) kind: Kind,
}

/// Kind of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A list, with the line that its cursor is on.
    List(usize),
    /// A text, which only slides.
    Text,
}

impl Hit {
    /// Whether a cell is one of theirs.
    pub(crate) fn holds(&self, at: Position) -> bool {
        self.area.contains(at)
    }

    /// The step from the cursor of a list to the line that is there.
    pub(crate) fn step_to(&self, at: Position) -> Option<Step> {
        let Kind::List(cursor) = self.kind else { return None };
        let line = self.first + usize::from(at.y.checked_sub(self.area.y)?);
        let line = isize::try_from(line).ok().filter(|_| line < self.end)?;
        Some(Step::Lines(line - isize::try_from(cursor).ok()?))
    }
}

/// Lines of a list were drawn.
pub(crate) fn list(area: Rect, shown: &Range<usize>, cursor: usize) {
    drawn(Hit { area, first: shown.start, end: shown.end, kind: Kind::List(cursor) });
}

/// Lines of a text were drawn.
pub(crate) fn text(area: Rect, shown: &Range<usize>) {
    drawn(Hit { area, first: shown.start, end: shown.end, kind: Kind::Text });
}

fn drawn(hit: Hit) {
    DRAWN.with_borrow_mut(|hits| hits.push(hit));
}

/// Takes the lines that were drawn since the last time; those on top come last.
pub(crate) fn take() -> Vec<Hit> {
    DRAWN.take()
}
