//! The form as it is drawn: what is wrong above, the keys, what the focused one is for below.

use std::borrow::Cow;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::form::{Form, Row};
use super::scanned::{self, seen};
use crate::config::plan::{Field, Kind, Steps, words};
use crate::domain::clock::{Now, local_seconds, moment, parse_time, utc_millis};
use crate::language::{Language, spoken, translated};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
use crate::tui::parts::draw_text;
use crate::tui::parts::hits;
use crate::tui::parts::popup::{Frame, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::draw_scrollbar;
use crate::tui::parts::{Rich, draw_line};
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Column that the values begin in.
const VALUES: usize = 22;
/// Lines that say what the focused key is for.
const BELOW: u16 = 5;

/// Draws the pane.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let theme = app.theme.clone();
    let focused = app.focus == Pane::Plan && app.stack.is_empty();
    let Some(mut form) = app.plan.form.take() else {
        let inner = framed(buffer, area, Frame::Pane { focused }, &tr!("3 Plan"), "", &theme);
        let inner = inset(inner);
        let lines = nothing_yet(app, usize::from(inner.width).max(4));
        app.plan.lines = lines.len();
        draw_text(buffer, area, inner, &lines, &mut app.plan.text, &theme);
        return None;
    };
    let changed = if form.is_unsaved() { tr!("not saved") } else { Cow::Borrowed("") };
    let title = tr!("3 Plan: %{title}", title = form.title());
    let inner = inset(framed(buffer, area, Frame::Pane { focused }, &title, &changed, &theme));
    let cursor = if inner.height < 4 || inner.width < 10 {
        None
    } else if form.is_toml() {
        draw_form(app, &mut form, buffer, area, inner, focused)
    } else {
        let lines = broken(&form, usize::from(inner.width));
        app.plan.lines = lines.len();
        draw_text(buffer, area, inner, &lines, &mut app.plan.text, &theme);
        None
    };
    app.plan.form = Some(form);
    cursor
}

