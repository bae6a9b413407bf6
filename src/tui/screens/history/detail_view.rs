//! Detail of the selected version: changes, row, or last changes.

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::blame_view::Blame;
use super::diffs::{DiffKey, DiffView};
use super::document::Document;
use super::sides::{Head, Sides};
use super::{Arranged, Compare, LastChanges, Opened, Shown, Wanted};
use crate::domain::printable::printable;
use crate::domain::row::TableKind;
use crate::domain::timeline::VersionStatus;
use crate::engine::protocol::Side;
use crate::language::comma;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::parts::hits;
use crate::tui::parts::problem;
use crate::tui::parts::scroll::draw_scrollbar;
use crate::tui::parts::{Rich, draw_line};
use crate::tui::screens::history::plan_view::{PlanView, ViewedRow};
use crate::tui::screens::history::watch::Watch;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// Lines that the heads of two versions take up.
const HEADS: u16 = 2;

/// Content to draw.
enum Body {
    Words(Vec<Rich>),
    Text(Arc<DiffView>),
    Viewed(Arc<ViewedRow>),
    LastChanges(Arc<Blame>),
}

/// Draws the lower half of the pane.
pub(super) fn draw(app: &mut App, buffer: &mut Buffer, frame: Rect, area: Rect, focused: bool) -> Option<(u16, u16)> {
    if area.height < 2 {
        return None;
    }
    let (theme, zone) = (app.theme.clone(), app.zone.clone());
    let opened = app.history.opened.as_mut()?;
    let watch = app.watch.as_ref().filter(|w| w.follows(&opened.entity));
    let room = usize::from(area.width);
    let view = app.view.as_ref();
    let body = body(opened, view, room);
    let heading = heading(opened, view, &body);
    let top = Rect { height: 1, ..area };
    rule(buffer, top, &heading, focused, &theme);
    let mut area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let mut cursor = None;
    if opened.detail_filter.shown() {
        cursor = opened.detail_filter.draw(buffer, Rect { height: 1, ..area }, &theme);
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    for note in notes(opened, watch, &body, room).iter().take(usize::from(area.height / 2)) {
        draw_line(buffer, Rect { height: 1, ..area }, note, 0, &theme, Style::default());
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    if let Body::Words(lines) = &body {
        opened.arranged = Arranged::default();
        for (y, line) in (area.y..area.bottom()).zip(lines) {
            draw_line(buffer, Rect { y, height: 1, ..area }, line, 0, &theme, Style::default());
        }
        return cursor;
    }
    if let (Body::Text(view), Shown::Sides) = (&body, opened.shown)
        && area.height > 2
    {
        let heads = heads(opened, view, &zone);
        let lines = match area.height > HEADS * 2 {
            true => view.sides().heads(&heads[0], &heads[1], room),
            false => vec![Sides::short_heads(&heads[0], &heads[1], room)],
        };
        for line in lines {
            draw_line(buffer, Rect { height: 1, ..area }, &line, 0, &theme, Style::default());
            area = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
    }
    arrange(opened, &body, room, &zone);
    opened.sideways = opened.sideways.min(opened.arranged.widest.saturating_sub(room / 2));
    let len = opened.arranged.lines.len();
    if len == 0 {
        let words = if opened.detail_filter.active() { tr!("no path like that") } else { tr!("no differences") };
        draw_line(buffer, area, &Rich::of(Role::Dim, &words), 0, &theme, Style::default());
        return cursor;
    }
    let shown = opened.detail.text_window(len, usize::from(area.height));
    hits::text(area, &shown);
    for (y, line) in (area.y..area.bottom()).zip(&opened.arranged.lines[shown.clone()]) {
        draw_line(buffer, Rect { y, height: 1, ..area }, line, opened.sideways, &theme, Style::default());
    }
    if shown.len() < len {
        let place = format!(" {}-{}/{} ", format::len(shown.start + 1), format::len(shown.end), format::len(len));
        let cells = u16::try_from(place.len()).unwrap_or(0);
        if usize::from(cells) + text::width(&printable(&heading)) + 6 < room {
            let at = Rect { x: top.right() - cells - 1, width: cells, ..top };
            draw_line(buffer, at, &Rich::of(Role::Dim, &place), 0, &theme, Style::default());
        }
    }
    draw_scrollbar(buffer, frame, &shown, len, &theme);
    cursor
}

/// Arranges the lines when what they show, filter or width are others than last time.
fn arrange(opened: &mut Opened, body: &Body, room: usize, zone: &TimeZone) {
    let key = match opened.wanted() {
        Wanted::Diff(key) if opened.shown != Shown::LastChanges => Some(key),
        _ => None,
    };
    let (wrap, filter) = (opened.wrap, &opened.detail_filter);
    let of = Some((key, opened.shown, room, wrap, filter.text().to_owned()));
    if opened.arranged.of == of {
        return;
    }
    let written = |document: &Document| (document.arranged(filter, wrap.then_some(room)), document.widest());
    let measured = |lines: Vec<Rich>| {
        let widest = lines.iter().map(Rich::width).max().unwrap_or(0);
        (lines, widest)
    };
    let (lines, widest) = match body {
        Body::Words(_) => return,
        Body::Viewed(viewed) => written(&viewed.document),
        Body::LastChanges(blame) => measured(blame.arranged(filter, room, wrap, zone)),
        Body::Text(view) => match opened.shown {
            Shown::Row => written(&view.row),
            Shown::Sides => measured(view.sides().arranged(filter, room, wrap)),
            Shown::Changes | Shown::LastChanges => written(&view.changes),
        },
    };
    opened.arranged = Arranged { of, lines, widest };
}

/// Both versions as they stand over their columns.
fn heads(opened: &Opened, view: &DiffView, zone: &TimeZone) -> [Head; 2] {
    let result = &view.result;
    [(&result.from, &result.before, view.is_first()), (&result.to, &result.after, false)].map(
        |(side, row, is_nothing)| {
            if is_nothing {
                let nothing = tr!("nothing before it").into_owned();
                return Head { version: nothing.clone(), short: nothing, ..Head::default() };
            }
            let made = opened.made(side, row);
            let of = if side.entity == opened.entity { String::new() } else { format!("{} ", side.entity.key.pk) };
            let short = version(side);
            let version = tr!("version %{version}", version = short);
            Head { version: format!("{of}{version}"), short, when: made.when(zone), who: made.who() }
        },
    )
}

fn body(opened: &Opened, view: Option<&PlanView>, room: usize) -> Body {
    let words = |text: &str| Body::Words(problem::notice(text, Role::Dim, room));
    if opened.shown == Shown::LastChanges {
        return match &opened.last_changes {
            LastChanges::Unasked => words(""),
            LastChanges::Reading(rows) => words(&tr!("reading rows… %{n} so far", n = format::len(rows.len()))),
            LastChanges::Building(_) => words(&tr!("working it out…")),
            LastChanges::Failed(failure) => Body::Words(problem::lines(failure, room)),
            LastChanges::Ready(0, _) => words(&tr!("the entity has no data row: nothing of it is current")),
            LastChanges::Ready(_, blame) => Body::LastChanges(blame.clone()),
        };
    }
    match opened.wanted() {
        Wanted::Nothing(why) => words(&why),
        Wanted::Diff(key) => match (opened.diffs.get(&key), opened.diffs.failure(&key)) {
            (Some(_), _) if view.is_some() && opened.shown == Shown::Row => match &opened.viewed {
                Some((of, viewed)) if *of == key => Body::Viewed(viewed.clone()),
                _ => words(&tr!("working it out…")),
            },
            (Some(view), _) => Body::Text(view),
            (None, Some(failure)) => Body::Words(problem::lines(failure, room)),
            (None, None) => words(&tr!("comparing…")),
        },
    }
}

fn heading(opened: &Opened, view: Option<&PlanView>, body: &Body) -> String {
    let selected = opened.selected.map(|v| v.to_string()).unwrap_or_default();
    match (opened.shown, opened.wanted()) {
        (Shown::LastChanges, _) => match &opened.last_changes {
            LastChanges::Ready(n, blame) => {
                let versions = format::plural(*n as u64, text!("%{n} version"), text!("%{n} versions"));
                let attributes = format::plural(blame.len() as u64, text!("%{n} attribute"), text!("%{n} attributes"));
                match *n == super::ROWS {
                    true => tr!(
                        "last change of each attribute, from the newest %{versions}: %{attributes}",
                        versions = versions,
                        attributes = attributes
                    ),
                    false => tr!(
                        "last change of each attribute, from %{versions}: %{attributes}",
                        versions = versions,
                        attributes = attributes
                    ),
                }
                .into_owned()
            }
            _ => tr!("last change of each attribute").into_owned(),
        },
        (Shown::Row, _) => match body {
            Body::Viewed(viewed) => match viewed.changes {
                None => tr!("row of version %{version}: as it is, the plan cannot change it", version = selected),
                Some(0) => tr!("row of version %{version}: the plan leaves it as it is", version = selected),
                Some(n) => tr!(
                    "row of version %{version} as the plan would make it: %{changes}",
                    version = selected,
                    changes = format::plural(n as u64, text!("%{n} change"), text!("%{n} changes"))
                ),
            },
            Body::Text(view) => tr!(
                "row of version %{version}, from the %{table} table",
                version = selected,
                table = view.found.as_str()
            ),
            _ => tr!("row of version %{version}", version = selected),
        }
        .into_owned(),
        (Shown::Changes | Shown::Sides, Wanted::Diff(key)) => {
            let count = match body {
                Body::Text(view) if !key.is_first() => {
                    let changes = view.result.changes.len() as u64;
                    format!(": {}", format::plural(changes, text!("%{n} change"), text!("%{n} changes")))
                }
                _ => String::new(),
            };
            let all = if opened.all { format!("{}{}", comma(), tr!("all fields")) } else { String::new() };
            let stored = if view.is_some() { format!("{}{}", comma(), tr!("as stored")) } else { String::new() };
            format!("{}{all}{stored}{count}", compared(opened, &key, body))
        }
        (Shown::Changes | Shown::Sides, Wanted::Nothing(_)) => {
            tr!("version %{version}", version = selected).into_owned()
        }
    }
}

fn compared(opened: &Opened, key: &DiffKey, body: &Body) -> String {
    if key.is_first() {
        return tr!("version %{version}, the first, so all of it is new", version = version(&key.to)).into_owned();
    }
    if let Compare::Other(entity) = &opened.compare {
        let there = match body {
            Body::Text(view) => version(&view.result.to),
            _ => tr!("current").into_owned(),
        };
        return format!("{} {} → {} {there}", opened.entity.key.pk, version(&key.from), entity.key.pk);
    }
    let (from, to) = (version(&key.from), version(&key.to));
    match opened.compare {
        Compare::Current => tr!("version %{from} → %{to} (the current one)", from = from, to = to),
        Compare::Marked => tr!("version %{from} → %{to} (with the marked one)", from = from, to = to),
        _ => tr!("version %{from} → %{to}", from = from, to = to),
    }
    .into_owned()
}

fn version(side: &Side) -> String {
    side.version.map_or_else(|| tr!("current").into_owned(), |v| v.to_string())
}

/// Notes that must be known to read the detail.
fn notes(opened: &Opened, watch: Option<&Watch>, body: &Body, room: usize) -> Vec<Rich> {
    let mut out = Vec::new();
    let mut warn = |words: &str| out.extend(problem::notice(&format!("! {words}"), Role::Warning, room));
    if let Some(failure) = watch.and_then(|w| w.paused.as_ref()) {
        warn(&tr!("watching is paused, and goes on by itself: %{why}", why = failure.message));
    }
    if let Body::Viewed(viewed) = body
        && let Some(why) = &viewed.refused
    {
        warn(&tr!("not as the plan has it: %{why}", why = why));
    }
    let Some(line) = opened.selected.and_then(|v| opened.versions.get(v)) else { return out };
    if let Some(wrong) = &line.problem {
        warn(wrong);
    }
    if let Some(failure) = &opened.problem {
        warn(&failure.message);
    }
    if opened.cancelled {
        warn(&tr!("reading the versions was stopped: not all are shown; F5 reads them"));
    }
    let state = line.state.as_deref().map(|s| format!(" ({s})")).unwrap_or_default();
    match line.status {
        VersionStatus::Pending => warn(&tr!(
            "version %{version} waits to be processed%{state}: no data row shows it yet",
            version = line.version,
            state = state
        )),
        VersionStatus::Failed => warn(&tr!(
            "version %{version} failed%{state}: the data row does not show it",
            version = line.version,
            state = state
        )),
        _ => {}
    }
    if line.found.first() == Some(&TableKind::Command) && line.status == VersionStatus::Published {
        warn(&tr!("version %{version} is taken from its command row: its history row is gone", version = line.version));
    }
    if let (Body::Text(view), Shown::Changes | Shown::Sides) = (body, opened.shown) {
        let (from, to) = (&view.result.from, &view.result.to);
        let skipped = |a: u64, b: u64| opened.compare == Compare::Previous && a + 1 < b;
        if let (Some(a), Some(b)) = (from.version, to.version)
            && skipped(a.0, b.0)
        {
            let (first, last) = (a.0 + 1, b.0 - 1);
            warn(&match first == last {
                true => tr!("version %{n} missing: compared with version %{version} instead", n = first, version = a),
                false => tr!(
                    "versions %{first} to %{last} missing: compared with version %{version} instead",
                    first = first,
                    last = last,
                    version = a
                ),
            });
        }
        for (side, found) in [(from, view.result.from_found), (to, view.result.to_found)] {
            let selected = side.version == Some(line.version) && side.entity == opened.entity;
            if found == TableKind::Command && !selected && !view.is_first() {
                warn(&tr!("version %{version} is taken from its command row", version = version(side)));
            }
        }
    }
    out
}

/// A line across the pane that tells what stands below it.
fn rule(buffer: &mut Buffer, area: Rect, heading: &str, focused: bool, theme: &Theme) {
    let role = if focused { Role::BorderFocus } else { Role::Border };
    let title = if focused { Role::TitleFocus } else { Role::Title };
    let mut line = Rich::of(role, "──").with(title, &format!(" {heading} "));
    let rest = usize::from(area.width).saturating_sub(line.width());
    line.push(role, &"─".repeat(rest));
    draw_line(buffer, area, &line, 0, theme, Style::default());
}
