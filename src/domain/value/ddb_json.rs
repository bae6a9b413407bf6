use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map as JsonMap, Value as Json};

use super::{Map, Number, Value};

/// A JSON document that is not DynamoDB JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not DynamoDB JSON at {path}: {reason}")]
pub struct BadDdbJson {
    /// Where in the document, as names and positions joined by `/`.
    pub path: String,
    /// The error there, in words.
    pub reason: String,
}

/// Reads one item, an object of typed values (`{"pk":{"S":"…"}}`).
///
/// # Errors
/// [`BadDdbJson`] with the place of the first value that has no known type.
pub fn item_from_ddb_json(json: &Json) -> Result<Map, BadDdbJson> {
    read_map(json, Place::Root)
}

/// Reads one typed value (`{"S":"…"}`).
///
/// # Errors
/// [`BadDdbJson`] with the place of the first value that has no known type.
pub fn value_from_ddb_json(json: &Json) -> Result<Value, BadDdbJson> {
    read_value(json, Place::Root)
}

/// One item as DynamoDB JSON.
#[must_use]
pub fn item_to_ddb_json(item: &Map) -> Json {
    Json::Object(item.iter().map(|(name, value)| (name.clone(), value_to_ddb_json(value))).collect())
}

/// One value as DynamoDB JSON, numbers as they were written.
#[must_use]
pub fn value_to_ddb_json(value: &Value) -> Json {
    let (tag, inner) = match value {
        Value::S(text) => ("S", Json::String(text.clone())),
        Value::N(number) => ("N", Json::String(number.as_str().to_owned())),
        Value::B(bytes) => ("B", Json::String(BASE64.encode(bytes))),
        Value::Bool(flag) => ("BOOL", Json::Bool(*flag)),
        Value::Null => ("NULL", Json::Bool(true)),
        Value::M(map) => ("M", item_to_ddb_json(map)),
        Value::L(list) => ("L", Json::Array(list.iter().map(value_to_ddb_json).collect())),
        Value::Ss(set) => ("SS", strings(set.iter().cloned())),
        Value::Ns(set) => ("NS", strings(set.iter().map(|n| n.as_str().to_owned()))),
        Value::Bs(set) => ("BS", strings(set.iter().map(|b| BASE64.encode(b)))),
    };
    let mut object = JsonMap::new();
    object.insert(tag.to_owned(), inner);
    Json::Object(object)
}

fn strings(items: impl Iterator<Item = String>) -> Json {
    Json::Array(items.map(Json::String).collect())
}

/// Where in a document something stands; spelled out only where it is wrong.
#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Name(&'a Place<'a>, &'a str),
    Index(&'a Place<'a>, usize),
}

impl Place<'_> {
    fn spell(&self, out: &mut String) {
        let _ = match self {
            Self::Root => Ok(()),
            Self::Name(outer, name) => {
                outer.spell(out);
                write!(out, "/{name}")
            }
            Self::Index(outer, index) => {
                outer.spell(out);
                write!(out, "/{index}")
            }
        };
    }
}

fn bad(place: Place<'_>, reason: impl Into<String>) -> BadDdbJson {
    let mut path = String::new();
    place.spell(&mut path);
    BadDdbJson { path: if path.is_empty() { "/".to_owned() } else { path }, reason: reason.into() }
}

fn read_map(json: &Json, place: Place<'_>) -> Result<Map, BadDdbJson> {
    let object = json.as_object().ok_or_else(|| bad(place, "expected an object"))?;
    object.iter().map(|(name, value)| Ok((name.clone(), read_value(value, Place::Name(&place, name))?))).collect()
}

