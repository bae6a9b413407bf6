//! The screen of keys that several rows want, as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::decision::{self, Decision};
use super::{Arranged, Collisions, sides};
use crate::engine::protocol::{Collision, CollisionKey};
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::{Hints, Place, Rich, Scroll, draw_line, draw_list, draw_text};
use crate::tui::screen::Screen as _;
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Width of the column that says what was decided.
const DECISION: usize = 10;

impl Collisions {
    pub(super) fn draw_screen(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let theme = &app.theme;
        let area = centred(buffer, area, 116, area.height);
        let at = match self.list.total {
            None => tr!("reading…").into_owned(),
            Some(0) => tr!("none").into_owned(),
            Some(n) => format!("{}/{}", format::len(self.list.scroll.cursor + 1), format::count(n)),
        };
        let inner = framed(buffer, area, Frame::Dialog, &tr!("Key collisions"), &at, theme);
        let mut hints = Hints::of(&app.keymap, self.context(), &self.hints(usize::from(area.width)));
        // The keys of the rows that there are.
        if let Some(rows) = self.rows() {
            hints.limit(&app.keymap, self.context(), Action::Pick, rows.rows.len());
        }
        foot(buffer, area, &hints, theme);
        let mut inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        if inner.height < 3 {
            return None;
        }
        draw_line(buffer, Rect { height: 1, ..inner }, &self.summary(app), 0, theme, Style::default());
        inner = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
        let mut cursor = None;
        if self.filter.shown() {
            cursor = self.filter.draw(buffer, Rect { height: 1, ..inner }, theme);
            inner = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
        }
        let room = usize::from(inner.width).max(4);
        if let Some(failure) = &self.problem {
            let lines = problem::lines(failure, room);
            draw_text(buffer, area, inner, &lines, &mut Scroll::default(), theme);
            return cursor;
        }
        if self.list.total == Some(0) {
            draw_text(buffer, area, inner, &self.nothing(room), &mut Scroll::default(), theme);
            return cursor;
        }
        let listed = match self.whole {
            true => 1,
            false => u16::try_from(self.list.len()).unwrap_or(u16::MAX).min((inner.height / 3).max(2)),
        };
        let list = Rect { height: listed.min(inner.height), ..inner };
        self.draw_keys(app, buffer, area, list);
        let rest = Rect { y: list.bottom(), height: inner.height - list.height, ..inner };
        self.draw_rows(app, buffer, area, rest);
        cursor
    }

    fn hints(&self, width: usize) -> Vec<(Action, &'static str)> {
        if self.order.is_some() {
            return vec![
                (Action::Pick, text!("put that row last")),
                (Action::Accept, text!("merge so")),
                (Action::Back, text!("do not")),
            ];
        }
        let mut hints = vec![
            (Action::Pick, text!("keep")),
            (Action::Merge, text!("merge")),
            (Action::Undecide, text!("clear")),
            (Action::NextOpen, text!("next")),
        ];
        if width >= 70 {
            hints.extend([(Action::OnlyOpen, text!("which")), (Action::SavePlan, text!("save"))]);
        }
        hints.extend([(Action::PreviewPlan, text!("preview")), (Action::Back, text!("back"))]);
        if width >= 90 {
            hints.extend([
                (Action::Filter, text!("text")),
                (Action::Open, text!("enlarge")),
                (Action::ScrollDown, text!("scroll")),
            ]);
        }
        hints
    }

    /// Decisions of the plan so far.
    fn summary(&self, app: &App) -> Rich {
        let (all, new) = decision::count(app);
        let decisions = match all {
            0 => tr!("no decision in the plan").into_owned(),
            n => format::plural(n, text!("%{n} decision"), text!("%{n} decisions")),
        };
        let mut line = Rich::of(Role::Text, &decisions);
        if new > 0 {
            line.push(Role::Warning, &format!("  + {}", tr!("%{n} not previewed (p)", n = format::count(new))));
        }
        if self.only_open {
            line.push(Role::Match, &format!("  {}", tr!("undecided when previewed")));
        }
        if app.plan.is_unsaved() {
            line.push(Role::Dim, &format!("  {}", tr!("not saved (w)")));
        }
        line
    }

