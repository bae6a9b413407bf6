//! The partitions that activity may be in: those of the data table, and those that have commands or history alone.

use super::reading::Reading;
use crate::domain::key::PartitionKey;
use crate::domain::row::TableKind;
use crate::engine::failure::ErrorCode;
use crate::engine::protocol::Among;
use crate::engine::read::browse::has_partition;
use crate::engine::read::partitions::{Head, Partitions, is_of};
use crate::engine::task::{Stop, Task};
use crate::store::Query;
use crate::store::error::ErrorKind;

/// A module's partitions being listed, table by table; those of several tables come several times.
pub(super) struct Listing {
    module: String,
    kind: TableKind,
    listed: Partitions,
}

impl Listing {
    pub(super) fn start(task: &Task, module: &str) -> Self {
        let kind = TableKind::Data;
        Self { module: module.to_owned(), kind, listed: Partitions::start(task, module, kind) }
    }

    /// The next ones; `None` when all were listed. What has no data row is reported where it cannot be listed, and does not hide the rest.
    pub(super) async fn next(&mut self, reading: &Reading) -> Result<Option<Vec<Head>>, Stop> {
        loop {
            match self.listed.next().await {
                Ok(Some(heads)) => return Ok(Some(heads)),
                Ok(None) => {}
                Err(Stop::Failed(failure)) if self.kind != TableKind::Data => {
                    let (module, kind) = (&self.module, self.kind.as_str());
                    let what = format!("partitions of module {module} that have {kind} rows alone are not known");
                    let cause = (failure.code == ErrorCode::NoTable).then_some(ErrorKind::NoTable);
                    if reading.told.lock().await.is_new(&what, cause, failure.aws_code.as_deref()) {
                        reading.task.failed(failure.so(&what).not_fatal()).await?;
                    }
                }
                Err(stop) => return Err(stop),
            }
            self.kind = match self.kind {
                TableKind::Data => TableKind::Command,
                TableKind::Command => TableKind::History,
                TableKind::History => return Ok(None),
            };
            self.listed = Partitions::start(&reading.task, &self.module, self.kind);
        }
    }
}

/// Whether a partition is of the type and the tenant that are asked for.
pub(super) async fn is_in_scope(task: &Task, module: &str, head: &Head, among: &Among) -> Result<bool, Stop> {
    is_of(task, module, head, among.entity_type.as_deref(), among.tenant.as_deref()).await
}

/// Whether any of the tables has the partition.
pub(super) async fn has_rows(task: &Task, module: &str, pk: &PartitionKey) -> Result<bool, Stop> {
    if has_partition(task, module, pk).await? {
        return Ok(true);
    }
    let (kind, fields) = (TableKind::History, &["pk"]);
    let query = Query { module, kind, pk, prefix: "", after: None, limit: Some(1), fields, consistent: false };
    match task.store().query(&query).await {
        Ok(page) => Ok(!page.rows.is_empty()),
        Err(error) if error.kind() == Some(ErrorKind::NoTable) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
