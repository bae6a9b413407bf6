//! The caller that is signed in, and the place that the sign-in leads to.

use jiff::Timestamp;

use super::browse::modules;
use crate::domain::clock::utc_millis;
use crate::domain::secret::{Device, OneTimeCode};
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::{Event, Identity};
use crate::engine::task::{Stop, Task};
use crate::store::device;

/// Tells who is signed in, also where nobody is; gives back the modules, where they may be listed.
pub(in crate::engine) async fn show(task: &Task) -> Result<Option<Vec<String>>, Stop> {
    let mut identity = Identity::of(task.profile(), task.shared.connected.region.clone());
    let asked = ask(task, &mut identity).await;
    let tables = identity.tables.clone();
    task.emit(Event::Who(Box::new(identity))).await?;
    asked.map(|()| tables)
}

/// Looks for credentials anew, and tells whose they are.
pub(in crate::engine) async fn sign_in_again(task: &Task, code: Option<OneTimeCode>) -> Result<(), Stop> {
    task.shared.connected.sign_in_again(task.profile(), code.as_ref()).await?;
    show(task).await.map(drop)
}

/// Says beside a failure that a one-time code would mend it, where that is so.
pub(in crate::engine) async fn or_code<T>(task: &Task, result: Result<T, Stop>) -> Result<T, Stop> {
    let Err(Stop::Failed(failure)) = &result else { return result };
    let has_session = task.shared.connected.session_end().is_some_and(|end| !end.renews && end.at > Timestamp::now());
    let is_about_it = match failure.code {
        ErrorCode::Credentials | ErrorCode::SignIn => true,
        // A policy may refuse whoever gave no code; whoever did needs the permission.
        ErrorCode::AccessDenied => !has_session,
        _ => false,
    };
    if is_about_it && device_of(task).await.is_some() {
        task.emit(Event::CodeWanted).await?;
    }
    result
}

/// A failure that ended a session. Where another one-time code starts the next, that is the advice.
pub(in crate::engine) async fn with_device(task: &Task, failure: Failure) -> Failure {
    if !matches!(failure.code, ErrorCode::Credentials | ErrorCode::SignIn) {
        return failure;
    }
    match device_of(task).await {
        Some(Device { serial, .. }) => {
            failure.hint(format!("sign in with another one-time code of {serial}; nothing is lost"))
        }
        None => failure,
    }
}

async fn device_of(task: &Task) -> Option<Device> {
    let profile = Some(task.profile()).filter(|profile| profile.credentials.is_none())?;
    device(profile.aws_profile.as_deref()).await
}

async fn ask(task: &Task, identity: &mut Identity) -> Result<(), Stop> {
    let connected = &task.shared.connected;
    match connected.expires_at().await? {
        Some(end) => identity.expires_at = Some(utc_millis(end)),
        None => task.warn("these credentials do not say when they end").await?,
    }
    match connected.caller().await {
        Ok(Some(caller)) => {
            if caller.arn.is_none() {
                task.warn("the ARN is not known: the profile names its account, and AWS is not asked").await?;
            }
            (identity.account, identity.arn) = (Some(caller.account), caller.arn);
        }
        Ok(None) => {
            let why = "account and ARN are not known: behind an endpoint of the profile's own, AWS is not asked";
            task.warn(why).await?;
        }
        Err(error) => missing(task, error.into(), "account and ARN are not known").await?,
    }
    match modules(task).await {
        Ok(modules) => {
            if modules.is_empty() {
                let prefix = task.store().names().prefix();
                let failure = Failure::new(ErrorCode::NoTable, format!("no tables are named {prefix}*-data"));
                let failure = failure.hint("check environment, app and region of the profile");
                task.failed(failure.not_fatal()).await?;
            }
            identity.tables = Some(modules);
        }
        Err(Stop::Failed(failure)) => missing(task, *failure, "the tables are not known").await?,
        Err(stop) => return Err(stop),
    }
    Ok(())
}

/// A part that is not known: a missing permission is no failure, and with credentials that nobody accepts there is nothing more to ask.
async fn missing(task: &Task, failure: Failure, consequence: &str) -> Result<(), Stop> {
    if failure.code.is_lasting() {
        return Err(failure.into());
    }
    let failure = failure.so(consequence);
    if failure.code != ErrorCode::AccessDenied {
        return task.failed(failure.not_fatal()).await;
    }
    let hint = failure.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    task.warn(format!("{}{hint}", failure.message)).await
}
