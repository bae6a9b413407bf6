//! Several lines of text being typed.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Field, Rich, draw_line};
use crate::tui::keymap::Key;
use crate::tui::theme::{Role, Theme};

/// The lines, one of them with the cursor.
#[derive(Debug, Clone)]
pub(crate) struct Area {
    lines: Vec<Field>,
    at: usize,
    top: usize,
}

impl Area {
    /// Lines that hold some text already, the cursor at the end.
    pub(crate) fn holding(text: &str) -> Self {
        let lines: Vec<Field> = text.split('\n').map(|line| Field::holding(line.trim_end_matches('\r'))).collect();
        Self { at: lines.len().saturating_sub(1), lines, top: 0 }
    }

    /// Typed text, all lines of it.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(Field::text).collect();
        lines.join("\n")
    }

    /// Handles a key; `false` when it is not one for editing.
    pub(crate) fn key(&mut self, key: Key) -> bool {
        let last = self.lines.len().saturating_sub(1);
        let Some(line) = self.lines.get_mut(self.at) else { return false };
        let (text, cursor) = (line.text().to_owned(), line.cursor());
        let len = text.chars().count();
        match key.code {
            KeyCode::Enter if key.modifiers.is_empty() => {
                let head: String = text.chars().take(cursor).collect();
                let tail: String = text.chars().skip(cursor).collect();
                *line = Field::holding(&head);
                self.lines.insert(self.at + 1, Field::holding_at(&tail, 0));
                self.at += 1;
            }
            KeyCode::Backspace if cursor == 0 && self.at > 0 => self.join(self.at - 1),
            KeyCode::Delete if cursor == len && self.at < last => self.join(self.at),
            KeyCode::Left if cursor == 0 && self.at > 0 => self.go(self.at - 1, usize::MAX),
            KeyCode::Right if cursor == len && self.at < last => self.go(self.at + 1, 0),
            KeyCode::Up => self.go(self.at.saturating_sub(1), cursor),
            KeyCode::Down => self.go((self.at + 1).min(last), cursor),
            _ => return line.key(key),
        }
        true
    }

    /// Takes pasted text, line by line.
    pub(crate) fn paste(&mut self, text: &str) {
        for (i, piece) in text.split('\n').enumerate() {
            if i > 0 {
                self.key(Key { code: KeyCode::Enter, modifiers: crossterm::event::KeyModifiers::NONE });
            }
            if let Some(line) = self.lines.get_mut(self.at) {
                line.paste(piece);
            }
        }
    }

    fn go(&mut self, at: usize, cursor: usize) {
        self.at = at;
        if let Some(line) = self.lines.get_mut(at) {
            let text = line.text().to_owned();
            *line = Field::holding_at(&text, cursor.min(text.chars().count()));
        }
    }

    /// Joins a line and the next one, the cursor between them.
    fn join(&mut self, at: usize) {
        if at + 1 >= self.lines.len() {
            return;
        }
        let next = self.lines.remove(at + 1);
        if let Some(line) = self.lines.get_mut(at) {
            let cursor = line.text().chars().count();
            *line = Field::holding_at(&format!("{}{}", line.text(), next.text()), cursor);
        }
        self.at = at;
    }

    /// Draws the lines round the cursor and returns where it is.
    pub(crate) fn draw(&mut self, buffer: &mut Buffer, area: Rect, theme: &Theme) -> Option<(u16, u16)> {
        let room = usize::from(area.height).max(1);
        self.top = self.top.clamp((self.at + 1).saturating_sub(room), self.at);
        let mut cursor = None;
        for (y, (i, line)) in (area.y..area.bottom()).zip(self.lines.iter().enumerate().skip(self.top)) {
            let row = Rect { y, height: 1, ..area };
            if i == self.at {
                cursor = line.draw(buffer, row, theme);
            } else {
                buffer.set_style(row, theme.style(Role::Input));
                draw_line(buffer, row, &Rich::of(Role::Input, line.text()), 0, theme, Style::default());
            }
        }
        cursor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(area: &mut Area, keys: &[&str]) {
        for key in keys {
            assert!(area.key(key.parse().unwrap()), "{key}");
        }
    }

    #[test]
    fn lines_are_split_joined_and_walked_over() {
        let mut area = Area::holding("ab\nc");
        press(&mut area, &["up", "x", "enter", "y"]);
        assert_eq!(area.text(), "ax\nyb\nc");
        press(&mut area, &["home", "backspace"]);
        assert_eq!(area.text(), "axyb\nc");
        press(&mut area, &["end", "delete", "right"]);
        assert_eq!(area.text(), "axybc");
        area.paste("1\n2\r\n3");
        assert_eq!(area.text(), "axybc1\n2\n3");
        press(&mut area, &["home", "left", "z"]);
        assert_eq!(area.text(), "axybc1\n2z\n3");
        assert!(!area.key("esc".parse().unwrap()));
    }

    #[test]
    fn the_line_with_the_cursor_is_in_sight() {
        let theme = Theme::shipped(true).unwrap();
        let mut area = Area::holding("1\n2\n3\n4\n5");
        let place = Rect::new(0, 0, 5, 2);
        let mut buffer = Buffer::empty(place);
        assert_eq!(area.draw(&mut buffer, place, &theme), Some((1, 1)));
        assert_eq!((buffer[(0, 0)].symbol(), buffer[(0, 1)].symbol()), ("4", "5"));
        press(&mut area, &["up", "up", "up"]);
        assert_eq!(area.draw(&mut buffer, place, &theme), Some((1, 0)));
    }
}
