//! CSV files, in and out: streamed, so that a million rows take no more memory than a thousand.

mod after;
mod export;
mod file;
mod open;
mod out;
mod rejects;
mod scan;

pub(in crate::engine) use after::{after_run, begin as begin_rejects};
pub(in crate::engine) use export::{lines, partition, run};
pub(in crate::engine) use file::Read;
pub(in crate::engine) use open::{Opened, Opening};
pub(in crate::engine) use rejects::may_replace;
