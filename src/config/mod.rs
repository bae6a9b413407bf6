//! Profiles: which tables a run of the program looks at, and as whom it writes.

mod file;
mod places;
mod profile;
mod toml_walk;

pub use file::{ConfigFile, EXAMPLE, load, parse};
pub use places::{config_path, state_dir};
pub use profile::{Endpoints, FrameworkVersion, Profile};
pub use toml_walk::ConfigError;
