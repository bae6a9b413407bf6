//! How the console looks, which keys it has and which language it speaks: files of the operator's own, read over the shipped ones.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeTable;

use super::regular::read_regular;
use super::toml_walk::{ConfigError, Source, Walk};
use super::words::LANGUAGE;
use crate::language::Language;

/// The `[ui]` of a configuration file. Its files are not read with it: commands without a console do without them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UiSettings {
    keymap: Option<NamedFile>,
    theme: Option<NamedFile>,
    ground: Option<Ground>,
    no_mouse: bool,
    language: Option<Language>,
}

/// A file, and the complaint about it where it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NamedFile {
    path: PathBuf,
    complaint: ConfigError,
}

/// Settings that the console reads over its own keys and styles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ui {
    /// Keys that replace the shipped ones.
    pub keymap: Option<OwnFile>,
    /// Styles that replace the shipped ones.
    pub theme: Option<OwnFile>,
    /// The background that the shipped styles are for; without it the terminal is asked.
    pub ground: Option<Ground>,
    /// Whether the mouse is ours; the terminal's own selection is behind Shift then.
    pub mouse: bool,
    /// The language; without it that of the environment.
    pub language: Option<Language>,
}

impl Default for Ui {
    fn default() -> Self {
        Self { keymap: None, theme: None, ground: None, mouse: true, language: None }
    }
}

impl Ui {
    /// The console speaks the language that is set here, or that of the environment.
    pub fn speak(&self) {
        self.language.unwrap_or_else(Language::of_environment).speak();
    }
}

/// A kind of background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Text is lighter than what is behind it.
    Dark,
    /// Text is darker.
    Light,
}

impl Ground {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            _ => None,
        }
    }
}

/// A file of the operator's own, and what stood in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFile {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl OwnFile {
    /// Its tables, each value with its place.
    ///
    /// # Errors
    /// A text that is no TOML, in words with file and line.
    pub fn parse(&self) -> Result<DeTable<'_>, String> {
        Source::new(&self.path, &self.text).parse().map(Spanned::into_inner).map_err(|error| error.to_string())
    }

    /// A complaint with file and line.
    #[must_use]
    pub fn wrong(&self, place: Range<usize>, message: String) -> String {
        Source::new(&self.path, &self.text).error(Some(place), None, message).to_string()
    }
}

impl UiSettings {
    /// Takes `[ui]`; its paths are relative to the file that they stand in.
    pub(super) fn of(mut walk: Walk<'_, '_>) -> Result<Self, Box<ConfigError>> {
        let keymap = named(&mut walk, "keymap")?;
        let ground = walk.text("theme")?.as_deref().and_then(Ground::from_name);
        let theme = if ground.is_some() { None } else { named(&mut walk, "theme")? };
        let no_mouse = walk.flag("mouse")? == Some(false);
        let language = walk.word("language", LANGUAGE.pairs)?.flatten();
        walk.finish()?;
        Ok(Self { keymap, theme, ground, no_mouse, language })
    }

    /// Reads the files.
    ///
    /// # Errors
    /// [`ConfigError`] at the key whose file cannot be read.
    pub fn read(&self) -> Result<Ui, Box<ConfigError>> {
        let read = |file: &Option<NamedFile>| file.as_ref().map(NamedFile::read).transpose();
        Ok(Ui {
            keymap: read(&self.keymap)?,
            theme: read(&self.theme)?,
            ground: self.ground,
            mouse: !self.no_mouse,
            language: self.language,
        })
    }
}

impl NamedFile {
    fn read(&self) -> Result<OwnFile, Box<ConfigError>> {
        let path = self.path.clone();
        match read_regular(&path) {
            Ok(text) => Ok(OwnFile { path, text }),
            Err(error) => {
                let message = format!("{}: {error}", path.display());
                Err(Box::new(ConfigError { message, ..self.complaint.clone() }))
            }
        }
    }
}

fn named(walk: &mut Walk<'_, '_>, key: &'static str) -> Result<Option<NamedFile>, Box<ConfigError>> {
    let Some(name) = walk.text(key)? else { return Ok(None) };
    let path = walk.file(key).parent().unwrap_or(Path::new("")).join(name);
    Ok(Some(NamedFile { path, complaint: *walk.wrong_value(key, "") }))
}
