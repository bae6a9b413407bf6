use sha2::{Digest, Sha256};

use super::Shown;
use crate::domain::digest::hex;
use crate::domain::item::Role;
use crate::domain::key::{EntityKey, PartitionKey, Version};
use crate::domain::limits::{Unstorable, check};
use crate::domain::publish::{PublishMode, PublishRows};
use crate::domain::row::{Attributes, Row, TableKind};
use crate::domain::run::Reason;
use crate::domain::size::item_bytes;
use crate::domain::value::{Value, plain_json_length, to_plain_json};
use crate::store::attributes::{Body, S3Object, object_key};
use crate::store::error::StoreError;
use crate::store::read::ReadStore;

/// Characters of JSON for each byte that DynamoDB counts, at most: a control character takes six.
const JSON_AT_MOST: usize = 8;

/// Makes the unique part of an S3 object's name: a ULID each time.
pub type NewObjectName<'a> = &'a mut (dyn FnMut() -> String + Send);

/// The command row before the new one, and the expiry it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousCommand {
    /// Its sort key.
    pub sk: String,
    /// Its new ttl.
    pub ttl: Value,
}

/// The part of a publish that writes one entity, S3 names and expiry times included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The entity's role in the work: it names whose change was in the way.
    pub role: Role,
    /// Module.
    pub module: String,
    /// Entity.
    pub key: EntityKey,
    /// The version that the data row must have, 0 for absence.
    pub expected: Version,
    /// Content of the data row when it was shown, where that was read.
    pub shown: Option<Shown>,
    /// The version written.
    pub version: Version,
    /// Rows by table: command, history and data in synchronous mode, the command alone otherwise.
    pub rows: Vec<(TableKind, Row)>,
    /// The previous command row, if it was seen.
    pub previous: Option<PreviousCommand>,
    /// Objects that the rows refer to.
    pub objects: Vec<S3Object>,
    /// The command row of the version written, where it is there already and unfinished.
    pub finishes: Option<Unfinished>,
}

/// A command row that is there, and that nothing else will finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The status that it was seen with.
    pub status: Option<String>,
    /// The requestId that it was seen with.
    pub request_id: Option<String>,
    /// Its updatedAt from now on.
    pub at: String,
    /// Its bytes as it was seen.
    pub bytes: usize,
}

/// An entity that is not written and must still have the version that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionCheck {
    /// The entity's role in the work: it names whose change was in the way.
    pub role: Role,
    /// Module.
    pub module: String,
    /// Entity.
    pub key: EntityKey,
    /// Version; 0 for absence.
    pub version: Version,
    /// Content of the data row when it was shown, where that was read.
    pub shown: Option<Shown>,
}

/// A counter that is set to a larger number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// Its keys.
    pub key: EntityKey,
    /// The row, where there was none.
    pub row: Row,
    /// The number that was seen; `None` for none.
    pub seen: Option<i64>,
    /// The number that it gets.
    pub to: i64,
    /// The counter that it takes the number from, which must still have it.
    pub old: (EntityKey, i64),
}

/// One publish, built once and repeated as it is until its outcome is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishRequest {
    /// How.
    pub mode: PublishMode,
    /// requestId of every row written: what a later reader recognises it by.
    pub request_id: String,
    /// One entity, or the two of a move.
    pub parts: Vec<Part>,
    /// Entities whose versions are pinned.
    pub checks: Vec<VersionCheck>,
    /// Counters that are set.
    pub counters: Vec<Counter>,
}

/// Bytes that a command row has beside those of the data row that it led to, at most.
const COMMAND_MORE: usize = 128;

fn bytes(row: &Row) -> usize {
    item_bytes(&row.0)
}

/// Write units of a row in a transaction: two for each kilobyte begun.
fn transacted(bytes: usize) -> u64 {
    2 * (bytes as u64).div_ceil(1024).max(1)
}

