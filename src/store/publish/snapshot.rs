use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;

use crate::domain::key::{EntityKey, PartitionKey, SortKey, Version};
use crate::domain::row::{Row, TableKind};
use crate::domain::run::Reason;
use crate::domain::snapshot::EntitySnapshot;
use crate::store::error::StoreError;
use crate::store::read::{ReadStore, RowKey};

/// S3 objects read at once for one listing.
const OBJECTS_AT_ONCE: usize = 8;

/// Why an entity cannot be worked with although every call succeeded: what is stored is not what the framework writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The contract's word.
    pub reason: Reason,
    /// In words.
    pub message: String,
    /// The data row as stored.
    pub data: Option<Arc<Row>>,
}

/// An entity as it was read, or why it cannot be worked with.
pub type Snapshot = Result<EntitySnapshot, Unusable>;

impl Unusable {
    /// The version that its data row shows; 0 where it has none, or none that can be read.
    #[must_use]
    pub fn version(&self) -> Version {
        self.data.as_ref().and_then(|row| row.version().ok()).unwrap_or_default()
    }
}

impl ReadStore {
    /// Reads what a decision about an entity rests on.
    ///
    /// # Errors
    /// [`StoreError`] when a call failed, the version is no number, or S3-stored attributes cannot be read.
    pub async fn snapshot(&self, module: &str, key: &EntityKey) -> Result<EntitySnapshot, StoreError> {
        let data = self.data_row(module, key).await?;
        let version = data.as_ref().map(Row::version).transpose()?.unwrap_or_default();
        let at = |v: Version| (TableKind::Command, key.sk.at(v));
        let mut commands = self.batch_get(module, &key.pk, &[at(version), at(version.next())], &[], true).await?;
        let resolved = match &data {
            Some(row) => Some(Arc::new(self.resolve(row).await?)),
            None => None,
        };
        Ok(EntitySnapshot {
            data: data.map(Arc::new),
            resolved,
            version,
            command: commands.remove(&at(version)),
            next_command: commands.remove(&at(version.next())),
        })
    }

    /// The snapshots of many entities of one partition, in the order asked for; read consistently, in as few requests as there can be.
    ///
    /// # Errors
    /// [`StoreError`] when a call failed. What is wrong with a single entity is in its own place.
    pub async fn snapshots(
        &self,
        module: &str,
        pk: &PartitionKey,
        sks: &[SortKey],
    ) -> Result<Vec<Snapshot>, StoreError> {
        // An absent entity is blocked by a command of its first version, so both are asked for at once.
        let mut keys: Vec<RowKey> = Vec::with_capacity(sks.len() * 2);
        for sk in sks {
            keys.push((TableKind::Data, sk.as_str().to_owned()));
            keys.push((TableKind::Command, sk.at(Version(1))));
        }
        let mut found = self.batch_get(module, pk, &keys, &[], true).await?;
        let rows: Vec<(SortKey, Option<Row>)> =
            sks.iter().map(|sk| (sk.clone(), found.remove(&(TableKind::Data, sk.as_str().to_owned())))).collect();
        self.with_commands(module, pk, rows, found, true).await
    }

    /// The snapshots of entities whose data rows were read already, in their order.
    ///
    /// With `is_written` also the command row of each version, which only a publish on top of the entity needs.
    ///
    /// # Errors
    /// As [`ReadStore::snapshots`].
    pub async fn snapshots_of(
        &self,
        module: &str,
        pk: &PartitionKey,
        rows: Vec<(SortKey, Option<Row>)>,
        is_written: bool,
    ) -> Result<Vec<Snapshot>, StoreError> {
        self.with_commands(module, pk, rows, HashMap::new(), is_written).await
    }

    async fn with_commands(
        &self,
        module: &str,
        pk: &PartitionKey,
        rows: Vec<(SortKey, Option<Row>)>,
        mut commands: HashMap<RowKey, Row>,
        is_written: bool,
    ) -> Result<Vec<Snapshot>, StoreError> {
        let at = |sk: &SortKey, v: Version| (TableKind::Command, sk.at(v));
        let wanted: Vec<RowKey> = rows
            .iter()
            .filter_map(|(sk, row)| Some((sk, row.as_ref()?.version().ok()?)))
            .flat_map(|(sk, version)| is_written.then(|| at(sk, version)).into_iter().chain([at(sk, version.next())]))
            .filter(|key| !commands.contains_key(key))
            .collect();
        commands.extend(self.batch_get(module, pk, &wanted, &[], true).await?);
        let commands = &commands;
        let each = rows.into_iter().map(|(sk, row)| async move {
            let Some(row) = row else {
                let next_command = commands.get(&at(&sk, Version(1))).cloned();
                return Ok(Ok(EntitySnapshot { next_command, ..EntitySnapshot::default() }));
            };
            let command = |v: Version| commands.get(&at(&sk, v)).cloned();
            self.judged(row, command).await
        });
        let mut snapshots = Vec::new();
        let mut answers = futures::stream::iter(each).buffered(OBJECTS_AT_ONCE);
        while let Some(snapshot) = answers.next().await {
            snapshots.push(snapshot?);
        }
        Ok(snapshots)
    }

    async fn judged(&self, row: Row, command: impl Fn(Version) -> Option<Row>) -> Result<Snapshot, StoreError> {
        let data = Arc::new(row);
        let unusable = |reason, message: String| Ok(Err(Unusable { reason, message, data: Some(Arc::clone(&data)) }));
        let version = match data.version() {
            Ok(version) => version,
            Err(error) => return unusable(Reason::KeyInvalid, error.to_string()),
        };
        let resolved = match self.readable(&data).await? {
            Ok(row) if data.attributes_ref().is_some() => Arc::new(row),
            Ok(_) => Arc::clone(&data),
            Err(unreadable) => return unusable(unreadable.reason, unreadable.message),
        };
        Ok(Ok(EntitySnapshot {
            resolved: Some(resolved),
            version,
            command: command(version),
            next_command: command(version.next()),
            data: Some(data),
        }))
    }
}
