//! The form for a first profile, and the file that it becomes.

use std::path::Path;

use crate::config::{self, Profile};
use crate::tui::parts::Field;

/// One line of the form.
#[derive(Debug)]
pub(super) struct Line {
    /// Key in the file.
    pub(super) key: &'static str,
    /// Advice on the text to type, and why.
    pub(super) hint: &'static str,
    /// Typed text.
    pub(super) field: Field,
}

/// The form.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) lines: Vec<Line>,
    pub(super) protected: bool,
    /// The line with the cursor; after the last come the switch and the button.
    pub(super) at: usize,
    pub(super) problem: Option<String>,
}

/// A finished form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) profile: Profile,
}

impl Default for Form {
    fn default() -> Self {
        let line = |key, value, hint| Line { key, hint, field: Field::holding(value) };
        Self {
            lines: vec![
                line("name", "staging", text!("how you call this profile")),
                line(
                    "environment",
                    "",
                    text!("the application's NODE_ENV: local, dev, stg, prod; Ctrl-N: one that has tables here"),
                ),
                line("app", "", text!("the application's APP_NAME; Ctrl-N: one that has tables here")),
                line("region", "ap-northeast-1", text!("AWS region; empty: as the AWS tools find it")),
                line(
                    "aws_profile",
                    "",
                    text!("AWS profile; empty: as the AWS tools find it; Ctrl-N: the next one of this machine"),
                ),
                line("bucket", "", text!("S3 bucket of long attributes (S3_BUCKET_NAME)")),
                line("user_pool_id", "", text!("Cognito user pool, if any")),
                line("timezone", "Asia/Tokyo", text!("time zone the application runs in")),
                line("operator", "", text!("name written into what you change; empty: $USER")),
            ],
            protected: false,
            at: 0,
            problem: None,
        }
    }
}

impl Form {
    /// Place of the switch.
    pub(super) fn switch(&self) -> usize {
        self.lines.len()
    }

    /// Place of the button.
    pub(super) fn button(&self) -> usize {
        self.lines.len() + 1
    }

    /// Moves the cursor, round at the ends.
    pub(super) fn step(&mut self, by: isize) {
        let places = self.lines.len() + 2;
        self.at = (self.at + places).saturating_add_signed(by) % places;
    }

    /// The key of the line with the cursor.
    pub(super) fn key(&self) -> Option<&'static str> {
        self.lines.get(self.at).map(|line| line.key)
    }

    fn fill(&mut self, key: &str, value: &str) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.key == key) {
            line.field = Field::holding(value);
        }
        self.problem = None;
    }

    /// Fills a line with the value after the one that it holds.
    pub(super) fn next_of(&mut self, key: &str, values: &[String]) {
        let held = values.iter().position(|value| value == self.value(key));
        let next = held.map_or(0, |at| (at + 1) % values.len());
        match values.get(next).cloned() {
            Some(value) => self.fill(key, &value),
            None => self.problem = Some(tr!("there is none on this machine").into_owned()),
        }
    }

    /// Fills environment and app with the next application that there is.
    pub(super) fn next_application(&mut self, found: &[String]) {
        let held = format!("{}-{}", self.value("environment"), self.value("app"));
        let at = found.iter().position(|one| *one == held).map_or(0, |at| (at + 1) % found.len());
        match found.get(at).and_then(|one| one.split_once('-')) {
            Some((environment, app)) => {
                let (environment, app) = (environment.to_owned(), app.to_owned());
                self.fill("environment", &environment);
                self.fill("app", &app);
            }
            None => {
                self.problem =
                    Some(tr!("no tables of an application are there, in this account and region").into_owned())
            }
        }
    }

    /// Where the tables are looked for, as far as the form says.
    pub(super) fn place(&self) -> Profile {
        let some = |key| Some(self.value(key)).filter(|value| !value.is_empty()).map(str::to_owned);
        let mut profile = Profile::new("new", "?", "?");
        (profile.region, profile.aws_profile) = (some("region"), some("aws_profile"));
        profile
    }

    fn value(&self, key: &str) -> &str {
        self.lines.iter().find(|l| l.key == key).map_or("", |l| l.field.text().trim())
    }

    /// The file that the form becomes; what is wrong is said and the cursor goes there.
    pub(super) fn finish(&mut self, path: &Path) -> Option<Filled> {
        let name = self.value("name").to_owned();
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !plain {
            self.wrong("name", &tr!("a profile's name has letters, digits, - and _ only"));
            return None;
        }
        let text = self.text(&name);
        match config::parse(path, &text) {
            Ok(file) => {
                let profile = file.profiles.get(&name).cloned()?;
                Some(Filled { name, text, profile })
            }
            Err(error) => {
                let key = error.key.as_deref().and_then(|k| k.rsplit('.').next()).unwrap_or("name").to_owned();
                let hint = error.hint.as_ref().map(|h| format!(": {h}")).unwrap_or_default();
                self.wrong(&key, &format!("{}{hint}", error.message));
                None
            }
        }
    }

    fn wrong(&mut self, key: &str, why: &str) {
        self.at = self.lines.iter().position(|l| l.key == key).unwrap_or(0);
        self.problem = Some(why.to_owned());
    }

    fn text(&self, name: &str) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut out = format!("default_profile = {}\n\n[profiles.{name}]\n", quoted(name));
        for line in self.lines.iter().filter(|l| l.key != "name") {
            let value = line.field.text().trim();
            let required = ["environment", "app"].contains(&line.key);
            if !value.is_empty() || required {
                out.push_str(&format!("{} = {}\n", line.key, quoted(value)));
            }
        }
        out.push_str(&format!("protected = {}\n", self.protected));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(values: &[(&str, &str)]) -> Form {
        let mut form = Form::default();
        for (key, value) in values {
            form.lines.iter_mut().find(|l| l.key == *key).unwrap().field = Field::holding(value);
        }
        form
    }

    #[test]
    fn a_form_becomes_a_file_that_reads_back() {
        let mut form = filled(&[("name", "prod"), ("environment", "prod"), ("app", "sh\"op"), ("bucket", "")]);
        form.protected = true;
        let filled = form.finish(Path::new("c.toml")).unwrap();
        let file = config::parse(Path::new("c.toml"), &filled.text).unwrap();
        let profile = &file.profiles["prod"];
        assert_eq!(file.default_profile.as_deref(), Some("prod"));
        assert_eq!((profile.app.as_str(), profile.bucket.as_deref(), profile.protected), ("sh\"op", None, true));
    }

    #[test]
    fn the_cursor_goes_to_what_is_wrong() {
        let mut form = filled(&[("environment", "dev")]);
        assert_eq!(form.finish(Path::new("c.toml")), None);
        assert_eq!(form.lines[form.at].key, "app");
        assert!(form.problem.as_deref().unwrap().contains("APP_NAME"), "{:?}", form.problem);
        let mut form = filled(&[("environment", "dev"), ("app", "shop"), ("timezone", "Asia/Tokio")]);
        assert_eq!(form.finish(Path::new("c.toml")), None);
        assert_eq!(form.lines[form.at].key, "timezone");
        let mut form = filled(&[("name", "a b")]);
        assert_eq!((form.finish(Path::new("c.toml")), form.at), (None, 0));
    }
}
