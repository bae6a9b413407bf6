//! Runs: what was previewed and approved is carried out, journalled, and can be stopped and gone on with.

mod approve;
mod begin;
mod context;
mod control;
mod execute;
mod limiter;
mod record;
mod request;
mod round;
mod troubles;

pub(super) use begin::{armed, go_on, outcome_of, resume, start};
pub(super) use context::{Context, import_table, pinned_by};
pub(super) use control::{Control, Controls};
pub(super) use execute::Ended;
pub(super) use record::{Result as ItemEnd, told};
pub(super) use request::{derived_ulid, request};
pub(super) use round::not_as_approved;
