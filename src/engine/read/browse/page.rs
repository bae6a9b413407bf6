use std::collections::HashMap;
use std::sync::Arc;

use super::{unprocessed, view};
use crate::domain::key::{EntityKey, PartitionKey, Version};
use crate::domain::row::{Row, TableKind, field};
use crate::domain::snapshot::is_past;
use crate::domain::tenant::tenant_of;
use crate::domain::timeline::{Flag, flags};
use crate::domain::transform::Changing;
use crate::engine::protocol::ReportedFailures;
use crate::engine::protocol::{Cursor, CursorAt, DeletedFilter, EntityRef, EntitySummary, Event, Listing};
use crate::engine::task::{Stop, Task};
use crate::store::error::{ErrorKind, StoreError};
use crate::store::{Query, RowKey};

/// Fields of command rows that a listing needs.
const COMMAND_FIELDS: [&str; 6] =
    [field::PK, field::SK, field::STATUS, field::SYNC_MODE, field::CREATED_AT, field::CREATED_BY];

/// Rows read at a time where only some of them are wanted.
const SIFTED: usize = 500;

/// A listing being read.
pub(super) struct Reading<'a> {
    pub(super) task: &'a Task,
    pub(super) listing: &'a Listing,
    pub(super) told: ReportedFailures,
    pub(super) view: Option<Changing>,
}

impl Reading<'_> {
    /// Tells that there is no command table, and what the listing lacks without it.
    pub(super) async fn no_commands(&mut self, error: StoreError) -> Result<(), Stop> {
        let module = &self.listing.module;
        let what = format!("what is pending, failed or wedged in module {module} cannot be shown");
        self.told.once(self.task, &what, error).await
    }
}

/// Reads one page: entities of the data table first, then those that only have commands.
pub(in crate::engine) async fn page(
    task: &Task,
    listing: &Listing,
    after: Option<Cursor>,
    limit: usize,
) -> Result<(), Stop> {
    let (mut at, told) = after.map_or((CursorAt::Data(None), ReportedFailures::default()), |c| (c.at, c.told));
    let mut reading = Reading { task, listing, told, view: view::changing(listing)? };
    let mut entities: Vec<EntitySummary> = Vec::new();
    let mut is_sure = false;
    let next = loop {
        task.check()?;
        if entities.len() >= limit {
            break Some(at);
        }
        match at {
            CursorAt::Data(after) => {
                let (found, next, sure) = data_page(&mut reading, after, limit).await?;
                entities.extend(found);
                is_sure = sure;
                at = next.map_or(CursorAt::Commands(None), |sk| CursorAt::Data(Some(sk)));
                // The command table is another reading: it begins with a page of its own.
                if !entities.is_empty() {
                    break Some(at);
                }
            }
            CursorAt::Commands(after) => {
                let (found, next) = unprocessed::page(&mut reading, after.as_deref()).await?;
                entities.extend(found);
                match next {
                    Some(sk) => at = CursorAt::Commands(Some(sk)),
                    None => break None,
                }
            }
        }
    };
    let next = next.map(|at| Cursor { at, told: reading.told, is_sure });
    task.emit(Event::Page { entities, next }).await
}

