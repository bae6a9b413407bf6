//! The dialog that allows writing. It looks like no other, and its key is no other dialog's.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Kept, draw_text};
use crate::domain::printable::printable;
use crate::engine::protocol::Command;
use crate::tui::app::App;
use crate::tui::keymap::Key;
use crate::tui::message::Purpose;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, foot, framed};
use crate::tui::widgets::{Rich, Scroll};

pub(super) fn key(app: &mut App, key: Key) -> Kept {
    match key.code {
        KeyCode::Char('A') => {
            app.send(Command::Arm { armed: true }, Purpose::Arm);
            Kept::No
        }
        KeyCode::Esc => {
            app.say("still read-only");
            Kept::No
        }
        _ => Kept::Yes,
    }
}

pub(super) fn draw(app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let width = 64.min(area.width);
    let room = usize::from(width.saturating_sub(6)).max(4);
    let profile = &app.profile;
    let mut lines = vec![Rich::default()];
    let place = format!("profile {}, environment {}, app {}", profile.name, profile.environment, profile.app);
    let mut say =
        |role, words: &str| lines.extend(text::wrap(&printable(words), room).iter().map(|l| Rich::of(role, l)));
    say(Role::Strong, &place);
    if profile.protected {
        say(Role::Production, " PRODUCTION ");
    }
    say(Role::Text, "");
    say(
        Role::Text,
        "Armed, the console may write. Each write is still shown first, row by row, and waits for your approval.",
    );
    if profile.protected {
        say(Role::Text, "On this profile each write also wants the tenant's name typed.");
    }
    say(Role::Text, "");
    say(Role::Text, "Press A again to arm. Esc leaves it read-only.");
    lines.push(Rich::default());
    let height = u16::try_from(lines.len()).unwrap_or(0) + 2;
    let area = centred(buffer, area, width, height);
    let inner = framed(buffer, area, Frame::Arm, "Allow writing?", "", &app.theme);
    foot(buffer, area, &[("A", "arm"), ("Esc", "stay read-only")], &app.theme);
    let inner = Rect { x: inner.x + 2, width: inner.width.saturating_sub(4), ..inner };
    draw_text(buffer, area, inner, &lines, &mut Scroll::default(), &app.theme);
    None
}
