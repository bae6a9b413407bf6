//! Rows, objects and users in a form that can be shown to others.
//!
//! Pure: the caller reads and writes, the rules are here. A mask names places; pseudonyms are keyed, and the key is held nowhere but in
//! the [`Mask`]: once it is gone nobody can find out again which text became which.

mod keys;
mod places;
mod pseudonym;
mod shown;
#[cfg(test)]
mod tests;
mod users;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use super::key::{PartitionKey, split_versioned};
use super::row::{Row, TableKind, field};
use super::transform::{Brought, Changing};
use super::value::{Map, Value, from_plain_json, to_plain_json};
use keys::Keys;
pub use places::{BadPlace, Place, Rest, Treatment, Treatments};
pub use pseudonym::Secret;
use values::{Found, Root};

/// Places that are listed at most: a map whose names are data has as many places as it has names.
const LISTED: usize = 1_000;

/// Texts in one place that no rule names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Untouched {
    /// The module, or `users`.
    pub module: String,
    /// The place, as a rule would name it.
    pub place: String,
    /// How many texts.
    pub values: u64,
}

/// Result of a mask.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MaskReport {
    /// Texts that no rule names, by module and place.
    pub untouched: Vec<Untouched>,
    /// Further places that were not listed.
    pub more: u64,
    /// Places of rules that nothing had.
    pub unmet: Vec<String>,
    /// Attributes that the mask's transforms do not fit: they were left out.
    pub unfit: u64,
    /// Objects that hold no attributes: they were left out.
    pub dropped: u64,
}

/// A mask at work.
#[derive(Debug)]
pub struct Mask {
    rules: Treatments,
    changing: Option<Changing>,
    secret: Secret,
    keys: Keys,
    /// The bucket that masked references name.
    bucket: String,
    found: BTreeMap<(String, String), u64>,
    more: u64,
    met: BTreeSet<usize>,
    unfit: u64,
    dropped: u64,
}

impl Mask {
    /// A mask whose pseudonyms depend on a secret. Transforms come first where there are any; masked references name the bucket.
    #[must_use]
    pub fn new(rules: Treatments, changing: Option<Changing>, secret: Secret, bucket: &str) -> Self {
        Self {
            rules,
            changing,
            secret,
            keys: Keys::default(),
            bucket: bucket.to_owned(),
            found: BTreeMap::new(),
            more: 0,
            met: BTreeSet::new(),
            unfit: 0,
            dropped: 0,
        }
    }

    /// Says which first segments of keys are types, and how tables are called: neither is masked.
    pub fn knows(&mut self, types: impl IntoIterator<Item = String>, tables: impl IntoIterator<Item = String>) {
        self.keys.types.extend(types);
        self.keys.tables.extend(tables);
    }

    fn masks_keys(&mut self) -> bool {
        self.met.extend(self.rules.keys_rule());
        self.rules.masks_keys()
    }

    /// A row as it may be shown.
    #[must_use]
    pub fn row(&mut self, module: &str, kind: TableKind, row: Row) -> Row {
        let masks_keys = self.masks_keys();
        let (pk, sk) = (row.text(field::PK).map(str::to_owned), row.text(field::SK).map(str::to_owned));
        let (pk, sk) = (pk.unwrap_or_default(), sk.unwrap_or_default());
        if !masks_keys && !self.rules.knows_keys() {
            self.note(module, "keys");
        }
        let base = match kind {
            TableKind::Data => sk.as_str(),
            TableKind::Command | TableKind::History => split_versioned(&sk).map_or(sk.as_str(), |(base, _)| base),
        };
        let mut out = Map::new();
        for (name, value) in row.0 {
            let value = match (name.as_str(), value) {
                (field::PK, Value::S(text)) if masks_keys => Value::S(self.keys.pk(&self.secret, &text)),
                (field::SK, Value::S(text)) if masks_keys => Value::S(self.keys.stored_sk(&self.secret, base, &text)),
                (field::CPK, Value::S(text)) if masks_keys => Value::S(self.keys.pk(&self.secret, &text)),
                (field::CSK, Value::S(text)) if masks_keys => Value::S(self.keys.stored_sk(&self.secret, base, &text)),
                (field::ID, Value::S(text)) if masks_keys => Value::S(self.keys.id(&self.secret, (&pk, base), &text)),
                (field::TENANT_CODE | field::CODE, Value::S(text)) if masks_keys => Value::S(self.secret.parts(&text)),
                (field::PK | field::SK | field::CPK | field::CSK | field::ID | field::TENANT_CODE | field::CODE, v) => {
                    v
                }
                (field::ATTRIBUTES, Value::S(uri)) if uri.starts_with("s3://") => Value::S(self.reference(&uri)),
                (field::ATTRIBUTES, Value::M(map)) => Value::M(self.attributes(module, &pk, map)),
                (own, value) if self.is_frameworks_own(own, &pk, &value) => value,
                (own, value) => self.value(module, Root::Row, own, value),
            };
            out.insert(name, value);
        }
        Row(out)
    }

