//! A failure in the place it concerns.

use crate::engine::failure::Failure;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::Rich;

/// A failure with its hint, in lines of at most so many cells.
pub(crate) fn lines(failure: &Failure, room: usize) -> Vec<Rich> {
    let mut out: Vec<Rich> = text::wrap(&text::safe(&format!("! {}", failure.message)), room)
        .iter()
        .map(|l| Rich::of(Role::Error, l))
        .collect();
    if let Some(hint) = &failure.hint {
        out.extend(text::wrap(&text::safe(&format!("→ {hint}")), room).iter().map(|l| Rich::of(Role::Text, l)));
    }
    out
}

/// A notice of several words, in lines of at most so many cells.
pub(crate) fn notice(message: &str, role: Role, room: usize) -> Vec<Rich> {
    text::wrap(&text::safe(message), room).iter().map(|l| Rich::of(role, l)).collect()
}
