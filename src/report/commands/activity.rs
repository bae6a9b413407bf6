use std::time::Instant;

use jiff::Timestamp;

use super::super::lines::ActivityLine;
use super::super::table::Table;
use super::{Context, Quit};
use crate::cli::Activity;
use crate::domain::clock::{MOMENT, Now, moment, parse_time};
use crate::domain::key::{PartitionKey, SortKey, meant};
use crate::domain::timeline::BySource;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{self, ActivityWanted, Among, Command, Event};

/// Places that are shown to people.
const PLACES: usize = 6;

pub(super) async fn activity(context: &mut Context, options: Activity) -> Result<(), Quit> {
    let now = Now { at: Timestamp::now(), zone: context.zone.clone() };
    let since = said(context, &now, "--since", options.since.as_deref())?;
    let until = said(context, &now, "--until", options.until.as_deref())?;
    if let (Some(since), Some(until)) = (since, until)
        && since > until
    {
        return Err(Failure::new(ErrorCode::Usage, "--until is before --since").into());
    }
    let pk = options.pk.map(PartitionKey::new);
    let module = match &pk {
        Some(pk) => Some(context.module(pk, options.module.as_deref()).await?),
        None => options.module,
    };
    let wanted = ActivityWanted {
        among: Among { module, entity_type: options.r#type, tenant: options.tenant },
        pk,
        sk: options.sk.map(SortKey::new),
        since,
        until,
        by: options.by,
        request: options.request,
        source: options.source,
        path: options.path,
        limit: options.limit,
    };
    let named = wanted.pk.clone().zip(wanted.sk.clone());
    let began = Instant::now();
    let at = context.heading("at");
    let mut table = Table::new(&[&at, "by", "kind", "partition key", "sort key", "version", "name", "changed"]);
    context
        .each(Command::Activity { wanted: Box::new(wanted) }, |context, event| {
            match event {
                Event::Progress { done, .. } => context.progress("scan", done, None, began),
                Event::Activity(page) => {
                    page.iter().for_each(|one| print(context, &mut table, one));
                    context.out.page(&mut table);
                }
                _ => {}
            }
            Ok(())
        })
        .await?;
    context.out.clear_progress();
    context.out.page(&mut table);
    if context.end.rows == 0 {
        context.out.text("no activity");
        if let Some(meant) = named.and_then(|(pk, sk)| meant(&pk, Some(sk.as_str()))) {
            context.out.note(&meant);
        }
    }
    Ok(())
}

/// A moment of an option; what it was taken for is told unless it says so itself.
fn said(context: &mut Context, now: &Now, option: &str, text: Option<&str>) -> Result<Option<Timestamp>, Quit> {
    let Some(text) = text else { return Ok(None) };
    let Some(at) = moment(text, now) else {
        return Err(Failure::new(ErrorCode::Usage, format!("{option} must be {MOMENT}, not {text:?}")).into());
    };
    if parse_time(text).is_none() {
        context.out.note(&format!("{option}: {}", now.taken(text, at)));
    }
    Ok(Some(at))
}

fn print(context: &mut Context, table: &mut Table, one: &protocol::Activity) {
    context.out.line(&ActivityLine::new(one));
    context.end.rows += 1;
    // Without a command row the framework's own record of who is stale.
    let mark = if one.by_source == BySource::Row { "?" } else { "" };
    let mut places: Vec<String> = one.paths.iter().map(ToString::to_string).collect();
    if places.len() > PLACES && !context.out.is_csv() {
        let more = places.split_off(PLACES).len();
        places.push(format!("and {more} more"));
    }
    table.row([
        one.at.as_deref().map_or_else(|| "?".to_owned(), |at| context.at(at)),
        format!("{}{mark}", one.by.as_deref().unwrap_or("nobody")),
        one.kind.as_str().to_owned(),
        one.entity.key.pk.to_string(),
        one.entity.key.sk.to_string(),
        one.version.to_string(),
        one.name.clone().unwrap_or_default(),
        places.join(", "),
    ]);
}
