//! Finding the rows that a run wrote, where no journal tells.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::convert::{from_item, text};
use super::error::StoreError;
use super::read::{MOST_ROWS, ReadStore, dynamodb};
use crate::domain::key::PartitionKey;
use crate::domain::row::{TableKind, field};

/// Where to look, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// Module.
    pub module: &'a str,
    /// Table.
    pub kind: TableKind,
    /// The partition; the whole table when `None`.
    pub pk: Option<&'a PartitionKey>,
    /// The requestId that the rows carry.
    pub request_id: &'a str,
}

/// A row that was found: its keys, the version in the sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

/// Where a search goes on.
#[derive(Debug, Clone)]
pub struct SearchAt(HashMap<String, AttributeValue>);

/// One page of a search.
#[derive(Debug, Clone)]
pub struct SearchPage {
    /// The rows.
    pub found: Vec<Found>,
    /// Rows that were read for them, and paid for.
    pub looked_at: u64,
    /// Where the next page begins; `None` at the end.
    pub next: Option<SearchAt>,
}

/// How large a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableSize {
    /// Rows.
    pub rows: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl TableSize {
    /// Read units that reading all of it takes, eventually consistent: half a unit for four kilobytes.
    #[must_use]
    pub fn units(self) -> f64 {
        self.bytes as f64 / 8192.0
    }
}

impl ReadStore {
    /// One page of a search: a megabyte of rows is read, those that fit are given back.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn search(&self, search: &Search<'_>, at: Option<SearchAt>) -> Result<SearchPage, StoreError> {
        let table = self.names.table(search.module, search.kind);
        self.meter.request();
        let start = at.map(|a| a.0);
        let (pk, sk, id) = (field::PK, field::SK, field::REQUEST_ID);
        let (items, scanned, last) = match search.pk {
            Some(partition) => {
                let request = self
                    .reads
                    .query()
                    .table_name(&table)
                    .consistent_read(true)
                    .key_condition_expression("#pk = :pk")
                    .filter_expression("#id = :id")
                    .projection_expression("#pk, #sk")
                    .expression_attribute_names("#pk", pk)
                    .expression_attribute_names("#sk", sk)
                    .expression_attribute_names("#id", id)
                    .expression_attribute_values(":pk", text(partition.as_str()))
                    .expression_attribute_values(":id", text(search.request_id))
                    .set_exclusive_start_key(start)
                    .limit(MOST_ROWS)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total);
                let answer = request.send().await.map_err(|e| dynamodb("Query", &table).failed(e))?;
                self.meter.read(answer.consumed_capacity());
                (
                    dynamodb("Query", &table).part(answer.items, "Items")?,
                    answer.scanned_count,
                    answer.last_evaluated_key,
                )
            }
            None => {
                let request = self
                    .reads
                    .scan()
                    .table_name(&table)
                    .consistent_read(true)
                    .filter_expression("#id = :id")
                    .projection_expression("#pk, #sk")
                    .expression_attribute_names("#pk", pk)
                    .expression_attribute_names("#sk", sk)
                    .expression_attribute_names("#id", id)
                    .expression_attribute_values(":id", text(search.request_id))
                    .set_exclusive_start_key(start)
                    .limit(MOST_ROWS)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total);
                let answer = request.send().await.map_err(|e| dynamodb("Scan", &table).failed(e))?;
                self.meter.read(answer.consumed_capacity());
                (dynamodb("Scan", &table).part(answer.items, "Items")?, answer.scanned_count, answer.last_evaluated_key)
            }
        };
        let mut found = Vec::new();
        for item in items {
            let row = from_item(item)?;
            found.push(Found { pk: row.pk()?.to_owned(), sk: row.sk()?.to_owned() });
        }
        Ok(SearchPage {
            found,
            looked_at: u64::try_from(scanned).unwrap_or(0),
            next: last.filter(|key| !key.is_empty()).map(SearchAt),
        })
    }

    /// The size of a table, as the service last counted it (every few hours).
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn table_size(&self, module: &str, kind: TableKind) -> Result<TableSize, StoreError> {
        let table = self.names.table(module, kind);
        self.meter.request();
        let answer = self.reads.describe_table().table_name(&table).send().await;
        let answer = answer.map_err(|e| dynamodb("DescribeTable", &table).failed(e))?;
        let table = answer.table;
        let of = |number: Option<i64>| number.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        let (rows, bytes) =
            (table.as_ref().and_then(|t| t.item_count), table.as_ref().and_then(|t| t.table_size_bytes));
        Ok(TableSize { rows: of(rows), bytes: of(bytes) })
    }
}
