//! Carrying operations out.

use super::places::{get, is_set, set, take};
use super::texts::{convert, letters, text};
use super::{Condition, Op, Otherwise, Unfit, When};
use crate::domain::path::Path;
use crate::domain::value::{Map, Value};

/// Whether a guard lets its operation through.
pub(super) fn applies(when: &When, map: &Map) -> bool {
    let found = get(map, &when.path);
    match &when.is {
        Condition::Equals(literal) => found == Some(literal.value()),
        Condition::NotEquals(literal) => found != Some(literal.value()),
        Condition::Present(wanted) => found.is_some() == *wanted,
    }
}

/// Carries out one operation that is no filter.
pub(super) fn apply(op: &Op, map: &mut Map, now: &str) -> Result<(), Unfit> {
    match op {
        Op::Rename(pairs) => pairs.iter().try_for_each(|(from, to)| rename(map, from, to)),
        Op::Default(pairs) => pairs
            .iter()
            .filter(|(path, _)| !is_set(map, path))
            .cloned()
            .collect::<Vec<_>>()
            .into_iter()
            .try_for_each(|(path, literal)| set(map, &path, literal.value().clone())),
        Op::Now(paths) => paths.iter().try_for_each(|path| match is_set(map, path) {
            true => Ok(()),
            false => set(map, path, Value::s(now)),
        }),
        Op::Remove(paths) => {
            for path in paths {
                take(map, path);
            }
            Ok(())
        }
        Op::Set(pairs) => pairs.iter().try_for_each(|(path, literal)| set(map, path, literal.value().clone())),
        Op::Copy { from, to } => match get(map, from).cloned() {
            Some(value) => set(map, to, value),
            None => Ok(()),
        },
        Op::Letters(how, paths) => paths.iter().try_for_each(|path| {
            let Some(value) = get(map, path).filter(|value| **value != Value::Null) else { return Ok(()) };
            let changed = letters(value, *how).ok_or_else(|| wrong_type(path, value, "not a string"))?;
            set(map, path, changed)
        }),
        Op::Split { path, into, at } => split(map, path, into, at),
        Op::Join { paths, into, with } => {
            let part = |path: &Path| {
                let value = get(map, path).ok_or_else(|| Unfit::at(path, "is missing"))?;
                text(value).ok_or_else(|| wrong_type(path, value, "not a string or a number"))
            };
            let parts = paths.iter().map(part).collect::<Result<Vec<_>, _>>()?;
            set(map, into, Value::S(parts.join(with)))
        }
        Op::Map { path, table, otherwise } => {
            let Some(value) = get(map, path) else { return Ok(()) };
            let found = text(value).and_then(|text| table.iter().find(|(key, _)| *key == text));
            match found {
                Some((_, literal)) => set(map, path, literal.value().clone()),
                None => {
                    let shown = text(value).unwrap_or_else(|| format!("a value of type {}", value.type_name()));
                    leave(map, path, *otherwise, format!("is {shown:?}, which the table does not know"))
                }
            }
        }
        Op::Convert { path, to, otherwise } => {
            let Some(value) = get(map, path) else { return Ok(()) };
            match convert(value, *to) {
                Some(converted) => set(map, path, converted),
                None => {
                    let kind = value.type_name();
                    let what = text(value).map_or_else(String::new, |text| format!(" ({text:?})"));
                    leave(map, path, *otherwise, format!("is of type {kind}{what} and cannot be read as {to:?}"))
                }
            }
        }
        // Filters are carried out by themselves.
        Op::Jq(_) => Ok(()),
    }
}

fn rename(map: &mut Map, from: &Path, to: &Path) -> Result<(), Unfit> {
    if get(map, from).is_none() {
        return Ok(());
    }
    if is_set(map, to) {
        return Err(Unfit::at(to, format!("is there already, and {from} is to become it: one of them would be lost")));
    }
    match take(map, from) {
        Some(value) => set(map, to, value),
        None => Ok(()),
    }
}

fn split(map: &mut Map, path: &Path, into: &[Path], at: &str) -> Result<(), Unfit> {
    let whole = match get(map, path) {
        None | Some(Value::Null) => String::new(),
        Some(Value::S(text)) => text.clone(),
        Some(other) => return Err(wrong_type(path, other, "not a string")),
    };
    let mut parts = whole.splitn(into.len().max(1), at);
    for place in into {
        set(map, place, Value::s(parts.next().unwrap_or_default()))?;
    }
    Ok(())
}

fn leave(map: &mut Map, path: &Path, otherwise: Otherwise, why: String) -> Result<(), Unfit> {
    match otherwise {
        Otherwise::Keep => Ok(()),
        Otherwise::Remove => {
            take(map, path);
            Ok(())
        }
        Otherwise::Invalid => Err(Unfit::at(path, why)),
    }
}

fn wrong_type(path: &Path, value: &Value, what: &str) -> Unfit {
    Unfit::at(path, format!("is of type {}, {what}", value.type_name()))
}
