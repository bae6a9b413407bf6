//! Entities that were published and never processed: they have command rows and nothing else.

use indexmap::IndexMap;

use super::super::protocol::EntitySummary;
use super::super::task::Stop;
use super::page::{Reading, passes, unprocessed_summary};
use crate::domain::key::{EntityKey, Version, split_versioned};
use crate::domain::row::{TableKind, field};
use crate::store::error::ErrorKind;
use crate::store::{Query, RowKey};

/// Keys fetched in one reading of the command table: rows are narrowed to their keys, so a page holds many.
const KEYS: usize = 2_000;

/// One page of the command table: entities without a data row, and the sort key after which the next page begins.
pub(super) async fn page(
    reading: &mut Reading<'_>,
    after: Option<&str>,
) -> Result<(Vec<EntitySummary>, Option<String>), Stop> {
    let (task, listing) = (reading.task, reading.listing);
    let query = Query {
        module: &listing.module,
        kind: TableKind::Command,
        pk: &listing.pk,
        prefix: &listing.sk_prefix,
        after,
        limit: Some(KEYS),
        fields: &[field::PK, field::SK],
        consistent: false,
    };
    let page = match task.store().query(&query).await {
        Ok(page) => page,
        Err(error) if error.kind() == Some(ErrorKind::NoTable) => {
            reading.no_commands(error).await?;
            return Ok((Vec::new(), None));
        }
        Err(error) => return Err(error.into()),
    };
    // An entity whose versions go over from the page before was told there.
    let told = after.and_then(split_versioned).map(|(base, _)| base);
    let mut newest: IndexMap<String, Version> = IndexMap::new();
    for row in &page.rows {
        if let Some((base, version)) = split_versioned(row.sk()?).filter(|(base, _)| Some(*base) != told) {
            let known = newest.entry(base.to_owned()).or_insert(version);
            *known = version.max(*known);
        }
    }
    let data: Vec<RowKey> = newest.keys().map(|base| (TableKind::Data, base.clone())).collect();
    let present = task.store().batch_get(&listing.module, &listing.pk, &data, &[field::PK, field::SK], false).await?;
    newest.retain(|base, _| !present.contains_key(&(TableKind::Data, base.clone())));
    let rows: Vec<RowKey> =
        newest.iter().map(|(base, version)| (TableKind::Command, format!("{base}@{version}"))).collect();
    let mut found = task.store().batch_get(&listing.module, &listing.pk, &rows, &[], false).await?;
    let mut entities = Vec::with_capacity(rows.len());
    for (base, key) in newest.keys().zip(&rows) {
        if let Some(row) = found.remove(key).filter(|row| passes(listing.deleted, row)) {
            let key = EntityKey::new(listing.pk.as_str(), base.as_str());
            entities.push(unprocessed_summary(reading, key, row).await?);
        }
    }
    Ok((entities, page.next))
}
