//! Pieces that panes and dialogs are drawn with.

pub(crate) mod field;
pub(crate) mod popup;
pub(crate) mod rich;
pub(crate) mod scroll;

pub(crate) use field::Field;
pub(crate) use rich::{Rich, draw_line};
pub(crate) use scroll::Scroll;
