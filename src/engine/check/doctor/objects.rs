//! Attributes that are stored in S3: references without an object, and objects that nothing refers to.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::{Extent, nowhere, tell};
use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, PartitionKey, split_versioned};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::Reason;
use crate::engine::protocol::{EntityRef, Severity};
use crate::engine::task::{Stop, Task};

/// A publish puts its objects a moment before its rows: what is younger may belong to one that is under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(15);
/// Such objects of a table that are named one by one.
const NAMED: u64 = 200;
const TABLES: [TableKind; 3] = [TableKind::Data, TableKind::History, TableKind::Command];

/// Objects read at once.
const READ_AT_ONCE: usize = 8;

/// A row that refers to an object: table and keys.
type Referrer = (TableKind, String, String);

/// Objects that rows refer to, by their key in the bucket; the framework gives each row its own, a copy by hand may not.
#[derive(Debug, Default)]
pub(super) struct References(HashMap<String, Vec<Referrer>>);

impl References {
    /// Takes in a row's reference, if it has one. The bucket in it does not count: the configured one does.
    pub(super) fn add(&mut self, kind: TableKind, row: &Row) -> Result<(), Stop> {
        let key = row.attributes_ref().and_then(|uri| uri.strip_prefix("s3://")).and_then(|rest| rest.split_once('/'));
        if let Some((_, key)) = key {
            self.0.entry(key.to_owned()).or_default().push((kind, row.pk()?.to_owned(), row.sk()?.to_owned()));
        }
        Ok(())
    }
}

/// Compares the references of a module's rows with the objects that there are, of some partitions or of all.
pub(super) async fn compare(task: &Task, module: &str, extent: &Extent, references: References) -> Result<(), Stop> {
    let mut missing = references.0;
    if task.store().bucket().is_none() {
        if !missing.is_empty() {
            let count: usize = missing.values().map(Vec::len).sum();
            let message =
                format!("{count} rows keep their attributes in S3, and the profile names no bucket to look into");
            tell(task, FindingKind::S3Missing, Severity::Warning, nowhere(module), None, message).await?;
        }
        return Ok(());
    }
    let now = Timestamp::now();
    let mut present = Vec::new();
    for kind in TABLES {
        let table = task.store().object_prefix(module, kind);
        let prefixes = match extent {
            Some(pks) => pks.iter().map(|pk| format!("{table}{pk}/")).collect(),
            None => vec![table.clone()],
        };
        let mut orphans = 0;
        for prefix in prefixes {
            let mut after = None::<String>;
            loop {
                task.check()?;
                let page = task.store().objects(&prefix, after.as_deref()).await?;
                for object in page.objects {
                    if let Some(referrers) = missing.remove(&object.key) {
                        present.push((object.key, referrers));
                        continue;
                    }
                    orphans += 1;
                    if orphans <= NAMED {
                        let is_young = object.at.is_none_or(|at| now.duration_since(at) < UNDER_WAY);
                        orphan(task, module, kind, &object.key, is_young).await?;
                    }
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        if orphans > NAMED {
            let message = format!("{} more objects under {table} that no row refers to", orphans - NAMED);
            tell(task, FindingKind::S3Orphan, Severity::Note, nowhere(module), None, message).await?;
        }
    }
    let mut missing: Vec<_> = missing.into_iter().collect();
    missing.sort();
    for (key, referrers) in missing {
        for (kind, pk, sk) in referrers {
            absent(task, module, &key, kind, &pk, &sk).await?;
        }
    }
    present.sort();
    unreadable(task, module, present).await
}

/// Reads every object that rows refer to, and tells those that hold no attributes.
async fn unreadable(task: &Task, module: &str, present: Vec<(String, Vec<Referrer>)>) -> Result<(), Stop> {
    for group in present.chunks(READ_AT_ONCE) {
        task.check()?;
        let read = group.iter().map(|(key, _)| {
            let uri = uri(task, key);
            Box::pin(async move { task.store().read_attributes(&uri).await.err() })
        });
        for ((_, referrers), error) in group.iter().zip(futures::future::join_all(read).await) {
            let Some(error) = error else { continue };
            match error.unreadable() {
                // Gone since it was listed: the next look finds out.
                Some(Reason::S3Missing) => {}
                Some(_) => {
                    for (kind, pk, sk) in referrers {
                        let (entity, which, severity) = referrer(module, *kind, pk, sk);
                        let message = format!("the attributes of {which} cannot be read: {error}");
                        let path = Some(field::ATTRIBUTES.to_owned());
                        tell(task, FindingKind::S3Unreadable, severity, entity, path, message).await?;
                    }
                }
                None => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// The entity of a row, how the row is called, and how bad it is that its attributes are lost.
fn referrer(module: &str, kind: TableKind, pk: &str, sk: &str) -> (EntityRef, String, Severity) {
    let (base, which) = match kind {
        TableKind::Data => (sk, "the current version".to_owned()),
        _ => match split_versioned(sk) {
            Some((base, version)) => (base, format!("the {} row of version {version}", kind.as_str())),
            None => (sk, format!("a {} row", kind.as_str())),
        },
    };
    let entity = EntityRef { module: module.to_owned(), key: EntityKey::new(pk, base) };
    (entity, which, if kind == TableKind::Data { Severity::Error } else { Severity::Warning })
}

/// A row refers to an object that was not listed: both are looked at again.
async fn absent(task: &Task, module: &str, object: &str, kind: TableKind, pk: &str, sk: &str) -> Result<(), Stop> {
    task.check()?;
    let row = task.store().get(module, kind, &PartitionKey::new(pk), sk, true).await?;
    let still = row.as_ref().and_then(Row::attributes_ref).is_some_and(|uri| uri.ends_with(object));
    if !still || task.store().has_object(object).await? {
        return Ok(());
    }
    let (entity, which, severity) = referrer(module, kind, pk, sk);
    let message = format!("the attributes of {which} are lost: {object} is not in the bucket");
    tell(task, FindingKind::S3Missing, severity, entity, Some(field::ATTRIBUTES.to_owned()), message).await
}

/// An object that no row of the survey refers to. One that is young is looked for again: its rows may have come since. Its entity is
/// not named: there is nothing wrong with that, the framework itself leaves an object behind whenever it replaces a row.
async fn orphan(task: &Task, module: &str, kind: TableKind, object: &str, is_young: bool) -> Result<(), Stop> {
    let prefix = task.store().object_prefix(module, kind);
    let named = object.strip_prefix(&prefix).and_then(|rest| rest.rsplit_once('/'));
    if let (true, Some((pk, sk))) = (is_young, named.and_then(|(keys, _)| keys.split_once('/'))) {
        let row = task.store().get(module, kind, &PartitionKey::new(pk), sk, true).await?;
        if row.as_ref().and_then(Row::attributes_ref).is_some_and(|uri| uri.ends_with(object)) {
            return Ok(());
        }
    }
    let young = if is_young { "; it is a few minutes old, so a publish may be under way" } else { "" };
    let message = format!("no row refers to this object{young}");
    tell(task, FindingKind::S3Orphan, Severity::Note, nowhere(module), Some(uri(task, object)), message).await
}

fn uri(task: &Task, object: &str) -> String {
    format!("s3://{}/{object}", task.store().bucket().unwrap_or_default())
}
