//! Reading TOML key by key, so that every complaint has its file, line, column and key.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layers::Part;
use super::rows::{ANY, Bounds};

/// A configuration or plan file that cannot be used as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}", file.display(), line.map(|l| format!(":{l}")).unwrap_or_default())]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// The key, with its tables (`profiles.staging.app`).
    pub key: Option<String>,
    /// The problem, in words.
    pub message: String,
    /// The remedy, if there is one.
    pub hint: Option<String>,
}

impl ConfigError {
    /// For a file that cannot be read at all.
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Box<Self> {
        let message = format!("cannot be read: {error}");
        Box::new(Self { file: path.to_path_buf(), line: None, column: None, key: None, message, hint: None })
    }

    /// With what to do about it.
    pub(super) fn hint(mut self: Box<Self>, hint: Option<String>) -> Box<Self> {
        self.hint = hint;
        self
    }
}

/// A TOML text and the name to complain under.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    /// The files that the text is made of; none where it is the one at the path.
    pub(super) parts: &'a [Part],
}

impl<'a> Source<'a> {
    /// A file's text.
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text, parts: &[] }
    }

    /// The file that a place is in, and where that begins in the text.
    pub(super) fn file(&self, at: usize) -> (&'a Path, usize) {
        let part = self.parts.iter().rev().find(|part| part.from <= at);
        part.map_or((self.path, 0), |part| (part.path.as_path(), part.from))
    }

    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'a>>, Box<ConfigError>> {
        DeTable::parse(self.text).map_err(|e| self.error(e.span(), None, e.message().trim().to_owned()))
    }

    pub(super) fn error(&self, span: Option<Range<usize>>, key: Option<String>, message: String) -> Box<ConfigError> {
        let (file, from) = self.file(span.as_ref().map_or(0, |span| span.start));
        let before = span.and_then(|s| self.text.get(from..s.start.min(self.text.len())));
        Box::new(ConfigError {
            file: file.to_path_buf(),
            line: before.map(|b| b.matches('\n').count() + 1),
            column: before.map(|b| b.rsplit('\n').next().unwrap_or_default().chars().count() + 1),
            key,
            message,
            hint: None,
        })
    }
}

/// A table whose keys are taken one after another; what is left at the end is unknown.
pub(super) struct Walk<'s, 'a> {
    source: Source<'s>,
    prefix: String,
    table: &'a DeTable<'a>,
    known: Vec<&'static str>,
}

impl<'s, 'a> Walk<'s, 'a> {
    pub(super) fn new(source: Source<'s>, prefix: impl Into<String>, table: &'a DeTable<'a>) -> Self {
        Self { source, prefix: prefix.into(), table, known: Vec::new() }
    }

    /// The key with its tables.
    pub(super) fn path(&self, key: &str) -> String {
        if self.prefix.is_empty() { key.to_owned() } else { format!("{}.{key}", self.prefix) }
    }

    /// The value as it stands, and where.
    pub(super) fn get(&mut self, key: &'static str) -> Option<(Range<usize>, &'a DeValue<'a>)> {
        self.known.push(key);
        self.table.get(key).map(|value| (value.span(), value.get_ref()))
    }

    pub(super) fn wrong(&self, span: Range<usize>, key: &str, message: impl Into<String>) -> Box<ConfigError> {
        self.source.error(Some(span), Some(self.path(key)), message.into())
    }

