//! Ending a run: what that leaves behind, and how to go on.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Kept, draw_text};
use crate::domain::printable::printable;
use crate::engine::protocol::Steering;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::{Rich, Scroll};
use crate::tui::{format, text};

pub(super) fn key(app: &mut App, key: Key) -> Kept {
    match key.code {
        KeyCode::Char('E') => {
            app.steer(Steering::Stop);
            app.say("ending the run between two items…");
            Kept::No
        }
        KeyCode::Esc => Kept::No,
        _ => Kept::Yes,
    }
}

/// What ending the run now leaves behind, in words.
pub(crate) fn left_behind(app: &App) -> Vec<String> {
    let Some(run) = &app.run else { return vec![] };
    let outcomes: Vec<String> = run.outcomes.iter().map(|(o, n)| format!("{o} {}", format::count(*n))).collect();
    let done = if outcomes.is_empty() { "nothing yet".to_owned() } else { outcomes.join(", ") };
    let mut out = vec![format!("With an outcome: {done}. What is in flight is finished and recorded first.")];
    match run.left() {
        Some(left) => out.push(format!("Not begun: {}. They stay as they are.", format::plural(left, "item", "items"))),
        None => out.push("What was not begun stays as it is.".to_owned()),
    }
    if let Some(id) = run.run {
        out.push(format!("To go on later: {}", app.line_of_resume(id)));
        if run.attempted() > 0 {
            out.push(format!("To take it back: {}", app.line_of_undo(id)));
        }
    }
    out
}

pub(super) fn draw(app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let width = 84.min(area.width);
    let room = usize::from(width.saturating_sub(4)).max(4);
    let mut lines = Vec::new();
    for words in left_behind(app) {
        lines.extend(text::wrap(&printable(&words), room).iter().map(|l| Rich::of(Role::Text, l)));
    }
    let area = centred(buffer, area, width, u16::try_from(lines.len()).unwrap_or(0) + 2);
    let inner = framed(buffer, area, Frame::End, "End the run?", "", &app.theme);
    foot(buffer, area, &[("E", "end it"), ("Esc", "let it go on")], &app.theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
    None
}
