//! Sizes as DynamoDB counts them.

use super::value::{Map, Number, Value};

/// The largest item that DynamoDB keeps, in bytes.
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// The size of an item in bytes: names and values in UTF-8, numbers at about half a byte a digit, 3 bytes and 1 per element for
/// maps and lists. DynamoDB does not document its rounding of numbers; the figure here is never below it.
#[must_use]
pub fn item_bytes(item: &Map) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

/// The size of one value in bytes; see [`item_bytes`].
#[must_use]
pub fn value_bytes(value: &Value) -> usize {
    match value {
        Value::S(text) => text.len(),
        Value::N(number) => number_bytes(number),
        Value::B(bytes) => bytes.len(),
        Value::Bool(_) | Value::Null => 1,
        Value::M(map) => 3 + map.iter().map(|(name, inner)| 1 + name.len() + value_bytes(inner)).sum::<usize>(),
        Value::L(list) => 3 + list.iter().map(|inner| 1 + value_bytes(inner)).sum::<usize>(),
        Value::Ss(set) => set.iter().map(String::len).sum(),
        Value::Ns(set) => set.iter().map(number_bytes).sum(),
        Value::Bs(set) => set.iter().map(Vec::len).sum(),
    }
}

fn number_bytes(number: &Number) -> usize {
    number.significant_digits().div_ceil(2) + 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::from_plain_json;

    #[test]
    fn names_and_values_count() {
        let size = |json: &str| item_bytes(from_plain_json(json).unwrap().as_map().unwrap());
        assert_eq!(size(r#"{"pk":"ab"}"#), 4);
        assert_eq!(size(r#"{"n":"ボルト"}"#), 10);
        assert_eq!(size(r#"{"m":{"a":true}}"#), 1 + 3 + 1 + 1 + 1);
        assert_eq!(size(r#"{"l":[null,null]}"#), 1 + 3 + 4);
        assert_eq!(size(r#"{"n":12345}"#), 1 + 5);
    }
}
