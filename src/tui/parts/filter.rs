//! The text behind `/`.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::find::folded;
use crate::tui::keymap::Key;
use crate::tui::parts::recall::Recall;
use crate::tui::parts::{Field, Rich, draw_line, draw_lines};
use crate::tui::theme::{Role, Theme};

/// A filter, and whether it is being typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    field: Field,
    typing: bool,
    /// The text stands there from before: the first sign that is typed takes its place.
    is_from_before: bool,
    needle: String,
    recall: Recall,
}

/// Effect of a key on a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
    /// The text changed, or not.
    Edited,
    /// Enter: keep it.
    Kept,
    /// Esc: away with it.
    Dropped,
    /// Nothing: the key is for the list.
    Passed,
}

impl Filter {
    /// Begins typing: over a text that was kept, as long as no key moves in it.
    pub(crate) fn begin(&mut self) {
        self.typing = true;
        self.is_from_before = self.active();
    }

    /// Whether keys go to the filter.
    pub(crate) fn typing(&self) -> bool {
        self.typing
    }

    /// Whether anything is filtered.
    pub(crate) fn active(&self) -> bool {
        !self.needle.is_empty()
    }

    /// Whether the filter takes up a line on screen.
    pub(crate) fn shown(&self) -> bool {
        self.typing || self.active()
    }

    /// Typed text.
    pub(crate) fn text(&self) -> &str {
        self.field.text()
    }

    /// Draws the line and returns where the cursor is, while it is being typed.
    pub(crate) fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Option<(u16, u16)> {
        if area.width < 3 {
            return None;
        }
        if self.typing {
            draw_line(buffer, area, &Rich::of(Role::Key, "/"), 0, theme, Style::default());
            let line = Rect { x: area.x + 1, width: area.width - 1, height: 1, ..area };
            let cursor = self.field.draw(buffer, line, theme);
            if let Some((end, _)) = cursor.filter(|_| self.is_from_before) {
                buffer.set_style(Rect { width: end - line.x, ..line }, theme.style(Role::Selected));
            }
            return cursor;
        }
        let hint = format!("  {}", tr!("Esc shows all again"));
        let line = Rich::of(Role::Key, "/").with(Role::Match, self.text()).with(Role::Dim, &hint);
        draw_line(buffer, area, &line, 0, theme, Style::default());
        None
    }

    /// Takes the filter away.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts a text in place of what was typed.
    fn put(&mut self, text: &str) -> Typed {
        self.field = Field::holding(text);
        self.needle = folded(text).into_owned();
        Typed::Edited
    }

    /// Handles a key while typing; before anything is typed the arrows bring back texts of `past`, the newest first.
    pub(crate) fn key(&mut self, key: Key, past: &[String]) -> Typed {
        let is_past = self.text().is_empty() || self.recall.is_at_work();
        match key.code {
            KeyCode::Up if is_past && !past.is_empty() => match self.recall.older(self.field.text(), past) {
                Some(text) => self.put(&text),
                None => Typed::Edited,
            },
            KeyCode::Down if self.recall.is_at_work() => match self.recall.newer(past) {
                Some(text) => self.put(&text),
                None => Typed::Edited,
            },
            KeyCode::Enter => {
                (self.typing, self.is_from_before) = (false, false);
                Typed::Kept
            }
            KeyCode::Esc => {
                self.clear();
                Typed::Dropped
            }
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => Typed::Passed,
            KeyCode::Backspace if self.text().is_empty() => {
                self.clear();
                Typed::Dropped
            }
            _ => {
                self.recall.end();
                if std::mem::take(&mut self.is_from_before) && replaces(key) {
                    self.field = Field::default();
                }
                self.field.key(key);
                self.needle = folded(self.field.text()).into_owned();
                Typed::Edited
            }
        }
    }

    /// Takes pasted text.
    pub(crate) fn paste(&mut self, text: &str) {
        if std::mem::take(&mut self.is_from_before) {
            self.field = Field::default();
        }
        self.field.paste(text);
        self.needle = folded(self.field.text()).into_owned();
    }

    /// True where one of the texts holds what was typed, whatever its case and width.
    pub(crate) fn accepts<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        self.needle.is_empty() || texts.into_iter().any(|t| contains(t, &self.needle))
    }
}

/// True for a key that replaces a text from before: a sign typed over it, or its deletion.
fn replaces(key: Key) -> bool {
    let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    matches!(key.code, KeyCode::Char(_)) && is_plain || matches!(key.code, KeyCode::Backspace | KeyCode::Delete)
}

/// Draws lines at the top of an area, half of it at most, and the filter below them where it is shown; gives back the room below, and
/// where the cursor is.
pub(crate) fn draw_above(
    buffer: &mut Buffer,
    area: Rect,
    mut lines: Vec<Rich>,
    filter: &Filter,
    theme: &Theme,
) -> (Rect, Option<(u16, u16)>) {
    lines.truncate(usize::from(area.height / 2));
    draw_lines(buffer, area, &lines, theme);
    let top = u16::try_from(lines.len()).unwrap_or(0);
    let below = Rect { y: area.y + top, height: area.height - top, ..area };
    if !filter.shown() {
        return (below, None);
    }
    let cursor = filter.draw(buffer, Rect { height: 1, ..below }, theme);
    (Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below }, cursor)
}

