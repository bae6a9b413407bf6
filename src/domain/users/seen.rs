//! Attributes of a user, for people who read them.

use std::fmt;

use super::{ATTRIBUTES, Changing, CodeChange, Quarantined, TENANT, User, entries};

/// A role or a group, and the tenant that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The tenant's code; `None` for every tenant.
    pub tenant: Option<String>,
    /// The role or group; `None` where the entry names none.
    pub word: Option<String>,
}

/// As `acme:admin`; `*` stands for every tenant.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.tenant.as_deref().unwrap_or("*"), self.word.as_deref().unwrap_or("-"))
    }
}

/// A user's tenants, roles and groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `custom:tenant`; `None` where it is missing or empty.
    pub tenant: Option<String>,
    /// Entries of `custom:roles`; none where it cannot be read.
    pub roles: Vec<Entry>,
    /// Entries of `custom:groups`; none where it cannot be read.
    pub groups: Vec<Entry>,
    /// Attributes that cannot be read.
    pub malformed: Vec<Quarantined>,
    /// A code in one of them is not in lower case.
    pub is_respelled: bool,
}

impl Seen {
    /// Reads a user's attributes by the rules by which codes are changed.
    #[must_use]
    pub fn of(user: &User) -> Self {
        let rules = Changing {
            pool: String::new(),
            change: CodeChange::Lowercase,
            attributes: ATTRIBUTES.map(str::to_owned).to_vec(),
        };
        let (item, malformed) = rules.item(user);
        let listed = |name: &str, words: &str| {
            let text = user.attributes.get(name).filter(|text| !text.trim().is_empty());
            text.and_then(|text| entries::listed(text, words).ok()).unwrap_or_default()
        };
        Self {
            tenant: user.attributes.get(TENANT).filter(|code| !code.is_empty()).cloned(),
            roles: listed(ATTRIBUTES[1], "role"),
            groups: listed(ATTRIBUTES[2], "groups"),
            malformed,
            is_respelled: item.writes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tenant: &str, roles: &str, groups: &str) -> Seen {
        let all = [("custom:tenant", tenant), ("custom:roles", roles), ("custom:groups", groups)];
        let attributes = all.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        Seen::of(&User { name: "u".to_owned(), attributes, federated: false })
    }

    fn words(entries: &[Entry]) -> Vec<String> {
        entries.iter().map(Entry::to_string).collect()
    }

    #[test]
    fn roles_and_groups_are_listed_with_their_tenants() {
        let user = seen(
            "acme",
            r#"[{"tenant":"acme","role":"admin"},{"tenant":"","role":"a"},{"role":"b"},{"tenant":null},{"tenant":42,"role":7}]"#,
            r#"[{"tenant":"globex","groups":["g1","G2"]},{"tenant":"acme","groups":[]},{"tenant":"acme","groups":"x"}]"#,
        );
        assert_eq!(words(&user.roles), ["acme:admin", "*:a", "*:b", "*:-", "42:7"]);
        assert_eq!(words(&user.groups), ["globex:g1", "globex:G2", "acme:-", "acme:x"]);
        assert_eq!((user.tenant.as_deref(), user.malformed.len(), user.is_respelled), (Some("acme"), 0, false));
        // Of doubled names the last one counts, as for the application.
        let doubled = seen("", r#"[{"tenant":"a","tenant":"b","role":"x","role":"y"}]"#, " ");
        assert_eq!((words(&doubled.roles), doubled.tenant), (vec!["b:y".to_owned()], None));
    }

    #[test]
    fn what_cannot_be_read_and_what_is_not_in_lower_case_is_told() {
        let user = seen("acme", "[{tenant: broken", r#"[{"tenant":"Acme","groups":["g"]}]"#);
        assert_eq!((user.roles.len(), user.malformed[0].attribute.as_str()), (0, "custom:roles"));
        assert!(user.is_respelled && seen("ACME", "", "").is_respelled);
        assert!(!seen("acme", r#"[{"tenant":"acme","role":"ADMIN"}]"#, "").is_respelled);
    }
}