fn read_value(json: &Json, place: Place<'_>) -> Result<Value, BadDdbJson> {
    let object = json.as_object().ok_or_else(|| bad(place, "expected a typed value such as {\"S\":\"…\"}"))?;
    let mut entries = object.iter();
    let (Some((tag, inner)), None) = (entries.next(), entries.next()) else {
        return Err(bad(place, "expected exactly one type name"));
    };
    let text = || inner.as_str().ok_or_else(|| bad(place, format!("{tag} holds no string")));
    let list = || inner.as_array().ok_or_else(|| bad(place, format!("{tag} holds no list")));
    Ok(match tag.as_str() {
        "S" => Value::S(text()?.to_owned()),
        "N" => Value::N(number(text()?, place)?),
        "B" => Value::B(binary(text()?, place)?),
        "BOOL" => Value::Bool(inner.as_bool().ok_or_else(|| bad(place, "BOOL holds no boolean"))?),
        "NULL" if inner.as_bool() == Some(true) => Value::Null,
        "NULL" => return Err(bad(place, "NULL holds something other than true")),
        "M" => Value::M(read_map(inner, place)?),
        "L" => Value::L(
            list()?
                .iter()
                .enumerate()
                .map(|(i, v)| read_value(v, Place::Index(&place, i)))
                .collect::<Result<_, _>>()?,
        ),
        "SS" => Value::Ss(set(list()?, place, |t| Ok(t.to_owned()))?),
        "NS" => Value::Ns(set(list()?, place, |t| number(t, place))?),
        "BS" => Value::Bs(set(list()?, place, |t| binary(t, place))?),
        other => return Err(bad(place, format!("{other:?} is no type name"))),
    })
}

fn set<T: Ord>(
    list: &[Json],
    place: Place<'_>,
    read: impl Fn(&str) -> Result<T, BadDdbJson>,
) -> Result<BTreeSet<T>, BadDdbJson> {
    let members = list.iter().map(|v| v.as_str().ok_or_else(|| bad(place, "a set holds strings only")).and_then(&read));
    let set: BTreeSet<T> = members.collect::<Result<_, _>>()?;
    // DynamoDB refuses both, and dropping a member would lose it without a word.
    match set.len() {
        0 => Err(bad(place, "a set without members")),
        count if count < list.len() => Err(bad(place, "a set with equal members")),
        _ => Ok(set),
    }
}

fn number(text: &str, place: Place<'_>) -> Result<Number, BadDdbJson> {
    Number::parse(text).map_err(|e| bad(place, e.to_string()))
}

fn binary(text: &str, place: Place<'_>) -> Result<Vec<u8>, BadDdbJson> {
    BASE64.decode(text).map_err(|e| bad(place, format!("not base64: {e}")))
}

/// The canonical text of values: names sorted, numbers in one spelling, so that equal values give equal text.
#[derive(Clone, Copy, Default)]
pub(crate) struct Canonical<'a> {
    /// A text, and the one that is written in its place. Members of sets are never replaced.
    pub(crate) instead: Option<(&'a str, &'a str)>,
}

impl Canonical<'_> {
    /// Writes the fields of a map that `keep` accepts, each value by `write`.
    pub(crate) fn fields(
        self,
        map: &Map,
        out: &mut String,
        keep: impl Fn(&str) -> bool,
        write: impl Fn(&str, &Value, &mut String),
    ) {
        let mut fields: Vec<(&String, &Value)> = map.iter().filter(|(name, _)| keep(name)).collect();
        fields.sort_unstable_by_key(|(name, _)| *name);
        out.push('{');
        for (i, (name, value)) in fields.into_iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            write_string(name, out);
            out.push(':');
            write(name, value, out);
        }
        out.push('}');
    }

    pub(crate) fn map(self, map: &Map, out: &mut String) {
        self.fields(map, out, |_| true, |_, value, out| self.value(value, out));
    }

    pub(crate) fn value(self, value: &Value, out: &mut String) {
        out.push_str("{\"");
        out.push_str(value.type_name());
        out.push_str("\":");
        match value {
            Value::S(text) => match self.instead {
                Some((from, to)) if text == from => write_string(to, out),
                _ => write_string(text, out),
            },
            Value::N(number) => write_string(&number.canonical_text(), out),
            Value::B(bytes) => write_string(&BASE64.encode(bytes), out),
            Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Value::Null => out.push_str("true"),
            Value::M(map) => self.map(map, out),
            Value::L(list) => write_list(list.iter(), out, |value, out| self.value(value, out)),
            Value::Ss(set) => write_list(set.iter(), out, |t, out| write_string(t, out)),
            Value::Ns(set) => write_list(set.iter(), out, |n, out| write_string(&n.canonical_text(), out)),
            Value::Bs(set) => write_list(set.iter(), out, |b, out| write_string(&BASE64.encode(b), out)),
        }
        out.push('}');
    }
}

