//! Frames as terminals show them, whatever these think of their characters.

use std::cell::RefCell;
use std::num::NonZero;
use std::rc::Rc;

use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::{Terminal, TerminalOptions, Viewport};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar as _;

use super::*;
use crate::tui::parts::popup::{Frame, centred, framed};
use crate::tui::parts::{Rich, draw_line};
use crate::tui::theme::{Role, Theme};

const SIZE: (u16, u16) = (40, 8);

/// Each with what terminals disagree about.
const TEXTS: [&str; 12] = [
    "ﾎﾞﾙﾄ ﾅｯﾄ ﾊﾟｯｷﾝ",
    "q\u{303}x n\u{303}y e\u{301}z",
    "👩\u{200d}💻 dev 👍🏽 ok 🇯🇵 jp",
    "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af} NFD",
    "שלום 42 עולם",
    "مرحبا abc",
    "ボルト M6 (改)",
    "กำลัง ที่",
    "क्षि बি \u{9be}x",
    "か\u{3099}き\u{3099} plain",
    "",
    "plain text that covers all of it",
];

/// Buffer that a frame is written to.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal: takes bytes, and shows something in each cell.
trait Shows {
    fn take(&mut self, bytes: &[u8]);
    fn cell(&self, x: u16, y: u16) -> String;
}

impl Shows for vt100::Parser {
    fn take(&mut self, bytes: &[u8]) {
        self.process(bytes);
    }

    fn cell(&self, x: u16, y: u16) -> String {
        self.screen().cell(y, x).map(|cell| cell.contents().to_owned()).unwrap_or_default()
    }
}

/// A terminal of other habits: with a table of widths of its own, and one that joins what belongs together, across moves too.
struct Other {
    width: fn(char) -> usize,
    joins: bool,
    at: (usize, usize),
    rows: Vec<Vec<String>>,
}

/// The right half of a wide character.
const RIGHT: &str = "\0";

impl Other {
    fn new(width: fn(char) -> usize, joins: bool) -> Self {
        let row = vec![String::new(); usize::from(SIZE.0)];
        Self { width, joins, at: (0, 0), rows: vec![row; usize::from(SIZE.1)] }
    }

    fn print(&mut self, c: char) {
        let (x, y) = self.at;
        let row = &mut self.rows[y];
        if x > 0 {
            let left = if row[x - 1] == RIGHT { x - 2 } else { x - 1 };
            let together = format!("{}{c}", row[left]);
            let is_one = !row[left].is_empty() && together.graphemes(true).count() == 1;
            if (self.width)(c) == 0 || self.joins && is_one {
                row[left] = together;
                return;
            }
        }
        let width = (self.width)(c).max(1);
        for x in x..(x + width).min(row.len()) {
            // Half of a wide character does not stay.
            if row[x] == RIGHT && x > 0 {
                row[x - 1].clear();
            }
            if row.get(x + 1).is_some_and(|next| next == RIGHT) {
                row[x + 1].clear();
            }
            row[x] = RIGHT.to_owned();
        }
        if let Some(cell) = row.get_mut(x) {
            *cell = c.to_string();
        }
        self.at.0 = (x + width).min(row.len() - 1);
    }
}

impl Shows for Other {
    fn take(&mut self, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).unwrap();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '\u{1b}' {
                self.print(c);
                continue;
            }
            assert_eq!(chars.next(), Some('['));
            let inside: String = chars.as_str().chars().take_while(|c| !c.is_ascii_alphabetic()).collect();
            let last = chars.nth(inside.len()).unwrap();
            if last == 'H' {
                let (row, column) = inside.split_once(';').unwrap();
                self.at = (column.parse::<usize>().unwrap() - 1, row.parse::<usize>().unwrap() - 1);
            }
        }
    }

    fn cell(&self, x: u16, y: u16) -> String {
        self.rows[usize::from(y)][usize::from(x)].clone()
    }
}

/// One frame: texts from the one that the list was scrolled to, and a box over them.
fn frame(buffer: &mut Buffer, first: usize, boxed: bool) {
    let theme = Theme::shipped(true).unwrap();
    for y in 0..SIZE.1 {
        let text = TEXTS[(first + usize::from(y)) % TEXTS.len()];
        let line = Rich::of(Role::Text, text).with(Role::Border, "│").with(Role::Strong, text);
        let over = if y == 2 { theme.style(Role::Selected) } else { Style::default() };
        draw_line(buffer, Rect::new(0, y, SIZE.0, 1), &line, 0, &theme, over);
    }
    if boxed {
        let outer = buffer.area;
        let width = 15 + u16::try_from(first % 4).unwrap();
        let area = centred(buffer, outer, width, 5);
        framed(buffer, area, Frame::Write, "Write this?", "", &theme);
    }
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\0')).collect()
}

/// Draws frames one after another as the list is scrolled and boxes come and go, and looks at each cell after each.
fn comes_out_right(mut terminal: impl Shows) {
    let wire = Wire::default();
    let viewport = Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1));
    let mut drawn = Terminal::with_options(Output::new(wire.clone()), TerminalOptions { viewport }).unwrap();
    for step in 0..4 * TEXTS.len() {
        let boxed = step % 3 == 1;
        // Down, and back up by more than one.
        let first = if step < 2 * TEXTS.len() { step } else { 5 * TEXTS.len() - step * 5 % TEXTS.len() };
        drawn.draw(|to| frame(to.buffer_mut(), first, boxed)).unwrap();
        terminal.take(&std::mem::take(&mut *wire.0.borrow_mut()));
        let mut wanted = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        frame(&mut wanted, first, boxed);
        for y in 0..SIZE.1 {
            let mut x = 0;
            while x < SIZE.0 {
                let cell = &wanted[(x, y)];
                let width = cell.cell_width().max(1);
                let shown: String = (x..x + width).map(|x| terminal.cell(x, y)).collect();
                assert_eq!(plain(&shown), plain(cell.symbol()), "step {step}: cell {x} of row {y}");
                x += width;
            }
        }
    }
}

fn wcwidth(c: char) -> usize {
    if matches!(c, '\u{ff9e}' | '\u{ff9f}') { 1 } else { c.width().unwrap_or(0) }
}

#[test]
fn a_terminal_that_counts_characters_shows_what_was_drawn() {
    let side = |n: u16| NonZero::new(n).unwrap();
    comes_out_right(vt100::Parser::new(side(SIZE.1), side(SIZE.0), 0));
    comes_out_right(Other::new(wcwidth, false));
}

#[test]
fn a_terminal_that_joins_what_belongs_together_shows_what_was_drawn() {
    comes_out_right(Other::new(wcwidth, true));
    comes_out_right(Other::new(|c| c.width().unwrap_or(0), true));
}

#[test]
fn a_terminal_that_takes_marks_of_kana_for_combining_ones_shows_what_was_drawn() {
    comes_out_right(Other::new(|c| if matches!(c, '\u{ff9e}' | '\u{ff9f}') { 0 } else { wcwidth(c) }, false));
}

#[test]
fn a_terminal_that_is_older_than_emoji_shows_what_was_drawn() {
    comes_out_right(Other::new(|c| if c >= '\u{1f000}' { 1 } else { wcwidth(c) }, false));
}