/// True where a text holds a folded needle, whatever its own case and width: `:find` folds likewise.
fn contains(text: &str, needle: &str) -> bool {
    if text.is_ascii() && needle.is_ascii() {
        return text.as_bytes().windows(needle.len()).any(|w| w.eq_ignore_ascii_case(needle.as_bytes()));
    }
    folded(text).contains(needle)
}

#[cfg(test)]
mod tests {
    use ratatui::style::Modifier;

    use super::*;

    fn typed(text: &str) -> Filter {
        let mut filter = Filter::default();
        filter.begin();
        for c in text.chars() {
            assert_eq!(filter.key(c.to_string().parse().unwrap(), &[]), Typed::Edited);
        }
        filter
    }

    #[test]
    fn case_and_width_do_not_matter() {
        assert!(typed("acm").accepts(["PRODUCT#ACME"]));
        assert!(typed("ボルト").accepts(["x", "ボルト M6"]));
        assert!(typed("ﾎﾞﾙﾄ").accepts(["六角ボルト M6"]) && typed("ボルト").accepts(["六角ﾎﾞﾙﾄ M6"]));
        assert!(typed("ｍ６").accepts(["ボルト M6"]) && !typed("ﾎﾙﾄ").accepts(["ボルト M6"]));
        assert!(!typed("globex").accepts(["PRODUCT#acme", ""]));
        assert!(Filter::default().accepts(["anything"]));
    }

    #[test]
    fn a_text_that_was_kept_is_typed_over_or_gone_on_with() {
        let again = |keys: &[&str]| {
            let mut filter = typed("acme");
            filter.key("enter".parse().unwrap(), &[]);
            filter.begin();
            for key in keys {
                filter.key(key.parse().unwrap(), &[]);
            }
            (filter.text().to_owned(), filter.accepts(["acme"]), filter.typing())
        };
        assert_eq!(again(&["g", "l"]), ("gl".to_owned(), false, true));
        assert_eq!(again(&["end", "x"]), ("acmex".to_owned(), false, true));
        assert_eq!(again(&["left", "x", "y"]), ("acmxye".to_owned(), false, true));
        assert_eq!(again(&["backspace"]), (String::new(), true, true));
        assert_eq!(again(&["enter"]), ("acme".to_owned(), true, false));
        assert_eq!(again(&["esc"]), (String::new(), true, false));
        let mut filter = typed("acme");
        filter.key("enter".parse().unwrap(), &[]);
        filter.begin();
        filter.paste("globex");
        assert_eq!(filter.text(), "globex");
        // It stands out as what a key would take the place of.
        let area = Rect::new(0, 0, 20, 1);
        let theme = Theme::shipped(true).unwrap();
        let is_selected = |filter: &Filter, x: u16| {
            let mut buffer = Buffer::empty(area);
            filter.draw(&mut buffer, area, &theme);
            buffer[(x, 0)].style().add_modifier.contains(Modifier::REVERSED)
        };
        assert!(!is_selected(&filter, 1) && !is_selected(&typed("acme"), 1));
        filter.key("enter".parse().unwrap(), &[]);
        filter.begin();
        assert!(is_selected(&filter, 1) && is_selected(&filter, 6) && !is_selected(&filter, 7));
    }

    #[test]
    fn the_arrows_bring_back_what_was_filtered_by_before() {
        let past = ["acme".to_owned(), "Globex".to_owned()];
        let mut filter = Filter::default();
        filter.begin();
        let press = |filter: &mut Filter, key: &str| {
            let typed = filter.key(key.parse().unwrap(), &past);
            (typed, filter.text().to_owned())
        };
        assert_eq!(press(&mut filter, "up"), (Typed::Edited, "Globex".to_owned()));
        assert!(filter.accepts(["PRODUCT#globex"]) && !filter.accepts(["PRODUCT#acme"]));
        assert_eq!(press(&mut filter, "up"), (Typed::Edited, "acme".to_owned()));
        assert_eq!(press(&mut filter, "down"), (Typed::Edited, "Globex".to_owned()));
        assert_eq!(press(&mut filter, "down"), (Typed::Edited, String::new()));
        // With a text typed they move in the list, as they do where nothing was typed before.
        assert_eq!(press(&mut filter, "a").0, Typed::Edited);
        assert_eq!(press(&mut filter, "up").0, Typed::Passed);
        let mut first = Filter::default();
        first.begin();
        assert_eq!(first.key("up".parse().unwrap(), &[]), Typed::Passed);
    }

    #[test]
    fn enter_keeps_and_escape_drops() {
        let mut filter = typed("acme");
        assert_eq!(filter.key("enter".parse().unwrap(), &[]), Typed::Kept);
        assert!(filter.active() && !filter.typing());
        filter.begin();
        assert_eq!(filter.key("esc".parse().unwrap(), &[]), Typed::Dropped);
        assert!(!filter.shown());
    }
}
