use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::StreamExt;

use crate::domain::key::{EntityKey, PartitionKey, SortKey, Version};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::run::Reason;
use crate::domain::snapshot::{EntitySnapshot, is_past, is_remnant};
use crate::store::error::StoreError;
use crate::store::read::{ReadStore, RowKey};

/// S3 objects read at once for one listing.
const OBJECTS_AT_ONCE: usize = 8;

/// Fields that tell whether a command was applied.
const EXPIRY_FIELDS: [&str; 4] = [field::PK, field::SK, field::STATUS, field::SYNC_MODE];

/// How to work with attributes that only JavaScript can read.
const CARRIED: &str = "its bytes are carried as they are only by a copy or move that looks at no attribute: [run] stamp = \"none\", \
                       without [[transform]], [validate] and merging";

/// Why an entity cannot be worked with although every call succeeded: what is stored is not what the framework writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The contract's word.
    pub reason: Reason,
    /// In words.
    pub message: String,
    /// The data row as stored.
    pub data: Option<Arc<Row>>,
    /// The entity with the bytes of its attributes, where these may be carried although they cannot be read.
    pub as_bytes: Option<Box<EntitySnapshot>>,
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
    /// [`StoreError`] when a call failed, [`StoreError::Unusable`] when what is stored cannot be worked with.
    pub async fn snapshot(&self, module: &str, key: &EntityKey) -> Result<EntitySnapshot, StoreError> {
        let mut read = self.snapshots(module, &key.pk, std::slice::from_ref(&key.sk)).await?;
        match read.pop() {
            Some(Ok(snapshot)) => Ok(snapshot),
            Some(Err(unusable)) => Err(StoreError::Unusable(Box::new(unusable))),
            None => Ok(EntitySnapshot::default()),
        }
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
        let found = self.batch_get(module, pk, &keys, &[], true).await?;
        let rows: Vec<(SortKey, Option<Row>)> =
            sks.iter().map(|sk| (sk.clone(), found.get(&(TableKind::Data, sk.as_str().to_owned())).cloned())).collect();
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
        let now = jiff::Timestamp::now().as_second();
        let expired = self.expired(module, pk, &rows, &commands, now).await?;
        let (commands, expired) = (&commands, &expired);
        let each = rows.into_iter().map(|(sk, row)| async move {
            let Some(row) = row else {
                let next_command = commands.get(&at(&sk, Version(1))).cloned();
                let is_expired = expired.contains(&sk);
                return Ok(Ok(EntitySnapshot { next_command, is_expired, ..EntitySnapshot::default() }));
            };
            let command = |v: Version| commands.get(&at(&sk, v)).cloned();
            self.judged(row, command, now).await
        });
        let mut snapshots = Vec::new();
        let mut answers = futures::stream::iter(each).buffered(OBJECTS_AT_ONCE);
        while let Some(snapshot) = answers.next().await {
            snapshots.push(snapshot?);
        }
        Ok(snapshots)
    }

    /// Those of the entities without a data row whose commands are what their ttl left over.
    async fn expired(
        &self,
        module: &str,
        pk: &PartitionKey,
        rows: &[(SortKey, Option<Row>)],
        commands: &HashMap<RowKey, Row>,
        now: i64,
    ) -> Result<HashSet<SortKey>, StoreError> {
        let first = |sk: &SortKey| commands.get(&(TableKind::Command, sk.at(Version(1))));
        let absent: Vec<&SortKey> =
            rows.iter().filter(|(sk, row)| row.is_none() && first(sk).is_some()).map(|(sk, _)| sk).collect();
        let history = |sk: &SortKey| (TableKind::History, sk.at(Version(1)));
        let second = |sk: &SortKey| (TableKind::Command, sk.at(Version(2)));
        let wanted: Vec<RowKey> = absent.iter().flat_map(|sk| [history(sk), second(sk)]).collect();
        let found = self.batch_get(module, pk, &wanted, &EXPIRY_FIELDS, true).await?;
        let is_expired = |sk: &&SortKey| {
            let has_history = found.contains_key(&history(sk));
            first(sk).is_some_and(|row| is_remnant(row, found.get(&second(sk)), has_history, now))
        };
        Ok(absent.into_iter().filter(is_expired).cloned().collect())
    }

    async fn judged(
        &self,
        row: Row,
        command: impl Fn(Version) -> Option<Row>,
        now: i64,
    ) -> Result<Snapshot, StoreError> {
        let data = Arc::new(row);
        let unusable = |reason, message: String, as_bytes: Option<Box<EntitySnapshot>>| {
            Ok(Err(Unusable { reason, message, data: Some(Arc::clone(&data)), as_bytes }))
        };
        let version = match data.version() {
            Ok(version) => version,
            Err(error) => return unusable(Reason::KeyInvalid, error.to_string(), None),
        };
        let seen = |resolved: Arc<Row>, as_bytes: Option<Arc<Row>>| EntitySnapshot {
            resolved: Some(resolved),
            as_bytes,
            version,
            command: command(version),
            next_command: command(version.next()),
            is_past_ttl: is_past(&data, now),
            is_expired: false,
            data: Some(Arc::clone(&data)),
        };
        let whole = self.whole(&data).await?;
        let as_bytes = whole.as_bytes.map(Arc::new);
        match (whole.row, as_bytes) {
            (Ok(row), as_bytes) if data.attributes_ref().is_some() => Ok(Ok(seen(Arc::new(row), as_bytes))),
            (Ok(_), _) => Ok(Ok(seen(Arc::clone(&data), None))),
            (Err(unreadable), None) => unusable(unreadable.reason, unreadable.message, None),
            (Err(unreadable), Some(row)) => {
                let message = format!("{}; {CARRIED}", unreadable.message);
                unusable(unreadable.reason, message, Some(Box::new(seen(Arc::clone(&row), Some(row)))))
            }
        }
    }
}
