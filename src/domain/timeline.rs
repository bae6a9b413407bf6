//! All versions of one entity, put together from the rows of three tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::key::Version;
use super::row::{BadRow, Row, TableKind, field};

/// Status of a version, by the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VersionStatus {
    /// The data row has, or had, this version.
    Published,
    /// A command above the data row's version that may still be processed.
    Pending,
    /// A command above the data row's version whose processing failed.
    Failed,
    /// In no table: expired, deleted, or never written.
    Gap,
}

/// Where who and when of a version come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BySource {
    /// The command row: certain.
    Command,
    /// The data or history row's own `updated*`: the framework leaves stale values there.
    Row,
}

/// One version of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionEntry {
    /// Its number.
    pub version: Version,
    /// The tables that hold it, the most trustworthy first: data, history, command. Empty for a gap.
    pub found: Vec<TableKind>,
    /// Status, by the tables.
    pub status: VersionStatus,
    /// The framework's own status text, from the command row.
    pub state: Option<String>,
    /// When it was published, as stored.
    pub at: Option<String>,
    /// Publisher, from the row that `by_source` names.
    pub by: Option<String>,
    /// From which address.
    pub ip: Option<String>,
    /// Where `at`, `by` and `ip` come from; `None` for a gap.
    pub by_source: Option<BySource>,
    /// The request that published it.
    pub request_id: Option<String>,
    /// Source of the publish, from the command row.
    pub source: Option<String>,
    /// Whether it is soft-deleted.
    pub deleted: bool,
    /// Whether it is the data row's version.
    pub current: bool,
    /// The row from the first table of `found`, as stored.
    pub row: Option<Arc<Row>>,
}

impl VersionEntry {
    /// The `s3://` reference of the attributes, where they are stored in S3.
    #[must_use]
    pub fn attributes_ref(&self) -> Option<&str> {
        self.row.as_ref().and_then(|row| row.attributes_ref())
    }
}

/// The rows of one entity, each under its version.
#[derive(Debug, Clone, Default)]
pub struct EntityRows {
    /// The data row.
    pub data: Option<Arc<Row>>,
    /// History rows by version.
    pub history: BTreeMap<Version, Arc<Row>>,
    /// Command rows by version.
    pub commands: BTreeMap<Version, Arc<Row>>,
    /// Presence of the command right above the data row, where these are not all of the rows.
    pub has_next: Option<bool>,
}

/// Puts the versions in numeric order, from `from` on, the gaps among them included.
///
/// Of a version that stands in more than one table the data row counts before history, history before the command: after
/// a failed publish the history table also holds the current version.
///
/// # Errors
/// [`BadRow::Version`] when the data row's version is not a whole number: without it no order is certain.
pub fn timeline(rows: &EntityRows, from: Version) -> Result<Vec<VersionEntry>, BadRow> {
    let current = rows.data.as_ref().map(|row| row.version()).transpose()?.unwrap_or_default();
    let highest = [Some(current), rows.history.keys().next_back().copied(), rows.commands.keys().next_back().copied()]
        .into_iter()
        .flatten()
        .max()
        .unwrap_or_default();
    let first = from.0.max(1);
    Ok((first..=highest.0).map(|n| entry(rows, Version(n), current)).collect())
}

/// One version of the entity; `current` is the data row's version, 0 without one.
#[must_use]
pub fn entry(rows: &EntityRows, version: Version, current: Version) -> VersionEntry {
    let is_current = version == current && rows.data.is_some();
    let data = rows.data.as_ref().filter(|_| is_current);
    let history = rows.history.get(&version);
    let command = rows.commands.get(&version);
    let in_order = [(TableKind::Data, data), (TableKind::History, history), (TableKind::Command, command)];
    let found: Vec<TableKind> = in_order.iter().filter(|(_, r)| r.is_some()).map(|(k, _)| *k).collect();
    let row = in_order.iter().find_map(|(_, r)| *r);
    let state = command.and_then(|c| c.text(field::STATUS));
    let has_next = rows.has_next.unwrap_or_else(|| rows.commands.contains_key(&current.next()));
    let status = match row {
        None => VersionStatus::Gap,
        Some(_) if version <= current => VersionStatus::Published,
        Some(_) if command.is_some_and(|c| is_failed(c)) => VersionStatus::Failed,
        // Without a data row earlier commands may have expired.
        Some(_) if rows.data.is_some() && is_refused(version, current, has_next) => VersionStatus::Failed,
        Some(_) => VersionStatus::Pending,
    };
    let owned = |row: &Row, name: &str| row.text(name).map(str::to_owned);
    let (at, by, ip, by_source) = match (command, row) {
        (Some(c), _) => (
            owned(c, field::CREATED_AT),
            owned(c, field::CREATED_BY),
            owned(c, field::CREATED_IP),
            Some(BySource::Command),
        ),
        (None, Some(r)) => {
            (owned(r, field::UPDATED_AT), owned(r, field::UPDATED_BY), owned(r, field::UPDATED_IP), Some(BySource::Row))
        }
        (None, None) => (None, None, None, None),
    };
    VersionEntry {
        version,
        status,
        state: state.map(str::to_owned),
        at,
        by,
        ip,
        by_source,
        request_id: command.or(row).and_then(|r| owned(r, field::REQUEST_ID)),
        source: command.and_then(|c| owned(c, field::SOURCE)),
        deleted: row.is_some_and(|r| r.is_deleted()),
        current: is_current,
        row: row.cloned(),
        found,
    }
}

