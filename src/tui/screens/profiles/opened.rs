//! When each profile was opened last, and the account that it led to: kept in the state directory, for the list of profiles.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::read_regular;
use crate::engine::journal::regular;
use crate::tui::files::write_private;

/// The last time that a profile was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Opening {
    /// RFC 3339, UTC.
    pub(crate) at: String,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("cache").join("profiles.json")
}

/// By profile; none where nothing is known.
pub(crate) fn read(state_dir: &Path) -> BTreeMap<String, Opening> {
    let path = path(state_dir);
    let text = regular(&path).ok().and_then(|()| read_regular(&path).ok()).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Notes that a profile was opened.
///
/// # Errors
/// The file system's own error.
pub(crate) fn note(state_dir: &Path, profile: &str, opening: Opening) -> io::Result<()> {
    let mut all = read(state_dir);
    all.insert(profile.to_owned(), opening);
    write_private(&path(state_dir), serde_json::to_string(&all)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_is_known_the_next_time() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(dir.path()).is_empty());
        let opening = |at: &str| Opening { at: at.into(), account: Some("111111111111".into()), region: None };
        note(dir.path(), "a", opening("2026-03-20T00:00:00Z")).unwrap();
        note(dir.path(), "b", opening("2026-03-20T00:00:01Z")).unwrap();
        note(dir.path(), "a", opening("2026-03-20T00:00:02Z")).unwrap();
        let known = read(dir.path());
        assert_eq!((known.len(), &known["a"], &known["b"].at[18..]), (2, &opening("2026-03-20T00:00:02Z"), "1Z"));
        std::fs::write(path(dir.path()), "{").unwrap();
        assert!(read(dir.path()).is_empty());
    }
}
