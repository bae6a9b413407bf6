//! An engine of canned answers at the other end of the boundary: enough of the real one's behaviour to walk through the console.

mod normalize;
mod plans;
mod reading;
mod records;
mod rollback;

use std::collections::BTreeMap;

use super::data::Data;
use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, Version};
use crate::domain::row::TableKind;
use crate::domain::run::{Outcome, RunId, RunState};
use crate::engine::protocol::{
    Command, Connection, Counters, Cursor, CursorAt, EntityRef, EntitySummary, Event, Finding, Level, ListedPartition,
    MeasuredTable, Phase, Preview, RequestId, SessionEnd, Severity, TenantCount, Watching,
};
use plans::Plans;
pub(crate) use plans::{made, plan_run};
use records::item;
pub(crate) use records::{run_info, stopped_run};
use rollback::single;

type Override = Box<dyn FnMut(&Command) -> Option<Vec<Event>> + Send>;

/// The engine.
pub(crate) struct Fake {
    pub(crate) data: Data,
    /// Text that approvals want typed.
    pub(crate) confirm: Option<String>,
    overrides: Vec<Override>,
    waiting: BTreeMap<RunId, (RequestId, Preview)>,
    pub(crate) plans: Plans,
    /// When the credentials end.
    pub(crate) session: Option<SessionEnd>,
    reads: f64,
}

const MODULES: [&str; 4] = ["customer", "master", "order", "product"];

impl Fake {
    /// On the golden rows.
    pub(crate) fn golden() -> Self {
        Self {
            data: Data::golden(),
            confirm: None,
            overrides: vec![],
            waiting: BTreeMap::new(),
            plans: Plans::default(),
            session: None,
            reads: 0.0,
        }
    }

    /// On no rows at all.
    pub(crate) fn empty() -> Self {
        Self { data: Data::default(), ..Self::golden() }
    }

    /// Answers a command otherwise; without a final event it stays unanswered.
    pub(crate) fn answering(mut self, answer: impl FnMut(&Command) -> Option<Vec<Event>> + Send + 'static) -> Self {
        self.overrides.push(Box::new(answer));
        self
    }

    pub(crate) fn counters(&self) -> Counters {
        Counters {
            read_units: self.reads,
            write_units: 0.0,
            requests: 0,
            throttled: 0,
            active: 0,
            concurrency: 0,
            run: None,
            session: self.session,
        }
    }

