//! `[source]` and `[rollback]` of a plan that takes entities back.

use std::ops::Range;

use super::super::rows::ANY;
use super::super::toml_walk::{Walk, quoted};
use super::super::words::CONFLICTS;
use super::read::Result;
use crate::domain::clock::{MOMENT, is_moment, parse_time};
use crate::domain::key::Version;
use crate::domain::plan::{DeletedSources, RollTo, Rollback, Said, Source};

/// Keys of which a plan has exactly one.
const GOALS: [&str; 5] = ["to_version", "to_time", "before_run", "before_migrated_at", "window"];

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
    let is_window = matches!(to, RollTo::Window { .. } | RollTo::Said(Said::Window(..)));
    let mut listed = |key: &'static str| -> Result<Vec<String>> {
        let found: Vec<String> = walk.texts(key)?.unwrap_or_default().into_iter().map(|(_, text)| text).collect();
        if !found.is_empty() && !is_window {
            return Err(walk.wrong_value(key, format!("rollback.{key} narrows a window: there is none")));
        }
        Ok(found)
    };
    let (by, request, source) = (listed("by")?, listed("request")?, listed("source")?);
    if only_marked && !is_window {
        return Err(walk.wrong_value("marked", "rollback.marked narrows a window: there is none"));
    }
    let conflicts = walk.word("conflicts", CONFLICTS.pairs)?;
    walk.finish()?;
    let conflicts = conflicts.unwrap_or_default();
    Ok(Rollback { to, conflicts, only_marked, by, request, source, expect: None })
}

fn to(walk: &mut Walk<'_, '_>, at: Range<usize>) -> Result<RollTo> {
    let mut found: Vec<(&'static str, RollTo)> = Vec::new();
    if let Some(version) = walk.number("to_version", ANY)?.filter(|n| *n > 0) {
        found.push((GOALS[0], RollTo::Version(Version(version as u64))));
    }
    if walk.text("to_time")?.is_some()
        && let Some(to) = walk.parsed("to_time", MOMENT, |text| match parse_time(text) {
            Some(time) => Some(RollTo::Time(time)),
            None => is_moment(text).then(|| RollTo::Said(Said::Time(text.to_owned()))),
        })?
    {
        found.push((GOALS[1], to));
    }
    if let Some(run) = walk.text("before_run")? {
        found.push((GOALS[2], RollTo::BeforeRun(run)));
    }
    if let Some(migrated) = walk.text("before_migrated_at")? {
        // A text that is no moment is compared as it is written: rows may hold anything.
        let is_said = parse_time(&migrated).is_none() && is_moment(&migrated);
        let to =
            if is_said { RollTo::Said(Said::BeforeMigratedAt(migrated)) } else { RollTo::BeforeMigratedAt(migrated) };
        found.push((GOALS[3], to));
    }
    if let Some(to) = window(walk)? {
        found.push((GOALS[4], to));
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
fn window(walk: &mut Walk<'_, '_>) -> Result<Option<RollTo>> {
    const KEY: &str = "window";
    let listed = walk.texts(KEY)?.unwrap_or_default();
    if let Some((span, text)) = listed.iter().find(|(_, text)| !is_moment(text)) {
        return Err(walk.wrong(span.clone(), KEY, format!("rollback.window must hold {MOMENT}, not {text:?}")));
    }
    match listed.as_slice() {
        [] => Ok(None),
        [(_, first), (_, last)] => match (parse_time(first), parse_time(last)) {
            (Some(from), Some(to)) if from <= to => Ok(Some(RollTo::Window { from, to })),
            (Some(_), Some(_)) => Err(walk.wrong_value(KEY, "rollback.window ends before it begins")),
            _ => Ok(Some(RollTo::Said(Said::Window(first.clone(), last.clone())))),
        },
        _ => Err(walk.wrong_value(KEY, "rollback.window must hold two times: the first and the last moment")),
    }
}
