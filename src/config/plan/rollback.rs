//! `[source]` and `[rollback]` of a plan that takes entities back.

use std::ops::Range;

use jiff::Timestamp;

use super::super::rows::ANY;
use super::super::toml_walk::{Walk, quoted};
use super::super::words::CONFLICTS;
use super::read::Result;
use crate::domain::clock::parse_time;
use crate::domain::key::Version;
use crate::domain::plan::{DeletedSources, RollTo, Rollback, Source};

/// Keys of which a plan has exactly one.
const GOALS: [&str; 5] = ["to_version", "to_time", "before_run", "before_migrated_at", "window"];
const TIME: &str = "a time with its zone, such as \"2026-03-10T00:00:00+09:00\" or \"2026-03-09T15:00:00Z\"";

/// `[source]`; soft-deleted entities are taken back too unless it says otherwise.
pub(super) fn source(mut walk: Walk<'_, '_>, at: Range<usize>) -> Result<Source> {
    let deleted = walk.text("deleted")?;
    let mut source = super::read::source(walk, at)?;
    if deleted.is_none() {
        source.deleted = DeletedSources::Keep;
    }
    Ok(source)
}

/// `[rollback]`; `at` is where it stands.
pub(super) fn how(mut walk: Walk<'_, '_>, at: Range<usize>) -> Result<Rollback> {
    let to = to(&mut walk, at)?;
    let only_marked = walk.flag("marked")?.unwrap_or(false);
    if only_marked && !matches!(to, RollTo::Window { .. }) {
        return Err(walk.wrong_value("marked", "rollback.marked narrows a window: there is none"));
    }
    let conflicts = walk.word("conflicts", CONFLICTS.pairs)?;
    walk.finish()?;
    Ok(Rollback { to, conflicts: conflicts.unwrap_or_default(), only_marked, expect: None })
}

fn to(walk: &mut Walk<'_, '_>, at: Range<usize>) -> Result<RollTo> {
    let mut found: Vec<(&'static str, RollTo)> = Vec::new();
    if let Some(version) = walk.number("to_version", ANY)?.filter(|n| *n > 0) {
        found.push((GOALS[0], RollTo::Version(Version(version as u64))));
    }
    if walk.text("to_time")?.is_some()
        && let Some(time) = walk.parsed("to_time", TIME, parse_time)?
    {
        found.push((GOALS[1], RollTo::Time(time)));
    }
    if let Some(run) = walk.text("before_run")? {
        found.push((GOALS[2], RollTo::BeforeRun(run)));
    }
    if let Some(migrated) = walk.text("before_migrated_at")? {
        found.push((GOALS[3], RollTo::BeforeMigratedAt(migrated)));
    }
    if let Some((from, to)) = window(walk)? {
        found.push((GOALS[4], RollTo::Window { from, to }));
    }
    match (found.pop(), found.pop()) {
        (Some((_, to)), None) => Ok(to),
        (Some((second, _)), Some((first, _))) => Err(walk.wrong_value(
            second,
            format!("rollback has both {first} and {second}: exactly one of them says how far back"),
        )),
        (None, _) => {
            let message = format!("rollback must say how far back: exactly one of {}", quoted(&GOALS));
            Err(walk.wrong(at, GOALS[0], message))
        }
    }
}

/// The first and the last moment of a window; none where the list is empty.
fn window(walk: &mut Walk<'_, '_>) -> Result<Option<(Timestamp, Timestamp)>> {
    const KEY: &str = "window";
    let listed = walk.texts(KEY)?.unwrap_or_default();
    let mut times = Vec::new();
    for (span, text) in &listed {
        let time = parse_time(text);
        times.push(
            time.ok_or_else(|| {
                walk.wrong(span.clone(), KEY, format!("rollback.window must hold {TIME}, not {text:?}"))
            })?,
        );
    }
    match times.as_slice() {
        [] => Ok(None),
        [from, to] if from <= to => Ok(Some((*from, *to))),
        [_, _] => Err(walk.wrong_value(KEY, "rollback.window ends before it begins")),
        _ => Err(walk.wrong_value(KEY, "rollback.window must hold two times: the first and the last moment")),
    }
}
