//! The sandbox's user pool: its attributes and its users, and their form in the file.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The id of the sandbox's pool, the same in every sandbox.
pub(in crate::sandbox) const ID: &str = "ap-northeast-1_Sandbox01";

/// The attributes that every pool has.
const STANDARD: [&str; 20] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
];
/// The custom attributes that applications of the framework keep tenant codes in.
const CUSTOM: [&str; 3] = ["custom:tenant", "custom:roles", "custom:groups"];
/// The longest value that Cognito takes, in characters.
const LONGEST: usize = 2048;

/// A user of the pool who has no password and so cannot sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user name.
    pub name: String,
    /// The attribute `sub`, a UUID as text.
    pub sub: String,
    /// Every other attribute by its full name, such as `email` or `custom:tenant`.
    pub attributes: Vec<(String, String)>,
}

/// A user as the pool has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) status: String,
    pub(super) enabled: bool,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
}

impl Account {
    pub(super) fn new(status: &str, attributes: BTreeMap<String, String>) -> Self {
        let now = Timestamp::now();
        Self { attributes, status: status.to_owned(), enabled: true, created: now, modified: now }
    }
}

/// A pool: its users by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pool {
    /// Custom attributes beside those of every sandbox's pool, with their prefix.
    #[serde(default)]
    custom: BTreeSet<String>,
    pub(super) users: BTreeMap<String, Account>,
}

impl Pool {
    pub(super) fn add(&mut self, user: User) {
        let mut attributes: BTreeMap<_, _> = user.attributes.into_iter().collect();
        attributes.insert("sub".to_owned(), user.sub);
        self.users.insert(user.name, Account::new("CONFIRMED", attributes));
    }

    pub(super) fn declare(&mut self, custom: &[String]) {
        self.custom.extend(custom.iter().filter(|name| name.starts_with("custom:")).cloned());
    }

    /// Lets attributes pass that a caller may set.
    pub(super) fn check(&self, attributes: &BTreeMap<String, String>) -> Result<(), AttributeRefused> {
        for (name, value) in attributes {
            if name == "sub" {
                return Err(AttributeRefused::Fixed(name.clone()));
            }
            let is_known = STANDARD.contains(&name.as_str()) || CUSTOM.contains(&name.as_str());
            if !is_known && !self.custom.contains(name) {
                return Err(AttributeRefused::Unknown(name.clone()));
            }
            if value.chars().count() > LONGEST {
                return Err(AttributeRefused::TooLong(name.clone()));
            }
        }
        Ok(())
    }
}

/// All pools, by id. The sandbox's own is always there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pools {
    pub(super) pools: BTreeMap<String, Pool>,
}

impl Default for Pools {
    fn default() -> Self {
        Self { pools: BTreeMap::from([(ID.to_owned(), Pool::default())]) }
    }
}

/// Why the pool does not take an attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AttributeRefused {
    /// The pool's schema does not have it.
    #[error("user attribute {0}: Attribute does not exist in the schema.")]
    Unknown(String),
    /// Set once by the pool, never by a caller.
    #[error("user.{0}: Attribute cannot be updated.")]
    Fixed(String),
    /// Over 2,048 characters.
    #[error("Attributes did not conform to the schema: {0}: String must be no longer than {LONGEST} characters")]
    TooLong(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_takes_its_own_attributes_and_no_others() {
        let mut pool = Pool::default();
        pool.declare(&["custom:shop".to_owned(), "shop".to_owned()]);
        let one = |name: &str, value: &str| pool.check(&BTreeMap::from([(name.to_owned(), value.to_owned())]));
        assert_eq!(one("custom:shop", "1"), Ok(()));
        assert_eq!(one("shop", "1"), Err(AttributeRefused::Unknown("shop".to_owned())));
        assert_eq!(one("custom:tenant", &"あ".repeat(2048)), Ok(()));
        assert_eq!(one("email", "a@example.com"), Ok(()));
        assert_eq!(one("custom:tenants", ""), Err(AttributeRefused::Unknown("custom:tenants".to_owned())));
        assert_eq!(one("sub", "1"), Err(AttributeRefused::Fixed("sub".to_owned())));
        assert_eq!(one("name", &"x".repeat(2049)), Err(AttributeRefused::TooLong("name".to_owned())));
    }
}