fn write_list<T>(items: impl Iterator<Item = T>, out: &mut String, write: impl Fn(T, &mut String)) {
    out.push('[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}

/// A JSON string with quotes and escapes.
pub(super) fn write_string(text: &str, out: &mut String) {
    let is_plain = text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\');
    if is_plain {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // A string always serialises.
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

/// One item as DynamoDB JSON text, names in their order and numbers as they were written: what [`item_to_ddb_json`] gives, at once.
#[must_use]
pub fn item_to_ddb_text(item: &Map) -> String {
    let mut out = String::with_capacity(1024);
    write_map(item, &mut out);
    out
}

fn write_map(map: &Map, out: &mut String) {
    out.push('{');
    for (i, (name, value)) in map.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

fn write_value(value: &Value, out: &mut String) {
    out.push_str("{\"");
    out.push_str(value.type_name());
    out.push_str("\":");
    match value {
        Value::S(text) => write_string(text, out),
        Value::N(number) => write_string(number.as_str(), out),
        Value::B(bytes) => write_string(&BASE64.encode(bytes), out),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Null => out.push_str("true"),
        Value::M(map) => write_map(map, out),
        Value::L(list) => write_list(list.iter(), out, write_value),
        Value::Ss(set) => write_list(set.iter(), out, |t, out| write_string(t, out)),
        Value::Ns(set) => write_list(set.iter(), out, |n, out| write_string(n.as_str(), out)),
        Value::Bs(set) => write_list(set.iter(), out, |b, out| write_string(&BASE64.encode(b), out)),
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::testing::any_value;

    proptest! {
        #[test]
        fn values_round_trip(value in any_value()) {
            prop_assert_eq!(value_from_ddb_json(&value_to_ddb_json(&value)), Ok(value));
        }

        #[test]
        fn text_is_what_the_document_says(value in any_value()) {
            let item = Map::from([("a \"b\" \n".to_owned(), value)]);
            prop_assert_eq!(serde_json::from_str::<Json>(&item_to_ddb_text(&item)).unwrap(), item_to_ddb_json(&item));
        }

        #[test]
        fn canonical_text_is_ddb_json_of_an_equal_value(value in any_value()) {
            let json: Json = serde_json::from_str(&value.canonical()).unwrap();
            prop_assert_eq!(value_from_ddb_json(&json), Ok(value));
        }
    }

    #[test]
    fn a_bad_value_is_named_with_its_place() {
        let json: Json = serde_json::from_str(r#"{"a":{"M":{"b":{"L":[{"N":"1"},{"X":1}]}}}}"#).unwrap();
        let error = item_from_ddb_json(&json).unwrap_err();
        assert_eq!(error.path, "/a/b/1");
        assert_eq!(error.reason, "\"X\" is no type name");
    }

    #[test]
    fn canonical_text_sorts_names_and_respells_numbers() {
        let json: Json = serde_json::from_str(r#"{"M":{"b":{"N":"1.0"},"a":{"NS":["10","9.00"]}}}"#).unwrap();
        assert_eq!(value_from_ddb_json(&json).unwrap().canonical(), r#"{"M":{"a":{"NS":["9","10"]},"b":{"N":"1"}}}"#);
    }
}
