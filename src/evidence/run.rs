use super::{Block, Report, facts as block, or_not_known, table};
use crate::domain::clock::parse_time;
use crate::domain::diff::Change;
use crate::domain::key::{EntityKey, Version};
use crate::domain::run::{Operation, Outcome, RunId, RunState};
use crate::domain::shell;
use crate::domain::value::to_plain_json;
use crate::engine::protocol::{
    Approved, EntityRef, ItemResult, Partitioned, Preview, Problem, Remembered, RunInfo, RunReport, Signature,
    TimedBatch, Verified,
};

/// Characters of a value that are told.
const LONGEST: usize = 120;
/// Batches in the time line.
const BATCHES: usize = 50;
/// Partitions that are told.
const PARTITIONS: usize = 20;
/// Differences of one item that are told.
const CHANGES: usize = 20;

/// A run, for whoever did not see it.
/// `prefix` are the words that a command for the same tables begins with.
pub(crate) fn of_run(report: &RunReport, prefix: &[String]) -> Report {
    let info = &report.info;
    let title = format!("{} {}: {}", info.operation, info.run, info.name);
    let mut blocks = vec![facts(report)];
    let mut part = |heading: &str, block: Block| {
        blocks.push(Block::Heading(heading.to_owned()));
        blocks.push(block);
    };
    let outcomes = info.outcomes.iter().map(|(word, n)| vec![word.to_string(), n.to_string()]);
    part("Outcomes", table(&["outcome", "items"], outcomes.collect(), "No item has an outcome."));
    if !report.partitions.is_empty() {
        let rows = report.partitions.iter().take(PARTITIONS);
        let heading = match report.partitions.len() > PARTITIONS {
            true => format!("Partitions: the {PARTITIONS} with most items"),
            false => "Partitions".to_owned(),
        };
        part(&heading, table(&["module", "from", "to", "items"], rows.map(partitioned).collect(), ""));
    }
    if !info.signatures.is_empty() {
        part(
            "Signed off",
            table(&["who", "key", "checked", "counted until"], info.signatures.iter().map(signed).collect(), ""),
        );
    }
    let approvals = report.approvals.iter().map(approval).collect();
    let names = ["when", "who", "decision", "batch", "items", "outcomes", "digest"];
    part("Approvals", table(&names, approvals, "Nothing was approved."));
    if !report.steered.is_empty() {
        let rows = report.steered.iter().map(|s| vec![s.at.clone(), s.by.clone(), s.words.clone()]);
        part("Steering", table(&["when", "who", "what"], rows.collect(), ""));
    }
    if !report.timeline.is_empty() {
        let rows = report.timeline.iter().take(BATCHES).map(timed).collect();
        let heading = match report.timeline.len() > BATCHES {
            true => format!("Time line: the first {BATCHES} batches"),
            false => "Time line".to_owned(),
        };
        part(&heading, table(&["batch", "items", "from", "to", "items a second"], rows, ""));
    }
    let problems = report.problems.iter().flat_map(problem).collect();
    let names = ["outcome", "reason", "items", "for instance", "message"];
    part("Not done", table(&names, problems, "Every item with an outcome is done or was as wanted already."));
    let changed = report.changed.iter().flat_map(changed).collect();
    part("Samples of what changed", table(&["item", "path", "before", "after"], changed, "Nothing was changed."));
    if info.left > 0 {
        let items = if info.left == 1 { "item" } else { "items" };
        let heading = format!("Left: {} {items}", info.left);
        part(&heading, table(&["item", "action", "versions"], report.left.iter().map(left).collect(), ""));
    }
    back(report, prefix, &mut blocks);
    Report { title, blocks }
}

