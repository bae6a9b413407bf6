//! The sections of a plan, key by key.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use toml::de::DeValue;

use super::super::rows::SOME;
use super::super::toml_walk::{ConfigError, Placed, Walk, whole};
use super::super::words::{CONFLICTS, DELETED, ENGINE, EXISTING, PARTITIONS, PUBLISH, SPELLING, STAMP, VERIFY};
use super::amounts;
use super::keys::with_article;
use super::named;
use super::rows::{CONCURRENCY, PIPELINE, RATE};
use crate::domain::key::KEY_SEPARATOR;
use crate::domain::plan::{
    Engine, Existing, Modules, PlanPart, RunSettings, Source, StopAfter, Target, Undo, UndoFrom,
};
use crate::domain::publish::PublishMode;
use crate::domain::run::{BadRunId, Operation, RunId};
use crate::domain::tenant::Spelling;

/// Word for every type and for every module.
const EVERY: &str = "*";

pub(super) type Result<T> = std::result::Result<T, Box<ConfigError>>;

/// `[source]` of a copy, which may stand in a snapshot; `at` is where it stands.
pub(super) fn copied(mut walk: Walk<'_, '_>, at: Range<usize>, plan: &Path) -> Result<Source> {
    let snapshot = match walk.text("snapshot")? {
        None => None,
        Some(dir) => Some(beside(plan, &dir).ok_or_else(|| {
            let message =
                "source.snapshot is looked for beside the plan, whose own path is not UTF-8: write a whole path";
            walk.wrong_value("snapshot", message)
        })?),
    };
    Ok(Source { snapshot, ..source(walk, at)? })
}

/// `[source]`; `at` is where it stands.
pub(super) fn source(mut walk: Walk<'_, '_>, at: Range<usize>) -> Result<Source> {
    let named = named::entities(&mut walk)?;
    let tenant = match named.is_empty() {
        true => tenant(&mut walk, at, "it is the code of the tenant that entities are taken from")?,
        false => code(&mut walk)?.unwrap_or_default(),
    };
    let partitions = walk.word("partitions", PARTITIONS.pairs)?.unwrap_or_default();
    let source = Source { tenant, partitions, entities: named, ..entities(&mut walk)? };
    named::check(&walk, &source)?;
    walk.finish()?;
    Ok(source)
}

/// Reads the keys that every `[source]` of entities may have.
pub(super) fn entities(walk: &mut Walk<'_, '_>) -> Result<Source> {
    let entity_type = walk.text("type")?.filter(|t| t != EVERY);
    if entity_type.as_ref().is_some_and(|t| t.contains(KEY_SEPARATOR)) {
        let message = "source.type must not contain \"#\": it is the first segment of the partition key";
        return Err(walk.wrong_value("type", message));
    }
    Ok(Source {
        entity_type,
        sk_prefix: walk.text("sk_prefix")?.unwrap_or_default(),
        keys: names(walk, "keys", "a sort key")?,
        deleted: walk.word("deleted", DELETED.pairs)?.unwrap_or_default(),
        part: walk
            .parsed("part", "a part such as \"3/8\"", |text| match text {
                "" => Some(None),
                text => text.parse::<PlanPart>().ok().map(Some),
            })?
            .flatten(),
        ..Source::default()
    })
}

/// `[target]`, which is never the source's tenant where both are in the tables.
pub(super) fn target(mut walk: Walk<'_, '_>, at: Range<usize>, source: &Source) -> Result<Target> {
    let tenant = tenant(&mut walk, at, "it is the code of the tenant that entities are written to")?;
    if tenant == source.tenant && source.snapshot.is_none() {
        let message = format!("target.tenant must differ from source.tenant: both are {tenant:?}");
        return Err(walk.wrong_value("tenant", message));
    }
    let existing = existing(&mut walk)?;
    let spelling = spelling(&mut walk)?;
    walk.finish()?;
    Ok(Target { tenant, existing, spelling })
}

/// Reads the treatment of live targets.
pub(super) fn existing(walk: &mut Walk<'_, '_>) -> Result<Existing> {
    Ok(walk.word("existing", EXISTING.pairs)?.unwrap_or_default())
}

/// A tenant code that must be there.
fn tenant(walk: &mut Walk<'_, '_>, at: Range<usize>, why: &str) -> Result<String> {
    let tenant = walk.required("tenant", at, why)?;
    is_code(walk, &tenant)?;
    Ok(tenant)
}

