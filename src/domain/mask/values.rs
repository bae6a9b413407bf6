//! Values under a mask, wherever they stand.

use super::super::path::{Path, Segment};
use super::super::value::{Map, Number, Value};
use super::keys::Keys;
use super::places::{Rest, Treatment, Treatments};
use super::pseudonym::Secret;

/// Stands for a text that was taken away.
pub(super) const REDACTED: &str = "redacted";

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    Row,
    Attributes,
    Users,
}

/// Rules and places met on the way through a value.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Treatments that applied.
    pub(super) met: Vec<usize>,
    /// Places of texts that no rule names.
    pub(super) untouched: Vec<String>,
}

/// Masks one value.
pub(super) struct Masker<'a> {
    pub(super) rules: &'a Treatments,
    pub(super) secret: &'a Secret,
    /// Where keys are masked: texts that are keys are masked everywhere.
    pub(super) keys: Option<&'a Keys>,
    pub(super) found: &'a mut Found,
}

impl Masker<'_> {
    /// A member of a row, of attributes or of a user.
    pub(super) fn member(mut self, root: Root, name: &str, value: Value) -> Value {
        let whole = self.rules.at(root, &[]);
        self.found.met.extend(whole.map(|(at, _)| at));
        self.walk(root, &mut vec![name.to_owned()], whole.map(|(_, treatment)| treatment), value)
    }

    fn walk(&mut self, root: Root, path: &mut Vec<String>, around: Option<Treatment>, value: Value) -> Value {
        let own = self.rules.at(root, path);
        self.found.met.extend(own.map(|(at, _)| at));
        let treatment = own.map(|(_, treatment)| treatment).or(around);
        let is_emptied = matches!(own, Some((_, Treatment::Redact))) && !self.rules.has_deeper(root, path);
        match value {
            // Names in a map may be data, too.
            Value::M(_) if is_emptied => Value::M(Map::new()),
            Value::L(_) if is_emptied => Value::L(Vec::new()),
            Value::M(map) => {
                let mut out = Map::new();
                for (name, value) in map {
                    path.push(name);
                    let value = self.walk(root, path, treatment, value);
                    out.insert(path.pop().unwrap_or_default(), value);
                }
                Value::M(out)
            }
            Value::L(list) => Value::L(list.into_iter().map(|one| self.walk(root, path, treatment, one)).collect()),
            leaf => self.leaf(root, path, treatment, leaf),
        }
    }

    fn leaf(&mut self, root: Root, path: &[String], treatment: Option<Treatment>, value: Value) -> Value {
        match treatment {
            Some(Treatment::Keep) => value,
            Some(Treatment::Redact) => redacted(value),
            Some(Treatment::Pseudonym) => self.pseudonym(value),
            None => self.rest(root, path, value),
        }
    }

    fn pseudonym(&self, value: Value) -> Value {
        let (text, number) = (|text: String| self.text(&text), |number: Number| self.secret.number(&number));
        match value {
            Value::S(one) => Value::S(text(one)),
            Value::N(one) => Value::N(number(one)),
            Value::B(bytes) => Value::B(self.secret.bytes(&bytes)),
            Value::Ss(set) => Value::Ss(set.into_iter().map(text).collect()),
            Value::Ns(set) => Value::Ns(set.into_iter().map(number).collect()),
            Value::Bs(set) => Value::Bs(set.into_iter().map(|bytes| self.secret.bytes(&bytes)).collect()),
            other => other,
        }
    }

    fn text(&self, text: &str) -> String {
        let key = self.keys.and_then(|keys| keys.reference(self.secret, text));
        key.unwrap_or_else(|| self.secret.parts(text))
    }

    /// A value that no rule names.
    fn rest(&mut self, root: Root, path: &[String], value: Value) -> Value {
        let is_text = matches!(value, Value::S(_) | Value::Ss(_) | Value::B(_) | Value::Bs(_));
        let is_empty = matches!(&value, Value::S(text) if text.is_empty());
        if !is_text || is_empty {
            return value;
        }
        if let (Value::S(text), Some(keys)) = (&value, self.keys)
            && let Some(masked) = keys.reference(self.secret, text)
        {
            return Value::S(masked);
        }
        match self.rules.rest {
            Rest::Pseudonym => self.pseudonym(value),
            Rest::Redact => redacted(value),
            Rest::List => {
                self.found.untouched.push(name_of(root, path));
                value
            }
        }
    }
}

/// A place as a rule would name it.
fn name_of(root: Root, path: &[String]) -> String {
    let beginning = match root {
        Root::Row => None,
        Root::Attributes => Some("attributes"),
        Root::Users => Some("users"),
    };
    let names = beginning.into_iter().chain(path.iter().map(String::as_str));
    Path(names.map(|name| Segment::Name(name.to_owned())).collect()).to_string()
}

/// A value of the same type that says nothing.
fn redacted(value: Value) -> Value {
    let zero = || Number::from(0u64);
    match value {
        Value::S(text) if text.is_empty() => Value::S(text),
        Value::S(_) => Value::s(REDACTED),
        Value::N(_) => Value::N(zero()),
        Value::B(_) => Value::B(vec![0]),
        Value::Bool(_) => Value::Bool(false),
        Value::Ss(_) => Value::Ss([REDACTED.to_owned()].into()),
        Value::Ns(_) => Value::Ns([zero()].into()),
        Value::Bs(_) => Value::Bs([vec![0]].into()),
        Value::Null | Value::M(_) | Value::L(_) => value,
    }
}
