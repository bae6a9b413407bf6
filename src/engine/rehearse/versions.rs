//! Reading every version of many entities of a partition.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt};

use crate::domain::key::{EntityKey, PartitionKey, SortKey, VERSION_SEPARATOR, split_versioned};
use crate::domain::row::{Row, TableKind};
use crate::engine::task::{Stop, Task};
use crate::store::Query;
use crate::store::error::ErrorKind;

/// So few are asked for one by one.
const FEW: usize = 24;
/// Entities whose versions are asked for at once.
const AT_ONCE: usize = 12;
/// Rows of a page: at first, at least and at most.
const FIRST: usize = 500;
const LEAST: usize = 50;
const MOST: usize = 4_000;

/// Rows of the entities in a table that has versions. A module without that table has none.
pub(super) async fn of(
    task: &Task,
    module: &str,
    kind: TableKind,
    pk: &PartitionKey,
    sks: &[SortKey],
) -> Result<Vec<Row>, Stop> {
    if sks.len() > FEW {
        return together(task, module, kind, pk, sks).await;
    }
    // Made beforehand: the compiler cannot follow borrows through a stream of closures.
    let each: Vec<_> = sks.iter().map(|sk| alone(task, module, kind, pk, sk)).collect();
    let rows: Vec<Vec<Row>> = futures::stream::iter(each).buffered(AT_ONCE).try_collect().await?;
    Ok(rows.into_iter().flatten().collect())
}

async fn alone(task: &Task, module: &str, kind: TableKind, pk: &PartitionKey, sk: &SortKey) -> Result<Vec<Row>, Stop> {
    let key = EntityKey { pk: pk.clone(), sk: sk.clone() };
    let (mut rows, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = match task.store().versions_page(module, kind, &key, after.as_deref()).await {
            Ok(page) => page,
            Err(error) if error.kind() == Some(ErrorKind::NoTable) => return Ok(rows),
            Err(error) => return Err(error.into()),
        };
        rows.extend(page.rows);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(rows),
        }
    }
}

/// Reads through the partition in key order, and passes over what lies between where that is much.
async fn together(
    task: &Task,
    module: &str,
    kind: TableKind,
    pk: &PartitionKey,
    sks: &[SortKey],
) -> Result<Vec<Row>, Stop> {
    let wanted: HashSet<&str> = sks.iter().map(SortKey::as_str).collect();
    let mut blocks: Vec<String> = sks.iter().map(|sk| format!("{sk}{VERSION_SEPARATOR}")).collect();
    blocks.sort_unstable();
    let mut left = blocks.as_slice();
    let (mut rows, mut after, mut limit) = (Vec::new(), None::<String>, FIRST);
    while let Some(first) = left.first() {
        task.check()?;
        // No row is called exactly so: what follows begins the entity's versions.
        after = after.max(Some(first.clone()));
        let query = Query {
            module,
            kind,
            pk,
            prefix: "",
            after: after.as_deref(),
            limit: Some(limit),
            fields: &[],
            consistent: true,
        };
        let page = match task.store().query(&query).await {
            Ok(page) => page,
            Err(error) if error.kind() == Some(ErrorKind::NoTable) => return Ok(rows),
            Err(error) => return Err(error.into()),
        };
        let (read, before) = (page.rows.len(), rows.len());
        for row in page.rows {
            if row.sk().ok().and_then(split_versioned).is_some_and(|(base, _)| wanted.contains(base)) {
                rows.push(row);
            }
        }
        let Some(next) = page.next else { return Ok(rows) };
        left = behind(left, &next);
        after = Some(next);
        let is_dense = (rows.len() - before) * 2 >= read;
        limit = if is_dense { (limit * 2).min(MOST) } else { (limit / 2).max(LEAST) };
    }
    Ok(rows)
}

/// The blocks that may have rows behind a sort key.
fn behind<'b>(blocks: &'b [String], at: &str) -> &'b [String] {
    let over = blocks.iter().take_while(|block| block.as_str() < at && !at.starts_with(block.as_str())).count();
    blocks.get(over..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_over_once_a_later_key_was_read() {
        let blocks = ["A@", "B!@", "B@", "C@"].map(str::to_owned);
        assert_eq!(behind(&blocks, "A@7").len(), 4);
        assert_eq!(behind(&blocks, "AB@1").len(), 3);
        assert_eq!(behind(&blocks, "B!@2").len(), 3);
        assert_eq!(behind(&blocks, "B@1"), ["B@", "C@"]);
        assert_eq!(behind(&blocks, "D"), Vec::<String>::new());
    }
}
