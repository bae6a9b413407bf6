//! Facts of a run, a name and a value each: all of them, and those for which the list has no columns.

use std::borrow::Cow;

use super::approved;
use super::columns::Columns;
use crate::domain::clock::{local_minutes, local_seconds};
use crate::domain::run::{Operation, Outcome, RunId, RunState};
use crate::engine::protocol::RunInfo;
use crate::language::listed;
use crate::tui::app::App;
use crate::tui::parts::Rich;
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells of the names at least, with the gap behind them.
const NAMES: usize = 10;

/// The name of a fact, and its value.
pub(super) type Fact = (Cow<'static, str>, String);

/// Facts for which the columns have no room: reason, approvals and digest.
pub(super) fn detail(app: &App, run: &RunInfo, columns: &Columns, room: usize) -> Vec<Rich> {
    let why = if run.reason.is_empty() { tr!("no reason was given").into_owned() } else { run.reason.clone() };
    let mut facts = vec![(tr!("name"), run.name.clone())];
    if columns.cuts(&subject_of(run)) && !ends(run).is_empty() {
        facts.push((tr!("from, to"), ends(run)));
    }
    facts.push((tr!("why"), why));
    if !columns.has_who {
        facts.push((tr!("operator"), run.operator.clone()));
    }
    facts.extend(approved::facts(app, run));
    if run.approvals.is_empty() {
        facts.push((tr!("approved"), tr!("nothing").into_owned()));
    }
    facts.push((tr!("digest"), run.digest.clone()));
    std::iter::once(Rich::of(Role::Dim, &"─".repeat(room))).chain(lines(&facts)).collect()
}

/// Cells that the values begin behind.
fn column(facts: &[Fact]) -> usize {
    let widest = facts.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0);
    NAMES.max(widest + 1)
}

/// A line for each fact, the values below one another.
fn lines(facts: &[Fact]) -> Vec<Rich> {
    let column = column(facts);
    let line = |(name, value): &Fact| {
        let mut line = Rich::of(Role::Dim, name);
        line.pad_to(column);
        line.with(Role::Text, value)
    };
    facts.iter().map(line).collect()
}

/// The ends that it has.
fn ends(run: &RunInfo) -> String {
    let ends = [run.source.as_str(), run.target.as_str()];
    ends.into_iter().filter(|end| !end.is_empty()).collect::<Vec<_>>().join(" → ")
}

/// Its two ends where it has them, and its label or name.
pub(super) fn subject_of(run: &RunInfo) -> String {
    let called = if run.label.is_empty() { &run.name } else { &run.label };
    match (run.source.as_str(), run.target.as_str()) {
        // Its name tells more than the id of the run that it takes back.
        _ if run.operation == Operation::Undo => called.clone(),
        ("", "") => called.clone(),
        (source, "") => format!("{source}: {called}"),
        (source, target) => format!("{source} → {target}: {called}"),
    }
}

/// Its state; of the run that is under way here, as it stands now. The words of the contract are the same in every language; that it is
/// paused is none of them.
pub(super) fn state(app: &App, run: &RunInfo) -> Cow<'static, str> {
    let here = app.run.as_ref().filter(|here| here.run == Some(run.run));
    match here.and_then(|here| here.state_now()) {
        Some("paused") => tr!("paused"),
        Some(now) => now.into(),
        None => run.state.as_str().into(),
    }
}

fn outcomes(run: &RunInfo) -> String {
    // Where there is no room for all, what is left is what matters.
    let left = match (run.is_unfinished(), run.is_open() && run.left > 0) {
        (true, _) => Some(tr!("%{n} left", n = run.left).into_owned()),
        (false, true) => Some(tr!("nothing written").into_owned()),
        (false, false) => None,
    };
    listed(left.into_iter().chain(run.outcomes.iter().map(|(o, n)| format!("{n} {o}"))))
}

/// Until when it can be undone; nothing for one that leaves nothing to undo.
fn undo_until(app: &App, run: &RunInfo) -> String {
    if run.count(Outcome::Done) == 0 || run.state == RunState::Undone {
        return String::new();
    }
    match run.undo_until.as_deref() {
        Some(at) => tr!("possible until %{at}", at = local_minutes(at, &app.zone)),
        None => tr!("possible at any time"),
    }
    .into_owned()
}

/// All that is known of a run.
pub(super) fn facts(app: &App, run: &RunInfo, room: usize) -> Vec<Rich> {
    let at = |time: &str| local_seconds(time, &app.zone);
    let run_id = |id: Option<RunId>| id.map(|id| id.to_string()).unwrap_or_default();
    let application = format!("{}-{}", run.environment, run.app);
    let place = tr!("profile %{profile}, %{application}", profile = run.profile, application = application);
    let mut facts = vec![
        (tr!("name"), run.name.clone()),
        (tr!("label"), run.label.clone()),
        (tr!("from, to"), ends(run)),
        (tr!("operator"), run.operator.clone()),
        (tr!("what"), listed([run.operation.as_str(), &state(app, run)])),
        (tr!("why"), run.reason.clone()),
        (tr!("where"), place.into_owned()),
        (tr!("began"), at(&run.started_at)),
        (tr!("ended"), run.ended_at.as_deref().map(at).unwrap_or_default()),
        (tr!("outcomes"), outcomes(run)),
        (tr!("signed"), listed(run.signatures.iter().filter_map(|s| s.principal.as_deref()))),
        (tr!("undo"), undo_until(app, run)),
        (tr!("undo of"), run_id(run.undo_of)),
        (tr!("undone by"), run_id(run.undone_by)),
    ];
    facts.extend(approved::facts(app, run));
    facts.extend([(tr!("digest"), run.digest.clone()), (tr!("journal"), run.journal.clone())]);
    facts.retain(|(_, value)| !value.is_empty());
    // A digest or a reason that is cut cannot be read at all.
    let column = column(&facts);
    lines(&facts).iter().flat_map(|line| line.hanging(column, room)).collect()
}
