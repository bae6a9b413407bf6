//! When rows that a plan writes expire.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::key::PartitionKey;
use crate::domain::publish::Ttls;
use crate::domain::retention::settings_pk;
use crate::engine::task::{Stop, Task};

/// Expiry times of rows written at one moment, each setting read once.
#[derive(Debug)]
pub(super) struct Expiry {
    at: Timestamp,
    known: HashMap<(String, PartitionKey), Ttls>,
}

impl Expiry {
    pub(super) fn new(at: Timestamp) -> Self {
        Self { at, known: HashMap::new() }
    }

    /// Those of the rows of a partition.
    pub(super) async fn of(&mut self, task: &Task, module: &str, pk: &PartitionKey) -> Result<Ttls, Stop> {
        let setting = (module.to_owned(), settings_pk(pk));
        if let Some(known) = self.known.get(&setting) {
            return Ok(*known);
        }
        let ttls = task.store().ttl_settings(module, pk).await?.at(self.at);
        self.known.insert(setting, ttls);
        Ok(ttls)
    }
}
