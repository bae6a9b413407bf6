use std::cmp::Ordering;

use super::ledger::Ledger;
use crate::domain::diff::Change;
use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, PartitionKey};
use crate::domain::plan::Source;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::transfer::Carry;
use crate::domain::value::{Value, to_plain_json};
use crate::domain::verify::{Compared, transferred};
use crate::engine::protocol::{EntityRef, Finding, Severity};
use crate::engine::read::ahead::Ahead;
use crate::engine::read::scope::Partition;
use crate::engine::task::{Stop, Task};
use crate::store::TtlSettings;

/// Differences of one entity that are told.
const TOLD: usize = 20;

/// The two partitions of one entity type.
pub(super) struct Pair<'a> {
    pub(super) task: &'a Task,
    /// Reads the source.
    pub(super) from: &'a Task,
    pub(super) carry: &'a Carry,
    pub(super) source: &'a Source,
    pub(super) partition: &'a Partition,
    pub(super) target: PartitionKey,
    pub(super) settings: TtlSettings,
    pub(super) now: String,
    /// Attributes that cannot be read are carried as bytes, and compared so.
    pub(super) carries_bytes: bool,
}

impl Pair<'_> {
    /// Compares what is behind a sort key, or all of it.
    pub(super) async fn compare(&self, after: Option<&str>, ledger: &mut Ledger<'_>) -> Result<(), Stop> {
        let module = &self.partition.module;
        let named = self.source.named_in(module, &self.partition.pk);
        let mut sources = Ahead::start(self.from, module, &self.partition.pk, &self.source.sk_prefix, after);
        let mut targets = Ahead::start(self.task, module, &self.target, &self.source.sk_prefix, after);
        loop {
            self.task.check()?;
            let order = match (sources.peek().await?, targets.peek().await?) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.sk()?.as_bytes().cmp(b.sk()?.as_bytes()),
            };
            let source = if order != Ordering::Greater { sources.take() } else { None };
            let target = if order != Ordering::Less { targets.take() } else { None };
            if let Some(sk) = source.as_ref().or(target.as_ref()).map(Row::sk).transpose()?
                && named.as_ref().is_none_or(|named| named.contains(sk))
            {
                let key = EntityKey::new(self.target.as_str(), sk);
                for finding in self.judge(&key, source, target).await? {
                    ledger.tell(finding).await?;
                }
                ledger.looked_at(self.partition, key.sk.as_str()).await?;
            }
        }
    }

    /// Findings about an entity.
    async fn judge(&self, key: &EntityKey, source: Option<Row>, target: Option<Row>) -> Result<Vec<Finding>, Stop> {
        let mut found = Vec::new();
        let Some(source) = source else {
            if target.is_some_and(|row| !row.is_deleted()) {
                found.push(self.error(FindingKind::Extra, key, None, "the source has no such entity".to_owned()));
            }
            return Ok(found);
        };
        let Some(source) = self.whole(self.from, key, source, &mut found).await? else { return Ok(found) };
        let target = match target {
            Some(row) => match self.whole(self.task, key, row, &mut found).await? {
                Some(row) => Some(row),
                None => return Ok(found),
            },
            None => None,
        };
        match transferred(self.carry, &source, key, target.as_ref(), &self.now) {
            Compared::LeftAlone => return Ok(found),
            Compared::Missing(why) => {
                found.push(self.error(FindingKind::Missing, key, None, why));
                return Ok(found);
            }
            Compared::There { changes, is_leftover } => {
                found.extend(changes.into_iter().take(TOLD).map(|change| self.different(key, change)));
                if is_leftover {
                    let message =
                        format!("it was carried over, and its source under {} is still live", self.partition.pk);
                    found.push(self.error(FindingKind::Leftover, key, None, message));
                }
            }
        }
        found.extend(target.and_then(|row| self.ttl(key, &row)));
        Ok(found)
    }

    /// The row with its attributes in place, or their bytes; `None` where they are lost, which is told.
    async fn whole(&self, of: &Task, key: &EntityKey, row: Row, found: &mut Vec<Finding>) -> Result<Option<Row>, Stop> {
        if row.attributes_ref().is_none() {
            return Ok(Some(row));
        }
        let whole = of.store().whole(&row).await?;
        let row = if self.carries_bytes { whole.like(true) } else { whole.row };
        match row {
            Ok(row) => Ok(Some(row)),
            Err(unreadable) => {
                found.push(self.error(FindingKind::Missing, key, Some(field::ATTRIBUTES), unreadable.message));
                Ok(None)
            }
        }
    }

    fn different(&self, key: &EntityKey, change: Change) -> Finding {
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), to_plain_json);
        let message = format!("should be {}, is {}", text(&change.before), text(&change.after));
        let path = change.path.to_string();
        Finding { change: Some(Box::new(change)), ..self.error(FindingKind::Different, key, Some(&path), message) }
    }

    /// A row that expires although nothing says so, or the other way round.
    fn ttl(&self, key: &EntityKey, row: &Row) -> Option<Finding> {
        let expires = row.get(field::TTL).is_some_and(|ttl| ttl.as_number().is_some());
        let message = match (self.settings.days(TableKind::Data), expires) {
            (Some(days), false) => format!("it never expires, and data rows of its tenant are kept for {days} days"),
            (None, true) => "it expires, and data rows of its tenant are kept for ever".to_owned(),
            _ => return None,
        };
        Some(Finding { severity: Severity::Warning, ..self.error(FindingKind::Ttl, key, Some(field::TTL), message) })
    }

    fn error(&self, kind: FindingKind, key: &EntityKey, path: Option<&str>, message: String) -> Finding {
        let entity = EntityRef { module: self.partition.module.clone(), key: key.clone() };
        Finding { path: path.map(str::to_owned), ..Finding::new(kind, Severity::Error, entity, message) }
    }
}
