//! Rows as the application's own import reads them out of the guide's columns.
//!
//! An empty cell becomes an empty text there, some readers trim cells and others do not, and fields without a column do not arrive.

use super::{CODE, NAME, SOURCE_PK, SOURCE_SK, write};
use crate::domain::diff::Change;
use crate::domain::key::EntityKey;
use crate::domain::row::{Row, field};
use crate::domain::value::Value;

/// Remarks on the cells of a row that the application reads differently: it stores something else than the row has.
#[must_use]
pub fn remarks(row: &Row) -> Vec<String> {
    let mut out = Vec::new();
    for name in [CODE, NAME] {
        let cell = write::plain(row, name, false);
        match row.get(name) {
            Some(Value::S(text)) if !text.is_empty() => {}
            Some(Value::S(_)) | Some(Value::Null) | None => {
                out.push(format!("{name} has an empty cell: the application's import stores \"\""));
            }
            Some(other) => {
                let kind = other.type_name();
                out.push(format!(
                    "{name} is a value of type {kind}: the application's import stores the text {cell:?}"
                ));
            }
        }
        if trimmed(&cell) != cell {
            out.push(format!("{name} has blanks at its ends: the application's import stores it with or without them"));
        }
    }
    if row.get(field::ATTRIBUTES).is_none() {
        out.push("attributes have an empty cell: the application's import stores none, or an empty map".to_owned());
    }
    out.extend(
        unknown_to_columns(row).map(|name| format!("{name} has no column: the application's import does not store it")),
    );
    out
}

/// Why the application might read another key than is meant.
#[must_use]
pub fn misread_key(key: &EntityKey) -> Option<String> {
    let keys = [(SOURCE_PK, key.pk.as_str()), (SOURCE_SK, key.sk.as_str())];
    let (column, key) = keys.into_iter().find(|(_, key)| trimmed(key) != *key)?;
    Some(format!("{column} is {key:?}: the application's import may take the blanks off, and write another entity"))
}

/// True for a difference between a row and its stored form that comes only of how the application reads the cells.
#[must_use]
pub fn is_from_reading(change: &Change, wrote: &Row) -> bool {
    let path = change.path.to_string();
    let is_text = |text: &str| change.after.as_ref().and_then(Value::as_str) == Some(text);
    match path.as_str() {
        CODE | NAME => {
            let cell = write::plain(wrote, &path, false);
            is_text(&cell) || is_text(trimmed(&cell)) || (cell.is_empty() && change.after.is_none())
        }
        field::ATTRIBUTES => {
            let is_nothing = |value: Option<&Value>| match value {
                None => true,
                Some(Value::M(map)) => map.is_empty(),
                Some(_) => false,
            };
            is_nothing(change.before.as_ref()) && is_nothing(change.after.as_ref())
        }
        other => change.after.is_none() && unknown_to_columns(wrote).any(|name| name == other),
    }
}

/// Fields of a row for which the guide has no column.
fn unknown_to_columns(row: &Row) -> impl Iterator<Item = &'static str> {
    let is_false = row.get(field::IS_DELETED) == Some(&Value::Bool(false));
    let names = [(field::SEQ, row.get(field::SEQ).is_some()), (field::IS_DELETED, is_false)];
    names.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name)
}

/// As `trim` of JavaScript does it.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::diff_rows;
    use crate::domain::value::from_plain_json;

    fn row(json: &str) -> Row {
        Row(from_plain_json(json).unwrap().as_map().unwrap().clone())
    }

    #[test]
    fn what_the_reader_makes_of_cells_is_said() {
        let plain = row(r#"{"pk":"P#a","sk":"x","code":"c","name":"n","attributes":{}}"#);
        assert_eq!(remarks(&plain), Vec::<String>::new());
        let odd = remarks(&row(r#"{"pk":"P#a","sk":"x","code":5,"name":" n\u3000","seq":3}"#));
        assert_eq!(odd.len(), 4, "{odd:?}");
        for (said, word) in odd.iter().zip(["the text \"5\"", "blanks at its ends", "empty map", "seq has no column"]) {
            assert!(said.contains(word), "{said}");
        }
        assert!(remarks(&row(r#"{"code":"c","attributes":{}}"#))[0].contains("name has an empty cell"));
        assert!(misread_key(&EntityKey::new("P#a", "x ")).is_some());
        assert_eq!(misread_key(&EntityKey::new("P#a", "x y")), None);
    }

    #[test]
    fn only_what_the_reader_makes_of_cells_is_let_pass() {
        let left = |wrote: &str, now: &str| {
            let wrote = row(wrote);
            let mut changes = diff_rows(&wrote, &row(now), true);
            changes.retain(|change| !is_from_reading(change, &wrote));
            changes.len()
        };
        assert_eq!(left(r#"{"code":"c"}"#, r#"{"code":"c","name":"","attributes":{}}"#), 0);
        assert_eq!(left(r#"{"code":" c ","name":5}"#, r#"{"code":"c","name":"5"}"#), 0);
        assert_eq!(left(r#"{"code":"c","seq":4}"#, r#"{"code":"c"}"#), 0);
        assert_eq!(left(r#"{"code":"c"}"#, r#"{"code":"d","name":"n","attributes":{"a":1},"seq":1}"#), 4);
        assert_eq!(left(r#"{"code":"c","name":"n"}"#, r#"{"code":"c"}"#), 1, "a name that is lost");
    }
}
