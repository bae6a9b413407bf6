use std::time::Instant;

use super::super::lines::EntityLine;
use super::super::table::Table;
use super::{Context, Quit, exit, first};
use crate::cli::Find;
use crate::domain::find::Place;
use crate::engine::protocol::{
    Among, Command, EntitySummary, Event, FoundEntity, Near, SearchEnd, Searched, StopCause, Wanted,
};

/// Characters of a match that are shown to people.
const SHOWN: usize = 120;

pub(super) async fn find(context: &mut Context, options: Find) -> Result<(), Quit> {
    let wanted = Wanted {
        text: options.text,
        places: options.places,
        exact: options.exact,
        among: Among { module: options.module, entity_type: options.r#type, tenant: options.tenant },
        deleted: options.deleted,
        limit: options.limit,
        max_units: options.max_units,
        near: Near::default(),
    };
    let is_narrow = wanted.among.is_narrow();
    let in_row: Vec<String> = fields_of_the_row(&wanted);
    let began = Instant::now();
    let mut last = Searched::default();
    let mut is_told = false;
    let columns = [("partition key", 22), ("sort key", 26), ("name", 24), ("flags", 8), ("found in", 0)];
    let mut table = Table::fixed(&columns);
    context
        .each(Command::Find { wanted: Box::new(wanted) }, |context, event| {
            match event {
                Event::Found(found) => {
                    found.iter().for_each(|found| print(context, &mut table, found));
                    context.out.page(&mut table);
                }
                Event::Searched(searched) => {
                    last = searched;
                    if let Some(most) = last.most.filter(|_| !std::mem::replace(&mut is_told, true)) {
                        let part = if is_narrow { "what is in scope is a part of that" } else { "commands included" };
                        let words = "the tables in scope hold about";
                        let more = "and each partition may take a unit more";
                        context.out.note(&format!("{words} {most:.1} read units, {part}, {more}"));
                    }
                    context.progress("scan", last.rows, None, began);
                }
                _ => {}
            }
            Ok(())
        })
        .await?;
    context.out.clear_progress();
    context.out.page(&mut table);
    context.end.blast.read_units = last.units;
    if last.found == 0 {
        context.out.text("nothing was found");
        let is_absent = |field: &String| last.absent.iter().any(|place| place.to_string() == *field);
        for field in in_row.into_iter().filter(|field| !is_absent(field)) {
            context
                .out
                .note(&format!("{field} is a field of the row itself: for an attribute write attributes.{field}"));
        }
    }
    for place in &last.absent {
        let meant = if place.is_in_attributes() { String::new() } else { meant(place) };
        context.out.note(&format!("no row that was looked at has {place}{meant}"));
    }
    if last.commands > 0 {
        let rows = last.rows - last.commands;
        context.out.note(&format!("looked at {rows} data rows and {} commands", last.commands));
    }
    if last.in_s3 > 0 {
        context
            .out
            .note(&format!("rows whose attributes stand in S3, where they were not looked into: {}", last.in_s3));
    }
    match last.ended {
        Some(SearchEnd::Units) => {
            context.out.note(&format!(
                "stopped at --max-units: {} rows were looked at for {:.1} read units, and there are more",
                last.rows, last.units
            ));
            context.end.exit = first(context.end.exit, exit::NOT_APPROVED);
            context.end.stopped = Some(StopCause::Operator);
        }
        Some(SearchEnd::Limit) => context.out.note("stopped at --limit: there may be more"),
        None => {}
    }
    if last.ended != Some(SearchEnd::Units) {
        context.out.note(&format!("{:.1} read units were used", last.units));
    }
    Ok(())
}

/// For a place that is no attribute: most such names are meant as one.
fn meant(place: &Place) -> String {
    format!(": for an attribute write attributes.{place}")
}

/// Places that are asked for and are no attributes: most such names are meant as attributes.
fn fields_of_the_row(wanted: &Wanted) -> Vec<String> {
    let path = |place: &Place| match place {
        Place::Path(path) if !place.is_in_attributes() => Some(path.to_string()),
        _ => None,
    };
    wanted.places.iter().filter_map(path).collect()
}

fn print(context: &mut Context, table: &mut Table, found: &FoundEntity) {
    context.out.line(&EntityLine::found(found));
    context.end.rows += 1;
    let entity = &found.entity;
    let (pk, sk) = (entity.entity.key.pk.to_string(), entity.entity.key.sk.to_string());
    table.row([pk, sk, entity.name.clone().unwrap_or_default(), flags(entity), matches(found)]);
}

fn flags(entity: &EntitySummary) -> String {
    let deleted = entity.deleted.then_some("deleted");
    let flags: Vec<&str> = deleted.into_iter().chain(entity.flags.iter().map(|f| f.as_str())).collect();
    flags.join(",")
}

/// Where the text stands, but for the key and the name, which are shown anyway.
fn matches(found: &FoundEntity) -> String {
    let shown = found.matched.iter().filter(|m| !matches!(m.path.field(), Some("id" | "sk" | "name")));
    let text = |m: &crate::domain::find::Matched| match m.value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}: {}…", m.path, m.value.get(..end).unwrap_or_default()),
        None => format!("{}: {}", m.path, m.value),
    };
    shown.map(text).collect::<Vec<_>>().join("  ")
}
