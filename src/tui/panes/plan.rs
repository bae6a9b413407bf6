//! The plan pane: what can be planned today, and the command line for what is on screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pane, problem};
use crate::tui::app::App;
use crate::tui::layers::draw_text;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, framed};
use crate::tui::widgets::scroll::Step;
use crate::tui::widgets::{Rich, Scroll};

/// The pane.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    scroll: Scroll,
    lines: usize,
}

impl Plan {
    /// Slides over the text.
    pub(crate) fn slide(&mut self, step: Step) {
        self.scroll.slide(step, self.lines);
    }
}

/// Draws the pane.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let theme = app.theme.clone();
    let focused = app.focus == Pane::Plan && app.layers.is_empty();
    let inner = framed(buffer, area, Frame::Pane { focused }, "3 Plan", "", &theme);
    if inner.is_empty() {
        return None;
    }
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let room = usize::from(inner.width).max(4);
    let mut lines = Vec::new();
    let mut say = |role, words: &str| {
        lines.extend(problem::notice(words, role, room));
        lines.push(Rich::default());
    };
    say(Role::Strong, "Plans over many entities are not built here yet.");
    say(
        Role::Text,
        "Copying and moving a tenant's entities works on the command line: plan example copy prints a plan, preview shows what it would \
         do, run asks batch by batch, undo takes it back.",
    );
    say(Role::Heading, "What works today");
    say(
        Role::Text,
        "One entity: open it, choose a version, p shows exactly what a rollback would write, R rolls back.",
    );
    say(Role::Text, ":runs lists what was written, with each run's items and digest.");
    let marked = app.tenants.entities.as_ref().map_or(0, |e| e.marks.len());
    if marked > 0 {
        say(
            Role::Text,
            &format!(
                "{} marked: they stay marked while the partition is open.",
                crate::tui::format::plural(marked as u64, "entity is", "entities are")
            ),
        );
    }
    say(Role::Heading, "On the command line, what is on screen is");
    let line = app.headless_line();
    lines.extend(problem::notice(&line, Role::Strong, room));
    app.plan.lines = lines.len();
    draw_text(buffer, area, inner, &lines, &mut app.plan.scroll, &theme);
    None
}
