//! Planned items as a journal keeps them.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{Row as SqlRow, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chain::{ENDED, PLANNED};
use super::{JournalError, NewItem};
use crate::domain::digest::hex;
use crate::domain::item::{Changed, InS3, Origin, PlannedItem, PlannedPart, Role};
use crate::domain::key::{EntityKey, Version};
use crate::domain::row::Row;
use crate::domain::run::{Action, Reason};
use crate::domain::value::{DdbItem, item_to_ddb_text, read_nested};

/// Columns of an item without its rows, in the order that [`planned`] reads them.
pub(super) const COLUMNS: &str = "item.n, item.batch, item.module, item.pk, item.sk, item.target_pk, item.target_sk, item.action, item.reason, \
     item.message, item.warnings, item.version_before, item.version_after, item.source_version_before, item.source_version_after, \
     item.begun_at, item.outcome, item.attempts, item.request_id, item.line";

/// Columns of its rows, in the order that [`planned`] reads them behind the others.
pub(super) const ROWS: &str = "item_rows.parts, item_rows.seal, item.digest";

/// SQLite has signed integers only; versions and item numbers never come near the limit.
pub(super) fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

pub(super) fn list(texts: &[String]) -> String {
    serde_json::to_string(texts).unwrap_or_else(|_| "[]".to_owned())
}

/// The item's entities as one JSON text: rows in DynamoDB JSON, so that every value survives exactly.
pub(super) fn parts_text(parts: &[PlannedPart]) -> String {
    let rows = |out: &mut String, name: &str, row: &Option<Arc<Row>>| {
        if let Some(row) = row {
            out.push_str(",\"");
            out.push_str(name);
            out.push_str("\":");
            out.push_str(&item_to_ddb_text(&row.0));
        }
    };
    let mut out = String::from("[");
    for (i, p) in parts.iter().enumerate() {
        let head = Head {
            role: p.role,
            pk: p.key.pk.as_str(),
            sk: p.key.sk.as_str(),
            version: p.version.0,
            previous: p.previous_seen,
            previous_stays: p.previous_stays,
            command_ttl: p.ttl.0,
            history_ttl: p.ttl.1,
            changed: p.changed.as_ref(),
            in_s3: &p.in_s3,
            origin: p.origin,
        };
        if i > 0 {
            out.push(',');
        }
        // Words, texts and numbers always serialise.
        let head = serde_json::to_string(&head).unwrap_or_default();
        // The rows are long: they are written straight behind the rest, in the same object.
        out.push_str(head.strip_suffix('}').unwrap_or(&head));
        rows(&mut out, "before", &p.before);
        rows(&mut out, "after", &p.after);
        rows(&mut out, "wrote", &p.wrote);
        out.push('}');
    }
    out.push(']');
    out
}

/// An entity of an item as it is stored, without its rows.
#[derive(Serialize)]
struct Head<'a> {
    role: Role,
    pk: &'a str,
    sk: &'a str,
    version: u64,
    previous: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    previous_stays: bool,
    command_ttl: Option<i64>,
    history_ttl: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<&'a Changed>,
    #[serde(skip_serializing_if = "is_nowhere")]
    in_s3: &'a InS3,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
}

fn is_nowhere(in_s3: &InS3) -> bool {
    *in_s3 == InS3::default()
}

/// The same with its rows. (Written out: a flattened [`Head`] would make serde keep the rows as documents first.)
#[derive(Deserialize)]
struct Stored {
    role: Role,
    pk: String,
    sk: String,
    version: u64,
    #[serde(default)]
    previous: bool,
    #[serde(default)]
    previous_stays: bool,
    command_ttl: Option<i64>,
    history_ttl: Option<i64>,
    changed: Option<Changed>,
    #[serde(default)]
    in_s3: InS3,
    origin: Option<Origin>,
    before: Option<DdbItem>,
    after: Option<DdbItem>,
    wrote: Option<DdbItem>,
}

/// The opposite of [`parts_text`]; the error names what is wrong.
pub(super) fn parts_of(text: &str) -> Result<Vec<PlannedPart>, String> {
    let parts: Vec<Stored> = read_nested(text)?;
    Ok(parts.into_iter().map(part).collect())
}

fn part(stored: Stored) -> PlannedPart {
    let row = |item: Option<DdbItem>| item.map(|item| Arc::new(Row(item.0)));
    PlannedPart {
        role: stored.role,
        key: EntityKey::new(stored.pk, stored.sk),
        version: Version(stored.version),
        before: row(stored.before),
        after: row(stored.after),
        wrote: row(stored.wrote),
        previous_seen: stored.previous,
        previous_stays: stored.previous_stays,
        changed: stored.changed,
        ttl: (stored.command_ttl, stored.history_ttl),
        in_s3: stored.in_s3,
        origin: stored.origin,
    }
}

/// Reads a word of the contract; the error is SQLite's, so that it can be used while reading a row.
pub(super) fn word<T: FromStr>(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| unreadable(column, format!("{text:?} is a word that this version does not know")))
}

pub(super) fn maybe_word<T: FromStr>(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|t| t.parse().map_err(|_| unreadable(column, format!("{t:?} is a word that this version does not know"))))
        .transpose()
}

fn unreadable(column: usize, message: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, message.into())
}

/// SHA-256 over what an item writes, in hexadecimal: rows that were changed in the journal no longer fit it.
fn seal(n: i64, module: &str, keys: [&str; 4], action: &str, parts: &str) -> String {
    let n = n.to_string();
    sealed([&n, module, keys[0], keys[1], keys[2], keys[3], action, parts])
}

/// Whether the rows of an item fit its seal.
pub(super) fn is_sealed(n: i64, module: &str, keys: [&str; 4], action: &str, parts: &str, recorded: &str) -> bool {
    seal(n, module, keys, action, parts) == recorded
}

