use std::env;
use std::path::{Path, PathBuf};

/// Where the configuration file is: the flag, `TENANTRY_CONFIG`, `$XDG_CONFIG_HOME/tenantry/config.toml`, `~/.config/tenantry/config.toml`.
#[must_use]
pub fn config_path(flag: Option<&Path>) -> PathBuf {
    flag.map(Path::to_path_buf)
        .or_else(|| directory("TENANTRY_CONFIG"))
        .unwrap_or_else(|| below("XDG_CONFIG_HOME", ".config").join("config.toml"))
}

/// The places that a configuration file is looked for in, the first one that is set counts: its name, and the file where it is set.
#[must_use]
pub fn config_places(flag: Option<&Path>) -> Vec<(&'static str, Option<PathBuf>)> {
    let file = |dir: PathBuf| dir.join("tenantry").join("config.toml");
    vec![
        ("--config", flag.map(Path::to_path_buf)),
        ("TENANTRY_CONFIG", directory("TENANTRY_CONFIG")),
        ("XDG_CONFIG_HOME", directory("XDG_CONFIG_HOME").map(file)),
        ("~/.config", Some(file(env::home_dir().unwrap_or_default().join(".config")))),
    ]
}

/// Where runs, caches and logs are kept: the flag, `TENANTRY_STATE`, `$XDG_STATE_HOME/tenantry`, `~/.local/state/tenantry`.
#[must_use]
pub fn state_dir(flag: Option<&Path>) -> PathBuf {
    flag.map(Path::to_path_buf)
        .or_else(|| directory(state_variable()))
        .unwrap_or_else(|| below("XDG_STATE_HOME", ".local/state"))
}

/// The variable that names the state directory within a command of `[notify]`.
pub const STATE_DIR_WITHIN: &str = "TENANTRY_STATE_DIR";

/// The variable that names the state directory. A command of `[notify]` finds the state of the run under this name, and the directory
/// under another one.
#[must_use]
pub fn state_variable() -> &'static str {
    if env::var_os("TENANTRY_EVENT").is_some() { STATE_DIR_WITHIN } else { "TENANTRY_STATE" }
}

fn directory(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|v| !v.is_empty()).map(PathBuf::from)
}

fn below(variable: &str, otherwise: &str) -> PathBuf {
    let base = directory(variable).unwrap_or_else(|| env::home_dir().unwrap_or_default().join(otherwise));
    base.join("tenantry")
}
