//! Checks that write nothing: the doctor, a plan's two sides, a run against what it left.

pub(super) mod doctor;
pub(super) mod plan;
pub(super) mod run;
