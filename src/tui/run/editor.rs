//! The operator's own editor.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use super::command::status_words;
use crate::config::read_regular;
use crate::domain::printable::without_place;
use crate::engine::journal::private_dir;
use crate::language::{spoken, system};
use crate::tui::screens::phrases::words;

/// Lets `$VISUAL`, or else `$EDITOR`, or else `vi` change a text, in a file that only its owner can read. The file's name begins so.
///
/// # Errors
/// Why there is no other text, in words.
pub(super) fn edit(dir: &Path, prefix: &str, text: &str) -> Result<String, String> {
    let named = |name| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    edit_with(&editor, dir, prefix, text)
}

fn edit_with(editor: &str, dir: &Path, prefix: &str, text: &str) -> Result<String, String> {
    let no_text = |why: String| tr!("the text cannot be given to the editor: %{why}", why = why).into_owned();
    let said = |e: std::io::Error| no_text(spoken(without_place(&e.to_string())).into_owned());
    private_dir(dir).map_err(|e| no_text(e.to_string()))?;
    let mut file = tempfile::Builder::new().prefix(prefix).suffix(".toml").tempfile_in(dir).map_err(said)?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(said)?;
    let command = words(editor);
    let (program, arguments) = command.split_first().ok_or_else(|| tr!("there is no editor: set EDITOR"))?;
    let status = Command::new(program).args(arguments).arg(file.path()).status();
    let status = status.map_err(|e| {
        tr!(
            "%{program} cannot be started: %{why}; EDITOR or VISUAL names another one",
            program = program,
            why = system(&e)
        )
    })?;
    if !status.success() {
        let status = status_words(status);
        let told = tr!("%{program} ended with %{status}: it is as it was", program = program, status = status);
        return Err(told.into_owned());
    }
    // By its name: editors write another file and put it in the place of the first.
    let read = read_regular(file.path());
    read.map_err(|e| {
        tr!("what %{program} left cannot be read: %{why}", program = program, why = system(&e)).into_owned()
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_editor_changes_the_text_and_a_failed_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let replaced = edit_with("sed -i 's/acme/globex corp/'", dir.path(), "plan-", "tenant = \"acme\"\n").unwrap();
        assert_eq!(replaced, "tenant = \"globex corp\"\n");
        assert!(edit_with("false", dir.path(), "plan-", "x").unwrap_err().contains("it is as it was"));
        assert!(edit_with("/no/such/editor", dir.path(), "plan-", "x").unwrap_err().contains("EDITOR or VISUAL"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
