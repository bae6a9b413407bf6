//! A row of one of the framework's tables, read without trusting it.

use super::key::{EntityKey, SortKey, Version, split_versioned};
use super::value::{Map, Value};

/// Names of the top-level fields that the framework knows.
pub mod field {
    #![expect(missing_docs, reason = "the names say it")]
    pub const PK: &str = "pk";
    pub const SK: &str = "sk";
    pub const ID: &str = "id";
    pub const CODE: &str = "code";
    pub const NAME: &str = "name";
    pub const VERSION: &str = "version";
    pub const TENANT_CODE: &str = "tenantCode";
    pub const TYPE: &str = "type";
    pub const IS_DELETED: &str = "isDeleted";
    pub const SEQ: &str = "seq";
    pub const TTL: &str = "ttl";
    pub const ATTRIBUTES: &str = "attributes";
    pub const STATUS: &str = "status";
    pub const SYNC_MODE: &str = "syncMode";
    pub const SOURCE: &str = "source";
    pub const REQUEST_ID: &str = "requestId";
    pub const CREATED_AT: &str = "createdAt";
    pub const CREATED_BY: &str = "createdBy";
    pub const CREATED_IP: &str = "createdIp";
    pub const UPDATED_AT: &str = "updatedAt";
    pub const UPDATED_BY: &str = "updatedBy";
    pub const UPDATED_IP: &str = "updatedIp";
    pub const TASK_TOKEN: &str = "taskToken";
    pub const CPK: &str = "cpk";
    pub const CSK: &str = "csk";
}

/// Table of a module that a row lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// The current state of every entity.
    Data,
    /// Past states under `sk@version`.
    History,
    /// Every published command under `sk@version`.
    Command,
}

impl TableKind {
    /// The suffix of the table's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::History => "history",
            Self::Command => "command",
        }
    }
}

/// Something in a row that a tool must not guess about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRow {
    /// No string under this key attribute.
    #[error("the row has no string attribute {0:?}")]
    NoKey(&'static str),
    /// `version` is missing, no number, negative or fractional.
    #[error("version of {sk} is {found}, not a whole number")]
    Version {
        /// Sort key of the row.
        sk: String,
        /// Value stored instead.
        found: String,
    },
    /// `attributes` is neither a map nor the reference to an S3 object.
    #[error("attributes of {sk} is of type {found}, neither a map nor an s3:// reference")]
    Attributes {
        /// Sort key of the row.
        sk: String,
        /// DynamoDB's name of the stored type.
        found: &'static str,
    },
}

/// A row of the data, history or command table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row(pub Map);

/// Where a row keeps its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attributes<'a> {
    /// In the row.
    Inline(&'a Map),
    /// In an S3 object; the stored URI.
    InS3(&'a str),
    /// The row has none, or NULL.
    Absent,
}

impl Row {
    /// A field by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A field that holds a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// The stored sort key, with the version in command and history rows.
    ///
    /// # Errors
    /// [`BadRow::NoKey`] when it is missing or no string.
    pub fn sk(&self) -> Result<&str, BadRow> {
        self.text(field::SK).ok_or(BadRow::NoKey(field::SK))
    }

    /// The stored partition key.
    ///
    /// # Errors
    /// [`BadRow::NoKey`] when it is missing or no string.
    pub fn pk(&self) -> Result<&str, BadRow> {
        self.text(field::PK).ok_or(BadRow::NoKey(field::PK))
    }

    /// Partition key and whole sort key, for rows of the data table.
    ///
    /// # Errors
    /// [`BadRow::NoKey`] when one is missing or no string.
    pub fn data_key(&self) -> Result<EntityKey, BadRow> {
        Ok(EntityKey::new(self.pk()?, self.sk()?))
    }

    /// The version as stored in the row.
    ///
    /// # Errors
    /// [`BadRow::Version`] when it is anything but a whole number from 0 on.
    pub fn version(&self) -> Result<Version, BadRow> {
        let found = self.get(field::VERSION);
        found.and_then(Value::as_number).and_then(super::value::Number::as_u64).map(Version).ok_or_else(|| {
            BadRow::Version {
                sk: self.sk().unwrap_or_default().to_owned(),
                found: found.map_or_else(|| "missing".to_owned(), Value::canonical),
            }
        })
    }

    /// The version of a command or history row: that of its sort key.
    #[must_use]
    pub fn key_version(&self) -> Option<Version> {
        split_versioned(self.sk().ok()?).map(|(_, v)| v)
    }

    /// The attributes or where they are.
    ///
    /// # Errors
    /// [`BadRow::Attributes`] when they are of another type or a string that is no `s3://` reference.
    pub fn attributes(&self) -> Result<Attributes<'_>, BadRow> {
        match self.get(field::ATTRIBUTES) {
            Some(Value::M(map)) => Ok(Attributes::Inline(map)),
            Some(Value::S(uri)) if uri.starts_with("s3://") => Ok(Attributes::InS3(uri)),
            Some(Value::Null) | None => Ok(Attributes::Absent),
            Some(other) => {
                Err(BadRow::Attributes { sk: self.sk().unwrap_or_default().to_owned(), found: other.type_name() })
            }
        }
    }

    /// The `s3://` reference, where the attributes are stored in S3.
    #[must_use]
    pub fn attributes_ref(&self) -> Option<&str> {
        match self.attributes() {
            Ok(Attributes::InS3(uri)) => Some(uri),
            _ => None,
        }
    }

    /// Whether the row is soft-deleted; the stored field has three states (absent, false, true).
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.get(field::IS_DELETED) == Some(&Value::Bool(true))
    }

    /// The row with its attributes replaced, for rows whose attributes were read from S3.
    #[must_use]
    pub fn with_attributes(&self, attributes: Value) -> Self {
        let mut map = self.0.clone();
        map.insert(field::ATTRIBUTES.to_owned(), attributes);
        Self(map)
    }
}

