//! How the console looks and which keys it has: files of the operator's own, read over the shipped ones.

use std::path::{Path, PathBuf};

use super::regular::read_regular;
use super::toml_walk::{ConfigError, Walk};

/// The `[ui]` of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ui {
    /// Keys that replace the shipped ones.
    pub keymap: Option<OwnFile>,
    /// Styles that replace the shipped ones.
    pub theme: Option<OwnFile>,
}

/// A file of the operator's own, and what stood in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFile {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Reads `[ui]`; its paths are relative to the configuration file.
pub(super) fn read(mut walk: Walk<'_, '_>, config: &Path) -> Result<Ui, Box<ConfigError>> {
    let ui = Ui { keymap: own_file(&mut walk, "keymap", config)?, theme: own_file(&mut walk, "theme", config)? };
    walk.finish()?;
    Ok(ui)
}

fn own_file(walk: &mut Walk<'_, '_>, key: &'static str, config: &Path) -> Result<Option<OwnFile>, Box<ConfigError>> {
    let Some(name) = walk.text(key)? else { return Ok(None) };
    let path = config.parent().unwrap_or(Path::new("")).join(name);
    match read_regular(&path) {
        Ok(text) => Ok(Some(OwnFile { path, text })),
        Err(error) => Err(walk.wrong_value(key, format!("{}: {error}", path.display()))),
    }
}
