//! Whether what was meant for one place is about to happen in another.

use super::{Stop, Task};
use crate::config::Profile;
use crate::domain::plan::Plan;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::protocol::RunInfo;
use crate::store::Pins;

/// Refuses a plan that is for another profile.
pub(in crate::engine) fn for_this_profile(task: &Task, plan: &Plan) -> Result<(), Stop> {
    let Some(profile) = plan.profile.as_ref().filter(|name| **name != task.profile().name) else { return Ok(()) };
    let message = format!("the plan is for profile {profile}, and this is {}", task.profile().name);
    let mut failure = Failure::new(ErrorCode::Plan, message);
    failure.key = Some("profile".to_owned());
    Err(failure.hint(format!("use --profile {profile}")).into())
}

/// Why a run may not be gone on with or taken back under the profile in use: it pinned another place.
pub(in crate::engine) async fn pinned_by(task: &Task, info: &RunInfo, pins: &Pins) -> Result<(), Stop> {
    if task.shared.is_rehearsal {
        return Ok(());
    }
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
    } else if let Some((what, was, now)) = pins.difference(&task.shared.connected.pins, is_sandbox(profile)) {
        (what, was, Some(now))
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
