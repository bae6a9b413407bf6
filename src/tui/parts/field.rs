//! A line of text being typed.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tui_input::{Input, InputRequest};

use crate::domain::printable::printable;
use crate::tui::keymap::Key;
use crate::tui::parts::rich::put;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// An editable line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Field(Input);

impl Field {
    /// A line that holds some text already, the cursor at its end.
    pub(crate) fn holding(text: &str) -> Self {
        Self(Input::new(text.to_owned()))
    }

    /// As [`Self::holding`], the cursor behind so many characters.
    pub(crate) fn holding_at(text: &str, cursor: usize) -> Self {
        Self(Input::new(text.to_owned()).with_cursor(cursor))
    }

    /// Characters before the cursor.
    pub(crate) fn cursor(&self) -> usize {
        self.0.cursor()
    }

    /// Typed text.
    pub(crate) fn text(&self) -> &str {
        self.0.value()
    }

    /// Handles a key; `false` when it is not one for editing.
    pub(crate) fn key(&mut self, key: Key) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let request = match key.code {
            KeyCode::Char(c) if !ctrl && !alt => InputRequest::InsertChar(c),
            KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
            KeyCode::Char('u') if ctrl => InputRequest::DeleteFromStart,
            KeyCode::Char('k') if ctrl => InputRequest::DeleteTillEnd,
            KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
            KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
            KeyCode::Backspace if ctrl || alt => InputRequest::DeletePrevWord,
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Left if ctrl => InputRequest::GoToPrevWord,
            KeyCode::Right if ctrl => InputRequest::GoToNextWord,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            _ => return false,
        };
        self.0.handle(request);
        true
    }

    /// Takes pasted text; line breaks at its ends are nobody's wish.
    pub(crate) fn paste(&mut self, text: &str) {
        for c in text.trim_matches(['\r', '\n']).chars() {
            self.0.handle(InputRequest::InsertChar(c));
        }
    }

    /// Draws the line with its cursor and returns where the cursor is.
    pub(crate) fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Option<(u16, u16)> {
        if area.is_empty() {
            return None;
        }
        let style = theme.style(Role::Input);
        buffer.set_style(Rect { height: 1, ..area }, style);
        let cursor = self.0.value().char_indices().nth(self.0.cursor()).map_or(self.0.value().len(), |(i, _)| i);
        let (before, after) = self.0.value().split_at(cursor);
        let (before, after) = (printable(before), printable(after));
        let room = usize::from(area.width).saturating_sub(1);
        // Keeps the end of what stands before the cursor in sight.
        let mut skip = text::width(&before).saturating_sub(room);
        let mut shown = String::new();
        for (piece, w) in text::cells(&before) {
            if skip > 0 {
                skip = skip.saturating_sub(w);
                continue;
            }
            shown.push_str(piece);
        }
        let at = area.x + u16::try_from(text::width(&shown)).unwrap_or(0).min(area.width.saturating_sub(1));
        shown.push_str(&after);
        let mut x = area.x;
        for (piece, w) in text::cells(&shown) {
            let next = x.saturating_add(u16::try_from(w).unwrap_or(u16::MAX));
            if next > area.right() {
                break;
            }
            put(buffer, (x, area.y), piece, w, style);
            x = next;
        }
        Some((at, area.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_keys_edit_and_others_do_not() {
        let mut field = Field::holding("PRODUCT#acm");
        assert!(field.key("e".parse().unwrap()));
        assert!(!field.key("enter".parse().unwrap()));
        assert_eq!(field.text(), "PRODUCT#acme");
        assert!(field.key("ctrl-u".parse().unwrap()));
        field.paste("a\u{1b}b\r\n");
        assert_eq!(field.text(), "a\u{1b}b");
        let area = Rect::new(0, 0, 6, 1);
        let mut buffer = Buffer::empty(area);
        assert_eq!(field.draw(&mut buffer, area, &Theme::shipped(true).unwrap()), Some((3, 0)));
        assert_eq!(buffer[(1, 0)].symbol(), "␛");
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let field = Field::holding("ボルトボルト");
        let area = Rect::new(2, 1, 6, 1);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 3));
        assert_eq!(field.draw(&mut buffer, area, &Theme::shipped(true).unwrap()), Some((6, 1)));
        assert_eq!(buffer[(2, 1)].symbol(), "ル");
    }
}
