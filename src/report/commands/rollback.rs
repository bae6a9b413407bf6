use super::super::lines::{ItemLine, RunLine};
use super::run::not_armed;
use super::versions::sentence;
use super::{Context, Quit, exit};
use crate::cli::Entity;
use crate::domain::key::Version;
use crate::domain::plan::Plan;
use crate::domain::publish::PublishMode;
use crate::domain::row::field;
use crate::domain::run::{Action, Outcome, Reason};
use crate::domain::tenant::tenant_of;
use crate::engine::protocol::{Command, Decision, Event, ItemResult, Level, Preview, StopCause};
use crate::notify::News;

pub(super) async fn rollback(
    context: &mut Context,
    entity: &Entity,
    to: u64,
    expect: Option<u64>,
    dry_run: bool,
) -> Result<(), Quit> {
    let entity = context.entity(entity).await?;
    let plan = |expect| Plan::rollback_of(&entity.module, &entity.key, Version(to), expect);
    let (shown, digest) = preview(context, plan(expect.map(Version))).await?;
    let Some(shown) = shown else { return Ok(()) };
    if dry_run || !context.global.arm {
        context.out.line(&ItemLine::preview(&shown));
        context.end.rows += 1;
        tally(context, &shown, digest);
        describe(context, &shown);
        if matches!(shown.action, Action::Conflict | Action::Invalid) {
            context.end.exit = exit::first(context.end.exit, exit::ITEMS);
        }
        return if dry_run { Ok(()) } else { not_armed(context) };
    }
    if shown.after.is_none() {
        // There is nothing to approve, and so no run: the item says why.
        context.out.line(&ItemLine::unwritten(&shown, None));
        context.end.add_action(shown.action, 1);
        ended(context, &shown.entity.key.to_string(), shown.action.unwritten(), shown.message.as_deref());
        return Ok(());
    }
    tally(context, &shown, digest);
    describe(context, &shown);
    let code = shown.before.as_ref().and_then(|row| row.text(field::TENANT_CODE));
    if context.is_unconfirmed(tenant_of(&shown.entity.key.pk, code).named().unwrap_or_default()) {
        let why = "not approved; nothing was written".to_owned();
        context.out.line(&ItemLine::unwritten(&shown, Some((Reason::NotApproved, &Some(why.clone())))));
        ended(context, &shown.entity.key.to_string(), Outcome::Skipped, Some(&why));
        return Ok(());
    }
    // The item that was shown is what is written: a change since then is a conflict.
    write(context, plan(Some(shown.version_before))).await
}

/// Item that would be written, and the digest of the plan.
async fn preview(context: &mut Context, plan: Plan) -> Result<(Option<Box<Preview>>, Option<String>), Quit> {
    let (mut shown, mut digest) = (None, None);
    let command = Command::PreviewPlan { plan: Box::new(plan), keep: false };
    let preview = |_: &mut Context, event| {
        match event {
            Event::Preview(item) => shown = Some(item),
            Event::Planned(summary) => digest = Some(summary.digest),
            _ => {}
        }
        Ok(())
    };
    context.each(command, preview).await?;
    Ok((shown, digest))
}

fn tally(context: &mut Context, shown: &Preview, digest: Option<String>) {
    context.end.digest = digest;
    context.end.add_action(shown.action, 1);
    let writes = u64::from(shown.after.is_some());
    let blast = &mut context.end.blast;
    (blast.entities, blast.tenants, blast.requests) = (writes, writes, writes);
    blast.write_units = shown.write_units as f64;
    blast.s3_objects = shown.s3_objects;
    if shown.publish == PublishMode::Async {
        blast.step_functions = writes;
    }
}

fn describe(context: &mut Context, shown: &Preview) {
    let key = &shown.entity.key;
    let head = match &shown.message {
        Some(message) => format!("{key}: {}: {message}", shown.action),
        None => format!(
            "{key}: {} as it was at version {}, as version {} over {}",
            shown.action, shown.version_from, shown.version_after, shown.version_before
        ),
    };
    context.out.text(&head);
    for change in &shown.changes {
        context.out.text(&format!("  {}", sentence(change)));
    }
    for warning in &shown.warnings {
        context.out.text(&format!("  note: {warning}"));
    }
}

/// Runs the plan; `--arm` is the approval.
async fn write(context: &mut Context, plan: Plan) -> Result<(), Quit> {
    context.each(Command::Arm { armed: true }, |_, _| Ok(())).await?;
    let command = Command::RunPlan { plan: Box::new(plan), expect: None, rows: true };
    let request = context.client.send(command).await?;
    let mut paused = None;
    loop {
        match context.next(request).await? {
            Event::Finished { .. } => break,
            Event::Paused { run, failure } => paused = context.paused(request, run, failure).await?,
            Event::Failed(failure) if failure.fatal => return Err(Quit::Failed(failure)),
            Event::Failed(failure) => context.out.error(&failure),
            Event::Log(Level::Info, text) => tracing::info!("{text}"),
            Event::Log(_, text) => context.out.note(&text),
            Event::Planned(summary) => context.end.digest = Some(summary.digest),
            Event::Stopped { cause, .. } => {
                context.end.stopped.get_or_insert(cause);
            }
            Event::ApprovalNeeded(asked) => {
                let tenant = asked.confirm.as_deref().unwrap_or_default();
                let decision = match context.is_unconfirmed(tenant) {
                    true => Decision::Stop,
                    false => Decision::Approve { confirm: asked.confirm.clone() },
                };
                let (run, batch, digest) = (asked.run, asked.batch, asked.digest.clone());
                context.client.send(Command::Decide { run, batch, digest, decision }).await?;
            }
            Event::Item(item) => report(context, &item),
            Event::Run(info) if info.ended_at.is_none() => context.end.run = Some(info.run),
            Event::Run(info) => {
                context.tell_of_run(News::RunEnded, Some(info.run), None, info.state.as_str());
                context.out.line(&RunLine::new(&info));
                context.out.text(&format!("run {} recorded in {}", info.run, info.journal));
            }
            _ => {}
        }
    }
    if context.end.stopped == Some(StopCause::NotApproved) {
        context.end.exit = exit::first(context.end.exit, exit::NOT_APPROVED);
    }
    paused.map_or(Ok(()), |failure| Err(Quit::Failed(failure)))
}

fn report(context: &mut Context, item: &ItemResult) {
    context.out.line(&ItemLine::result(item));
    match item.outcome {
        Some(outcome) => ended(context, &item.entity.key.to_string(), outcome, item.message.as_deref()),
        None => context.end.rows += 1,
    }
}

/// Counts what became of the item, and says it to people.
fn ended(context: &mut Context, key: &str, outcome: Outcome, message: Option<&str>) {
    context.end.rows += 1;
    context.count(outcome);
    let message = message.map(|m| format!(": {m}")).unwrap_or_default();
    context.out.text(&format!("{key}: {outcome}{message}"));
}
