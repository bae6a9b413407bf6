//! Lists of tables in a plan's text: `[[transform]]`, `[[chain]]` with its own, `[[validate.references]]`, `[[normalize.decide]]`. Their
//! elements are added, ordered, changed and taken away; everything else stays as it was written, comments included.

mod arrange;
mod literal;
mod node;
mod summary;

use toml_edit::Document;

use node::{Node, Seg, find, items};

use super::draft::{Draft, quoted};
use super::edit;
use super::fields::Field;
use crate::config::rows::Kind;

/// A list of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Steps {
    /// `[[transform]]`.
    Transforms,
    /// `[[chain]]`.
    Chain,
    /// `[[chain.transform]]`, of the element of `[[chain]]` at a place.
    TransformsOf(usize),
    /// `[[validate.references]]`.
    References,
    /// `[[normalize.decide]]`.
    Decisions,
}

/// The text cannot take a change as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the plan's text cannot take it as it is written: change it in the editor")]
pub struct CannotEdit;

/// An element of a list, or the table of a name in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepPlace {
    /// The list.
    pub steps: Steps,
    /// Its place, from 0.
    pub n: usize,
    /// The table in it, such as `split`.
    pub table: Option<&'static str>,
}

impl Steps {
    /// The table that the list stands in.
    fn parent(self) -> Vec<Seg> {
        match self {
            Self::Transforms | Self::Chain => vec![],
            Self::TransformsOf(n) => vec![Seg::Key("chain"), Seg::At(n)],
            Self::References => vec![Seg::Key("validate")],
            Self::Decisions => vec![Seg::Key("normalize")],
        }
    }

    /// Its name there, which is also that of its rows.
    pub fn key(self) -> &'static str {
        match self {
            Self::Transforms | Self::TransformsOf(_) => "transform",
            Self::Chain => "chain",
            Self::References => "references",
            Self::Decisions => "decide",
        }
    }

    fn path(self) -> Vec<Seg> {
        let mut path = self.parent();
        path.push(Seg::Key(self.key()));
        path
    }

    /// The element at a place.
    #[must_use]
    pub fn at(self, n: usize) -> StepPlace {
        StepPlace { steps: self, n, table: None }
    }
}

impl StepPlace {
    /// The table of a name in it.
    #[must_use]
    pub fn table(self, table: &'static str) -> Self {
        Self { table: Some(table), ..self }
    }

    fn path(self) -> Vec<Seg> {
        let mut path = self.steps.path();
        path.push(Seg::At(self.n));
        path.extend(self.table.map(Seg::Key));
        path
    }
}

impl Draft {
    /// How many elements a list has.
    #[must_use]
    pub fn steps(&self, steps: Steps) -> usize {
        let Ok(document) = Document::parse(self.bare().1) else { return 0 };
        find(document.as_table(), &steps.path()).map_or(0, |list| items(&list))
    }

    /// The keys of an element, or of a table in it.
    #[must_use]
    pub fn step_keys(&self, place: StepPlace) -> Vec<String> {
        let Ok(document) = Document::parse(self.bare().1) else { return Vec::new() };
        match find(document.as_table(), &place.path()) {
            Some(Node::Table(table)) => table.iter().map(|(key, _)| key.to_owned()).collect(),
            Some(Node::Braced(braced)) => braced.iter().map(|(key, _)| key.to_owned()).collect(),
            _ => Vec::new(),
        }
    }

    /// A value of an element as a form shows it.
    #[must_use]
    pub fn step_get(&self, place: StepPlace, field: &Field) -> Option<String> {
        self.step_shown(place, field.key, matches!(field.kind, Kind::Value))
    }

    /// As [`Self::step_get`]; of one that may be anything, a text that would be taken for something else has its quotes.
    pub(super) fn step_shown(&self, place: StepPlace, key: &str, is_any: bool) -> Option<String> {
        let document = Document::parse(self.bare().1).ok()?;
        let item = node::entry(&find(document.as_table(), &place.path())?, key)?.1;
        let shown = summary::shown(item, self.bare().1);
        let is_taken_otherwise = is_any && item.is_str() && !literal::is_text(&shown);
        Some(if is_taken_otherwise { quoted(&shown) } else { shown })
    }

    /// An element in one line.
    #[must_use]
    pub fn step_summary(&self, steps: Steps, n: usize) -> String {
        let Ok(document) = Document::parse(self.bare().1) else { return String::new() };
        find(document.as_table(), &steps.at(n).path()).map(|node| summary::of(&node, self.bare().1)).unwrap_or_default()
    }

