//! The entities of a partition as they are drawn.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::entities::Entities;
use super::entity_columns::Columns;
use super::pages::Further;
use crate::domain::clock::local_minutes;
use crate::domain::printable::printable;
use crate::engine::protocol::DeletedFilter;
use crate::language::listed;
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
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of the key that stay in the title at least.
const KEY: usize = 8;
/// Cells of the frame's top beside title and place: corners, blanks, and a piece of border between.
const AROUND: usize = 7;

/// Draws the list.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let (theme, zone) = (app.theme.clone(), app.zone.clone());
    let focused = app.focus == Pane::Tenants && app.stack.is_empty();
    let list = app.tenants.entities.as_mut()?;
    let watch = app.watch.as_ref().filter(|w| w.follows_partition(&list.listing));
    let view = app.view.as_ref().map(title_mark).unwrap_or_default();
    let before = match watch {
        Some(watch) => format!("1 {view}{} ", words_of(watch, &zone)),
        None => format!("1 {view}"),
    };
    let (title, place, left_off) = head(list, &before, usize::from(area.width).saturating_sub(AROUND));
    let inner = framed(buffer, area, Frame::Pane { focused }, &title, &place, &theme);
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
    let columns = list.columns(room);
    let mut foot = foot(list, app.doctor.as_ref(), &columns, &zone, room);
    // In front: the last lines are left off first where there is little room.
    let told = left_off.iter().flat_map(|place| problem::notice(place, Role::Strong, room));
    foot.splice(0..0, told);
    foot.extend(watch.map(|w| watch_lines(w, room)).unwrap_or_default());
    let below = u16::try_from(foot.len()).unwrap_or(0).min(body.height / 2);
    let rows = Rect { height: body.height - below, ..body };
    for (y, line) in (rows.bottom()..inner.bottom()).zip(&foot) {
        draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, &theme, Style::default());
    }
    if list.len() == 0 || rows.height < 2 {
        return cursor;
    }
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

/// Title of the frame, the place on its right, and the place where the frame has no room for it.
///
/// The foot also says whether more follows, so that gives way first. The key gives way only where deleted entities are filtered: a
/// list that lacks some must not look like a whole one.
fn head(list: &Entities, before: &str, room: usize) -> (String, String, Option<String>) {
    let key = printable(list.listing.pk.as_str());
    let left = |place: &str| room.saturating_sub(text::width(before) + text::width(place));
    let short = place(list, false);
    let whole = [place(list, true), short.clone()].into_iter().find(|place| text::width(&key) <= left(place.as_str()));
    match whole {
        Some(place) => (format!("{before}{key}"), place, None),
        None if list.listing.deleted == DeletedFilter::Keep => (format!("{before}{key}"), String::new(), None),
        None if left(&short) >= KEY => (format!("{before}{}", text::cut(&key, left(&short))), short, None),
        None => (format!("{before}{key}"), String::new(), Some(short)),
    }
}

/// `37/1,204`, and with `further` also `37/400, more` where there is more to read, or `37/400 or more` where nobody knows yet.
fn place(list: &Entities, further: bool) -> String {
    let len = list.len();
    let at = if len == 0 { 0 } else { list.cursor() + 1 };
    let (at, len) = (format::len(at), format::len(len));
    let place: Cow<'static, str> = match &list.search {
        _ if !further => format!("{at}/{len}").into(),
        Some(search) if search.full() => tr!("%{at}/%{len}, only the first", at = at, len = len),
        Some(search) if search.more(&list.pages) => tr!("%{at}/%{len} or more", at = at, len = len),
        Some(_) => format!("{at}/{len}").into(),
        None => match list.pages.further() {
            Further::More => tr!("%{at}/%{len}, more", at = at, len = len),
            Further::Perhaps | Further::PerhapsWithoutData => tr!("%{at}/%{len} or more", at = at, len = len),
            Further::Nothing => format!("{at}/{len}").into(),
        },
    };
    let deleted = match list.listing.deleted {
        DeletedFilter::Keep => None,
        DeletedFilter::Skip => Some(tr!("live only")),
        DeletedFilter::Only => Some(tr!("deleted only")),
    };
    let marks = (!list.marks.is_empty()).then(|| tr!("%{n} marked", n = format::len(list.marks.len())));
    let range = list.range().map(|range| tr!("range of %{n}", n = format::len(range.count())));
    let old = list.is_old().then(|| tr!("OLD"));
    listed(deleted.into_iter().chain([place]).chain(marks).chain(range).chain(old))
}

