//! The log as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Levels, Log, LogLine, progress_view};
use crate::engine::protocol::Level;
use crate::language::listed;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::pane::Pane;
use crate::tui::parts::hits;
use crate::tui::parts::popup::{Frame, framed};
use crate::tui::parts::scroll::{Step, draw_scrollbar};
use crate::tui::parts::{Rich, draw_line};
use crate::tui::theme::Role;

impl Log {
    /// Limits that items are narrowed to, in words.
    fn narrowed(&self) -> Option<String> {
        let parts: Vec<String> = self.outcome.map(|o| o.to_string()).into_iter().chain(self.tenant.clone()).collect();
        (!parts.is_empty()).then(|| listed(parts))
    }

    /// Moves the cursor; at the end it follows what comes in.
    pub(crate) fn step(&mut self, step: Step) {
        let len = self.len();
        self.scroll.step(step, len);
        self.following = self.scroll.cursor + 1 >= len;
    }
}

/// Draws the log.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let theme = app.theme.clone();
    let focused = app.focus == Pane::Log && app.stack.is_empty();
    let title = match app.log.held_back() {
        Some(0) => tr!("Progress log, frozen"),
        Some(n) => tr!("Progress log, frozen, %{n} new", n = format::count(n)),
        None => tr!("Progress log"),
    };
    let title = format!("4 {title}");
    let len = app.log.len();
    if app.log.following {
        app.log.scroll.cursor = len.saturating_sub(1);
    }
    let place = if len == 0 { 0 } else { app.log.scroll.cursor + 1 };
    let mut note = format!("{}/{}", format::len(place), format::len(len));
    if let Some(narrowed) = app.log.narrowed() {
        note = listed([tr!("%{what} only", what = narrowed).into_owned(), note]);
    } else if app.log.levels != Levels::All {
        note = listed([tr!("%{what} only", what = app.log.levels.word()).into_owned(), note]);
    } else if app.log.errors > 0 {
        note = listed([format::plural(app.log.errors, text!("%{n} error"), text!("%{n} errors")), note]);
    }
    let inner = framed(buffer, area, Frame::Pane { focused }, &title, &note, &theme);
    if inner.is_empty() {
        return None;
    }
    let mut cursor = None;
    let mut body = inner;
    if let Some(run) = &app.run {
        // The list keeps three lines at least.
        let most = usize::from(body.height.saturating_sub(3)).min(14);
        let lines = progress_view::lines(app, run, usize::from(body.width).max(4), most);
        for line in lines.iter().take(usize::from(body.height)) {
            draw_line(buffer, Rect { height: 1, ..body }, line, 0, &theme, Style::default());
            body = Rect { y: body.y + 1, height: body.height - 1, ..body };
        }
    }
    if body.is_empty() {
        return None;
    }
    if app.log.filter.shown() {
        cursor = app.log.filter.draw(buffer, Rect { height: 1, ..body }, &theme);
        body = Rect { y: body.y + 1, height: body.height - 1, ..body };
    }
    if len == 0 {
        let words = if app.log.total() == 0 { tr!("nothing happened yet") } else { tr!("no line like that") };
        draw_line(buffer, body, &Rich::of(Role::Dim, &words), 0, &theme, Style::default());
        return cursor;
    }
    // The selected line is shown whole, the others as far as they fit.
    let room = usize::from(body.width).max(4);
    let selected = app.log.get(app.log.scroll.cursor).map(|l| line(app, l).wrapped(room)).unwrap_or_default();
    let extra =
        if focused { u16::try_from(selected.len().saturating_sub(1)).unwrap_or(0).min(body.height / 2) } else { 0 };
    let shown = app.log.scroll.window(len, usize::from(body.height - extra));
    let mut y = body.y;
    for i in shown.clone() {
        let Some(entry) = app.log.get(i) else { break };
        let at_cursor = i == app.log.scroll.cursor;
        let over = if at_cursor && focused { theme.style(Role::Selected) } else { Style::default() };
        let own = [line(app, entry)];
        let lines =
            if at_cursor && focused { &selected[..selected.len().min(usize::from(extra) + 1)] } else { &own[..] };
        let height = u16::try_from(lines.len()).unwrap_or(1);
        hits::list(Rect { y, height, ..body }, &(i..i + 1), app.log.scroll.cursor);
        for text in lines {
            let row = Rect { y, height: 1, ..body };
            buffer.set_style(row, over);
            draw_line(buffer, row, text, 0, &theme, over);
            y += 1;
        }
    }
    draw_scrollbar(buffer, area, &shown, len, &theme);
    cursor
}

fn line(app: &App, entry: &LogLine) -> Rich {
    let (role, sign) = match entry.level {
        Level::Info => (Role::Text, "  "),
        Level::Warning => (Role::Warning, "! "),
        Level::Error => (Role::Error, "!!"),
    };
    Rich::of(Role::Dim, &format!(" {} ", format::clock(entry.at, &app.zone)))
        .with(role, &format!("{sign} "))
        .with(role, &entry.text())
}
