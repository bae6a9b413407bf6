//! One look at every row of a module: which versions there are, and who looks ill.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};

use super::objects::References;
use super::{Extent, ailing, progress, tell};
use crate::domain::doctor::{Ailment, VersionSet, gaps};
use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, PartitionKey, SortKey, Version, split_versioned};
use crate::domain::retention::settings_pk;
use crate::domain::row::{Row, TableKind, blocked, field};
use crate::domain::timeline::is_failed;
use crate::engine::failure::Failure;
use crate::engine::protocol::{EntityRef, Severity};
use crate::engine::read::sweep::Sweep;
use crate::engine::task::{Stop, Task};

const DATA: &[&str] = &[field::PK, field::SK, field::ID, field::VERSION, field::TENANT_CODE, field::ATTRIBUTES];
const HISTORY: &[&str] = &[field::PK, field::SK, field::ATTRIBUTES];
const COMMANDS: &[&str] = &[field::PK, field::SK, field::STATUS, field::ATTRIBUTES];
const KEYS: &[&str] = &[field::PK, field::SK, field::VERSION];

/// Facts about an entity.
#[derive(Debug, Default)]
struct Known {
    version: Version,
    versions: VersionSet,
    has_command: bool,
    /// Told already: nothing that is said of its versions would be true.
    is_mangled: bool,
}

/// Entities by the hash of their keys, at some forty bytes each: two of a million share one once in tens of millions of tables.
#[derive(Debug, Default)]
pub(super) struct Survey {
    known: HashMap<u64, Known>,
    hasher: RandomState,
    /// Entities with commands that want a closer look, and the versions of those above the data row.
    pub(super) suspects: BTreeMap<PartitionKey, BTreeMap<String, BTreeSet<Version>>>,
    /// Tenant codes of the module's partitions.
    pub(super) settings: BTreeSet<PartitionKey>,
}

impl Survey {
    /// Looks at the data rows first: what is published meanwhile stands above them, and is looked at again.
    pub(super) async fn of(
        task: &Task,
        module: &str,
        extent: &Extent,
        references: &mut References,
        looked: &mut u64,
    ) -> Result<Self, Stop> {
        let mut survey = Self::default();
        for (kind, fields) in [(TableKind::Data, DATA), (TableKind::History, HISTORY), (TableKind::Command, COMMANDS)] {
            let mut sweep = rows(task, module, kind, fields, extent);
            while let Some(rows) = sweep.next().await? {
                *looked += rows.len() as u64;
                for row in rows {
                    references.add(kind, &row)?;
                    match kind {
                        TableKind::Data => survey.data(task, module, &row).await?,
                        TableKind::History => survey.history(&row)?,
                        TableKind::Command => survey.command(&row)?,
                    }
                }
                progress(task, *looked).await?;
            }
        }
        Ok(survey)
    }

    fn hash(&self, pk: &str, base: &str) -> u64 {
        self.hasher.hash_one((pk, base))
    }

    async fn data(&mut self, task: &Task, module: &str, row: &Row) -> Result<(), Stop> {
        let key = row.data_key()?;
        // One partition stands for all that share its settings.
        self.settings.insert(settings_pk(&key.pk));
        let mut known = Known::default();
        match row.version() {
            Ok(version) => {
                known.version = version;
                known.versions.add(version);
            }
            Err(error) => {
                known.is_mangled = true;
                self.broken(task, module, &key, field::VERSION, &error.into()).await?;
            }
        }
        if let Err(error) = row.attributes() {
            self.broken(task, module, &key, field::ATTRIBUTES, &error.into()).await?;
        }
        if let Some(why) = blocked(&key, Some(row)) {
            known.is_mangled = true;
            ailing(task, module, key.clone(), &Ailment::Mangled(why)).await?;
        }
        self.known.insert(self.hash(key.pk.as_str(), key.sk.as_str()), known);
        Ok(())
    }

    async fn broken(&self, task: &Task, module: &str, key: &EntityKey, path: &str, why: &Failure) -> Result<(), Stop> {
        let entity = EntityRef { module: module.to_owned(), key: key.clone() };
        tell(task, FindingKind::Mangled, Severity::Error, entity, Some(path.to_owned()), why.message.clone()).await
    }

    fn history(&mut self, row: &Row) -> Result<(), Stop> {
        let Some((base, version)) = split_versioned(row.sk()?) else { return Ok(()) };
        let hash = self.hash(row.pk()?, base);
        if let Some(known) = self.known.get_mut(&hash) {
            known.versions.add(version);
        }
        Ok(())
    }

    fn command(&mut self, row: &Row) -> Result<(), Stop> {
        let (pk, sk) = (row.pk()?, row.sk()?);
        let Some((base, version)) = split_versioned(sk) else { return Ok(()) };
        let hash = self.hash(pk, base);
        let mut current = Version(0);
        if let Some(known) = self.known.get_mut(&hash) {
            known.versions.add(version);
            known.has_command |= version == known.version;
            current = known.version;
        }
        if version > current || version == current && is_failed(row) {
            let of = self.suspects.entry(PartitionKey::new(pk)).or_default().entry(base.to_owned()).or_default();
            if version > current {
                of.insert(version);
            }
        }
        Ok(())
    }

    /// Tells versions that no table has. Their keys were not kept, so the data rows are read once more, and only if there are any.
    pub(super) async fn gaps(&self, task: &Task, module: &str, extent: &Extent) -> Result<(), Stop> {
        let is_whole = |known: &Known| known.versions.is_whole(known.version) && known.has_command;
        if self.known.values().all(|known| known.is_mangled || known.version == Version(0) || is_whole(known)) {
            return Ok(());
        }
        let mut sweep = rows(task, module, TableKind::Data, KEYS, extent);
        while let Some(rows) = sweep.next().await? {
            for row in rows {
                let key = row.data_key()?;
                let Some(known) = self.known.get(&self.hash(key.pk.as_str(), key.sk.as_str())) else { continue };
                // Published again since: what was counted is no longer the whole.
                if known.is_mangled || row.version().ok() != Some(known.version) || known.version == Version(0) {
                    continue;
                }
                let missing = gaps(&known.versions, known.version);
                if !missing.is_empty() {
                    ailing(task, module, key.clone(), &Ailment::Gap(missing)).await?;
                }
                if !known.has_command {
                    ailing(task, module, key, &Ailment::NoCommand(known.version)).await?;
                }
            }
        }
        Ok(())
    }
}

/// The rows of a table, or of some of its partitions.
fn rows(task: &Task, module: &str, kind: TableKind, fields: &'static [&'static str], extent: &Extent) -> Sweep {
    match extent {
        Some(pks) => Sweep::within(task, module, kind, fields, pks),
        None => Sweep::start(task, module, kind, fields),
    }
}

/// The sort keys of suspects.
pub(super) fn sort_keys(bases: &BTreeMap<String, BTreeSet<Version>>) -> Vec<SortKey> {
    bases.keys().map(|base| SortKey::new(base.as_str())).collect()
}
