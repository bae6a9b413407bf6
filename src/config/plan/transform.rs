//! `[[transform]]`, `[schema]` and `[[chain]]`.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::super::rows::ANY;
use super::super::toml_walk::{Walk, quoted};
use super::super::words::{CONVERT_ELSE, CONVERT_TO, MAP_ELSE};
use super::read::Result;
use crate::domain::path::Path;
use crate::domain::plan::ChainStep;
use crate::domain::transform::{Condition, Letters, Literal, Op, Otherwise, Schema, Transform, When, typed};
use crate::domain::value::{Map, Number, Value};
use crate::worker::check_filter;

/// Operations of which several may share a table, in the order in which they are carried out.
pub const SHARING: [&str; 4] = ["rename", "default", "now", "remove"];
/// Operations that have a table to themselves.
pub const ALONE: [&str; 10] =
    ["set", "copy", "lowercase", "uppercase", "trim", "split", "join", "map", "convert", "jq"];

/// A list of tables under a key, each read by itself.
fn tables<'s, 'a, T>(
    walk: &mut Walk<'s, 'a>,
    key: &'static str,
    read: impl Fn(Walk<'s, 'a>, Range<usize>) -> Result<T>,
) -> Result<Vec<T>> {
    let what = format!("a list of tables, each begun with [[{}]]", walk.path(key));
    let Some((span, value)) = walk.get(key) else { return Ok(Vec::new()) };
    let Some(list) = value.as_array() else { return Err(walk.mismatch((span, value), key, &what)) };
    let mut all = Vec::new();
    for one in list {
        let DeValue::Table(table) = one.get_ref() else {
            return Err(walk.mismatch((one.span(), one.get_ref()), key, &what));
        };
        all.push(read(walk.inner(key, table), one.span())?);
    }
    Ok(all)
}

/// `[[transform]]`.
pub(super) fn transforms(walk: &mut Walk<'_, '_>) -> Result<Vec<Transform>> {
    Ok(tables(walk, "transform", one)?.into_iter().flatten().collect())
}

/// `[[chain]]`: steps between schema versions.
pub(super) fn chain(walk: &mut Walk<'_, '_>) -> Result<Vec<ChainStep>> {
    let steps = tables(walk, "chain", |mut walk, at| {
        let number = |walk: &mut Walk<'_, '_>, key: &'static str| -> Result<i64> {
            let found = walk.number(key, ANY)?.and_then(|n| i64::try_from(n).ok());
            found.ok_or_else(|| walk.wrong(at.clone(), key, format!("{} is missing: it is a version", walk.path(key))))
        };
        let (from, to) = (number(&mut walk, "from")?, number(&mut walk, "to")?);
        if to <= from {
            return Err(walk.wrong_value("to", format!("chain.to must be above chain.from: {to} is not above {from}")));
        }
        let transforms = transforms(&mut walk)?;
        walk.finish()?;
        Ok((at, ChainStep { from, to, transforms }))
    })?;
    for (i, (at, step)) in steps.iter().enumerate() {
        if steps[..i].iter().any(|(_, other)| other.from == step.from) {
            return Err(walk.wrong(at.clone(), "chain", format!("chain has two steps from version {}", step.from)));
        }
    }
    Ok(steps.into_iter().map(|(_, step)| step).collect())
}

/// `[schema]`.
pub(super) fn schema(mut walk: Walk<'_, '_>, at: Range<usize>) -> Result<Schema> {
    let marker = walk.text("marker")?.unwrap_or_else(|| "_schemaVersion".to_owned());
    let marker = place(&walk, "marker", walk.place("marker"), &marker)?;
    let missing = match walk.get("missing") {
        Some((span, value)) if value.as_str() != Some("") => Some(literal(&walk, "missing", span, value)?),
        Some(_) | None => None,
    };
    let Some((span, value)) = walk.get("current") else {
        return Err(walk.wrong(
            at,
            "current",
            "schema.current is missing: it is the version that entities are to have",
        ));
    };
    let current = literal(&walk, "current", span, value)?;
    walk.finish()?;
    Ok(Schema { marker, missing, current })
}