    /// An object of attributes under the key that masked rows refer to; `None` for one that holds no attributes and cannot be masked.
    #[must_use]
    pub fn object(&mut self, module: &str, key: &str, body: &[u8]) -> Option<(String, Vec<u8>)> {
        let text = std::str::from_utf8(body).ok().and_then(|text| from_plain_json(text).ok());
        let Some(Value::M(map)) = text else {
            self.dropped += 1;
            return None;
        };
        let masked = self.attributes(module, "", map);
        let key = if self.masks_keys() { self.keys.object(&self.secret, key) } else { key.to_owned() };
        Some((key, to_plain_json(&Value::M(masked)).into_bytes()))
    }

    /// The reference to a masked object.
    fn reference(&mut self, uri: &str) -> String {
        if !self.masks_keys() {
            return uri.to_owned();
        }
        let key = uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).map(|(_, key)| key);
        format!("s3://{}/{}", self.bucket, self.keys.object(&self.secret, key.unwrap_or(uri)))
    }

    /// Attributes: first what transforms make of them, then what the places say.
    fn attributes(&mut self, module: &str, pk: &str, map: Map) -> Map {
        let changed = match self.changing.as_ref().map(|changing| changing.apply(&map)) {
            None | Some(Brought::Equal) => map,
            Some(Brought::Changed(changed)) => changed,
            Some(Brought::Refused(..)) => {
                self.unfit += 1;
                return Map::new();
            }
        };
        // The retention that rows of the copy live by.
        let is_setting = PartitionKey::new(pk).entity_type() == "MASTER";
        let mut out = Map::new();
        for (name, value) in changed {
            let value = match &value {
                Value::S(days) if is_setting && name == "days" && days.trim().parse::<f64>().is_ok() => value,
                _ => self.value(module, Root::Attributes, &name, value),
            };
            out.insert(name, value);
        }
        // The place `attributes` itself: all of it goes.
        if self.rules.empties_attributes() {
            self.met.extend(self.rules.attributes_rule());
            out.clear();
        }
        out
    }

    fn value(&mut self, module: &str, root: Root, name: &str, value: Value) -> Value {
        let mut found = Found::default();
        let masks_keys = self.rules.masks_keys();
        let masker = values::Masker {
            rules: &self.rules,
            secret: &self.secret,
            keys: masks_keys.then_some(&self.keys),
            found: &mut found,
        };
        let value = masker.member(root, name, value);
        self.met.extend(found.met);
        for place in found.untouched {
            self.note(module, &place);
        }
        value
    }

    /// Whether a field holds what the framework itself writes there, which says nothing of anybody.
    fn is_frameworks_own(&self, name: &str, pk: &str, value: &Value) -> bool {
        let Value::S(text) = value else { return false };
        if self.rules.names_row(name) {
            return false;
        }
        match name {
            field::STATUS => keys::is_status(text),
            field::SYNC_MODE => matches!(text.as_str(), "SYNC" | "ASYNC"),
            field::CREATED_AT | field::UPDATED_AT => super::clock::parse_time(text).is_some(),
            field::TYPE => self.keys.types.contains(text) || PartitionKey::new(pk).entity_type() == text,
            field::SOURCE => super::run::Operation::ALL.iter().any(|op| *text == format!("tenantry {op}")),
            _ => false,
        }
    }

    fn note(&mut self, module: &str, place: &str) {
        let at = (module.to_owned(), place.to_owned());
        if let Some(count) = self.found.get_mut(&at) {
            *count += 1;
        } else if self.found.len() < LISTED {
            self.found.insert(at, 1);
        } else {
            self.more += 1;
        }
    }

    /// Result of the mask so far.
    #[must_use]
    pub fn report(&self) -> MaskReport {
        let untouched = self.found.iter().map(|((module, place), values)| Untouched {
            module: module.clone(),
            place: place.clone(),
            values: *values,
        });
        MaskReport {
            untouched: untouched.collect(),
            more: self.more,
            unmet: self.rules.unmet(&self.met),
            unfit: self.unfit,
            dropped: self.dropped,
        }
    }
}
