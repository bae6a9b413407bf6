use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::super::task::Task;
use crate::domain::key::PartitionKey;
use crate::domain::row::{Row, TableKind};
use crate::store::Query;
use crate::store::error::StoreError;

/// Pages that are read ahead; each is up to a megabyte.
const AHEAD: usize = 3;

/// The data rows of a partition, page by page, read ahead in key order.
pub(super) struct Ahead {
    pages: mpsc::Receiver<Result<Vec<Row>, StoreError>>,
    reader: JoinHandle<()>,
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Ahead {
    pub(super) fn start(task: &Task, module: &str, pk: &PartitionKey, prefix: &str) -> Self {
        let (sender, pages) = mpsc::channel(AHEAD);
        let (task, module, pk, prefix) = (task.clone(), module.to_owned(), pk.clone(), prefix.to_owned());
        let reader = tokio::spawn(async move {
            let mut after: Option<String> = None;
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
        Self { pages, reader }
    }

    /// The next page; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Vec<Row>, StoreError>> {
        self.pages.recv().await
    }
}
