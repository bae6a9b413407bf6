//! The entities of a partition as they are drawn.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::entities::Entities;
use super::entity_columns::Columns;
use crate::domain::clock::local_minutes;
use crate::engine::protocol::DeletedFilter;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::pane::Pane;
use crate::tui::parts::hits;
use crate::tui::parts::popup::{Frame, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::draw_scrollbar;
use crate::tui::parts::{Rich, draw_line};
use crate::tui::screens::findings::doctor::Doctor;
use crate::tui::screens::history::plan_view::{Seen, title_mark};
use crate::tui::screens::history::watch::{Watch, words_of};
use crate::tui::theme::Role;

/// Draws the list.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let (theme, zone) = (app.theme.clone(), app.zone.clone());
    let focused = app.focus == Pane::Tenants && app.stack.is_empty();
    let list = app.tenants.entities.as_mut()?;
    let watch = app.watch.as_ref().filter(|w| w.follows_partition(&list.listing));
    let view = app.view.as_ref().map(title_mark).unwrap_or_default();
    let title = match watch {
        Some(watch) => format!("1 {view}{} {}", words_of(watch, &zone), list.listing.pk),
        None => format!("1 {view}{}", list.listing.pk),
    };
    let inner = framed(buffer, area, Frame::Pane { focused }, &title, &place(list), &theme);
    if inner.is_empty() {
        return None;
    }
    let room = usize::from(inner.width);
    let mut body = inner;
    let mut cursor = None;
    if list.filter.shown() {
        cursor = list.filter.draw(buffer, Rect { height: 1, ..body }, &theme);
        body = Rect { y: body.y + 1, height: body.height - 1, ..body };
    }
    let mut foot = foot(list, app.doctor.as_ref(), &zone, room);
    foot.extend(watch.map(|w| watch_lines(w, room)).unwrap_or_default());
    let below = u16::try_from(foot.len()).unwrap_or(0).min(body.height / 2);
    let rows = Rect { height: body.height - below, ..body };
    for (y, line) in (rows.bottom()..inner.bottom()).zip(&foot) {
        draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, &theme, Style::default());
    }
    if list.len() == 0 || rows.height < 2 {
        return cursor;
    }
    let columns = Columns::of(list, room);
    draw_line(buffer, Rect { height: 1, ..rows }, &columns.heading(), 0, &theme, Style::default());
    let rows = Rect { y: rows.y + 1, height: rows.height - 1, ..rows };
    let shown = list.window(usize::from(rows.height));
    hits::list(rows, &shown, list.cursor());
    for (y, i) in (rows.y..rows.bottom()).zip(shown.clone()) {
        let over = match (i == list.cursor(), focused) {
            (true, true) => theme.style(Role::Selected),
            (true, false) => theme.style(Role::SelectedFar),
            _ => Style::default(),
        };
        let row = Rect { y, height: 1, ..rows };
        buffer.set_style(row, over);
        let line = match list.get(i) {
            Some(line) => {
                let is_new = watch.is_some_and(|w| w.rows.contains(line.sk()));
                let worst = app.doctor.as_ref().and_then(|d| d.about(&line.entity));
                columns.line(line, (list.is_marked(i, line.sk()), is_new, worst.map(|(s, _)| s)), &zone)
            }
            None => Rich::of(Role::Dim, "   …"),
        };
        draw_line(buffer, row, &line, 0, &theme, over);
    }
    let bar = Rect { y: rows.y - 1, height: rows.height + 2, ..area };
    draw_scrollbar(buffer, bar, &shown, list.len(), &theme);
    cursor
}

/// `37/1,204`, or `37/400, more` while there is more to read.
fn place(list: &Entities) -> String {
    let len = list.len();
    let at = if len == 0 { 0 } else { list.cursor() + 1 };
    let more = match &list.search {
        Some(search) if search.full() => ", only the first",
        Some(search) if search.more(&list.pages) => ", more",
        None if !list.pages.complete() => ", more",
        _ => "",
    };
    let marks =
        if list.marks.is_empty() { String::new() } else { format!(", {} marked", format::len(list.marks.len())) };
    let range = list.range().map(|range| format!(", range of {}", format::len(range.count()))).unwrap_or_default();
    let deleted = match list.listing.deleted {
        DeletedFilter::Keep => "",
        DeletedFilter::Skip => "live only, ",
        DeletedFilter::Only => "deleted only, ",
    };
    let old = if list.is_old() { ", OLD" } else { "" };
    format!("{deleted}{}/{}{more}{marks}{range}{old}", format::len(at), format::len(len))
}

