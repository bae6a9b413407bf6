//! Rows of the form: keys and elements of lists under their headings, and the cursor over them.

use super::Form;
use crate::config::plan::{self, Field, Steps};
use crate::domain::run::Operation;
use crate::tui::parts::scroll::Step;

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

impl Form {
    /// The rows of the form.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
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

    /// Puts the cursor on an element of a list, or where one is added.
    pub(crate) fn go_to(&mut self, row: Row) {
        if let Some(at) = self.rows.iter().position(|other| *other == row) {
            self.scroll.cursor = at;
        }
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

    pub(super) fn arrange(&mut self) {
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
    pub(super) fn lay_out(&mut self) {
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

    /// The row of the first key that the plan cannot do without and does not have, or that is wrong.
    pub(super) fn first_wanting(&self) -> usize {
        let wanting = |row: &Row| match row {
            Row::Field(i) => self.fields.get(*i).is_some_and(|f| self.problem_of(f).is_some() || self.wants_file(f)),
            Row::Heading(_) | Row::Step(..) | Row::Add(_) => false,
        };
        self.rows.iter().position(wanting).unwrap_or(0)
    }
}

/// The lists that plans of an operation may have.
pub(super) fn lists(operation: Operation) -> impl Iterator<Item = Steps> {
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
