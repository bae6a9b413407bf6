//! The whole window.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::app::{App, Drawn};
use super::layout::{SMALLEST, layout};
use super::notice::Said;
use super::pane::Pane;
use super::parts::{Rich, draw_line, hits};
use super::screens::sign_in::state;
use super::theme::Role;
use super::{format, text};
use crate::domain::printable::printable;
use crate::language::translated;
use crate::tui::actions::Action;

/// Draws everything and returns where the cursor is, if it is shown.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let area = buffer.area;
    drop(hits::take());
    app.drawn = Drawn::default();
    let said = Said::of(app.notice.as_ref(), area.width, !app.stack.is_empty());
    let Some(layout) = layout(area, app.focus, app.zoomed, said.free()) else {
        draw_too_small(app, buffer, area);
        return None;
    };
    header(app, buffer, layout.header);
    app.drawn.panes = crumbs(app, buffer, layout.crumbs, layout.single || app.zoomed);
    app.drawn.panes.extend(&layout.panes);
    let mut cursor = None;
    for (pane, place) in layout.panes.iter().copied() {
        let at = pane.screen().draw(app, buffer, place);
        cursor = cursor.or(at);
    }
    if !said.is_over_footer() {
        footer(app, buffer, layout.footer);
    }
    said.draw(buffer, &layout, &app.theme);
    if !app.stack.is_empty() {
        cursor = app.draw_screens(buffer, layout.body);
    }
    app.drawn.lines = hits::take();
    cursor
}

/// That a window is too small, in words.
pub(super) fn too_small(area: Rect) -> Cow<'static, str> {
    tr!(
        "window too small: %{width}×%{height} are needed, this is %{own_width}×%{own_height}",
        width = SMALLEST.0,
        height = SMALLEST.1,
        own_width = area.width,
        own_height = area.height
    )
}

fn draw_too_small(app: &App, buffer: &mut Buffer, area: Rect) {
    let lines = text::wrap(&too_small(area), usize::from(area.width));
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        let row = Rect { y, height: 1, ..area };
        draw_line(buffer, row, &Rich::of(Role::Warning, line), 0, &app.theme, Style::default());
    }
}

/// Pieces of the header with how much they matter; the least goes first where room is short.
fn header(app: &App, buffer: &mut Buffer, area: Rect) {
    let profile = &app.profile;
    let connection = app.connection.as_ref();
    let region = connection.and_then(|c| c.region.clone()).or_else(|| profile.region.clone());
    let account = connection.and_then(|c| c.account.clone()).or_else(|| profile.account.clone());
    let base = if profile.protected { Role::Production } else { Role::Header };
    let mut pieces: Vec<(u8, Role, String)> = Vec::new();
    if profile.protected {
        pieces.push((9, base, tr!("PRODUCTION").into_owned()));
    }
    let (role, mode) = if app.armed { (Role::Armed, " ARMED ") } else { (Role::ReadOnly, "READ-ONLY") };
    pieces.push((9, role, mode.to_owned()));
    pieces.push((7, base, profile.name.clone()));
    pieces.push((8, base, format!("{}-{}", profile.environment, profile.app)));
    pieces.push((7, base, app.whose().unwrap_or_default()));
    pieces.push((2, base, region.unwrap_or_default()));
    // Whose data it is, and as whom, matters more than what reading costs.
    pieces.push((5, base, account.map(|a| tr!("account %{account}", account = a).into_owned()).unwrap_or_default()));
    let role = connection.and_then(|c| state::role(c.arn.as_deref()?));
    pieces.push((4, base, role.unwrap_or_default()));
    if let Some((is_soon, words)) = app.counters.session.and_then(|end| state::left(end, app.now)) {
        pieces.push(if is_soon { (8, Role::Warning, words) } else { (3, base, words) });
    }
    let counters = &app.counters;
    let (read, written) = (format::units(counters.read_units), format::units(counters.write_units));
    let mut used = tr!("read %{read} · wrote %{written} units", read = read, written = written).into_owned();
    if counters.throttled > 0 {
        used.push_str(&format!(" · {}", tr!("throttled %{n}", n = format::count(counters.throttled))));
    }
    pieces.push((2, base, used));
    if let Some(watch) = &app.watch {
        let words = if watch.paused.is_some() { tr!("WATCHING, paused") } else { tr!("WATCHING") };
        pieces.push((7, Role::ReadOnly, words.into_owned()));
    }
    let unfinished = app.unfinished_runs(false);
    pieces.push((6, base, unfinished.clone()));
    if app.engine_gone {
        pieces.push((9, Role::Error, tr!("ENGINE ENDED").into_owned()));
    } else if counters.active > 0 {
        pieces.push((1, base, tr!("%{n} at work", n = counters.active).into_owned()));
    }
    pieces.retain(|(.., text)| !text.is_empty());
    let room = usize::from(area.width).saturating_sub(1);
    let width =
        |pieces: &[(u8, Role, String)]| pieces.iter().map(|(.., t)| text::width(&printable(t)) + 3).sum::<usize>();
    while width(&pieces) > room && pieces.len() > 1 {
        let least = pieces.iter().enumerate().min_by_key(|(_, (weight, ..))| *weight);
        let (least, weight) = least.map_or((0, 0), |(i, (weight, ..))| (i, *weight));
        // Before something goes that matters, what is unfinished is said shorter.
        if weight > 3
            && let Some((.., words)) = pieces.iter_mut().find(|(.., text)| *text == unfinished)
        {
            *words = app.unfinished_runs(true);
            if width(&pieces) <= room {
                break;
            }
        }
        pieces.remove(least);
    }
    buffer.set_style(area, app.theme.style(base));
    let mut line = Rich::of(base, " ");
    for (i, (_, role, text)) in pieces.iter().enumerate() {
        if i > 0 {
            line.push(base, " │ ");
        }
        line.push(*role, text);
    }
    draw_line(buffer, area, &line, 0, &app.theme, Style::default());
}