fn facts(report: &RunReport) -> Block {
    let info = &report.info;
    let chain = match &report.checked {
        Ok(records) => format!("{} ({records} records, each as it was recorded)", info.chain),
        Err(broken) => format!("{} - {broken}", info.chain),
    };
    let or_none = |text: &Option<String>| or_not_known(text.as_deref());
    block(vec![
        ("run", info.run.to_string()),
        ("plan", info.name.clone()),
        ("plan digest", info.digest.clone()),
        ("operation", info.operation.to_string()),
        ("reason", info.reason.clone()),
        ("label", info.label.clone()),
        ("source", info.source.clone()),
        ("target", info.target.clone()),
        ("operator", info.operator.clone()),
        ("profile", info.profile.clone()),
        ("environment", format!("{} of {}", info.environment, info.app)),
        ("account", or_none(&info.account)),
        ("region", or_none(&info.region)),
        ("started (UTC)", info.started_at.clone()),
        ("ended (UTC)", ended(info)),
        ("state", info.state.to_string()),
        ("can be undone until", undo_until(report)),
        ("rehearsed", rehearsed(report)),
        ("read back", read_back(report)),
        ("takes back", info.undo_of.map(|run| run.to_string()).unwrap_or_default()),
        ("taken back by", info.undone_by.map(|run| run.to_string()).unwrap_or_default()),
        ("journal", info.journal.clone()),
        ("head of its chain", chain),
    ])
}

/// A run that nobody began has no end.
fn ended(info: &RunInfo) -> String {
    match &info.ended_at {
        None if info.wrote_nothing() => "it was not begun: nothing was written".to_owned(),
        at => or_not_known(at.as_deref()),
    }
}

fn partitioned(one: &Partitioned) -> Vec<String> {
    vec![one.module.clone(), one.from.to_string(), one.to.to_string(), one.items.to_string()]
}

fn signed(signature: &Signature) -> Vec<String> {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![or_none(&signature.principal), or_none(&signature.key), signature.at.clone(), or_none(&signature.until)]
}

fn rehearsed(report: &RunReport) -> String {
    let Some(remembered) = &report.rehearsal else { return "no".to_owned() };
    let Remembered { rehearsal, is_changed } = &**remembered;
    let changed = if *is_changed { "; what the run would write was something else" } else { "" };
    format!("{}: {}{changed}", rehearsal.at, rehearsal.outcome())
}

fn read_back(report: &RunReport) -> String {
    let Some(verified) = &report.verified else { return "no".to_owned() };
    let Verified { at, by, looked, findings } = verified;
    let found: Vec<String> = findings.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
    let found = if found.is_empty() { "each as the run wrote it".to_owned() } else { found.join(", ") };
    format!("{at} by {by}: {looked} entities, {found}")
}

fn timed(timed: &TimedBatch) -> Vec<String> {
    let TimedBatch { batch, items, from, to } = timed;
    let seconds = parse_time(from).zip(parse_time(to)).map(|(from, to)| to.duration_since(from).as_secs_f64());
    // Counts of up to six digits are exact.
    let rate = seconds.filter(|seconds| *seconds > 0.0).map(|seconds| format!("{:.1}", *items as f64 / seconds));
    vec![batch.to_string(), items.to_string(), from.clone(), to.clone(), rate.unwrap_or_default()]
}

/// As long as there is something to undo.
fn undo_until(report: &RunReport) -> String {
    let info = &report.info;
    if info.count(Outcome::Done) == 0 || info.state == RunState::Undone || info.operation == Operation::Export {
        return String::new();
    }
    info.undo_until.clone().unwrap_or_else(|| "no end: nothing that an undo needs expires".to_owned())
}

fn approval(approved: &Approved) -> Vec<String> {
    let a = &approved.approval;
    let after = if a.is_of_the_rest() { " and after" } else { "" };
    let batch = a.batch.map_or_else(|| "all".to_owned(), |n| format!("{n}{after}"));
    let outcomes = counts(&approved.outcomes);
    vec![a.at.clone(), a.by.clone(), a.decision.clone(), batch, approved.items.to_string(), outcomes, a.digest.clone()]
}

fn counts(outcomes: &[(Outcome, u64)]) -> String {
    outcomes.iter().map(|(word, n)| format!("{word} {n}")).collect::<Vec<_>>().join(", ")
}

