use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::ddb_json::write_string;
use super::{Map, Number, Value};

/// Deeper documents than DynamoDB itself allows (32 levels) are refused well before the stack is in danger.
pub(super) const MAX_DEPTH: usize = 100;

/// A text that is not JSON, or JSON that cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadJson {
    /// Not JSON at all; the parser's words with line and column.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// A number outside the decimal notation.
    #[error(transparent)]
    Number(#[from] super::NotANumber),
    /// More than 100 levels.
    #[error("nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// Half of a surrogate pair, as JavaScript writes a text that was cut in the middle of a character: no UTF-8 can hold it.
    #[error("a text holds half of a character (a lone surrogate)")]
    Surrogate,
}

impl BadJson {
    /// Whether the text is JSON that JavaScript writes and reads all the same.
    #[must_use]
    pub fn is_javascripts(&self) -> bool {
        matches!(self, Self::TooDeep | Self::Surrogate)
    }
}

/// A JSON text as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadJson {
    /// Its value.
    pub value: Value,
    /// Whether an object in it names a member twice, so that the value holds less than the text.
    pub repeats: bool,
}

/// Reads plain JSON (an S3-stored attribute map, for instance) without taking numbers through a float.
///
/// Order of names is kept; of repeated names the last one wins, as in JavaScript.
///
/// # Errors
/// [`BadJson`] when the text is not JSON or nests too deeply.
pub fn from_plain_json(text: &str) -> Result<Value, BadJson> {
    read_plain_json(text).map(|read| read.value)
}

/// The same, and whether the text says more than the value.
///
/// # Errors
/// As [`from_plain_json`].
pub fn read_plain_json(text: &str) -> Result<ReadJson, BadJson> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|e| BadJson::Syntax(e.to_string()))?;
    let mut repeats = false;
    Ok(ReadJson { value: read(raw, 0, &mut repeats)?, repeats })
}

fn read(raw: &RawValue, depth: usize, repeats: &mut bool) -> Result<Value, BadJson> {
    if depth > MAX_DEPTH {
        return Err(BadJson::TooDeep);
    }
    let text = raw.get();
    // The grammar was looked at in one go before; what it leaves open are the code units behind \u.
    let surrogate = |_: serde_json::Error| BadJson::Surrogate;
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let members: Members<'_> = serde_json::from_str(text).map_err(surrogate)?;
            *repeats |= members.repeats;
            Value::M(
                members
                    .values
                    .into_iter()
                    .map(|(name, value)| Ok((name, read(value, depth + 1, repeats)?)))
                    .collect::<Result<Map, BadJson>>()?,
            )
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(surrogate)?;
            Value::L(items.into_iter().map(|value| read(value, depth + 1, repeats)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::S(serde_json::from_str(text).map_err(surrogate)?),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        _ => Value::N(Number::parse(text)?),
    })
}

/// The members of an object: of repeated names the last one counts, in the place of the first.
struct Members<'a> {
    values: IndexMap<String, &'a RawValue>,
    repeats: bool,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members { values: IndexMap::new(), repeats: false };
                while let Some((name, value)) = map.next_entry()? {
                    members.repeats |= members.values.insert(name, value).is_some();
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// Compact JSON. Numbers keep their digits; what JSON lacks becomes a typed object (`{"$B":"…"}`, `$SS`, `$NS`, `$BS`).
#[must_use]
pub fn to_plain_json(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out, None);
    out
}

/// Indented JSON, two blanks a level, for people; otherwise as [`to_plain_json`].
#[must_use]
pub fn to_plain_json_pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out, Some(0));
    out
}

/// Length in UTF-8 bytes of the JSON that the framework's JavaScript makes of a value: what it compares with its attribute limit.
/// Numbers count as JavaScript prints them.
#[must_use]
pub fn plain_json_length(value: &Value) -> usize {
    let joined = |count: usize| 2 + count.saturating_sub(1);
    match value {
        Value::N(number) => number.javascript_text().len(),
        Value::M(map) => {
            joined(map.len()) + map.iter().map(|(n, v)| string_length(n) + 1 + plain_json_length(v)).sum::<usize>()
        }
        Value::L(list) => joined(list.len()) + list.iter().map(plain_json_length).sum::<usize>(),
        Value::S(text) => string_length(text),
        other => to_plain_json(other).len(),
    }
}

fn string_length(text: &str) -> usize {
    let mut out = String::with_capacity(text.len() + 2);
    write_string(text, &mut out);
    out.len()
}

fn write(value: &Value, out: &mut String, indent: Option<usize>) {
    match value {
        Value::S(text) => write_string(text, out),
        Value::N(number) => write_number(number, out),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Null => out.push_str("null"),
        Value::M(map) => write_block(map.iter(), ('{', '}'), out, indent, |(name, inner), out, indent| {
            write_string(name, out);
            out.push_str(if indent.is_some() { ": " } else { ":" });
            write(inner, out, indent);
        }),
        Value::L(list) => write_block(list.iter(), ('[', ']'), out, indent, write),
        Value::B(bytes) => write_typed("$B", |out| write_string(&BASE64.encode(bytes), out), out),
        Value::Ss(set) => write_set("$SS", set.iter().cloned(), out),
        Value::Ns(set) => write_set("$NS", set.iter().map(|n| n.as_str().to_owned()), out),
        Value::Bs(set) => write_set("$BS", set.iter().map(|b| BASE64.encode(b)), out),
    }
}

