//! Keys under a mask: the type stays, every part behind it gets a name, and ids, references and objects follow.

use std::collections::BTreeSet;

use super::super::key::{KEY_SEPARATOR, VERSION_SEPARATOR, split_versioned};
use super::pseudonym::Secret;

/// Prefix of settings of expiry; the table's name stands behind it.
const SETTING: &str = "TTL#";
/// Bytes that a masked key may take, a version behind it left out.
const LONGEST: usize = 1_000;
/// States of the framework's pipeline.
const STATES: [&str; 8] = [
    "check_version",
    "wait_prev_command",
    "set_ttl_command",
    "history_copy",
    "transform_data",
    "sync_data",
    "finish",
    "publish_sync",
];

/// Whether a status is one of the framework's own words.
pub(super) fn is_status(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(state, end)| STATES.contains(&state) && matches!(end, "STARTED" | "FINISHED" | "FAILED"))
}

/// Known names in keys: neither kind says anything about a customer.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// First segments of partition keys.
    pub(super) types: BTreeSet<String>,
    /// Names of tables.
    pub(super) tables: BTreeSet<String>,
}

impl Keys {
    /// A partition key.
    pub(super) fn pk(&self, secret: &Secret, pk: &str) -> String {
        short(secret, pk, self.reference(secret, pk).unwrap_or_else(|| secret.parts(pk)))
    }

    /// A text that begins as a key does: with a type and a separator.
    pub(super) fn reference(&self, secret: &Secret, text: &str) -> Option<String> {
        let (kind, rest) = text.split_once(KEY_SEPARATOR)?;
        self.types.contains(kind).then(|| format!("{kind}{KEY_SEPARATOR}{}", secret.parts(rest)))
    }

    /// A sort key without a version.
    fn sk(&self, secret: &Secret, base: &str) -> String {
        // Retention is looked up by this very key.
        if base.strip_prefix(SETTING).is_some_and(|table| self.tables.contains(table)) {
            return base.to_owned();
        }
        short(secret, base, secret.parts(base))
    }

    /// A sort key as stored, of a row whose own is `base`.
    pub(super) fn stored_sk(&self, secret: &Secret, base: &str, text: &str) -> String {
        if text == base {
            return self.sk(secret, base);
        }
        match split_versioned(text) {
            Some((base, version)) => format!("{}{VERSION_SEPARATOR}{version}", self.sk(secret, base)),
            None => self.sk(secret, text),
        }
    }

    /// The id of an entity.
    pub(super) fn id(&self, secret: &Secret, (pk, base): (&str, &str), text: &str) -> String {
        let own = text.strip_prefix(pk).and_then(|rest| rest.strip_prefix(KEY_SEPARATOR));
        if own == Some(base) {
            return format!("{}{KEY_SEPARATOR}{}", self.pk(secret, pk), self.sk(secret, base));
        }
        self.reference(secret, text).unwrap_or_else(|| secret.parts(text))
    }

    /// The key of an object: in the framework's form the parts of the entity's keys in it have their names.
    pub(super) fn object(&self, secret: &Secret, key: &str) -> String {
        let own = key.strip_prefix("ddb/").and_then(|rest| rest.split_once('/'));
        let own = own.filter(|(table, _)| self.tables.contains(*table));
        let Some((table, (entity, file))) = own.and_then(|(table, rest)| Some((table, rest.rsplit_once('/')?))) else {
            return format!("ddb/{}.json", secret.name(key));
        };
        let (base, version) = split_versioned(entity).map_or((entity, None), |(base, version)| (base, Some(version)));
        let separators = [KEY_SEPARATOR, VERSION_SEPARATOR, '/'];
        let mut entity = match base.split_once(KEY_SEPARATOR) {
            Some((kind, rest)) if self.types.contains(kind) => {
                format!("{kind}{KEY_SEPARATOR}{}", secret.split(rest, &separators))
            }
            _ => secret.split(base, &separators),
        };
        if let Some(version) = version {
            entity.push(VERSION_SEPARATOR);
            entity.push_str(&version.to_string());
        }
        let file = secret.name(file.strip_suffix(".json").unwrap_or(file));
        match entity.len() {
            0..=LONGEST => format!("ddb/{table}/{entity}/{file}.json"),
            _ => format!("ddb/{table}/{}/{file}.json", secret.name(&entity)),
        }
    }
}

/// A masked key, or one name for all of it where it became too long to be stored.
fn short(secret: &Secret, key: &str, masked: String) -> String {
    if masked.len() <= LONGEST { masked } else { secret.name(key) }
}