    /// The file that a key's value stands in.
    pub(super) fn file(&self, key: &str) -> &'s Path {
        self.source.file(self.table.get(key).map_or(0, |value| value.span().start)).0
    }

    /// A complaint about a key's value, in its place.
    pub(super) fn wrong_value(&self, key: &str, message: impl Into<String>) -> Box<ConfigError> {
        self.wrong(self.table.get(key).map_or(0..0, Spanned::span), key, message)
    }

    /// Where a key's name stands, such as the header of its table; the beginning of the file where it is missing.
    pub(super) fn place(&self, key: &str) -> Range<usize> {
        self.table.get_key_value(key).map_or(0..0, |(name, _)| name.span())
    }

    /// The complaint about a value of another kind than the wanted one.
    pub(super) fn mismatch(
        &self,
        (span, value): (Range<usize>, &DeValue<'_>),
        key: &str,
        what: &str,
    ) -> Box<ConfigError> {
        let found = match value {
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            other => other.type_str().to_owned(),
        };
        self.wrong(span, key, format!("{} must be {what}, not {found}", self.path(key)))
    }

    fn expect<T>(
        &mut self,
        key: &'static str,
        what: &str,
        read: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> Result<Option<(Range<usize>, T)>, Box<ConfigError>> {
        let Some((span, value)) = self.get(key) else { return Ok(None) };
        match read(value) {
            Some(found) => Ok(Some((span, found))),
            None => Err(self.mismatch((span, value), key, what)),
        }
    }

    /// A string; an empty one counts as absent.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, Box<ConfigError>> {
        let found = self.expect(key, "a string", |v| v.as_str().map(str::to_owned))?;
        Ok(found.map(|(_, text)| text).filter(|t| !t.is_empty()))
    }

    /// A string that must be there and not empty.
    pub(super) fn required(
        &mut self,
        key: &'static str,
        at: Range<usize>,
        why: &str,
    ) -> Result<String, Box<ConfigError>> {
        match self.text(key)? {
            Some(text) => Ok(text),
            None => {
                // An empty one is missing where it stands.
                let at = self.table.get(key).map_or(at, Spanned::span);
                Err(self.wrong(at, key, format!("{} is missing: {why}", self.path(key))))
            }
        }
    }

    /// A string in a form of its own.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Box<ConfigError>> {
        let Some((span, text)) = self.expect(key, what, |v| v.as_str().map(str::to_owned))? else { return Ok(None) };
        match parse(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.wrong(span, key, format!("{} must be {what}, not {text:?}", self.path(key)))),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, Box<ConfigError>> {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let what = quoted(&known);
        let read = |text: &str| words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        self.parsed(key, &what, read).map_err(|error| {
            let written = self.table.get(key).and_then(|v| v.get_ref().as_str());
            error.hint(written.and_then(|text| nearest(text, &known)).map(did_you_mean))
        })
    }

    /// Strings, each with its place; `None` where the key is missing.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Option<Vec<Placed>>, Box<ConfigError>> {
        let Some((span, value)) = self.get(key) else { return Ok(None) };
        let Some(list) = value.as_array() else {
            return Err(self.mismatch((span, value), key, "a list of strings"));
        };
        let mut found = Vec::new();
        for one in list {
            let Some(text) = one.get_ref().as_str() else {
                return Err(self.mismatch((one.span(), one.get_ref()), key, "a list of strings"));
            };
            found.push((one.span(), text.to_owned()));
        }
        Ok(Some(found))
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>, Box<ConfigError>> {
        Ok(self.expect(key, "true or false", DeValue::as_bool)?.map(|(_, flag)| flag))
    }

    pub(super) fn size(&mut self, key: &'static str) -> Result<Option<usize>, Box<ConfigError>> {
        self.number(key, ANY)
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        (least, most): Bounds,
    ) -> Result<Option<usize>, Box<ConfigError>> {
        let what = match most {
            usize::MAX => format!("a whole number from {least} on"),
            most => format!("a whole number from {least} to {most}"),
        };
        Ok(self.expect(key, &what, |v| whole(v).filter(|n| (least..=most).contains(n)))?.map(|(_, n)| n))
    }

    pub(super) fn table(&mut self, key: &'static str) -> Result<Option<Walk<'s, 'a>>, Box<ConfigError>> {
        let found = self.expect(key, "a table", DeValue::as_table)?;
        Ok(found.map(|(_, table)| Walk::new(self.source, self.path(key), table)))
    }

    /// A walk over one table of a list of them.
    pub(super) fn inner(&self, key: &'static str, table: &'a DeTable<'a>) -> Walk<'s, 'a> {
        Walk::new(self.source, self.path(key), table)
    }

    /// All members, for tables whose keys are names.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a str, Range<usize>, &'a DeValue<'a>)> + use<'a> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value.get_ref()))
    }

    /// Complains about the first key that nobody took.
    pub(super) fn finish(self) -> Result<(), Box<ConfigError>> {
        let unknown = self.members().filter(|(key, ..)| !self.known.contains(key));
        if let Some((key, span, _)) = unknown.min_by_key(|(_, span, _)| span.start) {
            let error = self.wrong(span, key, format!("{} is not a key that this file may have", self.path(key)));
            return Err(error.hint(nearest(key, &self.known).map(did_you_mean)));
        }
        Ok(())
    }
}

/// A string and where it stands.
pub(super) type Placed = (Range<usize>, String);

/// A whole number from 0 on, however it is written.
pub(super) fn whole(value: &DeValue<'_>) -> Option<usize> {
    let number = value.as_integer()?;
    usize::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Words as a message lists them: `"a", "b" or "c"`.
pub(super) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

pub(super) fn did_you_mean(word: &str) -> String {
    format!("did you mean {word}?")
}

/// The known word most like the given one, if any is alike at all.
#[must_use]
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|k| (strsim::jaro_winkler(word, k), *k))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}
