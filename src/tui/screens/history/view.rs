//! The history pane as it is drawn: the versions above, the selected one below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Half;
use super::{detail_view, list_view};
use crate::language::comma;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::pane::Pane;
use crate::tui::parts::popup::{Frame, framed};
use crate::tui::parts::problem;
use crate::tui::parts::{Rich, draw_line};
use crate::tui::screens::history::plan_view::title_mark;
use crate::tui::screens::history::watch::words_of;
use crate::tui::theme::Role;

/// Draws the pane.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let theme = app.theme.clone();
    let focused = app.focus == Pane::History && app.stack.is_empty();
    let Some(opened) = &app.history.opened else {
        let inner = framed(buffer, area, Frame::Pane { focused }, &format!("2 {}", tr!("History")), "", &theme);
        let words = tr!(
            "No entity is open. Choose one in the tenants pane and press Enter, or go straight to one: :open PK SK"
        );
        for (y, line) in
            (inner.y..inner.bottom()).zip(problem::notice(&words, Role::Dim, usize::from(inner.width).max(4)))
        {
            draw_line(buffer, Rect { y, height: 1, ..inner }, &line, 0, &theme, Style::default());
        }
        return None;
    };
    let (at, shown) = (opened.list.cursor + 1, opened.versions.shown_len());
    let reading = if opened.reading.is_some() { format!("{}{}", comma(), tr!("reading…")) } else { String::new() };
    let gaps = match opened.versions.gaps() {
        0 => String::new(),
        n => format!("{}{}", comma(), tr!("%{n} missing", n = format::len(n))),
    };
    let is_old = opened.reading.is_none() && opened.versions.is_old();
    let old = if is_old { format!("{}{}", comma(), tr!("OLD")) } else { String::new() };
    let note = format!("{}/{}{gaps}{reading}{old}", format::len(at.min(shown)), format::len(shown));
    let watched = app.watch.as_ref().filter(|w| w.follows(&opened.entity));
    let view = app.view.as_ref().map(title_mark).unwrap_or_default();
    let title = match watched {
        Some(watch) => format!("2 {view}{} {}", words_of(watch, &app.zone), opened.entity.key.sk),
        None if !view.is_empty() => format!("2 {view}{}", opened.entity.key.sk),
        None => format!("2 {}", tr!("History of %{entity}", entity = opened.entity.key.sk)),
    };
    let (frame, half) = (Frame::Pane { focused }, opened.half);
    let inner = framed(buffer, area, frame, &title, &note, &theme);
    if inner.height < 4 || inner.width < 8 {
        return None;
    }
    if opened.versions.len() == 0 {
        let room = usize::from(inner.width);
        let lines = match &opened.problem {
            Some(failure) => problem::lines(failure, room),
            None if opened.reading.is_some() => vec![Rich::of(Role::Dim, &tr!("reading the versions…"))],
            None if opened.cancelled => problem::notice(&tr!("reading stopped; F5 reads again"), Role::Warning, room),
            None => {
                problem::notice(&tr!("there is no entity %{entity}", entity = opened.entity.key), Role::Warning, room)
            }
        };
        for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
            draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, &theme, Style::default());
        }
        return None;
    }
    // The half with the keys gets more of the room.
    let share = if half == Half::Detail { inner.height / 4 } else { inner.height * 2 / 5 };
    let wanted = u16::try_from(shown).unwrap_or(u16::MAX).saturating_add(1 + u16::from(opened.filter.shown()));
    let above = wanted.min(share.max(3));
    let list = Rect { height: above, ..inner };
    let detail = Rect { y: list.bottom(), height: inner.height - above, ..inner };
    let cursor = list_view::draw(app, buffer, area, list, focused && half == Half::List);
    let lower = Rect { y: detail.y, height: area.bottom() - detail.y, ..area };
    cursor.or(detail_view::draw(app, buffer, lower, detail, focused && half == Half::Detail))
}
