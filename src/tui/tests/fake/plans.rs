//! Plans as the fake engine previews and runs them: copies of what is there, or of as many items as a test wants.

mod batches;

use std::collections::VecDeque;
use std::sync::Arc;

use super::records::run_info;
use crate::domain::diff::diff_rows;
use crate::domain::key::{EntityKey, Version};
use crate::domain::plan::{Plan, Work};
use crate::domain::publish::PublishMode;
use crate::domain::row::{Row, TableKind};
use crate::domain::run::{Action, Operation, Outcome, Reason, RunId, RunState};
use crate::domain::undo_until::UndoUntil;
use crate::domain::value::Value;
use crate::engine::failure::Failure;
use crate::engine::protocol::{
    Blast, Collision, CollisionKey, Command, EntityRef, Event, Finding, ItemFilter, ItemResult, Phase, PlanSummary,
    Preview, RequestId, RunInfo, Steering, StopCause,
};
use crate::tui::tests::data::Data;

/// The run of every plan.
pub(crate) fn plan_run() -> RunId {
    RunId::from_parts(1_773_968_523_000, 42)
}

/// Run under way.
#[derive(Debug)]
struct Run {
    request: RequestId,
    info: RunInfo,
    waiting: VecDeque<(u32, Vec<Preview>)>,
    confirm: Option<String>,
    batches: usize,
    clean: Option<bool>,
}

/// Plans and their runs.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    /// As many items are made up, in place of those of the rows.
    pub(crate) many: Option<u64>,
    /// Outcomes of the items that are written, in turn; done when there is none left.
    pub(crate) outcomes: VecDeque<(Outcome, Option<Reason>)>,
    /// Told after so many items of a batch, instead of the rest of it.
    pub(crate) paused_by: Option<Failure>,
    pub(crate) confirm: Option<String>,
    /// Tenant that the items write to, where it is one.
    pub(crate) tenant: Option<String>,
    pub(super) items: Vec<Preview>,
    pub(super) collisions: Vec<(Collision, CollisionKey)>,
    pub(super) findings: Vec<Finding>,
    operation: Option<Operation>,
    name: String,
    run: Option<Run>,
}

type Answer = Vec<(RequestId, Event)>;

fn finished(request: RequestId) -> (RequestId, Event) {
    (request, Event::Finished { cancelled: false })
}

impl Plans {
    /// Answers what concerns plans; `None` for every other command.
    pub(crate) fn answer(&mut self, data: &Data, request: RequestId, command: &Command) -> Option<Answer> {
        let mut out = Vec::new();
        match command {
            Command::PreviewPlan { plan, .. } => {
                self.make(data, plan);
                out.extend(self.findings.iter().map(|f| (request, Event::Finding(Box::new(f.clone())))));
                out.push((request, Event::Progress { phase: Phase::Preview, done: self.total(), total: None }));
                out.push((request, Event::Planned(Box::new(self.summary()))));
            }
            Command::Items { .. } | Command::ShowItem { .. } if self.operation.is_none() => return None,
            Command::Items { run, filter, from, limit, .. } => {
                let (total, items) = self.page(filter, *from, *limit);
                out.push((request, Event::Items { run: *run, total, from: *from, items }));
            }
            Command::Collisions { run, filter, from, limit, .. } => {
                let wanted = |(c, key): &&(Collision, CollisionKey)| {
                    (!filter.open || key.open)
                        && c.target.key.to_string().to_lowercase().contains(&filter.text.to_lowercase())
                };
                let found: Vec<CollisionKey> =
                    self.collisions.iter().filter(wanted).map(|(_, key)| key.clone()).collect();
                let keys = found.iter().skip(usize::try_from(*from).unwrap()).take(*limit).cloned().collect();
                out.push((request, Event::Collisions { run: *run, total: found.len() as u64, from: *from, keys }));
            }
            Command::ShowCollision { items, .. } => {
                let found = self.collisions.iter().find(|(_, key)| key.items == *items).unwrap();
                out.push((request, Event::Collision(Box::new(found.0.clone()))));
            }
            Command::ShowItem { n, .. } => out.push((request, Event::Preview(Box::new(self.item(*n))))),
            Command::RunPlan { plan, .. } => {
                self.make(data, plan);
                let mut left: VecDeque<Preview> = self.items.iter().filter(|i| i.after.is_some()).cloned().collect();
                let mut waiting = VecDeque::new();
                while !left.is_empty() {
                    let size = if waiting.is_empty() { plan.run.canary } else { plan.run.batch };
                    let n = u32::try_from(waiting.len() + 1).unwrap();
                    waiting.push_back((n, left.drain(..size.min(left.len())).collect()));
                }
                let info = RunInfo { state: RunState::Running, outcomes: vec![], ended_at: None, ..self.info() };
                out.push((request, Event::Planned(Box::new(self.summary()))));
                out.push((request, Event::Run(Box::new(info.clone()))));
                for item in self.items.iter().filter(|i| i.after.is_none()) {
                    out.push((request, Event::Item(Box::new(result(item, Some(Outcome::Skipped), item.reason)))));
                }
                let batches = waiting.len();
                let confirm = self.confirm.clone();
                self.run = Some(Run { request, info, waiting, confirm, batches, clean: None });
                out.extend(self.ask());
                return Some(out);
            }
            Command::Decide { decision, .. } if self.run.is_some() => return Some(self.decide(request, decision)),
            Command::Steer { steering, .. } => {
                out.push(finished(request));
                if *steering == Steering::Stop {
                    out.extend(self.end(RunState::Stopped, Some(StopCause::Operator)));
                }
                if *steering == Steering::Continue && self.paused_by.take().is_some() {
                    out.extend(self.write());
                }
                return Some(out);
            }
            _ => return None,
        }
        out.push(finished(request));
        Some(out)
    }

