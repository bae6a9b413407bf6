//! The SDK's attribute values and ours.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::error::StoreError;
use crate::domain::row::Row;
use crate::domain::value::{Map, Number, Value};

/// An item as the SDK hands it over. Names are sorted: the SDK keeps no order, and ours must not change from call to call.
///
/// # Errors
/// [`StoreError::UnknownType`] for a type that this version does not know.
pub(super) fn from_item(item: HashMap<String, AttributeValue>) -> Result<Row, StoreError> {
    from_map(item).map(Row)
}

fn from_map(item: HashMap<String, AttributeValue>) -> Result<Map, StoreError> {
    let mut pairs: Vec<(String, AttributeValue)> = item.into_iter().collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs.into_iter().map(|(name, value)| Ok((name.clone(), from_value(&name, value)?))).collect()
}

fn number(name: &str, text: &str) -> Result<Number, StoreError> {
    Number::parse(text).map_err(|_| StoreError::UnknownType(name.to_owned()))
}

fn from_value(name: &str, value: AttributeValue) -> Result<Value, StoreError> {
    Ok(match value {
        AttributeValue::S(text) => Value::S(text),
        AttributeValue::N(text) => Value::N(number(name, &text)?),
        AttributeValue::B(blob) => Value::B(blob.into_inner()),
        AttributeValue::Bool(flag) => Value::Bool(flag),
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::M(map) => Value::M(from_map(map)?),
        AttributeValue::L(list) => Value::L(list.into_iter().map(|v| from_value(name, v)).collect::<Result<_, _>>()?),
        AttributeValue::Ss(set) => Value::Ss(set.into_iter().collect()),
        AttributeValue::Ns(set) => Value::Ns(set.iter().map(|t| number(name, t)).collect::<Result<_, _>>()?),
        AttributeValue::Bs(set) => Value::Bs(set.into_iter().map(Blob::into_inner).collect()),
        _ => return Err(StoreError::UnknownType(name.to_owned())),
    })
}

/// An item for the SDK, numbers in the digits they have.
pub(super) fn to_item(row: &Row) -> HashMap<String, AttributeValue> {
    row.0.iter().map(|(name, value)| (name.clone(), to_value(value))).collect()
}

pub(super) fn to_value(value: &Value) -> AttributeValue {
    match value {
        Value::S(text) => AttributeValue::S(text.clone()),
        Value::N(number) => AttributeValue::N(number.as_str().to_owned()),
        Value::B(bytes) => AttributeValue::B(Blob::new(bytes.clone())),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Null => AttributeValue::Null(true),
        Value::M(map) => AttributeValue::M(map.iter().map(|(n, v)| (n.clone(), to_value(v))).collect()),
        Value::L(list) => AttributeValue::L(list.iter().map(to_value).collect()),
        Value::Ss(set) => AttributeValue::Ss(set.iter().cloned().collect()),
        Value::Ns(set) => AttributeValue::Ns(set.iter().map(|n| n.as_str().to_owned()).collect()),
        Value::Bs(set) => AttributeValue::Bs(set.iter().cloned().map(Blob::new).collect()),
    }
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The primary key of a row.
pub(super) fn primary_key(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::testing::any_map;

    proptest! {
        #[test]
        fn rows_survive_the_sdk(map in any_map()) {
            let row = Row(map);
            prop_assert_eq!(from_item(to_item(&row)).unwrap(), row);
        }
    }

    #[test]
    fn names_come_out_sorted() {
        let item = HashMap::from([("b".to_owned(), text("1")), ("a".to_owned(), text("2"))]);
        assert_eq!(from_item(item).unwrap().0.keys().collect::<Vec<_>>(), ["a", "b"]);
    }
}
