//! Reading for activity: at the pace that the tables allow, and what could not be read reported once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use crate::domain::key::{EntityKey, PartitionKey};
use crate::domain::row::{Row, TableKind};
use crate::engine::protocol::{ActivityWanted, ReportedFailures};
use crate::engine::read::pace::Pace;
use crate::engine::task::{Stop, Task};
use crate::store::error::{ErrorKind, StoreError};
use crate::store::{Query, RowKey, RowPage};

/// State that all readers share.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) task: Task,
    pub(super) wanted: ActivityWanted,
    pub(super) pace: Pace,
    pub(super) told: Mutex<ReportedFailures>,
    /// Rows so far.
    pub(super) read: AtomicU64,
    /// Versions that no period can take or leave: their time cannot be read.
    pub(super) undated: AtomicU64,
}

impl Reading {
    pub(super) fn new(task: &Task, wanted: &ActivityWanted) -> Self {
        Self {
            task: task.clone(),
            wanted: wanted.clone(),
            pace: Pace::new(task.store().meter(), None),
            told: Mutex::default(),
            read: AtomicU64::new(0),
            undated: AtomicU64::new(0),
        }
    }

    /// A page of a partition; an empty one where there is no such table.
    pub(super) async fn page(
        &self,
        (module, kind, pk): (&str, TableKind, &PartitionKey),
        prefix: &str,
        after: Option<&str>,
        fields: &[&str],
    ) -> Result<RowPage, Stop> {
        let query = Query { module, kind, pk, prefix, after, limit: None, fields, consistent: false };
        let mut attempt = 0;
        loop {
            self.task.check()?;
            let leave = self.pace.leave().await.ok_or(Stop::Cancelled)?;
            match self.task.store().query(&query).await {
                Ok(page) => {
                    self.pace.read(leave, (page.rows.len(), 0), 0);
                    self.read.fetch_add(page.rows.len() as u64, Ordering::Relaxed);
                    return Ok(page);
                }
                // The other tables still have something to say.
                Err(error) if error.kind() == Some(ErrorKind::NoTable) => {
                    self.pace.failed(leave);
                    self.no_table(module, kind, error).await?;
                    return Ok(RowPage { rows: Vec::new(), next: None });
                }
                Err(error) => {
                    if !self.pace.repeats(leave, &error, &mut attempt).await {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    /// The data row of an entity.
    pub(super) async fn data_row(&self, module: &str, key: &EntityKey) -> Result<Option<Row>, Stop> {
        let mut attempt = 0;
        loop {
            self.task.check()?;
            let leave = self.pace.leave().await.ok_or(Stop::Cancelled)?;
            match self.task.store().data_row(module, key).await {
                Ok(row) => {
                    self.pace.read(leave, (1, 0), 0);
                    self.read.fetch_add(u64::from(row.is_some()), Ordering::Relaxed);
                    return Ok(row);
                }
                Err(error) if error.kind() == Some(ErrorKind::NoTable) => {
                    self.pace.failed(leave);
                    self.no_table(module, TableKind::Data, error).await?;
                    return Ok(None);
                }
                Err(error) => {
                    if !self.pace.repeats(leave, &error, &mut attempt).await {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    /// Rows by their keys.
    pub(super) async fn rows(
        &self,
        module: &str,
        pk: &PartitionKey,
        keys: &[RowKey],
        fields: &[&str],
    ) -> Result<HashMap<RowKey, Row>, StoreError> {
        let mut attempt = 0;
        while !keys.is_empty() {
            // The pace has no end while somebody reads.
            let Some(leave) = self.pace.leave().await else { break };
            match self.task.store().batch_get(module, pk, keys, fields, false).await {
                Ok(rows) => {
                    self.pace.read(leave, (rows.len(), 0), 0);
                    return Ok(rows);
                }
                Err(error) => {
                    if !self.pace.repeats(leave, &error, &mut attempt).await {
                        return Err(error);
                    }
                }
            }
        }
        Ok(HashMap::new())
    }

    /// The row with its attributes in place; as it is where they cannot be read, which is reported once.
    pub(super) async fn resolved(&self, row: &Row) -> Result<Row, Stop> {
        match self.task.store().resolve(row).await {
            Ok(row) => Ok(row),
            Err(error) => {
                let what = "some attributes stored in S3 cannot be compared";
                self.told.lock().await.once(&self.task, what, error).await?;
                Ok(row.clone())
            }
        }
    }

    async fn no_table(&self, module: &str, kind: TableKind, error: StoreError) -> Result<(), Stop> {
        let what = format!("activity that only the {} table of module {module} tells is missing", kind.as_str());
        self.told.lock().await.once(&self.task, &what, error).await
    }
}
