//! The console. Nothing else in the program knows of a terminal.

mod actions;
mod app;
mod asked;
mod cache;
mod calling;
mod clipboard;
mod files;
mod first_run;
mod format;
mod fuzzy;
mod ground;
mod headless;
mod input;
mod intents;
mod job;
mod keymap;
mod layout;
#[doc(hidden)]
pub mod measure;
mod memory;
mod message;
mod notice;
mod output;
mod pane;
mod parts;
mod reconfigure;
mod reference;
mod run;
mod screen;
mod screens;
mod stack;
mod subject;
mod terminal;
mod text;
mod theme;
mod view;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use first_run::{FirstRun, first_run};
pub use reference::reference;
pub use run::{Profiles, run};

/// The modules of the last counts of tenants, where a profile has any.
#[must_use]
pub fn counted_modules(state_dir: &std::path::Path, profile: &crate::config::Profile) -> Vec<String> {
    let counted = cache::read(&cache::path(state_dir, profile), profile, None);
    counted.map(|counted| counted.counts.into_iter().map(|count| count.module).collect()).unwrap_or_default()
}

use crate::config::{Ground, Profile, Ui};

/// Checks the operator's own keys and styles, as the console would read them.
///
/// # Errors
/// The error in either file, in words.
pub fn check(ui: &Ui) -> Result<(), String> {
    keymap::Keymap::with(ui.keymap.as_ref())?;
    for ground in [Ground::Dark, Ground::Light] {
        theme::Theme::with(ground, ui.theme.as_ref(), false)?;
    }
    Ok(())
}

/// Partition or entity to open at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAt {
    /// The partition.
    pub pk: String,
    /// The entity, if one is wanted.
    pub sk: Option<String>,
    /// The module, where it is known.
    pub module: Option<String>,
}

/// How the console starts.
#[derive(Debug, Clone)]
pub struct ConsoleOptions {
    /// The profile that the engine works under.
    pub profile: Profile,
    /// Armed from the start; protected profiles are not.
    pub start_armed: bool,
    /// Where counts are kept between sessions.
    pub state_dir: PathBuf,
    /// The words that a printed command line begins with.
    pub headless_prefix: Vec<String>,
    /// Data and runs are in memory: another start of the program knows nothing of them.
    pub forgets: bool,
    /// Partition or entity to open at the start.
    pub open: Option<OpenAt>,
    /// No colours.
    pub no_color: bool,
    /// Keys and styles of the operator's own.
    pub ui: Ui,
    /// The rest of the configuration that the console acts on.
    pub settings: Settings,
}

/// Parts of the configuration that may change while the console runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The configuration file; `None` where there is none.
    pub config: Option<PathBuf>,
    /// The program that is told of runs, and its arguments; empty for none.
    pub notify: Vec<String>,
}
