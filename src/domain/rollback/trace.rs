//! Traces in a version's rows: when, by what and out of which migration it was written.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::clock::parse_time;
use crate::domain::key::Version;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::value::{Map, Value};

/// Attributes by which migrations are found again, the guide's own and ours.
const MARKS: [&str; 8] = [
    "_migrated",
    "_migratedFrom",
    "_sourceKey",
    "_migratedAt",
    "_migrationId",
    "_migrationReason",
    "_migratedTo",
    "_deletedAt",
];

/// Traces of an entity's versions, each under its number.
pub type Traces = BTreeMap<Version, Trace>;

/// One version of an entity, without its content.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// Whether the data or the history table has it.
    in_rows: bool,
    has_command: bool,
    command_at: Option<Timestamp>,
    row_at: Option<Timestamp>,
    request_ids: Vec<String>,
    source: Option<String>,
    by: Option<String>,
    /// `metadata` of the command row, where the guide's copy leaves its marks.
    metadata: Map,
    marks: Map,
}

impl Trace {
    /// Takes in one of the version's rows; attributes that are stored in S3 must be in place, otherwise their marks are not seen.
    pub fn add(&mut self, found: TableKind, row: &Row) {
        let time = |name: &str| row.text(name).and_then(parse_time);
        if let Some(id) = row.text(field::REQUEST_ID) {
            self.request_ids.push(id.to_owned());
        }
        if found == TableKind::Command {
            self.has_command = true;
            self.command_at = time(field::CREATED_AT);
            self.source = row.text(field::SOURCE).map(str::to_owned);
            self.by = row.text(field::CREATED_BY).map(str::to_owned);
            if let Some(Value::M(map)) = row.get("metadata") {
                self.metadata = map.clone();
            }
        } else {
            self.in_rows = true;
            self.row_at = time(field::UPDATED_AT).or_else(|| time(field::CREATED_AT));
        }
        if let Some(Value::M(map)) = row.get(field::ATTRIBUTES) {
            let marks = MARKS.iter().filter_map(|name| Some(((*name).to_owned(), map.get(*name)?.clone())));
            self.marks.extend(marks);
        }
    }

    /// When it was published; the second says whether its command row tells. The rows' own times may be older than the truth.
    #[must_use]
    pub fn at(&self) -> (Option<Timestamp>, bool) {
        match self.command_at {
            Some(at) => (Some(at), true),
            None => (self.row_at, false),
        }
    }

    /// Whether its command row is there.
    #[must_use]
    pub fn has_command(&self) -> bool {
        self.has_command
    }

    /// Whether it carries this request id.
    #[must_use]
    pub fn has_request(&self, id: &str) -> bool {
        self.request_ids.iter().any(|own| own == id)
    }

    /// Source of the version, as its command row says.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// Publisher of the version, as its command row says.
    #[must_use]
    pub fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    /// A mark that this version brought: the one before has none, or another one.
    #[must_use]
    pub fn brought(&self, before: Option<&Self>, name: &str) -> Option<&Value> {
        self.marks.get(name).filter(|mark| before.and_then(|b| b.marks.get(name)) != Some(mark))
    }

    /// `metadata.migratedAt` of its command row.
    #[must_use]
    pub fn metadata_at(&self) -> Option<&str> {
        self.metadata.get("migratedAt").and_then(Value::as_str)
    }

    /// Whether this version brought any mark of a migration.
    #[must_use]
    pub fn is_marked(&self, before: Option<&Self>) -> bool {
        MARKS.iter().any(|name| self.brought(before, name).is_some())
            || ["migratedAt", "migratedFrom"].iter().any(|name| self.metadata.contains_key(*name))
    }

    /// The times at which it says that it was migrated, as they are written.
    pub fn migrated_at<'a>(&'a self, before: Option<&'a Self>) -> impl Iterator<Item = &'a str> {
        let own =
            ["_migratedAt", "_deletedAt"].into_iter().filter_map(move |name| self.brought(before, name)?.as_str());
        own.chain(self.metadata_at())
    }
}
