//! Long texts made ready to be drawn: changes, rows, last changes.

use std::ops::Range;

use crate::domain::row::{Row, field};
use crate::domain::value::{Value, to_plain_json, to_plain_json_pretty};
use crate::tui::parts::Filter;
use crate::tui::parts::Rich;
use crate::tui::theme::Role;

/// Lines of one document at most; a row of 400 KB has about 20,000.
pub(super) const MOST: usize = 20_000;

/// Bytes of one line at most: a string of 400 KB would hold up every frame that it is in.
pub(super) const LONGEST: usize = 16_000;

/// A text in lines, some of which belong together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Document {
    lines: Vec<Rich>,
    blocks: Vec<(String, Range<usize>)>,
    widest: usize,
}

impl Document {
    /// Adds lines that belong together, found by a name.
    pub(crate) fn block(&mut self, name: String, lines: Vec<Rich>) {
        let from = self.lines.len();
        let room = MOST.saturating_sub(from);
        let left_off = lines.len().saturating_sub(room);
        self.lines.extend(lines.into_iter().take(room).map(|line| line.shortened(LONGEST)));
        if left_off > 0 && room > 0 {
            self.lines.push(Rich::of(Role::Warning, &tr!("… too long to be shown whole; y copies it")));
        }
        self.widest = self.lines[from..].iter().map(Rich::width).fold(self.widest, usize::max);
        self.blocks.push((name, from..self.lines.len()));
    }

    /// Adds another document below.
    pub(crate) fn append(&mut self, other: &Self) {
        for (name, range) in &other.blocks {
            self.block(name.clone(), other.lines[range.clone()].to_vec());
        }
    }

    /// Every line.
    pub(crate) fn lines(&self) -> &[Rich] {
        &self.lines
    }

    /// Cells of the widest line.
    pub(crate) fn widest(&self) -> usize {
        self.widest
    }

    /// The lines of the blocks that a filter accepts, wrapped when a width is given.
    pub(crate) fn arranged(&self, filter: &Filter, wrap: Option<usize>) -> Vec<Rich> {
        let accepted = self.blocks.iter().filter(|(name, _)| filter.accepts([name.as_str()]));
        let lines = accepted.flat_map(|(_, range)| &self.lines[range.clone()]);
        match wrap {
            Some(room) => lines.flat_map(|l| l.wrapped(room)).collect(),
            None => lines.cloned().collect(),
        }
    }
}

/// A scalar on one line: strings in quotes, their control characters as symbols.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::S(text) => format!("\"{text}\""),
        other => to_plain_json(other),
    }
}

/// DynamoDB's types in words, which [`text!`] marks.
pub(crate) fn type_word(value: &Value) -> &'static str {
    match value {
        Value::S(_) => text!("string"),
        Value::N(_) => text!("number"),
        Value::B(_) => text!("binary"),
        Value::Bool(_) => text!("true/false"),
        Value::Null => text!("null"),
        Value::M(_) => text!("map"),
        Value::L(_) => text!("list"),
        Value::Ss(_) => text!("string set"),
        Value::Ns(_) => text!("number set"),
        Value::Bs(_) => text!("binary set"),
    }
}

/// A value as indented JSON.
pub(crate) fn json_lines(value: &Value, indent: &str, role: Role) -> Vec<Rich> {
    to_plain_json_pretty(&sorted(value)).lines().map(|line| Rich::of(role, indent).with(role, line)).collect()
}

/// The framework's fields in the order people look for them; the others follow by name.
const ORDER: [&str; 11] = [
    field::PK,
    field::SK,
    field::ID,
    field::TYPE,
    field::TENANT_CODE,
    field::CODE,
    field::NAME,
    field::VERSION,
    field::IS_DELETED,
    field::SEQ,
    field::ATTRIBUTES,
];

/// A row in the order that it is shown in. DynamoDB keeps none, so that two readings of a row would look different.
pub(crate) fn ordered(row: &Row) -> Row {
    let place = |name: &str| ORDER.iter().position(|n| *n == name).unwrap_or(ORDER.len());
    let mut fields: Vec<(String, Value)> = row.0.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
    fields.sort_by(|(a, _), (b, _)| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
    Row(fields.into_iter().collect())
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::M(map) => {
            let mut fields: Vec<(String, Value)> =
                map.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::M(fields.into_iter().collect())
        }
        Value::L(list) => Value::L(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// A row as indented JSON, field by field.
pub(crate) fn row(row: &Row) -> Document {
    let row = &ordered(row);
    let mut document = Document::default();
    let last = row.0.len().saturating_sub(1);
    document.block(String::new(), vec![Rich::of(Role::Text, "{")]);
    for (i, (name, value)) in row.0.iter().enumerate() {
        let mut lines = json_lines(value, "  ", Role::Text);
        let head = Rich::of(Role::Text, "  ").with(Role::Path, &to_plain_json(&Value::s(name))).with(Role::Text, ": ");
        if let Some(first) = lines.first_mut() {
            let rest = first.plain();
            *first = head.with(Role::Text, rest.trim_start());
        }
        if let Some(end) = lines.last_mut().filter(|_| i < last) {
            end.push(Role::Text, ",");
        }
        document.block(name.clone(), lines);
    }
    document.block(String::new(), vec![Rich::of(Role::Text, "}")]);
    document
}

/// Value at a place.
pub(crate) fn lookup<'v>(value: &'v Value, path: &[crate::domain::path::Segment]) -> Option<&'v Value> {
    use crate::domain::path::Segment;
    path.iter().try_fold(value, |at, segment| match (at, segment) {
        (Value::M(map), Segment::Name(name)) => map.get(name),
        (Value::L(list), Segment::Index(index)) => list.get(*index),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    pub(crate) fn plain_row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    fn text(document: &Document) -> Vec<String> {
        document.lines().iter().map(Rich::plain).collect()
    }

    #[test]
    fn a_row_reads_as_json() {
        let document = row(&plain_row(r#"{"sk":"P-1","attributes":{"tags":["a\u001b[0m"],"empty":{}}}"#));
        let shown = text(&document).join("\n");
        assert_eq!(
            shown,
            "{\n  \"sk\": \"P-1\",\n  \"attributes\": {\n    \"empty\": {},\n    \"tags\": [\n      \"a\\u001b[0m\"\n    ]\n  }\n}"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap()["sk"], "P-1");
    }

    #[test]
    fn a_filter_keeps_whole_blocks() {
        let document = row(&plain_row(r#"{"sk":"P-1","attributes":{"tags":["a"]}}"#));
        let mut filter = Filter::default();
        filter.paste("attr");
        assert_eq!(document.arranged(&filter, None).len(), 5);
        filter.clear();
        assert_eq!(document.arranged(&filter, None).len(), document.lines().len());
    }

    #[test]
    fn a_document_has_an_end() {
        let mut document = Document::default();
        document.block("a".into(), vec![Rich::of(Role::Text, "x"); MOST + 5]);
        assert_eq!(document.lines().len(), MOST + 1);
        assert!(document.lines()[MOST].plain().contains("y copies it"));
    }
}
