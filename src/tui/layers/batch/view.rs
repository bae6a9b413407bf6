//! The dialog as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Batch;
use crate::engine::protocol::Preview;
use crate::tui::app::App;
use crate::tui::panes::plan::preview_view::{action_role, short};
use crate::tui::panes::problem;
use crate::tui::theme::Role;
use crate::tui::widgets::popup::{Frame, centred, framed};
use crate::tui::widgets::scroll::draw_scrollbar;
use crate::tui::widgets::{Rich, draw_line};
use crate::tui::{format, subject, text};

/// The decisions and their keys.
const KEYS: [(&str, &str); 8] = [
    ("a", "approve"),
    ("r", "approve the rest"),
    ("s", "skip"),
    ("h", "hold"),
    ("x", "split"),
    ("q", "end the run"),
    ("Enter", "item"),
    ("Esc", "decide later"),
];

impl Batch {
    pub(in super::super) fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let outer = area;
        let area = centred(buffer, area, 112, area.height);
        let place = if app.profile.protected { "PRODUCTION: " } else { "" };
        let kind = if self.approval.canary { " is the CANARY" } else { " waits" };
        let title = format!("{place}Batch {}{kind}: nothing of it is written yet", self.approval.batch);
        let note = format!("digest {}", short(&self.approval.digest));
        let inner = framed(buffer, area, Frame::Write, &title, &note, theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        let mut head = self.head(app, room);
        let keys = keys(room);
        let below = u16::try_from(keys.len()).unwrap_or(1);
        head.truncate(usize::from((inner.height.saturating_sub(below) / 2).max(1)));
        let top = u16::try_from(head.len()).unwrap_or(0);
        for (y, line) in (inner.y..inner.bottom()).zip(&head) {
            draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, theme, Style::default());
        }
        let body = Rect { y: inner.y + top, height: inner.height.saturating_sub(top + below), ..inner };
        let items = &self.approval.items;
        let shown = self.scroll.window(items.len(), usize::from(body.height));
        for (y, i) in (body.y..body.bottom()).zip(shown.clone()) {
            let Some(item) = items.get(i) else { break };
            let row = Rect { y, height: 1, ..body };
            let over = if i == self.scroll.cursor { theme.style(Role::Selected) } else { Style::default() };
            buffer.set_style(row, over);
            draw_line(buffer, row, &line(item, room), 0, theme, over);
        }
        draw_scrollbar(buffer, area, &shown, items.len(), theme);
        for (y, line) in (body.bottom()..inner.bottom()).zip(&keys) {
            draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, theme, Style::default());
        }
        self.confirm.as_ref().and_then(|confirm| confirm.draw(app, buffer, outer))
    }

    fn head(&self, app: &App, room: usize) -> Vec<Rich> {
        let approval = &self.approval;
        let items = format::plural(approval.items.len() as u64, "item", "items");
        let mut lines = Vec::new();
        if approval.canary {
            let words = format!("CANARY: {items} to begin with, few on purpose. Look before you approve.");
            lines.extend(problem::notice(&words, Role::Production, room));
        }
        match approval.canary_is_clean {
            Some(true) => lines.push(Rich::of(Role::Ok, "canary: every item is done or equal")),
            Some(false) => {
                let words = "! The canary was NOT clean: the log says which of its items were not written.";
                lines.extend(problem::notice(words, Role::Error, room));
            }
            None => {}
        }
        if approval.held {
            lines.push(Rich::of(Role::Warning, "It was held before."));
        }
        let units: u64 = approval.items.iter().map(|i| i.write_units).sum();
        let objects: u64 = approval.items.iter().map(|i| i.s3_objects).sum();
        let mut parts = vec![items, actions(&approval.items)];
        // Users cost calls and no units.
        if units > 0 {
            parts.push(format!("{} write units at most", format::count(units)));
        }
        if objects > 0 {
            parts.push(format::plural(objects, "S3 object", "S3 objects"));
        }
        parts.push(format!("{} left", format::plural(approval.waiting, "batch", "batches")));
        lines.extend(problem::notice(&parts.join(" · "), Role::Strong, room));
        let name = app.run.as_ref().map(|r| r.what()).unwrap_or_default();
        lines.extend(problem::notice(&format!("{name}run {}", approval.run), Role::Dim, room));
        let key = |at: usize| approval.items.get(at).map(|i| i.entity.key.sk.to_string()).unwrap_or_default();
        let mut standing_out = Vec::new();
        if let Some((at, bytes)) = self.outliers.largest {
            standing_out.push(format!("largest {} ({} bytes)", key(at), format::len(bytes)));
        }
        if let Some((at, fields)) = self.outliers.most_changed {
            let fields = format::plural(fields as u64, "changed field", "changed fields");
            standing_out.push(format!("most changed {} ({fields})", key(at)));
        }
        if !standing_out.is_empty() {
            lines.extend(problem::notice(&standing_out.join(" · "), Role::Text, room));
        }
        if self.outliers.warned > 0 {
            let words = format!(
                "! {}",
                format::plural(self.outliers.warned as u64, "item has a warning", "items have warnings")
            );
            lines.push(Rich::of(Role::Warning, &words));
        }
        lines
    }
}

/// `4 create, 1 update`.
fn actions(items: &[Preview]) -> String {
    let mut counts: Vec<(crate::domain::run::Action, u64)> = Vec::new();
    for item in items {
        match counts.iter_mut().find(|(action, _)| *action == item.action) {
            Some((_, n)) => *n += 1,
            None => counts.push((item.action, 1)),
        }
    }
    counts.iter().map(|(action, n)| format!("{} {action}", format::count(*n))).collect::<Vec<_>>().join(", ")
}

fn line(item: &Preview, room: usize) -> Rich {
    let mut line = Rich::of(action_role(item.action), &text::fit(item.action.as_str(), 8));
    let changes = match item.before {
        Some(_) => format::plural(item.changes.len() as u64, "change", "changes"),
        None => "new".to_owned(),
    };
    let versions = subject::versions(&item.entity.module, (item.version_before, item.version_after));
    let tail = format!("{versions}  {changes}{}", subject::line(item.line));
    let warnings = if item.warnings.is_empty() { String::new() } else { format!("  ! {}", item.warnings.join(", ")) };
    let left = room.saturating_sub(line.width() + text::width(&tail) + text::width(&warnings)).max(12);
    line.push(Role::Text, &text::fit(&item.entity.key.to_string(), left));
    line.push(Role::Dim, &tail);
    line.push(Role::Warning, &warnings);
    line
}

/// The decisions, in as many lines as they need.
fn keys(room: usize) -> Vec<Rich> {
    let mut lines = vec![Rich::default()];
    for (key, what) in KEYS {
        let hint = Rich::of(Role::Key, &format!("{key} ")).with(Role::Text, &format!("{what}   "));
        if lines.last().is_some_and(|l| l.width() > 0 && l.width() + hint.width() > room + 3) {
            lines.push(Rich::default());
        }
        if let Some(line) = lines.last_mut() {
            line.append(&hint);
        }
    }
    lines
}
