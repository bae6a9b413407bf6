//! Sequences that begin with `ESC [`: keys with a name, the mouse, and answers.

use crossterm::event::{Event, KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::parse::{First, Heard, pressed};

/// The sequence at the beginning of some bytes.
pub(super) fn first(bytes: &[u8]) -> First {
    // The Linux console's own for F1 to F5.
    if let [_, _, b'[', rest @ ..] = bytes {
        let Some(last) = rest.first() else { return First::Cut };
        let n = last.checked_sub(b'A').filter(|n| *n < 5);
        return First::Whole(4, n.map(|n| pressed(KeyCode::F(n + 1), KeyModifiers::NONE)));
    }
    let is_parameter = |byte: &u8| (0x20..0x40).contains(byte);
    let parameters = bytes[2..].iter().take_while(|byte| is_parameter(byte)).count();
    let Some(last) = bytes.get(2 + parameters) else { return First::Cut };
    if !(0x40..0x7f).contains(last) {
        return First::Whole(2 + parameters, None);
    }
    let inside = std::str::from_utf8(&bytes[2..2 + parameters]).unwrap_or_default();
    First::Whole(3 + parameters, meant(inside, *last))
}

fn meant(inside: &str, last: u8) -> Option<Heard> {
    if let Some(inside) = inside.strip_prefix('<') {
        return mouse(&numbers(inside), last);
    }
    if inside.starts_with('?') {
        return (last == b'c').then_some(Heard::Attributes);
    }
    match (inside, last) {
        ("", b'I') => return Some(Heard::Event(Event::FocusGained)),
        ("", b'O') => return Some(Heard::Event(Event::FocusLost)),
        _ => {}
    }
    let numbers = numbers(inside);
    let at = |i: usize| numbers.get(i).copied();
    let code = match (last, at(0)) {
        // With another first number it is where the cursor stands.
        (b'R', Some(n)) if n != 1 => return None,
        // The oldest way to tell about the mouse, which nobody asked for.
        (b'M', _) => return None,
        (b'~', Some(27)) => return character(at(2)?, at(1)),
        (b'~', Some(n)) => numbered(n)?,
        (b'u', Some(n)) => return character(n, at(1)),
        (last, _) => named(last)?,
    };
    Some(pressed(code, modifiers(at(1))))
}

fn numbers(text: &str) -> Vec<u32> {
    // The number behind a colon says more about the same key.
    text.split(';').map(|part| part.split(':').next().and_then(|n| n.parse().ok()).unwrap_or(1)).collect()
}

fn modifiers(number: Option<u32>) -> KeyModifiers {
    let bits = number.unwrap_or(1).saturating_sub(1);
    let known = [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)];
    known.into_iter().filter(|(bit, _)| bits & bit != 0).fold(KeyModifiers::NONE, |all, (_, one)| all | one)
}

fn character(code: u32, number: Option<u32>) -> Option<Heard> {
    let code = match code {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        127 => KeyCode::Backspace,
        code => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    };
    Some(pressed(code, modifiers(number)))
}

/// The key of the letter that ends its sequence.
pub(super) fn named(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'Z' => KeyCode::BackTab,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(u8::try_from(number - 10).ok()?),
        17..=21 => KeyCode::F(u8::try_from(number - 11).ok()?),
        23 | 24 => KeyCode::F(u8::try_from(number - 12).ok()?),
        _ => return None,
    })
}

/// The wheel, and the left button when it goes down; the rest is the terminal's own.
fn mouse(numbers: &[u32], last: u8) -> Option<Heard> {
    let [button, column, row] = *numbers else { return None };
    let kind = match (button & !0b1_1100, last) {
        (64, b'M') => MouseEventKind::ScrollUp,
        (65, b'M') => MouseEventKind::ScrollDown,
        (0, b'M') => MouseEventKind::Down(MouseButton::Left),
        _ => return None,
    };
    let cell = |n: u32| u16::try_from(n.saturating_sub(1)).ok();
    let (column, row) = (cell(column)?, cell(row)?);
    Some(Heard::Event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })))
}