/// Entities of the data table, `limit` at most, the sort key after which to go on there, and whether another is sure to follow it.
async fn data_page(
    reading: &mut Reading<'_>,
    mut after: Option<String>,
    limit: usize,
) -> Result<(Vec<EntitySummary>, Option<String>, bool), Stop> {
    let (task, listing) = (reading.task, reading.listing);
    let is_whole = listing.deleted == DeletedFilter::Keep;
    // The service names a next page behind the last row, too: a row more than is shown tells whether one follows. Where rows are left out,
    // the next that is wanted may be far away.
    let enough = if is_whole { limit.saturating_add(1) } else { limit };
    let mut wanted: Vec<Row> = Vec::new();
    while wanted.len() < enough {
        task.check()?;
        let room = enough - wanted.len();
        let query = Query {
            module: &listing.module,
            kind: TableKind::Data,
            pk: &listing.pk,
            prefix: &listing.sk_prefix,
            after: after.as_deref(),
            // Where rows are left out afterwards, a few at a time would take a request each.
            limit: Some(if is_whole { room } else { room.max(SIFTED) }),
            fields: &[],
            consistent: false,
        };
        let page = task.store().query(&query).await?;
        wanted.extend(page.rows.into_iter().filter(|row| passes(listing.deleted, row)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let is_sure = wanted.len() > limit;
    if is_sure {
        wanted.truncate(limit);
        after = wanted.last().and_then(|row| row.text(field::SK)).map(str::to_owned);
    }
    Ok((summaries(reading, wanted).await?, after, is_sure))
}

/// Entities of a listing by their sort keys, read consistently; those without a data row are left out.
pub(in crate::engine) async fn some(
    task: &Task,
    listing: &Listing,
    sks: &[String],
) -> Result<Vec<EntitySummary>, Stop> {
    let keys: Vec<RowKey> = sks.iter().map(|sk| (TableKind::Data, sk.clone())).collect();
    let mut found = task.store().batch_get(&listing.module, &listing.pk, &keys, &[], true).await?;
    let rows: Vec<Row> = keys.iter().filter_map(|key| found.remove(key)).collect();
    let mut reading = Reading { task, listing, told: ReportedFailures::default(), view: view::changing(listing)? };
    summaries(&mut reading, rows).await
}

/// Data rows of one partition as a listing shows them. Failures that `told` knows are not reported again.
pub(in crate::engine) async fn shown(
    task: &Task,
    module: &str,
    pk: &PartitionKey,
    rows: Vec<Row>,
    told: &mut ReportedFailures,
) -> Result<Vec<EntitySummary>, Stop> {
    let listing = whole(module, pk);
    let mut reading = Reading { task, listing: &listing, told: std::mem::take(told), view: None };
    let entities = summaries(&mut reading, rows).await;
    *told = reading.told;
    entities
}

/// Entities of these sort keys that have commands and no data row, as a listing shows them.
pub(in crate::engine) async fn waiting(
    task: &Task,
    module: &str,
    pk: &PartitionKey,
    bases: &[String],
) -> Result<Vec<EntitySummary>, Stop> {
    let listing = whole(module, pk);
    let mut reading = Reading { task, listing: &listing, told: ReportedFailures::default(), view: None };
    unprocessed::among(&mut reading, bases).await
}

/// A listing of a whole partition, soft-deleted entities included.
fn whole(module: &str, pk: &PartitionKey) -> Listing {
    Listing {
        module: module.to_owned(),
        pk: pk.clone(),
        sk_prefix: String::new(),
        deleted: DeletedFilter::Keep,
        resolve: false,
        view: None,
    }
}

/// Data rows as a listing shows them.
async fn summaries(reading: &mut Reading<'_>, rows: Vec<Row>) -> Result<Vec<EntitySummary>, Stop> {
    let listing = reading.listing;
    let commands = commands_of(reading, &rows).await?;
    if let Some(changing) = &reading.view {
        view::prepare(changing, &rows).await?;
    }
    let mut entities = Vec::with_capacity(rows.len());
    for row in rows {
        let key = EntityKey::new(listing.pk.as_str(), row.sk()?);
        let command = |v: Version| commands.get(&(TableKind::Command, key.sk.at(v)));
        let version = row.version().ok();
        let now = version.and_then(command);
        let above = version.and_then(|v| command(v.next()));
        entities.push(summary(reading, key.clone(), row, now, above).await?);
    }
    Ok(entities)
}

/// The command rows at and right above each entity's version: they tell who wrote it and whether something blocks it.
async fn commands_of(reading: &mut Reading<'_>, rows: &[Row]) -> Result<HashMap<RowKey, Row>, Stop> {
    let (task, listing) = (reading.task, reading.listing);
    let mut keys: Vec<RowKey> = Vec::with_capacity(rows.len() * 2);
    for row in rows {
        // A row without a usable version is shown as such; its commands cannot be named.
        let Ok(version) = row.version() else { continue };
        let key = EntityKey::new(listing.pk.as_str(), row.sk()?);
        keys.extend([version, version.next()].map(|v| (TableKind::Command, key.sk.at(v))));
    }
    match task.store().batch_get(&listing.module, &listing.pk, &keys, &COMMAND_FIELDS, false).await {
        Ok(found) => Ok(found),
        Err(error) if error.kind() == Some(ErrorKind::NoTable) => {
            reading.no_commands(error).await?;
            Ok(HashMap::new())
        }
        Err(error) => Err(error.into()),
    }
}

pub(in crate::engine) fn passes(filter: DeletedFilter, row: &Row) -> bool {
    match filter {
        DeletedFilter::Keep => true,
        DeletedFilter::Skip => !row.is_deleted(),
        DeletedFilter::Only => row.is_deleted(),
    }
}

async fn summary(
    reading: &mut Reading<'_>,
    key: EntityKey,
    row: Row,
    command: Option<&Row>,
    next: Option<&Row>,
) -> Result<EntitySummary, Stop> {
    let own = |name: &str| row.text(name).map(str::to_owned);
    let from_command = |name: &str| command.and_then(|c| c.text(name)).map(str::to_owned);
    let mut flags = flags(&key, Some(&row), command, next);
    if is_past(&row, jiff::Timestamp::now().as_second()) {
        flags.retain(|flag| !matches!(flag, Flag::Pending | Flag::Failed | Flag::Wedged));
        flags.push(Flag::Expired);
    }
    let version = row.version();
    let attributes_ref = row.attributes_ref().map(str::to_owned);
    let mut problem = version.as_ref().err().map(ToString::to_string);
    problem = problem.or_else(|| row.attributes().err().map(|e| e.to_string()));
    let mut summary = EntitySummary {
        id: own(field::ID),
        entity_type: own(field::TYPE),
        tenant: tenant_of(&key.pk, row.text(field::TENANT_CODE)).code,
        code: own(field::CODE),
        name: own(field::NAME),
        version: version.ok(),
        deleted: row.is_deleted(),
        updated_at: from_command(field::CREATED_AT).or_else(|| own(field::UPDATED_AT)),
        updated_by: from_command(field::CREATED_BY).or_else(|| own(field::UPDATED_BY)),
        flags,
        attributes_ref,
        row: Arc::new(resolved(reading, row, &mut problem).await?),
        problem,
        viewed: None,
        entity: EntityRef { module: reading.listing.module.clone(), key },
    };
    if let Some(changing) = &reading.view {
        view::through(changing, &mut summary);
    }
    Ok(summary)
}

/// The row with S3-stored attributes in place where the listing asks for it; what fails is told in the row's place.
async fn resolved(reading: &mut Reading<'_>, row: Row, problem: &mut Option<String>) -> Result<Row, Stop> {
    if !reading.listing.resolve || row.attributes_ref().is_none() {
        return Ok(row);
    }
    match reading.task.store().resolve(&row).await {
        Ok(whole) => Ok(whole),
        Err(error) => {
            problem.get_or_insert(error.to_string());
            reading.told.unresolved(reading.task, error).await?;
            Ok(row)
        }
    }
}

/// An entity that no data row shows yet, from its newest command row.
pub(super) async fn unprocessed_summary(
    reading: &mut Reading<'_>,
    key: EntityKey,
    row: Row,
) -> Result<EntitySummary, Stop> {
    let flags = flags(&key, None, None, Some(&row));
    let mut summary = summary(reading, key, row, None, None).await?;
    summary.flags = flags;
    summary.version = Some(Version(0));
    summary.updated_at = summary.row.text(field::CREATED_AT).map(str::to_owned);
    summary.updated_by = summary.row.text(field::CREATED_BY).map(str::to_owned);
    Ok(summary)
}
