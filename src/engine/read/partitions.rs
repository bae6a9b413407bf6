//! Listing a table's partitions by skipping from one to the next: a small page for each, never the whole table.

use std::collections::BTreeSet;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::key::PartitionKey;
use crate::domain::row::{Row, TableKind, field};
use crate::domain::tenant::tenant_of;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::read::pace::asks_again;
use crate::engine::task::{Stop, Task};
use crate::store::error::StoreError;
use crate::store::{Query, Scan};

/// Segments that are read side by side. Each ends with a request that finds nothing.
const SEGMENTS: i32 = 4;
/// Pages that may wait; each is small.
const WAITING: usize = 64;
/// Fields that tell a partition and its tenant.
const FIELDS: [&str; 3] = [field::PK, field::SK, field::TENANT_CODE];
/// Rows looked at where the sample does not say which segment of a longer key is the tenant.
const WITNESSES: usize = 100;

/// A partition, by the first of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Head {
    pub(in crate::engine) pk: PartitionKey,
    /// `tenantCode` of that row.
    pub(in crate::engine) code: Option<String>,
}

/// A table's partitions being listed, in no order, each once.
pub(in crate::engine) struct Partitions {
    task: Task,
    heads: mpsc::Receiver<Vec<Head>>,
    segments: JoinSet<Result<(), StoreError>>,
}

impl Partitions {
    /// Begins to list; it ends with the value.
    pub(in crate::engine) fn start(task: &Task, module: &str, kind: TableKind) -> Self {
        let (sender, heads) = mpsc::channel(WAITING);
        let mut segments = JoinSet::new();
        for segment in 0..SEGMENTS {
            segments.spawn(list(task.clone(), module.to_owned(), kind, segment, sender.clone()));
        }
        Self { task: task.clone(), heads, segments }
    }

    /// The next ones; `None` when all were listed.
    ///
    /// # Errors
    /// [`Stop`] when a call failed or the request was cancelled.
    pub(in crate::engine) async fn next(&mut self) -> Result<Option<Vec<Head>>, Stop> {
        let heads = tokio::select! {
            heads = self.heads.recv() => heads,
            () = self.task.cancel.cancelled() => return Err(Stop::Cancelled),
        };
        if heads.is_some() {
            return Ok(heads);
        }
        while let Some(ended) = self.segments.join_next().await {
            ended.map_err(|e| Failure::new(ErrorCode::Internal, format!("a scan ended unexpectedly: {e}")))??;
        }
        Ok(None)
    }
}

async fn list(
    task: Task,
    module: String,
    kind: TableKind,
    segment: i32,
    sender: mpsc::Sender<Vec<Head>>,
) -> Result<(), StoreError> {
    let mut stride = Stride::default();
    let mut last: Option<PartitionKey> = None;
    let mut at = None;
    loop {
        let scan = Scan { module: &module, kind, fields: &FIELDS, segments: SEGMENTS, limit: Some(stride.rows()) };
        let mut attempt = 0;
        let page = loop {
            match task.store().scan_page(scan, segment, at.clone()).await {
                Ok(page) => break page,
                Err(error) if asks_again(task.store().meter(), &error, &mut attempt).await => {}
                Err(error) => return Err(error),
            }
        };
        let mut heads = Vec::new();
        for row in &page.rows {
            let pk = row.pk()?;
            if last.as_ref().is_none_or(|last| last.as_str() != pk) {
                let pk = PartitionKey::new(pk);
                last = Some(pk.clone());
                heads.push(Head { pk, code: row.text(field::TENANT_CODE).map(str::to_owned) });
            }
        }
        stride.saw(page.rows.len(), heads.len());
        let has_listener = heads.is_empty() || sender.send(heads).await.is_ok();
        at = page.behind_partition();
        if at.is_none() || !has_listener || task.cancel.is_cancelled() {
            return Ok(());
        }
    }
}

/// How many rows a page takes. One is right where partitions are long; where each has a row or two, many rows a page save requests and
/// units, so that it is tried now and then.
#[derive(Debug)]
struct Stride {
    rows: i32,
    /// Pages of one row until more are tried, and how many there were the last time.
    pages: (u32, u32),
}

