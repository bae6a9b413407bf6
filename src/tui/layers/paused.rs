//! A run that the engine pauses: nothing gets through, and somebody has to say whether to go on.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Kept, Layer, draw_text};
use crate::engine::protocol::Steering;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::panes::problem;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::{Rich, Scroll};

pub(super) fn key(app: &mut App, key: Key) -> Kept {
    match key.code {
        KeyCode::Char('c') => {
            app.steer(Steering::Continue);
            app.say("going on…");
            Kept::No
        }
        KeyCode::Char('S') => {
            app.layers.push(Layer::StopRun);
            Kept::No
        }
        KeyCode::Esc => {
            app.say("the run stays paused; the progress log says how to go on");
            Kept::No
        }
        _ => Kept::Yes,
    }
}

pub(super) fn draw(app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let width = 76.min(area.width);
    let room = usize::from(width.saturating_sub(4)).max(4);
    let failure = app.run.as_ref().and_then(|r| r.paused_by.as_ref());
    let mut lines = failure.map(|f| problem::lines(f, room)).unwrap_or_default();
    lines.push(Rich::default());
    let words = "Nothing further is begun, and no item has failed for it. Mend what is wrong, then go on; or end the run and resume \
                 it later.";
    lines.extend(problem::notice(words, Role::Text, room));
    let area = centred(buffer, area, width, u16::try_from(lines.len()).unwrap_or(0) + 2);
    let inner = framed(buffer, area, Frame::Dialog, "The run is paused", "", &app.theme);
    foot(buffer, area, &[("c", "go on"), ("S", "end the run…"), ("Esc", "leave it paused")], &app.theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
    None
}
