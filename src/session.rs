//! Parts that one start of the program works with: the profile, the state directory, the sandbox where one is wanted.

use std::path::{Path, PathBuf};
#[cfg(feature = "sandbox")]
use std::sync::Arc;

use tempfile::TempDir;

use crate::cli::Global;
use crate::config::{self, ConfigError, Profile, UiSettings};
use crate::domain::secret::redacted;
use crate::engine::failure::{ErrorCode, Failure};
use crate::engine::journal::check_state_dir;
#[cfg(feature = "sandbox")]
use crate::sandbox::{self, Sandbox};

/// The result of reading options, environment and configuration.
#[derive(Debug)]
pub struct Session {
    /// The profile.
    pub profile: Profile,
    /// Where runs, caches and logs go.
    pub state_dir: PathBuf,
    /// How the console looks.
    pub ui: UiSettings,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// The program that is told of runs, and its arguments; empty for none.
    pub notify: Vec<String>,
    /// The embedded services.
    #[cfg(feature = "sandbox")]
    pub sandbox: Option<Arc<Sandbox>>,
    /// Removed at the end.
    _temporary: Option<TempDir>,
}

/// How a session begins.
#[derive(Debug)]
pub enum Start {
    /// With a profile.
    Ready(Box<Session>),
    /// There is no configuration file yet; the places looked at.
    Unconfigured(PathBuf),
}

impl From<Box<ConfigError>> for Failure {
    fn from(error: Box<ConfigError>) -> Self {
        let mut failure = Self::new(ErrorCode::Config, error.to_string());
        failure.file = Some(error.file.display().to_string());
        failure.line = error.line;
        failure.column = error.column;
        failure.key = error.key;
        failure.hint = error.hint.map(|hint| redacted(&hint).into_owned());
        failure
    }
}

/// The failure for a plan file that cannot be used: code `plan`, with the file, line, column and key of the error.
#[must_use]
pub fn plan_failure(error: Box<ConfigError>) -> Failure {
    Failure { code: ErrorCode::Plan, ..error.into() }
}

/// Reads what the options name.
///
/// # Errors
/// A [`Failure`] that says which file, key or option is wrong.
pub fn start(global: &Global) -> Result<Start, Box<Failure>> {
    if global.sandbox {
        if global.profile.is_some() {
            return Err(
                Failure::new(ErrorCode::Usage, "--sandbox has a profile of its own: leave --profile out").into()
            );
        }
        return in_sandbox(global).map(|s| Start::Ready(Box::new(s)));
    }
    if global.data.is_some() || global.pipeline.is_some() {
        return Err(
            Failure::new(ErrorCode::Usage, "--data and --pipeline belong to --sandbox and to sandbox serve").into()
        );
    }
    let path = config::config_path(global.config.as_deref());
    let Some(file) = config::load(&path).map_err(Failure::from)? else {
        return Ok(Start::Unconfigured(path));
    };
    let known = || file.profiles.keys().cloned().collect::<Vec<_>>().join(", ");
    let chosen = global.profile.clone().or_else(|| std::env::var("TENANTRY_PROFILE").ok().filter(|p| !p.is_empty()));
    let name = match (&chosen, &file.default_profile) {
        (Some(name), _) | (None, Some(name)) => name.clone(),
        (None, None) if file.profiles.len() == 1 => file.profiles.keys().next().cloned().unwrap_or_default(),
        (None, None) => {
            let failure = Failure::new(ErrorCode::Config, format!("{}: no default_profile", path.display()));
            return Err(failure.hint(format!("choose one with --profile: {}", known())).into());
        }
    };
    let profile = file.profiles.get(&name).cloned().ok_or_else(|| {
        let failure = Failure::new(ErrorCode::Config, format!("{} defines no profile {name}", path.display()));
        failure.hint(format!("it defines {}", known()))
    })?;
    let state_dir = config::state_dir(global.state.as_deref());
    check_state_dir(&state_dir).map_err(Failure::from)?;
    Ok(Start::Ready(Box::new(Session {
        profile,
        state_dir,
        ui: file.ui,
        config: Some(path),
        notify: file.notify,
        #[cfg(feature = "sandbox")]
        sandbox: None,
        _temporary: None,
    })))
}

#[cfg(not(feature = "sandbox"))]
fn in_sandbox(_global: &Global) -> Result<Session, Box<Failure>> {
    Err(Failure::new(ErrorCode::Usage, "this build has no sandbox").hint("build with the default features").into())
}

/// How the console looks and speaks, which is the operator's and no profile's.
///
/// # Errors
/// A [`Failure`] where the file was named and cannot be read; the usual one is passed over then, because the sandbox needs nothing of it.
#[cfg(feature = "sandbox")]
fn ui_of(global: &Global) -> Result<UiSettings, Box<Failure>> {
    match config::load(&config::config_path(global.config.as_deref())) {
        Ok(file) => Ok(file.map(|file| file.ui).unwrap_or_default()),
        Err(error) if global.config.is_some() => Err(Failure::from(error).into()),
        Err(_) => Ok(UiSettings::default()),
    }
}

