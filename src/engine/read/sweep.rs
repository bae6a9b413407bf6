//! Reading a whole table, several segments side by side, or some of its partitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::key::PartitionKey;
use crate::domain::row::{Row, TableKind};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::read::pace::asks_again;
use crate::engine::task::{Stop, Task};
use crate::store::error::StoreError;
use crate::store::{Query, Scan};

/// Segments that are read side by side: enough to keep a table busy, few enough to leave the application its share.
const SEGMENTS: i32 = 4;
/// Pages that may wait; each is up to a megabyte.
const WAITING: usize = 2;

/// A table being read, its rows in no order.
pub(in crate::engine) struct Sweep {
    task: Task,
    pages: mpsc::Receiver<Vec<Row>>,
    segments: JoinSet<Result<(), StoreError>>,
    rows: u64,
}

impl Sweep {
    /// Begins to read; `fields` empty for whole rows. It ends with the value.
    pub(in crate::engine) fn start(
        task: &Task,
        module: &str,
        kind: TableKind,
        fields: &'static [&'static str],
    ) -> Self {
        let (sender, pages) = mpsc::channel(WAITING);
        let mut segments = JoinSet::new();
        for segment in 0..SEGMENTS {
            let (task, module, sender) = (task.clone(), module.to_owned(), sender.clone());
            segments.spawn(async move {
                let scan = Scan { module: &module, kind, fields, segments: SEGMENTS, limit: None };
                let mut at = None;
                let mut attempt = 0;
                loop {
                    let page = match task.store().scan_page(scan, segment, at.clone()).await {
                        Ok(page) => page,
                        Err(error) if asks_again(task.store().meter(), &error, &mut attempt).await => continue,
                        Err(error) => return Err(error),
                    };
                    attempt = 0;
                    if sender.send(page.rows).await.is_err() || task.cancel.is_cancelled() {
                        return Ok(());
                    }
                    match page.next {
                        Some(next) => at = Some(next),
                        None => return Ok(()),
                    }
                }
            });
        }
        Self { task: task.clone(), pages, segments, rows: 0 }
    }

    /// Begins to read some partitions alone; otherwise as [`Self::start`].
    pub(in crate::engine) fn within(
        task: &Task,
        module: &str,
        kind: TableKind,
        fields: &'static [&'static str],
        pks: &Arc<[PartitionKey]>,
    ) -> Self {
        let (sender, pages) = mpsc::channel(WAITING);
        let next = Arc::new(AtomicUsize::new(0));
        let mut segments = JoinSet::new();
        for _ in 0..SEGMENTS {
            let (task, module, sender) = (task.clone(), module.to_owned(), sender.clone());
            let (next, pks) = (Arc::clone(&next), Arc::clone(pks));
            segments.spawn(async move {
                while let Some(pk) = pks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut after: Option<String> = None;
                    let mut attempt = 0;
                    loop {
                        let query = Query {
                            module: &module,
                            kind,
                            pk,
                            prefix: "",
                            after: after.as_deref(),
                            limit: None,
                            fields,
                            consistent: false,
                        };
                        let page = match task.store().query(&query).await {
                            Ok(page) => page,
                            Err(error) if asks_again(task.store().meter(), &error, &mut attempt).await => continue,
                            Err(error) => return Err(error),
                        };
                        attempt = 0;
                        if sender.send(page.rows).await.is_err() || task.cancel.is_cancelled() {
                            return Ok(());
                        }
                        match page.next {
                            Some(next) => after = Some(next),
                            None => break,
                        }
                    }
                }
                Ok(())
            });
        }
        Self { task: task.clone(), pages, segments, rows: 0 }
    }

    /// The next rows; `None` when all were read.
    ///
    /// # Errors
    /// [`Stop`] when a call failed or the request was cancelled.
    pub(in crate::engine) async fn next(&mut self) -> Result<Option<Vec<Row>>, Stop> {
        let page = tokio::select! {
            page = self.pages.recv() => page,
            () = self.task.cancel.cancelled() => return Err(Stop::Cancelled),
        };
        if let Some(page) = page {
            self.rows += page.len() as u64;
            return Ok(Some(page));
        }
        while let Some(ended) = self.segments.join_next().await {
            ended.map_err(|e| Failure::new(ErrorCode::Internal, format!("a scan ended unexpectedly: {e}")))??;
        }
        Ok(None)
    }

    /// Rows so far.
    pub(in crate::engine) fn rows(&self) -> u64 {
        self.rows
    }
}