/// The number of an item, and the key that it writes: where the source alone is written, that one, and what it gives way to.
fn named(n: u64, entity: &EntityRef, source: &EntityKey, only_source: bool) -> String {
    let (module, target) = (&entity.module, &entity.key);
    match only_source {
        true => format!("{n}: {module} {} {}, gives way to {} {}", source.pk, source.sk, target.pk, target.sk),
        false => format!("{n}: {module} {} {}", target.pk, target.sk),
    }
}

/// Versions before and after of what is written, likewise.
fn versions(only_source: bool, source: (Version, Version), target: (Version, Version)) -> [String; 2] {
    let (before, after) = if only_source { source } else { target };
    [before.to_string(), after.to_string()]
}

fn named_result(item: &ItemResult) -> String {
    named(item.n, &item.entity, &item.source, item.only_source)
}

pub(super) fn problem(problem: &Problem) -> Vec<Vec<String>> {
    let reason = problem.reason.map(|reason| reason.to_string()).unwrap_or_default();
    let head = [problem.outcome.to_string(), reason, problem.count.to_string()];
    let row = |(i, item): (usize, &ItemResult)| {
        // Told once for all of them.
        let head = if i == 0 { head.clone() } else { Default::default() };
        head.into_iter().chain([named_result(item), item.message.clone().unwrap_or_default()]).collect()
    };
    problem.samples.iter().enumerate().map(row).collect()
}

pub(super) fn changed(item: &Preview) -> Vec<Vec<String>> {
    let key = named(item.n, &item.entity, &item.source, item.only_source);
    if item.changes.is_empty() {
        let own = (item.version_before, item.version_after);
        let versions =
            versions(item.only_source, item.source_versions, own).map(|version| format!("version {version}"));
        return vec![[key, item.action.to_string()].into_iter().chain(versions).collect()];
    }
    let row = |change: &Change| {
        let [before, after] = [&change.before, &change.after].map(|value| value.as_ref().map(to_plain_json));
        vec![key.clone(), change.path.to_string(), short(before), short(after)]
    };
    let mut rows: Vec<Vec<String>> = item.changes.iter().take(CHANGES).map(row).collect();
    let more = item.changes.len().saturating_sub(CHANGES);
    if more > 0 {
        rows.push(vec![key, format!("and {more} more"), String::new(), String::new()]);
    }
    rows
}

/// A value in one line; a long one is cut, and says so.
fn short(value: Option<String>) -> String {
    let value = value.unwrap_or_default();
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} characters)", &value[..end], value.chars().count()),
        None => value,
    }
}

fn left(item: &ItemResult) -> Vec<String> {
    let own = (item.version_before, item.version_after);
    let versions = versions(item.only_source, item.source_versions, own).join(" -> ");
    vec![named_result(item), item.action.to_string(), versions]
}

/// How it is gone on with, and how it is taken back.
fn back(report: &RunReport, prefix: &[String], blocks: &mut Vec<Block>) {
    let info = &report.info;
    let line =
        |words: &[&str], run: RunId| Block::Code(shell::line(prefix, &[words, &[&run.to_string(), "--arm"]].concat()));
    let has = |word: &str| prefix.iter().any(|own| own == word);
    if has("--sandbox") && !has("--data") {
        blocks.push(Block::Text(
            "The sandbox is in memory: it ends with the program, and with it the way back.".to_owned(),
        ));
        return;
    }
    if info.left > 0 && info.state != RunState::Undone {
        blocks.push(Block::Heading("To resume it".to_owned()));
        blocks.push(line(&["run", "--resume"], info.run));
    }
    blocks.push(Block::Heading("To take it back".to_owned()));
    match (info.undone_by, info.operation) {
        (Some(by), _) => {
            blocks.push(Block::Text(format!("Run {by} took it back. To take that back:")));
            blocks.push(line(&["undo"], by));
        }
        (None, Operation::Export) => blocks.push(Block::Text("It wrote nothing into a table.".to_owned())),
        (None, _) if info.wrote_nothing() => {
            blocks.push(Block::Text("Nothing was written: there is nothing to take back.".to_owned()));
        }
        (None, _) => blocks.push(line(&["undo"], info.run)),
    }
}
