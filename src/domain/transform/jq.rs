//! jq filters over attributes, without anything that reaches beyond them.
//!
//! A filter is free to recurse, to grow and to run on without an end, and nothing in here stops it: filters of a plan run in a
//! process of their own.

use std::fmt;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Num, Val};

use super::Unfit;
use super::literal::{typed, untyped};
use crate::domain::value::{Map, Number, Value};

/// Levels that DynamoDB nests maps and lists: a filter may give no more, unless more went in.
const LEVELS: usize = 32;
/// Characters of jq's own words that are shown: they may quote a whole value.
const WORDS: usize = 300;
/// Functions that read the surroundings, the clock or further input, write somewhere, or end the program.
const REMOVED: [&str; 15] = [
    "env",
    "now",
    "input",
    "inputs",
    "halt",
    "halt_error",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "input_filename",
    "input_line_number",
    "get_search_list",
    "localtime",
    "strflocaltime",
];
/// The run's time, as a global variable.
const NOW: &str = "$now";

/// A filter that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("jq: {0}")]
pub struct BadFilter(pub String);

type Code = jaq_core::Filter<data::JustLut<Val>>;

/// A compiled filter.
pub struct Filter {
    text: String,
    code: Code,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

impl Filter {
    /// Compiles a filter.
    ///
    /// # Errors
    /// [`BadFilter`] with jq's own words.
    pub fn new(text: &str) -> Result<Self, BadFilter> {
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let defs = defs.filter(|def| !REMOVED.contains(&def.name));
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let funs = funs.filter(|(name, ..)| !REMOVED.contains(name));
        let arena = Arena::default();
        let modules = Loader::new(defs).load(&arena, File { code: text, path: () });
        let modules = modules.map_err(|errors| BadFilter(cut(words_of_load(&errors))))?;
        let compiled = Compiler::default().with_funs(funs).with_global_vars([NOW]).compile(modules);
        let code = compiled.map_err(|errors| {
            let unknown: Vec<String> = errors
                .iter()
                .flat_map(|(_, list)| list.iter().map(|(name, kind)| format!("{name} ({kind:?})")))
                .collect();
            BadFilter(cut(format!("it names what there is not: {}", unknown.join(", "))))
        })?;
        Ok(Self { text: text.to_owned(), code })
    }

