//! Texts of values, and values of texts.

use super::{Letters, To};
use crate::domain::value::{Number, Value};

/// Text of a string, a number or a boolean.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::S(text) => Some(text.clone()),
        Value::N(number) => Some(number.as_str().to_owned()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The value as another type; `None` where it cannot be read as that.
pub(super) fn convert(value: &Value, to: To) -> Option<Value> {
    match (value, to) {
        (Value::N(_), To::Number) | (Value::S(_), To::String) | (Value::Bool(_), To::Bool) => Some(value.clone()),
        (Value::S(text), To::Number) => Number::parse(text.trim()).ok().map(Value::N),
        (value, To::String) => text(value).map(Value::S),
        (Value::S(text), To::Bool) => match text.trim() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}

/// Changes letters; `None` for what has none.
pub(super) fn letters(value: &Value, how: Letters) -> Option<Value> {
    let change = |text: &String| match how {
        Letters::Lower => text.to_lowercase(),
        Letters::Upper => text.to_uppercase(),
        Letters::Trim => text.trim().to_owned(),
    };
    match value {
        Value::S(text) => Some(Value::S(change(text))),
        Value::Ss(set) => Some(Value::Ss(set.iter().map(change).collect())),
        Value::L(list) => list.iter().map(|one| letters(one, how)).collect::<Option<_>>().map(Value::L),
        _ => None,
    }
}
