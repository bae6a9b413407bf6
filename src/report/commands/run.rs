use std::path::{Path, PathBuf};
use std::time::Instant;

use super::super::lines::{BatchLine, FindingLine, ItemLine, RunLine, SignatureLine};
use super::approve::Approver;
use super::plans::{load, planned, show};
use super::{Context, Quit, exit};
use crate::cli::{Approve, Run, Undo};
use crate::domain::clock::local_minutes;
use crate::domain::csv::Place;
use crate::domain::finding::FindingKind;
use crate::domain::plan::{Plan, PlanPart, Undo as UndoPlan, UndoFrom, Work};
use crate::domain::run::{Operation, Outcome, RunId, RunState};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{
    BatchState, Command, Event, Finding, ItemResult, Level, Phase, RunInfo, Severity, Signature, StopCause,
};
use crate::notify::News;

pub(super) async fn run(context: &mut Context, options: Run) -> Result<(), Quit> {
    signed(context, options.signed).await?;
    if let Some(at) = options.journal_bucket {
        context.each(Command::KeepJournals { at }, |_, _| Ok(())).await?;
    }
    let mut expect = None;
    let command = match (options.resume, &options.plan) {
        (Some(run), _) => Command::ResumeRun { run, rows: options.rows, retry: options.retry },
        (None, Some(file)) => {
            let mut plan = load(file)?;
            if let Some(part) = options.part {
                in_part(&mut plan, part)?;
            }
            if let Work::Export { to, tenant, .. } = &plan.work {
                let is_s3 = matches!(to, Some(Place::S3 { .. }));
                if is_s3 && !context.global.arm {
                    return not_armed(context);
                }
                if is_s3 && context.is_unconfirmed(tenant) {
                    return Ok(());
                }
                let command = Command::RunPlan { plan: Box::new(plan), expect: None, rows: false };
                return super::files::write(context, command).await;
            }
            if !context.global.arm {
                return unarmed(context, plan, options.rows).await;
            }
            expect.clone_from(&options.expect);
            Command::RunPlan { plan: Box::new(plan), expect: options.expect, rows: options.rows }
        }
        // Ruled out by the command line itself.
        (None, None) => return Ok(()),
    };
    if !context.global.arm {
        return not_armed(context);
    }
    converse(context, command, options.approve, expect).await
}

/// Narrows a plan to one of its parts.
fn in_part(plan: &mut Plan, part: PlanPart) -> Result<(), Quit> {
    let operation = plan.work.operation();
    let source = plan.work.source_mut().filter(|_| operation != Operation::Export);
    let Some(source) = source else {
        let failure = Failure::new(ErrorCode::Usage, format!("--part: a plan of operation {operation} has no parts"));
        return Err(failure.hint("run it without --part").into());
    };
    source.part = Some(part);
    Ok(())
}

pub(super) async fn undo(context: &mut Context, options: Undo) -> Result<(), Quit> {
    signed(context, options.signed).await?;
    let from = match (options.journal, options.pk, options.module) {
        (Some(file), ..) => UndoFrom::File(file.to_string_lossy().into_owned()),
        (None, Some(pk), module) => UndoFrom::Partition { pk, module },
        (None, None, Some(module)) => UndoFrom::Module(module),
        (None, None, None) => UndoFrom::Journal,
    };
    let undo = UndoPlan { run: options.run, conflicts: options.conflicts, from, items: options.item };
    let plan = Plan::undo(undo);
    if !context.global.arm {
        return unarmed(context, plan, false).await;
    }
    converse(context, Command::RunPlan { plan: Box::new(plan), expect: None, rows: false }, options.approve, None).await
}

/// Hands files with signatures over to the engine, which checks them once it knows what they must be for.
pub(super) async fn signed(context: &mut Context, files: Vec<PathBuf>) -> Result<(), Quit> {
    if files.is_empty() {
        return Ok(());
    }
    context.each(Command::TakeSignatures { files }, |_, _| Ok(())).await
}

/// Prints a signature, and whether it counts.
pub(super) fn signature(context: &mut Context, signature: &Signature) {
    context.out.line(&SignatureLine::new(signature));
    let file = if signature.file.is_empty() { "the journal" } else { &signature.file };
    let whose = signature.principal.as_deref().or(signature.key.as_deref());
    let text = match (&signature.reason, whose) {
        (None, whose) => format!("{file}: signed by {}", whose.unwrap_or_default()),
        (Some(reason), Some(whose)) => format!("{file}: does not count ({whose}): {reason}"),
        (Some(reason), None) => format!("{file}: does not count: {reason}"),
    };
    if signature.valid { context.out.text(&text) } else { context.out.note(&text) }
}

