//! Lists of roles or groups as JSON texts: only the bytes of tenant codes change.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{CodeChange, Entry};

/// Why an attribute cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// No JSON, or no list.
    #[error("it is no JSON list ({0})")]
    NoList(String),
    /// An entry that is no object.
    #[error("entry {0} is no object")]
    NoObject(usize),
}

/// The fields of an entry in their order, doubled ones included.
struct Fields<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// The text with the codes changed, every other byte as it was; `None` where none changes.
pub(super) fn changed(text: &str, change: &CodeChange) -> Result<Option<String>, Malformed> {
    let entries: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| Malformed::NoList(e.to_string()))?;
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for (at, entry) in entries.iter().enumerate() {
        let Fields(fields) = serde_json::from_str(entry.get()).map_err(|_| Malformed::NoObject(at + 1))?;
        for (_, raw) in fields.iter().filter(|(name, _)| name == "tenant") {
            // A value that is no text names no tenant: null is for all of them.
            let Ok(code) = serde_json::from_str::<String>(raw.get()) else { continue };
            let Some(new) = change.of(&code) else { continue };
            // The raw value is a piece of the text itself.
            let from = (raw.get().as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
            let to = from + raw.get().len();
            let (Some(before), Ok(new)) = (text.get(kept..from), serde_json::to_string(&new)) else { continue };
            out.push_str(before);
            out.push_str(&new);
            kept = to;
        }
    }
    if kept == 0 {
        return Ok(None);
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    Ok(Some(out))
}

/// The entries of a list with the words that a field of theirs holds, one for each word.
pub(super) fn listed(text: &str, field: &str) -> Result<Vec<Entry>, Malformed> {
    let entries: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| Malformed::NoList(e.to_string()))?;
    let mut out = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let Fields(fields) = serde_json::from_str(entry.get()).map_err(|_| Malformed::NoObject(at + 1))?;
        let of = |wanted: &str| fields.iter().rev().find(|(name, _)| name == wanted).map(|(_, raw)| *raw);
        let tenant = of("tenant").and_then(word).filter(|code| !code.is_empty());
        let words: Vec<Option<String>> = match of(field).map(RawValue::get) {
            Some(raw) => match serde_json::from_str::<Vec<&RawValue>>(raw) {
                Ok(list) if list.is_empty() => vec![None],
                Ok(list) => list.into_iter().map(word).collect(),
                Err(_) => vec![of(field).and_then(word)],
            },
            None => vec![None],
        };
        out.extend(words.into_iter().map(|word| Entry { tenant: tenant.clone(), word }));
    }
    Ok(out)
}

/// A text as it reads, anything else as it stands; `None` for null.
fn word(raw: &RawValue) -> Option<String> {
    match serde_json::from_str::<Option<String>>(raw.get()) {
        Ok(text) => text,
        Err(_) => Some(raw.get().to_owned()),
    }
}
