//! The tree as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::held::Totals;
use super::tree::{Counting, ListState, Node};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
use crate::tui::parts::hits;
use crate::tui::parts::popup::{Frame, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::draw_scrollbar;
use crate::tui::parts::{Rich, draw_line};
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Cells of a count.
const NUMBER: usize = 9;
/// Cells of a date.
const DATE: usize = 11;

/// Draws the tree.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let theme = app.theme.clone();
    let focused = app.focus == Pane::Tenants && app.stack.is_empty();
    let len = app.tenants.tree.rows().len();
    let at = app.tenants.tree.scroll.cursor;
    let note = if len == 0 { String::new() } else { format!("{}/{}", format::len(at + 1), format::len(len)) };
    let inner = framed(buffer, area, Frame::Pane { focused }, &format!("1 {}", tr!("Tenants")), &note, &theme);
    if inner.is_empty() {
        return None;
    }
    let room = usize::from(inner.width);
    let mut foot = status(app, room);
    let mut cursor = None;
    let mut body = inner;
    if app.tenants.tree.filter.shown() {
        cursor = app.tenants.tree.filter.draw(buffer, Rect { height: 1, ..body }, &theme);
        body = Rect { y: body.y + 1, height: body.height - 1, ..body };
    }
    if app.tenants.tree.rows().is_empty() {
        let mut lines = empty(app, room);
        lines.append(&mut foot);
        for (y, line) in (body.y..body.bottom()).zip(&lines) {
            draw_line(buffer, Rect { y, height: 1, ..body }, line, 0, &theme, Style::default());
        }
        return cursor;
    }
    let below = u16::try_from(foot.len()).unwrap_or(0).min(body.height / 2);
    let list = Rect { height: body.height - below, ..body };
    let dates = room >= 64;
    let head = heading(room, dates);
    draw_line(buffer, Rect { height: 1, ..list }, &head, 0, &theme, Style::default());
    let list = Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list };
    let tree = &mut app.tenants.tree;
    let shown = tree.scroll.window(len, usize::from(list.height));
    hits::list(list, &shown, tree.scroll.cursor);
    let selected = tree.scroll.cursor;
    let nodes: Vec<Node> = tree.rows().get(shown.clone()).unwrap_or_default().to_vec();
    for ((y, i), node) in (list.y..list.bottom()).zip(shown.clone()).zip(&nodes) {
        let over = match (i == selected, focused) {
            (true, true) => theme.style(Role::Selected),
            (true, false) => theme.style(Role::SelectedFar),
            _ => Style::default(),
        };
        let row = Rect { y, height: 1, ..list };
        buffer.set_style(row, over);
        draw_line(buffer, row, &line(app, node, room, dates), 0, &theme, over);
    }
    let bar = Rect { y: list.y - 1, height: list.height + 2, ..area };
    draw_scrollbar(buffer, bar, &shown, len, &theme);
    for (y, line) in (list.bottom()..inner.bottom()).zip(&foot) {
        draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, &theme, Style::default());
    }
    cursor
}

fn heading(room: usize, dates: bool) -> Rich {
    let mut head = format!(" {}", tr!("module › tenant › type"));
    let columns = NUMBER * 2 + 1 + if dates { DATE * 2 } else { 0 };
    head = text::fit(&head, room.saturating_sub(columns));
    head.push_str(&text::fit_right(&tr!("entities"), NUMBER));
    head.push_str(&text::fit_right(&tr!("deleted"), NUMBER));
    if dates {
        head.push_str(&text::fit_right(&tr!("oldest"), DATE));
        head.push_str(&text::fit_right(&tr!("newest"), DATE));
    }
    Rich::of(Role::Dim, &head)
}

fn line(app: &App, node: &Node, room: usize, dates: bool) -> Rich {
    let tree = &app.tenants.tree;
    let open = tree.is_open(node) || tree.filter.active();
    let sign = if open { "▾" } else { "▸" };
    let name = match node {
        Node::Module(module) => format!(" {sign} {module}"),
        Node::Tenant(_, tenant) if tenant.is_empty() => format!("   {sign} {}", tr!("(no tenant)")),
        Node::Tenant(_, tenant) => format!("   {sign} {tenant}"),
        Node::Partition(.., pk) => format!("       {pk}"),
    };
    let columns = NUMBER * 2 + 1 + if dates { DATE * 2 } else { 0 };
    let role = match node {
        Node::Module(_) => Role::Strong,
        _ if tree.is_old(node) => Role::Dim,
        _ => Role::Text,
    };
    let mut line = Rich::of(role, &text::fit(&name, room.saturating_sub(columns)));
    let Some(totals) = tree.totals(node).filter(Totals::is_counted) else {
        let is_empty = tree.totals(node).is_none() && matches!(tree.listed, ListState::Done(_));
        let words = if is_empty { tr!("none") } else { tr!("not counted") };
        return line.with(Role::Dim, &text::fit_right(&words, NUMBER * 2));
    };
    let more = if totals.uncounted > 0 { "+" } else { "" };
    line.push(role, &text::fit_right(&format!("{}{more}", format::count(totals.entities)), NUMBER));
    let deleted = if totals.deleted > 0 { format::count(totals.deleted) } else { String::new() };
    line.push(role, &text::fit_right(&deleted, NUMBER));
    if dates {
        let date = |d: Option<&String>| d.map(|d| format::date(d, &app.zone)).unwrap_or_default();
        line.push(Role::Dim, &text::fit_right(&date(totals.oldest.as_ref()), DATE));
        line.push(Role::Dim, &text::fit_right(&date(totals.newest.as_ref()), DATE));
    }
    line
}

