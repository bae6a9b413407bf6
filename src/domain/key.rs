//! Partition keys, sort keys and versions as the framework spells them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Separates the segments of a key.
pub const KEY_SEPARATOR: char = '#';
/// Separates a sort key from its version in command and history tables.
pub const VERSION_SEPARATOR: char = '@';

/// A version of an entity: 1 for the first, 0 for an entity that does not exist yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Version(pub u64);

impl Version {
    /// The version that the next publish writes.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Partition key, `TYPE#tenant` or with more segments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartitionKey(String);

/// Sort key without a version: that of the data row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SortKey(String);

macro_rules! text_key {
    ($name:ident) => {
        impl $name {
            /// Wraps the text as it is stored.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The key as stored.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

text_key!(PartitionKey);
text_key!(SortKey);

impl PartitionKey {
    /// The first segment, by convention the entity type.
    #[must_use]
    pub fn entity_type(&self) -> &str {
        self.0.split(KEY_SEPARATOR).next().unwrap_or_default()
    }

    /// All segments; never empty.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split(KEY_SEPARATOR)
    }

    /// The module name that the framework's convention suggests: the first segment in lower case with `_` as `-`.
    #[must_use]
    pub fn module_hint(&self) -> String {
        self.entity_type().to_lowercase().replace('_', "-")
    }
}

impl SortKey {
    /// The sort key of a version's row in the command and history tables.
    #[must_use]
    pub fn at(&self, version: Version) -> String {
        format!("{}{VERSION_SEPARATOR}{version}", self.0)
    }

    /// Whether the framework would mistake a part of this key for a version (it cuts at the last `@`, whatever follows).
    #[must_use]
    pub fn has_version_separator(&self) -> bool {
        self.0.contains(VERSION_SEPARATOR)
    }
}

/// One entity: partition key and sort key of its data row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityKey {
    /// Partition key.
    pub pk: PartitionKey,
    /// Sort key of the data row.
    pub sk: SortKey,
}

impl EntityKey {
    /// Joins the two keys.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: PartitionKey::new(pk), sk: SortKey::new(sk) }
    }

    /// Whether a text is the framework's `id` of this entity.
    #[must_use]
    pub fn is_id(&self, text: &str) -> bool {
        text.strip_prefix(self.pk.as_str()).and_then(|rest| rest.strip_prefix(KEY_SEPARATOR)) == Some(self.sk.as_str())
    }

    /// The framework's `id`: `pk#sk`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}{KEY_SEPARATOR}{}", self.pk, self.sk)
    }
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sk.as_str() {
            // A whole partition.
            "" => write!(f, "{}", self.pk),
            sk => write!(f, "{} / {sk}", self.pk),
        }
    }
}

/// The likely meaning of a key that nothing stands under: a sort key with its version behind it, or an id in place of the partition key.
#[must_use]
pub fn meant(pk: &PartitionKey, sk: Option<&str>) -> Option<String> {
    if let Some((base, version)) = sk.and_then(split_versioned) {
        return Some(format!("{base} is the sort key if @{version} is its version: leave that out"));
    }
    let mut segments = pk.as_str().splitn(3, KEY_SEPARATOR);
    let (kind, tenant, rest) = (segments.next()?, segments.next()?, segments.next()?);
    let rest = split_versioned(rest).map_or(rest, |(base, _)| base);
    Some(format!("{pk} may be an id: then {kind}#{tenant} is the partition key and {rest} the sort key"))
}

/// Takes the sort key of a command or history row apart: everything before the last `@`, and the digits after it.
///
/// `None` when what follows the last `@` is not a version; in the data table a sort key is never taken apart.
#[must_use]
pub fn split_versioned(sk: &str) -> Option<(&str, Version)> {
    let (base, digits) = sk.rsplit_once(VERSION_SEPARATOR)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().map(|n| (base, Version(n)))
}

/// The version of a row of exactly this entity; `None` for rows of other entities that share the beginning of the key
/// (`user@example.com@1` is no version of `user`).
#[must_use]
pub fn version_of(base: &SortKey, sk: &str) -> Option<Version> {
    split_versioned(sk).filter(|(b, _)| *b == base.as_str()).map(|(_, v)| v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_ids_in_the_wrong_place_are_recognised() {
        let meant = |pk: &str, sk: Option<&str>| super::meant(&PartitionKey::from(pk), sk);
        assert!(meant("P#a", Some("E1@3")).unwrap().starts_with("E1 is the sort key"));
        assert!(
            meant("PRODUCT#acme#P-1", None).unwrap().contains("PRODUCT#acme is the partition key and P-1 the sort key")
        );
        assert!(meant("ORDER#acme#ORDER#O-1@2", None).unwrap().contains("and ORDER#O-1 the sort key"));
        assert_eq!((meant("P#a", Some("user@example.com")), meant("P#a", None)), (None, None));
    }

    #[test]
    fn versions_are_digits_after_the_last_at_sign() {
        assert_eq!(split_versioned("a@12"), Some(("a", Version(12))));
        assert_eq!(split_versioned("user@example.com@3"), Some(("user@example.com", Version(3))));
        for sk in ["a", "user@example.com", "a@", "a@-1", "a@1x", "a@٣", "a@99999999999999999999999"] {
            assert_eq!(split_versioned(sk), None, "{sk}");
        }
    }

    #[test]
    fn another_entity_with_the_same_beginning_is_no_version() {
        let user = SortKey::from("user");
        assert_eq!(version_of(&user, "user@2"), Some(Version(2)));
        assert_eq!(version_of(&user, "user@example.com@1"), None);
        assert_eq!(version_of(&SortKey::from("user@example.com"), "user@example.com@1"), Some(Version(1)));
    }

    #[test]
    fn keys_spell_themselves() {
        let key = EntityKey::new("ORDER#acme", "ORDER_ITEM#O-1#001");
        assert_eq!(key.id(), "ORDER#acme#ORDER_ITEM#O-1#001");
        assert_eq!(key.sk.at(Version(3)), "ORDER_ITEM#O-1#001@3");
        assert_eq!(PartitionKey::from("MASTER_DATA#COMMON").module_hint(), "master-data");
        assert!(SortKey::from("report@2024").has_version_separator());
    }
}
