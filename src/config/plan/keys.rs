//! Complaints about keys that a plan may not have.

use std::ops::Range;

use toml::de::DeTable;

use super::super::rows::Kind;
use super::super::toml_walk::{ConfigError, Source as File, did_you_mean, nearest};
use super::rows::ROWS;
use crate::domain::run::Operation;

/// The tables whose keys are looked at; what stands in another has its own complaint.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    ROWS.iter().filter(|row| row.table.is_empty() && matches!(row.kind, Kind::Table(_))).map(|row| row.key)
}

/// Complains about the first key, in the file's order, that a plan of the operation may not have; of any operation when
/// there is none.
pub(super) fn check(file: File<'_>, root: &DeTable<'_>, operation: Option<Operation>) -> Result<(), Box<ConfigError>> {
    let section = |name: &'static str| root.get(name).and_then(|v| v.get_ref().as_table()).map(|table| (name, table));
    let first = std::iter::once(("", root))
        .chain(sections().filter_map(section))
        .flat_map(|(table, keys)| keys.keys().map(move |key| (key.span(), table, key.get_ref().as_ref())))
        .filter(|(_, table, name)| {
            !ROWS.iter().any(|row| row.key == *name && row.table == *table && row.is_of(operation))
        })
        .min_by_key(|(span, ..)| span.start);
    match first {
        Some((span, table, name)) => Err(complaint(file, span, table, name, operation)),
        None => Ok(()),
    }
}

/// The keys of a table of a plan.
pub(super) fn names(table: &str, operation: Option<Operation>) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for row in ROWS.iter().filter(|row| row.table == table && row.is_of(operation)) {
        if !names.contains(&row.key) {
            names.push(row.key);
        }
    }
    names
}

/// Error about a key that may not stand where it does.
fn complaint(
    file: File<'_>,
    span: Range<usize>,
    table: &str,
    name: &str,
    operation: Option<Operation>,
) -> Box<ConfigError> {
    let path = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
    let error = |message| file.error(Some(span), Some(path.clone()), message);
    let owners: Vec<&str> = Operation::planned()
        .filter(|owner| ROWS.iter().any(|row| (row.table, row.key) == (table, name) && row.of.contains(owner)))
        .map(Operation::as_str)
        .collect();
    match operation {
        Some(operation) if !owners.is_empty() => error(format!("{path} does not belong to operation {operation}"))
            .hint(Some(format!("it belongs to {}", owners.join(", ")))),
        _ => {
            let whose = operation.map_or_else(|| "a".to_owned(), with_article);
            let message = format!("{path} is not a key that {whose} plan may have");
            error(message).hint(hint(table, name, operation))
        }
    }
}

/// The known key that was probably meant: the same one in another table, otherwise the most like it.
fn hint(table: &str, name: &str, operation: Option<Operation>) -> Option<String> {
    let elsewhere: Vec<String> = std::iter::once("")
        .chain(sections().filter(|t| names("", operation).contains(t)))
        .filter(|other| *other != table && names(other, operation).contains(&name))
        .map(|other| match other {
            "" => "at the top of the file, before the first [table]".to_owned(),
            other => format!("in [{other}]"),
        })
        .collect();
    if elsewhere.is_empty() {
        return nearest(name, &names(table, operation)).map(did_you_mean);
    }
    Some(format!("{name} belongs {}", elsewhere.join(" or ")))
}

/// `a copy`, `an undo`.
pub(super) fn with_article(operation: Operation) -> String {
    let article = match operation {
        Operation::Import | Operation::Export | Operation::Undo => "an",
        Operation::Copy
        | Operation::Move
        | Operation::Normalize
        | Operation::Transform
        | Operation::Users
        | Operation::Rollback
        | Operation::Repair => "a",
    };
    format!("{article} {operation}")
}
