use jiff::Timestamp;

use super::super::failure::{ErrorCode, Failure};
use super::super::journal::{Header, Recorded};
use super::super::protocol::RunInfo;
use super::super::task::{Stop, Task};
use crate::config::{FrameworkVersion, Profile};
use crate::domain::clock::{framework_time, parse_time, time_zone, utc_millis};
use crate::domain::plan::{Engine, Plan, RunSettings, Work};
use crate::domain::publish::{PublishMode, Stamp};
use crate::domain::run::{Operation, RunId};
use crate::domain::secret::without_userinfo;

/// What is the same for everything that a run does.
#[derive(Debug, Clone)]
pub(in super::super) struct Context {
    pub(in super::super) run: RunId,
    pub(in super::super) operation: Operation,
    /// The run's one time.
    pub(in super::super) at: Timestamp,
    pub(in super::super) stamp: Stamp,
    pub(in super::super) mode: PublishMode,
    pub(in super::super) settings: RunSettings,
    /// What a protected profile wants typed.
    pub(in super::super) confirm: Option<String>,
    /// Items are told with their rows.
    pub(in super::super) rows: bool,
    /// The name under which the application registered its import, where the plan has one.
    pub(in super::super) import_table: Option<String>,
}

impl Context {
    /// For a run that begins now.
    pub(in super::super) fn new(
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
        Ok(Self { run, operation, at, stamp, mode, settings, confirm, rows: false, import_table: None })
    }

    /// For a run that ended before its end: with the time and the name that it began with.
    pub(in super::super) fn resumed(task: &Task, info: &RunInfo, recorded: &Recorded) -> Self {
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
        }
    }

    /// The run's time as attributes and journals spell it.
    pub(in super::super) fn time(&self) -> String {
        utc_millis(self.at)
    }

    /// What the journal begins with.
    pub(in super::super) async fn header(
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
            // Who may not ask for it can still run: the account is then not pinned.
            account: task.shared.connected.account().await.ok().flatten(),
            region: task.shared.connected.region.clone(),
            endpoint: profile.endpoints.dynamodb_shown(),
            started_at: self.time(),
            plan: plan.cloned(),
            stamp: self.stamp.clone(),
            mode: self.mode,
            undo_of,
        }
    }
}

/// The name under which the application registered its import, where the plan has one.
pub(in super::super) fn import_table(work: &Work) -> Option<String> {
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

/// Why a run may not be gone on with or taken back under the profile in use: it pinned another place.
pub(in super::super) async fn pinned_by(task: &Task, info: &RunInfo, endpoint: Option<&str>) -> Result<(), Stop> {
    let profile = task.profile();
    let account = task.shared.connected.account().await.ok().flatten();
    let differs = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
    let wrong = [
        ("environment", info.environment != profile.environment, &info.environment, Some(&profile.environment)),
        ("app", info.app != profile.app, &info.app, Some(&profile.app)),
    ];
    let named = wrong.iter().find(|(_, is_wrong, ..)| *is_wrong);
    let (what, was, now) = if let Some((what, _, was, now)) = named {
        (*what, (*was).clone(), now.map(|n| (*n).clone()))
    } else if differs(&info.account, &account) {
        ("account", info.account.clone().unwrap_or_default(), account)
    } else if differs(&info.region, &task.shared.connected.region) {
        ("region", info.region.clone().unwrap_or_default(), task.shared.connected.region.clone())
    } else if endpoint.map(without_userinfo) != profile.endpoints.dynamodb.as_deref().map(without_userinfo)
        && !is_sandbox(profile)
    {
        let name = |e: Option<&str>| without_userinfo(e.unwrap_or("AWS")).into_owned();
        ("endpoint", name(endpoint), Some(name(profile.endpoints.dynamodb.as_deref())))
    } else {
        return Ok(());
    };
    let message = format!(
        "run {} belongs to {what} {was}, and profile {} leads to {}",
        info.run,
        profile.name,
        now.unwrap_or_else(|| "none".to_owned())
    );
    Err(Failure::new(ErrorCode::Config, message).hint(format!("use profile {} as it was", info.profile)).into())
}

/// The built-in sandbox listens on other ports at each start.
fn is_sandbox(profile: &Profile) -> bool {
    profile.name == "sandbox"
}
