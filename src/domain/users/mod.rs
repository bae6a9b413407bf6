//! Tenant codes of Cognito users: which attributes hold them, and what becomes of them.
//!
//! Pure: the caller has read the user, the rules are here.

mod entries;
mod seen;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::item::{PlannedItem, PlannedPart, Role};
use super::key::{EntityKey, Version};
use super::plan::Conflicts;
use super::row::Row;
use super::run::{Action, Reason};
use super::value::Value;

pub use entries::Malformed;
pub use seen::{Entry, Seen};

/// The attributes that hold tenant codes.
pub const ATTRIBUTES: [&str; 3] = ["custom:tenant", "custom:roles", "custom:groups"];
/// The one of them that is a code itself; the others are lists in JSON.
const TENANT: &str = ATTRIBUTES[0];
/// Name in place of the module for users, in items and journals.
pub const MODULE: &str = "users";

/// Change of a tenant code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeChange {
    /// It is spelled in lower case, as the framework reads it.
    Lowercase,
    /// It becomes another one; a code that is not named stays.
    Map(BTreeMap<String, String>),
}

impl CodeChange {
    /// The code that it becomes; `None` where it stays.
    #[must_use]
    pub fn of(&self, code: &str) -> Option<String> {
        let new = match self {
            Self::Lowercase => Some(code.to_lowercase()),
            Self::Map(table) => table.get(code).cloned(),
        };
        new.filter(|new| new != code)
    }
}

/// A user as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user name.
    pub name: String,
    /// Its attributes, as stored.
    pub attributes: BTreeMap<String, String>,
    /// Whether an identity provider of its own stands behind it.
    pub federated: bool,
}

/// Changes of a plan to users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changing {
    /// The pool.
    pub pool: String,
    /// Change of tenant codes.
    pub change: CodeChange,
    /// The attributes that are looked at.
    pub attributes: Vec<String>,
}

/// An attribute that cannot be read, and is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its name.
    pub attribute: String,
    /// The error in it.
    pub why: Malformed,
}

impl Changing {
    /// Plans the item of a user; also lists the attributes that could not be read.
    #[must_use]
    pub fn item(&self, user: &User) -> (PlannedItem, Vec<Quarantined>) {
        let key = EntityKey::new(&*self.pool, &*user.name);
        let before: BTreeMap<&str, &str> = self.own(user).collect();
        let mut after = BTreeMap::new();
        let mut quarantined = Vec::new();
        for (name, text) in &before {
            match self.changed(name, text) {
                Ok(new) => after.insert(*name, new.unwrap_or_else(|| (*text).to_owned())),
                Err(why) => {
                    quarantined.push(Quarantined { attribute: (*name).to_owned(), why });
                    after.insert(*name, (*text).to_owned())
                }
            };
        }
        let is_changed = before.iter().any(|(name, text)| after.get(name).is_some_and(|new| new != text));
        let mut item = item_of(&key);
        item.action = match (is_changed, quarantined.is_empty()) {
            (true, _) => Action::Update,
            (false, true) => Action::Equal,
            (false, false) => Action::Invalid,
        };
        if !quarantined.is_empty() {
            let told: Vec<String> = quarantined.iter().map(|q| format!("{}: {}", q.attribute, q.why)).collect();
            item.reason = Some(Reason::MalformedJson);
            item.message = Some(format!("left as it is: {}", told.join("; ")));
            item.warnings.extend(quarantined.iter().map(|q| format!("malformed_json: {}", q.attribute)));
        }
        if is_changed && user.federated {
            item.warnings
                .push("federated: its identity provider may write the old code back at the next sign-in".to_owned());
        }
        item.parts.push(PlannedPart {
            after: is_changed.then(|| row(after.iter().map(|(n, t)| (*n, t.as_str())))),
            ..PlannedPart::pinned(Role::User, key, Version(0), Some(row(before.into_iter())))
        });
        (item, quarantined)
    }

    /// Whether a run by this rule may change an attribute at all, whatever its journal says.
    fn may_change(&self, name: &str) -> bool {
        ATTRIBUTES.contains(&name) && self.attributes.iter().any(|own| own == name)
    }