    /// Gives a key of an element what was typed into a form; nothing typed takes the key away.
    ///
    /// # Errors
    /// A typed text that cannot be read, or [`CannotEdit`], in words.
    pub fn step_set(&mut self, place: StepPlace, field: &Field, typed: &str) -> Result<(), String> {
        if self.step_get(place, field).unwrap_or_default() == typed {
            return Ok(());
        }
        let path = place.path();
        let (mark, text) = self.bare();
        let changed = match typed {
            "" => node::remove(text, &path, field.key),
            typed => {
                let literal = literal::literal(field.kind, typed).map_err(|e| e.to_string())?;
                node::set(text, &path, field.key, &literal)
            }
        };
        self.text = format!("{mark}{}", changed.ok_or(CannotEdit).map_err(|e| e.to_string())?);
        Ok(())
    }

    /// Takes a key of an element away, whatever it holds.
    ///
    /// # Errors
    /// [`CannotEdit`]; the text is as it was then.
    pub fn step_clear(&mut self, place: StepPlace, key: &str) -> Result<(), CannotEdit> {
        let (mark, text) = self.bare();
        self.text = format!("{mark}{}", node::remove(text, &place.path(), key).ok_or(CannotEdit)?);
        Ok(())
    }

    /// Adds an element at the end of a list; its place.
    ///
    /// # Errors
    /// [`CannotEdit`]; the text is as it was then.
    pub fn step_add(&mut self, steps: Steps) -> Result<usize, CannotEdit> {
        let n = self.steps(steps);
        self.arranged(|text| arrange::add(text, &steps.parent(), steps.key()))?;
        Ok(n)
    }

    /// Takes an element away; comments on lines of their own stay.
    ///
    /// # Errors
    /// [`CannotEdit`]; the text is as it was then.
    pub fn step_remove(&mut self, steps: Steps, n: usize) -> Result<(), CannotEdit> {
        self.arranged(|text| arrange::remove(text, &steps.parent(), steps.key(), n))
    }

    /// The place of the first element that holds these texts.
    pub(super) fn step_with(&self, steps: Steps, texts: &[(&str, &str)]) -> Option<usize> {
        let document = Document::parse(self.bare().1).ok()?;
        let list = find(document.as_table(), &steps.path())?;
        let has = |n: &usize| {
            let element = node::step(&list, Seg::At(*n));
            element.is_some_and(|node| {
                texts
                    .iter()
                    .all(|(key, text)| node::entry(&node, key).and_then(|(_, item)| item.as_str()) == Some(*text))
            })
        };
        (0..items(&list)).find(has)
    }

    /// A value of an element as it is written; `None` where it stands under a header of its own.
    #[must_use]
    pub fn step_literal(&self, place: StepPlace, key: &str) -> Option<String> {
        let text = self.bare().1;
        let document = Document::parse(text).ok()?;
        let span = node::entry(&find(document.as_table(), &place.path())?, key)?.1.as_value()?.span()?;
        text.get(span).map(str::to_owned)
    }

    /// Writes a value of an element, as TOML spells it.
    ///
    /// # Errors
    /// [`CannotEdit`]; the text is as it was then.
    pub fn step_write(&mut self, place: StepPlace, key: &str, literal: &str) -> Result<(), CannotEdit> {
        let (mark, text) = self.bare();
        self.text = format!("{mark}{}", node::set(text, &place.path(), key, literal).ok_or(CannotEdit)?);
        Ok(())
    }

    /// Writes another key and value in the place of one.
    pub(super) fn step_replace(&mut self, place: StepPlace, key: &str, pair: &str) -> Result<(), CannotEdit> {
        let (mark, text) = self.bare();
        self.text = format!("{mark}{}", node::replace(text, &place.path(), key, pair).ok_or(CannotEdit)?);
        Ok(())
    }

    /// Lets an element and the one behind it change places; what is said above a header goes with it.
    ///
    /// # Errors
    /// [`CannotEdit`]; the text is as it was then.
    pub fn step_swap(&mut self, steps: Steps, n: usize) -> Result<(), CannotEdit> {
        self.arranged(|text| arrange::swap(text, &steps.parent(), steps.key(), n))
    }

    /// Takes a list over from another text, or takes it away where that has none.
    pub fn take_steps(&mut self, from: &Self, steps: Steps) {
        let (mark, text) = self.bare();
        if let Some(text) = arrange::take_over(text, from.bare().1, &steps.parent(), steps.key()) {
            self.text = format!("{mark}{text}");
        }
    }

    fn arranged(&mut self, change: impl FnOnce(&str) -> Option<String>) -> Result<(), CannotEdit> {
        let (mark, text) = self.bare();
        let changed = change(text).filter(|text| edit::is_toml(text)).ok_or(CannotEdit)?;
        self.text = format!("{mark}{changed}");
        Ok(())
    }
}