fn write_number(number: &Number, out: &mut String) {
    let text = number.as_str();
    // DynamoDB also accepts spellings that JSON does not: a plus sign, zeros in front, a bare point.
    if serde_json::from_str::<&RawValue>(text).is_ok() {
        out.push_str(text);
    } else {
        out.push_str(&number.canonical_text());
    }
}

fn write_typed(tag: &str, inner: impl Fn(&mut String), out: &mut String) {
    out.push('{');
    write_string(tag, out);
    out.push(':');
    inner(out);
    out.push('}');
}

fn write_set(tag: &str, items: impl Iterator<Item = String> + Clone, out: &mut String) {
    write_typed(
        tag,
        |out| write_block(items.clone(), ('[', ']'), out, None, |text, out, _| write_string(&text, out)),
        out,
    );
}

fn write_block<T>(
    items: impl Iterator<Item = T>,
    (open, close): (char, char),
    out: &mut String,
    indent: Option<usize>,
    mut each: impl FnMut(T, &mut String, Option<usize>),
) {
    let inner = indent.map(|level| level + 1);
    let newline = |out: &mut String, level: Option<usize>| {
        if let Some(level) = level {
            out.push('\n');
            (0..level).for_each(|_| out.push_str("  "));
        }
    };
    out.push(open);
    let mut empty = true;
    for item in items {
        if !empty {
            out.push(',');
        }
        empty = false;
        newline(out, inner);
        each(item, out, inner);
    }
    if !empty {
        newline(out, indent);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::testing::any_json_value;

    proptest! {
        #[test]
        fn what_json_can_hold_round_trips(value in any_json_value()) {
            prop_assert_eq!(from_plain_json(&to_plain_json(&value)), Ok(value.clone()));
            prop_assert_eq!(from_plain_json(&to_plain_json_pretty(&value)), Ok(value));
        }
    }

    #[test]
    fn digits_and_order_survive() {
        let text = r#"{"z":12345678901234567890123456789012345678,"a":[1.10,-0.5e-3,"",null,true],"m":{}}"#;
        assert_eq!(to_plain_json(&from_plain_json(text).unwrap()), text);
    }

    #[test]
    fn the_last_of_repeated_names_wins() {
        assert_eq!(to_plain_json(&from_plain_json(r#"{"a":1,"a":2}"#).unwrap()), r#"{"a":2}"#);
    }

    #[test]
    fn what_javascript_reads_all_the_same_is_told_apart() {
        let deep = |n: usize| format!("{{\"a\":{}1{}}}", "[".repeat(n), "]".repeat(n));
        let is_javascripts = |text: &str| from_plain_json(text).unwrap_err().is_javascripts();
        for text in [r#"{"s":"\ud83d"}"#, r#"{"\udE00":1}"#, r#"{"a":["\ud83d\ud83d"]}"#, &deep(120), &deep(50_000)] {
            assert!(is_javascripts(text), "{text:.40}");
        }
        let torn = deep(120);
        for text in [
            "<html>",
            "{\"n\":NaN}",
            "\u{feff}{}",
            r#"{"s":"\ud83d"#,
            &torn[..200],
            r#"{"s":"\ud8"}"#,
            "{\"s\":\"\n\"}",
        ] {
            assert!(!is_javascripts(text), "{text:.40}");
        }
        let repeats = |text: &str| read_plain_json(text).unwrap().repeats;
        assert!(repeats(r#"{"a":1,"a":1}"#) && repeats(r#"[{"a":{"b":1,"\u0062":1}}]"#));
        assert!(!repeats(r#"{"a":{"b":1},"b":{"b":1}}"#));
    }

    #[test]
    fn bad_json_says_where() {
        assert!(matches!(from_plain_json("{\"a\":\n oops}"), Err(BadJson::Syntax(m)) if m.contains("line 2")));
        let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
        assert!(matches!(from_plain_json(&deep), Err(BadJson::TooDeep | BadJson::Syntax(_))));
    }

    #[test]
    fn what_json_lacks_becomes_a_typed_object() {
        let value = Value::M(Map::from([
            ("b".to_owned(), Value::B(vec![1, 2, 3])),
            ("s".to_owned(), Value::Ss(["x".to_owned(), "y".to_owned()].into())),
        ]));
        assert_eq!(to_plain_json(&value), r#"{"b":{"$B":"AQID"},"s":{"$SS":["x","y"]}}"#);
        assert_eq!(value.why_not_json(), Some("a binary value"));
    }

    #[test]
    fn length_counts_bytes() {
        assert_eq!(plain_json_length(&Value::s("ボルト")), 11);
    }
}
