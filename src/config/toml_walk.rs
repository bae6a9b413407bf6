//! Reading TOML key by key, so that every complaint has its file, line, column and key.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A TOML text and the name to complain under.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'a>>, Box<ConfigError>> {
        DeTable::parse(self.text).map_err(|e| self.error(e.span(), None, e.message().trim().to_owned()))
    }

    pub(super) fn error(&self, span: Option<Range<usize>>, key: Option<String>, message: String) -> Box<ConfigError> {
        let before = span.and_then(|s| self.text.get(..s.start.min(self.text.len())));
        Box::new(ConfigError {
            file: self.path.to_path_buf(),
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

    fn path(&self, key: &str) -> String {
        if self.prefix.is_empty() { key.to_owned() } else { format!("{}.{key}", self.prefix) }
    }

    fn get(&mut self, key: &'static str) -> Option<(Range<usize>, &'a DeValue<'a>)> {
        self.known.push(key);
        self.table.get(key).map(|value| (value.span(), value.get_ref()))
    }

    pub(super) fn wrong(&self, span: Range<usize>, key: &str, message: impl Into<String>) -> Box<ConfigError> {
        self.source.error(Some(span), Some(self.path(key)), message.into())
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
            None => {
                let message = format!("{key} must be {what}, not {}", value.type_str());
                Err(self.wrong(span, key, message))
            }
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
            None => Err(self.wrong(at, key, format!("{} is missing: {why}", self.path(key)))),
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
            None => Err(self.wrong(span, key, format!("{key} must be {what}, not {text:?}"))),
        }
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>, Box<ConfigError>> {
        Ok(self.expect(key, "true or false", DeValue::as_bool)?.map(|(_, flag)| flag))
    }

    pub(super) fn size(&mut self, key: &'static str) -> Result<Option<usize>, Box<ConfigError>> {
        let read = |v: &DeValue<'_>| v.as_integer().and_then(|i| i.to_string().replace('_', "").parse::<usize>().ok());
        Ok(self.expect(key, "a whole number from 0 on", read)?.map(|(_, n)| n))
    }

    pub(super) fn table(&mut self, key: &'static str) -> Result<Option<Walk<'s, 'a>>, Box<ConfigError>> {
        let found = self.expect(key, "a table", DeValue::as_table)?;
        Ok(found.map(|(_, table)| Walk::new(self.source, self.path(key), table)))
    }

    /// All members, for tables whose keys are names.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a str, Range<usize>, &'a DeValue<'a>)> + use<'a> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value.get_ref()))
    }

    /// Complains about the first key that nobody took.
    pub(super) fn finish(self) -> Result<(), Box<ConfigError>> {
        for (key, span, _) in self.members() {
            if !self.known.contains(&key) {
                let mut error =
                    self.wrong(span, key, format!("{} is not a key that this file may have", self.path(key)));
                error.hint = nearest(key, &self.known).map(|k| format!("did you mean {k}?"));
                return Err(error);
            }
        }
        Ok(())
    }
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
