//! The run above the log: gauge, rate, what became of its items, why some failed.

use super::progress::{Progress, Stage, hint};
use crate::domain::run::Outcome;
use crate::engine::protocol::StopCause;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::Context;
use crate::tui::parts::Rich;
use crate::tui::parts::problem;
use crate::tui::screens::plan::preview_view::{duration, outcome_role};
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of the gauge.
const GAUGE: usize = 20;

/// The run in lines, at most so many; the most important ones first.
pub(crate) fn lines(app: &App, run: &Progress, room: usize, most: usize) -> Vec<Rich> {
    let mut out = state(app, run, room);
    if run.stage != Stage::Previewing {
        out.extend(flow(gauge(app, run), room));
        out.extend(flow(counts(app, run), room));
    }
    let ended = run.run.filter(|_| run.stage == Stage::Ended);
    if let Some(id) = ended.filter(|_| run.is_resumable()) {
        let keys = format!("{} in :runs", app.key_of(Context::Runs, Action::Resume));
        let words = whole(format!("resume: {}", app.way_to_resume(id)), format!("resume: {keys}"), room);
        out.extend(problem::notice(&words, Role::Text, room));
    }
    for cause in &run.causes {
        let why = cause.reason.map_or_else(|| cause.message.clone(), |r| r.to_string());
        let line = Rich::of(outcome_role(cause.outcome), &format!("{} {}", format::count(cause.count), cause.outcome))
            .with(Role::Text, &format!(": {why} → {}", hint(cause)))
            .with(Role::Dim, &format!(" (such as {})", cause.example));
        out.push(line);
    }
    if run.other_causes > 0 {
        out.push(Rich::of(Role::Dim, &format!("{} more of other kinds", format::count(run.other_causes))));
    }
    if let Some(id) = ended.filter(|_| run.wrote()) {
        let key = app.key_of(Context::Log, Action::UndoRun);
        let words = format!("{key} undoes it (previewed first), or: {}", app.way_to_undo(id));
        let record = app.key_of(Context::Runs, Action::Record);
        let keys = format!("{key} undoes it (previewed first); {record} in :runs copies the record with its command");
        let words = whole(words, keys, room);
        out.extend(problem::notice(&words, Role::Dim, room));
    }
    out.truncate(most.max(1));
    out
}

/// The words where they fit into a line, otherwise others: a command that is cut is none.
fn whole(words: String, otherwise: String, room: usize) -> String {
    if text::width(&words) <= room { words } else { otherwise }
}

/// Pieces side by side, in as many lines as they need.
fn flow(pieces: Vec<Rich>, room: usize) -> Vec<Rich> {
    let mut lines: Vec<Rich> = Vec::new();
    for piece in pieces {
        match lines.last_mut().filter(|line| line.width() + 3 + piece.width() <= room) {
            Some(line) => {
                line.push(Role::Dim, " · ");
                line.append(&piece);
            }
            None => lines.push(piece),
        }
    }
    lines
}

fn state(app: &App, run: &Progress, room: usize) -> Vec<Rich> {
    let key = |action| app.key_of(Context::Log, action);
    let what = run.what();
    let id = run.run.map(|r| format!("run {r} ")).unwrap_or_default();
    let (role, words) = match run.stage {
        Stage::Previewing => {
            let found = format::plural(run.found, "item", "items");
            (Role::Text, format!("finding out what it would do: {found} ({} stops)", key(Action::Cancel)))
        }
        _ if run.paused_by.is_some() => {
            let why = run.paused_by.as_ref().map(|f| f.message.clone()).unwrap_or_default();
            let (on, stop) = (key(Action::PauseRun), key(Action::StopRun));
            (Role::Error, format!("PAUSED: {why} ({on} goes on, {stop} ends it)"))
        }
        _ if run.paused => (Role::Warning, format!("PAUSED by you ({} goes on)", key(Action::PauseRun))),
        Stage::Waiting => {
            let batch = run.waiting.as_ref().map(|w| w.batch).unwrap_or_default();
            (Role::Warning, format!("WAITS for your decision about batch {batch} ({} shows it)", key(Action::Batch)))
        }
        Stage::Writing => (Role::Ok, "writing".to_owned()),
        Stage::Stopping => (Role::Warning, "ending between two items…".to_owned()),
        Stage::Ended => ended(run),
    };
    let about = format!("{what}{id}");
    problem::notice(&format!("{words} · {}", about.trim_end().trim_end_matches(',')), role, room)
}

