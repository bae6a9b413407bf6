//! Pieces that panes and dialogs are drawn with.

pub(crate) mod area;
mod field;
pub(crate) mod filter;
pub(crate) mod hints;
pub(crate) mod hits;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod paged;
pub(crate) mod popup;
pub(crate) mod problem;
pub(crate) mod question;
pub(crate) mod recall;
pub(crate) mod rich;
pub(crate) mod scroll;
pub(crate) mod streamed;
pub(crate) mod whole;

pub(crate) use field::Field;
pub(crate) use filter::Filter;
pub(crate) use hints::Hints;
pub(crate) use lines::{draw_lines, draw_text, rule_of_part};
pub(crate) use list::{Place, draw_list};
pub(crate) use question::{Question, words};
pub(crate) use rich::{Rich, draw_line};
pub(crate) use scroll::Scroll;
pub(crate) use whole::Whole;