    fn make(&mut self, data: &Data, plan: &Plan) {
        self.operation = Some(plan.work.operation());
        self.name.clone_from(&plan.name);
        (self.collisions, self.findings) = (Vec::new(), Vec::new());
        if let Work::Normalize { how, .. } = &plan.work {
            return self.normalize(data, how);
        }
        let (Work::Copy { source, target } | Work::Move { source, target }) = &plan.work else {
            self.items = (1..=3).map(|n| made(n, "PRODUCT#globex")).collect();
            return;
        };
        if self.many.is_some() {
            self.items = Vec::new();
            return;
        }
        let from = format!("{}#{}", source.entity_type.clone().unwrap_or_default(), source.tenant);
        let to = format!("{}#{}", source.entity_type.clone().unwrap_or_default(), target.tenant);
        let rows: Vec<Arc<Row>> =
            data.table("product", TableKind::Data).filter(|r| r.pk().unwrap() == from).cloned().collect();
        let there =
            |sk: &str| data.table("product", TableKind::Data).any(|r| r.pk().unwrap() == to && r.sk().unwrap() == sk);
        self.items = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            let mut item = made(i as u64 + 1, &to);
            let sk = row.sk().unwrap();
            item.entity.key = EntityKey::new(to.as_str(), sk);
            item.source = EntityKey::new(from.as_str(), sk);
            let mut after = row.as_ref().clone();
            after.0.insert("pk".into(), Value::s(&to));
            // One that exists and is written over, so that there are differences to look at.
            if sk.starts_with("P-0009") {
                item.action = Action::Update;
                item.before = Some(row.clone());
                after.0.insert("name".into(), Value::s("Catalogue, second edition"));
                item.changes = diff_rows(row, &after, false);
            }
            item.after = Some(Arc::new(after));
            if there(sk) || row.is_deleted() {
                (item.action, item.after) = (Action::Skip, None);
                item.version_after = item.version_before;
                item.reason = Some(if row.is_deleted() { Reason::Deleted } else { Reason::Exists });
            } else if sk.starts_with("P-0003") {
                item.warnings = vec!["wedged".to_owned()];
            }
            self.items.push(item);
        }
    }

    fn total(&self) -> u64 {
        self.many.unwrap_or(self.items.len() as u64)
    }

    fn item(&self, n: u64) -> Preview {
        self.items.iter().find(|i| i.n == n).cloned().unwrap_or_else(|| made(n, "PRODUCT#globex"))
    }

    fn page(&self, filter: &ItemFilter, from: u64, limit: usize) -> (u64, Vec<ItemResult>) {
        if self.many.is_some() {
            let last = (from + limit as u64).min(self.total());
            return (self.total(), (from..last).map(|n| result(&made(n + 1, "PRODUCT#globex"), None, None)).collect());
        }
        let wanted = |i: &&Preview| {
            (filter.actions.is_empty() && !filter.warned
                || filter.actions.contains(&i.action)
                || (filter.warned && !i.warnings.is_empty()))
                && i.entity.key.to_string().to_lowercase().contains(&filter.text.to_lowercase())
        };
        let mut found: Vec<&Preview> = self.items.iter().filter(wanted).collect();
        found.sort_by_key(|i| (i.warnings.is_empty(), i.action != Action::Skip, i.n));
        let items = found.iter().skip(usize::try_from(from).unwrap()).take(limit).map(|i| result(i, None, i.reason));
        (found.len() as u64, items.collect())
    }

    fn summary(&self) -> PlanSummary {
        let written = self.many.unwrap_or(self.items.iter().filter(|i| i.after.is_some()).count() as u64);
        let count = |action| self.items.iter().filter(|i| i.action == action).count() as u64;
        let actions = match self.many {
            Some(n) => vec![(Action::Create, n)],
            None => Action::ALL.iter().map(|a| (*a, count(*a))).filter(|(_, n)| *n > 0).collect(),
        };
        let mut reasons: Vec<(Reason, u64)> = Vec::new();
        for reason in self.items.iter().filter_map(|i| i.reason) {
            match reasons.iter_mut().find(|(r, _)| *r == reason) {
                Some((_, n)) => *n += 1,
                None => reasons.push((reason, 1)),
            }
        }
        PlanSummary {
            run: plan_run(),
            digest: "0123456789abcdef".repeat(4),
            actions,
            reasons,
            blast: Blast {
                entities: written,
                tenants: 1,
                requests: written,
                read_units: 12.5,
                write_units: written as f64 * 12.0,
                s3_objects: 1,
                step_functions: 0,
                seconds: written as f64 / 80.0,
            },
            tenant: self.tenant.clone(),
            publish: PublishMode::Sync,
            violated: vec![],
            undo_until: UndoUntil::default(),
            notes: vec!["written directly: copies that the application keeps elsewhere are not updated until it runs reSyncData()".into()],
        }
    }

    fn info(&self) -> RunInfo {
        let nobody = EntityRef { module: String::new(), key: EntityKey::new("", "") };
        RunInfo {
            name: self.name.clone(),
            operation: self.operation.unwrap_or(Operation::Copy),
            digest: "0123456789abcdef".repeat(4),
            ended_at: Some("2026-03-20T01:02:09.000Z".into()),
            outcomes: vec![],
            ..run_info(plan_run(), RunState::Done, &nobody)
        }
    }
}

