//! Values as plans write them.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::domain::value::{Number, Value, value_from_ddb_json, value_to_ddb_json};

/// A value of any type that stands in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal(Value);

/// A typed literal that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadLiteral(pub String);

impl Literal {
    /// A literal of a value.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }
}

impl Serialize for Literal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        value_to_ddb_json(&self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        value_from_ddb_json(&json).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Reads a value that JSON lacks from an object with one name: `$N`, `$B`, `$SS`, `$NS`, `$BS`. `None` for an object that is none of
/// these.
///
/// # Errors
/// [`BadLiteral`] when what stands in it is not what the name says.
pub fn typed(name: &str, value: &Value) -> Result<Option<Value>, BadLiteral> {
    let bad = |what: &str| BadLiteral(format!("{name} must hold {what}"));
    let texts = || -> Option<Vec<&str>> {
        match value {
            Value::L(list) if !list.is_empty() => list.iter().map(Value::as_str).collect(),
            _ => None,
        }
    };
    // DynamoDB refuses a set with equal members, and one of them would be lost without a word.
    let members = |count: usize| match value {
        Value::L(list) if list.len() > count => Err(bad("no two equal members")),
        _ => Ok(()),
    };
    let bytes = |text: &str| STANDARD.decode(text).ok();
    let number = |text: &str| Number::parse(text).ok();
    let found = match name {
        "$N" => {
            value.as_str().and_then(number).map(Value::N).ok_or_else(|| bad("a number as a text, 38 digits at most"))?
        }
        "$B" => value.as_str().and_then(bytes).map(Value::B).ok_or_else(|| bad("a text in base64"))?,
        "$SS" => {
            let texts = texts().ok_or_else(|| bad("a list of texts"))?;
            let set: BTreeSet<String> = texts.into_iter().map(str::to_owned).collect();
            members(set.len())?;
            Value::Ss(set)
        }
        "$NS" => {
            let numbers = texts().and_then(|t| t.into_iter().map(number).collect());
            let set: BTreeSet<Number> = numbers.ok_or_else(|| bad("a list of numbers as texts"))?;
            members(set.len())?;
            Value::Ns(set)
        }
        "$BS" => {
            let all = texts().and_then(|t| t.into_iter().map(bytes).collect());
            let set: BTreeSet<Vec<u8>> = all.ok_or_else(|| bad("a list of texts in base64"))?;
            members(set.len())?;
            Value::Bs(set)
        }
        _ => return Ok(None),
    };
    Ok(Some(found))
}

/// The object that stands for a value which JSON lacks; `None` for one that JSON has.
#[must_use]
pub fn untyped(value: &Value) -> Option<(&'static str, Value)> {
    let texts = |texts: Vec<String>| Value::L(texts.into_iter().map(Value::S).collect());
    match value {
        Value::N(number) if !number.fits_javascript() => Some(("$N", Value::s(number.as_str()))),
        Value::B(bytes) => Some(("$B", Value::S(STANDARD.encode(bytes)))),
        Value::Ss(set) => Some(("$SS", texts(set.iter().cloned().collect()))),
        Value::Ns(set) => Some(("$NS", texts(set.iter().map(|n| n.as_str().to_owned()).collect()))),
        Value::Bs(set) => Some(("$BS", texts(set.iter().map(|b| STANDARD.encode(b)).collect()))),
        _ => None,
    }
}
