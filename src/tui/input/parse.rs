//! The bytes of a terminal as what they mean.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::csi;

/// A colour.
pub(crate) type Rgb = (u8, u8, u8);

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";
/// An answer longer than this is none.
const LONGEST: usize = 4096;

/// Something that the terminal said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// Of the operator, or about the window.
    Event(Event),
    /// Its background.
    Background(Rgb),
    /// Its kind, which it tells when it is asked.
    Attributes,
}

/// Takes bytes in as they come, and gives out what they mean.
#[derive(Debug, Default)]
pub(super) struct Parser {
    bytes: Vec<u8>,
    /// Bytes pasted so far, while a paste goes on.
    paste: Option<Vec<u8>>,
}

/// Meaning of the first bytes.
pub(super) enum First {
    /// Not whole yet.
    Cut,
    /// So many bytes, and what they mean, if anything.
    Whole(usize, Option<Heard>),
}

impl Parser {
    /// Takes bytes in.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next thing that is whole.
    pub(super) fn next(&mut self) -> Option<Heard> {
        while !self.bytes.is_empty() {
            if self.paste.is_some() {
                return self.pasted();
            }
            if self.bytes.starts_with(PASTE_BEGINS) {
                self.bytes.drain(..PASTE_BEGINS.len());
                self.paste = Some(Vec::new());
                continue;
            }
            let First::Whole(used, heard) = first(&self.bytes) else { return None };
            self.bytes.drain(..used);
            if heard.is_some() {
                return heard;
            }
        }
        None
    }

    /// Whether bytes wait for the rest of their sequence. A paste has all the time it needs.
    pub(super) fn is_cut(&self) -> bool {
        self.paste.is_none() && !self.bytes.is_empty()
    }

    /// The rest does not come: an escape is the key, and what stands behind it was pressed together with Alt.
    pub(super) fn give_up(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let key = match bytes.as_slice() {
            [0x1b] => Some(KeyEvent::from(KeyCode::Esc)),
            [0x1b, c @ 0x20..0x7f] => Some(KeyEvent::new(KeyCode::Char(char::from(*c)), KeyModifiers::ALT)),
            _ => None,
        };
        // Given out through the same door: as the sequences that other terminals send for these keys.
        if let Some(key) = key {
            let modifier = if key.modifiers.is_empty() { 1 } else { 3 };
            let code = if let KeyCode::Char(c) = key.code { u32::from(c) } else { 27 };
            self.bytes = format!("\u{1b}[{code};{modifier}u").into_bytes();
        }
    }

    fn pasted(&mut self) -> Option<Heard> {
        let paste = self.paste.as_mut()?;
        // Bytes that were there before were looked through before.
        let from = (paste.len() + 1).saturating_sub(PASTE_ENDS.len());
        paste.append(&mut self.bytes);
        let end = from + paste[from..].windows(PASTE_ENDS.len()).position(|bytes| bytes == PASTE_ENDS)?;
        let mut paste = self.paste.take()?;
        self.bytes = paste.split_off(end + PASTE_ENDS.len());
        paste.truncate(end);
        Some(Heard::Event(Event::Paste(String::from_utf8_lossy(&paste).into_owned())))
    }
}

/// Reads the first bytes; there is at least one.
fn first(bytes: &[u8]) -> First {
    match *bytes {
        [0x1b] => First::Cut,
        [0x1b, b'[', ..] => csi::first(bytes),
        [0x1b, b'O'] => First::Cut,
        [0x1b, b'O', last, ..] => First::Whole(3, csi::named(last).map(|code| pressed(code, KeyModifiers::NONE))),
        [0x1b, b']' | b'P' | b'_' | b'^' | b'X', ..] => answer(bytes),
        [0x1b, 0x1b, ..] => First::Whole(1, Some(pressed(KeyCode::Esc, KeyModifiers::NONE))),
        [0x1b, ref rest @ ..] => match character(rest) {
            First::Whole(used, Some(Heard::Event(Event::Key(key)))) => {
                First::Whole(used + 1, Some(pressed(key.code, key.modifiers | KeyModifiers::ALT)))
            }
            First::Whole(used, heard) => First::Whole(used + 1, heard),
            First::Cut => First::Cut,
        },
        _ => character(bytes),
    }
}

pub(super) fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Heard {
    Heard::Event(Event::Key(KeyEvent::new(code, modifiers)))
}

