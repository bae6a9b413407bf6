//! The configuration file and the files of `config.d` beside it, read as one: later files win, key by key.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::regular::read_regular;
use super::toml_walk::{ConfigError, Source};
use crate::domain::secret::redacted;

/// The name of a configuration file that has others beside it.
const MAIN: &str = "config.toml";
/// The directory of the others.
const BESIDE: &str = "config.d";

/// One file of several that are read as one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Where it begins in the text of all.
    pub(super) from: usize,
    pub(super) path: PathBuf,
}

/// A value of a configuration, and the place that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The key with its tables.
    pub key: String,
    /// The value as it is written, in one line and without secrets.
    pub value: String,
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// The files, in the order in which they are read.
#[derive(Debug, Default)]
pub(super) struct Layers {
    files: Vec<(PathBuf, String)>,
}

impl Layers {
    /// A text that stands for the file at a path, and what stands beside that.
    pub(super) fn around(path: &Path, text: Option<String>) -> Result<Self, Box<ConfigError>> {
        let mut files: Vec<(PathBuf, String)> = text.map(|text| (path.to_path_buf(), text)).into_iter().collect();
        for beside in beside(path)? {
            let text = read_regular(&beside).map_err(|error| ConfigError::unreadable(&beside, &error))?;
            files.push((beside, text));
        }
        Ok(Self { files })
    }

    /// A text alone.
    pub(super) fn alone(path: &Path, text: &str) -> Self {
        Self { files: vec![(path.to_path_buf(), text.to_owned())] }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text of all, and where each file begins in it.
    pub(super) fn joined(&self) -> (String, Vec<Part>) {
        let (mut text, mut parts) = (String::new(), Vec::new());
        for (path, one) in &self.files {
            parts.push(Part { from: text.len(), path: path.clone() });
            text.push_str(one);
        }
        (text, parts)
    }

    /// Each file with blanks before it, so that places in it are places in the text of all.
    pub(super) fn padded(&self) -> Vec<String> {
        let mut before = 0;
        let pad = |(_, text): &(PathBuf, String)| {
            let padded = format!("{}{text}", " ".repeat(before));
            before += text.len();
            padded
        };
        self.files.iter().map(pad).collect()
    }
}

/// The files beside a configuration file, by name.
fn beside(path: &Path) -> Result<Vec<PathBuf>, Box<ConfigError>> {
    if path.file_name().is_none_or(|name| name != MAIN) {
        return Ok(Vec::new());
    }
    let dir = path.with_file_name(BESIDE);
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(ConfigError::unreadable(&dir, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| ConfigError::unreadable(&dir, &error))?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden && path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads each of the padded texts and puts the later ones over the earlier.
pub(super) fn merged<'a>(padded: &'a [String], source: Source<'_>) -> Result<DeTable<'a>, Box<ConfigError>> {
    let mut whole = DeTable::new();
    for text in padded {
        let table = DeTable::parse(text).map_err(|e| source.error(e.span(), None, e.message().trim().to_owned()))?;
        lay_over(&mut whole, table.into_inner());
    }
    Ok(whole)
}

fn lay_over<'a>(below: &mut DeTable<'a>, above: DeTable<'a>) {
    for (key, value) in above {
        let name: &str = key.get_ref();
        match (below.get_mut(name).map(Spanned::get_mut), value) {
            (Some(DeValue::Table(known)), value) if matches!(value.get_ref(), DeValue::Table(_)) => {
                if let DeValue::Table(table) = value.into_inner() {
                    lay_over(known, table);
                }
            }
            (_, value) => {
                // With its own name: a complaint about it is for the file that has it last.
                below.remove(name);
                below.insert(key, value);
            }
        }
    }
}

/// Every value of a table, with its place.
pub(super) fn origins(table: &DeTable<'_>, source: Source<'_>) -> Vec<Origin> {
    let mut found = Vec::new();
    collect(table, "", source, &mut found);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, origin)| origin).collect()
}

