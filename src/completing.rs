//! Names on this machine for the completion of words: profiles of the configuration, runs and counted modules of the state directory.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::cli::Global;
use crate::cli::completion::{Known, complete};
use crate::config::{self, ConfigFile, Profile};
use crate::domain::printable::printable;
use crate::domain::run::RunId;

/// Runs that are offered.
const RUNS: usize = 50;

/// The lines that a shell's script reads: a word, a tab and what it is for; `:files` where a file may stand.
#[must_use]
pub fn answer(global: &Global, words: &[String]) -> String {
    let answer = complete(&crate::cli::for_operators(), words, &Machine::new(global, words));
    let mut out = String::new();
    for (word, about) in answer.words {
        out.push_str(&printable(&word));
        out.push('\t');
        out.push_str(&printable(&about));
        out.push('\n');
    }
    if answer.files {
        out.push_str(":files\n");
    }
    out
}

struct Machine {
    config: Option<PathBuf>,
    state_dir: PathBuf,
}

impl Machine {
    /// Other places than the usual ones may be named among the words themselves.
    fn new(global: &Global, words: &[String]) -> Self {
        let named = |option: &str| {
            let at = words.iter().position(|word| word == option)?;
            words.get(at + 1).map(PathBuf::from)
        };
        let config = global.config.clone().or_else(|| named("--config"));
        let state = global.state.clone().or_else(|| named("--state"));
        Self { config, state_dir: config::state_dir(state.as_deref()) }
    }

    fn file(&self) -> Option<ConfigFile> {
        config::load(&config::config_path(self.config.as_deref())).ok().flatten()
    }

    fn profile(&self, named: Option<&str>) -> Option<Profile> {
        let file = self.file()?;
        let from_environment = std::env::var("TENANTRY_PROFILE").ok().filter(|name| !name.is_empty());
        let name = named.map(str::to_owned).or(from_environment).or(file.default_profile);
        match name {
            Some(name) => file.profiles.get(&name).cloned(),
            None => file.profiles.values().next().cloned(),
        }
    }
}

impl Known for Machine {
    fn profiles(&self) -> Vec<String> {
        self.file().map(|file| file.profiles.keys().cloned().collect()).unwrap_or_default()
    }

    fn runs(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.state_dir.join("runs")) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut runs: Vec<String> = names.filter(|name| name.parse::<RunId>().is_ok()).collect();
        // Ids begin with their time.
        runs.sort_unstable_by(|a, b| b.cmp(a));
        runs.truncate(RUNS);
        runs
    }

    fn modules(&self, profile: Option<&str>) -> Vec<String> {
        let Some(profile) = self.profile(profile) else { return Vec::new() };
        let counted = crate::tui::counted_modules(&self.state_dir, &profile);
        let all: BTreeSet<String> = profile.tables.keys().cloned().chain(counted).collect();
        all.into_iter().collect()
    }
}
