//! Reading for a search: partitions and segments side by side, each row looked at where it is read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use crate::domain::find::{Matched, Needle, Place};
use crate::domain::key::{PartitionKey, split_versioned};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::size::item_bytes;
use crate::domain::value::Value;
use crate::engine::protocol::DeletedFilter;
use crate::engine::read::browse::passes;
use crate::engine::read::pace::Pace;
use crate::engine::task::Task;
use crate::store::error::StoreError;
use crate::store::{Query, RowPage, Scan, ScanAt};

/// A part of a table to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A partition.
    Partition(PartitionKey),
    /// One of so many segments of the table.
    Segment(i32, i32),
}

/// A table that is read: of data rows, or of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TableOf<'m> {
    pub(super) module: &'m str,
    pub(super) kind: TableKind,
}

/// State that all readers share.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) task: Task,
    pub(super) pace: Arc<Pace>,
    pub(super) needle: Needle,
    pub(super) places: Vec<Place>,
    pub(super) deleted: DeletedFilter,
    /// Of each place, whether a row that was looked at has it.
    pub(super) had: Vec<AtomicBool>,
}

/// A page that was looked at.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) hits: Vec<(Row, Vec<Matched>)>,
    pub(super) rows: u64,
    pub(super) in_s3: u64,
}

impl Reading {
    /// Reads a part to its end, or until the units are used up; rows of partitions that are `skipped` are not looked at, and not read but
    /// for what a page holds beside others.
    pub(super) async fn read(
        self: Arc<Self>,
        (module, kind): (String, TableKind),
        part: Part,
        skipped: Arc<BTreeSet<PartitionKey>>,
        sender: mpsc::Sender<Looked>,
    ) -> Result<(), StoreError> {
        let mut at = At::Begin;
        let from = TableOf { module: &module, kind };
        while let Some((looked, next)) = self.page(from, &part, &skipped, at).await? {
            if sender.send(looked).await.is_err() || self.task.cancel.is_cancelled() {
                break;
            }
            match next {
                At::Begin => break,
                next => at = next,
            }
        }
        Ok(())
    }

    /// One page; `None` where nothing more may be read. A throttled one is waited for.
    async fn page(
        &self,
        from: TableOf<'_>,
        part: &Part,
        skipped: &BTreeSet<PartitionKey>,
        at: At,
    ) -> Result<Option<(Looked, At)>, StoreError> {
        let mut attempt = 0;
        loop {
            let Some(leave) = self.pace.leave().await else { return Ok(None) };
            match self.ask(from, part, skipped, &at, leave.rows).await {
                Ok((mut rows, next)) => {
                    let (count, bytes) = (rows.len(), rows.iter().map(|row| item_bytes(&row.0)).sum());
                    if !skipped.is_empty() {
                        rows.retain(|row| row.pk().is_ok_and(|pk| !skipped.contains(&PartitionKey::new(pk))));
                    }
                    let looked = self.look(from.kind, rows);
                    self.pace.read(leave, (count, looked.hits.len()), bytes);
                    return Ok(Some((looked, next)));
                }
                Err(error) => {
                    if !self.pace.repeats(leave, &error, &mut attempt).await {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn ask(
        &self,
        TableOf { module, kind }: TableOf<'_>,
        part: &Part,
        skipped: &BTreeSet<PartitionKey>,
        at: &At,
        limit: Option<usize>,
    ) -> Result<(Vec<Row>, At), StoreError> {
        let store = self.task.store();
        match part {
            Part::Partition(pk) => {
                let after = if let At::Key(sk) = at { Some(sk.as_str()) } else { None };
                let query = Query { module, kind, pk, prefix: "", after, limit, fields: &[], consistent: false };
                let RowPage { rows, next } = store.query(&query).await?;
                Ok((rows, next.map_or(At::Begin, At::Key)))
            }
            Part::Segment(segment, segments) => {
                let limit = limit.map(|rows| i32::try_from(rows).unwrap_or(i32::MAX));
                let scan = Scan { module, kind, fields: &[], segments: *segments, limit };
                let from = if let At::Scan(at) = at { Some(at.clone()) } else { None };
                let page = store.scan_page(scan, *segment, from).await?;
                let next = page.next_but(|pk| skipped.contains(&PartitionKey::new(pk)));
                Ok((page.rows, next.map_or(At::Begin, At::Scan)))
            }
        }
    }

    /// Places that no row has which was looked at.
    pub(super) fn absent(&self) -> Vec<Place> {
        let absent = self.places.iter().zip(&self.had).filter(|(_, had)| !had.load(Ordering::Relaxed));
        absent.map(|(place, _)| place.clone()).collect()
    }

    /// Looks at rows; the others are not kept. A command row is looked at as the data row that it would become.
    fn look(&self, kind: TableKind, rows: Vec<Row>) -> Looked {
        let in_attributes = self.places.iter().any(Place::is_in_attributes);
        let mut looked = Looked { rows: rows.len() as u64, ..Looked::default() };
        for row in rows {
            let row = if kind == TableKind::Command { as_data(row) } else { Some(row) };
            let Some(row) = row.filter(|row| passes(self.deleted, row)) else { continue };
            looked.in_s3 += u64::from(in_attributes && kind == TableKind::Data && row.attributes_ref().is_some());
            for (place, had) in self.places.iter().zip(&self.had) {
                if !had.load(Ordering::Relaxed) && place.is_of(&row) {
                    had.store(true, Ordering::Relaxed);
                }
            }
            let matched = self.needle.find(&row, &self.places);
            if !matched.is_empty() {
                looked.hits.push((row, matched));
            }
        }
        looked
    }
}

/// A command row under the sort key of its entity; `None` where its key names no version.
pub(super) fn as_data(mut row: Row) -> Option<Row> {
    let base = split_versioned(row.sk().ok()?)?.0.to_owned();
    row.0.insert(field::SK.to_owned(), Value::s(base));
    Some(row)
}

/// Where a part goes on; as the next place, the beginning means that there is no more.
#[derive(Debug)]
enum At {
    Begin,
    Key(String),
    Scan(ScanAt),
}
