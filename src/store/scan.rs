//! Counting what is in a data table.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::convert::from_item;
use super::error::StoreError;
use super::read::{ReadStore, aliases, dynamodb, projection};
use crate::domain::row::{Row, TableKind, field};

/// Fields that a count needs.
const FIELDS: [&str; 6] =
    [field::PK, field::TENANT_CODE, field::IS_DELETED, field::CREATED_AT, field::UPDATED_AT, field::SK];

/// Where a segment of a scan goes on.
#[derive(Debug, Clone)]
pub struct ScanAt(std::collections::HashMap<String, AttributeValue>);

/// One page of a scan: rows narrowed to keys, tenant, deletion and times.
#[derive(Debug, Clone)]
pub struct ScanPage {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the next page begins; `None` at the end of the segment.
    pub next: Option<ScanAt>,
}

impl ReadStore {
    /// One page of one segment of a parallel scan of a data table, eventually consistent.
    ///
    /// # Errors
    /// [`StoreError`] when the call failed.
    pub async fn scan_page(
        &self,
        module: &str,
        segment: i32,
        segments: i32,
        at: Option<ScanAt>,
    ) -> Result<ScanPage, StoreError> {
        let table = self.names.table(module, TableKind::Data);
        self.meter.request();
        let request = self
            .reads
            .scan()
            .table_name(&table)
            .segment(segment)
            .total_segments(segments)
            .set_expression_attribute_names(Some(aliases(&FIELDS)))
            .projection_expression(projection(&FIELDS))
            .set_exclusive_start_key(at.map(|a| a.0))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = request.send().await.map_err(|e| dynamodb("Scan", &table).failed(e))?;
        self.meter.read(answer.consumed_capacity());
        let rows = answer.items.unwrap_or_default().into_iter().map(from_item).collect::<Result<_, _>>()?;
        Ok(ScanPage { rows, next: answer.last_evaluated_key.filter(|k| !k.is_empty()).map(ScanAt) })
    }
}
