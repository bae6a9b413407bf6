use super::super::lines::{ItemLine, RunLine};
use super::versions::sentence;
use super::{Context, Quit, exit};
use crate::cli::Entity;
use crate::domain::key::Version;
use crate::domain::run::{Action, Outcome};
use crate::engine::failure::Failure;
use crate::engine::protocol::{
    ApprovalRequest, Command, Decision, EntityRef, Event, ItemResult, Level, Preview, Steering, StopCause,
};

pub(super) async fn rollback(
    context: &mut Context,
    entity: &Entity,
    to: u64,
    expect: Option<u64>,
    dry_run: bool,
) -> Result<(), Quit> {
    let entity = context.entity(entity).await?;
    let to = Version(to);
    if dry_run || !context.global.arm {
        preview(context, &entity, to, expect.map(Version)).await?;
        if !dry_run {
            context.out.note("not armed: nothing was written; add --arm to write this");
            context.end.exit = exit::NOT_APPROVED;
            context.end.stopped = Some(StopCause::NotApproved);
        }
        return Ok(());
    }
    context.each(Command::Arm { armed: true }, |_, _| Ok(())).await?;
    write(context, &entity, to, expect.map(Version)).await
}

async fn preview(context: &mut Context, entity: &EntityRef, to: Version, expect: Option<Version>) -> Result<(), Quit> {
    let command = Command::PreviewRollback { entity: entity.clone(), to, expect };
    context
        .each(command, |context, event| {
            if let Event::Preview(shown) = event {
                context.out.line(&ItemLine::preview(&shown));
                context.end.rows += 1;
                tally(context, &shown);
                describe(context, &shown);
                if matches!(shown.action, Action::Conflict | Action::Invalid) {
                    context.end.exit = exit::first(context.end.exit, exit::ITEMS);
                }
            }
            Ok(())
        })
        .await
}

fn tally(context: &mut Context, shown: &Preview) {
    context.end.digest = Some(shown.digest.clone());
    context.end.add_action(shown.action, 1);
    let writes = u64::from(shown.after.is_some());
    context.end.blast.entities = writes;
    context.end.blast.tenants = writes;
    context.end.blast.requests = writes;
    context.end.blast.write_units = shown.write_units as f64;
    context.end.blast.s3_objects = shown.s3_objects;
    if shown.publish == crate::domain::publish::PublishMode::Async {
        context.end.blast.step_functions = writes;
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

async fn write(context: &mut Context, entity: &EntityRef, to: Version, expect: Option<Version>) -> Result<(), Quit> {
    let request = context.client.send(Command::Rollback { entity: entity.clone(), to, expect }).await?;
    let mut shown: Option<Preview> = None;
    let mut paused = None;
    loop {
        match context.next(request).await? {
            Event::Finished { .. } => return paused.map_or(Ok(()), |failure| Err(Quit::Failed(failure))),
            // Nobody is here to mend it: the run ends, and can be gone on with.
            Event::Paused { run, failure } => {
                paused = Some(failure);
                context.client.send(Command::Steer { run, steering: Steering::Stop }).await?;
            }
            Event::Failed(failure) if failure.fatal => return Err(Quit::Failed(failure)),
            Event::Failed(failure) => context.out.error(&failure),
            Event::Log(Level::Info, text) => tracing::info!("{text}"),
            Event::Log(_, text) => context.out.note(&text),
            Event::Stopped { cause, .. } => {
                context.end.stopped.get_or_insert(cause);
            }
            Event::ApprovalNeeded(asked) => {
                for item in &asked.items {
                    tally(context, item);
                    describe(context, item);
                }
                shown = asked.items.first().cloned();
                decide(context, &asked).await?;
            }
            Event::Item(item) => report(context, &item, shown.as_ref()),
            Event::Run(info) if info.ended_at.is_none() => context.end.run = Some(info.run),
            Event::Run(info) => {
                context.out.line(&RunLine::new(&info));
                context.out.text(&format!("run {} recorded in {}", info.run, info.journal));
            }
            _ => {}
        }
    }
}

fn report(context: &mut Context, item: &ItemResult, shown: Option<&Preview>) {
    let recorded = context.end.run == Some(item.run);
    context.out.line(&ItemLine::result(item, shown, recorded));
    context.end.rows += 1;
    if shown.is_none() {
        context.end.add_action(item.action, 1);
    }
    let Some(outcome) = item.outcome else { return };
    let not_approved = outcome == Outcome::Skipped && context.end.stopped == Some(StopCause::NotApproved);
    context.count(outcome);
    if not_approved {
        context.end.exit = exit::NOT_APPROVED;
    }
    let message = item.message.as_deref().map(|m| format!(": {m}")).unwrap_or_default();
    context.out.text(&format!("{}: {outcome}{message}", item.entity.key));
}

/// For a rollback `--arm` is the approval; a protected profile also wants the tenant's name.
async fn decide(context: &mut Context, asked: &ApprovalRequest) -> Result<(), Quit> {
    let confirm = context.global.confirm.clone();
    let decision = match &asked.confirm {
        Some(wanted) if confirm.as_ref() != Some(wanted) => {
            let typed = confirm.map_or_else(|| "none was given".to_owned(), |c| format!("{c:?} was given"));
            context.out.note(&format!("this profile is protected: --confirm {wanted} is wanted, {typed}"));
            context.end.stopped = Some(StopCause::NotApproved);
            Decision::Stop
        }
        _ => Decision::Approve { confirm },
    };
    let (run, batch, digest) = (asked.run, asked.batch, asked.digest.clone());
    context.client.send(Command::Decide { run, batch, digest, decision }).await.map(drop).map_err(|e: Failure| e.into())
}