    fn nothing(&self, room: usize) -> Vec<Rich> {
        let words = if self.filter.active() {
            tr!("no such key has this text")
        } else if self.only_open {
            tr!("every key was decided when the plan was previewed; v lists them all")
        } else {
            tr!("there are no key collisions: there is nothing to decide")
        };
        problem::notice(&words, Role::Dim, room)
    }

    fn draw_keys(&mut self, app: &App, buffer: &mut Buffer, frame: Rect, area: Rect) {
        let bar = Rect { y: area.y.saturating_sub(1), height: area.height + 2, ..frame };
        let len = self.list.len();
        // Taken out: the lines are read from the rest of the list.
        let mut scroll = std::mem::take(&mut self.list.scroll);
        let list = &self.list;
        let row = |i: usize| {
            Some(match list.get(i) {
                Some(key) => line(key, &decision::of(app, key), usize::from(area.width)),
                None => Rich::of(Role::Dim, "…"),
            })
        };
        draw_list(buffer, Place { frame: bar, lines: area }, &mut scroll, len, &app.theme, row);
        self.list.scroll = scroll;
    }

    fn draw_rows(&mut self, app: &App, buffer: &mut Buffer, frame: Rect, area: Rect) {
        if area.height < 2 {
            return;
        }
        let (theme, room) = (&app.theme, usize::from(area.width).max(4));
        let rule = Rect { height: 1, ..area };
        draw_line(buffer, rule, &Rich::of(Role::Dim, &"─".repeat(room)), 0, theme, Style::default());
        let mut text = Rect { y: area.y + 1, height: area.height - 1, ..area };
        if let Some(order) = &self.order {
            let line =
                Rich::of(Role::Strong, &format!("{} ", tr!("merge, later ones win:"))).with(Role::Key, &order.text());
            draw_line(buffer, Rect { height: 1, ..text }, &line, 0, theme, Style::default());
            text = Rect { y: text.y + 1, height: text.height - 1, ..text };
        }
        let key = self.list.selected().cloned();
        // Taken out while it is arranged: its rows may be large.
        let shown = self.shown.take();
        match key.as_ref().zip(shown.as_deref()).filter(|(key, shown)| key.target == shown.target) {
            Some((key, collision)) => {
                self.arrange(app, key, collision, room);
                if let Some(Arranged { lines, .. }) = &self.arranged {
                    let bar = Rect { y: text.y.saturating_sub(1), height: text.height + 2, ..frame };
                    draw_text(buffer, bar, text, lines, &mut self.detail, theme);
                }
            }
            None => {
                draw_line(buffer, text, &Rich::of(Role::Dim, &tr!("reading its rows…")), 0, theme, Style::default())
            }
        }
        self.shown = shown;
    }

    /// Brings the lines of the rows up to date.
    fn arrange(&mut self, app: &App, key: &CollisionKey, collision: &Collision, room: usize) {
        let mut now = decision::of(app, key);
        // While an order is put together, what it would make of the rows is shown.
        if let Some(order) = &self.order {
            let pks = order.0.iter().filter_map(|i| collision.rows.get(*i)).map(|row| row.pk.to_string());
            now = Decision { from: pks.collect(), word: "merge", is_new: true, is_proposed: true };
        }
        if self.arranged.as_ref().is_none_or(|a| (a.room, &a.of) != (room, &now)) {
            let lines = sides::lines(collision, &now, key.open, &app.zone, room);
            self.arranged = Some(Arranged { room, of: now, lines });
        }
    }
}

/// A key in one line: what was decided, and which.
fn line(key: &CollisionKey, decision: &Decision, room: usize) -> Rich {
    let role = if decision.is_open() { Role::Warning } else { Role::Ok };
    let mut line = Rich::of(Role::Flag, if decision.is_new { "+ " } else { "  " });
    line.push(role, &text::cell(&translated(decision.word), DECISION));
    line.push(Role::Text, &key.target.key.to_string());
    if let [one] = decision.from.as_slice() {
        let kept = format!("  {one}");
        if line.width() + text::width(&kept) <= room {
            line.push(Role::Dim, &kept);
        }
    }
    line
}
