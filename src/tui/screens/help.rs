//! Every key and command, searchable, with why what is disabled is so.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::phrases::PHRASES;
use super::signs::{self, Sign};
use crate::domain::printable::printable;
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::Filter;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::scroll::Step;
use crate::tui::parts::{Field, Hints, Rich, Scroll, draw_text};
use crate::tui::screen::{Flow, Press, Screen};
use crate::tui::text;
use crate::tui::theme::Role;

/// The help.
#[derive(Debug, Default)]
pub(crate) struct Help {
    field: Field,
    scroll: Scroll,
    lines: usize,
    /// The context that it was asked for in: its keys stand first.
    of: Option<Context>,
}

impl Screen for Help {
    fn context(&self) -> Context {
        Context::Help
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        // The key that opened it closes it again, while nothing is typed.
        let opened = app.keymap.keys(Context::Everywhere, Action::Help);
        if self.field.text().is_empty() && opened.contains(&key) {
            return Some(Flow::Close);
        }
        if app.keymap.action(Context::Help, key).is_some() {
            return None;
        }
        self.field.key(key);
        self.scroll = Scroll::default();
        Some(Flow::Stay)
    }

    fn act(&mut self, _: &mut App, press: Press) -> Flow {
        match (press.action, Step::of(press.action)) {
            (Action::Back, _) => return Flow::Close,
            (_, Some(step)) => self.scroll.slide(step, self.lines),
            (_, None) => {}
        }
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        self.field.paste(text);
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let area = centred(buffer, area, 92, area.height);
        let inner = framed(buffer, area, Frame::Dialog, &tr!("Help"), &tr!("type to search"), &app.theme);
        let hints = [(Action::Up, text!("scroll")), (Action::Back, text!("close"))];
        foot(buffer, area, &Hints::of(&app.keymap, Context::Help, &hints), &app.theme);
        if inner.height < 3 {
            return None;
        }
        let input = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), height: 1, ..inner };
        let cursor = self.field.draw(buffer, input, &app.theme);
        let body = Rect { y: inner.y + 2, height: inner.height - 2, ..inner };
        let mut filter = Filter::default();
        filter.paste(self.field.text());
        let here = self.of.unwrap_or_else(|| app.context());
        let lines = lines(app, here, &filter, usize::from(body.width));
        self.lines = lines.len();
        draw_text(buffer, area, body, &lines, &mut self.scroll, &app.theme);
        cursor
    }
}

fn lines(app: &App, here: Context, filter: &Filter, width: usize) -> Vec<Rich> {
    let (mut out, mut has_signs) = (Vec::new(), false);
    let mut order: Vec<_> = Context::ALL.iter().collect();
    // Over a dialog the keys that it shares with others come next.
    let is_dialog = !here.beside().contains(&Context::Everywhere);
    let is_shared = |context: &Context| is_dialog && here.beside().contains(context);
    order.sort_by_key(|(context, ..)| (*context != here, !is_shared(context)));
    for (context, _, heading) in order {
        // Its signs stand right behind the keys of the list that they stand in.
        if *context != here && !signs::of(here).is_empty() && !has_signs {
            has_signs = true;
            explain(&mut out, text!("Signs in this list"), signs::of(here), filter, width);
        }
        // A dialog says itself, when its key is pressed, why it cannot do something: the panes below do not know.
        let is_of_panes =
            matches!(context, Context::Everywhere | Context::Across) || context.beside().contains(&Context::Everywhere);
        let bound = app.keymap.bindings(*context).iter().map(|(action, keys)| {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            let refusal = if is_of_panes { app.refusal(*action) } else { None };
            Entry { keys: keys.join(" "), help: action.help(), refusal, name: action.id() }
        });
        section(&mut out, heading, bound.filter(|entry| entry.fits(filter, heading)), width);
    }
    let phrases = PHRASES.iter().map(|p| Entry { keys: p.shape(), help: p.help, refusal: None, name: "" });
    let keyless = Action::ALL.iter().filter(|action| !app.keymap.has_key(**action));
    let actions = keyless.map(|a| {
        let refusal = app.refusal(*a);
        Entry { keys: format!(":{}", a.id()), help: a.help(), refusal, name: "" }
    });
    let heading = text!("Commands");
    section(&mut out, heading, phrases.chain(actions).filter(|entry| entry.fits(filter, heading)), width);
    let signs = [(Context::Entities, text!("Signs of entities")), (Context::History, text!("Signs of versions"))];
    for (context, heading) in signs {
        if context != here {
            explain(&mut out, heading, signs::of(context), filter, width);
        }
    }
    if out.is_empty() {
        out.push(Rich::of(Role::Dim, &format!(" {}", tr!("nothing of that name"))));
    }
    out
}

