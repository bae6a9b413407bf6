//! The list of versions.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::versions::VersionLine;
use crate::domain::clock::local_minutes;
use crate::domain::key::Version;
use crate::domain::printable::printable;
use crate::domain::row::TableKind;
use crate::domain::timeline::VersionStatus;
use crate::language::translated;
use crate::tui::app::App;
use crate::tui::parts::hits;
use crate::tui::parts::scroll::draw_scrollbar;
use crate::tui::parts::{Rich, draw_line};
use crate::tui::text;
use crate::tui::theme::Role;

/// Draws the list into the upper half of the pane.
pub(super) fn draw(app: &mut App, buffer: &mut Buffer, frame: Rect, area: Rect, focused: bool) -> Option<(u16, u16)> {
    let (theme, zone) = (app.theme.clone(), app.zone.clone());
    let opened = app.history.opened.as_mut()?;
    let fresh = app.watch.as_ref().filter(|w| w.follows(&opened.entity)).map(|w| &w.versions);
    let mut area = area;
    let mut cursor = None;
    if opened.filter.shown() {
        cursor = opened.filter.draw(buffer, Rect { height: 1, ..area }, &theme);
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    let columns = Columns::new(usize::from(area.width));
    draw_line(buffer, Rect { height: 1, ..area }, &columns.heading(&app.profile.timezone), 0, &theme, Style::default());
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let len = opened.versions.shown_len();
    if len == 0 {
        let words = format!(" {}", tr!("no version like that"));
        draw_line(buffer, rows, &Rich::of(Role::Dim, &words), 0, &theme, Style::default());
        return cursor;
    }
    let shown = opened.list.window(len, usize::from(rows.height));
    hits::list(rows, &shown, opened.list.cursor);
    for (y, i) in (rows.y..rows.bottom()).zip(shown.clone()) {
        let Some(line) = opened.versions.at(i) else { break };
        let selected = opened.selected == Some(line.version);
        let over = match (selected, focused) {
            (true, true) => theme.style(Role::Selected),
            (true, false) => theme.style(Role::SelectedFar),
            _ => Style::default(),
        };
        let row = Rect { y, height: 1, ..rows };
        let is_new = fresh.is_some_and(|f| f.contains(&line.version));
        buffer.set_style(row, over);
        draw_line(buffer, row, &columns.line(line, opened.marked, is_new, &zone), 0, &theme, over);
    }
    let bar = Rect { y: rows.y - 1, height: rows.height + 2, ..frame };
    draw_scrollbar(buffer, bar, &shown, len, &theme);
    cursor
}

struct Columns {
    who: usize,
    rest: usize,
}

impl Columns {
    /// Signs, version, time, tables and status, with the blanks between them.
    const FIXED: usize = 3 + 6 + 2 + 18 + 6 + 10;

    fn new(room: usize) -> Self {
        let free = room.saturating_sub(Self::FIXED);
        let who = (free / 2).clamp(8, 16);
        Self { who, rest: free.saturating_sub(who) }
    }

    fn heading(&self, zone: &str) -> Rich {
        let mut head = format!("   {}  ", text::fit_right(&tr!("ver"), 6));
        head.push_str(&text::cell(&tr!("when, %{zone}", zone = zone), 18));
        head.push_str(&text::cell(&tr!("who"), self.who));
        head.push_str(&text::cell(&tr!("where"), 6));
        head.push_str(&text::cell(&tr!("status"), 10));
        head.push_str(&text::fit(&tr!("request"), self.rest));
        Rich::of(Role::Dim, &head)
    }

    fn line(&self, line: &VersionLine, marked: Option<Version>, is_new: bool, zone: &TimeZone) -> Rich {
        let mut out = Rich::of(Role::Marked, if marked == Some(line.version) { "*" } else { " " });
        out.push(Role::Ok, if line.current { "=" } else { " " });
        out.push(Role::Added, if is_new { "+" } else { " " });
        if line.is_gap() {
            out.push(Role::Gap, &text::fit_right(&line.version.to_string(), 6));
            out.push(Role::Gap, &format!("  {}", tr!("missing: in no table (expired, deleted, or never written)")));
            return out;
        }
        out.push(Role::Strong, &text::fit_right(&line.version.to_string(), 6));
        let at = line.at.as_deref().map_or_else(|| tr!("unknown").into_owned(), |at| local_minutes(at, zone));
        out.push(Role::Text, "  ");
        out.push(Role::Text, &text::cell(&at, 18));
        let mut who = line.by.clone().unwrap_or_else(|| tr!("unknown").into_owned());
        if line.uncertain {
            who = format!("{}?", text::cut(&printable(&who), self.who.saturating_sub(3)));
        }
        out.push(if line.uncertain { Role::Warning } else { Role::Text }, &text::cell(&who, self.who));
        let letter = |kind, letter| if line.found.contains(&kind) { letter } else { "·" };
        let found = [
            letter(TableKind::Data, "D"),
            letter(TableKind::History, "H"),
            letter(TableKind::Command, "C"),
            if line.in_s3 { "S" } else { " " },
        ];
        out.push(Role::Text, &text::cell(&found.concat(), 6));
        let role = match line.status {
            VersionStatus::Published if line.deleted => Role::Removed,
            VersionStatus::Published => Role::Text,
            VersionStatus::Pending => Role::Warning,
            VersionStatus::Failed | VersionStatus::Gap => Role::Error,
        };
        let mut status = translated(line.status_word()).into_owned();
        if line.problem.is_some() {
            status.push_str(" !");
        }
        out.push(role, &text::cell(&status, 10));
        out.push(Role::Dim, &text::fit(line.request_id.as_deref().unwrap_or_default(), self.rest));
        out
    }
}
