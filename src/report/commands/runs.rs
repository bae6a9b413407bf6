use std::path::PathBuf;

use jiff::SignedDuration;

use super::super::lines::{ItemLine, JoinedLine, RunLine};
use super::super::table::Table;
use super::written::{masking, write};
use super::{Context, Quit, exit};
use crate::domain::clock::local_minutes;
use crate::domain::run::{Outcome, RunId, RunState};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Command, Event, JoinedParts, JournalPlace, PartsAt, RunInfo};
use crate::evidence::of_run;

/// Missing parts that are named.
const MISSING: usize = 20;

/// Lists runs as they are told.
async fn told(context: &mut Context, command: Command) -> Result<Table, Quit> {
    let started = context.heading("started");
    let undo = context.heading("undo until");
    let mut table = Table::new(&["run", "state", "operation", "name", "label", &started, &undo, "outcomes"]);
    context
        .each(command, |context, event| {
            if let Event::Run(info) = event {
                context.out.line(&RunLine::new(&info));
                context.end.rows += 1;
                table.row([
                    info.run.to_string(),
                    info.state.to_string(),
                    info.operation.to_string(),
                    info.name.clone(),
                    info.label.clone(),
                    context.at(&info.started_at),
                    undo_until(context, &info),
                    outcomes(&info),
                ]);
            }
            Ok(())
        })
        .await?;
    Ok(table)
}

pub(super) async fn list(context: &mut Context) -> Result<(), Quit> {
    let table = told(context, Command::Runs).await?;
    context.out.table(&table);
    if context.end.rows == 0 {
        context.out.text("no runs");
    }
    Ok(())
}

pub(super) async fn prune(context: &mut Context, older: SignedDuration, dry_run: bool) -> Result<(), Quit> {
    let table = told(context, Command::PruneRuns { older, dry_run }).await?;
    context.out.table(&table);
    let told = match (context.end.rows, dry_run) {
        (0, _) => "no run that may be removed ended so long ago".to_owned(),
        (1, true) => "1 run would be removed".to_owned(),
        (n, true) => format!("{n} runs would be removed"),
        (1, false) => "1 run removed".to_owned(),
        (n, false) => format!("{n} runs removed"),
    };
    context.out.text(&told);
    Ok(())
}

/// Until when a run can be undone, by the profile's clock; nothing for one that leaves nothing to undo.
fn undo_until(context: &Context, info: &RunInfo) -> String {
    let is_undoable = info.count(Outcome::Done) > 0 && info.state != RunState::Undone;
    match &info.undo_until {
        _ if !is_undoable => String::new(),
        None => "no end".to_owned(),
        Some(until) => local_minutes(until, &context.zone),
    }
}

fn outcomes(info: &RunInfo) -> String {
    info.outcomes.iter().map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join(", ")
}

/// Prints a run, and takes it over into the `end` line.
fn begin(context: &mut Context, info: &RunInfo) {
    context.out.line(&RunLine::new(info));
    context.end.run = Some(info.run);
    context.end.digest = Some(info.digest.clone());
    context.end.outcomes.clone_from(&info.outcomes);
    context.out.text(&format!("{} {}: {} ({})", info.operation, info.run, info.name, info.state));
}

pub(super) async fn show(context: &mut Context, run: RunId) -> Result<(), Quit> {
    let mut table = Table::new(&["n", "partition key", "sort key", "action", "outcome", "versions", "message"]);
    context
        .each(Command::ShowRun { run }, |context, event| {
            match event {
                Event::Run(info) => {
                    begin(context, &info);
                    let started = format!("{} {}", context.heading("started"), context.at(&info.started_at));
                    context.out.text(&format!("profile {}, {started}", info.profile));
                    if !info.label.is_empty() {
                        context.out.text(&format!("label {}", info.label));
                    }
                    for signature in &info.signatures {
                        let (who, key) = (signature.principal.as_deref(), signature.key.as_deref());
                        let (who, key) = (who.unwrap_or_default(), key.unwrap_or_default());
                        context.out.text(&format!("signed by {who} ({key})"));
                    }
                    if let Some(until) = &info.undo_until {
                        context.out.text(&format!("can be undone until {}", local_minutes(until, &context.zone)));
                    }
                }
                Event::Item(item) => {
                    context.out.line(&ItemLine::result(&item));
                    context.end.rows += 1;
                    context.end.add_action(item.action, 1);
                    table.row([
                        item.n.to_string(),
                        item.entity.key.pk.to_string(),
                        item.entity.key.sk.to_string(),
                        item.action.to_string(),
                        item.outcome.map_or_else(|| "left".to_owned(), |o| o.to_string()),
                        format!("{} -> {}", item.version_before, item.version_after),
                        item.message.clone().unwrap_or_default(),
                    ]);
                }
                _ => {}
            }
            Ok(())
        })
        .await?;
    context.out.table(&table);
    Ok(())
}

