//! Frames on their way to the terminal.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::{Cell, CellDiffOption};
use ratatui::layout::{Position, Size};

/// The terminal as ratatui draws on it. A piece of text that carries its width is one that terminals disagree about: its cells are
/// blanked first, and what stands behind it is put where it belongs, however far the terminal moved its cursor.
#[derive(Debug)]
pub(crate) struct Output<W: Write>(CrosstermBackend<W>);

impl<W: Write> Output<W> {
    /// One that writes to something.
    pub(crate) fn new(to: W) -> Self {
        Self(CrosstermBackend::new(to))
    }
}

impl<W: Write> Backend for Output<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // Each call below begins with a move of the cursor.
        let mut run = Vec::new();
        for (x, y, cell) in content {
            let CellDiffOption::ForcedWidth(width) = cell.diff_option else {
                run.push((x, y, cell));
                continue;
            };
            if !run.is_empty() {
                self.0.draw(run.drain(..))?;
            }
            let mut blank = cell.clone();
            blank.set_symbol(" ");
            self.0.draw((0..width.get()).map(|i| (x + i, y, &blank)))?;
            self.0.draw(std::iter::once((x, y, cell)))?;
        }
        self.0.draw(run.into_iter())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.0.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.0)
    }
}

#[cfg(test)]
mod tests;
