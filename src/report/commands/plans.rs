use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;

use super::super::lines::ItemLine;
use super::super::table::Table;
use super::versions::sentence;
use super::written::{masking, write};
use super::{Context, Quit, exit};
use crate::config;
use crate::domain::clock::utc_millis;
use crate::domain::plan::Plan;
use crate::domain::publish::PublishMode;
use crate::domain::run::{Action, RunId};
use crate::engine::protocol::{Command, Event, Phase, PlanSummary, Preview};
use crate::evidence::{PreviewItems, of_preview};
use crate::session::plan_failure;
use crate::signing::Subject;

/// Items that are not written and are listed for people, unless all are wanted.
const LISTED: u64 = 40;

/// Reads a plan file.
pub(super) fn load(file: &Path) -> Result<Plan, Quit> {
    config::plan::load(file).map_err(|error| Quit::from(plan_failure(error)))
}

pub(super) async fn preview(
    context: &mut Context,
    file: &Path,
    rows: bool,
    report: Option<PathBuf>,
    mask: Option<PathBuf>,
) -> Result<(), Quit> {
    let plan = load(file)?;
    let mut masking = masking(mask.as_deref())?;
    let Some(to) = report else { return show(context, plan, rows).await };
    let (operation, reason, mut name) = (plan.work.operation(), plan.reason.clone(), plan.name.clone());
    let (mut items, mut found) = (PreviewItems::default(), None);
    // It has no run of its own, and the report names none.
    let run = RunId::from_parts(0, 0);
    shown(context, plan, rows, |event| match event {
        Event::Preview(item) => match &mut masking {
            Some(masking) => {
                let mut item = item.clone();
                masking.preview(&mut item);
                items.add(run, &item);
            }
            None => items.add(run, item),
        },
        Event::Planned(summary) => found = Some(summary.clone()),
        _ => {}
    })
    .await?;
    let Some(mut summary) = found else { return Ok(()) };
    if let Some(masking) = &mut masking {
        masking.words(&mut name);
        masking.summary(&mut summary);
    }
    let subject = subject(context, name, summary.digest.clone()).await?;
    let at = utc_millis(Timestamp::now());
    if let Some(subject) = subject {
        let report = of_preview(&subject, (operation.as_str(), &reason, &at), &summary, items);
        write(context, &to, &report.for_file(&to))?;
        context.out.text(&format!("report on the preview written to {}", to.display()));
    }
    Ok(())
}

/// A plan, and where it would run.
pub(super) async fn subject(context: &mut Context, plan: String, digest: String) -> Result<Option<Subject>, Quit> {
    let mut found = None;
    context
        .each(Command::SignOff { plan, digest }, |_, event| {
            if let Event::SignOff(sign_off) = event {
                found = Some(sign_off.subject);
            }
            Ok(())
        })
        .await?;
    Ok(found)
}

/// Prints what a plan would do.
pub(super) async fn show(context: &mut Context, plan: Plan, rows: bool) -> Result<(), Quit> {
    shown(context, plan, rows, |_| {}).await
}

async fn shown(context: &mut Context, plan: Plan, rows: bool, mut also: impl FnMut(&Event)) -> Result<(), Quit> {
    let began = Instant::now();
    let mut listed = 0;
    context
        .each(Command::PreviewPlan { plan: Box::new(plan), keep: false }, |context, event| {
            also(&event);
            match event {
                Event::Preview(item) => {
                    context.out.line(&ItemLine::preview(&item));
                    context.end.rows += 1;
                    describe(context, &item, rows, &mut listed);
                }
                Event::Planned(summary) => planned(context, &summary),
                Event::Finding(finding) => super::run::found(context, &finding),
                Event::Progress { phase: Phase::Preview, done, total } => {
                    context.progress("preview", done, total, began);
                }
                _ => {}
            }
            Ok(())
        })
        .await
}

fn describe(context: &mut Context, item: &Preview, rows: bool, listed: &mut u64) {
    let is_problem =
        matches!(item.action, Action::Skip | Action::Conflict | Action::Invalid) || !item.warnings.is_empty();
    if !rows && (!is_problem || *listed >= LISTED) {
        return;
    }
    *listed += 1;
    if !rows && *listed == LISTED {
        return context.out.text("… more of these with --rows");
    }
    let why = item.reason.map(|r| format!(" {r}")).unwrap_or_default();
    let warnings = if item.warnings.is_empty() { String::new() } else { format!(" ({})", item.warnings.join(", ")) };
    let message = item.message.as_deref().map(|m| format!(": {m}")).unwrap_or_default();
    context.out.text(&format!("{}{why} {}{warnings}{message}", item.action, item.entity.key));
    for change in item.changes.iter().filter(|_| rows) {
        context.out.text(&format!("  {}", sentence(change)));
    }
}

/// Takes over what a preview found, and prints it for people.
pub(super) fn planned(context: &mut Context, summary: &PlanSummary) {
    context.end.digest = Some(summary.digest.clone());
    for (action, count) in &summary.actions {
        context.end.add_action(*action, *count);
        if matches!(action, Action::Conflict | Action::Invalid) && *count > 0 {
            context.end.exit = exit::first(context.end.exit, exit::ITEMS);
        }
    }
    context.end.blast = summary.blast;
    context.out.clear_progress();
    let mut table = Table::new(&["action", "items"]);
    for (action, count) in &summary.actions {
        table.row([action.to_string(), count.to_string()]);
    }
    context.out.table(&table);
    let blast = &summary.blast;
    let how = match summary.publish {
        PublishMode::Sync => String::new(),
        PublishMode::Async => format!(", {} Step Functions runs", blast.step_functions),
    };
    context.out.text(&format!(
        "{} entities of {} tenant(s) in {} requests: about {:.0} write units, {} S3 objects{how}; {:.0} s or more",
        blast.entities, blast.tenants, blast.requests, blast.write_units, blast.s3_objects, blast.seconds
    ));
    for note in &summary.notes {
        // Programs read items and counts; whoever starts them reads this.
        if context.out.is_json() {
            context.out.note(&format!("note: {note}"));
        } else {
            context.out.text(&format!("note: {note}"));
        }
    }
    if summary.undo_until.first().is_none() && blast.entities > 0 {
        context.out.text("can be undone at any time: nothing that an undo needs expires");
    }
    context.out.text(&format!("digest {}", summary.digest));
}
