//! One element of a list in the plan, key by key: a transform, a step of the chain, a reference, a decision. Each value goes into the
//! plan's text at once.

mod operation;
mod view;

use crossterm::event::{KeyCode, KeyModifiers};
use operation::GROUP;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::editing::{Editing, Typed};
use super::form::{Form, Row as FormRow};
use crate::config::plan::{Field, Kind, SHARING, StepPlace, Steps, step_fields};
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::keymap::{Context, Key};
use crate::tui::parts::Scroll;
use crate::tui::parts::area::Area;
use crate::tui::parts::scroll::Step;
use crate::tui::screen::{Flow, Press, Screen};

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Row {
    /// The operation of a transform.
    Operation,
    /// The name of a table.
    Heading(&'static str),
    /// A key, and the table that it stands in.
    Key(StepPlace, Field),
    /// A transform of a chain's step.
    Step(Steps, usize),
    /// Where one is added.
    Add(Steps),
}

/// Value being typed.
#[derive(Debug)]
enum Typing {
    Operation(Editing),
    Line(StepPlace, Editing),
    Text(StepPlace, Field, Area),
}

/// The form.
#[derive(Debug)]
pub(crate) struct StepForm {
    steps: Steps,
    n: usize,
    /// The operation of a transform that has no value yet.
    chosen: Option<&'static str>,
    /// Values of operations that were left for another.
    aside: Vec<(&'static str, String)>,
    /// It was added just now.
    is_new: bool,
    scroll: Scroll,
    typing: Option<Typing>,
}

impl StepForm {
    /// Of an element that is there.
    pub(crate) fn new(steps: Steps, n: usize) -> Self {
        let scroll = Scroll::default();
        Self { steps, n, chosen: None, aside: Vec::new(), is_new: false, scroll, typing: None }
    }

    /// Of one that was added: of a transform the operation comes first.
    pub(crate) fn begun(steps: Steps, n: usize) -> Self {
        let typing = matches!(steps, Steps::Transforms | Steps::TransformsOf(_))
            .then(|| Typing::Operation(operation::editing("")));
        Self { is_new: true, typing, ..Self::new(steps, n) }
    }

    fn place(&self) -> StepPlace {
        self.steps.at(self.n)
    }

    fn rows(&self, form: &Form) -> Vec<Row> {
        let place = self.place();
        let keys = |place: StepPlace, table: &str| {
            step_fields(form.operation, table).into_iter().map(move |field| Row::Key(place, field))
        };
        let mut rows = Vec::new();
        match self.steps {
            Steps::References | Steps::Decisions => rows.extend(keys(place, self.steps.key())),
            Steps::Chain => {
                let own = Steps::TransformsOf(self.n);
                rows.extend(keys(place, "chain"));
                rows.push(Row::Heading("[chain.transform]"));
                rows.extend((0..form.draft().steps(own)).map(|n| Row::Step(own, n)));
                rows.push(Row::Add(own));
            }
            Steps::Transforms | Steps::TransformsOf(_) => {
                rows.push(Row::Operation);
                let Some(operation) = self.operation(form) else { return rows };
                let is_own = |row: &Row| match row {
                    Row::Key(_, field) if operation == GROUP => SHARING.contains(&field.key),
                    Row::Key(_, field) => field.key == operation,
                    _ => false,
                };
                rows.extend(keys(place, "transform").filter(is_own));
                if operation != GROUP {
                    rows.extend(keys(place.table(operation), operation));
                }
                rows.push(Row::Heading("when"));
                rows.extend(keys(place.table("when"), "when"));
            }
        }
        rows
    }

    fn row(&self, form: &Form) -> Option<Row> {
        self.rows(form).into_iter().nth(self.scroll.cursor)
    }

    /// Moves the cursor, past headings.
    fn step(&mut self, form: &Form, step: Step) {
        let rows = self.rows(form);
        self.scroll.step(step, rows.len());
        let is_back = matches!(step, Step::Lines(n) | Step::Pages(n) | Step::HalfPages(n) if n < 0);
        if matches!(rows.get(self.scroll.cursor), Some(Row::Heading(_))) {
            self.scroll.step(Step::Lines(if is_back { -1 } else { 1 }), rows.len());
        }
    }

    /// Begins to type what is under the cursor, or opens it.
    fn open(&mut self, app: &mut App) {
        let Some(form) = &mut app.plan.form else { return };
        match self.row(form) {
            Some(Row::Operation) => {
                self.typing = Some(Typing::Operation(operation::editing(self.operation(form).unwrap_or_default())));
            }
            Some(Row::Key(place, field)) => {
                let value = form.draft().step_get(place, &field).unwrap_or_default();
                self.typing = Some(match (field.key, field.kind) {
                    ("jq", Kind::Text) => Typing::Text(place, field, Area::holding(&value)),
                    (_, kind) => Typing::Line(place, Editing::new(field, &value, words(kind))),
                });
            }
            Some(Row::Step(steps, n)) => app.stack.push(Self::new(steps, n)),
            Some(Row::Add(steps)) => match form.change(|draft| draft.step_add(steps)) {
                Ok(n) => app.stack.push(Self::begun(steps, n)),
                Err(why) => app.refuse(why),
            },
            Some(Row::Heading(_)) | None => {}
        }
    }

    /// The next of a few words; false where the row has none.
    fn turn(&mut self, app: &mut App, forward: bool) -> bool {
        let Some(form) = &mut app.plan.form else { return false };
        let (known, now) = match self.row(form) {
            Some(Row::Operation) => (operation::words(), self.operation(form).unwrap_or_default().to_owned()),
            Some(Row::Key(place, ref field)) => {
                let now = form.draft().step_get(place, field).unwrap_or_else(|| field.default.clone());
                (words(field.kind), now)
            }
            _ => return false,
        };
        let len = known.len();
        if len == 0 {
            return false;
        }
        let next = match (known.iter().position(|word| *word == now), forward) {
            (Some(at), true) => (at + 1) % len,
            (Some(at), false) => (at + len - 1) % len,
            (None, true) => 0,
            (None, false) => len - 1,
        };
        match (self.row(form), known.get(next)) {
            (Some(Row::Operation), Some(word)) => self.choose(app, word),
            (Some(Row::Key(place, field)), Some(word)) => set(app, place, &field, word),
            _ => {}
        }
        true
    }

    /// Takes the element away that the cursor is on, or this one.
    fn remove(&mut self, app: &mut App) -> Flow {
        let Some(form) = &mut app.plan.form else { return Flow::Close };
        let (steps, n, flow) = match self.row(form) {
            Some(Row::Step(steps, n)) => (steps, n, Flow::Stay),
            _ => (self.steps, self.n, Flow::Close),
        };
        match form.change(|draft| draft.step_remove(steps, n)) {
            Ok(()) => {
                app.say(tr!("taken away; what is not saved is not in the file"));
                flow
            }
            Err(why) => {
                app.refuse(why);
                Flow::Stay
            }
        }
    }

    /// Lets the element change places with its neighbour.
    fn shift(&mut self, app: &mut App, down: bool) {
        let Some(form) = &mut app.plan.form else { return };
        let (steps, n) = match self.row(form) {
            Some(Row::Step(steps, n)) => (steps, n),
            _ => (self.steps, self.n),
        };
        match form.shift(steps, n, down) {
            Ok(to) if steps == self.steps => self.n = to,
            Ok(to) => self.scroll.step(Step::Lines(if to > n { 1 } else { -1 }), self.rows(form).len()),
            Err(why) => app.refuse(why),
        }
    }

    fn take(&mut self, app: &mut App, typing: Typing) {
        match typing {
            Typing::Operation(editing) => {
                let typed = editing.field.text().to_owned();
                let word =
                    operation::known(&typed).or_else(|| editing.candidates().first().and_then(|w| operation::known(w)));
                match word {
                    Some(word) => {
                        self.choose(app, word);
                        if let Some(form) = &app.plan.form {
                            self.step(form, Step::Lines(1));
                        }
                    }
                    None => app.refuse(tr!("%{typed} is no operation of a transform", typed = typed)),
                }
            }
            Typing::Line(place, editing) => set(app, place, &editing.of, editing.field.text()),
            Typing::Text(place, field, area) => set(app, place, &field, area.text().trim_end_matches('\n')),
        }
    }

    fn close(&mut self, app: &mut App) -> Flow {
        // An element that was only begun goes again.
        if let Some(form) = &mut app.plan.form
            && self.is_new
            && form.draft().step_keys(self.place()).is_empty()
        {
            let (steps, n) = (self.steps, self.n);
            match form.change(|draft| draft.step_remove(steps, n)) {
                Ok(()) => app.say(tr!("it has no value yet: nothing was added to the plan")),
                Err(why) => app.refuse(why),
            }
        }
        Flow::Close
    }
}

/// Candidates for a value.
fn words(kind: Kind) -> Vec<String> {
    match kind {
        Kind::Choice(words) => words.iter().map(|word| (*word).to_owned()).collect(),
        Kind::Flag => vec!["true".to_owned(), "false".to_owned()],
        _ => Vec::new(),
    }
}

/// Gives a key another value.
fn set(app: &mut App, place: StepPlace, field: &Field, typed: &str) {
    let Some(form) = &mut app.plan.form else { return };
    if let Err(why) = form.change(|draft| draft.step_set(place, field, typed)) {
        app.refuse(why);
    }
}

impl Screen for StepForm {
    fn context(&self) -> Context {
        Context::Step
    }

    fn typed(&mut self, app: &mut App, key: Key) -> Option<Flow> {
        let is_taken = match self.typing.as_mut()? {
            Typing::Operation(editing) | Typing::Line(_, editing) => match editing.key(key) {
                Typed::Taken => Some(true),
                Typed::Dropped => Some(false),
                Typed::Edited | Typed::Ignored => None,
            },
            Typing::Text(.., area) => match (key.code, key.modifiers) {
                (KeyCode::Char('s'), KeyModifiers::CONTROL) | (KeyCode::Enter, KeyModifiers::ALT) => Some(true),
                (KeyCode::Esc, _) => Some(false),
                _ => {
                    area.key(key);
                    None
                }
            },
        };
        if let Some(is_taken) = is_taken
            && let Some(typing) = self.typing.take()
        {
            if is_taken {
                self.take(app, typing);
            } else if self.is_new && matches!(typing, Typing::Operation(_)) {
                return Some(self.close(app));
            }
        }
        Some(Flow::Stay)
    }

    fn act(&mut self, app: &mut App, press: Press) -> Flow {
        match press.action {
            Action::Back => return self.close(app),
            Action::Open => self.open(app),
            Action::NextWord => {
                if !self.turn(app, true) {
                    self.open(app);
                }
            }
            Action::Left | Action::Right => {
                self.turn(app, press.action == Action::Right);
            }
            Action::ClearValue => {
                let row = app.plan.form.as_ref().and_then(|form| self.row(form));
                if let Some(Row::Key(place, field)) = row {
                    set(app, place, &field, "");
                }
            }
            Action::RemoveStep => return self.remove(app),
            Action::StepUp | Action::StepDown => self.shift(app, press.action == Action::StepDown),
            action => {
                if let (Some(form), Some(step)) = (&app.plan.form, Step::of(action)) {
                    self.step(form, step);
                }
            }
        }
        Flow::Stay
    }

    fn paste(&mut self, text: &str) {
        match &mut self.typing {
            Some(Typing::Operation(editing) | Typing::Line(_, editing)) => editing.paste(text),
            Some(Typing::Text(.., area)) => area.paste(text),
            None => {}
        }
    }

    fn draw(&mut self, app: &App, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
        self.draw_form(app, buffer, area)
    }
}

impl App {
    /// Opens what the cursor of the form is on: a value to be typed, an element, or a new one.
    pub(crate) fn open_row(&mut self) {
        match self.plan.form.as_ref().and_then(Form::row) {
            Some(FormRow::Step(steps, n)) => self.stack.push(StepForm::new(steps, n)),
            Some(FormRow::Add(steps)) => self.add_step(steps),
            _ => self.edit_value(),
        }
    }

    fn add_step(&mut self, steps: Steps) {
        let Some(form) = &mut self.plan.form else { return };
        match form.change(|draft| draft.step_add(steps)) {
            Ok(n) => {
                form.go_to(FormRow::Step(steps, n));
                self.stack.push(StepForm::begun(steps, n));
            }
            Err(why) => self.refuse(why),
        }
    }

    /// Takes away or moves the element under the cursor of the form.
    pub(crate) fn step_action(&mut self, action: Action) {
        let Some(form) = &mut self.plan.form else { return };
        let Some(FormRow::Step(steps, n)) = form.row() else { return };
        let done = match action {
            Action::RemoveStep => form.change(|draft| draft.step_remove(steps, n)).map(|()| n),
            _ => form.shift(steps, n, action == Action::StepDown),
        };
        match done {
            Ok(_) if action == Action::RemoveStep => self.say(tr!("taken away; what is not saved is not in the file")),
            Ok(to) => form.go_to(FormRow::Step(steps, to)),
            Err(why) => self.refuse(why),
        }
    }

    /// Why nothing can be done with an element: none is under the cursor.
    pub(crate) fn no_step(&self) -> Option<String> {
        let row = self.plan.form.as_ref().and_then(Form::row);
        let is_step = matches!(row, Some(FormRow::Step(..)));
        (!is_step).then(|| tr!("the cursor is on no transform, chain, reference or decision of the plan").into_owned())
    }
}