/// SHA-256 over texts and their lengths, in hexadecimal.
pub(super) fn sealed<const N: usize>(texts: [&str; N]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hex(&hash.finalize())
}

/// Reads an item with its rows, whose first column is `column`. One whose rows cannot be read, or are not those that were recorded, is
/// a conflict of its own and writes nothing.
pub(super) fn with_rows(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<PlannedItem> {
    let mut item = planned(row)?;
    let (text, recorded): (String, String) = (row.get(column)?, row.get(column + 1)?);
    let keys = [item.source.pk.as_str(), item.source.sk.as_str(), item.target.pk.as_str(), item.target.sk.as_str()];
    let is_sealed = is_sealed(row.get(0)?, &item.module, keys, item.action.as_str(), &text, &recorded);
    match parts_of(&text) {
        Ok(parts) if is_sealed => {
            item.parts = parts;
            Ok(item)
        }
        Ok(_) => Ok(item.refused(
            Action::Conflict,
            Reason::NotApproved,
            "its rows in the journal are not those that were recorded: nothing of it is written".to_owned(),
        )),
        Err(error) => Ok(item.refused(
            Action::Conflict,
            Reason::MalformedJson,
            format!("its rows in the journal cannot be read ({error}): nothing of it is written"),
        )),
    }
}

/// Reads an item without its rows.
pub(super) fn planned(row: &SqlRow<'_>) -> rusqlite::Result<PlannedItem> {
    let warnings: String = row.get(10)?;
    Ok(PlannedItem {
        module: row.get(2)?,
        source: EntityKey::new(row.get::<_, String>(3)?, row.get::<_, String>(4)?),
        target: EntityKey::new(row.get::<_, String>(5)?, row.get::<_, String>(6)?),
        action: word(row, 7)?,
        reason: maybe_word(row, 8)?,
        message: row.get(9)?,
        line: row.get::<_, Option<i64>>(19)?.map(unsigned),
        warnings: serde_json::from_str(&warnings).unwrap_or_default(),
        parts: Vec::new(),
    })
}

/// An item as it stands in a journal from now on.
pub(super) struct Inserted {
    /// The planned change, as `PLANNED` reads it.
    pub(super) planned: String,
    /// The end of the item: so far, no more than the words of the preview.
    pub(super) ended: String,
    /// Of its rows.
    pub(super) seal: String,
    /// The objects that are put first.
    pub(super) objects: Option<String>,
}

/// Adds an item; `batch` only where it writes.
pub(super) fn insert(
    connection: &rusqlite::Connection,
    path: &Path,
    NewItem { n, batch, item, objects, digest }: &NewItem,
) -> Result<Inserted, JournalError> {
    let fail = super::database(path);
    let (before, after) = item.versions(Role::Target);
    let (source_before, source_after) = item.source_versions();
    let (planned, ended) = connection
        .prepare_cached(&format!(
            "INSERT INTO item (n, batch, module, pk, sk, target_pk, target_sk, action, reason, message, warnings, version_before,
                 version_after, source_version_before, source_version_after, digest, line)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             RETURNING {PLANNED}, {ENDED}"
        ))
        .and_then(|mut statement| {
            let values = params![
                number(*n),
                batch,
                item.module,
                item.source.pk.as_str(),
                item.source.sk.as_str(),
                item.target.pk.as_str(),
                item.target.sk.as_str(),
                item.action.as_str(),
                item.reason.map(Reason::as_str),
                item.message,
                list(&item.warnings),
                number(before.0),
                number(after.0),
                number(source_before.0),
                number(source_after.0),
                digest,
                item.line.map(number),
            ];
            statement.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .map_err(&fail)?;
    let keys = [item.source.pk.as_str(), item.source.sk.as_str(), item.target.pk.as_str(), item.target.sk.as_str()];
    let parts = parts_text(&item.parts);
    let seal = seal(number(*n), &item.module, keys, item.action.as_str(), &parts);
    let objects = (!objects.is_empty()).then(|| list(objects));
    connection
        .prepare_cached("INSERT INTO item_rows (n, parts, objects, seal) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut statement| statement.execute(params![number(*n), parts, objects, seal]))
        .map_err(&fail)?;
    Ok(Inserted { planned, ended, seal, objects })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::row::TableKind;
    use crate::domain::value::{Map, Number, Value};

    #[test]
    fn every_value_survives() {
        let row = Row(Map::from([
            ("n".to_owned(), Value::N(Number::parse("12345678901234567890123456789012345678").unwrap())),
            ("b".to_owned(), Value::B(vec![0, 255])),
            ("ss".to_owned(), Value::Ss(["x".to_owned()].into())),
            (
                "m".to_owned(),
                Value::M(Map::from([("".to_owned(), Value::Null), ("l".to_owned(), Value::L(vec![Value::s("")]))])),
            ),
        ]));
        let part = PlannedPart {
            role: Role::Source,
            key: EntityKey::new("P#a", "x"),
            version: Version(7),
            before: Some(Arc::new(row)),
            after: None,
            wrote: None,
            previous_seen: true,
            previous_stays: true,
            changed: Some(Changed { at: None, by: Some("u-x".to_owned()), certain: true }),
            ttl: (Some(1), None),
            in_s3: InS3 { before: Some("s3://b/k".to_owned()), after: false, bytes_from: Some("s3://b/l".to_owned()) },
            origin: Some(Origin { version: Version(3), found: TableKind::History }),
        };
        assert_eq!(parts_of(&parts_text(std::slice::from_ref(&part))).unwrap(), vec![part]);
        assert!(parts_of("[{}]").is_err() && parts_of("{}").is_err());
    }
}
