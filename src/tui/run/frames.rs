//! Frames: when the next one is due, and the drawing of it.

use std::io;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::time::Instant;

use crate::tui::app::App;
use crate::tui::view;

/// The shortest times between two frames.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// After a key.
    pub(crate) keys: Duration,
    /// While events stream in.
    pub(crate) events: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { keys: Duration::from_micros(16_667), events: Duration::from_micros(33_333) }
    }
}

/// When to draw next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frames {
    pub(super) last: Option<Instant>,
    pub(super) due: Option<Instant>,
}

impl Frames {
    /// Something changed: draw when so long has passed since the last frame, earlier if that is due already.
    pub(super) fn want(&mut self, after: Duration) {
        let at = self.last.map_or_else(Instant::now, |last| last + after);
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
}

pub(super) fn draw<B>(app: &mut App, terminal: &mut Terminal<B>) -> io::Result<()>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    let drawn = terminal.draw(|frame| {
        if let Some(cursor) = view::draw(app, frame.buffer_mut()) {
            frame.set_cursor_position(cursor);
        }
    });
    drawn.map(|_| ()).map_err(io::Error::other)
}
