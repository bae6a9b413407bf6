//! The text of a plan that is being worked on: single values are read and changed in it, and everything else stays as it was
//! written, comments included.

use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml_edit::Value;

use super::super::rows::Kind;
use super::edit;
use super::fields::Field;

/// Some editors begin a file with it.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A plan's text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub(super) text: String,
}

impl Draft {
    /// Of a text, whatever it holds.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// As it stands.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is TOML at all: only then single values can be read and changed.
    #[must_use]
    pub fn is_toml(&self) -> bool {
        DeTable::parse(&self.text).is_ok()
    }

    /// A value as a form shows it; `None` where the key is missing or the text is no TOML.
    #[must_use]
    pub fn get(&self, table: &str, key: &str) -> Option<String> {
        let root = DeTable::parse(&self.text).ok()?;
        let value = section(root.get_ref(), table)?.get(key)?;
        Some(shown(&self.text, value.span(), value.get_ref()))
    }

    /// Gives a key what was typed into a form: nothing typed takes the key away, so that its default counts.
    pub fn set(&mut self, field: &Field, typed: &str) {
        let (mark, text) = self.bare();
        let changed = match typed {
            "" => edit::remove(text, field.table, field.key),
            typed => edit::set(text, field.table, field.key, &literal(field.kind, typed)),
        };
        if let Some(text) = changed {
            self.text = format!("{mark}{text}");
        }
    }

    /// The byte order mark, where there is one, and the text behind it.
    pub(super) fn bare(&self) -> (&'static str, &str) {
        match self.text.strip_prefix(BYTE_ORDER_MARK) {
            Some(text) => (BYTE_ORDER_MARK, text),
            None => ("", self.text.as_str()),
        }
    }

    /// Lines of tables that a form has no fields for.
    #[must_use]
    pub fn other_lines(&self, tables: &[&str]) -> usize {
        let mut count = 0;
        let mut inside = true;
        for line in self.text.lines() {
            if let Some(header) = line.trim_start().strip_prefix('[') {
                let name = header.split(']').next().unwrap_or_default().trim();
                inside = tables.contains(&name);
            }
            count += usize::from(!inside && !line.trim().is_empty());
        }
        count
    }
}

fn section<'t, 'a>(root: &'t DeTable<'a>, table: &str) -> Option<&'t DeTable<'a>> {
    if table.is_empty() { Some(root) } else { root.get(table)?.get_ref().as_table() }
}

/// A value as a form shows it; what no form can hold is shown as it is written.
pub(super) fn shown(text: &str, span: Range<usize>, value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Array(list) if list.iter().all(|v| v.get_ref().as_str().is_some()) => {
            listed(list.iter().filter_map(|v| v.get_ref().as_str()))
        }
        _ => text.get(span).unwrap_or_default().to_owned(),
    }
}

/// Texts as a form shows and takes a list of them: between commas, in quotes where they need them.
pub fn listed<'t>(words: impl Iterator<Item = &'t str>) -> String {
    let word = |word: &str| {
        let plain = !word.is_empty() && word.trim() == word && !word.contains([',', '"', '[', '{']);
        if plain { word.to_owned() } else { quoted(word) }
    };
    words.map(word).collect::<Vec<_>>().join(", ")
}

/// Typed text as TOML spells it. Input of a wrong kind is written as text, and the check of the plan says so.
pub(super) fn literal(kind: Kind, typed: &str) -> String {
    let is_number = typed.parse::<i64>().is_ok();
    // Written as TOML by hand: a table, or a list of lists.
    if typed.starts_with(['{', '['])
        && let Ok(mut value) = typed.parse::<Value>()
    {
        value.decor_mut().clear();
        return value.to_string();
    }
    match kind {
        Kind::Number(..) | Kind::Share if is_number => typed.to_owned(),
        Kind::Fraction if typed.parse::<f64>().is_ok_and(f64::is_finite) => match is_number || typed.contains('.') {
            true => typed.to_owned(),
            false => quoted(typed),
        },
        Kind::Flag if matches!(typed, "true" | "false") => typed.to_owned(),
        Kind::List | Kind::Tenants | Kind::Words(_) => list(&words(typed)),
        Kind::Modules if words(typed).len() > 1 => list(&words(typed)),
        _ => quoted(typed),
    }
}

pub(super) fn list(words: &[String]) -> String {
    format!("[{}]", words.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(", "))
}

/// TOML's basic strings have JSON's escapes, and want one character more escaped.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// Texts between commas; quotes hold commas and blanks together.
#[must_use]
pub fn words(typed: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        if rest.starts_with('"')
            && let Some((word, after)) = string(rest)
        {
            out.push(word);
            rest = after.trim_start().strip_prefix(',').unwrap_or(after).trim_start();
            continue;
        }
        let (word, after) = rest.split_once(',').unwrap_or((rest, ""));
        if !word.trim().is_empty() {
            out.push(word.trim().to_owned());
        }
        rest = after.trim_start();
    }
    out
}