impl Default for Stride {
    fn default() -> Self {
        Self { rows: 1, pages: (Self::FIRST, Self::FIRST) }
    }
}

impl Stride {
    const FIRST: u32 = 16;
    const TRY: i32 = 4;
    const MOST: i32 = 512;

    fn rows(&self) -> i32 {
        self.rows
    }

    /// Learns from a page: its rows, and the partitions that begin in it.
    fn saw(&mut self, rows: usize, partitions: usize) {
        if self.rows > 1 && partitions * 2 > rows {
            self.rows = (self.rows * 2).min(Self::MOST);
        } else if self.rows > 1 {
            let pages = self.pages.1.saturating_mul(2);
            (self.rows, self.pages) = (1, (pages, pages));
        } else {
            self.pages.0 -= 1;
            if self.pages.0 == 0 {
                self.rows = Self::TRY;
            }
        }
    }
}

/// Adds those partitions that are of a type and a tenant, where they are named.
///
/// # Errors
/// [`Stop`] when a call failed or the request was cancelled.
pub(in crate::engine) async fn add(
    task: &Task,
    module: &str,
    heads: Vec<Head>,
    (entity_type, tenant): (Option<&str>, Option<&str>),
    found: &mut BTreeSet<PartitionKey>,
) -> Result<(), Stop> {
    for head in heads {
        if !found.contains(&head.pk) && is_of(task, module, &head, entity_type, tenant).await? {
            found.insert(head.pk);
        }
    }
    Ok(())
}

/// True for a partition of a type and a tenant, where they are named. Its rows are asked only where its key leaves that open.
pub(in crate::engine) async fn is_of(
    task: &Task,
    module: &str,
    head: &Head,
    entity_type: Option<&str>,
    tenant: Option<&str>,
) -> Result<bool, Stop> {
    if entity_type.is_some_and(|kind| kind != head.pk.entity_type()) {
        return Ok(false);
    }
    let Some(tenant) = tenant else { return Ok(true) };
    if !head.pk.segments().any(|segment| segment == tenant) {
        return Ok(false);
    }
    Ok(tenant_of(&head.pk, witness(task, module, head).await?.as_deref()).code == tenant)
}

/// The code that tells which segment of a key is the tenant. Where the sample confirms none of several, other rows of the partition are
/// asked; without a better answer it is the sample's own.
pub(in crate::engine) async fn witness(task: &Task, module: &str, head: &Head) -> Result<Option<String>, Stop> {
    let is_confirmed = |code: Option<&str>| tenant_of(&head.pk, code).confirmed;
    if head.pk.segments().count() <= 2 || is_confirmed(head.code.as_deref()) {
        return Ok(head.code.clone());
    }
    let query = Query {
        module,
        kind: TableKind::Data,
        pk: &head.pk,
        prefix: "",
        after: None,
        limit: Some(WITNESSES),
        fields: &FIELDS,
        consistent: false,
    };
    let page = task.store().query(&query).await?;
    let code = |row: &Row| row.text(field::TENANT_CODE).filter(|code| is_confirmed(Some(code))).map(str::to_owned);
    Ok(page.rows.iter().find_map(code).or_else(|| head.code.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests and rows that listing partitions of so many rows each takes.
    fn cost(partitions: usize, rows_each: usize) -> (usize, usize) {
        let (mut stride, mut at, mut requests, mut read) = (Stride::default(), 0, 0, 0);
        while at < partitions {
            let rows = stride.rows() as usize;
            let begun = rows.div_ceil(rows_each).min(partitions - at);
            let seen = rows.min((partitions - at) * rows_each);
            (at, requests, read) = (at + begun, requests + 1, read + seen);
            stride.saw(seen, begun);
        }
        (requests, read)
    }

    #[test]
    fn long_partitions_are_skipped_and_short_ones_are_read_many_at_a_time() {
        let (requests, rows) = cost(10_000, 1_000);
        assert!(requests <= 10_000 && rows < 10_100, "{requests} requests, {rows} rows");
        let (requests, rows) = cost(10_000, 1);
        assert!(requests < 60 && rows == 10_000, "{requests} requests, {rows} rows");
    }
}
