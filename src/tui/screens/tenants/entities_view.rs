//! The entities of a partition as they are drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::entities::Entities;
use super::pages::EntityLine;
use crate::domain::clock::local_minutes;
use crate::domain::printable::printable;
use crate::domain::timeline::Flag;
use crate::engine::protocol::{DeletedFilter, Severity};
use crate::tui::app::App;
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
use crate::tui::{format, text};

/// Heading of what the plan makes of entities.
const AS_PLANNED: &str = "as planned";

/// The letter of a flag in the list; the words stand below it.
fn letter(flag: Flag) -> char {
    match flag {
        Flag::S3 => 'S',
        Flag::Migrated => 'M',
        Flag::Pending => 'P',
        Flag::Failed => 'F',
        Flag::Wedged => 'W',
        Flag::Blocked => 'B',
        Flag::Expired => 'X',
    }
}

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
    let mut foot = foot(list, app.doctor.as_ref(), room);
    foot.extend(watch.map(|w| watch_lines(w, room)).unwrap_or_default());
    let below = u16::try_from(foot.len()).unwrap_or(0).min(body.height / 2);
    let rows = Rect { height: body.height - below, ..body };
    for (y, line) in (rows.bottom()..inner.bottom()).zip(&foot) {
        draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, &theme, Style::default());
    }
    if list.len() == 0 || rows.height < 2 {
        return cursor;
    }
    let columns = Columns::new(room, list);
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
                columns.line(line, (list.marks.contains(line.sk()), is_new, worst.map(|(s, _)| s)), &zone)
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
    let deleted = match list.listing.deleted {
        DeletedFilter::Keep => "",
        DeletedFilter::Skip => "live only, ",
        DeletedFilter::Only => "deleted only, ",
    };
    let old = if list.is_old() { ", OLD" } else { "" };
    format!("{deleted}{}/{}{more}{marks}{old}", format::len(at), format::len(len))
}

struct Columns {
    sk: usize,
    name: usize,
    dates: bool,
    /// What the plan makes of them stands in the place of other columns.
    view: bool,
}

impl Columns {
    /// Mark and blank, flags, version, and the blanks between the columns.
    const FIXED: usize = 2 + 6 + 6 + 2;
    const DATE: usize = 17;
    const WHO: usize = 14;

    fn new(room: usize, list: &Entities) -> Self {
        let dates = room >= 84;
        let rest = room.saturating_sub(Self::FIXED + if dates { Self::DATE + Self::WHO } else { 0 });
        let cells = |text: &str| text::width(&printable(text));
        let mut keys: Vec<usize> = list.window_lines().map(|l| cells(l.sk())).collect();
        keys.sort_unstable();
        let names = list.window_lines().map(|l| l.name.as_deref().map_or(0, cells)).max().unwrap_or(0);
        // One long key among short ones shall not take the names' room: it stands whole below the list.
        let most = keys.get(keys.len() * 3 / 4).copied().unwrap_or(0);
        let left = rest.saturating_sub(names + 1);
        let sk = keys.last().copied().unwrap_or(0).min(left.max(most).min(rest * 3 / 5)).max(8);
        Self { sk, name: rest.saturating_sub(sk + 1), dates, view: list.listing.view.is_some() }
    }

    fn heading(&self) -> Rich {
        let mut head = format!("  {}", text::fit("flags", 6));
        head.push_str(&text::fit("sort key", self.sk));
        head.push_str(&text::fit_right("ver", 6));
        head.push_str("  ");
        head.push_str(&text::fit(if self.view && !self.dates { AS_PLANNED } else { "name" }, self.name + 1));
        if self.view && self.dates {
            head.push_str(AS_PLANNED);
        } else if self.dates {
            head.push_str(&text::fit("updated", Self::DATE));
            head.push_str(&text::fit("by", Self::WHO));
        }
        Rich::of(Role::Dim, &head)
    }

    /// A line with its signs: marked, new since a watch began, the worst that the doctor found.
    fn line(
        &self,
        line: &EntityLine,
        (marked, is_new, worst): (bool, bool, Option<Severity>),
        zone: &jiff::tz::TimeZone,
    ) -> Rich {
        let mut flags: String = if line.deleted { "D".to_owned() } else { String::new() };
        flags.extend(line.flags.iter().map(|f| letter(*f)));
        match worst {
            Some(Severity::Error) => flags.push('!'),
            _ if line.problem.is_some() => flags.push('!'),
            Some(_) => flags.push('~'),
            None => {}
        }
        let role = if line.deleted { Role::Dim } else { Role::Text };
        let version = line.version.map_or_else(|| "?".to_owned(), |v| v.to_string());
        let mut out = Rich::of(Role::Marked, if marked { "*" } else { " " });
        out.push(Role::Added, if is_new { "+" } else { " " });
        out.push(Role::Flag, &text::fit(&flags, 5));
        out.push(Role::Text, " ");
        out.push(role, &text::fit(line.sk(), self.sk));
        out.push(role, &text::fit_right(&version, 6));
        out.push(role, "  ");
        if self.view && !self.dates {
            out.append(&seen(line, self.name));
            return out;
        }
        out.push(role, &text::fit(line.name.as_deref().or(line.code.as_deref()).unwrap_or_default(), self.name));
        if self.view {
            out.push(Role::Text, " ");
            out.append(&seen(line, Self::DATE + Self::WHO));
        } else if self.dates {
            let at = line.updated_at.as_deref().map(|at| local_minutes(at, zone)).unwrap_or_default();
            out.push(Role::Text, " ");
            out.push(Role::Dim, &text::fit(&at, Self::DATE - 1));
            out.push(Role::Text, " ");
            out.push(Role::Dim, &text::fit(line.updated_by.as_deref().unwrap_or_default(), Self::WHO));
        }
        out
    }
}

/// What the plan makes of an entity, in so many cells.
fn seen(line: &EntityLine, room: usize) -> Rich {
    let (role, words) = match &line.seen {
        None => (Role::Dim, String::new()),
        Some(Seen::Equal) => (Role::Dim, "= stays".to_owned()),
        Some(Seen::Changed(places)) => (Role::Changed, places.clone()),
        Some(Seen::Refused(why)) => (Role::Warning, format!("invalid: {why}")),
    };
    Rich::of(role, &text::fit(&words, room))
}

/// What is known of the selected entity, and how far reading is.
fn foot(list: &Entities, doctor: Option<&Doctor>, room: usize) -> Vec<Rich> {
    let mut out = Vec::new();
    if let Some(line) = list.selected() {
        let mut words = vec![line.sk().to_owned()];
        if line.deleted {
            words.push("deleted".to_owned());
        }
        if line.version.is_some_and(|v| v.0 == 0) {
            words.push("never processed: no data row yet".to_owned());
        }
        words.extend(line.flags.iter().map(|f| f.as_str().to_owned()));
        let worst = doctor.and_then(|d| d.about(&line.entity));
        words.extend(worst.map(|(_, kind)| format!("doctor: {kind}")));
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

/// What keeps a watch from telling everything.
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
