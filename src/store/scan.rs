//! Reading whole tables, segment by segment.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::convert::from_item;
use super::error::StoreError;
use super::read::{ReadStore, aliases, dynamodb, projection};
use crate::domain::row::{Row, TableKind};

/// A parallel scan of one table.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// Module.
    pub module: &'a str,
    /// Table.
    pub kind: TableKind,
    /// Fields wanted; empty for whole rows. What is read and paid for is the same.
    pub fields: &'a [&'a str],
    /// Parts that the table is divided into.
    pub segments: i32,
}

/// Where a segment of a scan goes on.
#[derive(Debug, Clone)]
pub struct ScanAt(std::collections::HashMap<String, AttributeValue>);

/// One page of a scan: rows narrowed to the fields wanted.
#[derive(Debug, Clone)]
pub struct ScanPage {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the next page begins; `None` at the end of the segment.
    pub next: Option<ScanAt>,
}

impl ReadStore {
    /// One page of one segment of a scan, eventually consistent.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn scan_page(&self, scan: Scan<'_>, segment: i32, at: Option<ScanAt>) -> Result<ScanPage, StoreError> {
        let table = self.names.table(scan.module, scan.kind);
        self.meter.request();
        let mut request = self
            .reads
            .scan()
            .table_name(&table)
            .segment(segment)
            .total_segments(scan.segments)
            .set_exclusive_start_key(at.map(|a| a.0))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if !scan.fields.is_empty() {
            request = request
                .set_expression_attribute_names(Some(aliases(scan.fields)))
                .projection_expression(projection(scan.fields));
        }
        let answer = request.send().await.map_err(|e| dynamodb("Scan", &table).failed(e))?;
        self.meter.read(answer.consumed_capacity());
        let rows = dynamodb("Scan", &table)
            .part(answer.items, "Items")?
            .into_iter()
            .map(from_item)
            .collect::<Result<_, _>>()?;
        Ok(ScanPage { rows, next: answer.last_evaluated_key.filter(|k| !k.is_empty()).map(ScanAt) })
    }
}
