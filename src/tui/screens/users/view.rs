//! The list of users as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Line, Users};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::filter::draw_above;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::{Hints, Place, Rich, draw_line, draw_lines, draw_list};
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Width of the column of flags.
const FLAGS: usize = 4;
/// Cells from which on there is room for more than what is needed.
const WIDE: usize = 64;

/// Widths of the columns of names, tenants and roles; groups get the rest.
fn columns(room: usize) -> (usize, usize, usize) {
    let name = (room / 5).clamp(10, 24);
    let tenant = (room / 6).clamp(10, 18);
    let rest = room.saturating_sub(FLAGS + name + tenant);
    (name, tenant, rest - rest / 3)
}

impl Users {
    pub(super) fn draw_list(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let area = centred(buffer, area, 116, area.height.saturating_sub(1));
        let at = (self.scroll.cursor + 1).min(self.shown.len());
        let note = format!("{}/{}", format::len(at), format::len(self.shown.len()));
        let title = self.pool.as_ref().map_or_else(|| tr!("Users"), |pool| tr!("Users of %{pool}", pool = pool));
        let inner = framed(buffer, area, Frame::Dialog, &title, &note, theme);
        let mut hints =
            vec![(Action::Open, text!("whole")), (Action::Filter, text!("text")), (Action::NewPlan, text!("new plan"))];
        if self.reading.is_some() {
            hints.push((Action::Cancel, text!("stop")));
        }
        hints.extend([
            (Action::Copy, text!("copy name")),
            (Action::Reload, text!("again")),
            (Action::Back, text!("back")),
        ]);
        if area.width < 70 {
            hints.retain(|(action, _)| !matches!(action, Action::Copy | Action::Reload));
        }
        foot(buffer, area, &Hints::of(&app.keymap, Context::Users, &hints), theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        if inner.height < 4 {
            return None;
        }
        let room = usize::from(inner.width).max(4);
        let (mut body, cursor) = draw_above(buffer, inner, self.state(room), &self.filter, theme);
        if self.lines.is_empty() || body.height < 2 {
            // How much fits decides whether one page is enough.
            self.scroll.window(0, usize::from(body.height));
            return cursor;
        }
        draw_line(buffer, Rect { height: 1, ..body }, &heading(room), 0, theme, Style::default());
        body = Rect { y: body.y + 1, height: body.height - 1, ..body };
        let mut below = self.selected().map(|line| all_of(line, room)).unwrap_or_default();
        below.truncate(usize::from(body.height / 3));
        if below.len() < 3 {
            below.clear();
        }
        let list = Rect { height: body.height - u16::try_from(below.len()).unwrap_or(0), ..body };
        if self.shown.is_empty() {
            draw_line(buffer, list, &Rich::of(Role::Dim, &tr!("none of those loaded")), 0, theme, Style::default());
        }
        let (places, lines) = (&self.shown, &self.lines);
        let row = |i: usize| lines.get(*places.get(i)?).map(|line| in_one(line, room));
        draw_list(buffer, Place { frame: area, lines: list }, &mut self.scroll, places.len(), theme, row);
        draw_lines(buffer, Rect { y: list.bottom(), height: inner.bottom() - list.bottom(), ..inner }, &below, theme);
        cursor
    }

    /// Of which pool, how many were read, and what is to be known of them.
    fn state(&self, room: usize) -> Vec<Rich> {
        let mut lines = Vec::new();
        if self.pool.is_some() {
            let is_all = self.next.is_none();
            let loaded = format::plural(self.lines.len() as u64, text!("%{n} user"), text!("%{n} users"));
            let words = match (self.reading.is_some(), is_all, self.lines.is_empty()) {
                (false, true, true) => tr!("the pool has no users"),
                (false, true, false) => tr!("%{loaded}, all of them", loaded = loaded),
                (true, ..) => tr!("%{loaded} loaded, reading more…", loaded = loaded),
                (false, false, _) => tr!("%{loaded} loaded, more below", loaded = loaded),
            };
            lines.extend(problem::notice(&words, Role::Text, room));
            if self.filter.active() && !is_all {
                let words = tr!("/ looks through the %{loaded} loaded; ↓ at the end reads more", loaded = loaded);
                lines.extend(problem::notice(&words, Role::Warning, room));
            }
            lines.extend(self.flagged(room));
        } else if self.problem.is_none() {
            let words = if self.stopped { tr!("stopped; F5 reads again") } else { tr!("reading…") };
            lines.push(Rich::of(Role::Dim, &words));
        }
        if self.stopped && self.pool.is_some() {
            lines.extend(problem::notice(&tr!("stopped; ↓ at the end reads on"), Role::Warning, room));
        }
        lines.extend(self.problem.iter().flat_map(|failure| problem::lines(failure, room)));
        lines
    }

    /// How many of those loaded have which flag, which also says what the flags mean.
    fn flagged(&self, room: usize) -> Vec<Rich> {
        let count = |has: &dyn Fn(&Line) -> bool| self.lines.iter().filter(|line| has(line)).count() as u64;
        let flags = [
            ("F", Role::Warning, count(&|l| l.user.federated), tr!("federated")),
            ("!", Role::Error, count(&|l| !l.seen.malformed.is_empty()), tr!("malformed")),
            ("^", Role::Warning, count(&|l| l.seen.is_respelled), tr!("not in lower case")),
        ];
        let mut line = Rich::default();
        for (flag, role, n, words) in flags.into_iter().filter(|(_, _, n, _)| *n > 0) {
            line.push(role, &format!("{flag} "));
            line.push(Role::Text, &format!("{} {words}   ", format::count(n)));
        }
        if room >= WIDE {
            line.push(Role::Dim, &format!("* {}", tr!("every tenant")));
        }
        if line.width() == 0 { Vec::new() } else { line.wrapped(room) }
    }
}

fn heading(room: usize) -> Rich {
    let (name, tenant, roles) = columns(room);
    let head = [(tr!("user"), name), (tr!("tenant"), tenant), (tr!("roles (tenant:role)"), roles)];
    let head = head.map(|(word, width)| text::cell(&word, width)).concat();
    Rich::of(Role::Dim, &format!("{}{head}{}", " ".repeat(FLAGS), tr!("groups")))
}

/// A user in one line.
fn in_one(line: &Line, room: usize) -> Rich {
    let (name, tenant, roles) = columns(room);
    let flag = |is: bool, sign: &'static str| if is { sign } else { " " };
    let mut out = Rich::of(Role::Warning, flag(line.user.federated, "F"))
        .with(Role::Error, flag(!line.seen.malformed.is_empty(), "!"))
        .with(Role::Warning, flag(line.seen.is_respelled, "^"));
    out.pad_to(FLAGS);
    let of = line.seen.tenant.as_deref();
    out.with(Role::Strong, &text::cell(&line.user.name, name))
        .with(if of.is_some() { Role::Text } else { Role::Dim }, &text::cell(of.unwrap_or("*"), tenant))
        .with(Role::Text, &text::cell(&line.roles, roles))
        .with(Role::Text, &line.groups)
}

/// Roles, groups and what is wrong with them in as many lines as they need.
fn all_of(line: &Line, room: usize) -> Vec<Rich> {
    let mut lines = vec![Rich::of(Role::Dim, &"─".repeat(room))];
    lines.extend(problem::notice(&line.user.name, Role::Strong, room));
    for bad in &line.seen.malformed {
        lines.extend(problem::notice(&format!("! {}: {}", bad.attribute, bad.why), Role::Error, room));
    }
    if !line.roles.is_empty() {
        lines.extend(problem::notice(&tr!("roles: %{listed}", listed = line.roles), Role::Text, room));
    }
    if !line.groups.is_empty() {
        lines.extend(problem::notice(&tr!("groups: %{listed}", listed = line.groups), Role::Text, room));
    }
    lines
}
