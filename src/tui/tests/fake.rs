//! An engine of canned answers at the other end of the boundary: enough of the real one's behaviour to walk through the console.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::data::Data;
use super::fake_plans::Plans;
use crate::domain::clock::normalise_time;
use crate::domain::diff::diff_rows;
use crate::domain::finding::FindingKind;
use crate::domain::key::{EntityKey, Version, split_versioned};
use crate::domain::plan::{Modules, Plan, RollTo, Work};
use crate::domain::publish::PublishMode;
use crate::domain::row::{Row, TableKind, blocked, field};
use crate::domain::run::{Action, Operation, Outcome, RunId, RunState};
use crate::domain::tenant::tenant_of;
use crate::domain::timeline::{self, VersionStatus};
use crate::domain::undo_until::UndoUntil;
use crate::domain::value::Value;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{
    ApprovalRequest, Blast, Command, Connection, Counters, Cursor, CursorAt, Decision, DeletedFilter, DiffResult,
    EntityRef, EntitySummary, Event, Finding, HistoryEntry, ItemResult, Level, ListedPartition, MeasuredTable, Phase,
    PlanSummary, Preview, RequestId, RunInfo, SessionEnd, Severity, Side, StopCause, TenantCount, Watching,
};

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

    /// A plan of one entity: its preview, or its run up to the question.
    fn rollback(
        &mut self,
        request: RequestId,
        is_run: bool,
        entity: &EntityRef,
        to: Version,
    ) -> Vec<(RequestId, Event)> {
        let finished = Event::Finished { cancelled: false };
        let run = RunId::from_parts(1_773_968_523_000, 7);
        let state = |state, ended_at| Event::Run(Box::new(RunInfo { ended_at, ..run_info(run, state, entity) }));
        let found = self.preview(entity, to);
        let planned = Event::Planned(Box::new(PlanSummary {
            run,
            digest: "4f2a9c0d7be61835".repeat(4),
            actions: found.iter().map(|preview| (preview.action, 1)).collect(),
            reasons: vec![],
            blast: Blast::default(),
            tenant: None,
            publish: PublishMode::Sync,
            notes: vec![],
            violated: vec![],
            undo_until: UndoUntil::default(),
        }));
        let events = match found {
            Err(failure) => vec![Event::Failed(failure), finished],
            Ok(preview) if !is_run => vec![Event::Preview(Box::new(preview)), finished],
            Ok(preview) if preview.after.is_some() => {
                self.waiting.insert(run, (request, preview.clone()));
                let approval = ApprovalRequest {
                    run,
                    batch: 1,
                    canary: true,
                    held: false,
                    waiting: 1,
                    rest: 1,
                    held_back: (0, 0),
                    earlier: Vec::new(),
                    canary_is_clean: None,
                    digest: "4f2a9c0d7be61835".repeat(4),
                    confirm: self.confirm.clone(),
                    rehearsal: None,
                    notes: Vec::new(),
                    items: vec![preview],
                };
                vec![planned, state(RunState::Running, None), Event::ApprovalNeeded(Box::new(approval))]
            }
            Ok(preview) => {
                let mut ended = item(run, entity, (preview.version_before, preview.version_before), None);
                (ended.batch, ended.action, ended.reason) = (None, preview.action, preview.reason);
                (ended.outcome, ended.message) = (Some(preview.action.unwritten()), preview.message);
                let done = state(RunState::Done, Some("2026-03-20T01:02:04.000Z".into()));
                vec![planned, state(RunState::Running, None), Event::Item(Box::new(ended)), done, finished]
            }
        };
        events.into_iter().map(|event| (request, event)).collect()
    }

    fn decide(&mut self, request: RequestId, run: RunId, decision: Decision) -> Vec<(RequestId, Event)> {
        let done = (request, Event::Finished { cancelled: false });
        let Some((of, preview)) = self.waiting.remove(&run) else { return vec![done] };
        let outcome = match decision {
            Decision::Approve { confirm } if confirm == self.confirm => Outcome::Done,
            _ => Outcome::Skipped,
        };
        let state = if outcome == Outcome::Done { RunState::Done } else { RunState::Waiting };
        let versions = (preview.version_before, preview.version_after);
        let mut out = vec![done];
        if outcome == Outcome::Done {
            let module = preview.entity.module.clone();
            let mut past = preview.before.clone().unwrap().as_ref().clone();
            past.0.insert("sk".into(), Value::s(preview.entity.key.sk.at(versions.0)));
            self.data.insert(&module, TableKind::History, past);
            let mut command = preview.after.clone().unwrap().as_ref().clone();
            for (name, value) in [
                ("sk", preview.entity.key.sk.at(versions.1)),
                ("createdAt", "2026-03-20T10:02:03+09:00".into()),
                ("createdBy", "u-tester".into()),
            ] {
                command.0.insert(name.into(), Value::s(value));
            }
            self.data.insert(&module, TableKind::Command, command);
            self.data.insert(&module, TableKind::Data, preview.after.clone().unwrap().as_ref().clone());
            out.push((of, Event::Item(Box::new(item(run, &preview.entity, versions, Some(outcome))))));
        }
        out.push((of, Event::Run(Box::new(run_info(run, state, &preview.entity)))));
        if outcome != Outcome::Done {
            out.push((of, Event::Stopped { run, cause: StopCause::NotApproved }));
        }
        out.push((of, Event::Finished { cancelled: false }));
        out
    }

    fn tenants(&self, module: Option<&str>) -> Vec<TenantCount> {
        let mut out: BTreeMap<(String, String), TenantCount> = BTreeMap::new();
        for name in MODULES.into_iter().filter(|m| module.is_none_or(|wanted| *m == wanted)) {
            for row in self.data.table(name, TableKind::Data) {
                let key = row.data_key().unwrap();
                let count = out.entry((name.to_owned(), key.pk.to_string())).or_insert_with(|| TenantCount {
                    module: name.into(),
                    entity_type: key.pk.entity_type().into(),
                    tenant: tenant_of(&key.pk, row.text(field::TENANT_CODE)).code,
                    pk: key.pk.clone(),
                    entities: 0,
                    deleted: 0,
                    oldest: None,
                    newest: None,
                });
                count.entities += 1;
                count.deleted += u64::from(row.is_deleted());
                let time = |name| row.text(name).map(normalise_time);
                count.oldest = [count.oldest.take(), time(field::CREATED_AT)].into_iter().flatten().min();
                count.newest = count.newest.take().max(time(field::UPDATED_AT));
            }
        }
        out.into_values().collect()
    }

    fn entities(&self, module: &str, pk: &str, deleted: DeletedFilter) -> Vec<EntitySummary> {
        let mut keys: BTreeMap<EntityKey, Option<Arc<Row>>> = BTreeMap::new();
        for row in self.data.table(module, TableKind::Data).filter(|r| r.pk().unwrap() == pk) {
            keys.insert(row.data_key().unwrap(), Some(row.clone()));
        }
        for row in self.data.table(module, TableKind::Command).filter(|r| r.pk().unwrap() == pk) {
            if let Some((base, _)) = split_versioned(row.sk().unwrap()) {
                keys.entry(EntityKey::new(pk, base)).or_insert(None);
            }
        }
        let wanted = |e: &EntitySummary| match deleted {
            DeletedFilter::Keep => true,
            DeletedFilter::Skip => !e.deleted,
            DeletedFilter::Only => e.deleted,
        };
        keys.into_iter().map(|(key, data)| self.summary(module, key, data)).filter(wanted).collect()
    }

    pub(super) fn summary(&self, module: &str, key: EntityKey, data: Option<Arc<Row>>) -> EntitySummary {
        let rows = self.data.entity(module, &key);
        let version = data.as_ref().map_or(Ok(Version(0)), |r| r.version());
        let next = version.as_ref().ok().and_then(|v| rows.commands.get(&v.next())).cloned();
        let now = version.as_ref().ok().and_then(|v| rows.commands.get(v)).cloned();
        let flags = timeline::flags(&key, data.as_deref(), now.as_deref(), next.as_deref());
        let row = data.or_else(|| rows.commands.values().next_back().cloned()).unwrap_or_default();
        let who = now.as_ref().or(next.as_ref());
        let text = |name| row.text(name).map(str::to_owned);
        EntitySummary {
            id: text(field::ID),
            entity_type: text(field::TYPE),
            tenant: tenant_of(&key.pk, row.text(field::TENANT_CODE)).code,
            code: text(field::CODE),
            name: text(field::NAME),
            problem: version.as_ref().err().map(ToString::to_string),
            viewed: None,
            version: version.ok(),
            deleted: row.is_deleted(),
            updated_at: who.and_then(|r| r.text(field::CREATED_AT)).map(str::to_owned),
            updated_by: who.and_then(|r| r.text(field::CREATED_BY)).map(str::to_owned),
            flags,
            attributes_ref: row.attributes_ref().map(str::to_owned),
            entity: EntityRef { module: module.into(), key },
            row,
        }
    }

    pub(super) fn history(&self, entity: &EntityRef, resolve: bool) -> Vec<Event> {
        let rows = self.data.entity(&entity.module, &entity.key);
        let mut entries: Vec<HistoryEntry> = timeline::timeline(&rows, Version(1))
            .unwrap()
            .into_iter()
            .map(|version| {
                let resolved = version.row.as_ref().filter(|_| resolve).map(|row| self.data.resolve(row));
                let lost = resolved.as_ref().and_then(|row| row.attributes_ref());
                let problem = lost.map(|uri| format!("{uri} is not there"));
                HistoryEntry { version, resolved: resolved.filter(|_| problem.is_none()), problem }
            })
            .collect();
        entries.reverse();
        // Newest first, gaps last, in more than one event.
        entries.sort_by_key(|e| e.version.status == VersionStatus::Gap);
        entries.chunks(5).map(|c| Event::Versions(c.to_vec())).collect()
    }

    fn side(&self, side: &Side) -> Option<(Version, TableKind, Arc<Row>)> {
        let rows = self.data.entity(&side.entity.module, &side.entity.key);
        let current = rows.data.as_ref().and_then(|r| r.version().ok()).unwrap_or_default();
        let version = side.version.unwrap_or(current);
        let entry = timeline::entry(&rows, version, current);
        Some((version, *entry.found.first()?, self.data.resolve(entry.row.as_ref()?)))
    }

    fn diff(&self, mut from: Side, mut to: Side, all: bool) -> Event {
        let missing = |side: &Side| {
            let key = &side.entity.key;
            let failure = Failure::new(ErrorCode::NotFound, format!("there is no entity {key}"));
            Event::Failed(Box::new(failure.at(key.pk.to_string(), Some(key.sk.as_str()))))
        };
        let Some((from_version, from_found, before)) = self.side(&from) else { return missing(&from) };
        let Some((to_version, to_found, after)) = self.side(&to) else { return missing(&to) };
        (from.version, to.version) = (Some(from_version), Some(to_version));
        let changes = diff_rows(&before, &after, all);
        Event::Diff(Box::new(DiffResult { from, to, from_found, to_found, before, after, changes }))
    }

    fn preview(&self, entity: &EntityRef, to: Version) -> Result<Preview, Box<Failure>> {
        let gone = || Box::new(Failure::new(ErrorCode::NotFound, format!("version {to} is in no table")));
        let (now, _, before) = self.side(&Side { entity: entity.clone(), version: None }).ok_or_else(gone)?;
        let (_, found, state) = self.side(&Side { entity: entity.clone(), version: Some(to) }).ok_or_else(gone)?;
        let nothing = |action, reason, message: String| Preview {
            n: 1,
            source: entity.key.clone(),
            source_versions: (now, now),
            only_source: false,
            wrote: None,
            digest: "0".repeat(64),
            entity: entity.clone(),
            action,
            reason,
            message: Some(message),
            line: None,
            warnings: vec![],
            version_before: now,
            version_after: now,
            version_from: to,
            found: None,
            before: Some(before.clone()),
            after: None,
            changes: vec![],
            publish: PublishMode::Sync,
            write_units: 0,
            s3_objects: 0,
        };
        if let Some(why) = blocked(&entity.key, Some(&before)) {
            return Ok(nothing(Action::Invalid, Some(why.reason()), why.to_string()));
        }
        let mut after = before.as_ref().clone();
        for name in [field::NAME, field::CODE, field::TYPE, field::IS_DELETED, field::ATTRIBUTES] {
            match state.get(name) {
                Some(value) => after.0.insert(name.to_owned(), value.clone()),
                None => after.0.shift_remove(name),
            };
        }
        if after == *before {
            return Ok(nothing(Action::Equal, None, format!("the entity already is as version {to} was")));
        }
        after.0.insert(field::VERSION.into(), Value::n(now.next().0));
        after.0.insert(field::UPDATED_BY.into(), Value::s("u-tester"));
        Ok(Preview {
            n: 1,
            source: entity.key.clone(),
            source_versions: (now, now.next()),
            only_source: false,
            wrote: None,
            digest: "0".repeat(64),
            entity: entity.clone(),
            action: if before.is_deleted() { Action::Restore } else { Action::Update },
            reason: None,
            message: None,
            line: None,
            warnings: vec![
                "relational copies and notifications of the application are not told: see reSyncData()".into(),
            ],
            version_before: now,
            version_after: now.next(),
            version_from: to,
            found: Some(found),
            changes: diff_rows(&before, &after, false),
            before: Some(before),
            after: Some(Arc::new(after)),
            publish: PublishMode::Sync,
            write_units: 12,
            s3_objects: 0,
        })
    }
}

