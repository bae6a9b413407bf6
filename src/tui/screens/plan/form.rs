//! A plan as a form: the text that it is kept as, the keys of its operation, and what is wrong with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod naming;

use super::editing::Editing;
use crate::config::ConfigError;
use crate::config::plan::{self, Draft, Field, Kind, Steps};
use crate::domain::plan::{Collision, Decided, Plan, Work};
use crate::domain::run::Operation;
use crate::language::translated;
use crate::tui::parts::Scroll;
use crate::tui::parts::scroll::Step;

/// Name, in messages, of a plan that is in no file yet.
const UNNAMED: &str = text!("new plan");

/// A line of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// The name of a table.
    Heading(&'static str),
    /// A key, by its place in [`Form::fields`].
    Field(usize),
    /// An element of a list, by its place there.
    Step(Steps, usize),
    /// Where another element is added to a list.
    Add(Steps),
}

/// A plan being built.
#[derive(Debug)]
pub(crate) struct Form {
    /// The file that it is kept in.
    pub(crate) path: Option<PathBuf>,
    draft: Draft,
    /// The text as it was read or saved last.
    saved: String,
    /// The text as nobody would miss it: begun by the console, read, saved or run.
    clean: String,
    /// The operation that the fields belong to.
    pub(crate) operation: Operation,
    fields: Vec<Field>,
    rows: Vec<Row>,
    /// Values of keys that the operation chosen now does not have.
    aside: BTreeMap<(&'static str, &'static str), String>,
    /// Lists of the operations that were chosen before.
    kept: Draft,
    /// Plan that the text holds, where it can be run.
    pub(crate) plan: Option<Box<Plan>>,
    /// Error in the text otherwise.
    pub(crate) problem: Option<Box<ConfigError>>,
    /// The value being typed.
    pub(crate) editing: Option<Editing>,
    pub(crate) scroll: Scroll,
    /// Counts changes of the text, so that a preview knows whether it is one of this text.
    pub(crate) revision: u64,
}

impl Form {
    /// A form over a text.
    pub(crate) fn new(path: Option<PathBuf>, text: String) -> Self {
        let mut form = Self {
            path,
            saved: text.clone(),
            clean: text.clone(),
            draft: Draft::new(text),
            operation: Operation::Copy,
            fields: Vec::new(),
            rows: Vec::new(),
            aside: BTreeMap::new(),
            kept: Draft::default(),
            plan: None,
            problem: None,
            editing: None,
            scroll: Scroll::default(),
            revision: 0,
        };
        form.arrange();
        form.check();
        form.scroll.cursor = form.first_wanting();
        form
    }

    /// A form that nobody has saved yet.
    pub(crate) fn begun(operation: Operation, values: &[(&str, &str)]) -> Self {
        let mut form = Self::new(None, format!("name = \"\"\noperation = \"{operation}\"\n"));
        for (path, value) in values {
            if let Some(field) = form.fields.iter().find(|f| f.path() == *path).cloned() {
                form.draft.set(&field, value);
            }
        }
        form.saved = String::new();
        form.was_used();
        form.check();
        form.scroll.cursor = form.first_wanting();
        form
    }

    /// The text as it stands.
    pub(crate) fn text(&self) -> &str {
        self.draft.text()
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        self.path.as_deref().map_or_else(|| translated(UNNAMED).into_owned(), |p| p.display().to_string())
    }

    /// The file that it is in, or its own name where it is in none.
    pub(crate) fn title(&self) -> String {
        let own = self.value_of("name").filter(|name| self.path.is_none() && !name.is_empty());
        own.unwrap_or_else(|| self.name())
    }