    pub(crate) fn answer(&mut self, request: RequestId, command: Command) -> Vec<(RequestId, Event)> {
        // Neither listing nor what is recorded on this machine is what these tests look at the price of.
        if !matches!(command, Command::Runs | Command::ListPartitions { .. }) {
            self.reads += 0.5;
        }
        for answer in &mut self.overrides {
            if let Some(events) = answer(&command) {
                // The work that is given up is what answers.
                if let Command::Cancel { request: of } = command {
                    let own = (request, Event::Finished { cancelled: false });
                    return events.into_iter().map(|e| (of, e)).chain([own]).collect();
                }
                return events.into_iter().map(|e| (request, e)).collect();
            }
        }
        if let Command::PreviewPlan { plan, .. } | Command::RunPlan { plan, .. } = &command
            && let Some((entity, to)) = single(plan)
        {
            let is_run = matches!(command, Command::RunPlan { .. });
            return self.rollback(request, is_run, &entity, to);
        }
        if let Some(answer) = self.plans.answer(&self.data, request, &command) {
            return answer;
        }
        if let Command::Decide { run, decision, .. } = command {
            return self.decide(request, run, decision);
        }
        let mut events = match command {
            Command::Connect => vec![
                log("4 modules in dev-shop-*: customer, master, order, product"),
                Event::Connected(Connection {
                    modules: MODULES
                        .iter()
                        .filter(|m| self.data.table(m, TableKind::Data).next().is_some())
                        .map(|m| (*m).to_owned())
                        .collect(),
                    account: Some("000000000000".into()),
                    arn: None,
                    region: Some("ap-northeast-1".into()),
                }),
            ],
            Command::ScanTenants { module } => vec![Event::Tenants(self.tenants(module.as_deref()))],
            Command::ListPartitions { module } => {
                let counts = self.tenants(module.as_deref()).into_iter();
                let listed = |TenantCount { module, pk, entity_type, tenant, .. }| ListedPartition {
                    module,
                    pk,
                    entity_type,
                    tenant,
                };
                vec![Event::Partitions(counts.map(listed).collect())]
            }
            Command::CountPartitions { module, pks } => {
                let counts = self.tenants(Some(&module)).into_iter().filter(|count| pks.contains(&count.pk));
                vec![Event::Tenants(counts.collect())]
            }
            Command::Measure { modules } => {
                let of = |module: &str| MeasuredTable { module: module.into(), rows: 40, bytes: 40 * 4_096 };
                let named = MODULES.iter().filter(|m| modules.is_empty() || modules.iter().any(|named| named == *m));
                vec![Event::Measured(named.map(|module| of(module)).collect())]
            }
            Command::Find { .. }
            | Command::Activity { .. }
            | Command::WhoAmI
            | Command::SignInAgain { .. }
            | Command::CheckConnection
            | Command::ListApplications
            | Command::Rehearse { .. }
            | Command::PruneRuns { .. } => Vec::new(),
            Command::Open { pk, .. } => {
                let has = |m: &&str| {
                    [TableKind::Data, TableKind::Command]
                        .iter()
                        .any(|k| self.data.table(m, *k).any(|r| r.pk().unwrap() == pk.as_str()))
                };
                vec![Event::Opened { modules: MODULES.iter().filter(|m| has(m)).map(|m| (*m).to_owned()).collect() }]
            }
            Command::Page { listing, after, limit } => {
                let all = self.entities(&listing.module, listing.pk.as_str(), listing.deleted);
                let from = match after {
                    Some(Cursor { at: CursorAt::Data(Some(sk)), .. }) => {
                        all.iter().position(|e| e.entity.key.sk.as_str() > sk.as_str()).unwrap_or(all.len())
                    }
                    _ => 0,
                };
                let mut entities: Vec<EntitySummary> = all[from..].iter().take(limit).cloned().collect();
                entities.iter_mut().for_each(|entity| crate::engine::seen(&listing, entity));
                let more = from + entities.len() < all.len();
                let next = entities
                    .last()
                    .filter(|_| more)
                    .map(|e| Cursor::from(CursorAt::Data(Some(e.entity.key.sk.to_string()))));
                vec![Event::Page { entities, next }]
            }
            Command::History { entity, resolve } => self.history(&entity, resolve),
            Command::Diff { from, to, all } => vec![self.diff(from, to, all)],
            // Followed until it is cancelled.
            Command::Watch { .. } => {
                return vec![(request, Event::Watching(Watching::Begun { rows: 4, capped: false }))];
            }
            Command::Runs => {
                let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0002") };
                vec![Event::Run(Box::new(run_info(RunId::from_parts(1_773_968_523_000, 7), RunState::Done, &entity)))]
            }
            Command::ShowRun { run } => {
                let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0002") };
                vec![
                    Event::Run(Box::new(run_info(run, RunState::Done, &entity))),
                    Event::Item(Box::new(item(run, &entity, (Version(3), Version(4)), Some(Outcome::Done)))),
                ]
            }
            Command::Items { run, from, .. } => {
                let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0002") };
                let items = vec![item(run, &entity, (Version(3), Version(4)), Some(Outcome::Done))];
                vec![Event::Items { run, total: 1, from, items }]
            }
            Command::ShowItem { .. } => {
                let key = EntityKey::new("PRODUCT#acme", "01HX7MBJK3V9WQBZ7XNDK5ZT2M");
                let preview = self.preview(&EntityRef { module: "product".into(), key }, Version(4));
                vec![Event::Preview(Box::new(preview.unwrap()))]
            }
            Command::VerifyRun { .. } | Command::VerifyPlan { .. } => {
                let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0002") };
                let (path, message) = (Some("attributes.price".into()), "written 5, found 7".to_owned());
                let finding = Finding {
                    kind: FindingKind::Different,
                    severity: Severity::Error,
                    entity,
                    path,
                    message,
                    change: None,
                    repairable: false,
                };
                vec![Event::Finding(Box::new(finding)), Event::Progress { phase: Phase::Verify, done: 1, total: None }]
            }
            Command::Export { .. } => vec![],
            Command::Users { pool, after } => vec![super::users::page(pool, after.as_deref())],
            Command::Doctor { .. } => {
                let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0003") };
                let message = "the command of version 2 failed (sync_data:FAILED)".to_owned();
                let severity = Severity::Error;
                let finding = Finding {
                    kind: FindingKind::Wedged,
                    severity,
                    entity,
                    path: None,
                    message,
                    change: None,
                    repairable: true,
                };
                vec![Event::Finding(Box::new(finding))]
            }
            Command::Copy { .. }
            | Command::CheckRun { .. }
            | Command::JoinRuns { .. }
            | Command::ReportRun { .. }
            | Command::TakeSignatures { .. }
            | Command::KeepJournals { .. }
            | Command::SignOff { .. } => Vec::new(),
            Command::ExportRun { run, file } => vec![log(&format!("run {run} written to {}", file.display()))],
            Command::Arm { armed } => vec![Event::Armed(armed)],
            Command::Cancel { .. } => vec![],
            // Commands that plans do not answer.
            Command::Decide { .. }
            | Command::PreviewPlan { .. }
            | Command::RunPlan { .. }
            | Command::Collisions { .. }
            | Command::ShowCollision { .. }
            | Command::ResumeRun { .. }
            | Command::Steer { .. } => vec![],
        };
        events.push(Event::Finished { cancelled: false });
        events.into_iter().map(|e| (request, e)).collect()
    }
}

/// A line of the engine's own.
pub(crate) fn log(text: &str) -> Event {
    Event::Log(Level::Info, text.to_owned())
}