    fn own<'u>(&self, user: &'u User) -> impl Iterator<Item = (&'u str, &'u str)> {
        let wanted = self.attributes.clone();
        let is_wanted = move |name: &str| wanted.iter().any(|w| w == name);
        user.attributes.iter().filter(move |(name, _)| is_wanted(name)).map(|(n, t)| (n.as_str(), t.as_str()))
    }

    fn changed(&self, name: &str, text: &str) -> Result<Option<String>, Malformed> {
        // Nothing is there that could be wrong.
        if text.trim().is_empty() {
            return Ok(None);
        }
        if name == TENANT { Ok(self.change.of(text)) } else { entries::changed(text, &self.change) }
    }
}

/// Plans the item that takes back a run's change of a user. `wrote` is the part of the run's item, `now` the user as it is, `None` where
/// it is gone; `is_certain` when the run is known to have written it.
#[must_use]
pub fn undone(wrote: &PlannedPart, now: Option<&User>, conflicts: Conflicts, is_certain: bool) -> PlannedItem {
    let mut item = item_of(&wrote.key);
    let Some(user) = now else {
        item.action = Action::Conflict;
        item.reason = Some(Reason::TargetChanged);
        item.message = Some("there is no such user any more".to_owned());
        return item;
    };
    let empty = Row::default();
    let (before, after) = (wrote.before.as_deref().unwrap_or(&empty), wrote.after.as_deref().unwrap_or(&empty));
    let changed = differing(before, after);
    let current = |name: &str| user.attributes.get(name).map(String::as_str);
    let is = |row: &Row| changed.iter().all(|name| current(name) == row.text(name));
    // Only what the run changed goes back: what else there is, is none of its business.
    let now = row(before.0.keys().filter_map(|name| Some((name.as_str(), current(name)?))));
    let mut restored = now.as_ref().clone();
    for name in &changed {
        if let Some(text) = before.text(name) {
            restored.0.insert(name.clone(), Value::s(text));
        }
    }
    let mut part = PlannedPart::pinned(Role::User, wrote.key.clone(), Version(0), Some(now));
    part.wrote.clone_from(&wrote.after);
    if is(before) {
        item.message = Some("the user is as it was before the run".to_owned());
    } else if is(after) || conflicts == Conflicts::Force {
        item.action = Action::Update;
        part.after = Some(Arc::new(restored));
        if !is(after) {
            item.warnings.push("changed since the run; that change is taken back too".to_owned());
        }
    } else if !is_certain {
        item.message = Some("the run did not get as far as writing it".to_owned());
    } else {
        item.action = Action::Conflict;
        item.reason = Some(Reason::TargetChanged);
        item.message = Some("changed since the run".to_owned());
        part.after = Some(Arc::new(restored));
    }
    item.parts.push(part);
    item
}

/// Why a journal is not believed about a user: it names attributes that a run never changes, or texts that its rule does not make.
#[must_use]
pub fn doubt(wrote: &PlannedPart, rule: Option<&Changing>) -> Option<String> {
    let empty = Row::default();
    let (before, after) = (wrote.before.as_deref().unwrap_or(&empty), wrote.after.as_deref().unwrap_or(&empty));
    let Some(rule) = rule else { return Some("the journal names no rule by which the user was changed".to_owned()) };
    let is_made = |name: &String| {
        let made = before.text(name).map(|text| rule.changed(name, text));
        rule.may_change(name) && matches!(made, Some(Ok(Some(text))) if after.text(name) == Some(text.as_str()))
    };
    let wrong = differing(before, after).into_iter().find(|name| !is_made(name))?;
    Some(format!("{wrong}: the rule of the run does not make what the journal says of it"))
}

/// The attributes that two rows of one user have with different texts.
#[must_use]
pub fn differing(before: &Row, after: &Row) -> Vec<String> {
    after.0.keys().filter(|name| after.text(name) != before.text(name)).cloned().collect()
}

fn row<'t>(texts: impl Iterator<Item = (&'t str, &'t str)>) -> Arc<Row> {
    Arc::new(Row(texts.map(|(name, text)| (name.to_owned(), Value::s(text))).collect()))
}

fn item_of(key: &EntityKey) -> PlannedItem {
    PlannedItem::new(MODULE, key.clone(), key.clone())
}
