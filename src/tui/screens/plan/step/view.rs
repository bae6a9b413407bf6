//! The form as it is drawn.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::operation::GROUP;
use super::{Row, StepForm, Typing};
use crate::config::plan::{Field, Kind, Steps};
use crate::domain::printable::printable;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::Context;
use crate::tui::parts::popup::{Frame, centred, foot, framed};
use crate::tui::parts::problem;
use crate::tui::parts::scroll::draw_scrollbar;
use crate::tui::parts::{Hints, Rich, draw_line, draw_lines, hits};
use crate::tui::screens::plan::form::Form;
use crate::tui::screens::plan::form_view::purpose;
use crate::tui::text;
use crate::tui::theme::Role;

/// Column that the values begin in.
const VALUES: usize = 18;
/// Lines that say what a key is for.
const BELOW: u16 = 4;

impl StepForm {
    pub(super) fn draw_form(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        let form = app.plan.form.as_ref()?;
        let theme = &app.theme;
        let area = centred(buffer, area, 100, area.height.saturating_sub(1));
        let note = if form.is_unsaved() { tr!("in the plan, not saved") } else { Cow::Borrowed("") };
        let inner = framed(buffer, area, Frame::Dialog, &self.title(form), &note, theme);
        foot(buffer, area, &self.hints(app), theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let room = usize::from(inner.width).max(4);
        if let Some(Typing::Text(_, field, typed)) = &mut self.typing {
            draw_line(
                buffer,
                Rect { height: 1, ..inner },
                &Rich::of(Role::Dim, &purpose(field)),
                0,
                theme,
                Style::default(),
            );
            let body = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
            return typed.draw(buffer, body, theme);
        }
        // The text has nothing of an operation that was only chosen: it says less than what is missing there.
        let missing = self.missing(form);
        let mut above = match form.problem.as_deref() {
            Some(problem) => {
                let words = missing.unwrap_or_else(|| problem::complaint(problem).into_owned());
                problem::notice(&format!("! {words}"), Role::Warning, room)
            }
            None if form.lacks_file() => {
                vec![Rich::of(Role::Warning, &format!("! {}", tr!("the plan names no file yet (source.file)")))]
            }
            None => vec![Rich::of(Role::Ok, &tr!("the plan is ready to be previewed"))],
        };
        above.truncate(3);
        draw_lines(buffer, inner, &above, theme);
        let top = u16::try_from(above.len()).unwrap_or(0).min(inner.height);
        let below = if self.typing.is_some() { BELOW + 4 } else { BELOW }.min(inner.height.saturating_sub(top) / 2);
        let body = Rect { y: inner.y + top, height: inner.height - top - below, ..inner };
        let rows = self.rows(form);
        let shown = self.scroll.window(rows.len(), usize::from(body.height));
        hits::list(body, &shown, self.scroll.cursor);
        let mut cursor = None;
        for (y, i) in (body.y..body.bottom()).zip(shown.clone()) {
            let place = Rect { y, height: 1, ..body };
            let is_here = i == self.scroll.cursor;
            let typing = self.typing.as_ref().filter(|_| is_here);
            let over = if is_here && typing.is_none() { theme.style(Role::Selected) } else { Style::default() };
            buffer.set_style(place, over);
            if let Some(row) = rows.get(i) {
                draw_line(buffer, place, &self.line(form, row, typing.is_some()), 0, theme, over);
            }
            if let Some(Typing::Operation(editing) | Typing::Line(_, editing)) = typing {
                let left = u16::try_from(VALUES).unwrap_or(0).min(place.width);
                let value = Rect { x: place.x + left, width: place.width - left, ..place };
                cursor = editing.field.draw(buffer, value, theme);
            }
        }
        draw_scrollbar(buffer, area, &shown, rows.len(), theme);
        let foot = Rect { y: body.bottom(), height: below, ..inner };
        let about = self.about(rows.get(self.scroll.cursor), room, usize::from(below));
        draw_lines(buffer, foot, &about, theme);
        cursor
    }

    /// The key that an operation wants which was chosen and of which nothing stands in the text yet.
    fn missing(&self, form: &Form) -> Option<String> {
        if self.chosen.is_none() || !form.draft().step_keys(self.place()).is_empty() {
            return None;
        }
        let operation = self.operation(form)?;
        if operation == GROUP {
            return Some(tr!("one of %{keys} is missing", keys = GROUP).into_owned());
        }
        let rows = self.rows(form);
        let of_operation = |table: Option<&str>| table != Some("when");
        let key = rows.iter().find_map(|row| match row {
            Row::Key(place, field) if of_operation(place.table) && field.required => Some((place.table, field.key)),
            _ => None,
        });
        let path = match key {
            Some((Some(table), key)) => format!("{table}.{key}"),
            _ => operation.to_owned(),
        };
        Some(tr!("%{key} is missing", key = path).into_owned())
    }

    fn title(&self, form: &Form) -> String {
        let (n, all) = (self.n + 1, form.draft().steps(self.steps));
        let title = match self.steps {
            Steps::Transforms => tr!("Transform %{n} of %{all}", n = n, all = all),
            Steps::TransformsOf(step) => {
                tr!("Transform %{n} of %{all}, of chain step %{step}", n = n, all = all, step = step + 1)
            }
            Steps::Chain => tr!("Chain step %{n} of %{all}", n = n, all = all),
            Steps::References => tr!("Reference %{n} of %{all}", n = n, all = all),
            Steps::Decisions => tr!("Decision %{n} of %{all}", n = n, all = all),
        };
        title.into_owned()
    }

    fn hints(&self, app: &App) -> Hints {
        match &self.typing {
            Some(Typing::Text(..)) => Hints::fixed(&[
                ("Ctrl-S", text!("take it")),
                ("Esc", text!("leave it as it was")),
                ("Enter", text!("new line")),
            ]),
            Some(_) => Hints::fixed(&[
                ("Enter", text!("take")),
                ("Tab", text!("complete")),
                ("↑↓", text!("choose")),
                ("Esc", text!("leave it as it was")),
            ]),
            None => {
                let hints = [
                    (Action::Back, text!("done")),
                    (Action::Open, text!("edit")),
                    (Action::NextWord, text!("change")),
                    (Action::RemoveStep, text!("take away")),
                    (Action::StepUp, text!("up")),
                    (Action::StepDown, text!("down")),
                    (Action::ClearValue, text!("default")),
                ];
                Hints::of(&app.keymap, Context::Step, &hints)
            }
        }
    }

    fn line(&self, form: &Form, row: &Row, is_typed: bool) -> Rich {
        let draft = form.draft();
        let (name, value, field) = match row {
            Row::Heading(table) => return Rich::of(Role::Heading, &format!("[{table}]")),
            Row::Step(steps, n) => {
                let line = Rich::of(Role::Text, &format!("  {:>2}  ", n + 1));
                return line.with(Role::Strong, &draft.step_summary(*steps, *n));
            }
            Row::Add(_) => return Rich::of(Role::Dim, &format!("  {}", tr!("+ add a transform"))),
            Row::Operation => ("operation", self.operation(form).map(str::to_owned), None),
            Row::Key(place, field) => (field.key, draft.step_get(*place, field), Some(field)),
        };
        let is_left_out =
            matches!(row, Row::Key(place, _) if place.table == Some("when") && draft.step_keys(*place).is_empty());
        let mut line = Rich::of(Role::Text, "  ").with(Role::Path, name);
        line.pad_to(VALUES);
        if is_typed {
            return line;
        }
        let lines = value.as_deref().map_or(0, |value| value.lines().count());
        match (value, field) {
            (Some(value), _) if lines > 1 => {
                line.push(Role::Strong, value.lines().next().unwrap_or_default());
                line.push(Role::Dim, &format!("  {}", tr!("… %{n} lines", n = lines)));
            }
            (Some(value), _) => line.push(Role::Strong, &value),
            // A table that may be left out wants nothing as long as it is.
            (None, Some(_)) if is_left_out => line.push(Role::Dim, "-"),
            (None, Some(field)) if !field.required && field.default.is_empty() => line.push(Role::Dim, "-"),
            (None, Some(field)) if !field.required => line.push(Role::Dim, &field.default),
            (None, _) => line.push(Role::Warning, &tr!("(required)")),
        }
        line
    }

    /// Lines on the purpose of a row, or the candidates for the value being typed.
    fn about(&self, row: Option<&Row>, room: usize, most: usize) -> Vec<Rich> {
        let mut lines = vec![Rich::of(Role::Dim, &"─".repeat(room))];
        let say = |words: &str| {
            text::wrap(&printable(words), room).iter().map(|line| Rich::of(Role::Dim, line)).collect::<Vec<_>>()
        };
        if let Some(Typing::Operation(editing) | Typing::Line(_, editing)) = &self.typing {
            let candidates = editing.candidates();
            let rest = most.saturating_sub(1).max(1);
            let from = editing.chosen.map_or(0, |at| at.saturating_sub(rest - 1));
            for (i, word) in candidates.iter().enumerate().skip(from).take(rest) {
                let role = if editing.chosen == Some(i) { Role::Selected } else { Role::Text };
                lines.push(Rich::of(Role::Text, "  ").with(role, word));
            }
            if candidates.is_empty() {
                lines.extend(say(&help(&editing.of)));
            }
            return lines;
        }
        match row {
            Some(Row::Key(_, field)) => lines.extend(say(&help(field))),
            Some(Row::Operation) => lines.extend(say(&tr!(
                "what it does with attributes; another one puts the value aside until it is chosen again"
            ))),
            Some(Row::Step(..)) => {
                lines.extend(say(&tr!("one transform of this step of the chain; they are done in this order")))
            }
            Some(Row::Add(_) | Row::Heading(_)) | None => {}
        }
        lines
    }
}

fn help(field: &Field) -> String {
    let form = match field.kind {
        Kind::Names => tr!("(old = new, old = new)"),
        Kind::Values => tr!("(name = value, name = value; a text in quotes where it could be a number)"),
        Kind::List => tr!("(between commas)"),
        _ => return purpose(field).into_owned(),
    };
    format!("{} {form}", purpose(field))
}
