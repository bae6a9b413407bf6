//! The meaning of the signs in a list, those of the selected line first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::row::TableKind;
use crate::domain::timeline::Flag;
use crate::engine::protocol::Severity;
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Hints, Rich, Scroll, draw_text};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::text;
use crate::tui::theme::Role;

/// A sign and its meaning.
pub(crate) type Sign = (&'static str, &'static str);

/// Signs of entities.
pub(crate) const ENTITIES: &[Sign] = &[
    ("*", text!("marked, or in the range that is being marked")),
    ("+", text!("new, or changed, since watching began")),
    ("D", text!("soft-deleted")),
    ("S", text!("attributes are stored in S3")),
    ("M", text!("stamped by a migration")),
    ("P", text!("a command waits to be processed")),
    ("F", text!("the newest command failed")),
    ("W", text!("wedged: a command that nothing will finish blocks every later publish")),
    ("B", text!("blocked: the framework would mangle a write to it")),
    ("X", text!("expired: its ttl has passed, or has removed its data row")),
    ("!", text!("the doctor found an error there, or it cannot be read whole")),
    ("~", text!("the doctor found a warning or a note")),
];

/// Signs of versions and of changes.
pub(crate) const VERSIONS: &[Sign] = &[
    ("=", text!("the current version, the one of the data row")),
    ("*", text!("marked: others can be compared with it")),
    ("+", text!("new, or changed, since watching began")),
    ("D", text!("found in the data table")),
    ("H", text!("found in the history table")),
    ("C", text!("found in the command table")),
    ("S", text!("its attributes are stored in S3")),
    ("?", text!("who and when are uncertain: no command row tells, the row's own fields may be stale")),
    ("!", text!("behind the status: the version cannot be read whole")),
    ("+ - ~ ! >", text!("of a change: added, removed, changed, type changed, moved")),
];

/// The signs of the list that has the keys in a context; none where it has no signs.
pub(crate) fn of(context: Context) -> &'static [Sign] {
    match context {
        Context::Entities => ENTITIES,
        Context::History => VERSIONS,
        _ => &[],
    }
}

/// The letter of a flag in the list.
pub(crate) fn letter(flag: Flag) -> char {
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

/// The dialog.
#[derive(Debug)]
pub(crate) struct Signs {
    of: Context,
    scroll: Scroll,
    lines: usize,
}

impl Signs {
    /// Of the list that has the keys in a context.
    pub(crate) fn new(of: Context) -> Self {
        Self { of, scroll: Scroll::default(), lines: 0 }
    }
}

impl Screen for Signs {
    fn context(&self) -> Context {
        Context::Signs
    }

    fn act(&mut self, _: &mut App, press: Press) -> Flow {
        if matches!(press.action, Action::Back | Action::Left | Action::Signs) {
            return Flow::Close;
        }
        if let Some(step) = Step::of(press.action) {
            self.scroll.slide(step, self.lines);
        }
        Flow::Stay
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let width = area.width.min(92);
        let lines = lines(app, self.of, usize::from(width.saturating_sub(4)));
        self.lines = lines.len();
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
        let area = centred(buffer, area, width, height);
        let inner = framed(buffer, area, Frame::Dialog, &tr!("Signs in this list"), "", &app.theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let hints = [(Action::Back, text!("close")), (Action::Up, text!("scroll"))];
        foot(buffer, area, &Hints::of(&app.keymap, Context::Signs, &hints), &app.theme);
        draw_text(buffer, area, inner, &lines, &mut self.scroll, &app.theme);
        None
    }
}

fn lines(app: &App, of: Context, room: usize) -> Vec<Rich> {
    let (name, here) = selected(app, of).unwrap_or_default();
    let (own, others): (Vec<&Sign>, Vec<&Sign>) = self::of(of).iter().partition(|(sign, _)| here.contains(sign));
    let mut out = Vec::new();
    if !name.is_empty() {
        let heading =
            if own.is_empty() { tr!("%{name} has none", name = name) } else { tr!("%{name} has", name = name) };
        out.push(Rich::of(Role::Heading, &heading));
        own.iter().for_each(|sign| out.extend(line(sign, Role::Strong, room)));
        out.push(Rich::of(Role::Heading, &tr!("The others")));
    }
    others.iter().for_each(|sign| out.extend(line(sign, Role::Text, room)));
    out
}

fn line((sign, means): &Sign, role: Role, room: usize) -> Vec<Rich> {
    const COLUMN: usize = 13;
    let parts = text::wrap(&translated(means), room.saturating_sub(COLUMN).max(10));
    let lead = |i: usize| if i == 0 { format!("  {sign}") } else { String::new() };
    let whole = |(i, part): (usize, &String)| Rich::of(Role::Flag, &text::cell(&lead(i), COLUMN)).with(role, part);
    parts.iter().enumerate().map(whole).collect()
}

/// The selected line's name, and the signs that it has.
fn selected(app: &App, of: Context) -> Option<(String, Vec<&'static str>)> {
    let mut signs = Vec::new();
    let mut sign = |sign, is_there: bool| signs.extend(is_there.then_some(sign));
    match of {
        Context::Entities => {
            let list = app.tenants.entities.as_ref()?;
            let line = list.selected()?;
            let worst = app.doctor.as_ref().and_then(|doctor| doctor.about(&line.entity)).map(|(severity, _)| severity);
            sign("*", list.is_marked(list.cursor(), line.sk()));
            sign("D", line.deleted);
            for (shown, _) in ENTITIES {
                sign(shown, line.flags.iter().any(|flag| shown.starts_with(letter(*flag))));
            }
            sign("!", line.problem.is_some() || worst == Some(Severity::Error));
            sign("~", worst.is_some_and(|worst| worst != Severity::Error));
            let watch = app.watch.as_ref().filter(|watch| watch.follows_partition(&list.listing));
            sign("+", watch.is_some_and(|watch| watch.rows.contains(line.sk())));
            Some((line.sk().to_owned(), signs))
        }
        Context::History => {
            let opened = app.history.opened.as_ref()?;
            let line = opened.versions.get(opened.selected?)?;
            sign("=", line.current);
            sign("*", opened.marked == Some(line.version));
            for (shown, table) in [("D", TableKind::Data), ("H", TableKind::History), ("C", TableKind::Command)] {
                sign(shown, line.found.contains(&table));
            }
            sign("S", line.in_s3);
            sign("?", line.uncertain);
            sign("!", line.problem.is_some());
            let watch = app.watch.as_ref().filter(|watch| watch.follows(&opened.entity));
            sign("+", watch.is_some_and(|watch| watch.versions.contains(&line.version)));
            Some((tr!("version %{n}", n = line.version).into_owned(), signs))
        }
        _ => None,
    }
}

impl App {
    /// Says what the signs in the focused list mean.
    pub(crate) fn show_signs(&mut self) {
        self.stack.push(Signs::new(self.context()));
    }

    /// Why there are none to explain.
    pub(crate) fn no_signs(&self) -> Option<String> {
        of(self.context()).is_empty().then(|| tr!("this list has no signs").into_owned())
    }
}
