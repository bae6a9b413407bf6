//! The run above the log: gauge, rate, what became of its items, why some failed.

use std::borrow::Cow;

use super::causes::hint;
use super::progress::{Progress, Stage};
use crate::domain::run::Outcome;
use crate::engine::protocol::StopCause;
use crate::language::translated;
use crate::tui::actions::Action;
use crate::tui::app::App;
use crate::tui::format;
use crate::tui::keymap::Context;
use crate::tui::pane::Pane;
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
    let mut last = Vec::new();
    if let Some(id) = ended.filter(|_| run.is_resumable()) {
        let keys = tr!(":runs, %{key} resumes it", key = app.key_of(Context::Runs, Action::Resume));
        let line = tr!("resume: %{way}", way = app.way_to_resume(id));
        // A command that is cut is none, and runs in memory have none.
        let line = Some(line).filter(|line| !app.forgets && text::width(line) <= room);
        let pieces = line.as_ref().into_iter().chain([&keys]).map(|words| Rich::of(Role::Text, words));
        let mut lines = flow(pieces.collect(), room);
        // Where the keys need a line of their own, the way to undo comes before it.
        last = lines.drain(lines.len().min(1)..).collect();
        out.extend(lines);
    }
    for cause in &run.causes {
        let why = cause.reason.map_or_else(|| cause.message.clone(), |r| r.to_string());
        let line = Rich::of(outcome_role(cause.outcome), &format!("{} {}", format::count(cause.count), cause.outcome))
            .with(Role::Text, &format!(": {why} → {}", translated(hint(cause))))
            .with(Role::Dim, &format!(" ({})", tr!("such as %{key}", key = cause.example)));
        out.push(line);
    }
    if run.other_causes > 0 {
        out.push(Rich::of(Role::Dim, &tr!("%{n} more of other kinds", n = format::count(run.other_causes))));
    }
    if let Some(id) = ended.filter(|_| run.has_written()) {
        let key = key_from_here(app, Action::UndoRun);
        let words = tr!("%{key} undoes it (previewed first), or: %{way}", key = key, way = app.way_to_undo(id));
        let record = app.key_of(Context::Runs, Action::Record);
        let keys = tr!(
            "%{key} undoes it (previewed first); %{record} in :runs copies the record with its command",
            key = key,
            record = record
        );
        let words = whole(words.into_owned(), keys.into_owned(), room);
        out.extend(problem::notice(&words, Role::Dim, room));
    }
    out.extend(last);
    out.truncate(most.max(1));
    out
}

/// The keys for an action of the log, from where the operator is: elsewhere the log is gone to first.
fn key_from_here(app: &App, action: Action) -> String {
    let key = app.key_of(Context::Log, action);
    if app.focus == Pane::Log {
        return key;
    }
    format!("{} {key}", app.key_of(Context::Everywhere, Action::FocusLog))
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
    let key = |action| key_from_here(app, action);
    let what = run.what();
    let id = run.run.map(|r| tr!("run %{run}", run = r)).unwrap_or_default();
    let about = format!("{what}{id}");
    let about = about.trim_end().trim_end_matches([',', '、']);
    let (role, words) = match run.stage {
        Stage::Previewing => {
            let found = format::plural(run.found, text!("%{n} item"), text!("%{n} items"));
            let stop = key(Action::Cancel);
            (Role::Text, tr!("finding out what it would do: %{found} (%{stop} stops)", found = found, stop = stop))
        }
        _ if run.paused_by.is_some() => {
            let why = run.paused_by.as_ref().map(|f| f.message.clone()).unwrap_or_default();
            let (on, stop) = (key(Action::PauseRun), key(Action::StopRun));
            (Role::Error, tr!("PAUSED: %{why} (%{on} goes on, %{stop} ends it)", why = why, on = on, stop = stop))
        }
        _ if run.paused => (Role::Warning, tr!("PAUSED by you (%{key} goes on)", key = key(Action::PauseRun))),
        Stage::Waiting => {
            let batch = run.waiting.as_ref().map(|w| w.batch).unwrap_or_default();
            let key = app.key_of(Context::Everywhere, Action::Batch);
            let words = tr!("WAITS for your decision about batch %{batch} (%{key} shows it)", batch = batch, key = key);
            (Role::Warning, words)
        }
        // The word alone is a heading elsewhere.
        Stage::Writing => return problem::notice(&tr!("writing · %{about}", about = about), Role::Ok, room),
        Stage::Stopping => (Role::Warning, tr!("ending between two items…")),
        Stage::Ended => ended(run),
    };
    problem::notice(&format!("{words} · {about}"), role, room)
}

fn ended(run: &Progress) -> (Role, Cow<'static, str>) {
    if let Some(failure) = &run.problem {
        return (Role::Error, tr!("ended: %{why}", why = failure.message));
    }
    match run.cause {
        Some(StopCause::Canary) => (Role::Warning, tr!("ended after a canary that was not clean")),
        Some(StopCause::Failures) => (Role::Error, tr!("ended: too many items failed")),
        Some(StopCause::Interrupted) => (Role::Warning, tr!("was interrupted")),
        Some(StopCause::NotApproved) => (Role::Warning, tr!("ended: not approved")),
        Some(StopCause::Operator) => (Role::Warning, tr!("ended by you")),
        Some(StopCause::Service) => (Role::Error, tr!("ended: nothing got through to the service")),
        Some(StopCause::Signature) => (Role::Warning, tr!("ended: a signature is missing or does not fit")),
        None => (Role::Ok, tr!("done")),
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
        Some(_) => Rich::of(Role::Text, &tr!("nothing to write")),
        None => {
            let so_far = format::plural(done, text!("%{n} item so far"), text!("%{n} items so far"));
            Rich::of(Role::Text, &so_far)
        }
    }];
    out.extend(run.done_before().map(|words| Rich::of(Role::Text, &words)));
    if let Some(rate) = run.per_second(app.now) {
        out.push(Rich::of(Role::Text, &tr!("%{rate} a second", rate = format!("{rate:.1}"))));
        if let Some(left) = run.left().filter(|n| *n > 0) {
            let left = duration(left as f64 / rate);
            out.push(Rich::of(Role::Text, &tr!("%{time} left if all is approved", time = left)));
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
            Outcome::Skipped => tr!("skipped by the plan"),
            outcome => tr!("%{outcome} in the plan", outcome = outcome),
        };
        out.push(Rich::of(Role::Dim, &format!("{words} {}", format::count(*count))));
    }
    let cost = app.counters.run.filter(|cost| cost.request == run.request);
    let units = cost.map_or(0.0, |cost| cost.write_units);
    out.push(Rich::of(Role::Text, &tr!("wrote %{n} units", n = format::units(units))));
    if run.stage != Stage::Ended {
        let now = app.counters.concurrency;
        match (now, run.concurrency) {
            (0, Some(most)) => out.push(Rich::of(Role::Text, &tr!("at most %{n} at once", n = most))),
            (0, None) => {}
            (now, Some(most)) if most != now => {
                out.push(Rich::of(Role::Warning, &tr!("%{n} of %{most} at once", n = now, most = most)));
            }
            (now, _) => out.push(Rich::of(Role::Text, &tr!("%{n} at once", n = now))),
        }
        if run.rate > 0 {
            let rate = format::count(u64::from(run.rate));
            out.push(Rich::of(Role::Text, &tr!("at most %{n} a second", n = rate)));
        }
    }
    if let Some(throttled) = cost.map(|cost| cost.throttled).filter(|n| *n > 0) {
        out.push(Rich::of(Role::Warning, &tr!("throttled %{n}", n = format::count(throttled))));
    }
    out
}
