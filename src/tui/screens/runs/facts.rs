//! Facts of a run, a name and a value each: all of them, and those for which the list has no columns.

use std::borrow::Cow;

use super::approved;
use super::columns::Columns;
use crate::domain::clock::{local_minutes, local_seconds};
use crate::domain::plan::EVERY_MODULE;
use crate::domain::run::{Operation, Outcome, RunId, RunState};
use crate::engine::protocol::RunInfo;
use crate::language::{Language, listed};
use crate::tui::app::App;
use crate::tui::parts::Rich;
use crate::tui::theme::Role;
use crate::tui::{format, text};

/// Cells of the names at least, with the gap behind them.
const NAMES: usize = 10;

/// The name of a fact, and its value.
pub(super) type Fact = (Cow<'static, str>, String);

/// Facts for which the columns have no room: reason, approvals and digest.
pub(super) fn detail(app: &App, run: &RunInfo, columns: &Columns, room: usize) -> Vec<Rich> {
    let why = if run.reason.is_empty() { tr!("no reason was given").into_owned() } else { run.reason.clone() };
    let mut facts = vec![(tr!("name"), run.name.clone())];
    if columns.cuts(run) && !columns.ends(run).is_empty() {
        facts.push((tr!("from, to"), columns.ends(run)));
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
    std::iter::once(Rich::of(Role::Dim, &"─".repeat(room))).chain(hanging(&facts, room)).collect()
}

/// Cells that the values begin behind.
fn column(facts: &[Fact]) -> usize {
    let widest = facts.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0);
    NAMES.max(widest + 1)
}

/// The facts in as many lines as they need: a digest, a reason or a time that is cut cannot be read at all.
fn hanging(facts: &[Fact], room: usize) -> Vec<Rich> {
    let column = column(facts);
    lines(facts).iter().flat_map(|line| line.hanging(column, room)).collect()
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
pub(super) fn ends(run: &RunInfo) -> String {
    let ends = [source(run), Cow::Borrowed(run.target.as_str())];
    ends.into_iter().filter(|end| !end.is_empty()).collect::<Vec<_>>().join(" → ")
}

/// Its source as the record has it ([`Plan::ends`](crate::domain::plan::Plan::ends)), in the language of the console.
fn source(run: &RunInfo) -> Cow<'_, str> {
    let text = run.source.as_str();
    if Language::spoken() == Language::English {
        return text.into();
    }
    let (rest, part) = text.rsplit_once(", part ").map_or((text, None), |(rest, part)| (rest, Some(part)));
    let (what, dir) = rest.split_once(" in the snapshot ").map_or((rest, None), |(what, dir)| (what, Some(dir)));
    let count = what.strip_suffix(" entities").or_else(|| what.strip_suffix(" entity")).and_then(|n| n.parse().ok());
    let mut words: Cow<'_, str> = match (count, what.rsplit_once(" of ")) {
        (Some(n), _) => format::plural(n, text!("%{n} entity"), text!("%{n} entities")).into(),
        (None, Some((kind, tenant))) => tr!("source (tenant %{tenant}): %{kind}", kind = kind, tenant = tenant),
        (None, None) if what == EVERY_MODULE => tr!("every module"),
        (None, None) => what.into(),
    };
    if let Some(dir) = dir {
        words = tr!("source (snapshot %{dir}): %{entities}", entities = words, dir = dir).into_owned().into();
    }
    if let Some(part) = part {
        words = tr!("source (part %{part}): %{entities}", entities = words, part = part).into_owned().into();
    }
    words
}

/// Its two ends where it has them, and its label or name; of an undo those of the run that it takes back, where that is known.
pub(super) fn subject_of(run: &RunInfo, undone: Option<&RunInfo>) -> String {
    let called = if run.label.is_empty() { &run.name } else { &run.label };
    if let Some(undone) = undone {
        let taken_back = tr!("undo of %{run}", run = subject_of(undone, None)).into_owned();
        return if run.label.is_empty() { taken_back } else { format!("{taken_back}: {called}") };
    }
    let ends = ends(run);
    // The name of an undo tells more than the id of the run that it takes back.
    if run.operation == Operation::Undo || ends.is_empty() { called.clone() } else { format!("{ends}: {called}") }
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
    hanging(&facts, room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::speaking;
    use crate::tui::tests::stopped_run;

    #[test]
    fn the_source_of_a_record_is_said_in_the_language_of_the_console() {
        for (english, japanese) in [
            ("PRODUCT of acme", "acme の PRODUCT"),
            ("acme", "acme"),
            ("every module", "すべてのモジュール"),
            ("1 entity", "エンティティ 1 件"),
            ("12 entities, part 1/3", "エンティティ 12 件 (パート 1/3)"),
            (
                "PRODUCT of acme in the snapshot a of b, part 2/3",
                "acme の PRODUCT (スナップショット a of b) (パート 2/3)",
            ),
        ] {
            let run = RunInfo { source: english.to_owned(), target: "globex".to_owned(), ..stopped_run() };
            assert_eq!(ends(&run), format!("{english} → globex"));
            assert_eq!(speaking(Language::Japanese, || ends(&run)), format!("{japanese} → globex"));
        }
    }
}
