use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{FrameworkVersion, Profile};
use crate::domain::clock::{framework_time, parse_time, time_zone, utc_millis};
use crate::domain::plan::{Engine, Plan, RunSettings, Work};
use crate::domain::publish::{PublishMode, Stamp};
use crate::domain::run::{Operation, RunId};
use crate::domain::undo_until::{UndoNote, UndoUntil};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::{Header, Recorded};
use crate::engine::protocol::{Approval, Level, Remembered, RunInfo};
use crate::engine::task::{Stop, Task};

/// Settings and facts that are the same for everything that a run does.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Context {
    pub(in crate::engine) run: RunId,
    pub(in crate::engine) operation: Operation,
    /// The run's one time.
    pub(in crate::engine) at: Timestamp,
    pub(in crate::engine) stamp: Stamp,
    pub(in crate::engine) mode: PublishMode,
    pub(in crate::engine) settings: RunSettings,
    /// The text that a protected profile wants typed.
    pub(in crate::engine) confirm: Option<String>,
    /// Items are told with their rows.
    pub(in crate::engine) rows: bool,
    /// The name under which the application registered its import, where the plan has one.
    pub(in crate::engine) import_table: Option<String>,
    /// Items that had failed, and items that had been attempted, when the run was resumed: they stop nothing again.
    pub(in crate::engine) before: (u64, u64),
    /// Decisions of the starts before this one.
    pub(in crate::engine) earlier: Vec<Approval>,
    /// The last rehearsal of what it does.
    pub(in crate::engine) rehearsal: Option<Box<Remembered>>,
    /// Notes on the run as a whole, to be read before it is approved.
    pub(in crate::engine) notes: Vec<(Level, String)>,
}

impl Context {
    /// For a run that begins now.
    pub(in crate::engine) fn new(
        task: &Task,
        operation: Operation,
        settings: RunSettings,
        tenant: Option<&str>,
    ) -> Result<Self, Stop> {
        let profile = task.profile();
        let mode = match operation {
            // Users are published by nobody.
            Operation::Users => PublishMode::Sync,
            // The application's own import publishes.
            _ if settings.engine == Engine::Pipeline => PublishMode::Async,
            _ => settings.publish.unwrap_or(profile.publish),
        };
        // A repair inserts no command row, which is what an old pipeline would take up.
        if !matches!(operation, Operation::Repair | Operation::Users) {
            sync_allowed(profile, mode)?;
        }
        let (run, at) = (RunId::generate(), Timestamp::now());
        let zone = time_zone(&profile.timezone).map_err(|e| Failure::new(ErrorCode::Config, e.to_string()))?;
        let stamp = Stamp {
            at: framework_time(at, &zone),
            by: profile.operator.clone(),
            ip: profile.operator_ip.clone(),
            request_id: run.request_id(),
            source: format!("tenantry {operation}"),
        };
        let confirm = profile.protected.then(|| tenant.unwrap_or(&profile.environment).to_owned());
        Ok(Self {
            run,
            operation,
            at,
            stamp,
            mode,
            settings,
            confirm,
            rows: false,
            import_table: None,
            before: (0, 0),
            earlier: Vec::new(),
            rehearsal: None,
            notes: Vec::new(),
        })
    }

    /// For a run that ended before its end: with the time and the name that it began with.
    pub(in crate::engine) fn resumed(task: &Task, info: &RunInfo, recorded: &Recorded) -> Self {
        let profile = task.profile();
        let settings = recorded.plan.as_ref().map(|plan| plan.run.clone()).unwrap_or_default();
        let tenant = recorded.plan.as_ref().and_then(|plan| plan.work.target_tenant());
        let confirm = profile.protected.then(|| tenant.unwrap_or(&profile.environment).to_owned());
        Self {
            run: info.run,
            operation: info.operation,
            at: parse_time(&info.started_at).unwrap_or_else(Timestamp::now),
            stamp: recorded.stamp.clone(),
            mode: recorded.mode,
            settings,
            confirm,
            rows: false,
            import_table: recorded.plan.as_ref().and_then(|plan| import_table(&plan.work)),
            before: (0, 0),
            earlier: Vec::new(),
            rehearsal: None,
            notes: Vec::new(),
        }
    }

    /// The run's time as attributes and journals spell it.
    pub(in crate::engine) fn time(&self) -> String {
        utc_millis(self.at)
    }

    /// Until when the run can be undone, as the operator's clock says it.
    pub(in crate::engine) fn undo_notes(&self, task: &Task, until: &UndoUntil) -> Vec<(Level, String)> {
        let zone = time_zone(&task.profile().timezone).unwrap_or(TimeZone::UTC);
        let level = |note: &UndoNote| if note.is_soon { Level::Warning } else { Level::Info };
        until.notes(Timestamp::now(), &zone).into_iter().map(|note| (level(&note), note.words)).collect()
    }

    /// The header that the journal begins with.
    pub(in crate::engine) async fn header(
        &self,
        task: &Task,
        name: String,
        plan: Option<&Plan>,
        undo_of: Option<RunId>,
    ) -> Header {
        let profile = task.profile();
        Header {
            run: self.run,
            name,
            operation: self.operation,
            reason: plan.map(|p| p.reason.clone()).unwrap_or_default(),
            profile: profile.name.clone(),
            environment: profile.environment.clone(),
            app: profile.app.clone(),
            // A caller who may not ask for the account can still run: the account is then not pinned.
            account: task.shared.connected.account().await.ok().flatten(),
            region: task.shared.connected.region.clone(),
            endpoint: task.shared.connected.pins.dynamodb.clone(),
            pins: task.shared.connected.pins.clone(),
            started_at: self.time(),
            plan: plan.cloned(),
            stamp: self.stamp.clone(),
            mode: self.mode,
            undo_of,
        }
    }
}

/// The name under which the application registered its import, where the plan has one.
pub(in crate::engine) fn import_table(work: &Work) -> Option<String> {
    match work {
        Work::Import { table, .. } => table.clone(),
        _ => None,
    }
}

fn sync_allowed(profile: &Profile, mode: PublishMode) -> Result<(), Stop> {
    if mode == PublishMode::Sync && profile.framework < FrameworkVersion::SYNC_COMPLETE {
        let mut asked = profile.clone();
        asked.publish = PublishMode::Sync;
        return Err(Failure::new(ErrorCode::Config, asked.sync_refused().unwrap_or_default()).into());
    }
    Ok(())
}
