//! Profiles and plans: which tables a run of the program looks at, as whom it writes, and what.

mod file;
mod file_rows;
mod layers;
mod places;
pub mod plan;
mod profile;
mod reference;
mod regular;
mod rows;
pub mod schema;
mod toml_walk;
mod ui;
mod words;

pub use file::{ConfigFile, EXAMPLE, edited, load, parse};
pub use layers::Origin;
pub use places::{STATE_DIR_WITHIN, config_path, config_places, state_dir, state_variable};
pub use profile::{Endpoints, FrameworkVersion, Profile, SignOff};
pub use reference::{file_reference, plan_examples, plan_reference};
pub use regular::{open_regular, read_regular};
pub use toml_walk::ConfigError;
pub use ui::{Ground, OwnFile, Ui, UiSettings};
