//! Reading whole tables, segment by segment.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::convert::{from_item, primary_key};
use super::error::StoreError;
use super::read::{ReadStore, aliases, dynamodb, page_rows, projection};
use crate::domain::limits::MAX_SK_BYTES;
use crate::domain::row::{Row, TableKind, field};

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
    /// Rows a page at most.
    pub limit: Option<i32>,
}

/// The character that sorts behind all others. A sort key is compared by its bytes, and no character takes more than four of them.
const LAST_CHARACTER: &str = "\u{10FFFF}";

/// Where a segment of a scan goes on.
#[derive(Debug, Clone)]
pub struct ScanAt(std::collections::HashMap<String, AttributeValue>);

impl ScanAt {
    /// Behind every row that a partition of the segment can have.
    fn behind(pk: &str) -> Self {
        Self(primary_key(pk, &LAST_CHARACTER.repeat(MAX_SK_BYTES / LAST_CHARACTER.len())))
    }
}

/// One page of a scan: rows narrowed to the fields wanted.
#[derive(Debug, Clone)]
pub struct ScanPage {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the next page begins; `None` at the end of the segment.
    pub next: Option<ScanAt>,
}

impl ScanPage {
    /// Where a segment goes on: behind the partition that the page ends in, where the rest of that need not be read; `None` at the end of
    /// the segment.
    #[must_use]
    pub fn next_but(&self, is_done: impl Fn(&str) -> bool) -> Option<ScanAt> {
        let next = self.next.clone()?;
        let read_to = next.0.get(field::PK).and_then(|pk| pk.as_s().ok()).cloned();
        Some(read_to.filter(|pk| is_done(pk)).map_or(next, |pk| ScanAt::behind(&pk)))
    }

    /// Where a segment goes on behind the partition of the page's last row, whatever else that partition holds; `None` at the end of
    /// the segment.
    ///
    /// A partition lies in one segment as a whole, so that a start key made from a row of a segment is valid there, and only there.
    #[must_use]
    pub fn behind_partition(&self) -> Option<ScanAt> {
        let next = self.next.clone()?;
        let read_to = next.0.get(field::PK).and_then(|pk| pk.as_s().ok());
        match self.rows.last().and_then(|row| row.pk().ok()) {
            Some(pk) if read_to.is_some_and(|read_to| read_to == pk) => Some(ScanAt::behind(pk)),
            // It has no row of the partition that it ends in: that one was not seen yet.
            _ => Some(next),
        }
    }
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
            .limit(page_rows(scan.limit))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::{Map, Value};

    fn page(rows: &[(&str, &str)], next: Option<(&str, &str)>) -> ScanPage {
        let row = |(pk, sk): &(&str, &str)| {
            Row(Map::from_iter([("pk".to_owned(), Value::s(*pk)), ("sk".to_owned(), Value::s(*sk))]))
        };
        ScanPage { rows: rows.iter().map(row).collect(), next: next.map(|(pk, sk)| ScanAt(primary_key(pk, sk))) }
    }

    #[test]
    fn a_segment_goes_on_behind_the_partition_that_was_seen_and_not_behind_one_that_was_not() {
        let behind = |page: ScanPage| {
            page.behind_partition().map(|at| (at.0["pk"].as_s().unwrap().clone(), at.0["sk"].as_s().unwrap().clone()))
        };
        let last = "\u{10FFFF}".repeat(256);
        assert_eq!(last.len(), MAX_SK_BYTES);
        assert_eq!(behind(page(&[("a", "1")], Some(("a", "1")))), Some(("a".to_owned(), last.clone())));
        // The very last key that a partition can have.
        assert_eq!(behind(page(&[("a", &last)], Some(("a", &last)))), Some(("a".to_owned(), last)));
        // A page that came back empty, and one that ended in a partition that it shows no row of.
        assert_eq!(behind(page(&[], Some(("b", "7")))), Some(("b".to_owned(), "7".to_owned())));
        assert_eq!(behind(page(&[("a", "1")], Some(("b", "7")))), Some(("b".to_owned(), "7".to_owned())));
        assert_eq!(behind(page(&[("a", "1")], None)), None);
    }

    #[test]
    fn a_partition_that_was_read_already_is_left_as_soon_as_a_page_ends_in_it() {
        let last = "\u{10FFFF}".repeat(256);
        let next = |page: ScanPage| page.next_but(|pk| pk == "b").map(|at| at.0["sk"].as_s().unwrap().clone());
        assert_eq!(next(page(&[("a", "1"), ("b", "6")], Some(("b", "6")))), Some(last));
        assert_eq!(next(page(&[("b", "9"), ("a", "1")], Some(("a", "1")))), Some("1".to_owned()));
        assert_eq!(next(page(&[("b", "6")], None)), None);
    }
}