/// Facts about the selected entity, and how far reading is.
fn foot(list: &Entities, doctor: Option<&Doctor>, columns: &Columns, zone: &TimeZone, room: usize) -> Vec<Rich> {
    let mut out = Vec::new();
    if let Some(line) = list.selected() {
        let mut words = vec![line.sk().to_owned()];
        words.extend(line.code.iter().filter(|code| *code != line.sk() && !columns.has_code()).cloned());
        if line.deleted {
            words.push(tr!("deleted").into_owned());
        }
        if line.version.is_some_and(|v| v.0 == 0) {
            words.push(tr!("never processed: no data row yet").into_owned());
        }
        words.extend(line.flags.iter().map(|f| f.as_str().to_owned()));
        let worst = doctor.and_then(|d| d.about(&line.entity));
        words.extend(worst.map(|(_, kind)| tr!("doctor: %{kind}", kind = kind).into_owned()));
        let at = line.updated_at.as_deref().map(|at| local_minutes(at, zone));
        let by = line.updated_by.as_deref();
        match (columns.has_time(), columns.has_author(), at, by) {
            (false, _, Some(at), Some(by)) => words.push(tr!("%{at} by %{by}", at = at, by = by).into_owned()),
            (false, _, Some(at), None) => words.push(at),
            (true, false, _, Some(by)) => words.push(tr!("by %{by}", by = by).into_owned()),
            _ => {}
        }
        out.extend(problem::notice(&words.join(" · "), Role::Strong, room).into_iter().take(2));
        let (role, planned) = match &line.seen {
            None => (Role::Text, None),
            Some(Seen::Equal) => (Role::Text, Some(tr!("the plan leaves it as it is"))),
            Some(Seen::Changed(places)) => (Role::Changed, Some(tr!("the plan makes it: %{places}", places = places))),
            Some(Seen::Refused(why)) => {
                (Role::Warning, Some(format!("! {}", tr!("not as the plan has it: %{why}", why = why)).into()))
            }
        };
        out.extend(planned.iter().flat_map(|words| problem::notice(words, role, room)).take(3));
        if let Some(wrong) = &line.problem {
            out.extend(problem::notice(&format!("! {wrong}"), Role::Warning, room));
        }
    }
    if let Some(failure) = &list.problem {
        out.extend(problem::lines(failure, room));
        out.extend(problem::notice(&tr!("F5 reads again"), Role::Dim, room));
        return out;
    }
    let read = format::len(list.pages.len());
    let (role, words) = match &list.search {
        Some(search) if search.stopped() => {
            (Role::Warning, tr!("search stopped, %{found} found", found = format::len(list.len())))
        }
        Some(search) if list.filter.typing() && search.more(&list.pages) => {
            (Role::Dim, tr!("among the %{read} read so far; Enter searches all", read = read))
        }
        Some(search) if search.full() => (Role::Warning, tr!("too many found: narrow the filter")),
        Some(search) if search.more(&list.pages) && list.reading.is_some() => {
            (Role::Dim, tr!("searching… %{read} read; x stops", read = read))
        }
        Some(search) if search.more(&list.pages) => (Role::Dim, tr!("more may follow further down")),
        Some(_) if list.len() == 0 => (Role::Warning, tr!("none of the %{read} entities holds this text", read = read)),
        Some(_) => (Role::Dim, tr!("all %{read} searched", read = read)),
        None if list.stopped => {
            (Role::Warning, tr!("reading stopped, %{read} loaded; moving on reads on", read = read))
        }
        None if list.reading.is_some() && list.pages.len() == 0 => (Role::Dim, tr!("reading…")),
        None => match (list.pages.further(), list.pages.without_data()) {
            (Further::More, _) => (Role::Dim, tr!("%{read} loaded, more", read = read)),
            (Further::Perhaps, _) => (Role::Dim, tr!("%{read} loaded, perhaps more", read = read)),
            (Further::PerhapsWithoutData, _) => {
                (Role::Dim, tr!("%{read} loaded, perhaps more without a data row", read = read))
            }
            (Further::Nothing, _) if list.pages.len() == 0 => (Role::Warning, empty(list)),
            (Further::Nothing, 0) => (Role::Dim, tr!("all %{read} loaded", read = read)),
            // The tree counts data rows.
            (Further::Nothing, n) => {
                (Role::Dim, tr!("all %{read} loaded, %{n} without a data row", read = read, n = format::len(n)))
            }
        },
    };
    out.extend(problem::notice(&words, role, room));
    out
}

/// Notes on what keeps a watch from reporting everything.
fn watch_lines(watch: &Watch, room: usize) -> Vec<Rich> {
    let capped =
        watch.capped.map(|rows| tr!("only the first %{n} rows are watched", n = format::count(rows)).into_owned());
    let paused = watch
        .paused
        .as_ref()
        .map(|f| format!("! {}", tr!("watching is paused, and goes on by itself: %{message}", message = f.message)));
    capped.into_iter().chain(paused).flat_map(|words| problem::notice(&words, Role::Warning, room)).collect()
}

fn empty(list: &Entities) -> Cow<'static, str> {
    let pk = &list.listing.pk;
    match list.listing.deleted {
        DeletedFilter::Keep => tr!("%{pk} has no entities in module %{module}", pk = pk, module = list.module()),
        DeletedFilter::Skip => tr!("%{pk} has no live entities; v shows deleted ones", pk = pk),
        DeletedFilter::Only => tr!("%{pk} has no deleted entities; v shows live ones", pk = pk),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::Listing;

    #[test]
    fn the_filter_and_the_place_are_told_however_little_room_there_is() {
        let listing = Listing {
            module: "product".into(),
            pk: "PRODUCT#sakura-shoten".into(),
            sk_prefix: String::new(),
            deleted: DeletedFilter::Only,
            resolve: false,
            view: None,
        };
        let mut list = Entities::new(listing, "sakura-shoten".into(), 1);
        let of = |list: &Entities, room: usize| {
            let (title, place, left_off) = head(list, "1 ", room);
            assert!(left_off.is_some() || text::width(&title) + text::width(&place) <= room, "{title} {place}");
            (title, place, left_off)
        };
        let told = |title: &str, place: &str| (title.to_owned(), place.to_owned(), None);
        assert_eq!(of(&list, 48), told("1 PRODUCT#sakura-shoten", "deleted only, 0/0 or more"));
        assert_eq!(of(&list, 47), told("1 PRODUCT#sakura-shoten", "deleted only, 0/0"));
        assert_eq!(of(&list, 38), told("1 PRODUCT#sakura-sho…", "deleted only, 0/0"));
        let none = ("1 PRODUCT#sakura-shoten".to_owned(), String::new(), Some("deleted only, 0/0".to_owned()));
        assert_eq!(of(&list, 26), none);
        list.listing.deleted = DeletedFilter::Keep;
        assert_eq!(head(&list, "1 ", 25), told("1 PRODUCT#sakura-shoten", ""));
    }
}
