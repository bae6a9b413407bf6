//! CSV files, in and out: streamed, so that a million rows take no more memory than a thousand.

mod after;
mod export;
mod file;
mod open;
mod out;
mod rejects;
mod scan;

pub(super) use after::{after_run, begin as begin_rejects};
pub(super) use export::{lines, partition, run};
pub(super) use file::Read;
pub(super) use open::{Opened, Opening};
pub(super) use rejects::may_replace;