/// A key that is a character, or one of the first 32 that stand for others.
fn character(bytes: &[u8]) -> First {
    let control = |c: u8| pressed(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    let heard = match bytes[0] {
        b'\r' => pressed(KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => pressed(KeyCode::Tab, KeyModifiers::NONE),
        0x7f => pressed(KeyCode::Backspace, KeyModifiers::NONE),
        0 => control(b' '),
        c @ 0x01..=0x1a => control(c - 1 + b'a'),
        c @ 0x1c..=0x1f => control(c - 0x1c + b'4'),
        _ => return unicode(bytes),
    };
    First::Whole(1, Some(heard))
}

fn unicode(bytes: &[u8]) -> First {
    let len = match bytes[0] {
        0..0x80 => 1,
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return First::Whole(1, None),
    };
    let have = &bytes[..len.min(bytes.len())];
    match std::str::from_utf8(have) {
        Ok(text) => {
            let key = text.chars().next().map(|c| pressed(KeyCode::Char(c), KeyModifiers::NONE));
            First::Whole(len, key)
        }
        Err(error) if error.error_len().is_none() => First::Cut,
        Err(_) => First::Whole(1, None),
    }
}

/// A string of the terminal's own, up to its end.
fn answer(bytes: &[u8]) -> First {
    let ends = |at: usize| bytes[at] == 7 || bytes[at] == 0x1b;
    let Some(end) = (2..bytes.len()).find(|at| ends(*at)) else {
        return if bytes.len() > LONGEST { First::Whole(bytes.len(), None) } else { First::Cut };
    };
    let used = match bytes.get(end..end + 2) {
        _ if bytes[end] == 7 => end + 1,
        Some([0x1b, b'\\']) => end + 2,
        // Another sequence begins: this one was broken off.
        Some(_) => end,
        None => return First::Cut,
    };
    let color = bytes[..end].strip_prefix(b"\x1b]11;").and_then(|text| color(std::str::from_utf8(text).ok()?));
    First::Whole(used, color.map(Heard::Background))
}

/// A colour as X writes it: `rgb:ffff/ffff/ffff`, with one to four digits each.
fn color(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix("rgba:").or_else(|| text.strip_prefix("rgb:"))?;
    let mut parts = digits.split('/').map(|part| {
        let most = 16_u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1).filter(|most| *most > 0)?;
        u8::try_from(u32::from_str_radix(part, 16).ok()? * 255 / most).ok()
    });
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

    use super::*;
    use crate::tui::keymap::Key;

    fn heard(parts: &[&[u8]]) -> Vec<Heard> {
        let mut parser = Parser::default();
        let mut out = Vec::new();
        for part in parts {
            parser.take(part);
            out.extend(std::iter::from_fn(|| parser.next()));
        }
        parser.give_up();
        out.extend(std::iter::from_fn(|| parser.next()));
        out
    }

    fn keys(bytes: &[u8]) -> String {
        let shown = |heard| match heard {
            Heard::Event(Event::Key(key)) => Key::from(key).to_string(),
            other => format!("{other:?}"),
        };
        heard(&[bytes]).into_iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn keys_are_what_terminals_send_for_them() {
        assert_eq!(keys("aボé😀".as_bytes()), "a ボ é 😀");
        assert_eq!(keys(b"\r\t\x7f\x1a\x03\x1f"), "Enter Tab Backspace Ctrl-Z Ctrl-C Ctrl-7");
        assert_eq!(keys(b"\x1b[A\x1bOB\x1b[1;5C\x1b[Z\x1b[H\x1bOF"), "↑ ↓ → Shift-Tab Home End");
        assert_eq!(keys(b"\x1b[1;2A\x1b[1;2B"), "Shift-↑ Shift-↓");
        assert_eq!(keys(b"\x1b[5~\x1b[6~\x1b[3~\x1b[15~\x1bOP\x1b[[E\x1b[24~"), "PgUp PgDn Del F5 F1 F5 F12");
        assert_eq!(keys(b"\x1bx\x1b\x7f\x1b[97;5u\x1b[27;5;98~"), "Alt-X Backspace Ctrl-A Ctrl-B");
        assert_eq!(keys(b"\x1b"), "Esc");
        assert_eq!(keys(b"\x1b\x1b[A"), "Esc ↑");
        assert_eq!(keys(b"\x1b["), "Alt-[");
    }

    #[test]
    fn sequences_may_come_in_pieces_and_broken_ones_are_passed_over() {
        assert_eq!(heard(&[b"\x1b", b"[1", b";5A"]), heard(&[b"\x1b[1;5A"]));
        let wide = "ボ".as_bytes();
        assert_eq!(heard(&[&wide[..1], &wide[1..]]), heard(&[wide]));
        assert_eq!(keys(b"\xff\x1b[9;9;9wa\x1b[1;2\x01b"), "a Ctrl-A b");
    }

    #[test]
    fn a_paste_is_one_text_whatever_is_in_it() {
        let text = "a\u{1b}[Ab\rボ";
        let whole = format!("\u{1b}[200~{text}\u{1b}[201~q");
        let paste = Heard::Event(Event::Paste(text.to_owned()));
        let q = pressed(KeyCode::Char('q'), KeyModifiers::NONE);
        assert_eq!(heard(&[whole.as_bytes()]), [paste.clone(), q.clone()]);
        for cut in 1..whole.len() {
            let (a, b) = whole.as_bytes().split_at(cut);
            assert_eq!(heard(&[a, b]), [paste.clone(), q.clone()], "{cut}");
        }
    }

    #[test]
    fn answers_are_no_keys() {
        let white = Heard::Background((255, 255, 255));
        assert_eq!(heard(&[b"\x1b]11;rgb:ffff/ffff/ffff\x07\x1b[?62;22c"]), [white.clone(), Heard::Attributes]);
        assert_eq!(heard(&[b"\x1b]11;rgb:ff/ff/ff\x1b", b"\\"]), [white]);
        assert_eq!(heard(&[b"\x1b]11;rgba:0000/2b2b/3636/ffff\x1b\\"]), [Heard::Background((0, 43, 54))]);
        assert_eq!(keys(b"\x1b]52;c;YQ==\x07\x1bP1+r\x1b\\\x1b[12;40Ra"), "a");
    }

    #[test]
    fn the_window_tells_whether_it_has_the_focus() {
        let told = [Heard::Event(Event::FocusLost), Heard::Event(Event::FocusGained)];
        assert_eq!(heard(&[b"\x1b[O\x1b[", b"I"]), told);
    }

    #[test]
    fn the_mouse_says_where_it_is() {
        let mouse = |kind, column, row| {
            Heard::Event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
        };
        assert_eq!(
            heard(&[b"\x1b[<64;10;5M\x1b[<65;1;1M\x1b[<0;120;40M\x1b[<0;120;40m\x1b[<32;3;3M"]),
            [
                mouse(MouseEventKind::ScrollUp, 9, 4),
                mouse(MouseEventKind::ScrollDown, 0, 0),
                mouse(MouseEventKind::Down(MouseButton::Left), 119, 39),
            ]
        );
    }
}