impl PublishRequest {
    /// DynamoDB's idempotency token, 36 characters at most: from the run's request id, the keys and the pinned versions.
    #[must_use]
    pub fn token(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.request_id.as_bytes());
        let mut pin = |module: &str, key: &EntityKey, version: Version, extra: &str| {
            for text in [module, key.pk.as_str(), key.sk.as_str(), &version.to_string(), extra] {
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text.as_bytes());
            }
        };
        for part in &self.parts {
            // Without the previous command row it is another request, and the service insists on another token for that.
            let previous = if part.previous.is_some() { "previous" } else { "" };
            pin(&part.module, &part.key, part.expected, if part.finishes.is_some() { "finish" } else { previous });
        }
        for check in &self.checks {
            pin(&check.module, &check.key, check.version, "check");
        }
        for counter in &self.counters {
            pin("", &counter.key, Version(0), &format!("{:?} {}", counter.seen, counter.to));
        }
        hex(&hash.finalize()[..16])
    }

    /// Whether something of it has to be read before it is written: its content does not fit into a condition.
    #[must_use]
    pub fn is_read_first(&self) -> bool {
        let parts = self.parts.iter().filter_map(|part| part.shown.as_ref());
        parts.chain(self.checks.iter().filter_map(|check| check.shown.as_ref())).any(Shown::is_large)
    }

    /// Names of all S3 objects of the request, for the journal: `s3://` references.
    #[must_use]
    pub fn object_uris(&self) -> Vec<String> {
        self.parts.iter().flat_map(|part| part.objects.iter().map(S3Object::uri)).collect()
    }

    /// Write units of the request at most: transactional writes and condition checks cost two for each kilobyte begun.
    #[must_use]
    pub fn write_units(&self) -> u64 {
        self.units().map(|(_, _, units)| units).sum()
    }

    /// Write units of the partition that takes the most of them.
    pub fn busiest_units(&self) -> Option<u64> {
        let mut sums: Vec<(TableKind, &PartitionKey, u64)> = Vec::with_capacity(4);
        for (kind, pk, units) in self.units() {
            match sums.iter_mut().find(|(k, p, _)| *k == kind && *p == pk) {
                Some((_, _, sum)) => *sum += units,
                None => sums.push((kind, pk, units)),
            }
        }
        sums.into_iter().map(|(_, _, units)| units).max()
    }

    /// The same by table and partition, which is where the service's ceiling applies.
    pub fn units(&self) -> impl Iterator<Item = (TableKind, &PartitionKey, u64)> {
        let parts = self.parts.iter().flat_map(|part| {
            // The history row is the data row that is replaced: a put costs the larger of the two.
            let old = part.rows.iter().find(|(kind, _)| *kind == TableKind::History).map_or(0, |(_, row)| bytes(row));
            // An update costs the whole row, and the previous command row held what is replaced now.
            let latest = part.rows.first().map_or(0, |(_, row)| bytes(row));
            let command = if old > 0 { old } else { latest } + COMMAND_MORE;
            let previous = part.previous.as_ref().map(|_| (TableKind::Command, command));
            let rows = part.rows.iter().map(move |(kind, row)| match kind {
                TableKind::Data => (*kind, bytes(row).max(old)),
                kind => (*kind, bytes(row)),
            });
            // The command row that is there already gets its last status: an update costs the whole row.
            let finished = part.finishes.as_ref().map(|seen| (TableKind::Command, seen.bytes + COMMAND_MORE));
            rows.chain(previous).chain(finished).map(|(kind, bytes)| (kind, &part.key.pk, transacted(bytes)))
        });
        // A condition check costs the row that it looks at.
        let checks = self.checks.iter().map(|check| {
            let seen = check.shown.as_ref().map_or(0, Shown::stored_bytes);
            (TableKind::Data, &check.key.pk, transacted(seen))
        });
        let counters = self.counters.iter().map(|c| (TableKind::Data, &c.key.pk, transacted(bytes(&c.row)) + 2));
        parts.chain(checks).chain(counters)
    }
}

