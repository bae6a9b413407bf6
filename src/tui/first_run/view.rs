//! The first screen as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::form::Form;
use super::{Code, First, Screen};
use crate::domain::printable::printable;
use crate::language::translated;
use crate::tui::layout::SMALLEST;
use crate::tui::parts::popup::{Frame, foot, framed};
use crate::tui::parts::{Hints, Rich, draw_line};
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::view::too_small;

/// Cells of the names in the form.
const NAMES: u16 = 14;

pub(super) fn draw(first: &First, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let area = buffer.area;
    let theme = &first.theme;
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        lines(buffer, area, &too_small(area), Role::Warning, theme);
        return None;
    }
    let inner = framed(buffer, area, Frame::Dialog, &tr!("tenantry: the first time"), "", theme);
    let inner = Rect { x: inner.x + 2, width: inner.width - 4, ..inner };
    match &first.screen {
        Screen::Choice(at) => {
            let hints = Hints::fixed(&[("↑↓", text!("choose")), ("Enter", text!("next")), ("q", text!("leave"))]);
            foot(buffer, area, &hints, theme);
            choice(first, *at, buffer, inner);
            None
        }
        Screen::Form(form) => {
            let hints = [
                ("Tab", text!("next")),
                ("Shift-Tab", text!("previous")),
                ("Enter", text!("next, save")),
                ("Esc", text!("back")),
            ];
            foot(buffer, area, &Hints::fixed(&hints), theme);
            draw_form(form, buffer, inner, theme)
        }
        Screen::Check(_, filled, code) => {
            let look = first.look.as_ref();
            let asks = look.is_some_and(|look| look.is_over && look.wants_code);
            let enter = if asks && !code.field.text().is_empty() {
                text!("sign in with the code")
            } else {
                text!("save and go on")
            };
            foot(buffer, area, &Hints::fixed(&[("Enter", enter), ("Esc", text!("back to the form"))]), theme);
            let profile = &filled.name;
            let told = if look.is_some_and(|look| look.is_over) {
                tr!(
                    "Tried where profile %{profile} leads. Nothing is written by it, nor is the file yet.",
                    profile = profile
                )
            } else {
                tr!(
                    "Trying where profile %{profile} leads. Nothing is written by it, nor is the file yet.",
                    profile = profile
                )
            };
            let mut y = 1 + lines(
                buffer,
                Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner },
                &told,
                Role::Strong,
                theme,
            );
            for (role, line) in look.map_or(&[][..], |look| &look.lines) {
                y += lines(buffer, below(inner, y), line, *role, theme);
            }
            if asks { draw_code(code, buffer, below(inner, y), theme) } else { None }
        }
    }
}

fn below(area: Rect, y: u16) -> Rect {
    Rect { y: area.y + y.min(area.height), height: area.height.saturating_sub(y), ..area }
}

fn draw_code(code: &Code, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Option<(u16, u16)> {
    let words = tr!("To look further, type the six digits of the device. The console itself asks for the next ones.");
    let mut y = 1 + lines(buffer, below(area, 1), &words, Role::Text, theme);
    let row = Rect { height: area.height.saturating_sub(y).min(1), ..below(area, y) };
    draw_line(buffer, row, &Rich::of(Role::Strong, &tr!("code")), 0, theme, Style::default());
    let field = Rect { x: row.x + NAMES, width: 8, ..row };
    y += 1;
    if let Some(why) = code.problem {
        lines(buffer, below(area, y), &format!("! {}", translated(why)), Role::Error, theme);
    }
    if row.is_empty() { None } else { code.field.draw(buffer, field, theme) }
}

fn lines(buffer: &mut Buffer, area: Rect, words: &str, role: Role, theme: &Theme) -> u16 {
    let wrapped = text::wrap(&printable(words), usize::from(area.width));
    for (y, line) in (area.y..area.bottom()).zip(&wrapped) {
        draw_line(buffer, Rect { y, height: 1, ..area }, &Rich::of(role, line), 0, theme, Style::default());
    }
    u16::try_from(wrapped.len()).unwrap_or(u16::MAX)
}

fn choice(first: &First, at: usize, buffer: &mut Buffer, area: Rect) {
    let theme = &first.theme;
    let below = |y: u16| Rect { y: area.y + y, height: area.height.saturating_sub(y), ..area };
    let words =
        tr!("There is no configuration file yet (%{path}). How do you want to begin?", path = first.path.display());
    let used = lines(buffer, below(1), &words, Role::Text, theme);
    let choices = [
        (tr!("Try it on demo data"), tr!("the sandbox: a small shop inside this program; no AWS, nothing to set up")),
        (tr!("Set up a profile"), tr!("a form for the first application and environment")),
        (tr!("Leave"), "".into()),
    ];
    let mut y = used + 2;
    for (i, (title, what)) in choices.into_iter().enumerate() {
        let role = if i == at { Role::Button } else { Role::Strong };
        let line = Rich::of(Role::Key, if i == at { "> " } else { "  " }).with(role, &format!(" {title} "));
        draw_line(buffer, Rect { height: 1, ..below(y) }, &line, 0, theme, Style::default());
        let under = below(y + 1);
        let under = Rect { x: under.x + 3, width: under.width.saturating_sub(3), ..under };
        y += 2 + if what.is_empty() { 0 } else { lines(buffer, under, &what, Role::Dim, theme) };
    }
}

fn draw_form(form: &Form, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Option<(u16, u16)> {
    let row = |i: usize| Rect { y: area.y + u16::try_from(i).unwrap_or(0), height: 1, ..area };
    let mut cursor = None;
    for (i, line) in form.lines.iter().enumerate() {
        let at = row(i);
        let role = if form.at == i { Role::Key } else { Role::Strong };
        draw_line(buffer, at, &Rich::of(role, line.key), 0, theme, Style::default());
        let width = (area.width - NAMES).min(40);
        let field = Rect { x: at.x + NAMES, width, ..at };
        let place = line.field.draw(buffer, field, theme);
        if form.at == i {
            cursor = place;
        }
    }
    let role = |place| if form.at == place { Role::Button } else { Role::Text };
    let mut switch = Rich::of(Role::Strong, "protected");
    // The blank before the answer belongs to its button.
    switch.pad_to(usize::from(NAMES) - 1);
    let answer = if form.protected { tr!("yes") } else { tr!("no") };
    switch.push(role(form.switch()), &format!(" {answer} "));
    draw_line(buffer, row(form.switch()), &switch, 0, theme, Style::default());
    let save = Rich::of(role(form.button()), &format!(" {} ", tr!("Try it, then save")));
    draw_line(buffer, row(form.button()), &save, 0, theme, Style::default());
    let from = row(form.button() + 1);
    let room = Rect { height: area.bottom().saturating_sub(from.y), ..from };
    let hint = match form.lines.get(form.at) {
        Some(line) => translated(line.hint),
        None if form.at == form.switch() => tr!("Space switches; yes: every write wants the tenant's name typed"),
        None => tr!("Enter tries where the profile leads; nothing is written by that"),
    };
    let problem = form.problem.as_ref().map(|problem| lines(buffer, room, &format!("! {problem}"), Role::Error, theme));
    let used = problem.unwrap_or(0);
    // Wherever the remedy is, that line says how it is filled in.
    let room = Rect { y: room.y.saturating_add(used), height: room.height.saturating_sub(used), ..room };
    lines(buffer, room, &format!("→ {hint}"), Role::Dim, theme);
    cursor
}