#[cfg(feature = "sandbox")]
fn of_sandbox(error: sandbox::SandboxError) -> Failure {
    let code = if matches!(error, sandbox::SandboxError::Locked { .. }) { ErrorCode::Locked } else { ErrorCode::Io };
    Failure::new(code, error.to_string())
}

#[cfg(feature = "sandbox")]
fn in_sandbox(global: &Global) -> Result<Session, Box<Failure>> {
    use std::time::Duration;
    // The stand-in takes a fifth of a second unless told otherwise, so that waiting for it can be seen.
    let pipeline = global.pipeline.map_or(Some(Duration::from_millis(200)), |p| p.0);
    let sandbox =
        Sandbox::start(sandbox::Options { data: global.data.clone(), port: None, pipeline }).map_err(of_sandbox)?;
    let explicit = global.state.is_some() || std::env::var_os(config::state_variable()).is_some_and(|v| !v.is_empty());
    let (state_dir, temporary) = match (&global.data, explicit) {
        (_, true) => (config::state_dir(global.state.as_deref()), None),
        (Some(data), false) => (data.join("state"), None),
        (None, false) => {
            let dir = TempDir::with_prefix("tenantry-").map_err(|e| Failure::new(ErrorCode::Io, e.to_string()))?;
            (dir.path().to_path_buf(), Some(dir))
        }
    };
    check_state_dir(&state_dir).map_err(Failure::from)?;
    let mut profile = sandbox_profile(&sandbox);
    if let Some(data) = &global.data {
        crate::keep::opened(&mut profile, data)?;
    }
    Ok(Session {
        profile,
        state_dir,
        ui: ui_of(global)?,
        config: None,
        notify: Vec::new(),
        sandbox: Some(Arc::new(sandbox)),
        _temporary: temporary,
    })
}

/// Starts the services on their own; demo data only into an empty sandbox, and not where none is wanted.
///
/// # Errors
/// A [`Failure`] that says what to do: a taken port, an unusable directory.
#[cfg(feature = "sandbox")]
pub fn open_sandbox(options: sandbox::Options, empty: bool) -> Result<Sandbox, Box<Failure>> {
    let sandbox = Sandbox::start(options).map_err(of_sandbox)?;
    if !empty {
        load_demo(&sandbox).map_err(of_sandbox)?;
    }
    Ok(sandbox)
}

/// Loads the demo data into an empty sandbox.
///
/// # Errors
/// The sandbox's own error.
#[cfg(feature = "sandbox")]
pub fn load_demo(sandbox: &Sandbox) -> Result<(), sandbox::SandboxError> {
    if sandbox.is_empty()? {
        sandbox.load_demo(|done, total| tracing::debug!(done, total, "demo data"))?;
    }
    Ok(())
}

/// The built-in profile `sandbox`.
#[cfg(feature = "sandbox")]
#[must_use]
pub fn sandbox_profile(sandbox: &Sandbox) -> Profile {
    let endpoints = sandbox.endpoints();
    let mut profile = Profile::new("sandbox", sandbox::ENVIRONMENT, sandbox::APP);
    profile.region = Some(sandbox::REGION.to_owned());
    profile.endpoints = config::Endpoints {
        dynamodb: Some(endpoints.dynamodb.clone()),
        s3: Some(endpoints.s3.clone()),
        cognito: Some(endpoints.cognito.clone()),
    };
    profile.credentials = Some((sandbox::ACCESS_KEY_ID.to_owned(), sandbox::SECRET_ACCESS_KEY.to_owned()));
    profile.account = Some(sandbox::ACCOUNT.to_owned());
    profile.bucket = Some(sandbox::BUCKET.to_owned());
    profile.user_pool_id = Some(sandbox.user_pool_id().to_owned());
    sandbox::TIMEZONE.clone_into(&mut profile.timezone);
    profile
}

/// The places a configuration file is looked for in, for messages.
#[must_use]
pub fn unconfigured(path: &Path) -> Failure {
    Failure::new(ErrorCode::Config, format!("there is no configuration file: looked at {}", path.display())).hint(
        "write one (`tenantry config example` prints it), name one with --config or TENANTRY_CONFIG, or use --sandbox",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_plan_is_a_plan_error_with_its_place() {
        let error = config::plan::parse(Path::new("p.toml"), "operation = \"copy\"\nnmae = \"n\"\n").unwrap_err();
        let failure = plan_failure(error.clone());
        assert_eq!(serde_json::to_value(failure.code).unwrap(), "plan");
        let place = (failure.file.as_deref(), failure.line, failure.column, failure.key.as_deref());
        assert_eq!(place, (Some("p.toml"), Some(2), Some(1), Some("nmae")));
        assert_eq!(failure.hint.as_deref(), Some("did you mean name?"));
        assert_eq!(Failure::from(error), Failure { code: ErrorCode::Config, ..failure });
    }
}
