//! The command line that does the same as what is on screen.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Kept, draw_text};
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::message::Effect;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::{Rich, Scroll};

/// Command lines to be read or copied.
#[derive(Debug)]
pub(crate) struct CommandBox {
    lines: Vec<String>,
    chosen: usize,
}

impl CommandBox {
    pub(crate) fn new(line: String) -> Self {
        Self::of(vec![line])
    }

    /// Several, one of which is chosen.
    pub(crate) fn of(lines: Vec<String>) -> Self {
        Self { lines, chosen: 0 }
    }

    pub(super) fn key(&mut self, app: &mut App, key: Key) -> Kept {
        match key.code {
            KeyCode::Char('y') | KeyCode::Enter => {
                if let Some(line) = self.lines.get(self.chosen) {
                    app.effect(Effect::Copy { text: line.clone(), what: "command line".to_owned() });
                }
                Kept::No
            }
            KeyCode::Esc | KeyCode::Char('q' | 'Y') => Kept::No,
            KeyCode::Down | KeyCode::Char('j') => {
                self.chosen = (self.chosen + 1).min(self.lines.len().saturating_sub(1));
                Kept::Yes
            }
            KeyCode::Up | KeyCode::Char('k') => {
                self.chosen = self.chosen.saturating_sub(1);
                Kept::Yes
            }
            _ => Kept::Yes,
        }
    }

    pub(super) fn draw(&self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let width = 90.min(area.width.saturating_sub(4)).max(10);
        let several = self.lines.len() > 1;
        let room = usize::from(width.saturating_sub(if several { 6 } else { 4 }));
        let mut lines: Vec<Rich> = Vec::new();
        for (i, line) in self.lines.iter().enumerate() {
            let role = if i == self.chosen { Role::Strong } else { Role::Text };
            for (part, words) in text::wrap(line, room).iter().enumerate() {
                let lead = match (several, i == self.chosen && part == 0) {
                    (false, _) => "",
                    (true, true) => "> ",
                    (true, false) => "  ",
                };
                lines.push(Rich::of(Role::Key, lead).with(role, words));
            }
        }
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let area = centred(buffer, area, width, height);
        let inner = framed(buffer, area, Frame::Dialog, "The command line that does the same", "", &app.theme);
        let choose: &[_] = if several {
            &[("y", "copy"), ("↑↓", "choose"), ("Esc", "close")]
        } else {
            &[("y", "copy"), ("Esc", "close")]
        };
        foot(buffer, area, choose, &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
        None
    }
}