    /// Runs it over attributes; `now` is what `$now` holds. What comes out unchanged keeps its exact digits.
    ///
    /// # Errors
    /// [`Unfit`] when it fails, or when anything but one object comes out.
    pub(super) fn run(&self, attributes: &Map, now: &str) -> Result<Map, Unfit> {
        let unfit = |what: String| Unfit { what: format!("jq: {what}") };
        if let Some(name) = attributes.values().find_map(ambiguous) {
            return Err(unfit(format!("a map has {name} for its only name, which stands for a typed value here")));
        }
        let levels = 1 + attributes.values().map(depth).max().unwrap_or_default();
        let vars = Vars::new([Val::from(now.to_owned())]);
        let ctx = Ctx::<data::JustLut<Val>>::new(&self.code.lut, vars);
        let mut out = self.code.id.run((ctx, val_of_map(attributes))).map(unwrap_valr);
        let result = match (out.next(), out.next()) {
            (Some(Ok(object @ Val::Obj(_))), None) => {
                value_of(&object, levels.max(LEVELS)).and_then(|value| match value {
                    Value::M(map) => Ok(kept(attributes, map)),
                    _ => Err("a typed literal came out, not an object".to_owned()),
                })
            }
            (Some(Ok(other)), None) => Err(format!("{} came out, not an object", kind(&other))),
            (Some(Err(error)), _) | (_, Some(Err(error))) => Err(cut(error.to_string())),
            (None, _) => Err("nothing came out".to_owned()),
            (Some(_), Some(_)) => Err("more than one value came out".to_owned()),
        };
        result.map_err(unfit)
    }
}

/// Levels of maps and lists in a value, itself included.
fn depth(value: &Value) -> usize {
    match value {
        Value::M(map) => 1 + map.values().map(depth).max().unwrap_or_default(),
        Value::L(list) => 1 + list.iter().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fn cut(words: String) -> String {
    match words.char_indices().nth(WORDS) {
        Some((at, _)) => format!("{}…", &words[..at]),
        None => words,
    }
}

fn words_of_load<P>(errors: &[(File<&str, P>, jaq_core::load::Error<&str>)]) -> String {
    use jaq_core::load::Error;
    let words = errors.iter().map(|(_, error)| match error {
        Error::Io(list) => list.iter().map(|(what, why)| format!("{what}: {why}")).collect::<Vec<_>>().join(", "),
        Error::Lex(list) => {
            let at = |(expect, rest): &(_, &str)| format!("{expect:?} expected at {:?}", start(rest));
            list.iter().map(at).collect::<Vec<_>>().join(", ")
        }
        Error::Parse(list) => {
            let at = |(expect, rest): &(_, &str)| format!("{expect:?} expected at {:?}", start(rest));
            list.iter().map(at).collect::<Vec<_>>().join(", ")
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

fn start(text: &str) -> String {
    if text.is_empty() { "the end".to_owned() } else { text.chars().take(20).collect() }
}

fn kind(value: &Val) -> &'static str {
    match value {
        Val::Null => "null",
        Val::Bool(_) => "a boolean",
        Val::Num(_) => "a number",
        Val::BStr(_) | Val::TStr(_) => "a string",
        Val::Arr(_) => "an array",
        Val::Obj(_) => "an object",
    }
}

fn val_of_map(map: &Map) -> Val {
    Val::obj(map.iter().map(|(name, value)| (Val::from(name.clone()), val_of(value))).collect())
}

/// The name of a map that a filter would take for a typed literal.
fn ambiguous(value: &Value) -> Option<&str> {
    match value {
        Value::M(map) => {
            let only = map.first().filter(|_| map.len() == 1);
            let named = only.filter(|(name, held)| matches!(typed(name, held), Ok(Some(_)) | Err(_)));
            named.map(|(name, _)| name.as_str()).or_else(|| map.values().find_map(ambiguous))
        }
        Value::L(list) => list.iter().find_map(ambiguous),
        _ => None,
    }
}

/// Plain JSON, and typed objects for what JSON lacks.
fn val_of(value: &Value) -> Val {
    if let Some((name, held)) = untyped(value) {
        return Val::obj([(Val::from(name.to_owned()), val_of(&held))].into_iter().collect());
    }
    match value {
        Value::S(text) => Val::from(text.clone()),
        // A decimal keeps its text until it is calculated with.
        Value::N(number) => match number.as_i64().and_then(|n| isize::try_from(n).ok()) {
            Some(whole) => Val::from(whole),
            None => Val::Num(Num::Dec(number.canonical_text().into_owned().into())),
        },
        Value::Bool(flag) => Val::from(*flag),
        Value::L(list) => list.iter().map(val_of).collect(),
        Value::M(map) => val_of_map(map),
        _ => Val::Null,
    }
}

/// A value of a filter's; maps and lists of so many levels at most.
fn value_of(value: &Val, levels: usize) -> Result<Value, String> {
    let inner = || levels.checked_sub(1).ok_or_else(|| format!("more than {LEVELS} levels of maps and lists came out"));
    let text =
        |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| "a text came out that is not UTF-8".to_owned());
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(flag) => Value::Bool(*flag),
        Val::Num(number) => {
            let words = number.to_string();
            Value::N(
                Number::parse(&words)
                    .map_err(|_| format!("{words} came out, which is no number that can be stored"))?,
            )
        }
        Val::BStr(bytes) | Val::TStr(bytes) => Value::S(text(bytes)?),
        Val::Arr(list) => {
            let levels = inner()?;
            Value::L(list.iter().map(|one| value_of(one, levels)).collect::<Result<_, _>>()?)
        }
        Val::Obj(object) => {
            let levels = inner()?;
            let mut map = Map::new();
            for (name, value) in object.iter() {
                let name = match name {
                    Val::TStr(bytes) | Val::BStr(bytes) => text(bytes)?,
                    other => return Err(format!("{} came out as the name of a field", kind(other))),
                };
                map.insert(name, value_of(value, levels)?);
            }
            if let (1, Some((name, held))) = (map.len(), map.first())
                && let Some(value) = typed(name, held).map_err(|bad| bad.to_string())?
            {
                return Ok(value);
            }
            Value::M(map)
        }
    })
}

/// Keeps the notation of values that are equal to those before.
fn kept(before: &Map, after: Map) -> Map {
    after
        .into_iter()
        .map(|(name, value)| {
            let value = match before.get(&name) {
                Some(was) => keep(was, value),
                None => value,
            };
            (name, value)
        })
        .collect()
}

fn keep(was: &Value, now: Value) -> Value {
    match (was, now) {
        (was, now) if *was == now => was.clone(),
        (Value::M(was), Value::M(now)) => Value::M(kept(was, now)),
        (Value::L(was), Value::L(now)) => {
            let each = now.into_iter().enumerate().map(|(i, value)| match was.get(i) {
                Some(was) => keep(was, value),
                None => value,
            });
            Value::L(each.collect())
        }
        (_, now) => now,
    }
}