/// A tenant code that may be left out.
pub(super) fn code(walk: &mut Walk<'_, '_>) -> Result<Option<String>> {
    let tenant = walk.text("tenant")?;
    tenant.iter().try_for_each(|code| is_code(walk, code))?;
    Ok(tenant)
}

/// `target.spelling`.
pub(super) fn spelling(walk: &mut Walk<'_, '_>) -> Result<Spelling> {
    Ok(walk.word("spelling", SPELLING.pairs)?.unwrap_or_default())
}

/// A tenant code is one segment of a partition key.
fn is_code(walk: &Walk<'_, '_>, code: &str) -> Result<()> {
    if code.contains([KEY_SEPARATOR, '@']) {
        let message =
            format!("{} must contain neither \"#\" nor \"@\": {code:?} is no tenant code", walk.path("tenant"));
        let hint = "write the code alone, such as acme for the partitions PRODUCT#acme and ORDER#acme";
        return Err(walk.wrong_value("tenant", message).hint(Some(hint.to_owned())));
    }
    Ok(())
}

/// Distinct names, none of them empty; none at all where the key is missing.
pub(super) fn names(walk: &mut Walk<'_, '_>, key: &'static str, what: &str) -> Result<Vec<String>> {
    let listed = walk.texts(key)?.unwrap_or_default();
    distinct(walk, key, what, &listed)?;
    Ok(listed.into_iter().map(|(_, name)| name).collect())
}

fn distinct(walk: &Walk<'_, '_>, key: &str, what: &str, listed: &[Placed]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (span, name) in listed {
        if name.is_empty() {
            return Err(walk.wrong(span.clone(), key, format!("{} names {what} that is empty", walk.path(key))));
        }
        if !seen.insert(name) {
            return Err(walk.wrong(span.clone(), key, format!("{} names {name:?} twice", walk.path(key))));
        }
    }
    Ok(())
}

/// `module`: a name, several, or `"*"`; the type tells it where the key is missing or empty.
pub(super) fn modules(walk: &mut Walk<'_, '_>, has_type: bool) -> Result<Modules> {
    const WHAT: &str = "a module, a list of modules, or \"*\" for every module";
    match walk.get("module") {
        Some((_, value)) if value.as_array().is_some() => {
            let listed = names(walk, "module", "a module")?;
            if listed.iter().any(|name| name == EVERY) {
                let message = "module must be \"*\" alone for every module, not in a list";
                return Err(walk.wrong_value("module", message));
            }
            if listed.is_empty() {
                return Err(walk.wrong_value("module", "module must name at least one module"));
            }
            Ok(Modules::Named(listed))
        }
        Some((span, value)) => match value.as_str() {
            Some(EVERY) => Ok(Modules::All),
            Some("") => by_type(walk, has_type),
            Some(name) => Ok(Modules::Named(vec![name.to_owned()])),
            None => Err(walk.mismatch((span, value), "module", WHAT)),
        },
        None => by_type(walk, has_type),
    }
}

fn by_type(walk: &Walk<'_, '_>, has_type: bool) -> Result<Modules> {
    if has_type {
        return Ok(Modules::ByType);
    }
    let message = "module is missing: source.type names no type that would tell it";
    let error = walk.wrong_value("module", message);
    Err(error.hint(Some("name a type, or write module = \"*\" for every module".to_owned())))
}

/// `[undo]` of a plan file; `at` is where it stands.
pub(super) fn undo(mut walk: Walk<'_, '_>, at: Range<usize>, plan: &Path) -> Result<Undo> {
    let run = walk.required("run", at, "it is the run to take back")?;
    let run: RunId = run.parse().map_err(|error: BadRunId| walk.wrong_value("run", format!("undo.run: {error}")))?;
    let conflicts = walk.word("conflicts", CONFLICTS.pairs)?;
    let from = match walk.text("journal")? {
        None => UndoFrom::Journal,
        Some(journal) => UndoFrom::File(beside(plan, &journal).ok_or_else(|| {
            let message = "undo.journal is looked for beside the plan, whose own path is not UTF-8: write a whole path";
            walk.wrong_value("journal", message)
        })?),
    };
    let mut items = Vec::new();
    for item in walk.texts("items")?.unwrap_or_default() {
        let (at, text) = item;
        let message = || format!("undo.items holds {text:?}, which is no number of an item");
        items.push(text.parse().map_err(|_| walk.wrong(at.clone(), "items", message()))?);
    }
    walk.finish()?;
    Ok(Undo { run, conflicts: conflicts.unwrap_or_default(), from, items })
}