/// The one entity that a plan takes back, and to what.
fn single(plan: &Plan) -> Option<(EntityRef, Version)> {
    let Work::Rollback { source, how } = &plan.work else { return None };
    let (Modules::Named(modules), RollTo::Version(to)) = (&plan.modules, &how.to) else { return None };
    let key = EntityKey::new(source.pk.as_ref()?.as_str(), source.keys.first()?.as_str());
    Some((EntityRef { module: modules.first()?.clone(), key }, *to))
}

fn item(run: RunId, entity: &EntityRef, versions: (Version, Version), outcome: Option<Outcome>) -> ItemResult {
    ItemResult {
        run,
        batch: Some(1),
        n: 1,
        entity: entity.clone(),
        source: entity.key.clone(),
        source_versions: versions,
        only_source: false,
        before: None,
        after: None,
        action: Action::Update,
        outcome,
        reason: None,
        message: None,
        line: None,
        warnings: vec![],
        version_before: versions.0,
        version_after: versions.1,
        attempts: 1,
        request_id: Some("REQ".into()),
    }
}

pub(super) fn run_info(run: RunId, state: RunState, entity: &EntityRef) -> RunInfo {
    RunInfo {
        run,
        name: format!("rollback of {}", entity.key),
        operation: Operation::Rollback,
        reason: String::new(),
        source: "PRODUCT of acme".into(),
        target: "globex".into(),
        label: String::new(),
        part: None,
        profile: "sandbox".into(),
        environment: "dev".into(),
        app: "shop".into(),
        account: Some("000000000000".into()),
        region: Some("ap-northeast-1".into()),
        digest: "4f2a9c0d7be61835".repeat(4),
        started_at: "2026-03-20T01:02:03.000Z".into(),
        ended_at: Some("2026-03-20T01:02:04.000Z".into()),
        state,
        outcomes: vec![(Outcome::Done, 1)],
        undo_of: None,
        undone_by: None,
        journal: "/state/runs/journal.db".into(),
        operator: "u-tanaka".into(),
        left: 0,
        begun: true,
        retried: 0,
        chain: String::new(),
        approvals: vec![],
        undo_until: None,
        signatures: vec![],
    }
}

/// A line of the engine's own.
pub(crate) fn log(text: &str) -> Event {
    Event::Log(Level::Info, text.to_owned())
}

/// A run that was ended before its end.
pub(crate) fn stopped_run() -> RunInfo {
    let entity = EntityRef { module: "product".into(), key: EntityKey::new("PRODUCT#acme", "P-0002") };
    run_info(RunId::from_parts(1_773_968_523_000, 9), RunState::Stopped, &entity)
}
