//! An operator's instructions to a run that is under way, as its journal records them.

use jiff::Timestamp;

use crate::domain::clock::utc_millis;
use crate::engine::journal::Journal;
use crate::engine::task::control::Control;
use crate::engine::task::{Context, Stop, Task};

/// Carries work of a run out and records meanwhile what changes how it goes about it.
pub(super) async fn recorded<T>(
    task: &Task,
    journal: &Journal,
    context: &Context,
    work: impl Future<Output = Result<T, Stop>>,
) -> Result<T, Stop> {
    let settings = &context.settings;
    let mut control = task.shared.controls.take(context.run, settings.rate, settings.concurrency);
    let mut last = *control.borrow_and_update();
    let mut work = std::pin::pin!(work);
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut work => break ended,
            Ok(()) = control.changed() => {
                let now = *control.borrow_and_update();
                record(task, journal, &mut last, now).await?;
            }
        }
    };
    let now = *control.borrow();
    record(task, journal, &mut last, now).await?;
    ended
}

async fn record(task: &Task, journal: &Journal, last: &mut Control, now: Control) -> Result<(), Stop> {
    let words = words(*last, now);
    *last = now;
    if words.is_empty() {
        return Ok(());
    }
    Ok(journal.record_steering(&utc_millis(Timestamp::now()), &task.profile().operator, &words.join(", ")).await?)
}

fn words(last: Control, now: Control) -> Vec<String> {
    let changes = [
        (last.paused != now.paused, if now.paused { "pause" } else { "continue" }.to_owned()),
        (last.rate != now.rate, format!("rate {}", now.rate)),
        (last.concurrency != now.concurrency, format!("concurrency {}", now.concurrency)),
        (now.stopped && !last.stopped, "stop".to_owned()),
    ];
    changes.into_iter().filter(|(is_changed, _)| *is_changed).map(|(_, word)| word).collect()
}