/// A file that a plan names relative to itself.
pub(super) fn beside(plan: &Path, file: &str) -> Option<String> {
    let path = plan.parent().map_or_else(|| Path::new(file).to_path_buf(), |dir| dir.join(file));
    path.into_os_string().into_string().ok()
}

/// `[run]`.
pub(super) fn run(mut walk: Walk<'_, '_>, operation: Operation) -> Result<RunSettings> {
    let default = RunSettings::default();
    let settings = RunSettings {
        batch: walk.number("batch", SOME)?.unwrap_or(default.batch),
        canary: walk.number("canary", SOME)?.unwrap_or(default.canary),
        concurrency: walk.number("concurrency", CONCURRENCY)?.unwrap_or(default.concurrency),
        rate: walk.number("rate", RATE)?.map_or(default.rate, |n| u32::try_from(n).unwrap_or(u32::MAX)),
        polite: polite(&mut walk)?,
        stop_after_failures: stop_after(&mut walk)?.unwrap_or(default.stop_after_failures),
        publish: publish(&mut walk)?,
        stamp: walk.word("stamp", STAMP.pairs)?.unwrap_or(default.stamp),
        timeout: walk
            .parsed("timeout", "a time up to a week, such as \"30s\", \"5m\" or \"1h\"", amounts::time)?
            .unwrap_or(default.timeout),
        pending: walk.number("pending", SOME)?.unwrap_or(default.pending),
        verify: walk.word("verify", VERIFY.pairs)?.unwrap_or(default.verify),
        engine: engine(&mut walk, operation)?,
        label: walk
            .parsed("label", "at most 200 characters without control characters", amounts::label)?
            .unwrap_or(default.label),
    };
    walk.finish()?;
    Ok(settings)
}

/// As the share it is of the whole, in ten thousandths; none for the whole.
fn polite(walk: &mut Walk<'_, '_>) -> Result<Option<u16>> {
    const KEY: &str = "polite";
    const WHAT: &str = "a number from 0.0001 to 1, such as 0.5";
    let Some((span, value)) = walk.get(KEY) else { return Ok(None) };
    let share = match value {
        DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
        DeValue::Integer(_) => whole(value).map(|n| n as f64),
        _ => None,
    };
    match share.map(|share| (share * 10_000.0).round()) {
        Some(10_000.0) => Ok(None),
        Some(parts) if (1.0..10_000.0).contains(&parts) => Ok(Some(parts as u16)),
        _ => Err(walk.mismatch((span, value), KEY, WHAT)),
    }
}

fn stop_after(walk: &mut Walk<'_, '_>) -> Result<Option<StopAfter>> {
    const KEY: &str = "stop_after_failures";
    const WHAT: &str = "a whole number from 0 on, or a percentage such as \"5%\" or \"2.5%\"";
    let Some((span, value)) = walk.get(KEY) else { return Ok(None) };
    if value.as_str().is_some() {
        return walk.parsed(KEY, WHAT, amounts::share);
    }
    match whole(value).and_then(|n| u64::try_from(n).ok()) {
        Some(count) => Ok(Some(StopAfter::Count(count))),
        None => Err(walk.mismatch((span, value), KEY, WHAT)),
    }
}

/// The profile's way where the key is missing or empty.
fn publish(walk: &mut Walk<'_, '_>) -> Result<Option<PublishMode>> {
    match walk.get("publish").and_then(|(_, value)| value.as_str()) {
        Some("") => Ok(None),
        _ => walk.word("publish", PUBLISH.pairs),
    }
}

fn engine(walk: &mut Walk<'_, '_>, operation: Operation) -> Result<Engine> {
    match walk.word("engine", ENGINE.pairs)? {
        Some(Engine::Pipeline) if PIPELINE.contains(&operation) => Ok(Engine::Pipeline),
        Some(Engine::Pipeline) => {
            let message = format!(
                "run.engine \"pipeline\" is for import, copy and transform plans: {} plan runs with \"direct\"",
                with_article(operation)
            );
            Err(walk.wrong_value("engine", message))
        }
        Some(Engine::Direct) | None => Ok(Engine::Direct),
    }
}
