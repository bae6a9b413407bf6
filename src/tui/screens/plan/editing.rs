//! One value of a plan while it is typed, with what could be meant.

use crossterm::event::KeyCode;

use crate::config::plan::{Field as PlanField, Kind};
use crate::tui::fuzzy;
use crate::tui::keymap::Key;
use crate::tui::parts::Field;

/// Effect of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
    /// The value is another one now.
    Edited,
    /// Enter: take it.
    Taken,
    /// Esc: leave it as it was.
    Dropped,
    /// Nothing.
    Ignored,
}

/// A value being typed.
#[derive(Debug)]
pub(crate) struct Editing {
    /// The key.
    pub(crate) of: PlanField,
    /// The line.
    pub(crate) field: Field,
    /// Everything that could be meant.
    known: Vec<String>,
    /// Text typed by hand.
    typed: String,
    /// The candidate that stands in the line.
    pub(crate) chosen: Option<usize>,
    before: String,
    /// The directory, as it was typed, whose files are known.
    listed: Option<String>,
}

/// Keys that name a file.
const FILES: [(&str, &str); 5] =
    [("source", "file"), ("import", "rejects"), ("export", "to"), ("validate", "schema"), ("undo", "journal")];

impl Editing {
    /// Begins with the value as it is.
    pub(crate) fn new(of: PlanField, value: &str, known: Vec<String>) -> Self {
        let before = value.to_owned();
        Self { of, field: Field::holding(value), known, typed: before.clone(), chosen: None, before, listed: None }
    }

    /// Whether it names a file.
    fn is_file(&self) -> bool {
        FILES.contains(&(self.of.table, self.of.key))
    }

    /// The directory of the file being typed, as it is typed, where its files are not known yet.
    pub(crate) fn unlisted(&mut self) -> Option<String> {
        let text = self.field.text();
        if !self.is_file() || text.starts_with("s3:") || text.starts_with('{') {
            return None;
        }
        let dir = text.rfind('/').map_or("", |at| &text[..=at]).to_owned();
        if self.listed.as_ref() == Some(&dir) {
            return None;
        }
        self.listed = Some(dir.clone());
        Some(dir)
    }

    /// The files of a directory.
    pub(crate) fn know_files(&mut self, dir: &str, names: &[String]) {
        if self.listed.as_deref() == Some(dir) {
            self.known = names.iter().map(|name| format!("{dir}{name}")).collect();
            self.chosen = None;
        }
    }

    fn is_list(&self) -> bool {
        matches!(self.of.kind, Kind::List | Kind::Words(_) | Kind::Tenants | Kind::Modules)
    }

    /// Part of the list before the word being typed, and that word.
    fn split(&self) -> (&str, &str) {
        match self.typed.rfind(',').filter(|_| self.is_list()) {
            Some(at) => {
                let (head, word) = self.typed.split_at(at + 1);
                (head, word.trim_start())
            }
            None => ("", &self.typed),
        }
    }

    /// Candidates for the typed text; all of them while nothing was changed.
    pub(crate) fn candidates(&self) -> Vec<&str> {
        let (_, word) = self.split();
        if self.is_file() {
            return self.known.iter().map(String::as_str).filter(|known| known.starts_with(word)).collect();
        }
        if self.typed == self.before || word.is_empty() {
            return self.known.iter().map(String::as_str).collect();
        }
        let mut found: Vec<(i64, &str)> =
            self.known.iter().filter_map(|k| Some((fuzzy::score(word, k)?, k.as_str()))).collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        found.into_iter().map(|(_, known)| known).collect()
    }

    /// Handles a key.
    pub(crate) fn key(&mut self, key: Key) -> Typed {
        match key.code {
            KeyCode::Enter => Typed::Taken,
            KeyCode::Esc => Typed::Dropped,
            KeyCode::Tab | KeyCode::Down => self.choose(true),
            KeyCode::BackTab | KeyCode::Up => self.choose(false),
            _ if self.field.key(key) => self.edited(),
            _ => Typed::Ignored,
        }
    }

    /// Takes pasted text.
    pub(crate) fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.edited();
    }

    fn edited(&mut self) -> Typed {
        self.typed = self.field.text().to_owned();
        self.chosen = None;
        Typed::Edited
    }

    /// Puts the next candidate into the line, or the one before.
    fn choose(&mut self, forward: bool) -> Typed {
        let candidates = self.candidates();
        let len = candidates.len();
        if len == 0 {
            return Typed::Ignored;
        }
        let next = match (self.chosen, forward) {
            (None, true) => 0,
            (None, false) => len - 1,
            (Some(at), true) => (at + 1) % len,
            (Some(at), false) => (at + len - 1) % len,
        };
        let word = candidates.get(next).copied().unwrap_or_default().to_owned();
        let (head, _) = self.split();
        let gap = if head.is_empty() { "" } else { " " };
        self.field = Field::holding(&format!("{head}{gap}{word}"));
        self.chosen = Some(next);
        // The only directory is gone into.
        if len == 1 && self.is_file() {
            return self.edited();
        }
        Typed::Edited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::fields;
    use crate::domain::run::Operation;

    fn editing(path: &str, value: &str, known: &[&str]) -> Editing {
        let of = fields(Operation::Copy).into_iter().find(|f| f.path() == path).unwrap();
        Editing::new(of, value, known.iter().map(|k| (*k).to_owned()).collect())
    }

    fn press(editing: &mut Editing, keys: &[&str]) {
        for key in keys {
            editing.key(key.parse().unwrap());
        }
    }

    #[test]
    fn tab_goes_through_what_could_be_meant() {
        let mut e = editing("target.tenant", "", &["acme", "globex", "initech"]);
        assert_eq!(e.candidates().len(), 3);
        press(&mut e, &["g"]);
        assert_eq!(e.candidates(), ["globex"]);
        press(&mut e, &["tab"]);
        assert_eq!((e.field.text(), e.chosen), ("globex", Some(0)));
        press(&mut e, &["tab"]);
        assert_eq!(e.field.text(), "globex");
        press(&mut e, &["ctrl-u"]);
        assert_eq!((e.candidates().len(), e.chosen), (3, None));
        press(&mut e, &["shift-tab"]);
        assert_eq!(e.field.text(), "initech");
    }

    #[test]
    fn files_are_completed_directory_by_directory() {
        let mut e = editing("validate.schema", "", &[]);
        assert_eq!(e.unlisted().as_deref(), Some(""));
        e.know_files("", &["plans/".to_owned(), "other.json".to_owned(), "product.json".to_owned()]);
        press(&mut e, &["p"]);
        assert_eq!(e.unlisted(), None);
        assert_eq!(e.candidates(), ["plans/", "product.json"]);
        press(&mut e, &["l", "tab"]);
        assert_eq!(e.field.text(), "plans/");
        assert_eq!(e.unlisted().as_deref(), Some("plans/"));
        e.know_files("elsewhere/", &["x".to_owned()]);
        e.know_files("plans/", &["a.json".to_owned(), "b.json".to_owned()]);
        press(&mut e, &["tab", "tab"]);
        assert_eq!(e.field.text(), "plans/b.json");
        let mut e = editing("validate.schema", "s3://", &[]);
        assert_eq!(e.unlisted(), None);
    }

    #[test]
    fn of_a_list_the_last_word_is_completed() {
        let mut e = editing("module", "product", &["customer", "order", "product"]);
        press(&mut e, &[",", "o"]);
        assert_eq!(e.candidates()[0], "order");
        press(&mut e, &["tab"]);
        assert_eq!(e.field.text(), "product, order");
    }
}