/// Draws the line under the header and returns where the panes' tabs are in it.
fn crumbs(app: &App, buffer: &mut Buffer, area: Rect, tabs: bool) -> Vec<(Pane, Rect)> {
    let mut line = Rich::of(Role::Text, " ");
    let mut places = Vec::new();
    if tabs {
        for (i, pane) in Pane::ALL.iter().enumerate() {
            let role = if *pane == app.focus { Role::Button } else { Role::Dim };
            let from = u16::try_from(line.width()).unwrap_or(0);
            line.push(role, &format!(" {} {} ", i + 1, pane.title()));
            let width = u16::try_from(line.width()).unwrap_or(0) - from;
            places.push((*pane, Rect { x: area.x + from, width, ..area }));
            line.push(Role::Text, " ");
        }
        line.push(Role::Text, " ");
    }
    let mut parts = app.crumbs();
    parts.retain(|part| !part.is_empty());
    // Where room is short, what is nearest to the operator stays.
    let room = usize::from(area.width).saturating_sub(line.width() + 4);
    let width = |parts: &[String]| parts.iter().map(|p| text::width(&printable(p)) + 3).sum::<usize>();
    let all = parts.len();
    while width(&parts) > room && parts.len() > 1 {
        parts.remove(0);
    }
    if parts.len() < all {
        line.push(Role::Dim, "… › ");
    }
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            line.push(Role::Dim, " › ");
        }
        line.push(Role::Strong, part);
    }
    draw_line(buffer, area, &line, 0, &app.theme, Style::default());
    places
}

fn footer(app: &mut App, buffer: &mut Buffer, area: Rect) {
    // A dialog names its keys in its frame; those of the pane below it do nothing while it is open.
    if let Some(context) = app.stack.context() {
        if let Some(key) = app.keymap.key(context, Action::Help) {
            let line = Rich::of(Role::Key, &format!(" {key}"))
                .with(Role::Text, &format!(" {}", translated(Action::Help.short())));
            draw_line(buffer, area, &line, 0, &app.theme, Style::default());
        }
        return;
    }
    let typing = app.filter().is_some_and(|f| f.typing());
    let line = if app.focus == Pane::Plan && app.plan.is_typing() {
        let take = ("Enter", text!("take"));
        typing_keys(&[take, ("Tab", text!("complete")), ("↑↓", text!("choose")), ("Esc", text!("leave it as it was"))])
    } else if typing {
        typing_keys(&[("Enter", text!("keep the filter")), ("Esc", text!("show all again")), ("↑↓", text!("choose"))])
    } else {
        hints(app, usize::from(area.width))
    };
    draw_line(buffer, area, &line, 0, &app.theme, Style::default());
}

/// Keys while a text is typed, with what they do.
fn typing_keys(keys: &[(&str, &'static str)]) -> Rich {
    let mut line = Rich::default();
    for (i, (key, what)) in keys.iter().enumerate() {
        let gap = if i + 1 < keys.len() { " " } else { "" };
        line.push(Role::Key, &format!(" {key}"));
        line.push(Role::Text, &format!(" {}{gap}", translated(what)));
    }
    line
}

/// Keys of the focused pane, as many as fit, the way to the others always among them.
fn hints(app: &App, room: usize) -> Rich {
    let context = app.context();
    let hint = |action: Action| {
        let key = app.keymap.key(context, action)?;
        let is_paused = app.run.as_ref().is_some_and(|run| run.is_paused());
        let words = if action == Action::PauseRun && is_paused { text!("go on") } else { action.short() };
        let words = translated(words);
        Some(Rich::of(Role::Key, &format!(" {key}")).with(Role::Text, &format!(" {words}")))
    };
    let always = [Action::Help, Action::Palette, Action::Quit].into_iter().filter_map(hint);
    let always = always.fold(Rich::default(), |mut line, h| {
        line.append(&h);
        line
    });
    let own = app.focus.screen().hints(app);
    // Of the actions that wait only until writing is allowed the first keeps its place, the others are named last; each with what it
    // waits for.
    let arm = app.key_of(context, Action::Arm);
    let waiting = |action: Action| {
        let words = format!(" {}", tr!("(%{arm} first)", arm = arm));
        let is_waiting = app.refusal(action).is_some_and(|why| why == app.read_only());
        hint(action).filter(|_| is_waiting).map(|hint| hint.with(Role::Dim, &words))
    };
    let mut others = own.iter().copied().filter_map(waiting);
    let mut first = others.next();
    let ready = own.iter().copied().filter_map(|action| match app.refusal(action) {
        None => hint(action),
        Some(_) => waiting(action).and_then(|_| first.take()),
    });
    let mut line = Rich::default();
    for h in ready.chain(others) {
        if line.width() + h.width() + always.width() + 2 > room {
            continue;
        }
        line.append(&h);
        line.push(Role::Text, " ");
    }
    line.append(&always);
    line
}