/// Signs and their meaning, as a section.
fn explain(out: &mut Vec<Rich>, heading: &'static str, signs: &[Sign], filter: &Filter, width: usize) {
    let signs =
        signs.iter().map(|(sign, means)| Entry { keys: (*sign).to_owned(), help: means, refusal: None, name: "" });
    section(out, heading, signs.filter(|entry| entry.fits(filter, text!("signs"))), width);
}

/// Keys, or something that stands in their place, and what it does.
struct Entry {
    keys: String,
    /// As [`text!`] marks it.
    help: &'static str,
    refusal: Option<String>,
    name: &'static str,
}

impl Entry {
    /// True where a filter finds it: by what is shown, by its English, by its name or by what it belongs to.
    fn fits(&self, filter: &Filter, group: &'static str) -> bool {
        let (help, of) = (translated(self.help), translated(group));
        filter.accepts([self.keys.as_str(), self.help, &help, self.name, group, &of])
    }
}

fn section(out: &mut Vec<Rich>, heading: &'static str, entries: impl Iterator<Item = Entry>, width: usize) {
    let entries: Vec<Entry> = entries.collect();
    if entries.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push(Rich::default());
    }
    out.push(Rich::of(Role::Heading, &translated(heading)));
    // A reason that several share is told once.
    let reasons: Vec<&String> = entries.iter().filter_map(|entry| entry.refusal.as_ref()).collect();
    let times = |reason: &String| reasons.iter().filter(|r| **r == reason).count();
    let shared = reasons.iter().copied().max_by_key(|r| times(r)).filter(|r| times(r) * 2 > reasons.len()).cloned();
    let shared = shared.filter(|reason| times(reason) > 1);
    if let Some(why) = &shared {
        let lines =
            text::wrap(&printable(&tr!("not now, where dimmed: %{why}", why = why)), width.saturating_sub(2).max(10));
        out.extend(lines.iter().map(|line| Rich::of(Role::Text, "  ").with(Role::Warning, line)));
    }
    for Entry { keys, help, refusal, .. } in entries {
        let role = if refusal.is_some() { Role::Dim } else { Role::Text };
        let mut line = Rich::of(if refusal.is_some() { Role::Dim } else { Role::Key }, &format!("  {keys}"));
        line.pad_to(20);
        line.push(Role::Text, "  ");
        let column = line.width();
        line.push(role, &translated(help));
        out.extend(hanging(&line, column, width));
        if let Some(why) = refusal.filter(|why| shared.as_ref() != Some(why)) {
            let mut line = Rich::default();
            line.pad_to(column);
            line.push(Role::Warning, &tr!("not now: %{why}", why = why));
            out.extend(hanging(&line, column, width));
        }
    }
}

/// A line whose continuation stands below its text, not below its key.
fn hanging(line: &Rich, column: usize, width: usize) -> Vec<Rich> {
    if line.width() <= width || width <= column + 10 {
        return vec![line.clone()];
    }
    let room = width - column;
    line.columns(column).map_or_else(
        || vec![line.clone()],
        |(head, role, rest)| {
            let mut out = Vec::new();
            for (i, part) in crate::tui::text::wrap(&rest, room).iter().enumerate() {
                let mut line = if i == 0 { head.clone() } else { Rich::default() };
                line.pad_to(column);
                line.push(role, part);
                out.push(line);
            }
            out
        },
    )
}

impl App {
    /// Shows the help, the keys of a context first.
    pub(crate) fn show_help(&mut self, of: Context) {
        self.stack.push(Help { of: Some(of), ..Help::default() });
    }
}