impl ReadStore {
    /// Turns the rows of a publish into what is sent: attributes over the limit become S3 objects of their own for each row, sizes are checked.
    ///
    /// The rows carry their attributes in place, the history row too. `sets_previous` says whether the command row of the version
    /// before gets its ttl. It must be there: an update of a missing row would create a stub, and the application's pipeline would run on it.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] when DynamoDB or the framework cannot hold a row, [`StoreError::NoBucket`] when attributes must go to S3
    /// and the profile names no bucket.
    pub fn prepare(
        &self,
        module: &str,
        rows: PublishRows,
        sets_previous: bool,
        new_name: NewObjectName<'_>,
    ) -> Result<Part, StoreError> {
        let previous = rows
            .previous_command_ttl
            .filter(|_| sets_previous)
            .map(|ttl| PreviousCommand { sk: rows.key.sk.at(rows.expected), ttl });
        let mut part = Part {
            role: Role::Target,
            module: module.to_owned(),
            expected: rows.expected,
            shown: None,
            version: rows.version,
            rows: Vec::with_capacity(3),
            previous,
            objects: Vec::new(),
            finishes: None,
            key: rows.key,
        };
        let tables = [
            (TableKind::Command, (!rows.is_finish).then_some(rows.command)),
            (TableKind::History, rows.history),
            (TableKind::Data, rows.data),
        ];
        for (kind, row) in tables {
            let Some(mut row) = row else { continue };
            let from = if kind == TableKind::History { &rows.in_s3.before } else { &rows.in_s3.bytes_from };
            let stood = if kind == TableKind::History { from.is_some() } else { rows.in_s3.after };
            let body = match (row.attribute_bytes(), from) {
                (Some(bytes), Some(from)) => Some(Body::Bytes { bytes, from: from.clone() }),
                // Whatever the values are, their JSON is never that much longer.
                _ if stood || item_bytes(&row.0).saturating_mul(JSON_AT_MOST) > self.attribute_limit => {
                    self.offload(kind, &row, stood)?.map(Body::Text)
                }
                _ => None,
            };
            if let Some(body) = body {
                let bucket = self.bucket.clone().ok_or(StoreError::NoBucket)?;
                let key = object_key(&self.names.table(module, kind), row.pk()?, row.sk()?, &new_name());
                let object = S3Object { bucket, key, body };
                row = row.with_attributes(Value::s(object.uri()));
                part.objects.push(object);
            }
            check(&row).map_err(|why| StoreError::Unstorable { table: kind.as_str(), why })?;
            part.rows.push((kind, row));
        }
        Ok(part)
    }

    /// The text of attributes that belong into S3; `None` for those that stay in their row.
    fn offload(&self, kind: TableKind, row: &Row, stood: bool) -> Result<Option<String>, StoreError> {
        let Attributes::Inline(map) = row.attributes()? else { return Ok(None) };
        let attributes = Value::M(map.clone());
        let is_short = plain_json_length(&attributes) <= self.attribute_limit;
        match attributes.why_not_json() {
            None if is_short => return Ok(None),
            None => {}
            // Digits that stood in S3 are safe there, and only there. A past version stays where it was; a new one that the framework
            // would keep in the row must not bring them there.
            Some(what) if stood && attributes.lacks_digits_only() => match (is_short, kind) {
                (false, _) | (true, TableKind::History) => {}
                (true, _) => {
                    let message = format!(
                        "attributes hold {what}, safe in S3 so far; they are so short now that they belong into the row, where the \
                         application could not read it"
                    );
                    let why = Unstorable { reason: Reason::Unsupported, message };
                    return Err(StoreError::Unstorable { table: kind.as_str(), why });
                }
            },
            // Attributes that JavaScript cannot read back from JSON stay in the row, where DynamoDB keeps them exactly.
            Some(_) => return Ok(None),
        }
        Ok(Some(to_plain_json(&attributes)))
    }
}