/// An item that creates something.
pub(crate) fn made(n: u64, pk: &str) -> Preview {
    let key = EntityKey::new(pk, format!("P-{n:07}"));
    let mut row = Row::default();
    for (name, value) in [("pk", pk.to_owned()), ("sk", format!("P-{n:07}")), ("name", format!("Part {n}"))] {
        row.0.insert(name.into(), Value::s(value));
    }
    Preview {
        n,
        source: EntityKey::new("PRODUCT#acme", format!("P-{n:07}")),
        entity: EntityRef { module: "product".into(), key },
        source_versions: (Version(1), Version(1)),
        only_source: false,
        digest: format!("{n:064x}"),
        action: Action::Create,
        reason: None,
        message: None,
        line: None,
        warnings: vec![],
        version_before: Version(0),
        version_after: Version(1),
        version_from: Version(1),
        found: Some(TableKind::Data),
        before: None,
        after: Some(Arc::new(row)),
        wrote: None,
        changes: vec![],
        publish: PublishMode::Sync,
        write_units: 12,
        s3_objects: 0,
    }
}

fn result(item: &Preview, outcome: Option<Outcome>, reason: Option<Reason>) -> ItemResult {
    ItemResult {
        name: None,
        run: plan_run(),
        batch: item.after.is_some().then_some(1),
        n: item.n,
        entity: item.entity.clone(),
        source: item.source.clone(),
        source_versions: item.source_versions,
        only_source: item.only_source,
        taken_back: false,
        before: None,
        after: None,
        action: item.action,
        outcome,
        reason,
        message: None,
        line: item.line,
        warnings: item.warnings.clone(),
        version_before: item.version_before,
        version_after: item.version_after,
        attempts: u32::from(outcome.is_some()),
        request_id: None,
    }
}