fn ended(run: &Progress) -> (Role, String) {
    if let Some(failure) = &run.problem {
        return (Role::Error, format!("ended: {}", failure.message));
    }
    match run.cause {
        Some(StopCause::Canary) => (Role::Warning, "ended after a canary that was not clean".to_owned()),
        Some(StopCause::Failures) => (Role::Error, "ended: too many items failed".to_owned()),
        Some(StopCause::Interrupted) => (Role::Warning, "was interrupted".to_owned()),
        Some(StopCause::NotApproved) => (Role::Warning, "ended: not approved".to_owned()),
        Some(StopCause::Operator) => (Role::Warning, "ended by you".to_owned()),
        Some(StopCause::Service) => (Role::Error, "ended: nothing got through to the service".to_owned()),
        Some(StopCause::Signature) => (Role::Warning, "ended: a signature is missing or does not fit".to_owned()),
        None => (Role::Ok, "done".to_owned()),
    }
}

fn gauge(app: &App, run: &Progress) -> Vec<Rich> {
    let done = run.attempted();
    let mut out = vec![match run.total {
        Some(total) if total > 0 => {
            let share = done as f64 / total as f64;
            let full = ((share * GAUGE as f64) as usize).min(GAUGE);
            let percent = (share * 100.0).floor();
            Rich::of(Role::Ok, &"█".repeat(full))
                .with(Role::Dim, &"░".repeat(GAUGE - full))
                .with(Role::Text, &format!(" {}/{} {percent}%", format::count(done), format::count(total)))
        }
        Some(_) => Rich::of(Role::Text, "nothing to write"),
        None => Rich::of(Role::Text, &format!("{} so far", format::plural(done, "item", "items"))),
    }];
    if let Some(rate) = run.per_second(app.now) {
        out.push(Rich::of(Role::Text, &format!("{rate:.1} a second")));
        if let Some(left) = run.left().filter(|n| *n > 0) {
            let left = duration(left as f64 / rate);
            out.push(Rich::of(Role::Text, &format!("{left} left if all is approved")));
        }
    }
    out
}

fn counts(app: &App, run: &Progress) -> Vec<Rich> {
    let mut out = Vec::new();
    for outcome in Outcome::ALL {
        let count = run.outcomes.get(outcome).copied().unwrap_or(0);
        if count > 0 {
            out.push(Rich::of(outcome_role(*outcome), &format!("{outcome} {}", format::count(count))));
        }
    }
    for (outcome, count) in &run.unwritten {
        let words = match outcome {
            Outcome::Skipped => "skipped by the plan".to_owned(),
            outcome => format!("{outcome} in the plan"),
        };
        out.push(Rich::of(Role::Dim, &format!("{words} {}", format::count(*count))));
    }
    let units = (app.counters.write_units - run.units_before).max(0.0);
    out.push(Rich::of(Role::Text, &format!("wrote {} units", format::units(units))));
    if run.stage != Stage::Ended {
        let now = app.counters.concurrency;
        match (now, run.concurrency) {
            (0, Some(most)) => out.push(Rich::of(Role::Text, &format!("at most {most} at once"))),
            (0, None) => {}
            (now, Some(most)) if most != now => {
                out.push(Rich::of(Role::Warning, &format!("{now} of {most} at once")));
            }
            (now, _) => out.push(Rich::of(Role::Text, &format!("{now} at once"))),
        }
        if run.rate > 0 {
            out.push(Rich::of(Role::Text, &format!("at most {} a second", format::count(u64::from(run.rate)))));
        }
    }
    let throttled = app.counters.throttled.saturating_sub(run.throttled_before);
    if throttled > 0 {
        out.push(Rich::of(Role::Warning, &format!("throttled {}", format::count(throttled))));
    }
    out
}
