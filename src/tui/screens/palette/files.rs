//! Files that a command names, while their names are typed.

use std::path::PathBuf;

use super::Choice;
use crate::tui::app::App;
use crate::tui::message::Effect;
use crate::tui::screens::phrases::{self, Phrase};

/// The names in a directory, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileNames {
    pub(crate) lead: String,
    /// `None` until they are known.
    pub(crate) names: Option<Vec<String>>,
}

/// A command whose next word is a file: the words before it, and how much of it is typed.
struct Naming {
    phrase: &'static Phrase,
    before: Vec<String>,
    begun: String,
}

impl Naming {
    fn of(line: &str) -> Option<Self> {
        let (phrase, mut before) = phrases::parse(line)?;
        let begun = if line.ends_with(char::is_whitespace) { String::new() } else { before.pop()? };
        let is_file = match (phrase.word, before.as_slice()) {
            ("plan", [verb]) => matches!(verb.as_str(), "open" | "save" | "replace"),
            ("export" | "report", [_]) | ("csv", []) | ("signed", _) => !begun.starts_with("s3:"),
            _ => false,
        };
        is_file.then_some(Self { phrase, before, begun })
    }

    /// The directory as it is typed, with its slash.
    fn lead(&self) -> &str {
        self.begun.rfind('/').map_or("", |at| &self.begun[..=at])
    }
}

/// The directory that the line is about, as it is typed.
pub(super) fn lead(line: &str) -> Option<String> {
    Naming::of(line).map(|naming| naming.lead().to_owned())
}

/// Asks for the names in a directory, which may have changed since.
pub(super) fn list(app: &mut App, lead: String) {
    app.files = Some(FileNames { lead: lead.clone(), names: None });
    let dir: PathBuf = crate::tui::screens::plan::commands::path(&lead);
    app.effect(Effect::ListFiles { dir, lead });
}

/// Lines with the files that may be meant.
pub(super) fn meant(app: &App, line: &str) -> Vec<Choice> {
    let Some((naming, listed)) = Naming::of(line).zip(app.files.as_ref()) else { return Vec::new() };
    if listed.lead != naming.lead() {
        return Vec::new();
    }
    let files = listed.names.iter().flatten().map(|name| format!("{}{name}", listed.lead));
    let with = |file: String| naming.before.iter().cloned().chain([file]).collect();
    let begins = files.filter(|file| file.starts_with(&naming.begun) && *file != naming.begun);
    begins.map(|file| Choice::File(naming.phrase, with(file))).collect()
}