/// Facts about the selected entity, and how far reading is.
fn foot(list: &Entities, doctor: Option<&Doctor>, zone: &TimeZone, room: usize) -> Vec<Rich> {
    let mut out = Vec::new();
    if let Some(line) = list.selected() {
        let mut words = vec![line.sk().to_owned()];
        let columns = Columns::of(list, room);
        words.extend(line.code.iter().filter(|code| *code != line.sk() && !columns.has_code()).cloned());
        if line.deleted {
            words.push("deleted".to_owned());
        }
        if line.version.is_some_and(|v| v.0 == 0) {
            words.push("never processed: no data row yet".to_owned());
        }
        words.extend(line.flags.iter().map(|f| f.as_str().to_owned()));
        let worst = doctor.and_then(|d| d.about(&line.entity));
        words.extend(worst.map(|(_, kind)| format!("doctor: {kind}")));
        let at = line.updated_at.as_deref().map(|at| local_minutes(at, zone));
        let by = line.updated_by.as_deref();
        match (columns.has_time(), columns.has_author(), at, by) {
            (false, _, Some(at), Some(by)) => words.push(format!("{at} by {by}")),
            (false, _, Some(at), None) => words.push(at),
            (true, false, _, Some(by)) => words.push(format!("by {by}")),
            _ => {}
        }
        out.extend(problem::notice(&words.join(" · "), Role::Strong, room).into_iter().take(2));
        let (role, planned) = match &line.seen {
            None => (Role::Text, None),
            Some(Seen::Equal) => (Role::Text, Some("the plan leaves it as it is".to_owned())),
            Some(Seen::Changed(places)) => (Role::Changed, Some(format!("the plan makes it: {places}"))),
            Some(Seen::Refused(why)) => (Role::Warning, Some(format!("! not as the plan has it: {why}"))),
        };
        out.extend(planned.iter().flat_map(|words| problem::notice(words, role, room)).take(3));
        if let Some(wrong) = &line.problem {
            out.extend(problem::notice(&format!("! {wrong}"), Role::Warning, room));
        }
    }
    if let Some(failure) = &list.problem {
        out.extend(problem::lines(failure, room));
        out.extend(problem::notice("F5 reads again", Role::Dim, room));
        return out;
    }
    let read = format::len(list.pages.len());
    let (role, words) = match &list.search {
        Some(search) if search.stopped() => {
            (Role::Warning, format!("search stopped, {} found", format::len(list.len())))
        }
        Some(_) if list.filter.typing() => (Role::Dim, format!("among the {read} read so far; Enter searches all")),
        Some(search) if search.full() => (Role::Warning, "too many found: narrow the filter".to_owned()),
        Some(search) if search.more(&list.pages) && list.reading.is_some() => {
            (Role::Dim, format!("searching… {read} read; x stops"))
        }
        Some(search) if search.more(&list.pages) => (Role::Dim, "more may follow further down".to_owned()),
        Some(_) if list.len() == 0 => (Role::Warning, format!("none of the {read} entities holds this text")),
        Some(_) => (Role::Dim, format!("all {read} searched")),
        None if list.stopped => (Role::Warning, format!("reading stopped, {read} loaded; moving on reads on")),
        None if list.reading.is_some() && list.pages.len() == 0 => (Role::Dim, "reading…".to_owned()),
        None if !list.pages.complete() => (Role::Dim, format!("{read} loaded, more")),
        None if list.pages.len() == 0 => (Role::Warning, empty(list)),
        None => (Role::Dim, format!("all {read} loaded")),
    };
    out.extend(problem::notice(&words, role, room));
    out
}

/// Notes on what keeps a watch from reporting everything.
fn watch_lines(watch: &Watch, room: usize) -> Vec<Rich> {
    let capped = watch.capped.map(|rows| format!("only the first {} rows are watched", format::count(rows)));
    let paused = watch.paused.as_ref().map(|f| format!("! watching is paused, and goes on by itself: {}", f.message));
    capped.into_iter().chain(paused).flat_map(|words| problem::notice(&words, Role::Warning, room)).collect()
}

fn empty(list: &Entities) -> String {
    let pk = &list.listing.pk;
    match list.listing.deleted {
        DeletedFilter::Keep => format!("{pk} has no entities in module {}", list.module()),
        DeletedFilter::Skip => format!("{pk} has no live entities; v shows deleted ones"),
        DeletedFilter::Only => format!("{pk} has no deleted entities; v shows live ones"),
    }
}
