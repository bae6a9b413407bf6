//! Stored values, exactly as DynamoDB holds them, and their two JSON forms.

mod ddb_json;
mod ddb_read;
mod number;
mod plain_json;

use std::collections::BTreeSet;

use indexmap::IndexMap;

pub(crate) use ddb_json::Canonical;
pub use ddb_json::{
    BadDdbJson, item_from_ddb_json, item_to_ddb_json, item_to_ddb_text, value_from_ddb_json, value_to_ddb_json,
};
pub use ddb_read::{DdbItem, read_nested};
pub use number::{NotANumber, Number};
use plain_json::MAX_DEPTH;
pub use plain_json::{
    BadJson, ReadJson, from_plain_json, plain_json_length, read_plain_json, to_plain_json, to_plain_json_pretty,
};

/// Attributes by name. Order is kept (it matters in S3 objects only) and does not take part in equality.
pub type Map = IndexMap<String, Value>;

/// One stored value of any DynamoDB type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// String.
    S(String),
    /// Number, up to 38 digits.
    N(Number),
    /// Binary.
    B(Vec<u8>),
    /// Boolean.
    Bool(bool),
    /// NULL, which is a value and not absence.
    Null,
    /// Map.
    M(Map),
    /// List.
    L(Vec<Value>),
    /// String set.
    Ss(BTreeSet<String>),
    /// Number set.
    Ns(BTreeSet<Number>),
    /// Binary set.
    Bs(BTreeSet<Vec<u8>>),
}

impl Value {
    /// A string value.
    pub fn s(text: impl Into<String>) -> Self {
        Self::S(text.into())
    }

    /// A whole number.
    #[must_use]
    pub fn n(number: u64) -> Self {
        Self::N(Number::from(number))
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::S(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::N(number) => Some(number),
            _ => None,
        }
    }

    /// The map, if this is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::M(map) => Some(map),
            _ => None,
        }
    }

    /// DynamoDB's name of the type: `S`, `N`, `B`, `BOOL`, `NULL`, `M`, `L`, `SS`, `NS` or `BS`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::M(_) => "M",
            Self::L(_) => "L",
            Self::Ss(_) => "SS",
            Self::Ns(_) => "NS",
            Self::Bs(_) => "BS",
        }
    }

    /// Whether all that JSON lacks in the value are digits of numbers: no binary and no set.
    #[must_use]
    pub fn lacks_digits_only(&self) -> bool {
        match self {
            Self::B(_) | Self::Ss(_) | Self::Ns(_) | Self::Bs(_) => false,
            Self::L(list) => list.iter().all(Self::lacks_digits_only),
            Self::M(map) => map.values().all(Self::lacks_digits_only),
            Self::S(_) | Self::N(_) | Self::Bool(_) | Self::Null => true,
        }
    }

    /// Why the value cannot be kept as JSON that the application's JavaScript reads back unchanged; `None` when it can.
    ///
    /// Such values stay inline in their row and are never moved to S3.
    #[must_use]
    pub fn why_not_json(&self) -> Option<&'static str> {
        match self {
            Self::S(_) | Self::Bool(_) | Self::Null => None,
            Self::N(number) if number.fits_javascript() => None,
            Self::N(_) => Some("a number that JavaScript cannot hold"),
            Self::B(_) => Some("a binary value"),
            Self::Ss(_) | Self::Ns(_) | Self::Bs(_) => Some("a set"),
            Self::L(list) => list.iter().find_map(Self::why_not_json),
            Self::M(map) => map.values().find_map(Self::why_not_json),
        }
    }

    /// DynamoDB JSON with sorted names and canonical numbers: equal values give equal text.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        Canonical::default().value(self, &mut out);
        out
    }
}

/// The canonical text of a whole row; see [`Value::canonical`].
#[must_use]
pub fn canonical_item(item: &Map) -> String {
    let mut out = String::new();
    Canonical::default().map(item, &mut out);
    out
}