/// Whether the pipeline gave a command up. `sync_data:FAILED` may have written the data row all the same: compare versions first.
#[must_use]
pub fn is_failed(command: &Row) -> bool {
    command.text(field::STATUS).is_some_and(|s| s.ends_with(":FAILED"))
}

/// True for a command that was refused and is never applied: it stands above the data row's version, and nothing leads up to it. `has_next` says
/// whether the version right above the data row has a command.
#[must_use]
pub fn is_refused(version: Version, current: Version, has_next: bool) -> bool {
    version > current.next() && !has_next
}

/// Whether nothing will ever finish a command that stands above the data row: it failed, or it was published
/// synchronously and the process went away in between. Every later publish of the entity then conflicts.
#[must_use]
pub fn is_stuck(command: &Row) -> bool {
    is_failed(command) || command.text(field::SYNC_MODE) == Some("SYNC")
}

/// Flag of an entity in a listing, beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flag {
    /// Attributes are stored in S3.
    S3,
    /// A migration stamped it.
    Migrated,
    /// A command waits to be processed.
    Pending,
    /// The newest command failed.
    Failed,
    /// A command that nothing will finish blocks every later publish.
    Wedged,
    /// The framework would mangle a write to it.
    Blocked,
    /// Its ttl has passed, or has removed its data row.
    Expired,
}

impl Flag {
    /// The word of the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Migrated => "migrated",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Wedged => "wedged",
            Self::Blocked => "blocked",
            Self::Expired => "expired",
        }
    }
}

/// The flags of an entity from its data row and from the command rows at and right above its version.
#[must_use]
pub fn flags(
    key: &super::key::EntityKey,
    data: Option<&Row>,
    command_now: Option<&Row>,
    command_next: Option<&Row>,
) -> Vec<Flag> {
    let mut out = Vec::new();
    if data.or(command_next).is_some_and(|r| r.attributes_ref().is_some()) {
        out.push(Flag::S3);
    }
    if data.is_some_and(is_migrated) {
        out.push(Flag::Migrated);
    }
    match command_next {
        Some(next) if is_stuck(next) => {
            if is_failed(next) {
                out.push(Flag::Failed);
            }
            out.push(Flag::Wedged);
        }
        Some(_) => out.push(Flag::Pending),
        None if command_now.is_some_and(is_failed) => out.push(Flag::Failed),
        None => {}
    }
    if super::row::blocked(key, data.or(command_next)).is_some() {
        out.push(Flag::Blocked);
    }
    out
}

