//! Runs: what was previewed and approved is carried out, journalled, and can be stopped and resumed.

mod approve;
mod begin;
mod execute;
mod limiter;
mod parts;
mod pipeline;
mod round;
mod signed;
mod single;
mod steered;
mod troubles;

pub(super) use begin::{resume, start};
pub(super) use signed::subject;
