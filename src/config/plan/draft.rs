//! The text of a plan that is being worked on: single values are read and changed in it, and everything else stays as it was
//! written, comments included.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::fields::{Field, Kind};

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
        let literal = literal(field.kind, typed);
        let Ok(root) = DeTable::parse(&self.text) else { return };
        let known = section(root.get_ref(), field.table).and_then(|t| t.get_key_value(field.key));
        let place = known.map(|(name, value)| (name.span(), value.span()));
        let (at, with) = match (place, typed.is_empty()) {
            (Some((name, value)), true) => self.without(&name, &value),
            (Some((_, value)), false) => (value, literal),
            (None, true) => return,
            (None, false) => insertion(&self.text, root.get_ref(), field, &literal),
        };
        self.text.replace_range(at, &with);
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

    /// The line of a key, or the key alone where others share its line.
    fn without(&self, name: &Range<usize>, value: &Range<usize>) -> (Range<usize>, String) {
        let (start, end) = line_of(&self.text, name.start, value.end);
        let alone = self.text[start..name.start].trim().is_empty();
        let rest = self.text[value.end..end].trim();
        if alone && (rest.is_empty() || rest.starts_with('#')) {
            return ((start..end), String::new());
        }
        let empty = if self.text[value.clone()].starts_with('[') { "[]" } else { "\"\"" };
        (value.clone(), empty.to_owned())
    }
}

fn section<'t, 'a>(root: &'t DeTable<'a>, table: &str) -> Option<&'t DeTable<'a>> {
    if table.is_empty() { Some(root) } else { root.get(table)?.get_ref().as_table() }
}

/// From the beginning of the first place's line to behind the end of the last one's.
pub(super) fn line_of(text: &str, first: usize, last: usize) -> (usize, usize) {
    let start = text[..first].rfind('\n').map_or(0, |n| n + 1);
    let end = text[last..].find('\n').map_or(text.len(), |n| last + n + 1);
    (start, end)
}

/// Where a key that is missing goes, and what to write there: behind the last one of its table.
fn insertion(text: &str, root: &DeTable<'_>, field: &Field, literal: &str) -> (Range<usize>, String) {
    let own = |t: &DeTable<'_>| {
        t.iter().filter(|(_, v)| !is_written_elsewhere(text, v.get_ref(), &v.span())).map(|(_, v)| v.span().end).max()
    };
    let (key, line) = (field.key, format!("{} = {literal}\n", field.key));
    let behind = |place: usize, line: String| {
        let (_, end) = line_of(text, place, place);
        let lead = if text[..end].ends_with('\n') || end == 0 { "" } else { "\n" };
        (end..end, format!("{lead}{line}"))
    };
    if field.table.is_empty() {
        return own(root).map_or((0..0, line.clone()), |end| behind(end, line));
    }
    match root.get_key_value(field.table) {
        Some((name, value)) => {
            let Some(table) = value.get_ref().as_table() else { return (0..0, String::new()) };
            let (start, _) = line_of(text, name.span().start, name.span().start);
            let lead = text[start..name.span().start].trim();
            if lead.starts_with('[') {
                behind(own(table).unwrap_or(0).max(name.span().end), line)
            } else if text[value.span()].starts_with('{') {
                let at = value.span().start + 1;
                let comma = if table.is_empty() { "" } else { "," };
                (at..at, format!(" {key} = {literal}{comma}"))
            } else {
                // Dotted keys: the table has no header of its own.
                behind(own(table).unwrap_or(name.span().end), format!("{}.{line}", field.table))
            }
        }
        None => {
            let lead = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let gap = if text.is_empty() { "" } else { "\n" };
            (text.len()..text.len(), format!("{lead}{gap}[{}]\n{line}", field.table))
        }
    }
}

/// Tables with headers of their own stand behind what belongs to the table above them.
fn is_written_elsewhere(text: &str, value: &DeValue<'_>, span: &Range<usize>) -> bool {
    match value {
        DeValue::Table(_) => !text[span.clone()].starts_with('{'),
        DeValue::Array(list) => {
            list.iter().any(|v| v.get_ref().as_table().is_some_and(|_| !text[v.span()].starts_with('{')))
        }
        _ => false,
    }
}

/// A value as a form shows it; what no form can hold is shown as it is written.
pub(super) fn shown(text: &str, span: Range<usize>, value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
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

/// What was typed as TOML spells it. What is of no right kind is written as text, and the check of the plan says so.
fn literal(kind: Kind, typed: &str) -> String {
    let is_number = typed.parse::<i64>().is_ok();
    // Written as TOML by hand: a table, or a list of lists.
    if typed.starts_with(['{', '[']) && DeTable::parse(&format!("x = {typed}")).is_ok() {
        return typed.to_owned();
    }
    match kind {
        Kind::Number | Kind::Share if is_number => typed.to_owned(),
        Kind::Flag if matches!(typed, "true" | "false") => typed.to_owned(),
        Kind::List | Kind::Tenants => list(&words(typed)),
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
            "source = { type = \"T\", tenant = \"a\" }\n"
        );
        assert_eq!(set("source = { tenant = \"a\" }\n", "source.tenant", "b"), "source = { tenant = \"b\" }\n");
        assert_eq!(set("source.tenant = \"a\"\n", "source.type", "T"), "source.tenant = \"a\"\nsource.type = \"T\"\n");
        let emptied = {
            let mut d = Draft::new("source = { tenant = \"a\" }");
            d.set(&field("source.tenant"), "");
            d.text
        };
        assert_eq!(emptied, "source = { tenant = \"\" }");
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
