//! The dialog as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Batch;
use crate::domain::clock::local_minutes;
use crate::engine::protocol::Preview;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, framed};
use crate::tui::parts::problem;
use crate::tui::parts::{Hints, Place, Rich, draw_lines, draw_list};
use crate::tui::screens::plan::preview_view::{action_role, short};
use crate::tui::theme::Role;
use crate::tui::{format, subject, text};

/// The decisions.
const DECISIONS: [(Action, &str); 8] = [
    (Action::Approve, "approve"),
    (Action::ApproveRest, "approve the rest"),
    (Action::SkipBatch, "skip"),
    (Action::HoldBatch, "hold"),
    (Action::SplitBatch, "split"),
    (Action::EndRun, "end the run"),
    (Action::Open, "item"),
    (Action::Back, "decide later"),
];

impl Batch {
    pub(super) fn draw_batch(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
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
        let keys = decisions(app, room);
        let below = u16::try_from(keys.len()).unwrap_or(1);
        head.truncate(usize::from((inner.height.saturating_sub(below) / 2).max(1)));
        let top = u16::try_from(head.len()).unwrap_or(0);
        draw_lines(buffer, inner, &head, theme);
        let body = Rect { y: inner.y + top, height: inner.height.saturating_sub(top + below), ..inner };
        let items = &self.approval.items;
        let place = Place { frame: area, lines: body };
        draw_list(buffer, place, &mut self.scroll, items.len(), theme, |i| Some(line(items.get(i)?, room)));
        let foot = Rect { y: body.bottom(), height: inner.bottom() - body.bottom(), ..inner };
        draw_lines(buffer, foot, &keys, theme);
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
        if let Some(last) = approval.earlier.last() {
            let words = format!("Resumed: {}. It counts no more.", last.words(&local_minutes(&last.at, &app.zone)));
            lines.extend(problem::notice(&words, Role::Text, room));
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
        let later = approval.rest.saturating_sub(approval.items.len() as u64);
        if later > 0 {
            parts.push(format!("{} left after it", format::count(later)));
        }
        if approval.held_back.1 > 0 {
            parts.push(format!("{} held back", format::count(approval.held_back.1)));
        }
        lines.extend(problem::notice(&parts.join(" · "), Role::Strong, room));
        let name = app.run.as_ref().map(|r| r.what()).unwrap_or_default();
        lines.extend(problem::notice(&format!("{name}run {}", approval.run), Role::Dim, room));
        let key = |at: usize| approval.items.get(at).map(|i| i.source.sk.to_string()).unwrap_or_default();
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
    let (key, versions) = subject::of_preview(item);
    let tail = format!("{versions}  {changes}{}", subject::line(item.line));
    let warnings = if item.warnings.is_empty() { String::new() } else { format!("  ! {}", item.warnings.join(", ")) };
    let left = room.saturating_sub(line.width() + text::width(&tail) + text::width(&warnings)).max(12);
    line.push(Role::Text, &text::fit(&key, left));
    line.push(Role::Dim, &tail);
    line.push(Role::Warning, &warnings);
    line
}

/// The decisions, in as many lines as they need.
fn decisions(app: &App, room: usize) -> Vec<Rich> {
    let mut lines = vec![Rich::default()];
    for (key, what) in Hints::of(&app.keymap, Context::Batch, &DECISIONS).0 {
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
