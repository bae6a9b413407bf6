//! `:config`: the configuration file in the operator's editor, checked before it is written, and taken up where that may be done while
//! the console runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::app::App;
use super::files::write_plan;
use super::keymap::Keymap;
use super::message::Effect;
use super::parts::problem::placed;
use super::theme::Theme;
use crate::config::{self, ConfigFile, Ui};
use crate::engine::protocol::Level;
use crate::language::{listed, spoken};

/// A configuration that was edited, checked and written.
#[derive(Debug)]
pub(crate) struct Saved {
    file: ConfigFile,
    ui: Ui,
}

/// A text that is not written, and why.
#[derive(Debug)]
pub(crate) struct NotSaved {
    text: String,
    why: String,
}

/// Checks a text and writes it in place of the one that was edited.
///
/// # Errors
/// The error in the text, or why it cannot be written; the file is as it was then.
pub(crate) fn save(path: &Path, before: Option<&str>, text: String) -> Result<Saved, NotSaved> {
    let (file, ui) = match checked(path, before, &text) {
        Ok(checked) => checked,
        Err(why) => return Err(NotSaved { text, why }),
    };
    match write_plan(path, &text, before.is_some()) {
        Ok(()) => Ok(Saved { file, ui }),
        Err(why) => Err(NotSaved { text, why }),
    }
}

fn checked(path: &Path, before: Option<&str>, text: &str) -> Result<(ConfigFile, Ui), String> {
    let told = |error: Box<config::ConfigError>| {
        let hint = error.hint.as_ref().map(|hint| format!(" ({})", spoken(hint))).unwrap_or_default();
        format!("{}{hint}", placed(&error))
    };
    let file = config::edited(path, text).map_err(told)?;
    let ui = file.ui.read().map_err(told)?;
    super::check(&ui)?;
    // Somebody else may have written it meanwhile.
    let now = config::read_regular(path).ok();
    if now.as_deref() != before {
        return Err(tr!("%{file} was changed meanwhile", file = path.display()).into_owned());
    }
    Ok((file, ui))
}

impl App {
    /// Lets the operator edit the configuration file.
    pub(crate) fn edit_config(&mut self) {
        if let Some(path) = self.settings.config.clone() {
            let draft = self.config_draft.take();
            self.effect(Effect::EditConfig(path, draft));
        }
    }

    /// Why there is no configuration file to be edited.
    pub(crate) fn no_config(&self) -> Option<String> {
        self.settings.config.is_none().then(|| tr!("the sandbox has no configuration file").into_owned())
    }

    /// The editor has ended: what it left is checked and written.
    pub(crate) fn config_edited(&mut self, path: PathBuf, before: Option<String>, edited: Result<String, String>) {
        match edited {
            Err(why) => self.refuse(why),
            Ok(text) if before.as_deref() == Some(text.as_str()) => self.say(tr!("the configuration is as it was")),
            Ok(text) => self.effect(Effect::SaveConfig(path, before, text)),
        }
    }

    /// The configuration was written, or not.
    pub(crate) fn config_saved(&mut self, saved: Result<Box<Saved>, NotSaved>) {
        match saved {
            Err(NotSaved { text, why }) => {
                self.config_draft = Some(text);
                self.tell(Level::Warning, tr!("the configuration was not saved: %{why}", why = why));
                self.refuse(tr!("not saved: %{why}; :config goes on with your text", why = why));
            }
            Ok(saved) => self.take_config(*saved),
        }
    }

    fn take_config(&mut self, saved: Saved) {
        let Saved { file, ui } = saved;
        let theme = Theme::with(ui.ground.unwrap_or(self.ground), ui.theme.as_ref(), self.no_color);
        // Checked before, so that neither can fail now.
        if let (Ok(keymap), Ok(theme)) = (Keymap::with(ui.keymap.as_ref()), theme) {
            (self.keymap, self.theme) = (keymap, Arc::new(theme));
        }
        self.settings.notify = file.notify;
        ui.speak();
        if self.mouse != ui.mouse {
            self.mouse = ui.mouse;
            self.effect(Effect::Mouse(ui.mouse));
        }
        let later = match file.profiles.get(&self.profile.name) {
            None => Some(tr!("this profile is no longer in it").into_owned()),
            Some(new) => {
                self.profile.sign_in.clone_from(&new.sign_in);
                let keys = self.profile.differences(new);
                let told = tr!(
                    "not yet in force: %{keys}; `:profile %{name}` opens the profile with them",
                    keys = listed(&keys),
                    name = self.profile.name
                );
                (!keys.is_empty()).then(|| told.into_owned())
            }
        };
        let told = tr!("the configuration is saved; keys, styles, mouse, language, sign_in and [notify] are in force");
        let told = match later {
            Some(later) => tr!("%{told}; %{later}", told = told, later = later),
            None => told,
        };
        self.tell(Level::Info, told.clone());
        self.say(told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[profiles.a]\nenvironment = \"dev\"\napp = \"shop\"\n";

    #[test]
    fn only_a_text_that_is_right_is_written_and_never_over_somebody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, TEXT).unwrap();
        let on_disk = || std::fs::read_to_string(&path).unwrap();
        let wrong = save(&path, Some(TEXT), format!("{TEXT}buckett = \"b\"\n")).unwrap_err();
        assert!(wrong.why.contains("config.toml:4") && wrong.why.contains("did you mean bucket?"), "{}", wrong.why);
        assert_eq!(on_disk(), TEXT);
        let right = format!("{TEXT}bucket = \"b\"\n");
        let late = save(&path, Some("other"), right.clone()).unwrap_err();
        assert!(late.why.contains("was changed meanwhile") && late.text == right, "{}", late.why);
        assert_eq!(on_disk(), TEXT);
        assert_eq!(save(&path, Some(TEXT), right.clone()).unwrap().file.profiles["a"].bucket.as_deref(), Some("b"));
        assert_eq!(on_disk(), right);
        let keys = save(&path, Some(&right), format!("{right}[ui]\nkeymap = \"none.toml\"\n")).unwrap_err();
        assert!(keys.why.contains("none.toml"), "{}", keys.why);
    }
}
