//! Entities that were published and never processed: they have command rows and nothing else.

use indexmap::IndexMap;

use super::page::{Reading, passes, unprocessed_summary};
use crate::domain::key::{EntityKey, VERSION_SEPARATOR, Version, split_versioned};
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
    without_data(reading, &mut newest).await?;
    Ok((entities(reading, newest).await?, page.next))
}

/// Entities of these sort keys that have commands and no data row.
pub(super) async fn among(reading: &mut Reading<'_>, bases: &[String]) -> Result<Vec<EntitySummary>, Stop> {
    let mut newest: IndexMap<String, Version> = bases.iter().map(|base| (base.clone(), Version(0))).collect();
    without_data(reading, &mut newest).await?;
    for (base, newest) in &mut newest {
        let key = EntityKey::new(reading.listing.pk.as_str(), base.as_str());
        *newest = newest_command(reading, &key).await?;
    }
    newest.retain(|_, version| *version > Version(0));
    entities(reading, newest).await
}

/// The newest version that has a command row.
async fn newest_command(reading: &Reading<'_>, key: &EntityKey) -> Result<Version, Stop> {
    let prefix = format!("{}{VERSION_SEPARATOR}", key.sk);
    let (mut newest, mut after) = (Version(0), None);
    loop {
        let query = Query {
            module: &reading.listing.module,
            kind: TableKind::Command,
            pk: &key.pk,
            prefix: &prefix,
            after: after.as_deref(),
            limit: None,
            fields: &[field::PK, field::SK],
            consistent: false,
        };
        let page = reading.task.store().query(&query).await?;
        for row in &page.rows {
            // Rows of other entities whose keys begin alike are among them.
            if let Some((_, version)) = split_versioned(row.sk()?).filter(|(base, _)| *base == key.sk.as_str()) {
                newest = newest.max(version);
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(newest),
        }
    }
}

/// Takes away entities that have a data row.
async fn without_data(reading: &Reading<'_>, newest: &mut IndexMap<String, Version>) -> Result<(), Stop> {
    let listing = reading.listing;
    let data: Vec<RowKey> = newest.keys().map(|base| (TableKind::Data, base.clone())).collect();
    let fields = [field::PK, field::SK];
    let present = reading.task.store().batch_get(&listing.module, &listing.pk, &data, &fields, false).await?;
    newest.retain(|base, _| !present.contains_key(&(TableKind::Data, base.clone())));
    Ok(())
}

/// Entities without a data row, each by its newest command.
async fn entities(reading: &mut Reading<'_>, newest: IndexMap<String, Version>) -> Result<Vec<EntitySummary>, Stop> {
    let (task, listing) = (reading.task, reading.listing);
    let rows: Vec<RowKey> =
        newest.iter().map(|(base, version)| (TableKind::Command, format!("{base}@{version}"))).collect();
    let mut found = task.store().batch_get(&listing.module, &listing.pk, &rows, &[], false).await?;
    // A command that history has was applied once: the entity expired.
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
    Ok(entities)
}