pub(super) async fn unarmed(context: &mut Context, plan: Plan, rows: bool) -> Result<(), Quit> {
    show(context, plan, rows).await?;
    not_armed(context)
}

pub(super) fn not_armed(context: &mut Context) -> Result<(), Quit> {
    context.out.note("not armed: nothing was written; add --arm to write this");
    context.end.exit = exit::NOT_APPROVED;
    context.end.stopped = Some(StopCause::NotApproved);
    Ok(())
}

/// Follows a run from its preview to its end, answering for whoever approves.
pub(super) async fn converse(
    context: &mut Context,
    command: Command,
    approve: Approve,
    expect: Option<String>,
) -> Result<(), Quit> {
    context.each(Command::Arm { armed: true }, |_, _| Ok(())).await?;
    let began = Instant::now();
    let mut resumes = matches!(command, Command::ResumeRun { .. });
    let request = context.client.send(command).await?;
    let mut approver = Approver::new(approve);
    let mut last: Option<RunInfo> = None;
    let mut paused: Option<Box<Failure>> = None;
    loop {
        match context.next(request).await? {
            Event::Finished { .. } => break,
            // The plan that was approved elsewhere is not the one that would be written.
            Event::Failed(failure)
                if expect.is_some() && context.end.digest.is_some() && expect != context.end.digest =>
            {
                context.out.note(&failure.message);
                context.end.stopped = Some(StopCause::NotApproved);
            }
            Event::Failed(failure) if failure.fatal => {
                ended(context, last.as_ref());
                return Err(Quit::Failed(failure));
            }
            Event::Failed(failure) => {
                context.end.exit = exit::first(context.end.exit, exit::ERROR);
                context.out.error(&failure);
            }
            Event::Paused { run, failure } => paused = context.paused(request, run, failure).await?,
            Event::Log(Level::Info, text) => tracing::info!("{text}"),
            Event::Log(_, text) => context.out.note(&text),
            Event::Planned(summary) => planned(context, &summary),
            Event::ApprovalNeeded(batch) => {
                if approver.asks() {
                    context.tell_of_run(News::BatchWaits, Some(batch.run), Some(batch.batch), "waiting");
                }
                approver.decide(context, &batch).await?;
            }
            Event::Batch(batch) => {
                context.out.line(&BatchLine::new(&batch));
                if batch.state == BatchState::Done {
                    let counts: Vec<String> = batch.outcomes.iter().map(|(word, n)| format!("{word} {n}")).collect();
                    context.out.text(&format!("batch {}: {}", batch.batch, counts.join(", ")));
                }
            }
            Event::Item(item) => {
                if let Some(outcome) = item.outcome {
                    approver.saw(outcome);
                }
                report(context, &item);
            }
            Event::Run(info) => {
                context.end.run = Some(info.run);
                context.end.digest = Some(info.digest.clone());
                if std::mem::take(&mut resumes) {
                    stands(context, &info);
                }
                last = Some(*info);
            }
            Event::Progress { phase, done, total } => context.progress(phase_word(phase), done, total, began),
            Event::Stopped { cause, .. } => {
                // Whoever answered knows better why.
                context.end.stopped.get_or_insert(cause);
            }
            Event::Finding(finding) => found(context, &finding),
            Event::Signature(checked) => signature(context, &checked),
            _ => {}
        }
    }
    ended(context, last.as_ref());
    if let Some(failure) = paused {
        return Err(Quit::Failed(failure));
    }
    match context.end.stopped {
        Some(StopCause::Interrupted) => context.end.exit = exit::INTERRUPTED,
        Some(_) => context.end.exit = exit::first(context.end.exit, exit::NOT_APPROVED),
        // Also what ended before this call: a run with such items is not finished.
        None if last.as_ref().is_some_and(|info| info.unclean() > 0) => {
            context.end.exit = exit::first(context.end.exit, exit::ITEMS);
        }
        None => {}
    }
    Ok(())
}

/// Tells whoever is asked how a run that is resumed stands, and who approved what of it before.
fn stands(context: &mut Context, info: &RunInfo) {
    let total = info.left + info.outcomes.iter().map(|(_, n)| n).sum::<u64>();
    context.out.note(&format!("{} of {total} items are left", info.left));
    for approval in &info.approvals {
        context.out.note(&format!("  {}", approval.words(&local_minutes(&approval.at, &context.zone))));
    }
}

