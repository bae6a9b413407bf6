//! Limits of DynamoDB, found out before anything is sent.
//!
//! Source: the service quotas and the naming and data type rules of the DynamoDB developer guide.

use super::row::{Row, field};
use super::run::Reason;
use super::size::{MAX_ITEM_BYTES, item_bytes};
use super::value::{Map, Number, Value};

/// The longest partition key, in bytes.
pub const MAX_PK_BYTES: usize = 2048;
/// The longest sort key, in bytes, the version behind it included.
pub const MAX_SK_BYTES: usize = 1024;
/// Significant digits of a number.
const MAX_DIGITS: usize = 38;
/// Decimal exponents of the first digit: from 1e-130 to below 1e126.
const EXPONENTS: std::ops::RangeInclusive<i64> = -130..=125;
/// Lists and maps around a value, its own attribute included.
const MAX_LEVELS: usize = 32;

/// Why a row cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unstorable {
    /// The contract's word: `unsupported`, `too_large` or `key_invalid`.
    pub reason: Reason,
    /// In words, with the path.
    pub message: String,
}

fn unsupported(message: String) -> Unstorable {
    Unstorable { reason: Reason::Unsupported, message }
}

/// Checks keys, values and size of a row as it would be sent.
///
/// # Errors
/// [`Unstorable`] with the first thing that DynamoDB would refuse.
pub fn check(row: &Row) -> Result<(), Unstorable> {
    key(field::PK, row.text(field::PK), MAX_PK_BYTES)?;
    key(field::SK, row.text(field::SK), MAX_SK_BYTES)?;
    map(&row.0, &Path::Root, 0)?;
    let bytes = item_bytes(&row.0);
    if bytes > MAX_ITEM_BYTES {
        let sk = row.text(field::SK).unwrap_or_default();
        let message = format!("the row of {sk} would take {bytes} bytes; DynamoDB keeps at most {MAX_ITEM_BYTES}");
        return Err(Unstorable { reason: Reason::TooLarge, message });
    }
    Ok(())
}

fn key(name: &str, text: Option<&str>, most: usize) -> Result<(), Unstorable> {
    let invalid = |message: String| Err(Unstorable { reason: Reason::KeyInvalid, message });
    match text {
        None => invalid(format!("{name} is missing or no string")),
        Some("") => invalid(format!("{name} is empty")),
        Some(text) if text.len() > most => {
            let what = if name == field::SK { ", the version included" } else { "" };
            invalid(format!("{name} takes {} bytes{what}; DynamoDB keeps at most {most}", text.len()))
        }
        Some(_) => Ok(()),
    }
}

/// Where in a row something stands; spelled out only where it is wrong.
enum Path<'a> {
    Root,
    Name(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    fn spelled(&self) -> String {
        let mut path = super::path::Path::default();
        self.add_to(&mut path);
        path.to_string()
    }

    fn add_to(&self, path: &mut super::path::Path) {
        match self {
            Self::Root => {}
            Self::Name(outer, name) => {
                outer.add_to(path);
                *path = path.name(*name);
            }
            Self::Index(outer, index) => {
                outer.add_to(path);
                *path = path.index(*index);
            }
        }
    }
}

fn map(map: &Map, path: &Path<'_>, depth: usize) -> Result<(), Unstorable> {
    for (name, inner) in map {
        if name.is_empty() {
            let within = path.spelled();
            let place = if within.is_empty() { "the row".to_owned() } else { within };
            return Err(unsupported(format!("{place} holds an attribute whose name is empty")));
        }
        value(inner, &Path::Name(path, name), depth)?;
    }
    Ok(())
}

fn value(value: &Value, path: &Path<'_>, depth: usize) -> Result<(), Unstorable> {
    if depth >= MAX_LEVELS {
        return Err(unsupported(format!("{} lies more than {MAX_LEVELS} levels deep", path.spelled())));
    }
    let empty = || Err(unsupported(format!("{} is a set without members", path.spelled())));
    match value {
        Value::S(_) | Value::B(_) | Value::Bool(_) | Value::Null => Ok(()),
        Value::N(n) => number(n, path),
        Value::M(inner) => map(inner, path, depth + 1),
        Value::L(list) => {
            list.iter().enumerate().try_for_each(|(i, v)| self::value(v, &Path::Index(path, i), depth + 1))
        }
        Value::Ss(set) if set.is_empty() => empty(),
        Value::Ns(set) if set.is_empty() => empty(),
        Value::Bs(set) if set.is_empty() => empty(),
        Value::Ns(set) => set.iter().try_for_each(|n| number(n, path)),
        Value::Ss(_) | Value::Bs(_) => Ok(()),
    }
}