/// A TOML string at the beginning of a text, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find_map(|(i, c)| match c {
        '"' if !escaped => Some(i + 1),
        c => {
            escaped = c == '\\' && !escaped;
            None
        }
    })?;
    let table: toml::Table = format!("x = {}", &text[..end]).parse().ok()?;
    Some((table.get("x")?.as_str()?.to_owned(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::fields::fields;
    use crate::domain::run::Operation;

    fn field(path: &str) -> Field {
        fields(Operation::Copy).into_iter().find(|f| f.path() == path).unwrap()
    }

    fn set(text: &str, path: &str, typed: &str) -> String {
        let mut draft = Draft::new(text);
        draft.set(&field(path), typed);
        assert!(draft.is_toml(), "{}", draft.text());
        let got = draft.get(field(path).table, field(path).key).unwrap_or_default();
        assert_eq!(got, typed, "{}", draft.text());
        draft.text
    }

    const TEXT: &str =
        "# why\nname = \"n\" # this one\n\n[source]\ntenant = \"acme\" # from\n\n[[transform]]\nremove = [\"a\"]\n";

    #[test]
    fn a_change_leaves_everything_else_as_it_was_written() {
        assert_eq!(set(TEXT, "source.tenant", "globex"), TEXT.replace("acme", "globex"));
        assert_eq!(set(TEXT, "source.type", "PRODUCT"), TEXT.replace("# from\n", "# from\ntype = \"PRODUCT\"\n"));
        assert_eq!(
            set(TEXT, "reason", "the cause"),
            TEXT.replace("# this one\n", "# this one\nreason = \"the cause\"\n")
        );
        assert_eq!(set(TEXT, "target.tenant", "b"), format!("{TEXT}\n[target]\ntenant = \"b\"\n"));
        assert_eq!(set(TEXT, "source.tenant", ""), TEXT.replace("tenant = \"acme\" # from\n", ""));
        assert_eq!(set("", "run.batch", "7"), "[run]\nbatch = 7\n");
    }

    #[test]
    fn inline_tables_and_dotted_keys_are_changed_where_they_stand() {
        assert_eq!(
            set("source = { tenant = \"a\" }\n", "source.type", "T"),
            "source = { tenant = \"a\", type = \"T\" }\n"
        );
        assert_eq!(set("source = { tenant = \"a\" }\n", "source.tenant", "b"), "source = { tenant = \"b\" }\n");
        assert_eq!(set("source.tenant = \"a\"\n", "source.type", "T"), "source.tenant = \"a\"\nsource.type = \"T\"\n");
        let emptied = {
            let mut d = Draft::new("source = { tenant = \"a\" }");
            d.set(&field("source.tenant"), "");
            d.text
        };
        assert_eq!(emptied, "source = {}");
    }

    #[test]
    fn what_is_typed_becomes_the_value_of_its_kind() {
        for (path, typed, literal) in [
            ("run.batch", "100", "batch = 100"),
            ("run.batch", "many", "batch = \"many\""),
            ("run.stop_after_failures", "5%", "stop_after_failures = \"5%\""),
            ("run.stop_after_failures", "3", "stop_after_failures = 3"),
            ("source.keys", "a, \"b, c\", ボルト", "keys = [\"a\", \"b, c\", \"ボルト\"]"),
            ("source.keys", "\"say \\\"hi\\\"\"", "keys = [\"say \\\"hi\\\"\"]"),
            ("module", "product, order", "module = [\"product\", \"order\"]"),
            ("module", "product", "module = \"product\""),
            ("name", "a\u{7f}\u{1b}\n", "name = \"a\\u007f\\u001b\\n\""),
            ("source.sk_prefix", "a,b", "sk_prefix = \"a,b\""),
        ] {
            let text = set("", path, typed);
            assert!(text.contains(literal), "{text}");
        }
    }

    #[test]
    fn a_list_of_any_texts_is_read_back() {
        let texts = ["a", "b, c", "it's \"so\"", " blank ", "zero\u{200b}width", "tab\tand\u{7f}", "[x", "ボルト"];
        assert_eq!(words(&listed(texts.into_iter())), texts);
    }

    #[test]
    fn lines_of_other_tables_are_counted_and_kept() {
        let draft = Draft::new(TEXT);
        assert_eq!((draft.other_lines(&["source"]), draft.other_lines(&["source", "[transform"])), (2, 0));
        assert_eq!(draft.other_lines(&[]), 4);
        assert!(!Draft::new("name = ").is_toml());
    }
}
