//! Plan of a run for one item: found by a preview, and pinned to the versions that it saw.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::digest::{ItemDigest, PartDigest, item_digest};
use super::key::{EntityKey, Version};
use super::row::{Row, TableKind};
use super::run::{Action, Reason};

/// Role of an entity in an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The one that the item is about: its version is the item's.
    Target,
    /// The one that it is taken from.
    Source,
    /// Another one that the target is made from: never written, only pinned.
    Witness,
    /// The command row above the target that the item finishes: as it was seen, and pinned.
    Command,
    /// A user of a Cognito pool: it has no versions, and its row holds the attributes that a plan looks at.
    User,
    /// A counter of the framework's table of sequences: it has a number instead of versions, and only ever counts up.
    Counter,
}

/// Author and time of an entity's version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Changed {
    /// When, as stored.
    pub at: Option<String>,
    /// Author, as stored.
    pub by: Option<String>,
    /// From its command row. Otherwise from the data row, where the framework leaves stale values.
    pub certain: bool,
}

/// Places of attributes in S3: digits that JavaScript cannot hold are safe there, and stay there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InS3 {
    /// The reference of the row that was seen, as stored.
    pub before: Option<String>,
    /// True where those are there that the row to be written is made from.
    pub after: bool,
    /// The reference to the object whose bytes the row to be written gets, where they are carried as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_from: Option<String>,
}

/// The version whose state an entity gets, where it is one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The version.
    pub version: Version,
    /// The table that still had it.
    pub found: TableKind,
}

/// One entity of an item: written when it has a row to be, otherwise only pinned to its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPart {
    /// Its role in the item.
    pub role: Role,
    /// Its keys.
    pub key: EntityKey,
    /// The version that was seen, 0 where there is none.
    pub version: Version,
    /// The data row that was seen, attributes resolved.
    pub before: Option<Arc<Row>>,
    /// The data row to be written, attributes in place; `None` where the entity is not written.
    pub after: Option<Arc<Row>>,
    /// Row that an earlier run wrote here, where this item takes that back: shown beside the other two.
    pub wrote: Option<Arc<Row>>,
    /// Whether the command row of the version before was there: only then its ttl is set.
    pub previous_seen: bool,
    /// Set where that row has the ttl already that it would be set to: then it costs nothing.
    pub previous_stays: bool,
    /// Author and time of the version that was seen: reported where rows want the same key, so that they can be decided about.
    pub changed: Option<Changed>,
    /// Unix seconds at which the previous command row and the history row expire.
    pub ttl: (Option<i64>, Option<i64>),
    /// Where attributes stand.
    pub in_s3: InS3,
    /// Where the row to be written comes from, where that is an earlier version.
    pub origin: Option<Origin>,
}

impl PlannedPart {
    /// An entity that is looked at and not written.
    #[must_use]
    pub fn pinned(role: Role, key: EntityKey, version: Version, before: Option<Arc<Row>>) -> Self {
        Self {
            role,
            key,
            version,
            before,
            after: None,
            wrote: None,
            previous_seen: false,
            previous_stays: false,
            changed: None,
            ttl: (None, None),
            in_s3: InS3::default(),
            origin: None,
        }
    }

    /// Whether it is an entity that is written: it has versions, can be read back and taken back.
    #[must_use]
    pub fn is_entity(&self) -> bool {
        self.after.is_some() && !matches!(self.role, Role::Counter | Role::User)
    }
}

/// One item of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedItem {
    /// Module of all its entities.
    pub module: String,
    /// Keys of the source; in place those of the target.
    pub source: EntityKey,
    /// Keys of the target.
    pub target: EntityKey,
    /// Intended action.
    pub action: Action,
    /// Why nothing is intended, where that is so.
    pub reason: Option<Reason>,
    /// In words.
    pub message: Option<String>,
    /// The line of the file that it is taken from, where there is one.
    pub line: Option<u64>,
    /// Things to know before approving.
    pub warnings: Vec<String>,
    /// The entities, at most one target and one source.
    pub parts: Vec<PlannedPart>,
}