/// The operations of one table, in their order.
fn one(mut walk: Walk<'_, '_>, at: Range<usize>) -> Result<Vec<Transform>> {
    let present = |walk: &mut Walk<'_, '_>, names: &[&'static str]| -> Vec<&'static str> {
        names.iter().copied().filter(|name| walk.get(name).is_some()).collect()
    };
    let (shared, alone) = (present(&mut walk, &SHARING), present(&mut walk, &ALONE));
    let when = walk.table("when")?.map(condition).transpose()?;
    if let Some(first) = alone.first()
        && shared.len() + alone.len() > 1
    {
        let other = shared.first().or(alone.get(1)).copied().unwrap_or_default();
        let message = format!("{} and {other} cannot share a table: begin another [[transform]]", walk.path(first));
        return Err(walk.wrong_value(first, message));
    }
    let mut out = Vec::new();
    for name in shared.iter().chain(&alone) {
        out.push(Transform { when: when.clone(), op: operation(&mut walk, name)? });
    }
    if out.is_empty() {
        let all: Vec<&str> = SHARING.iter().chain(&ALONE).copied().collect();
        // A misspelt one says more than the absence of all.
        let nothing = walk.wrong(at, "", format!("a transform names no operation: {}", quoted(&all)));
        return walk.finish().and(Err(nothing));
    }
    walk.finish()?;
    Ok(out)
}

fn condition(mut walk: Walk<'_, '_>) -> Result<When> {
    let at = walk.place("path");
    let path = walk.required("path", at.clone(), "it is the place that is looked at")?;
    let path = place(&walk, "path", at, &path)?;
    let mut found = Vec::new();
    for (key, is) in [("equals", true), ("not_equals", false)] {
        if let Some((span, value)) = walk.get(key) {
            let literal = literal(&walk, key, span, value)?;
            found.push(if is { Condition::Equals(literal) } else { Condition::NotEquals(literal) });
        }
    }
    found.extend(walk.flag("present")?.map(Condition::Present));
    let is = match (found.pop(), found.is_empty()) {
        (Some(is), true) => is,
        _ => {
            let message = format!(
                "{} must have exactly one of \"equals\", \"not_equals\" or \"present\"",
                walk.path("").trim_end_matches('.')
            );
            return Err(walk.wrong_value("path", message));
        }
    };
    walk.finish()?;
    Ok(When { path, is })
}

fn operation(walk: &mut Walk<'_, '_>, name: &'static str) -> Result<Op> {
    Ok(match name {
        "rename" => Op::Rename(pairs(walk, name, |walk, span, value| match value.as_str() {
            Some(text) => place(walk, name, span, text),
            None => Err(walk.mismatch((span, value), name, "a table of old places and new ones")),
        })?),
        "default" => Op::Default(literals(walk, name)?),
        "set" => Op::Set(literals(walk, name)?),
        "now" => Op::Now(places(walk, name)?),
        "remove" => Op::Remove(places(walk, name)?),
        "lowercase" => Op::Letters(Letters::Lower, places(walk, name)?),
        "uppercase" => Op::Letters(Letters::Upper, places(walk, name)?),
        "trim" => Op::Letters(Letters::Trim, places(walk, name)?),
        "jq" => {
            let text = walk.text(name)?.unwrap_or_default();
            check_filter(&text).map_err(|bad| walk.wrong_value(name, bad.to_string()))?;
            Op::Jq(text)
        }
        _ => return inner(walk, name),
    })
}

/// Operations that are a table of their own.
fn inner(walk: &mut Walk<'_, '_>, name: &'static str) -> Result<Op> {
    let at = walk.place(name);
    let Some(mut walk) = walk.table(name)? else { return Err(walk.wrong(at, name, format!("{name} is missing"))) };
    let one = |walk: &mut Walk<'_, '_>, key: &'static str| -> Result<Path> {
        let text = walk.required(key, at.clone(), "it is a place in the attributes")?;
        let span = walk.place(key);
        place(walk, key, span, &text)
    };
    let op = match name {
        "copy" => Op::Copy { from: one(&mut walk, "from")?, to: one(&mut walk, "to")? },
        "split" => {
            let path = one(&mut walk, "path")?;
            let into = places(&mut walk, "into")?;
            if into.is_empty() {
                return Err(walk.wrong(at, "into", "split.into must name at least one place"));
            }
            Op::Split { path, into, at: walk.required("at", at.clone(), "it is what stands between the parts")? }
        }
        "join" => {
            let paths = places(&mut walk, "paths")?;
            if paths.is_empty() {
                return Err(walk.wrong(at, "paths", "join.paths must name at least one place"));
            }
            let into = one(&mut walk, "into")?;
            // An empty text is a text here.
            let with = walk.get("with").and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned();
            Op::Join { paths, into, with }
        }
        "map" => {
            let path = one(&mut walk, "path")?;
            let table = texts_to_literals(&mut walk, "table")?;
            Op::Map { path, table, otherwise: walk.word("else", MAP_ELSE.pairs)?.unwrap_or(Otherwise::Keep) }
        }
        _ => {
            let path = one(&mut walk, "path")?;
            let to = walk.word("to", CONVERT_TO.pairs)?;
            let Some(to) = to else {
                return Err(walk.wrong(at, "to", "convert.to is missing: \"number\", \"string\" or \"bool\""));
            };
            Op::Convert { path, to, otherwise: walk.word("else", CONVERT_ELSE.pairs)?.unwrap_or(Otherwise::Invalid) }
        }
    };
    walk.finish()?;
    Ok(op)
}

