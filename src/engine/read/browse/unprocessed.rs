//! Entities that were published and never processed: they have command rows and nothing else.

use indexmap::IndexMap;

use super::page::{Reading, passes, unprocessed_summary};
use crate::domain::key::{EntityKey, Version, split_versioned};
use crate::domain::row::{TableKind, field};
use crate::domain::snapshot::is_remnant;
use crate::domain::timeline::Flag;
use crate::engine::protocol::EntitySummary;
use crate::engine::task::Stop;
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
    // What history has was applied once: the entity expired.
    let past: Vec<RowKey> = rows.iter().map(|(_, sk)| (TableKind::History, sk.clone())).collect();
    let past = match task.store().batch_get(&listing.module, &listing.pk, &past, &[field::PK, field::SK], false).await {
        Ok(past) => past,
        Err(error) if error.kind() == Some(ErrorKind::NoTable) => Default::default(),
        Err(error) => return Err(error.into()),
    };
    let now = jiff::Timestamp::now().as_second();
    let mut entities = Vec::with_capacity(rows.len());
    for (base, at) in newest.keys().zip(&rows) {
        let sk = &at.1;
        if let Some(row) = found.remove(at).filter(|row| passes(listing.deleted, row)) {
            let key = EntityKey::new(listing.pk.as_str(), base.as_str());
            let has_history = past.contains_key(&(TableKind::History, sk.clone()));
            let is_expired = is_remnant(&row, None, has_history, now);
            let mut summary = unprocessed_summary(reading, key, row).await?;
            if is_expired {
                summary.flags.retain(|flag| !matches!(flag, Flag::Pending | Flag::Failed | Flag::Wedged));
                summary.flags.push(Flag::Expired);
            }
            entities.push(summary);
        }
    }
    Ok((entities, page.next))
}
