//! Typed values of a step, as TOML spells them.

use toml_edit::{InlineTable, Value};

use super::super::draft::{self, quoted};
use crate::config::rows::Kind;

/// Something typed that is no value of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no pair: write name = value, name = value")]
pub struct CannotRead(String);

/// The literal of what was typed.
pub(super) fn literal(kind: Kind, typed: &str) -> Result<String, CannotRead> {
    match kind {
        Kind::Names => pairs(typed, |text| Value::from(unquoted(text))),
        Kind::Values => pairs(typed, value),
        Kind::Value => Ok(bare(value(typed))),
        Kind::Text if typed.contains('\n') && !typed.contains("'''") && typed.chars().all(is_plain) => {
            Ok(format!("'''\n{typed}'''"))
        }
        Kind::Text => Ok(quoted(typed)),
        kind => Ok(draft::literal(kind, typed)),
    }
}

fn is_plain(c: char) -> bool {
    matches!(c, '\n' | '\t') || !c.is_control()
}

fn bare(mut value: Value) -> String {
    value.decor_mut().clear();
    value.to_string()
}

/// A value as TOML reads it; anything else is a text.
fn value(typed: &str) -> Value {
    let typed = typed.trim();
    match typed.parse::<Value>() {
        Ok(Value::Float(number)) if !number.value().is_finite() => Value::from(typed),
        Ok(Value::Datetime(_)) | Err(_) => Value::from(typed),
        Ok(mut value) => {
            value.decor_mut().clear();
            value
        }
    }
}

/// Whether what is typed so is a text.
pub(super) fn is_text(typed: &str) -> bool {
    value(typed).as_str() == Some(typed)
}

fn unquoted(text: &str) -> String {
    match text.parse::<Value>() {
        Ok(Value::String(text)) => text.into_value(),
        _ => text.to_owned(),
    }
}

/// `name = value, name = value`, in braces or not.
fn pairs(typed: &str, value: impl Fn(&str) -> Value) -> Result<String, CannotRead> {
    let inner = typed.trim();
    let inner = inner.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(inner);
    let mut table = InlineTable::new();
    for pair in split(inner, ',').into_iter().map(str::trim).filter(|pair| !pair.is_empty()) {
        let parts = split(pair, '=');
        let (Some(name), true) = (parts.first(), parts.len() > 1) else { return Err(CannotRead(pair.to_owned())) };
        let text = pair[name.len() + 1..].trim();
        if name.trim().is_empty() || text.is_empty() {
            return Err(CannotRead(pair.to_owned()));
        }
        table.insert(unquoted(name.trim()), value(text));
    }
    Ok(bare(Value::InlineTable(table)))
}

/// A text in pieces at a sign that stands in no quotes and no brackets.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut pieces, mut from, mut depth, mut quote, mut escaped) = (Vec::new(), 0, 0_usize, None, false);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q && !escaped => quote = None,
            (Some('"'), '\\') => {
                escaped = !escaped;
                continue;
            }
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, c) if c == at && depth == 0 => {
                pieces.push(&text[from..i]);
                from = i + c.len_utf8();
            }
            _ => {}
        }
        escaped = false;
    }
    pieces.push(&text[from..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_as_people_write_them() {
        let names = |typed: &str| literal(Kind::Names, typed);
        assert_eq!(names("a = b, dims.l = length").unwrap(), "{ a = \"b\", \"dims.l\" = \"length\" }");
        assert_eq!(names("{ \"a,b\" = \"c=d\" }").unwrap(), "{ \"a,b\" = \"c=d\" }");
        for wrong in ["a", "a =", "= b", "a = b, c"] {
            assert!(names(wrong).is_err(), "{wrong}");
        }
        let values = |typed: &str| literal(Kind::Values, typed).unwrap();
        assert_eq!(
            values("status = active, n = 3, tags = [\"a\", \"b\"]"),
            "{ status = \"active\", n = 3, tags = [\"a\", \"b\"] }"
        );
        assert_eq!(values("n = { \"$N\" = \"1\" }, t = \"7\""), "{ n = { \"$N\" = \"1\" }, t = \"7\" }");
        for (typed, is) in
            [("7", "7"), ("\"7\"", "\"7\""), ("v2", "\"v2\""), ("true", "true"), ("inf", "\"inf\""), ("a b", "\"a b\"")]
        {
            assert_eq!(literal(Kind::Value, typed).unwrap(), is);
        }
    }

    #[test]
    fn a_text_of_several_lines_is_one_in_the_file_too() {
        let text = ".a = 1\n| del(.b) # \"it's\" \\ gone";
        let written = literal(Kind::Text, text).unwrap();
        assert_eq!(written, format!("'''\n{text}'''"));
        for text in [text, "one 'line'", "'''\n x", "a\u{1b}\n"] {
            let read: toml::Table = format!("x = {}", literal(Kind::Text, text).unwrap()).parse().unwrap();
            assert_eq!(read["x"].as_str(), Some(text));
        }
    }
}