    /// Whether the file says something else, or there is none.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.draft.text() != self.saved
    }

    /// Whether somebody changed it by hand since it was begun, read, saved or run.
    pub(crate) fn is_dirty(&self) -> bool {
        self.draft.text() != self.clean
    }

    /// It is run as it stands: the run has it.
    pub(crate) fn was_used(&mut self) {
        self.draft.text().clone_into(&mut self.clean);
    }

    /// Whether it can be shown as a form at all.
    pub(crate) fn is_toml(&self) -> bool {
        self.draft.is_toml()
    }

    /// It was written into a file.
    pub(crate) fn was_saved(&mut self, path: PathBuf, text: String) {
        self.path = Some(path);
        self.clean.clone_from(&text);
        self.saved = text;
        self.check();
    }

    /// Puts another text in place of the whole.
    pub(crate) fn replace(&mut self, text: String) {
        if text == self.draft.text() {
            return;
        }
        self.draft = Draft::new(text);
        self.revision += 1;
        self.arrange();
        self.check();
    }

    /// Decisions of the plan key by key, and the treatment of other rows that want one key; `None` where it is no plan that decides.
    pub(crate) fn decisions(&self) -> Option<(&[Decided], Collision)> {
        match &self.plan.as_ref()?.work {
            Work::Normalize { how, .. } => Some((how.decided.as_slice(), how.collision)),
            _ => None,
        }
    }

    /// Writes a decision into the text, or takes the one for its key away where it is made from nothing.
    ///
    /// # Errors
    /// Why the text cannot take it, in words; it is as it was then.
    pub(crate) fn decide(&mut self, decided: &Decided) -> Result<(), String> {
        let mut draft = self.draft.clone();
        let changed = match decided.from.is_empty() {
            true => draft.undecide(&decided.pk, &decided.sk),
            false => draft.decide(decided),
        };
        changed.map_err(|e| e.to_string())?;
        if let (_, Some(problem)) = checked(self.path.as_deref(), draft.text()) {
            return Err(problem.message.clone());
        }
        if draft != self.draft {
            self.draft = draft;
            self.revision += 1;
        }
        self.lay_out();
        self.check();
        Ok(())
    }

    /// The rows of the form.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A key by its place.
    pub(crate) fn field(&self, index: usize) -> Option<&Field> {
        self.fields.get(index)
    }

    /// The key that the cursor is on.
    pub(crate) fn focused(&self) -> Option<&Field> {
        match self.rows.get(self.scroll.cursor)? {
            Row::Field(index) => self.fields.get(*index),
            Row::Heading(_) | Row::Step(..) | Row::Add(_) => None,
        }
    }

    /// The row that the cursor is on.
    pub(crate) fn row(&self) -> Option<Row> {
        self.rows.get(self.scroll.cursor).copied()
    }

    /// The text, to look at values in it.
    pub(crate) fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Changes the text; it stays as it was where that fails.
    ///
    /// # Errors
    /// Why it cannot be changed so, in words.
    pub(crate) fn change<T, E: std::fmt::Display>(
        &mut self,
        change: impl FnOnce(&mut Draft) -> Result<T, E>,
    ) -> Result<T, String> {
        let mut draft = self.draft.clone();
        let changed = change(&mut draft).map_err(|e| e.to_string())?;
        if draft != self.draft {
            self.draft = draft;
            self.revision += 1;
        }
        self.lay_out();
        self.check();
        Ok(changed)
    }

    /// Lets an element of a list change places with the one before it or behind it; its place afterwards.
    ///
    /// # Errors
    /// Why it cannot, in words.
    pub(crate) fn shift(&mut self, steps: Steps, n: usize, down: bool) -> Result<usize, String> {
        let first = if down { Some(n) } else { n.checked_sub(1) };
        let Some(first) = first.filter(|first| first + 1 < self.draft.steps(steps)) else {
            let why = if down { tr!("it is the last already") } else { tr!("it is the first already") };
            return Err(why.into_owned());
        };
        self.change(|draft| draft.step_swap(steps, first))?;
        Ok(if down { n + 1 } else { first })
    }

    /// Puts the cursor on an element of a list, or where one is added.
    pub(crate) fn go_to(&mut self, row: Row) {
        if let Some(at) = self.rows.iter().position(|other| *other == row) {
            self.scroll.cursor = at;
        }
    }

    /// Value that a key was given; `None` where its default counts.
    pub(crate) fn value(&self, field: &Field) -> Option<String> {
        self.draft.get(field.table, field.key).filter(|v| !v.is_empty())
    }

    /// Value that the key of this path was given.
    pub(crate) fn value_of(&self, path: &str) -> Option<String> {
        self.fields.iter().find(|f| f.path() == path).and_then(|f| self.value(f))
    }

    /// True for an import that names no file: a plan file may leave that to the command line, and here there is none.
    pub(crate) fn lacks_file(&self) -> bool {
        let work = self.plan.as_deref().map(|plan| &plan.work);
        matches!(work, Some(Work::Import { file: None, .. }))
    }

    /// Error in a key.
    pub(crate) fn problem_of(&self, field: &Field) -> Option<&ConfigError> {
        self.problem.as_deref().filter(|p| p.key.as_deref() == Some(field.path().as_str()))
    }

    /// Error that has no line of its own in the form.
    pub(crate) fn general_problem(&self) -> Option<&ConfigError> {
        let problem = self.problem.as_deref()?;
        let known = self.fields.iter().any(|f| Some(f.path().as_str()) == problem.key.as_deref());
        (!known).then_some(problem)
    }

    /// Lines that no field stands for.
    pub(crate) fn other_lines(&self) -> usize {
        let mut tables: Vec<&str> = self.fields.iter().map(|f| f.table).collect();
        for steps in lists(self.operation) {
            tables.extend(headers(steps));
        }
        self.draft.other_lines(&tables)
    }

    /// Moves the cursor, past headings.
    pub(crate) fn step(&mut self, step: Step) {
        let len = self.rows.len();
        self.scroll.step(step, len);
        let is_back = matches!(step, Step::Lines(n) | Step::Pages(n) | Step::HalfPages(n) if n < 0);
        let is_field = |i: usize| matches!(self.rows.get(i), Some(row) if !matches!(row, Row::Heading(_)));
        let at = self.scroll.cursor;
        let before = (0..=at).rev().find(|i| is_field(*i));
        let after = (at..len).find(|i| is_field(*i));
        self.scroll.cursor = if is_back { before.or(after) } else { after.or(before) }.unwrap_or(0);
    }

    /// Gives a key another value; an empty one takes it away.
    pub(crate) fn set(&mut self, field: &Field, typed: &str) {
        if (field.table, field.key) == ("", "operation") {
            return self.choose(typed);
        }
        let before = self.draft.clone();
        let is_own = self.has_own_name();
        self.draft.set(field, typed);
        if is_own && field.key != "name" {
            self.name_itself();
        }
        if self.draft != before {
            self.revision += 1;
        }
        self.check();
    }

    /// Shows what the plan would be with a value that is still being typed.
    pub(crate) fn try_out(&mut self, field: &Field, typed: &str) {
        let mut draft = self.draft.clone();
        draft.set(field, typed);
        let (plan, problem) = checked(self.path.as_deref(), draft.text());
        (self.plan, self.problem) = (plan, problem);
    }

    /// The next word of a key that has a few, or the one before.
    pub(crate) fn turn(&mut self, forward: bool) -> bool {
        let Some(field) = self.focused().cloned() else { return false };
        let words: Vec<String> = match field.kind {
            _ if (field.table, field.key) == ("", "operation") => plan::operations().map(|o| o.to_string()).collect(),
            Kind::Choice(words) => words.iter().map(|w| (*w).to_owned()).collect(),
            Kind::Flag => vec!["true".to_owned(), "false".to_owned()],
            _ => return false,
        };
        let now = self.value(&field).unwrap_or_else(|| field.default.clone());
        let at = words.iter().position(|w| *w == now);
        let next = match (at, forward) {
            (Some(at), true) => (at + 1) % words.len(),
            (Some(at), false) => (at + words.len() - 1) % words.len(),
            (None, true) => 0,
            (None, false) => words.len() - 1,
        };
        if let Some(word) = words.get(next) {
            self.set(&field, word);
        }
        true
    }

    /// Another operation: what both have stays, what only the other has comes back when it is chosen again.
    pub(crate) fn choose(&mut self, word: &str) {
        let Some(operation) = plan::operations().find(|o| o.as_str() == word) else { return self.check() };
        let is_own = self.has_own_name();
        for field in &self.fields {
            if let Some(value) = self.draft.get(field.table, field.key).filter(|v| !v.is_empty()) {
                self.aside.insert((field.table, field.key), value);
            }
        }
        self.aside.remove(&("", "operation"));
        let mut draft = Draft::new(format!("name = \"\"\noperation = \"{operation}\"\n"));
        for field in plan::fields(operation) {
            if let Some(value) = self.aside.get(&(field.table, field.key)) {
                draft.set(&field, value);
            }
        }
        for steps in lists(self.operation) {
            self.kept.take_steps(&self.draft, steps);
        }
        for steps in lists(operation) {
            draft.take_steps(&self.kept, steps);
        }
        self.draft = draft;
        self.revision += 1;
        self.arrange();
        if is_own {
            self.name_itself();
        }
        self.check();
    }

    fn arrange(&mut self) {
        let named = self.draft.get("", "operation");
        let known = plan::operations().find(|o| Some(o.as_str()) == named.as_deref());
        self.operation = known.unwrap_or(self.operation);
        let focused = self.focused().map(Field::path);
        self.fields = plan::fields(self.operation);
        // The operation comes first, then the other keys outside tables, such as the name.
        self.fields.sort_by_key(|f| (!f.table.is_empty(), f.table.is_empty() && f.key != "operation"));
        self.lay_out();
        let same = |row: &Row| matches!(row, Row::Field(i) if self.fields.get(*i).map(Field::path) == focused);
        self.scroll.cursor = self.rows.iter().position(same).unwrap_or(0);
    }

    /// Puts keys and elements of lists into rows.
    fn lay_out(&mut self) {
        let mut table = "";
        let mut rows = Vec::new();
        for (i, field) in self.fields.iter().enumerate() {
            if field.table != table {
                table = field.table;
                rows.push(Row::Heading(table));
            }
            rows.push(Row::Field(i));
        }
        for steps in lists(self.operation).filter(|_| self.draft.is_toml()) {
            rows.push(Row::Heading(headers(steps)[0]));
            rows.extend((0..self.draft.steps(steps)).map(|n| Row::Step(steps, n)));
            rows.push(Row::Add(steps));
        }
        self.scroll.cursor = self.scroll.cursor.min(rows.len().saturating_sub(1));
        self.rows = rows;
    }

    /// Looks at the text again.
    pub(crate) fn check(&mut self) {
        (self.plan, self.problem) = checked(self.path.as_deref(), self.draft.text());
    }

    /// The row of the first key that the plan cannot do without and does not have, or that is wrong.
    fn first_wanting(&self) -> usize {
        let wanting = |row: &Row| match row {
            Row::Field(i) => self.fields.get(*i).is_some_and(|f| self.problem_of(f).is_some()),
            Row::Heading(_) | Row::Step(..) | Row::Add(_) => false,
        };
        self.rows.iter().position(wanting).unwrap_or(0)
    }
}

/// The lists that plans of an operation may have.
fn lists(operation: Operation) -> impl Iterator<Item = Steps> {
    let all = [Steps::Transforms, Steps::Chain, Steps::References, Steps::Decisions];
    all.into_iter().filter(move |steps| !plan::step_fields(operation, steps.key()).is_empty())
}

/// The headers of a list and of what stands in it, without their last bracket.
fn headers(steps: Steps) -> &'static [&'static str] {
    match steps {
        Steps::Transforms => &["[transform]", "[transform"],
        Steps::Chain | Steps::TransformsOf(_) => &["[chain]", "[chain", "[chain.transform"],
        Steps::References => &["[validate.references]", "[validate.references"],
        Steps::Decisions => &["[normalize.decide]", "[normalize.decide"],
    }
}

type Checked = (Option<Box<Plan>>, Option<Box<ConfigError>>);

fn checked(path: Option<&Path>, text: &str) -> Checked {
    match plan::parse(path.unwrap_or(Path::new(UNNAMED)), text) {
        Ok(plan) => (Some(Box::new(plan)), None),
        Err(problem) => (None, Some(problem)),
    }
}

#[cfg(test)]
mod tests;
