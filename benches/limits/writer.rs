//! Another tenant's steady writes, which nobody sends again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;

use crate::raw::put;

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    refused: AtomicU64,
}

/// Their outcomes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lost {
    sent: u64,
    refused: u64,
}

impl Lost {
    pub(crate) fn share(self) -> f64 {
        self.refused as f64 / self.sent.max(1) as f64
    }
}

/// Writes to one partition at a rate, until it is dropped.
pub(crate) struct Writer {
    counts: Arc<Counts>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Writer {
    pub(crate) fn start(client: Client, pk: &str, rate: u32) -> Self {
        let counts = Arc::new(Counts::default());
        let (shared, pk) = (Arc::clone(&counts), pk.to_owned());
        let task = tokio::spawn(async move {
            let mut turns = tokio::time::interval(Duration::from_secs(1) / rate);
            // The first second fills the bucket.
            tokio::time::sleep(Duration::from_secs(1)).await;
            turns.reset();
            for n in 0_u64.. {
                turns.tick().await;
                let (client, counts, pk) = (client.clone(), Arc::clone(&shared), pk.clone());
                tokio::spawn(async move {
                    let is_taken = put(&client, "dev-shop-product-data", &pk, &format!("other-{n}")).await;
                    counts.sent.fetch_add(1, Ordering::Relaxed);
                    counts.refused.fetch_add(u64::from(!is_taken), Ordering::Relaxed);
                });
            }
        });
        Self { counts, task }
    }

    pub(crate) fn lost(&self) -> Lost {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Lost { sent: read(&self.counts.sent), refused: read(&self.counts.refused) }
    }
}