fn place(walk: &Walk<'_, '_>, key: &str, at: Range<usize>, text: &str) -> Result<Path> {
    text.parse().map_err(|bad: crate::domain::path::BadPath| walk.wrong(at, key, bad.to_string()))
}

fn places(walk: &mut Walk<'_, '_>, key: &'static str) -> Result<Vec<Path>> {
    let listed = walk.texts(key)?.unwrap_or_default();
    listed.into_iter().map(|(span, text)| place(walk, key, span, &text)).collect()
}

/// A table whose keys are places.
fn pairs<T>(
    walk: &mut Walk<'_, '_>,
    key: &'static str,
    read: impl Fn(&Walk<'_, '_>, Range<usize>, &DeValue<'_>) -> Result<T>,
) -> Result<Vec<(Path, T)>> {
    let Some((span, value)) = walk.get(key) else { return Ok(Vec::new()) };
    let Some(table) = value.as_table() else { return Err(walk.mismatch((span, value), key, "a table")) };
    in_order(table)
        .into_iter()
        .map(|(at, name, span, value)| Ok((place(walk, key, at, name)?, read(walk, span, value)?)))
        .collect()
}

/// The members of a table in the order in which they are written.
fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(Range<usize>, &'t str, Range<usize>, &'t DeValue<'a>)> {
    let mut members: Vec<_> = table
        .iter()
        .map(|(name, value)| (name.span(), name.get_ref().as_ref(), value.span(), value.get_ref()))
        .collect();
    members.sort_by_key(|(at, ..)| at.start);
    members
}

fn literals(walk: &mut Walk<'_, '_>, key: &'static str) -> Result<Vec<(Path, Literal)>> {
    pairs(walk, key, |walk, span, value| literal(walk, key, span, value))
}

fn texts_to_literals(walk: &mut Walk<'_, '_>, key: &'static str) -> Result<Vec<(String, Literal)>> {
    let Some((span, value)) = walk.get(key) else { return Ok(Vec::new()) };
    let Some(table) = value.as_table() else { return Err(walk.mismatch((span, value), key, "a table")) };
    let read = |(_, name, span, value): (_, &str, _, _)| Ok((name.to_owned(), literal(walk, key, span, value)?));
    in_order(table).into_iter().map(read).collect()
}

/// A value of a plan; a table with one of the typed names stands for what TOML lacks.
fn literal(walk: &Walk<'_, '_>, key: &str, at: Range<usize>, value: &DeValue<'_>) -> Result<Literal> {
    value_of(walk, key, &at, value).map(Literal::new)
}

fn value_of(walk: &Walk<'_, '_>, key: &str, at: &Range<usize>, value: &DeValue<'_>) -> Result<Value> {
    let number = |text: &str| {
        let bad = |_| walk.wrong(at.clone(), key, format!("{text} is no number that can be stored"));
        Number::parse(&text.replace('_', "")).map(Value::N).map_err(bad)
    };
    Ok(match value {
        DeValue::String(text) => Value::s(text.as_ref()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Integer(whole) => match i64::from_str_radix(&whole.as_str().replace('_', ""), whole.radix()) {
            Ok(n) => Value::N(n.into()),
            Err(_) => return number(whole.as_str()),
        },
        DeValue::Float(fraction) => return number(fraction.as_str()),
        DeValue::Datetime(at) => Value::s(at.to_string()),
        DeValue::Array(list) => {
            Value::L(list.iter().map(|one| value_of(walk, key, &one.span(), one.get_ref())).collect::<Result<_>>()?)
        }
        DeValue::Table(table) => {
            let mut map = Map::new();
            for (_, name, span, value) in in_order(table) {
                map.insert(name.to_owned(), value_of(walk, key, &span, value)?);
            }
            if let (1, Some((name, held))) = (map.len(), map.first()) {
                let read = typed(name, held).map_err(|bad| walk.wrong(at.clone(), key, bad.to_string()))?;
                if let Some(value) = read {
                    return Ok(value);
                }
            }
            Value::M(map)
        }
    })
}
