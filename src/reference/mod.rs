//! The pages of `docs/reference`, made from the tables that the program itself works by.

mod lines;
mod table;
mod words;

use std::io;
use std::path::Path;

pub(crate) use table::{Table, code};

use crate::{cli, config, tui};

/// A page of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The name of its file.
    pub file: &'static str,
    /// Its text, as Markdown.
    pub text: String,
}

/// Stands at the top of each page.
const MADE: &str = "<!-- Made from the tables in the code by `cargo run --example docs`. Do not edit. -->";

/// Every page.
///
/// # Errors
/// The error in the shipped keymap, in words.
pub fn pages() -> Result<Vec<Page>, String> {
    let page = |file, title: &str, text: String| Page { file, text: format!("{MADE}\n\n# {title}\n\n{text}") };
    Ok(vec![
        page("keys.md", "Keys", tui::reference()?),
        page("command-line.md", "Command line", cli::reference()),
        page("exit-codes.md", "Exit codes", cli::exit_code_reference()),
        page("json-lines.md", "JSON lines", lines::text()?),
        page("words.md", "Words of items, runs, errors and findings", words::text()),
        page("plan-keys.md", "Keys of plan files", config::plan_reference()),
        page("plan-examples.md", "Example plans", config::plan_examples()),
        page("configuration.md", "Keys of the configuration file", config::file_reference()),
    ])
}

/// Writes every page into a directory that is there.
///
/// # Errors
/// The error in the shipped keymap, or why a file cannot be written.
pub fn write(dir: &Path) -> io::Result<()> {
    for page in pages().map_err(io::Error::other)? {
        std::fs::write(dir.join(page.file), page.text)?;
    }
    Ok(())
}
