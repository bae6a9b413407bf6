//! Leaving while something is not over.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::stop::left_behind;
use super::{Kept, draw_text};
use crate::domain::printable::printable;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::message::Purpose;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::{Rich, Scroll};

pub(super) fn key(app: &mut App, key: Key) -> Kept {
    match key.code {
        KeyCode::Char('q') => app.quit = true,
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => app.quit = true,
        KeyCode::Esc => return Kept::No,
        _ => {}
    }
    Kept::Yes
}

pub(super) fn draw(app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let width = 70.min(area.width);
    let room = usize::from(width.saturating_sub(4)).max(4);
    let is_run = app.pending(|p| *p == Purpose::Run).is_some();
    let words = match is_run {
        true => std::iter::once("A run is not over. Leaving ends it between two items.".to_owned()).chain(left_behind(app)).collect(),
        false if !app.is_writing() => {
            vec!["The plan in the plan pane has changes that are not saved. w in the pane saves them.".to_owned()]
        }
        false => vec![
            "A rollback is not over. What nobody has approved will not be written; what is being written is recorded in the run's \
             journal: `tenantry runs` shows how it ended."
                .to_owned(),
        ],
    };
    let lines: Vec<Rich> =
        words.iter().flat_map(|w| text::wrap(&printable(w), room)).map(|l| Rich::of(Role::Text, &l)).collect();
    let area = centred(buffer, area, width, u16::try_from(lines.len()).unwrap_or(0) + 2);
    let inner = framed(buffer, area, Frame::Dialog, "Leave now?", "", &app.theme);
    foot(buffer, area, &[("q", "leave"), ("Esc", "stay")], &app.theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
    None
}