impl PlannedItem {
    /// An item that intends nothing and has no entities yet.
    #[must_use]
    pub fn new(module: &str, source: EntityKey, target: EntityKey) -> Self {
        Self {
            module: module.to_owned(),
            source,
            target,
            action: Action::Equal,
            reason: None,
            message: None,
            line: None,
            warnings: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The item not written, and why.
    #[must_use]
    pub fn refused(self, action: Action, reason: Reason, message: String) -> Self {
        Self { action, reason: Some(reason), message: Some(message), ..self }
    }

    /// The item with one more entity.
    #[must_use]
    pub fn with(mut self, part: PlannedPart) -> Self {
        self.parts.push(part);
        self
    }

    /// The entity of a role.
    #[must_use]
    pub fn part(&self, role: Role) -> Option<&PlannedPart> {
        self.parts.iter().find(|part| part.role == role)
    }

    /// Whether carrying it out writes anything.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.action.writes()
    }

    /// Versions of an entity before and after, as shown: 0 and 0 for one that the item does not have.
    #[must_use]
    pub fn versions(&self, role: Role) -> (Version, Version) {
        self.part(role).map_or((Version(0), Version(0)), |part| {
            (part.version, if part.after.is_some() && self.writes() { part.version.next() } else { part.version })
        })
    }

    /// Versions of the source; in place those of the target.
    #[must_use]
    pub fn source_versions(&self) -> (Version, Version) {
        if self.source == self.target { self.versions(Role::Target) } else { self.versions(Role::Source) }
    }

    /// Whether of its two entities the source alone is written: it loses to the target, or the target holds the same already.
    #[must_use]
    pub fn only_source(&self) -> bool {
        let writes = |(before, after)| before != after;
        self.source != self.target && writes(self.versions(Role::Source)) && !writes(self.versions(Role::Target))
    }

    /// The row that the item is shown with before it is carried out: the target's, where it has one.
    #[must_use]
    pub fn before(&self) -> Option<&Arc<Row>> {
        self.shown().and_then(|part| part.before.as_ref())
    }

    /// The row that it is shown with afterwards.
    #[must_use]
    pub fn after(&self) -> Option<&Arc<Row>> {
        self.shown().and_then(|part| part.after.as_ref())
    }

    /// Row that an earlier run wrote, where the item takes that back.
    #[must_use]
    pub fn wrote(&self) -> Option<&Arc<Row>> {
        self.shown().and_then(|part| part.wrote.as_ref())
    }

    /// The target, except where only the source is written, or where it is the source that changed.
    fn shown(&self) -> Option<&PlannedPart> {
        let target = [Role::Target, Role::Counter, Role::User].into_iter().find_map(|role| self.part(role));
        let Some(source) = self.part(Role::Source).filter(|source| source.after.is_some()) else { return target };
        let is_about_source = self.reason == Some(Reason::SourceChanged) || target.is_none_or(|t| t.after.is_none());
        if is_about_source { Some(source) } else { target }
    }

    /// SHA-256 over everything that is written and pinned, without the run's own marks and its time, in hexadecimal.
    #[must_use]
    pub fn digest(&self, now: &str) -> String {
        let shown = self.shown().map(std::ptr::from_ref);
        let others = self.parts.iter().filter(|part| Some(std::ptr::from_ref(*part)) != shown);
        item_digest(&ItemDigest {
            module: &self.module,
            target: (self.target.pk.as_str(), self.target.sk.as_str()),
            source: (self.source.pk.as_str(), self.source.sk.as_str()),
            action: self.action,
            // Of an item that is written it says nothing about what is; a failed attempt leaves its own.
            reason: self.reason.filter(|_| !self.writes()),
            versions: (self.versions(Role::Target).0.0, self.source_versions().0.0),
            before: self.before().map(|row| &**row),
            after: self.after().map(|row| &**row),
            others: others
                .map(|part| PartDigest {
                    key: (part.key.pk.as_str(), part.key.sk.as_str()),
                    version: part.version.0,
                    before: part.before.as_deref(),
                    after: part.after.as_deref(),
                })
                .collect(),
            now: Some(now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_alone_is_written_where_the_target_is_only_pinned() {
        let (source, target) = (EntityKey::new("P#a", "x"), EntityKey::new("P#b", "x"));
        let part = |role, key: &EntityKey, writes: bool| {
            let mut part = PlannedPart::pinned(role, key.clone(), Version(3), None);
            part.after = writes.then(|| Arc::new(Row::default()));
            part
        };
        let item = |action, from: &EntityKey, writes: (bool, bool)| {
            let item = PlannedItem::new("p", from.clone(), target.clone());
            let item = item.with(part(Role::Target, &target, writes.0)).with(part(Role::Source, from, writes.1));
            PlannedItem { action, ..item }.only_source()
        };
        assert!(item(Action::Delete, &source, (false, true)));
        assert!(!item(Action::Delete, &source, (true, true)), "both: the target is what it is about");
        assert!(!item(Action::Delete, &source, (true, false)));
        assert!(!item(Action::Conflict, &source, (false, true)), "nothing is written");
        assert!(!item(Action::Delete, &target, (false, true)), "in place");
    }
}
