//! One user with every attribute, whole.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::json::indented;
use crate::domain::users::{ATTRIBUTES, Seen, User};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Rich, Scroll, draw_text};
use crate::tui::theme::Role;

/// Column that values begin in, where they stand beside their names.
const VALUES: usize = 20;

/// The user.
#[derive(Debug)]
pub(super) struct Whole {
    user: User,
    seen: Seen,
    scroll: Scroll,
    lines: usize,
}

impl Whole {
    pub(super) fn of(user: &User, seen: &Seen) -> Self {
        Self { user: user.clone(), seen: seen.clone(), scroll: Scroll::default(), lines: 0 }
    }

    pub(super) fn slide(&mut self, step: Step) {
        self.scroll.slide(step, self.lines);
    }

    pub(super) fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) {
        let area = centred(buffer, area, 104, area.height.saturating_sub(1));
        let title = tr!("User %{name}", name = self.user.name);
        let inner = framed(buffer, area, Frame::Dialog, &title, "", &app.theme);
        let hints = [
            (Action::Back, text!("back")),
            (Action::Up, text!("scroll")),
            (Action::NewPlan, text!("new plan")),
            (Action::Copy, text!("copy name")),
        ];
        foot(buffer, area, &Hints::of(&app.keymap, Context::User, &hints), &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let lines = self.lines(usize::from(inner.width).max(4));
        self.lines = lines.len();
        draw_text(buffer, area, inner, &lines, &mut self.scroll, &app.theme);
    }

    fn lines(&self, room: usize) -> Vec<Rich> {
        let mut lines = Vec::new();
        if self.user.federated {
            let words = tr!("federated: its identity provider may write an old code back at the next sign-in");
            lines.extend(problem::notice(&format!("F {words}"), Role::Warning, room));
        }
        for bad in &self.seen.malformed {
            let words = format!("! {}: {}", bad.attribute, bad.why);
            lines.extend(problem::notice(&words, Role::Error, room));
        }
        if self.seen.is_respelled {
            lines.extend(problem::notice(
                &format!("^ {}", tr!("a tenant code is not in lower case")),
                Role::Warning,
                room,
            ));
        }
        if self.seen.tenant.is_none() {
            lines.extend(problem::notice(&tr!("custom:tenant is missing or empty: every tenant"), Role::Text, room));
        }
        if !lines.is_empty() {
            lines.push(Rich::default());
        }
        // Attributes that hold tenant codes come first.
        let own = ATTRIBUTES.iter().filter_map(|name| self.user.attributes.get_key_value(*name));
        let others = self.user.attributes.iter().filter(|(name, _)| !ATTRIBUTES.contains(&name.as_str()));
        for (name, text) in own.chain(others) {
            lines.extend(attribute(name, text, room));
        }
        lines
    }
}

/// An attribute: beside its name, or below it over several lines where it is JSON.
fn attribute(name: &str, text: &str, room: usize) -> Vec<Rich> {
    let mut head = Rich::of(Role::Path, name);
    if let Some(json) = indented(text) {
        let mut lines = head.wrapped(room);
        for line in json.lines() {
            lines.extend(Rich::of(Role::Text, "  ").with(Role::Text, line).wrapped(room));
        }
        return lines;
    }
    head.pad_to(VALUES);
    head.push(Role::Text, " ");
    match text {
        "" => head.push(Role::Dim, &tr!("(empty)")),
        text => head.push(Role::Text, text),
    }
    head.wrapped(room)
}
