//! The framework's tables beside the modules': counters, tasks, import jobs. Their rows have no versions.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;

use super::convert::{from_item, primary_key, text};
use super::error::StoreError;
use super::read::{MOST_ROWS, ReadStore, dynamodb};
use crate::domain::key::{EntityKey, PartitionKey};
use crate::domain::row::{Row, field};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aside {
    /// `sequences`: counters.
    Sequences,
    /// `tasks`.
    Tasks,
    /// `import_tmp`: import jobs and their rows.
    Imports,
}

impl Aside {
    /// The last part of the table's name.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Sequences => "sequences",
            Self::Tasks => "tasks",
            Self::Imports => "import_tmp",
        }
    }
}

impl ReadStore {
    pub(super) fn aside_table(&self, table: Aside) -> String {
        format!("{}{}", self.names.prefix(), table.suffix())
    }

    /// A counter of a sequence, read consistently.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed; of kind `no_table` where the application has no sequences.
    pub async fn counter(&self, key: &EntityKey) -> Result<Option<Row>, StoreError> {
        let table = self.aside_table(Aside::Sequences);
        self.meter.request();
        let request = self
            .reads
            .get_item()
            .table_name(&table)
            .set_key(Some(primary_key(key.pk.as_str(), key.sk.as_str())))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = request.send().await.map_err(|e| dynamodb("GetItem", &table).failed(e))?;
        self.meter.read(answer.consumed_capacity());
        answer.item.map(from_item).transpose()
    }

    /// Rows of one partition, at most `limit`; read consistently.
    ///
    /// # Errors
    /// [`StoreError`] when a call failed; of kind `no_table` where the application has no such table.
    pub async fn aside(&self, table: Aside, pk: &PartitionKey, limit: usize) -> Result<Vec<Row>, StoreError> {
        let table = self.aside_table(table);
        let (mut rows, mut start) = (Vec::new(), None);
        loop {
            self.meter.request();
            let request = self
                .reads
                .query()
                .table_name(&table)
                .consistent_read(true)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", field::PK)
                .expression_attribute_values(":pk", text(pk.as_str()))
                .set_exclusive_start_key(start)
                .limit(i32::try_from(limit - rows.len()).unwrap_or(i32::MAX))
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let answer = request.send().await.map_err(|e| dynamodb("Query", &table).failed(e))?;
            self.meter.read(answer.consumed_capacity());
            for item in dynamodb("Query", &table).part(answer.items, "Items")? {
                rows.push(from_item(item)?);
            }
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || rows.len() >= limit {
                return Ok(rows);
            }
        }
    }

    /// Every partition of a table, found by reading all of it.
    ///
    /// # Errors
    /// [`StoreError`] when a call failed; of kind `no_table` where the application has no such table.
    pub async fn aside_partitions(&self, table: Aside) -> Result<BTreeSet<PartitionKey>, StoreError> {
        let table = self.aside_table(table);
        let (mut found, mut start) = (BTreeSet::new(), None);
        loop {
            self.meter.request();
            let request = self
                .reads
                .scan()
                .table_name(&table)
                .projection_expression("#pk")
                .expression_attribute_names("#pk", field::PK)
                .set_exclusive_start_key(start)
                .limit(MOST_ROWS)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let answer = request.send().await.map_err(|e| dynamodb("Scan", &table).failed(e))?;
            self.meter.read(answer.consumed_capacity());
            for item in dynamodb("Scan", &table).part(answer.items, "Items")? {
                found.insert(PartitionKey::new(from_item(item)?.pk()?));
            }
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}
