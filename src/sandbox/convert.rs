//! The embedded DynamoDB's items and our rows.

use dynoxide::{AttributeValue, Item};

use super::SandboxError;
use crate::domain::row::Row;
use crate::domain::value::{Map, Number, Value};

/// A row of an item, its names in order.
///
/// # Errors
/// [`SandboxError::Dynamo`] when a number is none: the database is damaged.
pub fn to_row(item: Item) -> Result<Row, SandboxError> {
    to_map(item).map(Row)
}

fn to_map(item: Item) -> Result<Map, SandboxError> {
    let mut pairs: Vec<_> = item.into_iter().collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs.into_iter().map(|(name, value)| Ok((name, to_value(value)?))).collect()
}

fn to_value(value: AttributeValue) -> Result<Value, SandboxError> {
    let number = |text: String| {
        Number::parse(&text)
            .map_err(|error| SandboxError::Dynamo { action: "read a row".to_owned(), message: error.to_string() })
    };
    Ok(match value {
        AttributeValue::S(text) => Value::S(text),
        AttributeValue::N(text) => Value::N(number(text)?),
        AttributeValue::B(bytes) => Value::B(bytes),
        AttributeValue::BOOL(flag) => Value::Bool(flag),
        AttributeValue::NULL(_) => Value::Null,
        AttributeValue::M(map) => Value::M(to_map(map)?),
        AttributeValue::L(list) => Value::L(list.into_iter().map(to_value).collect::<Result<_, _>>()?),
        AttributeValue::SS(set) => Value::Ss(set.into_iter().collect()),
        AttributeValue::NS(set) => Value::Ns(set.into_iter().map(number).collect::<Result<_, _>>()?),
        AttributeValue::BS(set) => Value::Bs(set.into_iter().collect()),
    })
}

/// An item of a row, numbers in the digits they have.
#[must_use]
pub fn to_item(row: Row) -> Item {
    row.0.into_iter().map(|(name, value)| (name, from_value(value))).collect()
}

/// A value as the embedded DynamoDB has it.
pub(super) fn from_value(value: Value) -> AttributeValue {
    match value {
        Value::S(text) => AttributeValue::S(text),
        Value::N(number) => AttributeValue::N(number.as_str().to_owned()),
        Value::B(bytes) => AttributeValue::B(bytes),
        Value::Bool(flag) => AttributeValue::BOOL(flag),
        Value::Null => AttributeValue::NULL(true),
        Value::M(map) => AttributeValue::M(map.into_iter().map(|(name, value)| (name, from_value(value))).collect()),
        Value::L(list) => AttributeValue::L(list.into_iter().map(from_value).collect()),
        Value::Ss(set) => AttributeValue::SS(set.into_iter().collect()),
        Value::Ns(set) => AttributeValue::NS(set.into_iter().map(|number| number.as_str().to_owned()).collect()),
        Value::Bs(set) => AttributeValue::BS(set.into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::testing::any_map;

    proptest! {
        #[test]
        fn rows_survive_the_embedded_items(map in any_map()) {
            let row = Row(map);
            prop_assert_eq!(to_row(to_item(row.clone())).unwrap(), row);
        }
    }
}
