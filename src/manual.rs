//! Writing the manual pages.

use std::path::Path;

use crate::cli::man::pages;
use crate::engine::failure::{ErrorCode, Failure};

/// Writes all pages into a directory, made if missing; gives back their number.
///
/// # Errors
/// A [`Failure`] when a page cannot be written.
pub fn write(dir: &Path) -> Result<usize, Box<Failure>> {
    let failed =
        |path: &Path, error: &std::io::Error| Failure::new(ErrorCode::Io, format!("{}: {error}", path.display()));
    std::fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
    let pages = pages().map_err(|error| failed(dir, &error))?;
    for (name, text) in &pages {
        let path = dir.join(name);
        std::fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    }
    Ok(pages.len())
}
