//! Short ways to write values down.

use crate::domain::value::{Map, Number, Value};

/// A string.
pub(super) fn s(text: impl Into<String>) -> Value {
    Value::s(text)
}

/// A whole number.
pub(super) fn n(number: usize) -> Value {
    Value::n(number as u64)
}

/// A number in the digits given; NULL where they are none.
pub(super) fn digits(text: &str) -> Value {
    Number::parse(text).map_or(Value::Null, Value::N)
}

/// An amount in cents as a decimal number.
pub(super) fn cents(amount: usize) -> Value {
    digits(&format!("{}.{:02}", amount / 100, amount % 100))
}

/// An amount with two decimals in cents; `None` for anything but such an amount.
pub(super) fn in_cents(amount: &Value) -> Option<usize> {
    let (whole, fraction) = amount.as_number()?.as_str().split_once('.')?;
    (fraction.len() == 2).then(|| format!("{whole}{fraction}").parse().ok()).flatten()
}

/// A map.
pub(super) fn m<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::M(map(fields))
}

/// A map as attributes or a row hold it.
pub(super) fn map<const N: usize>(fields: [(&str, Value); N]) -> Map {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A list of strings.
pub(super) fn words(words: &[&str]) -> Value {
    Value::L(words.iter().map(|word| s(*word)).collect())
}
