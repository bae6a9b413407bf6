use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::super::lines::{EntityLine, TenantLine};
use super::super::table::Table;
use super::versions::{attributes, sentence};
use super::{Context, Quit};
use crate::cli::Entities;
use crate::config;
use crate::domain::clock::utc_millis;
use crate::domain::key::{PartitionKey, meant};
use crate::domain::plan::Change;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Cursor, EntitySummary, Event, ListedPartition, Listing, TenantCount, Viewed};
use crate::session::plan_failure;
use crate::worker;

/// Entities asked for at a time.
const PAGE: usize = 500;

pub(super) async fn tenants(context: &mut Context, module: Option<String>) -> Result<(), Quit> {
    let mut counts: BTreeMap<(String, String), TenantCount> = BTreeMap::new();
    let began = Instant::now();
    context
        .each(Command::ScanTenants { module }, |context, event| {
            if let Event::Tenants(changed) = event {
                for t in changed {
                    counts.insert((t.module.clone(), t.pk.as_str().to_owned()), t);
                }
                context.progress("scan", counts.values().map(|t| t.entities).sum(), None, began);
            }
            Ok(())
        })
        .await?;
    context.out.clear_progress();
    let (oldest, newest) = (context.heading("oldest"), context.heading("newest"));
    let mut table = Table::new(&["module", "partition", "tenant", "entities", "deleted", &oldest, &newest]);
    for t in counts.values() {
        context.out.line(&TenantLine::new(t));
        context.end.rows += 1;
        let (entities, deleted) = (t.entities.to_string(), t.deleted.to_string());
        let (oldest, newest) = (day(context, &t.oldest), day(context, &t.newest));
        table.row([&t.module, t.pk.as_str(), &t.tenant, &entities, &deleted, &oldest, &newest]);
    }
    context.out.table(&table);
    Ok(())
}

/// The day of a time for people, all of it in CSV.
fn day(context: &Context, time: &Option<String>) -> String {
    match time {
        Some(text) if context.out.is_csv() => context.at(text),
        Some(text) => context.at(text).split(' ').next().unwrap_or_default().to_owned(),
        None if context.out.is_csv() => String::new(),
        None => "-".to_owned(),
    }
}

/// Partitions by module and key, once all are known: they come in no order.
pub(super) async fn partitions(context: &mut Context, module: Option<String>) -> Result<(), Quit> {
    let mut found: BTreeMap<(String, String), ListedPartition> = BTreeMap::new();
    let began = Instant::now();
    context
        .each(Command::ListPartitions { module }, |context, event| {
            if let Event::Partitions(listed) = event {
                found.extend(listed.into_iter().map(|p| ((p.module.clone(), p.pk.as_str().to_owned()), p)));
                context.progress("scan", found.len() as u64, None, began);
            }
            Ok(())
        })
        .await?;
    context.out.clear_progress();
    let mut table = Table::new(&["module", "partition", "tenant"]);
    for p in found.values() {
        context.out.line(&TenantLine::uncounted(p));
        context.end.rows += 1;
        table.row([&p.module, p.pk.as_str(), &p.tenant]);
    }
    context.out.table(&table);
    Ok(())
}

pub(super) async fn entities(context: &mut Context, options: &Entities) -> Result<(), Quit> {
    let view = options.view.as_deref().map(view).transpose()?;
    let rows = options.rows || view.is_some();
    let pk = PartitionKey::new(&*options.pk);
    let module = context.module(&pk, options.module.as_deref()).await?;
    let (sk_prefix, deleted) = (options.sk_prefix.clone(), options.deleted);
    let listing = Listing { module, pk, sk_prefix, deleted, resolve: rows, view };
    let mut left = options.limit.unwrap_or(usize::MAX);
    let mut after: Option<Cursor> = None;
    let began = Instant::now();
    let updated = context.heading("updated");
    let shown = Shown { rows, changes: listing.view.is_some(), attributes: options.rows };
    let mut columns = vec!["sort key", "version", "code", "name", &updated, "by", "flags"];
    columns.extend(shown.changes.then_some("changes"));
    columns.extend(shown.attributes.then_some("attributes"));
    let mut table = Table::new(&columns);
    while left > 0 {
        let command = Command::Page { listing: listing.clone(), after: after.take(), limit: left.min(PAGE) };
        let mut ended = true;
        context
            .each(command, |context, event| {
                if let Event::Page { mut entities, next } = event {
                    // A page of the command table may hold more than was asked for.
                    entities.truncate(left);
                    left -= entities.len();
                    entities.iter_mut().for_each(unfit);
                    print(context, &mut table, &entities, shown);
                    ended = next.is_none();
                    after = next;
                }
                Ok(())
            })
            .await?;
        if ended {
            break;
        }
        context.progress("scan", context.end.rows, None, began);
    }
    context.out.page(&mut table);
    if context.end.rows == 0 {
        context.out.text("no entities");
        if let Some(meant) = meant(&listing.pk, None) {
            context.out.note(&meant);
        }
    }
    Ok(())
}

/// Reads the changes of attributes from a file.
fn view(file: &Path) -> Result<Arc<Change>, Quit> {
    let change = config::plan::load_view(file).map_err(|error| Quit::from(plan_failure(error)))?;
    worker::changing(&change, &utc_millis(Timestamp::now())).map_err(|bad| {
        let mut failure = Failure::new(ErrorCode::Plan, bad.to_string());
        failure.file = Some(file.display().to_string());
        Quit::from(failure)
    })?;
    Ok(Arc::new(change))
}

/// Where the view does not fit an entity, that is what is wrong with it.
fn unfit(entity: &mut EntitySummary) {
    if let Some(Viewed::Refused(reason, message)) = &entity.viewed {
        entity.problem.get_or_insert_with(|| format!("not as the view has it ({reason}): {message}"));
    }
}

/// Parts of an entity that are shown.
#[derive(Clone, Copy)]
struct Shown {
    /// The row in JSON lines.
    rows: bool,
    /// A column with what a view changes.
    changes: bool,
    /// A column with the attributes, as JSON.
    attributes: bool,
}

fn print(context: &mut Context, table: &mut Table, entities: &[EntitySummary], shown: Shown) {
    for e in entities {
        context.out.line(&EntityLine::new(e, shown.rows));
        context.end.rows += 1;
        let mut flags: Vec<&str> = e.flags.iter().map(|f| f.as_str()).collect();
        if e.deleted {
            flags.insert(0, "deleted");
        }
        if let Some(problem) = &e.problem {
            flags.push(problem);
        }
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        let cells = [
            e.entity.key.sk.as_str().to_owned(),
            e.version.map_or_else(|| "?".to_owned(), |v| v.to_string()),
            text(&e.code),
            text(&e.name),
            context.at_some(e.updated_at.as_deref()),
            text(&e.updated_by),
            flags.join(","),
        ];
        let changes = shown.changes.then(|| changes(e));
        let attributes = shown.attributes.then(|| attributes(&e.row));
        table.row(cells.into_iter().chain(changes).chain(attributes));
    }
    context.out.page(table);
}

/// Changes that a view makes of an entity, one behind the other.
fn changes(entity: &EntitySummary) -> String {
    match &entity.viewed {
        Some(Viewed::Changed(changes)) => changes.iter().map(sentence).collect::<Vec<_>>().join("; "),
        Some(Viewed::Equal) => "none".to_owned(),
        // The flags say why.
        Some(Viewed::Refused(..)) | None => String::new(),
    }
}
