//! Report of what a plan would do.

use std::collections::VecDeque;

use super::run::{changed, problem};
use super::{Block, Report, blast, facts, or_not_known, table};
use crate::domain::run::{Action, RunId};
use crate::engine::protocol::{ItemResult, PlanSummary, Preview, Problem, RunInfo};
use crate::signing::Subject;

/// Items told of each kind.
const SAMPLES: usize = 5;

/// Items of a preview that are reported: a few of each kind, however many there are.
#[derive(Debug, Default)]
pub(crate) struct PreviewItems {
    problems: Vec<Problem>,
    updates: VecDeque<Preview>,
    others: VecDeque<Preview>,
}

impl PreviewItems {
    /// Takes one in.
    pub(crate) fn add(&mut self, run: RunId, item: &Preview) {
        match item.action {
            Action::Equal => {}
            Action::Skip | Action::Conflict | Action::Invalid => self.unwritten(run, item),
            // Updates say most, because there was a row before.
            Action::Update if self.updates.len() < SAMPLES => self.updates.push_back(item.clone()),
            _ if self.others.len() < SAMPLES => self.others.push_back(item.clone()),
            _ => {}
        }
    }

    fn unwritten(&mut self, run: RunId, item: &Preview) {
        let outcome = item.action.unwritten();
        let known = self.problems.iter().position(|p| p.outcome == outcome && p.reason == item.reason);
        let at = known.unwrap_or_else(|| {
            self.problems.push(Problem { outcome, reason: item.reason, count: 0, samples: Vec::new() });
            self.problems.len() - 1
        });
        let Some(problem) = self.problems.get_mut(at) else { return };
        problem.count += 1;
        if problem.samples.len() < SAMPLES {
            problem.samples.push(result(run, item));
        }
    }

    /// Those that would change something.
    fn samples(self) -> (Vec<Problem>, Vec<Preview>) {
        let Self { mut problems, updates, others } = self;
        problems.sort_by_key(|problem| std::cmp::Reverse(problem.count));
        (problems, updates.into_iter().chain(others).take(SAMPLES).collect())
    }

    /// Of those that the engine picked from a preview that it keeps.
    pub(crate) fn of(problems: Vec<Problem>, changed: Vec<Preview>) -> Self {
        Self { problems, updates: changed.into(), others: VecDeque::new() }
    }
}

fn result(run: RunId, item: &Preview) -> ItemResult {
    ItemResult {
        name: None,
        run,
        batch: None,
        n: item.n,
        entity: item.entity.clone(),
        source: item.source.clone(),
        source_versions: item.source_versions,
        only_source: item.only_source,
        taken_back: item.wrote.is_some(),
        before: None,
        after: None,
        action: item.action,
        outcome: None,
        reason: item.reason,
        message: item.message.clone(),
        line: item.line,
        warnings: item.warnings.clone(),
        version_before: item.version_before,
        version_after: item.version_after,
        attempts: 0,
        request_id: None,
    }
}

/// Where a recorded run or a kept preview belongs.
pub(crate) fn place_of(info: &RunInfo, digest: &str) -> Subject {
    Subject {
        plan: info.name.clone(),
        digest: digest.to_owned(),
        profile: info.profile.clone(),
        environment: info.environment.clone(),
        app: info.app.clone(),
        account: info.account.clone(),
        region: info.region.clone(),
    }
}

/// A plan that was previewed, and written by nobody.
pub(crate) fn of_preview(
    subject: &Subject,
    (operation, reason, at): (&str, &str, &str),
    summary: &PlanSummary,
    items: PreviewItems,
) -> Report {
    let mut blocks = vec![
        Block::Text("A preview: nothing was written.".to_owned()),
        facts(vec![
            ("plan", subject.plan.clone()),
            ("plan digest", summary.digest.clone()),
            ("operation", operation.to_owned()),
            ("reason", reason.to_owned()),
            ("profile", subject.profile.clone()),
            ("environment", format!("{} of {}", subject.environment, subject.app)),
            ("account", or_not_known(subject.account.as_deref())),
            ("region", or_not_known(subject.region.as_deref())),
            ("previewed", at.to_owned()),
            ("would write", blast(summary)),
            ("could be undone until", summary.undo_until.first().unwrap_or_else(|| "no end".to_owned())),
        ]),
    ];
    let (problems, samples) = items.samples();
    let mut part = |heading: &str, block: Block| {
        blocks.push(Block::Heading(heading.to_owned()));
        blocks.push(block);
    };
    let counts = summary.actions.iter().map(|(action, n)| vec![action.to_string(), n.to_string()]);
    part("Actions", table(&["action", "items"], counts.collect(), "The plan has no items."));
    if !summary.notes.is_empty() {
        part("To be known before", table(&["note"], summary.notes.iter().map(|note| vec![note.clone()]).collect(), ""));
    }
    if !summary.violated.is_empty() {
        let rows = summary.violated.iter().map(|v| {
            let (entity, why) = v.samples.first().map(|(e, why)| (e.key.to_string(), why.clone())).unwrap_or_default();
            vec![v.rule.clone(), v.place.clone().unwrap_or_default(), v.items.to_string(), entity, why]
        });
        part("Violations", table(&["rule", "place", "items", "for instance", "message"], rows.collect(), ""));
    }
    let names = ["outcome", "reason", "items", "for instance", "message"];
    let rows = problems.iter().flat_map(problem).collect();
    part("Would not be written", table(&names, rows, "Every item would be written or is as wanted already."));
    let rows = samples.iter().flat_map(changed).collect();
    part("Samples of what would change", table(&["item", "path", "before", "after"], rows, "Nothing would change."));
    Report { title: format!("preview of {operation}: {}", subject.plan), blocks }
}