fn number(number: &Number, path: &Path<'_>) -> Result<(), Unstorable> {
    let digits = number.significant_digits();
    if digits > MAX_DIGITS {
        return Err(unsupported(format!(
            "{} has {digits} digits; DynamoDB keeps at most {MAX_DIGITS}",
            path.spelled()
        )));
    }
    match number.exponent() {
        Some(exponent) if !EXPONENTS.contains(&exponent) => {
            let shown = number.canonical_text();
            Err(unsupported(format!(
                "{} is {shown}; DynamoDB keeps numbers from 1e-130 to below 1e126",
                path.spelled()
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::item_from_ddb_json;

    fn refused(json: &str) -> Option<(Reason, String)> {
        let text = json.replacen('{', r#"{"pk":{"S":"P#a"},"sk":{"S":"x"},"#, 1);
        let row = Row(item_from_ddb_json(&serde_json::from_str(&text).unwrap()).unwrap());
        check(&row).err().map(|e| (e.reason, e.message))
    }

    #[test]
    fn numbers_have_38_digits_and_bounded_exponents() {
        for fits in ["12345678901234567890123456789012345678", "9e125", "1e-130", "0", "-1.5", "0e400"] {
            assert_eq!(refused(&format!(r#"{{"n":{{"N":"{fits}"}}}}"#)), None, "{fits}");
        }
        for (number, why) in [
            ("123456789012345678901234567890123456789", "39 digits"),
            ("1e126", "1e126"),
            ("-1e126", "-1e126"),
            ("9e-131", "9e-131"),
        ] {
            let (reason, message) =
                refused(&format!(r#"{{"attributes":{{"M":{{"a":{{"N":"{number}"}}}}}}}}"#)).unwrap();
            assert_eq!(reason, Reason::Unsupported);
            assert!(message.starts_with("attributes.a ") && message.contains(why), "{message}");
            assert!(refused(&format!(r#"{{"n":{{"NS":["{number}"]}}}}"#)).is_some(), "in a set");
        }
    }

    #[test]
    fn names_are_not_empty_and_values_not_too_deep() {
        let (reason, message) = refused(r#"{"attributes":{"M":{"l":{"L":[{"M":{"":{"S":"x"}}}]}}}}"#).unwrap();
        assert_eq!((reason, message.split(' ').next()), (Reason::Unsupported, Some("attributes.l[0]")));
        let nested = |levels: usize| {
            let inner = (1..levels).fold(r#"{"S":"x"}"#.to_owned(), |v, _| format!(r#"{{"M":{{"a":{v}}}}}"#));
            refused(&format!(r#"{{"attributes":{inner}}}"#))
        };
        assert_eq!(nested(32), None);
        assert!(nested(33).unwrap().1.contains("more than 32 levels"));
    }

    #[test]
    fn keys_have_their_length() {
        let with = |pk: usize, sk: usize| {
            let row = Row(Map::from([
                ("pk".to_owned(), Value::s("p".repeat(pk))),
                ("sk".to_owned(), Value::s("s".repeat(sk))),
            ]));
            check(&row).err().map(|e| e.reason)
        };
        assert_eq!(with(2048, 1024), None);
        for (pk, sk) in [(2049, 1), (1, 1025), (0, 1), (1, 0)] {
            assert_eq!(with(pk, sk), Some(Reason::KeyInvalid), "{pk} {sk}");
        }
    }

    #[test]
    fn sets_have_members_and_rows_a_size() {
        let row = |value: Value| {
            check(&Row(Map::from([
                ("pk".to_owned(), Value::s("p")),
                ("sk".to_owned(), Value::s("s")),
                ("a".to_owned(), value),
            ])))
        };
        for empty in [Value::Ss([].into()), Value::Ns([].into()), Value::Bs([].into())] {
            assert_eq!(row(Value::L(vec![empty])).unwrap_err().message, "a[0] is a set without members");
        }
        assert_eq!(row(Value::s("x".repeat(MAX_ITEM_BYTES))).unwrap_err().reason, Reason::TooLarge);
    }
}