/// Why an entity must not be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// The framework would cut the sort key at the `@`.
    #[error("its sort key contains '@', which the framework takes for a version: a write would land on another entity")]
    AtSign,
    /// The row's id belongs to another key.
    #[error("its id is not pk#sk: the row was mangled by a sort key with '@', and a write would mix two entities")]
    Id,
}

impl Blocked {
    /// The word that the contract uses for the reason.
    #[must_use]
    pub fn reason(self) -> super::run::Reason {
        match self {
            Self::AtSign => super::run::Reason::AtSign,
            Self::Id => super::run::Reason::KeyInvalid,
        }
    }
}

/// Whether the framework would mangle a write to the entity. A missing `id` is not held against a row.
#[must_use]
pub fn blocked(key: &EntityKey, row: Option<&Row>) -> Option<Blocked> {
    let sk: &SortKey = &key.sk;
    if sk.has_version_separator() {
        return Some(Blocked::AtSign);
    }
    let id = row.and_then(|r| r.get(field::ID))?;
    (id.as_str() != Some(key.id().as_str())).then_some(Blocked::Id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &str) -> Row {
        Row(crate::domain::value::item_from_ddb_json(&serde_json::from_str(json).unwrap()).unwrap())
    }

    #[test]
    fn a_version_that_is_no_number_is_an_error() {
        for (stored, found) in
            [(r#"{"S":"3"}"#, r#"{"S":"3"}"#), (r#"{"N":"1.5"}"#, r#"{"N":"1.5"}"#), (r#"{"N":"-1"}"#, r#"{"N":"-1"}"#)]
        {
            let r = row(&format!(r#"{{"pk":{{"S":"P#a"}},"sk":{{"S":"x"}},"version":{stored}}}"#));
            assert_eq!(r.version(), Err(BadRow::Version { sk: "x".into(), found: found.into() }));
        }
        assert_eq!(row(r#"{"sk":{"S":"x"},"version":{"N":"12"}}"#).version(), Ok(Version(12)));
    }

    #[test]
    fn attributes_are_a_map_a_reference_or_nothing() {
        assert_eq!(row(r#"{"attributes":{"S":"s3://b/k"}}"#).attributes(), Ok(Attributes::InS3("s3://b/k")));
        assert_eq!(row(r#"{"attributes":{"NULL":true}}"#).attributes(), Ok(Attributes::Absent));
        assert_eq!(
            row(r#"{"sk":{"S":"x"},"attributes":{"L":[]}}"#).attributes(),
            Err(BadRow::Attributes { sk: "x".into(), found: "L" })
        );
    }

    #[test]
    fn entities_that_the_framework_would_mangle_are_blocked() {
        let mangled = row(r#"{"id":{"S":"CUSTOMER#acme#user@example.com"}}"#);
        assert_eq!(blocked(&EntityKey::new("CUSTOMER#acme", "user"), Some(&mangled)), Some(Blocked::Id));
        assert_eq!(blocked(&EntityKey::new("CUSTOMER#acme", "user@example.com"), None), Some(Blocked::AtSign));
        let fine = row(r#"{"id":{"S":"ORDER#a#ORDER#O-1"}}"#);
        assert_eq!(blocked(&EntityKey::new("ORDER#a", "ORDER#O-1"), Some(&fine)), None);
    }
}