/// Reads back what a run wrote, or compares both sides of a plan.
pub(super) async fn verify(context: &mut Context, what: &Path, resume: bool) -> Result<(), Quit> {
    let run = what.to_str().and_then(|text| text.parse::<RunId>().ok());
    context.end.run = run;
    let command = match run {
        Some(_) if resume => {
            let failure = Failure::new(ErrorCode::Usage, "--resume is for the comparison of a plan");
            return Err(failure.hint("a run is read back from its beginning: leave --resume out").into());
        }
        Some(run) => Command::VerifyRun { run },
        None => Command::VerifyPlan { plan: Box::new(load(what)?), resume },
    };
    let looked = looked(context, command, |_| {}).await?;
    if context.end.exit == 0 {
        context.out.text(&match run {
            Some(run) => format!("no difference: {looked} entities read back; each is, or was, as run {run} wrote it"),
            None => format!("{looked} entities compared: both sides agree"),
        });
    }
    Ok(())
}

/// Follows a command that looks at tables: prints what it finds, and gives how many rows it looked at.
pub(super) async fn looked(
    context: &mut Context,
    command: Command,
    mut also: impl FnMut(&Finding),
) -> Result<u64, Quit> {
    let (began, mut looked) = (Instant::now(), 0);
    context
        .each(command, |context, event| {
            match event {
                Event::Finding(finding) => {
                    also(&finding);
                    found(context, &finding);
                }
                Event::Progress { phase, done, total } => {
                    looked = done;
                    context.progress(phase_word(phase), done, total, began);
                }
                _ => {}
            }
            Ok(())
        })
        .await?;
    context.end.rows = looked;
    Ok(looked)
}

pub(super) fn found(context: &mut Context, finding: &Finding) {
    context.out.line(&FindingLine::new(finding));
    let path = finding.path.as_deref().map(|p| format!(" {p}")).unwrap_or_default();
    let what = match (finding.entity.key.pk.as_str(), finding.entity.module.as_str()) {
        ("", "") if finding.kind == FindingKind::Failed => "the run".to_owned(),
        ("", "") => "all modules".to_owned(),
        ("", module) => format!("module {module}"),
        _ => finding.entity.key.to_string(),
    };
    context.out.text(&format!("{}: {what}{path}: {}", finding.kind, finding.message));
    if finding.severity == Severity::Error {
        context.end.exit = exit::first(context.end.exit, exit::ITEMS);
    }
}

pub(super) fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Scan => "scan",
        Phase::Preview => "preview",
        Phase::Run => "run",
        Phase::Verify => "verify",
        Phase::Export => "export",
    }
}

fn ended(context: &mut Context, info: Option<&RunInfo>) {
    context.out.clear_progress();
    let Some(info) = info else { return };
    context.tell_of_run(News::RunEnded, Some(info.run), None, info.state.as_str());
    context.out.line(&RunLine::new(info));
    let counts: Vec<String> = info.outcomes.iter().map(|(word, count)| format!("{word} {count}")).collect();
    let counts = if counts.is_empty() { "no item has an outcome".to_owned() } else { counts.join(", ") };
    context.out.text(&format!("run {} is {}: {counts}", info.run, info.state));
    context.out.text(&format!("journal {}", info.journal));
    if matches!(info.state, RunState::Waiting | RunState::Stopped) {
        let run = info.run.to_string();
        let resume = match info.part {
            // Its place among the others, and where its journal is kept, stand in that command line.
            Some(part) => format!("start part {part} again with the same command line"),
            None => {
                let wanted = context.unconfirmed.iter().flat_map(|name| ["--confirm", name.as_str()]);
                let words: Vec<&str> = ["run", "--resume", &run, "--arm"].into_iter().chain(wanted).collect();
                context.command(&words)
            }
        };
        let undo = context.command(&["undo", &run, "--arm"]);
        context.out.text(&format!("to resume it:    {resume}"));
        if info.wrote_nothing() {
            context.out.text("nothing was written");
        } else {
            context.out.text(&format!("to take it back: {undo}"));
        }
    }
}

fn report(context: &mut Context, item: &ItemResult) {
    context.out.line(&ItemLine::result(item));
    context.end.rows += 1;
    let Some(outcome) = item.outcome else { return };
    context.count(outcome);
    if matches!(outcome, Outcome::Conflict | Outcome::Invalid | Outcome::Failed) {
        let message = item.message.as_deref().map(|m| format!(": {m}")).unwrap_or_default();
        context.out.text(&format!("{outcome} {}{message}", item.entity.key));
    }
}
