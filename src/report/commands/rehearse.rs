use std::time::Instant;

use super::super::lines::{ItemLine, RehearsalLine};
use super::plans::{load, planned};
use super::run::{found, phase_word};
use super::{Context, Quit, exit};
use crate::cli::Rehearse;
use crate::domain::run::Outcome;
use crate::engine::protocol::{Command, Event, ItemResult, RehearsalEvent, RehearsalStep, StepResult};

/// Items that are not done and are listed for people.
const LISTED: u64 = 40;

pub(super) async fn rehearse(context: &mut Context, options: Rehearse) -> Result<(), Quit> {
    let plan = Box::new(load(&options.plan)?);
    let place = options.data.as_ref().map_or_else(|| "in memory".to_owned(), |dir| format!("in {}", dir.display()));
    let (began, mut listed) = (Instant::now(), 0);
    context
        .each(Command::Rehearse { plan, data: options.data }, |context, event| {
            match event {
                Event::Planned(summary) => planned(context, &summary),
                Event::Finding(finding) => found(context, &finding),
                Event::Progress { phase, done, total } => context.progress(phase_word(phase), done, total, began),
                Event::Rehearsal(event) => heard(context, *event, &place, &mut listed),
                _ => {}
            }
            Ok(())
        })
        .await?;
    context.end.blast.read_units = context.client.counters().read_units;
    Ok(())
}

fn heard(context: &mut Context, event: RehearsalEvent, place: &str, listed: &mut u64) {
    match event {
        RehearsalEvent::Scale { items, entities, bytes, read_units } => context.out.note(&format!(
            "to be copied: {items} items of about {entities} entities, about {} KB and {read_units} read units; {place}",
            bytes.div_ceil(1_024)
        )),
        RehearsalEvent::Item { step, item } => {
            context.out.line(&ItemLine::result(&item));
            context.end.rows += 1;
            if step == RehearsalStep::Run
                && let Some(outcome) = item.outcome
            {
                context.count(outcome);
            }
            told(context, step, &item, listed);
        }
        RehearsalEvent::Step(step) => {
            context.out.line(&RehearsalLine::new(&step));
            context.out.clear_progress();
            context.out.text(&format!("{}: {}", step.step.as_str(), words(&step)));
        }
        RehearsalEvent::Done(rehearsal) => {
            if !rehearsal.is_clean() {
                context.end.exit = exit::first(context.end.exit, exit::ITEMS);
            }
            context.end.digest = Some(rehearsal.digest.clone());
            context.out.text(&format!("rehearsed in {:.1} s: {}", rehearsal.seconds, rehearsal.outcome()));
        }
    }
}

fn words(step: &StepResult) -> String {
    let counts: Vec<String> = step.outcomes.iter().map(|(word, count)| format!("{word} {count}")).collect();
    let counts = if counts.is_empty() { String::new() } else { format!("{}; ", counts.join(", ")) };
    format!("{counts}{}", step.message)
}

/// Lists an item that would not be done, and why.
fn told(context: &mut Context, step: RehearsalStep, item: &ItemResult, listed: &mut u64) {
    let Some(outcome) = item.outcome.filter(|outcome| !matches!(outcome, Outcome::Done | Outcome::Equal)) else {
        return;
    };
    *listed += 1;
    if *listed > LISTED {
        if *listed == LISTED + 1 {
            context.out.text("  … and more of these; --json lists all");
        }
        return;
    }
    let why = item.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
    let message = item.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
    let step = if step == RehearsalStep::Undo { "undo: " } else { "" };
    context.out.text(&format!("  {step}{outcome}{why} {}{message}", item.entity.key));
}