fn inset(inner: Rect) -> Rect {
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// Lines on what can be done without a plan.
fn nothing_yet(app: &App, room: usize) -> Vec<Rich> {
    let key = |action| app.keymap.key(Context::Plan, action).map(|k| k.to_string()).unwrap_or_default();
    let mut lines = Vec::new();
    let mut say = |role, words: &str| {
        lines.extend(problem::notice(words, role, room));
        lines.push(Rich::default());
    };
    say(Role::Strong, &tr!("No plan yet."));
    let marked = app.tenants.entities.as_ref().map_or(0, |e| e.marks.len());
    let new = key(Action::NewPlan);
    let begins = match (&app.tenants.entities, marked) {
        (Some(list), 0) => {
            tr!("%{key} begins one for %{pk}. Marked entities become its keys.", key = new, pk = list.listing.pk)
        }
        (Some(list), n) => {
            let marked = format::plural(n as u64, text!("%{n} marked entity"), text!("%{n} marked entities"));
            let pk = &list.listing.pk;
            tr!(
                "%{key} begins one for the %{marked} of %{pk}. Marked entities become its keys.",
                key = new,
                marked = marked,
                pk = pk
            )
        }
        (None, _) => tr!(
            "%{key} begins one; with a partition open it is filled in from there. Marked entities become its keys.",
            key = new
        ),
    };
    say(Role::Text, &begins);
    let open = key(Action::OpenPlan);
    say(Role::Text, &tr!("%{key} opens a plan file, such as `tenantry plan example copy` prints.", key = open));
    let steps = tr!(
        "A plan is previewed item by item first; then it runs batch by batch, each one approved by you, and can be undone."
    );
    say(Role::Text, &steps);
    lines
}

/// A text that is no TOML: where it is wrong, and the text.
fn broken(form: &Form, room: usize) -> Vec<Rich> {
    let mut lines = Vec::new();
    let wrong = form.problem.as_deref();
    if let Some(problem) = wrong {
        lines.extend(problem::notice(&format!("! {problem}"), Role::Error, room));
    }
    lines.extend(problem::notice(
        &tr!("It cannot be shown as a form. e edits the text; nothing of it is lost."),
        Role::Text,
        room,
    ));
    lines.push(Rich::default());
    for (i, line) in form.text().lines().enumerate() {
        let at = wrong.and_then(|p| p.line) == Some(i + 1);
        let role = if at { Role::Error } else { Role::Text };
        let mark = if at { ">" } else { " " };
        let number = Rich::of(Role::Dim, &format!("{mark}{:>4} ", i + 1));
        lines.push(number.with(role, line));
    }
    lines
}

fn draw_form(
    app: &App,
    form: &mut Form,
    buffer: &mut Buffer,
    frame: Rect,
    inner: Rect,
    focused: bool,
) -> Option<(u16, u16)> {
    let theme = &app.theme;
    let room = usize::from(inner.width);
    let mut above = state(form, room);
    above.truncate(usize::from(inner.height / 3).max(1));
    let top = u16::try_from(above.len()).unwrap_or(1);
    for (y, line) in (inner.y..inner.bottom()).zip(&above) {
        draw_line(buffer, Rect { y, height: 1, ..inner }, line, 0, theme, Style::default());
    }
    let below = if form.editing.is_some() { BELOW + 2 } else { BELOW }.min(inner.height.saturating_sub(top) / 2);
    let body = Rect { y: inner.y + top, height: inner.height - top - below, ..inner };
    let rows = form.rows().len();
    let shown = form.scroll.window(rows, usize::from(body.height));
    hits::list(body, &shown, form.scroll.cursor);
    let mut cursor = None;
    for (y, i) in (body.y..body.bottom()).zip(shown.clone()) {
        let row = Rect { y, height: 1, ..body };
        let is_here = i == form.scroll.cursor;
        let editing = form.editing.as_ref().filter(|_| is_here);
        let line = match form.rows().get(i) {
            Some(Row::Heading(table)) => Rich::of(Role::Heading, &format!("[{table}]")),
            Some(Row::Field(index)) => match form.field(*index) {
                Some(field) => line(form, field, editing.is_some()),
                None => Rich::default(),
            },
            Some(Row::Step(steps, n)) => Rich::of(Role::Text, &format!("  {:>2}  ", n + 1))
                .with(Role::Strong, &form.draft().step_summary(*steps, *n)),
            Some(Row::Add(steps)) => Rich::of(Role::Dim, &format!("  {}", translated(adding(*steps)))),
            None => Rich::default(),
        };
        let over = match (is_here && editing.is_none(), focused) {
            (true, true) => theme.style(Role::Selected),
            (true, false) => theme.style(Role::SelectedFar),
            _ => Style::default(),
        };
        buffer.set_style(row, over);
        draw_line(buffer, row, &line, 0, theme, over);
        if let Some(editing) = editing {
            let left = u16::try_from(VALUES).unwrap_or(0);
            let place = Rect { x: row.x + left, width: row.width.saturating_sub(left), ..row };
            cursor = editing.field.draw(buffer, place, theme);
        }
    }
    draw_scrollbar(buffer, frame, &shown, rows, theme);
    let foot = Rect { y: body.bottom(), height: below, ..inner };
    for (y, line) in (foot.y..foot.bottom()).zip(about(app, form, room, usize::from(below))) {
        draw_line(buffer, Rect { y, height: 1, ..foot }, &line, 0, theme, Style::default());
    }
    cursor.filter(|_| focused)
}

/// Whether the plan can be used as it stands.
fn state(form: &Form, room: usize) -> Vec<Rich> {
    let mut lines = readiness(form, room);
    let others = form.other_lines();
    if others > 0 {
        let others = format::plural(
            others as u64,
            text!("%{n} line more, as in the file (e edits)"),
            text!("%{n} lines more, as in the file (e edits)"),
        );
        lines.extend(problem::notice(&others, Role::Dim, room));
    }
    lines
}

fn readiness(form: &Form, room: usize) -> Vec<Rich> {
    if let Some(problem) = form.general_problem() {
        let place = problem.line.map(|l| format!(" {}", tr!("(line %{n})", n = l))).unwrap_or_default();
        let mut lines = problem::notice(&format!("! {}{place}", problem::complaint(problem)), Role::Error, room);
        if let Some(hint) = &problem.hint {
            lines.extend(problem::notice(&format!("→ {}", spoken(hint)), Role::Text, room));
        }
        return lines;
    }
    match form.problem.as_deref() {
        Some(problem) => {
            let key = problem.key.clone().unwrap_or_default();
            vec![not_ready(&key)]
        }
        None if form.lacks_file() => vec![not_ready("source.file")],
        None => vec![Rich::of(Role::Ok, &tr!("ready to be previewed"))],
    }
}

fn not_ready(key: &str) -> Rich {
    Rich::of(Role::Warning, &format!("! {}", tr!("not ready: %{key}", key = key)))
}

fn line(form: &Form, field: &Field, is_typed: bool) -> Rich {
    let problem = form.problem_of(field);
    let mut line =
        Rich::of(if problem.is_some() { Role::Error } else { Role::Text }, if problem.is_some() { "! " } else { "  " });
    line.push(Role::Path, field.key);
    line.pad_to(VALUES);
    if is_typed {
        return line;
    }
    match form.value(field) {
        Some(value) => line.push(Role::Strong, &value),
        None if field.required && !is_named(form, field) => line.push(Role::Warning, &tr!("(required)")),
        // A dash is a file there: standard input.
        None if (field.table, field.key) == ("source", "file") => line.push(Role::Warning, &tr!("(no file yet)")),
        None if field.default.is_empty() => line.push(Role::Dim, "-"),
        None => line.push(Role::Dim, &field.default),
    }
    if let Some(problem) = problem {
        line.push(Role::Error, &format!("  {}", problem::complaint(problem)));
    }
    line
}

/// True where entities that are named stand in for a key.
fn is_named(form: &Form, field: &Field) -> bool {
    (field.table, field.key) == ("source", "tenant") && form.value_of("source.entities").is_some()
}

/// Lines about the focused key: its help, its error, and the candidates for its value.
fn about(app: &App, form: &Form, room: usize, most: usize) -> Vec<Rich> {
    let mut lines = vec![Rich::of(Role::Dim, &"─".repeat(room))];
    if let Some(Row::Step(..) | Row::Add(_)) = form.row() {
        let key = |action| app.key_of(Context::Plan, action);
        let words = match form.row() {
            Some(Row::Step(..)) => tr!(
                "%{open} edits it, %{up} and %{down} move it up and down, %{remove} takes it away",
                open = key(Action::Open),
                up = key(Action::StepUp),
                down = key(Action::StepDown),
                remove = key(Action::RemoveStep)
            ),
            _ => tr!("%{key} adds one at the end", key = key(Action::Open)),
        };
        lines.extend(problem::notice(&words, Role::Dim, room));
    }
    let Some(field) = form.focused() else { return lines };
    if let Some(problem) = form.problem_of(field) {
        lines.extend(problem::notice(&format!("! {}", problem::complaint(problem)), Role::Error, room));
        if let Some(hint) = &problem.hint {
            lines.extend(problem::notice(&format!("→ {}", spoken(hint)), Role::Text, room));
        }
    }
    lines.extend(taken_for(app, form, field, room));
    if let Some(editing) = &form.editing {
        let candidates = editing.candidates();
        if candidates.is_empty() {
            lines.extend(help(field, room));
        }
        let rest = most.saturating_sub(lines.len()).max(1);
        let from = editing.chosen.map_or(0, |at| at.saturating_sub(rest.saturating_sub(1)));
        for (i, word) in candidates.iter().enumerate().skip(from).take(rest) {
            let role = if editing.chosen == Some(i) { Role::Selected } else { Role::Text };
            lines.push(Rich::of(Role::Text, "  ").with(role, word));
        }
        return lines;
    }
    if matches!(field.kind, Kind::Tenant)
        && let Some(tenant) = form.value(field)
    {
        let seen = seen(app, form, &tenant);
        let (warns, words) = if field.table == "target" { seen.of_target() } else { seen.of_source() };
        let role = if warns { Role::Warning } else { Role::Text };
        lines.extend(problem::notice(&format!("{tenant}: {words}"), role, room));
    }
    lines.extend(help(field, room));
    lines
}

/// Lines that say which moment a text, as people say it, is taken for.
fn taken_for(app: &App, form: &Form, field: &Field, room: usize) -> Vec<Rich> {
    if field.table != "rollback" || !["to_time", "before_migrated_at", "window"].contains(&field.key) {
        return Vec::new();
    }
    let typed = form.editing.as_ref().map(|editing| editing.field.text().to_owned());
    let Some(value) = typed.or_else(|| form.value(field)) else { return Vec::new() };
    let now = Now { at: app.now, zone: app.zone.clone() };
    let said = words(&value).into_iter().filter(|text| parse_time(text).is_none());
    let taken = said.filter_map(|text| Some(taken(&text, moment(&text, &now)?, &now)));
    taken.flat_map(|words| problem::notice(&words, Role::Text, room)).collect()
}

/// [`Now::taken`] in the language of the console.
fn taken(text: &str, at: Timestamp, now: &Now) -> String {
    let utc = utc_millis(at);
    let local = local_seconds(&utc, &now.zone);
    let zone = now.zone.iana_name().map_or_else(|| tr!("local time"), |name| Cow::Owned(name.to_owned()));
    tr!(
        "%{text} is taken for %{utc} (%{local} in %{zone})",
        text = text : {:?},
        utc = utc,
        local = local,
        zone = zone
    )
    .into_owned()
}

/// Where another element is added to a list.
fn adding(steps: Steps) -> &'static str {
    match steps {
        Steps::Transforms | Steps::TransformsOf(_) => text!("+ add a transform"),
        Steps::Chain => text!("+ add a step from one schema version to the next"),
        Steps::References => text!("+ add a reference that is checked"),
        Steps::Decisions => text!("+ add a decision about one key"),
    }
}

/// The purpose of a key, in the language of the console.
pub(super) fn purpose(field: &Field) -> Cow<'_, str> {
    let help = field.help.as_str();
    rust_i18n::t!((help, help), locale = Language::spoken().tag())
}

fn help(field: &Field, room: usize) -> Vec<Rich> {
    let mut words = purpose(field).into_owned();
    if (field.table, field.key) == ("", "operation") {
        words = tr!("what the plan does; after a change the values that both operations have stay").into_owned();
    }
    if let Kind::Choice(choices) = field.kind
        && !choices.iter().all(|c| words.contains(c))
    {
        words = format!("{words} ({})", choices.join(" | "));
    }
    if !field.default.is_empty() {
        words = format!("{words} {}", tr!("[default %{value}]", value = field.default));
    }
    text::wrap(&crate::domain::printable::printable(&words), room).iter().map(|l| Rich::of(Role::Dim, l)).collect()
}

/// Candidates for the key under the cursor.
pub(crate) fn candidates(app: &App, form: &Form) -> Vec<String> {
    form.focused().map(|field| scanned::candidates(app, form, field)).unwrap_or_default()
}
