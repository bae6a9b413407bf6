//! A partition of a data table, read ahead of whoever works on it.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::domain::key::PartitionKey;
use crate::domain::row::{Row, TableKind};
use crate::engine::task::{Stop, Task};
use crate::store::Query;
use crate::store::error::StoreError;

/// Pages that are read ahead; each is up to a megabyte.
const AHEAD: usize = 3;

/// The data rows in key order, read consistently.
pub(in crate::engine) struct Ahead {
    pages: mpsc::Receiver<Result<Vec<Row>, StoreError>>,
    rows: VecDeque<Row>,
    reader: JoinHandle<()>,
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Ahead {
    /// Begins behind a sort key, or at the first one.
    pub(in crate::engine) fn start(
        task: &Task,
        module: &str,
        pk: &PartitionKey,
        prefix: &str,
        after: Option<&str>,
    ) -> Self {
        let (sender, pages) = mpsc::channel(AHEAD);
        let (task, module, pk, prefix) = (task.clone(), module.to_owned(), pk.clone(), prefix.to_owned());
        let mut after = after.map(str::to_owned);
        let reader = tokio::spawn(async move {
            loop {
                let query = Query {
                    module: &module,
                    kind: TableKind::Data,
                    pk: &pk,
                    prefix: &prefix,
                    after: after.as_deref(),
                    limit: None,
                    fields: &[],
                    consistent: true,
                };
                let page = task.store().query(&query).await;
                let next = page.as_ref().ok().and_then(|page| page.next.clone());
                if sender.send(page.map(|page| page.rows)).await.is_err() || next.is_none() {
                    return;
                }
                after = next;
            }
        });
        Self { pages, rows: VecDeque::new(), reader }
    }

    /// The next page; `None` at the end.
    pub(in crate::engine) async fn page(&mut self) -> Result<Option<Vec<Row>>, Stop> {
        Ok(self.pages.recv().await.transpose()?)
    }

    /// The next row, without taking it; `None` at the end.
    pub(in crate::engine) async fn peek(&mut self) -> Result<Option<&Row>, Stop> {
        while self.rows.is_empty() {
            match self.page().await? {
                Some(page) => self.rows = page.into(),
                None => return Ok(None),
            }
        }
        Ok(self.rows.front())
    }

    /// Takes the row that was looked at.
    pub(in crate::engine) fn take(&mut self) -> Option<Row> {
        self.rows.pop_front()
    }
}
