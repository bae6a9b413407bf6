//! CSV files, in and out: streamed, so that a million rows take no more memory than a thousand.

mod export;
mod file;
mod lines;
mod out;
mod rejects;

pub(super) use export::{lines, partition, run};
pub(super) use file::{Opened, Read};
pub(super) use rejects::write as write_rejects;
