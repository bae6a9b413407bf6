//! Checks that write nothing: the connection, the doctor, a plan's two sides, a run against what it left.

pub(super) mod connection;
pub(super) mod doctor;
pub(super) mod plan;
pub(super) mod run;
