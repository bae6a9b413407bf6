//! A report about a run as a file for people: what was done, by whom, for what, and how it is taken back.

mod content;
mod html;
mod markdown;

use std::io::Write as _;
use std::path::Path;

pub(super) use content::content;
pub(super) use html::html;
pub(super) use markdown::markdown;

/// A part of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Lines for a shell.
    Code(String),
    /// Rows under names.
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

/// Writes a report into a file of its own, which appears when it is whole and never takes another one's place.
pub(super) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".tenantry-").tempfile_in(dir)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}