fn is_migrated(row: &Row) -> bool {
    match row.attributes() {
        Ok(super::row::Attributes::Inline(map)) => map.keys().any(|name| name.starts_with("_migrat")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::EntityKey;
    use super::*;
    use crate::domain::value::item_from_ddb_json;

    fn row(sk: &str, version: u64, extra: &str) -> Row {
        let json = format!(
            r#"{{"pk":{{"S":"P#a"}},"sk":{{"S":"{sk}"}},"id":{{"S":"P#a#x"}},"version":{{"N":"{version}"}}{extra}}}"#
        );
        Row(item_from_ddb_json(&serde_json::from_str(&json).unwrap()).unwrap())
    }

    fn versioned(list: &[(u64, &str)]) -> BTreeMap<Version, Arc<Row>> {
        list.iter().map(|(v, extra)| (Version(*v), Arc::new(row(&format!("x@{v}"), *v, extra)))).collect()
    }

    const FAILED: &str = r#","status":{"S":"sync_data:FAILED"}"#;
    const BY: &str = r#","createdBy":{"S":"u-sato"},"createdAt":{"S":"2026-03-03T00:00:00+09:00"}"#;

    #[test]
    fn versions_stand_in_numeric_order_with_gaps() {
        let rows = EntityRows {
            data: Some(Arc::new(row("x", 12, ""))),
            history: versioned(&[(2, ""), (10, ""), (11, "")]),
            commands: versioned(&[(9, BY), (12, BY)]),
            has_next: None,
        };
        let line = timeline(&rows, Version(1)).unwrap();
        let shape: Vec<(u64, &[TableKind])> = line.iter().map(|e| (e.version.0, e.found.as_slice())).collect();
        use TableKind::{Command, Data, History};
        assert_eq!(shape.len(), 12);
        assert_eq!(shape[0], (1, [].as_slice()));
        assert_eq!(shape[1], (2, [History].as_slice()));
        assert_eq!(shape[8], (9, [Command].as_slice()));
        assert_eq!(shape[11], (12, [Data, Command].as_slice()));
        assert_eq!(line[0].status, VersionStatus::Gap);
        assert!(line[11].current && line[11].by.as_deref() == Some("u-sato"));
        assert_eq!((line[10].by_source, line[11].by_source), (Some(BySource::Row), Some(BySource::Command)));
        assert_eq!(timeline(&rows, Version(11)).unwrap().len(), 2);
    }

    #[test]
    fn after_a_failed_publish_the_data_row_wins_over_history() {
        let rows = EntityRows {
            data: Some(Arc::new(row("x", 1, ""))),
            history: versioned(&[(1, "")]),
            commands: versioned(&[(1, ""), (2, FAILED)]),
            has_next: None,
        };
        let line = timeline(&rows, Version(1)).unwrap();
        assert_eq!(line[0].found, [TableKind::Data, TableKind::History, TableKind::Command]);
        assert!(line[0].current && line[0].status == VersionStatus::Published);
        assert_eq!((line[1].status, line[1].state.as_deref()), (VersionStatus::Failed, Some("sync_data:FAILED")));
    }

    #[test]
    fn a_command_without_data_row_is_pending() {
        let rows = EntityRows { commands: versioned(&[(1, "")]), ..EntityRows::default() };
        let line = timeline(&rows, Version(1)).unwrap();
        assert_eq!((line.len(), line[0].status, line[0].current), (1, VersionStatus::Pending, false));
    }

    #[test]
    fn a_failed_command_below_the_data_row_was_applied() {
        let rows = EntityRows {
            data: Some(Arc::new(row("x", 2, ""))),
            history: BTreeMap::new(),
            commands: versioned(&[(2, FAILED)]),
            has_next: None,
        };
        assert_eq!(timeline(&rows, Version(2)).unwrap()[0].status, VersionStatus::Published);
    }

    #[test]
    fn a_command_that_nothing_leads_up_to_was_refused() {
        let status = |commands: &[(u64, &str)], has_next| {
            let data = Some(Arc::new(row("x", 2, "")));
            let rows = EntityRows { data, commands: versioned(commands), has_next, ..EntityRows::default() };
            timeline(&rows, Version(5)).unwrap()[0].status
        };
        let refused = r#","status":{"S":"check_version:FINISHED"}"#;
        assert_eq!(status(&[(5, refused)], None), VersionStatus::Failed);
        assert_eq!(status(&[(3, ""), (5, refused)], None), VersionStatus::Pending);
        // Of a page it is only known where somebody has looked.
        assert_eq!(status(&[(5, refused)], Some(true)), VersionStatus::Pending);
        assert!(!is_refused(Version(3), Version(2), false) && is_refused(Version(4), Version(2), false));
    }

    #[test]
    fn flags_tell_pending_failed_and_wedged_apart() {
        let key = EntityKey::new("P#a", "x");
        let data = row("x", 1, "");
        let flag = |now: Option<&Row>, next: Option<&Row>| flags(&key, Some(&data), now, next);
        let (ok, failed) = (row("x@1", 1, ""), row("x@2", 2, FAILED));
        let started = row("x@2", 2, r#","status":{"S":"publish_sync:STARTED"},"syncMode":{"S":"SYNC"}"#);
        let refused = row("x@2", 2, r#","status":{"S":"check_version:FINISHED"}"#);
        assert_eq!(flag(Some(&ok), None), []);
        assert_eq!(flag(Some(&ok), Some(&failed)), [Flag::Failed, Flag::Wedged]);
        assert_eq!(flag(Some(&ok), Some(&started)), [Flag::Wedged]);
        assert_eq!(flag(Some(&ok), Some(&refused)), [Flag::Pending]);
        assert_eq!(flag(Some(&failed), None), [Flag::Failed]);
        assert_eq!(flags(&EntityKey::new("P#a", "u@x"), None, None, Some(&ok)), [Flag::Pending, Flag::Blocked]);
    }
}