fn empty(app: &App, room: usize) -> Vec<Rich> {
    let tree = &app.tenants.tree;
    if tree.filter.active() {
        return problem::notice(&tr!("no tenant of that name"), Role::Dim, room);
    }
    match &app.connection {
        None if tree.problem.is_none() => problem::notice(&tr!("connecting…"), Role::Dim, room),
        Some(connection) if connection.modules.is_empty() => {
            let profile = &app.profile;
            let words = tr!(
                "no tables found for %{environment}-%{app}: check environment, app and region of profile %{profile}",
                environment = profile.environment,
                app = profile.app,
                profile = profile.name
            );
            problem::notice(&words, Role::Warning, room)
        }
        _ => vec![],
    }
}

/// How far counting is, and what is known of the selected line.
fn status(app: &mut App, room: usize) -> Vec<Rich> {
    let selected = app.tenants.tree.selected();
    let tree = &app.tenants.tree;
    let mut out = Vec::new();
    if let Some(totals) =
        selected.as_ref().filter(|_| room < 64).and_then(|node| tree.totals(node)).filter(Totals::is_counted)
    {
        out.push(Rich::of(Role::Dim, &ages(app, &totals)));
    }
    if let Some(failure) = &tree.problem {
        out.extend(problem::lines(failure, room));
    }
    if app.connection.as_ref().is_none_or(|c| c.modules.is_empty()) && tree.is_empty() {
        return out;
    }
    for (role, words) in [partitions(app), counts(app, selected.as_ref())].into_iter().flatten() {
        out.extend(problem::notice(&words, role, room));
    }
    let again = app.key_of(Context::Tree, Action::Scan);
    out.extend(problem::before_run(tree.before(), &again, room));
    out
}

/// How far the list of partitions is; nothing where counting says it.
fn partitions(app: &App) -> Option<(Role, String)> {
    let tree = &app.tenants.tree;
    let found = format::plural(tree.found as u64, text!("%{n} partition"), text!("%{n} partitions"));
    let again = app.key_of(Context::Everywhere, Action::Reload);
    let (tenants, all) = size(app);
    let all = tr!("%{tenants}, %{partitions}", tenants = tenants, partitions = all).into_owned();
    Some(match tree.listed {
        ListState::Never => return None,
        ListState::Running => (Role::Text, tr!("listing… %{found} so far; x stops", found = found).into_owned()),
        // The line of the counts says it, too.
        ListState::Done(_) if !tree.has_uncounted() && tree.counting != Counting::Running => return None,
        ListState::Done(_) => (Role::Dim, all),
        ListState::Stopped => {
            let text =
                tr!("listing ended at %{found}: not all are here; %{again} lists again", found = found, again = again);
            (Role::Warning, text.into_owned())
        }
        ListState::Full => {
            let text = tr!(
                "the first %{found} are here; `tenantry tenants --keys` lists all, o goes straight to one",
                found = found
            );
            (Role::Warning, text.into_owned())
        }
    })
}

/// How far counting is, or what is known of the selected line.
fn counts(app: &App, selected: Option<&Node>) -> Option<(Role, String)> {
    let tree = &app.tenants.tree;
    let seen = format::count(tree.seen);
    let again = app.key_of(Context::Tree, Action::Scan);
    let scope = tree.scope.words();
    let (role, text) = match &tree.counting {
        Counting::Running => (Role::Text, tr!("counting %{scope}… %{seen} rows; x stops", scope = scope, seen = seen)),
        Counting::Stopped if tree.problem.is_some() => (
            Role::Warning,
            tr!(
                "counting %{scope} ended at %{seen} rows: counts are not complete; %{again} starts again",
                scope = scope,
                seen = seen,
                again = again
            ),
        ),
        Counting::Stopped => (
            Role::Warning,
            tr!(
                "counting %{scope} was stopped at %{seen} rows: counts are not complete; %{again} starts again",
                scope = scope,
                seen = seen,
                again = again
            ),
        ),
        Counting::Never | Counting::Cached(_) | Counting::Done(_) => {
            let Some(at) = selected.and_then(|node| tree.counted_at(node)) else {
                let text = tr!("not counted: %{again} counts it (shows the cost first)", again = again);
                return selected.map(|_| (Role::Dim, text.into_owned()));
            };
            let kept = if tree.is_kept(at) { format!(" {}", tr!("(kept from then)")) } else { String::new() };
            let age = format::age(at, app.now);
            let text = if tree.has_uncounted() {
                tr!("counted %{age}%{kept}; %{again} counts again", age = age, kept = kept, again = again)
            } else if tree.before().is_some() {
                // The line below says since when they are old.
                let (tenants, all) = size(app);
                tr!("%{tenants}, %{partitions}", tenants = tenants, partitions = all)
            } else {
                let (tenants, all) = size(app);
                tr!(
                    "%{tenants}, %{partitions}, counted %{age}%{kept}",
                    tenants = tenants,
                    partitions = all,
                    age = age,
                    kept = kept
                )
            };
            (Role::Dim, text)
        }
    };
    Some((role, text.into_owned()))
}

/// How many tenants and partitions there are.
fn size(app: &App) -> (String, String) {
    let (count, tenants) = app.tenants.tree.size();
    let tenants = format::plural(tenants as u64, text!("%{n} tenant"), text!("%{n} tenants"));
    (tenants, format::plural(count as u64, text!("%{n} partition"), text!("%{n} partitions")))
}

fn ages(app: &App, totals: &Totals) -> String {
    let date = |d: Option<&String>| d.map_or_else(|| tr!("unknown").into_owned(), |d| format::date(d, &app.zone));
    let (oldest, newest) = (date(totals.oldest.as_ref()), date(totals.newest.as_ref()));
    tr!("oldest %{oldest} · newest %{newest}", oldest = oldest, newest = newest).into_owned()
}
