//! A plan as a form: the text that it is kept as, the keys of its operation, and what is wrong with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod naming;
mod rows;

pub(crate) use rows::Row;
use rows::lists;

use super::editing::Editing;
use crate::config::ConfigError;
use crate::config::plan::{self, Draft, Field, Kind, Steps};
use crate::domain::plan::{Collision, Decided, Plan, Work};
use crate::domain::run::Operation;
use crate::language::translated;
use crate::tui::parts::Scroll;
use crate::tui::parts::problem::complaint;

/// Name, in messages, of a plan that is in no file yet.
const UNNAMED: &str = text!("new plan");

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
            return Err(complaint(&problem).into_owned());
        }
        if draft != self.draft {
            self.draft = draft;
            self.revision += 1;
        }
        self.lay_out();
        self.check();
        Ok(())
    }

    /// A key by its place.
    pub(crate) fn field(&self, index: usize) -> Option<&Field> {
        self.fields.get(index)
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

    /// True for the key of that file.
    fn wants_file(&self, field: &Field) -> bool {
        field.path() == "source.file" && self.lacks_file()
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

    /// Looks at the text again.
    pub(crate) fn check(&mut self) {
        (self.plan, self.problem) = checked(self.path.as_deref(), self.draft.text());
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
