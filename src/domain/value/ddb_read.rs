//! DynamoDB JSON read straight into values, without a document in between.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::{Map, Number, Value};

/// An item in DynamoDB JSON (`{"pk":{"S":"…"}}`), for serde.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DdbItem(pub Map);

/// One typed value (`{"S":"…"}`), for serde.
struct DdbValue(Value);

/// Objects and lists around a value that a text may have: twice the levels that plain JSON may, since each value has a type around it,
/// and some for what stands around the item itself.
const MAX_NESTING: usize = 2 * super::MAX_DEPTH + 16;

/// Reads a text that holds items in DynamoDB JSON, nested as deeply as values may be, and no deeper.
///
/// # Errors
/// The parser's words, with line and column.
pub fn read_nested<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, String> {
    // The parser's own limit is below what S3 holds; without any, a text made for it would overflow the stack.
    let deepest = nesting(text);
    if deepest > MAX_NESTING {
        return Err(format!("nested {deepest} levels deep; {MAX_NESTING} are the most"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.disable_recursion_limit();
    let value = T::deserialize(&mut deserializer).map_err(|e| e.to_string())?;
    deserializer.end().map_err(|e| e.to_string())?;
    Ok(value)
}

/// How many objects and lists stand around the deepest value, texts passed over.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut is_escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match (in_text, byte) {
            (true, _) if is_escaped => is_escaped = false,
            (true, b'\\') => is_escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl<'de> Deserialize<'de> for DdbItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = DdbItem;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of typed values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<DdbItem, A::Error> {
        let mut map = Map::with_capacity(entries.size_hint().unwrap_or(16));
        while let Some((name, DdbValue(value))) = entries.next_entry::<String, _>()? {
            map.insert(name, value);
        }
        Ok(DdbItem(map))
    }
}

impl<'de> Deserialize<'de> for DdbValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = DdbValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a typed value such as {\"S\":\"…\"}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<DdbValue, A::Error> {
        let tag: Cow<'_, str> =
            entries.next_key::<Text<'_>>()?.ok_or_else(|| A::Error::custom("expected exactly one type name"))?.0;
        let value = match &*tag {
            "S" => Value::S(entries.next_value()?),
            "N" => Value::N(number(&entries.next_value::<Text<'_>>()?.0)?),
            "B" => Value::B(binary(&entries.next_value::<Text<'_>>()?.0)?),
            "BOOL" => Value::Bool(entries.next_value()?),
            "NULL" if entries.next_value::<bool>()? => Value::Null,
            "NULL" => return Err(A::Error::custom("NULL holds something other than true")),
            "M" => Value::M(entries.next_value::<DdbItem>()?.0),
            "L" => Value::L(entries.next_value::<Vec<DdbValue>>()?.into_iter().map(|v| v.0).collect()),
            "SS" => Value::Ss(set(&entries.next_value::<Vec<Text<'_>>>()?, |text| Ok(text.to_owned()))?),
            "NS" => Value::Ns(set(&entries.next_value::<Vec<Text<'_>>>()?, number)?),
            "BS" => Value::Bs(set(&entries.next_value::<Vec<Text<'_>>>()?, binary)?),
            other => return Err(A::Error::custom(format!("{other:?} is no type name"))),
        };
        match entries.next_key::<IgnoredAny>()? {
            None => Ok(DdbValue(value)),
            Some(_) => Err(A::Error::custom("expected exactly one type name")),
        }
    }
}

/// A string that is borrowed from the text where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// DynamoDB refuses a set with equal members, and one of them would be lost without a word.
fn set<T: Ord, E: Error>(list: &[Text<'_>], read: impl Fn(&str) -> Result<T, E>) -> Result<BTreeSet<T>, E> {
    let set: BTreeSet<T> = list.iter().map(|text| read(&text.0)).collect::<Result<_, _>>()?;
    if set.len() == list.len() { Ok(set) } else { Err(E::custom("a set with equal members")) }
}

fn number<E: Error>(text: &str) -> Result<Number, E> {
    Number::parse(text).map_err(E::custom)
}

fn binary<E: Error>(text: &str) -> Result<Vec<u8>, E> {
    BASE64.decode(text).map_err(|e| E::custom(format!("not base64: {e}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::item_to_ddb_text;
    use super::*;
    use crate::domain::testing::any_map;

    proptest! {
        #[test]
        fn what_was_written_reads_back_in_its_order(item in any_map()) {
            let text = item_to_ddb_text(&item);
            let read = serde_json::from_str::<DdbItem>(&text).unwrap().0;
            prop_assert!(read.keys().eq(item.keys()));
            prop_assert_eq!(item_to_ddb_text(&read), text);
            prop_assert_eq!(read, item);
        }
    }

    #[test]
    fn values_are_read_as_deeply_as_they_may_be_and_no_deeper() {
        let deep = |levels: usize| {
            let value = (0..levels).fold(Value::s("[{\\\"in a text"), |inner, _| Value::L(vec![inner]));
            item_to_ddb_text(&Map::from([("a".to_owned(), value)]))
        };
        for levels in [1, 62, super::super::MAX_DEPTH] {
            let text = deep(levels);
            let read = read_nested::<DdbItem>(&text).unwrap();
            assert_eq!(item_to_ddb_text(&read.0), text);
        }
        let endless = format!("{{\"a\":{}", "{\"L\":[".repeat(1_000_000));
        let error = read_nested::<DdbItem>(&endless).unwrap_err();
        assert!(error.contains("levels deep"), "{error}");
    }

    #[test]
    fn what_is_no_typed_value_is_refused_with_its_place() {
        for (text, why) in [
            (r#"{"a":{"X":1}}"#, "\"X\" is no type name"),
            (r#"{"a":{}}"#, "expected exactly one type name"),
            (r#"{"a":{"S":"x","N":"1"}}"#, "expected exactly one type name"),
            (r#"{"a":{"N":"one"}}"#, "not a decimal number"),
            (r#"{"a":{"B":"?"}}"#, "not base64"),
            (r#"{"a":{"S":1}}"#, "invalid type"),
        ] {
            let error = serde_json::from_str::<DdbItem>(text).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("column"), "{text}: {error}");
        }
    }
}