pub(super) async fn check(context: &mut Context, journal: JournalPlace) -> Result<(), Quit> {
    context
        .each(Command::CheckRun { journal }, |context, event| {
            match event {
                Event::Run(info) => begin(context, &info),
                Event::ChainChecked { records, head } => {
                    context.out.text(&format!("{records} records, each as it was recorded; the last one is {head}"));
                }
                _ => {}
            }
            Ok(())
        })
        .await
}

pub(super) async fn join(context: &mut Context, at: PartsAt, digest: Option<String>) -> Result<(), Quit> {
    let mut table = Table::new(&["part", "run", "state", "left", "outcomes", "journal"]);
    let mut incomplete = false;
    context
        .each(Command::JoinRuns { at, digest }, |context, event| {
            match event {
                Event::Run(info) => {
                    context.out.line(&RunLine::new(&info));
                    context.end.rows += 1;
                    context.end.digest = Some(info.digest.clone());
                    for (outcome, count) in &info.outcomes {
                        context.end.add_outcome(*outcome, *count);
                    }
                    table.row([
                        info.part.map(String::from).unwrap_or_default(),
                        info.run.to_string(),
                        info.state.to_string(),
                        info.left.to_string(),
                        outcomes(&info),
                        info.journal.clone(),
                    ]);
                }
                Event::Joined(joined) => {
                    context.out.line(&JoinedLine::new(&joined));
                    context.out.table(&std::mem::replace(&mut table, Table::new(&[])));
                    incomplete |= !joined.complete;
                    for line in joined_words(&joined) {
                        context.out.text(&line);
                    }
                }
                _ => {}
            }
            Ok(())
        })
        .await?;
    if incomplete {
        context.end.exit = exit::first(context.end.exit, exit::ITEMS);
    }
    Ok(())
}

/// Where the parts of a plan stand, and how to go on with them.
fn joined_words(joined: &JoinedParts) -> Vec<String> {
    let JoinedParts { digest, count, there, missing, left, complete } = joined;
    let mut words = vec![format!("plan {digest}: {} of {count} parts, {left} items left", there.len())];
    if !missing.is_empty() {
        let some: Vec<String> = missing.iter().take(MISSING).map(ToString::to_string).collect();
        let more = if missing.len() > MISSING { ", …" } else { "" };
        words.push(format!("missing: {}{more}", some.join(", ")));
    }
    words.push(match complete {
        true => "every part is done: `verify RUN` reads each back, `undo RUN` takes it back, with --state as its worker had it".to_owned(),
        false => "begin what is missing, and start again what stopped, with the same command line; what is running here may have been killed \
                  since: start it again once its worker is gone"
            .to_owned(),
    });
    words
}

pub(super) async fn report(
    context: &mut Context,
    run: RunId,
    to: Option<PathBuf>,
    mask: Option<PathBuf>,
) -> Result<(), Quit> {
    let masking = masking(mask.as_deref())?;
    if context.out.is_json() && to.is_none() {
        let failure = Failure::new(ErrorCode::Usage, "a report is no JSON line");
        return Err(failure.hint("name a file for it with --to").into());
    }
    let mut found = None;
    context
        .each(Command::ReportRun { run }, |_, event| {
            if let Event::Reported(report) = event {
                found = Some(report);
            }
            Ok(())
        })
        .await?;
    let Some(mut report) = found else { return Ok(()) };
    context.out.line(&RunLine::new(&report.info));
    context.end.run = Some(run);
    context.end.digest = Some(report.info.digest.clone()).filter(|digest| !digest.is_empty());
    context.end.outcomes.clone_from(&report.info.outcomes);
    if let Err(broken) = &report.checked {
        context.out.note(broken);
    }
    if let Some(mut masking) = masking {
        masking.run(&mut report);
    }
    let report = of_run(&report, &context.prefix);
    let Some(to) = to else {
        context.out.raw(&report.markdown());
        return Ok(());
    };
    write(context, &to, &report.for_file(&to))?;
    context.out.text(&format!("report on run {run} written to {}", to.display()));
    Ok(())
}

pub(super) async fn export(context: &mut Context, run: RunId, file: PathBuf) -> Result<(), Quit> {
    let to = file.display().to_string();
    context.each(Command::ExportRun { run, file }, |_, _| Ok(())).await?;
    context.end.run = Some(run);
    context.out.text(&format!("run {run} written to {to}"));
    context.end.to = Some(to);
    Ok(())
}