fn collect(table: &DeTable<'_>, before: &str, source: Source<'_>, found: &mut Vec<(usize, Origin)>) {
    for (name, value) in table {
        let name = name.get_ref();
        let key = if before.is_empty() { name.to_string() } else { format!("{before}.{name}") };
        match value.get_ref() {
            DeValue::Table(inner) => collect(inner, &key, source, found),
            _ => {
                let span = value.span();
                let written = source.text.get(span.clone()).unwrap_or_default();
                let value = written.split_whitespace().collect::<Vec<_>>().join(" ");
                let place = source.error(Some(span.clone()), None, String::new());
                let (file, line) = (place.file, place.line.unwrap_or(1));
                let origin = Origin { key, value: redacted(&value).into_owned(), file, line };
                found.push((span.start, origin));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::{edited, load};

    fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("config.d")).unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    const MAIN: &str =
        "default_profile = \"a\"\n[profiles.a]\nenvironment = \"dev\"\napp = \"shop\"\nbucket = \"own\"\n";
    const TEAM: &str = "[profiles.a]\nbucket = \"team\"\nregion = \"eu-west-1\"\n[profiles.b]\nenvironment = \"stg\"\napp = \"shop\"\n";

    #[test]
    fn later_files_win_key_by_key_and_each_value_says_where_it_comes_from() {
        let files =
            [("config.toml", MAIN), ("config.d/20.toml", TEAM), ("config.d/10.toml", "[profiles.a]\nbucket = \"x\"\n")];
        let dir = dir(&files);
        std::fs::write(dir.path().join("config.d/.hidden.toml"), "nonsense").unwrap();
        std::fs::write(dir.path().join("config.d/notes.txt"), "nonsense").unwrap();
        let file = load(&dir.path().join("config.toml")).unwrap().unwrap();
        let (a, b) = (&file.profiles["a"], &file.profiles["b"]);
        assert_eq!(
            (a.bucket.as_deref(), a.region.as_deref(), a.app.as_str()),
            (Some("team"), Some("eu-west-1"), "shop")
        );
        assert_eq!(b.environment, "stg");
        let told: Vec<String> = file
            .origins
            .iter()
            .map(|o| format!("{} = {} {}:{}", o.key, o.value, o.file.file_name().unwrap().to_string_lossy(), o.line))
            .collect();
        let expected = [
            "default_profile = \"a\" config.toml:1",
            "profiles.a.environment = \"dev\" config.toml:3",
            "profiles.a.app = \"shop\" config.toml:4",
            "profiles.a.bucket = \"team\" 20.toml:2",
            "profiles.a.region = \"eu-west-1\" 20.toml:3",
            "profiles.b.environment = \"stg\" 20.toml:5",
            "profiles.b.app = \"shop\" 20.toml:6",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_wrong_is_told_with_the_file_that_it_stands_in() {
        let wrong = |name: &str, text: &str| {
            let dir = dir(&[("config.toml", MAIN), (name, text)]);
            let error = load(&dir.path().join("config.toml")).unwrap_err();
            let file = error.file.strip_prefix(dir.path()).unwrap().to_string_lossy().into_owned();
            (file, error.line, error.column, error.key)
        };
        let key = |key: &str| Some(key.to_owned());
        let place = "config.d/10.toml".to_owned();
        let found = wrong("config.d/10.toml", "\n[profiles.a]\n  publish = \"later\"\n");
        assert_eq!(found, (place.clone(), Some(3), Some(13), key("profiles.a.publish")));
        assert_eq!(
            wrong("config.d/10.toml", "[profiles.a]\nbuckett = \"b\"\n"),
            (place.clone(), Some(2), Some(1), key("profiles.a.buckett"))
        );
        assert_eq!(wrong("config.d/10.toml", "# é\n[profiles.a\n").0, place);
        assert_eq!(wrong("config.d/10.toml", "# é\n[profiles.a\n").1, Some(2));
    }

    #[test]
    fn files_of_a_team_are_enough_and_paths_are_relative_to_their_own_file() {
        let dir = dir(&[("config.d/10.toml", TEAM), ("config.d/keys.toml.txt", "[runs]\n")]);
        let path = dir.path().join("config.toml");
        std::fs::write(
            dir.path().join("config.d/10.toml"),
            format!(
                "[ui]\nkeymap = \"keys.toml.txt\"\n{}",
                TEAM.split_once("[profiles.b]").map(|(_, b)| format!("[profiles.b]{b}")).unwrap()
            ),
        )
        .unwrap();
        let file = load(&path).unwrap().unwrap();
        assert_eq!(file.profiles.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(file.ui.read().unwrap().keymap.unwrap().text, "[runs]\n");
        std::fs::remove_dir_all(dir.path().join("config.d")).unwrap();
        assert_eq!(load(&path).unwrap(), None);
        // Beside a file of another name stands nothing.
        std::fs::create_dir(dir.path().join("config.d")).unwrap();
        std::fs::write(dir.path().join("config.d/10.toml"), "nonsense").unwrap();
        std::fs::write(dir.path().join("mine.toml"), MAIN).unwrap();
        assert_eq!(load(&dir.path().join("mine.toml")).unwrap().unwrap().profiles.len(), 1);
        // A text that was edited is checked with what stands beside its file.
        assert!(edited(&path, MAIN).is_err());
        std::fs::write(dir.path().join("config.d/10.toml"), TEAM).unwrap();
        assert_eq!(edited(&path, MAIN).unwrap().profiles.len(), 2);
    }
}
